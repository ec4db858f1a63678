#include "app/state/words.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "app/state/time_words.h"
#include "sync/model/visit.h"
#include "sync/rules/clocks.h"

namespace doorstep::state {

std::string error_words(const Text& text, const base::Error& error) {
  return text("error." + std::string(base::fault_word(error.fault)));
}

std::string settings_json(const Settings& settings) {
  return boost::json::serialize(boost::json::object{{"text_percent", settings.text_percent},
                                                    {"look", static_cast<int>(settings.look)},
                                                    {"language", static_cast<int>(settings.language)},
                                                    {"spelling", settings.spelling}});
}

Settings settings_from(std::string_view json, Settings settings) {
  boost::system::error_code code;
  const auto value = boost::json::parse(json, code);
  if (code || !value.is_object()) return settings;
  if (const auto* percent = value.get_object().if_contains("text_percent"); percent && percent->is_int64())
    settings.text_percent = static_cast<int>(std::clamp<std::int64_t>(percent->get_int64(), 100, 200));
  if (const auto* look = value.get_object().if_contains("look"); look && look->is_int64() && look->get_int64() >= 0 &&
                                                                 look->get_int64() <= static_cast<int>(LookChoice::HighContrast))
    settings.look = static_cast<LookChoice>(look->get_int64());
  if (const auto* language = value.get_object().if_contains("language"); language && language->is_int64() && language->get_int64() >= 0 &&
                                                                         language->get_int64() <= static_cast<int>(Language::Welsh))
    settings.language = static_cast<Language>(language->get_int64());
  if (const auto* spelling = value.get_object().if_contains("spelling"); spelling && spelling->is_bool())
    settings.spelling = spelling->get_bool();
  return settings;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string address_words(const model::Family& family) {
  return family.address + (family.address.empty() || family.postcode.empty() ? "" : ", ") + family.postcode;
}

std::vector<model::PlanStep> open_steps_of(const State& state, const model::Child& child, bool directed) {
  std::vector<const model::ChildRecord*> records;
  std::vector<const model::Decision*> decisions;
  for (const auto& item : state.caseload->records) {
    if (item.case_id != child.id) continue;
    if (item.head().revision.state != model::State::Draft) records.push_back(&item.head().body);
    if (directed)
      for (const auto& decision : item.decisions) decisions.push_back(&decision);
  }
  std::sort(records.begin(), records.end(), [](const auto* a, const auto* b) {
    const auto at = [](const auto* r) { return r->facts.start ? r->facts.start->at : Instant{}; };
    return at(a) < at(b);
  });
  return rules::open_steps(child, records, decisions);
}

const Contact* contact_for(const State& state, const model::ChildPart& part) {
  const auto& contacts = state.config.contacts;
  if (contacts.empty()) return nullptr;
  const auto tried = std::count_if(part.calls.begin(), part.calls.end(),
                                   [](const auto& call) { return call.outcome == model::CallOutcome::NoAnswer; });
  return &contacts[static_cast<std::size_t>(tried) % contacts.size()];
}

model::Call call_now(const State& state, const model::ChildPart& part, bool answered, Instant at, Id id) {
  model::Call call;
  call.id = id;
  call.at = at;
  if (const auto* contact = contact_for(state, part)) {
    call.label = contact->label;
    call.number = contact->number;
  }
  call.outcome = answered ? model::CallOutcome::Answered : model::CallOutcome::NoAnswer;
  return call;
}

bool decided(const RecordItem& item) {
  return std::any_of(item.decisions.begin(), item.decisions.end(),
                     [&](const auto& d) { return d.on == item.ref(); });
}

std::vector<OpenAlert> open_alerts(const State& state) {
  std::vector<OpenAlert> out;
  if (!state.caseload) return out;
  const auto settled = [&](const Id& alert) {
    for (const auto& item : state.caseload->records)
      for (const auto& disposition : item.dispositions)
        if (disposition.alert == alert) return true;
    return false;
  };
  for (const auto& item : state.caseload->records) {
    if (item.head().revision.state == model::State::Draft) continue;
    for (auto& person : model::unknown_in_household(item.head().body.facts)) {
      const bool listed = std::any_of(out.begin(), out.end(), [&](const auto& a) { return a.person.alert == person.alert; });
      if (!listed && !settled(person.alert)) out.push_back({std::move(person), &item});
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.record->head().revision.at < b.record->head().revision.at; });
  return out;
}

Id present_id(const Id& visit, const Id& member) { return Id::from_name("present:" + visit.str() + ":" + member.str()); }

std::vector<const rules::Question*> rest_of(const rules::Form& form, const rules::Section& section, const std::string& code,
                                            const model::VisitFacts& facts, const model::ChildPart* part) {
  std::vector<const rules::Question*> out;
  for (const auto& asked : rules::questions_for(form, section, facts, part)) {
    const auto& question = *asked.question;
    const bool offers = std::any_of(asked.options.begin(), asked.options.end(), [&](const auto& option) { return option.code == code; });
    if (question.kind == rules::Kind::Choice && offers && !rules::answer_of(question, facts, part)) out.push_back(&question);
  }
  return out;
}

std::optional<OpenAlert> open_alert(const State& state, const Id& alert) {
  for (const auto& open : open_alerts(state))
    if (open.person.alert == alert) return open;
  return std::nullopt;
}

// Declared in state.h ------------------------------------------------------------------------------------------------------

const model::Visit* draft_of(const State& state, const Id& visit) {
  if (state.visit && state.visit->visit.id == visit) return &state.visit->visit;
  if (state.lease_over()) return nullptr;  // what was left is kept, and not shown
  if (state.discarded.count(visit)) return nullptr;
  if (const auto own = state.drafts.find(visit); own != state.drafts.end()) return &own->second.visit;
  const auto* stored = state.caseload ? state.caseload->draft(visit) : nullptr;
  return stored ? &stored->visit : nullptr;
}

std::vector<const model::Visit*> all_drafts(const State& state) {
  std::vector<const model::Visit*> out;
  const auto add = [&](const Id& id) {
    if (std::any_of(out.begin(), out.end(), [&](const auto* v) { return v->id == id; })) return;
    const auto* stored = state.caseload ? state.caseload->draft(id) : nullptr;
    if (stored && stored->submitting) return;
    if (const auto* draft = draft_of(state, id)) out.push_back(draft);
  };
  if (state.caseload)
    for (const auto& item : state.caseload->drafts) add(item.visit.id);
  for (const auto& [id, draft] : state.drafts) add(id);
  if (state.visit && !state.visit->submitting) add(state.visit->visit.id);
  std::sort(out.begin(), out.end(), [](const auto* a, const auto* b) { return a->id < b->id; });  // version 7 ids: by making
  return out;
}

bool in_visit(const State& state) {
  return state.visit && std::any_of(state.screens.begin(), state.screens.end(), [](const Screen& s) {
           return s.kind == ScreenKind::Record || s.kind == ScreenKind::Conflict;
         });
}

std::vector<PendingCall> pending_calls(const State& state) {
  std::vector<PendingCall> out;
  if (!state.caseload) return out;
  for (const auto* draft : all_drafts(state))
    for (const auto& part : draft->children)
      if (part.skip_reason.empty() && model::call_pending(part)) out.push_back({&draft->facts, &part, draft->id, Id()});
  for (const auto& item : state.caseload->drafts)
    if (item.submitting)
      for (const auto& part : item.visit.children)
        if (part.skip_reason.empty() && model::call_pending(part)) out.push_back({&item.visit.facts, &part, item.visit.id, Id()});
  for (const auto& item : state.caseload->records) {
    const auto& head = item.head();
    if (head.body.author != state.caseload->me.id || head.revision.state != model::State::Submitted || head.revision.rev == 0) continue;
    if (!model::call_pending(head.body.part)) continue;
    const auto same = [&](const auto& c) { return c.part->revises ? c.part->revises->record == item.id() : false; };
    if (std::none_of(out.begin(), out.end(), same)) out.push_back({&head.body.facts, &head.body.part, Id(), item.id()});
  }
  return out;
}

std::vector<rules::Problem> problems_of(const State& state) {
  if (!state.visit) return {};
  const auto& visit = state.visit->visit;
  const auto& form = state.form();
  auto out = rules::validate(form, visit);
  const auto from = visit.id.str() + "/";
  for (auto at = state.unfinished.words.lower_bound(from); at != state.unfinished.words.end() && at->first.starts_with(from); ++at) {
    const auto place = Place::parse(std::string_view(at->first).substr(from.size()));
    const auto* question = place ? form.find(place->question) : nullptr;
    if (!question) continue;
    const auto label = rules::words(question->label, part_of(visit, place->child));
    out.push_back({place->question, place->child, place->item, {"check.unfinished", {{"label", label}}}});
  }
  return out;
}

rules::AnswerWords answer_words(const Text& text) {
  return {.not_covered = text("field.not_covered"), .none = text("answer.none"), .yes = text("answer.yes"), .no = text("answer.no"),
          .out_of_ten = text("answer.out_of_ten"), .chosen = text("answer.chosen"), .not_chosen = text("answer.not_chosen"),
          .day = [&text](Date day) { return day_words(text, day); }};
}

std::string answer_words(const Text& text, const rules::Question& question, const model::Answer& answer, const model::ChildPart* part) {
  return rules::answer_words(answer_words(text), question, answer, part);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    const auto first = line.find_first_not_of(" \t");
    if (first != std::string::npos) out.push_back(line.substr(first, line.find_last_not_of(" \t") - first + 1));
    at = end + 1;
  }
  return out;
}

}  // namespace doorstep::state
