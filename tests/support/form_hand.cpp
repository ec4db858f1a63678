#include "tests/support/form_hand.h"

#include <stdexcept>

#include "app/state/view_models.h"
#include "sync/model/visit.h"
#include "sync/rules/calendar.h"

namespace doorstep::support {

using state::Place;

namespace {

std::vector<std::pair<std::string, std::string>> of_day(const std::string& key, const base::Date& day) {
  return {{key + "/day", std::to_string(static_cast<unsigned>(day.day()))},
          {key + "/month", std::to_string(static_cast<unsigned>(day.month()))},
          {key + "/year", std::to_string(static_cast<int>(day.year()))}};
}

}  // namespace

void FormHand::show(base::Id child) {
  if (child.nil()) return;  // a visit opens with what is asked once
  work_named(model::display_name(*caseload_.child(child)), "tab");
  if (!is_there("child/" + child.str() + "/skip_reason")) fail("child/" + child.str(), "its questions", "none of them");
}

bool FormHand::has_step(base::Id child, base::Id step) { return elements({child, "open_steps", {}, {}}).contains(step); }

base::Id FormHand::add(const Place& list) {
  return appears(list, [&] { press(list.key() + "/add"); });
}

base::Id FormHand::call(const Place& list, bool answered) {
  if (!is_there("call/called")) press("call-line");
  return appears(list, [&] { press(answered ? "call/called" : "call/no_answer"); });
}

void FormHand::put(const Place& to, const state::FieldValue& value) {
  const auto key = to.key();
  if (to.question == "injuries" && to.field == "view")  // of the mark that was just added: the body map waits for it
    return press(Place{to.child, to.question, {}, {}}.key() + "/map/" + std::get<std::string>(value));
  const auto& question = *form_.find(to.question);
  if (question.field == rules::Field::LateReason && !is_there(key)) {
    press("check");  // it is asked from the first time on that the visit is said to be written up
    work_named(question.missing, "link");
  }
  if (const auto* skipped = std::get_if<model::NotCovered>(&value)) {
    choose(key + "/not-covered");
    if (!skipped->why.empty()) paste(key + "/uncovered", skipped->why);
  } else if (const auto* codes = std::get_if<std::vector<std::string>>(&value)) {
    for (const auto& code : *codes) choose(key + "/" + code);
  } else if (const auto* yes = std::get_if<bool>(&value)) {
    choose(key + (*yes ? "/YES" : "/NO"));
  } else if (const auto* day = std::get_if<base::Date>(&value)) {
    date(key, *day);
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    is_written(key) ? paste(key, std::to_string(*number)) : choose(key + "/" + std::to_string(*number));
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    words(to, key, *text);
  } else {
    fail(key, words_of(value), "no such kind of answer");
  }
}

void FormHand::leave_the_other_steps(const model::Visit& from) {
  for (const auto& part : from.children) {
    show(part.id);
    const std::string left = "child/" + part.id.str() + "/open_steps/all-not-discussed";
    if (is_there(left)) press(left);
  }
}

void FormHand::words(const Place& to, const std::string& key, const std::string& text) {
  if (is_written(key)) return paste(key, text);
  if (is_there(key + "/day")) return moment(key, text);
  choose(key + (to.field.empty() && text == rules::kNone ? "/none" : "/" + text));
}

void FormHand::press(const std::string& key) {
  if (!is_there(key)) fail(key, "a control to press", "no such control");
  work(key);
}

void FormHand::choose(const std::string& key) {
  if (!is_there(key)) fail(key, "a control to choose", "no such control");
  if (is_chosen(key)) return;
  work(key);
  if (!is_chosen(key)) fail(key, "chosen", is_there(key) ? "not chosen" : "gone");
}

void FormHand::paste(const std::string& key, const std::string& text) {
  const std::string wanted = std::get<std::string>(as_pasted(text));
  if (!is_written(key)) fail(key, "a field to write in", "no such field");
  write(key, text);
  const std::string seen = written(key);
  if (seen != wanted && (seen.size() < 4000 || !wanted.starts_with(seen))) fail(key, words_of(wanted), words_of(seen));
  ++pasted;
  pasted_bytes += text.size();
}

void FormHand::boxes(const std::vector<std::pair<std::string, std::string>>& all) {
  if (!is_written(all.front().first)) fail(all.front().first, "a box to write in", "no such box");
  write_all(all);
  for (const auto& [key, digits] : all)
    if (const std::string seen = written(key); seen != digits) fail(key, digits, seen);
}

void FormHand::date(const std::string& key, const base::Date& day) { boxes(of_day(key, day)); }

void FormHand::moment(const std::string& key, const std::string& text) {
  if (const auto day = base::date_from_iso(text)) return date(key, *day);
  const auto at = base::from_rfc3339(text);
  if (!at) fail(key, "a time", text);
  auto all = of_day(key, rules::uk_date(*at));
  const int minutes = rules::uk_minutes(*at);
  all.push_back({key + "/time/hour", std::to_string(minutes / 60)});
  all.push_back({key + "/time/minute", std::to_string(minutes % 60)});
  boxes(all);
}

std::set<base::Id> FormHand::elements(const Place& list) {
  std::set<base::Id> out;
  for (const auto& key : keys()) {
    if (!key.starts_with(list.key() + "/")) continue;
    if (auto id = base::Id::parse(key.substr(list.key().size() + 1, 36))) out.insert(*id);
  }
  return out;
}

base::Id FormHand::appears(const Place& list, const std::function<void()>& act) {
  const auto before = elements(list);
  act();
  auto after = elements(list);
  for (const auto& id : before) after.erase(id);
  if (after.size() != 1) fail(list.key(), "one more entry", std::to_string(after.size()));
  return *after.begin();
}

void FormHand::fail(const std::string& key, const std::string& wanted, const std::string& seen) {
  const auto place = Place::parse(key);
  const auto* question = place ? form_.find(place->question) : nullptr;
  throw std::runtime_error("question: " + (question ? question->label : "") + " (" + key + ")\nwanted: " + wanted + "\nseen: " + seen +
                           "\non the screen: " + screen());
}

model::Visit as_asked(model::Visit visit, const rules::Form& form) {
  for (auto& part : visit.children)
    for (auto& injury : part.injuries) injury.at.reset();
  const auto& ended = visit.facts.end ? visit.facts.end : visit.facts.start;
  const bool late = ended && base::SystemClock().wall() - ended->at > std::chrono::hours(form.late_after_hours);
  if (!late) visit.facts.late_reason.clear();
  return visit;
}

}  // namespace doorstep::support
