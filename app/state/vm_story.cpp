#include <algorithm>

#include "app/state/time_words.h"
#include "app/state/view_models.h"
#include "app/state/vm_parts.h"
#include "app/state/words.h"
#include "sync/model/visit.h"

namespace doorstep::state {
namespace {

bool is_submitted(const RecordItem& item) { return item.head().revision.state != model::State::Draft; }

/// A visit as the clocks see it; without a record it is the case system's.
struct Known {
  rules::PastVisit visit;
  const RecordItem* record = nullptr;
};

/// Those that took place, by day.
std::vector<Known> known_visits(const State& state, const model::Child& child) {
  std::vector<Known> out;
  if (child.last_seen) {
    rules::PastVisit imported;
    imported.on = *child.last_seen;
    imported.child_seen = true;
    imported.alone = child.last_seen_alone.value_or(false);
    out.push_back({imported, nullptr});
  }
  for (const auto& item : state.caseload->records)
    if (item.case_id == child.id && is_submitted(item))
      if (const auto past = rules::past_visit(item.head().body)) out.push_back({*past, &item});
  std::stable_sort(out.begin(), out.end(), [](const Known& a, const Known& b) { return a.visit.on < b.visit.on; });
  return out;
}

/// Submitted records of the child, latest visit first.
std::vector<const RecordItem*> records_of(const State& state, const Id& child) {
  std::vector<const RecordItem*> out;
  for (const auto& item : state.caseload->records)
    if (item.case_id == child && is_submitted(item)) out.push_back(&item);
  std::stable_sort(out.begin(), out.end(), [](const auto* a, const auto* b) { return visit_at(*b) < visit_at(*a); });
  return out;
}

std::string day_of(const State& state, Date day) { return short_day_words(state.text(), day, rules::uk_date(state.now)); }

std::string type_words(const State& state, const model::VisitFacts& facts) {
  return state.text()(facts.type ? "visit_type." + std::string(model::code(*facts.type)) : "visit_type.none");
}

ActionVm source_of(const State& state, const RecordItem& item) {
  const auto day = day_of(state, rules::uk_date(visit_at(item)));
  return {state.text()("in_short.source", {{"type", type_words(state, item.head().body.facts)}, {"day", day}}),
          Open{ScreenKind::ReadRecord, item.id()}};
}

void add_line(std::string& to, const std::string& words) {
  if (!words.empty()) to += (to.empty() ? "" : "\n") + words;
}

SummaryLineVm who(const State& state, const model::Child& child) {
  const auto& text = state.text();
  std::string words, with;
  if (child.born) words = age_words(text, *child.born, rules::uk_date(state.now));
  else if (child.expected) words = text("child.expected") + " " + day_words(text, *child.expected);
  if (const auto* family = state.caseload->family(child.family))
    for (const auto& member : family->members)
      if (member.in_household == true) with += (with.empty() ? "" : ", ") + member.name;
  if (!with.empty()) words += (words.empty() ? "" : ", ") + text("in_short.lives_with", {{"names", with}});
  return {text("in_short.who"), words};
}

SummaryLineVm why(const State& state, const model::Child& child) {
  const auto& text = state.text();
  std::string words;
  for (const auto& one : child.involvements) {
    if (one.ended || one.status == model::Status::Closed) continue;
    const auto status = text("status." + std::string(model::code(one.status)));
    auto line = one.started ? text("in_short.status", {{"status", status}, {"day", day_words(text, *one.started)}})
                            : text("in_short.status.unknown", {{"status", status}});
    if (const auto key = "category." + one.category; text.has(key)) line = labelled(line, text(key));
    add_line(words, line);
  }
  return {text("in_short.why"), words};
}

SummaryLineVm seen(const State& state, const model::Child& child) {
  const auto& text = state.text();
  SummaryLineVm line{text("in_short.seen")};
  const auto visits = known_visits(state, child);
  const auto last = [&](const auto& is) {
    return std::find_if(visits.rbegin(), visits.rend(), [&](const Known& one) { return one.visit.child_seen && is(one); });
  };
  const auto add_source = [&](const Known& one) {
    if (one.record) line.sources.push_back(source_of(state, *one.record));
    else add_line(line.value, text("in_short.case_system"));
  };
  const auto at = last([](const Known&) { return true; });
  if (at == visits.rend()) return line;
  const auto alone = at->record ? at->record->head().body.part.alone : child.last_seen_alone;
  line.value = text(alone == true    ? "in_short.seen.alone"
                    : alone == false ? "in_short.seen.not_alone"
                                     : "in_short.seen.not_said",
                    {{"day", day_of(state, at->visit.on)}});
  add_source(*at);
  const auto before = last([](const Known& one) { return one.visit.alone; });
  if (alone == true || before == visits.rend()) return line;
  add_line(line.value, text("in_short.last_alone", {{"day", day_of(state, before->visit.on)}}));
  add_source(*before);
  return line;
}

/// What the latest record that speaks of it says: of the risk, of the worry, of what would show that the child is safe.
SummaryLineVm safe(const State& state, const model::Child& child) {
  SummaryLineVm line{state.text()("in_short.safe")};
  const auto records = records_of(state, child.id);
  std::set<Id> named;
  const auto latest = [&](const auto& takes) {
    for (const auto* item : records) {
      if (!takes(*item)) continue;
      if (named.insert(item->id()).second) line.sources.push_back(source_of(state, *item));
      return;
    }
  };
  latest([&](const RecordItem& item) {
    const auto& part = item.head().body.part;
    if (part.risk.level.empty() && part.risk.threshold.empty()) return false;
    for (const auto& said : risk_facts(state, part))
      if (!said.name.empty() && said.name != state.text()("risk.why"))
        add_line(line.value, labelled(said.name, first_line(said.value, 200)));
    return true;
  });
  for (const auto* id : {"danger_statement", "safety_goal"})
    latest([&](const RecordItem& item) {
      const auto& body = item.head().body;
      const auto* question = state.form().find(id);
      const auto answer = question ? rules::answer_of(*question, body.facts, &body.part) : std::nullopt;
      const auto* words = answer ? std::get_if<std::string>(&*answer) : nullptr;
      if (!words || lines_of(*words).empty()) return false;
      line.said.push_back({rules::words(question->label, &body.part), first_line(*words, 200)});
      return true;
    });
  return line;
}

SummaryLineVm next(const State& state, const model::Child& child) {
  const auto& text = state.text();
  SummaryLineVm line{text("in_short.next")};
  const auto dues = dues_of(state, child);
  const auto today = rules::uk_date(state.now);
  for (const auto& due : dues) add_line(line.value, due_line(text, due, today, state.rules().calendar));
  if (!dues.empty() && (dues.front().overdue_days > 0 || !dues.front().on)) line.tag = due_tag(state, dues.front());
  for (const auto* item : records_of(state, child.id)) {
    const auto& answers = item->head().body.facts.answers;
    const auto answer = [&](const char* id) {
      const auto found = answers.find(id);
      const auto* words = found == answers.end() ? nullptr : std::get_if<std::string>(&found->second);
      return words ? *words : std::string();
    };
    const auto day = base::date_from_iso(answer("next_visit_due"));
    if (!day) continue;
    if (*day < rules::uk_date(state.now)) break;
    const auto with = answer("next_visit_confirmed_by");
    add_line(line.value, text(with.empty() ? "in_short.visit_planned.nobody" : "in_short.visit_planned",
                              {{"day", day_of(state, *day)}, {"who", with}}));
    const bool late = std::any_of(dues.begin(), dues.end(), [&](const auto& due) { return due.visit && due.on && *day > *due.on; });
    if (late && line.tag.words.empty()) line.tag = {text("in_short.visit_planned.late"), Mood::Warn};
    line.sources.push_back(source_of(state, *item));
    break;
  }
  return line;
}

}  // namespace

Instant visit_at(const RecordItem& item) {
  const auto& start = item.head().body.facts.start;
  return start ? start->at : item.head().revision.at;
}

std::vector<rules::Due> dues_of(const State& state, const model::Child& child) {
  std::vector<rules::PastVisit> visits;
  for (const auto& one : known_visits(state, child)) visits.push_back(one.visit);
  return rules::all_due(child, visits, rules::uk_date(state.now), state.rules());
}

TagVm due_tag(const State& state, const rules::Due& due) {
  const auto& text = state.text();
  if (!due.on) return {text("due.unknown"), Mood::Warn};
  if (due.overdue_days > 0) return {text.count("due.overdue", due.overdue_days), Mood::Danger};
  if (due.days_left == 0) return {line_begins(text("due.today")), Mood::Warn};
  if (due.days_left <= 7) return {line_begins(text.count("due.in", due.days_left)), Mood::Warn};
  return {line_begins(text.count("due.in", due.days_left)), Mood::Neutral};  // the day itself stands beside it
}

std::vector<SummaryLineVm> summary_of(const State& state, const model::Child& child) {
  std::vector<SummaryLineVm> out{who(state, child), why(state, child), seen(state, child), safe(state, child), next(state, child)};
  for (auto& line : out)
    if (line.value.empty() && line.said.empty())
      line.value = state.text()(line.name == state.text()("in_short.safe") ? "in_short.safe.nothing" : "in_short.nothing");
  return out;
}

// Chronology ---------------------------------------------------------------------------------------------------------------

namespace {

struct Entry {
  Instant at;
  ChronologyVm::EntryVm vm;
};

struct Chronology {
  const State& state;
  const model::Child& child;
  std::vector<Entry> entries = {};

  const Text& text() const { return state.text(); }

  ChronologyVm::EntryVm& add(Instant at, std::string title, std::string detail = {}, std::optional<Intent> open = {}) {
    entries.push_back({at, {{}, day_words(text(), rules::uk_date(at)), std::move(title), std::move(detail), {}, std::move(open)}});
    return entries.back().vm;
  }
  ChronologyVm::EntryVm& add(Date day, std::string title, std::string detail = {}, std::optional<Intent> open = {}) {
    return add(rules::from_uk(day, 0).value_or(Instant{}), std::move(title), std::move(detail), std::move(open));
  }

  void involvements() {
    for (const auto& one : child.involvements) {
      const auto status = text()("status." + std::string(model::code(one.status)));
      const auto on = [&](const std::optional<Date>& day, std::string title) {
        if (day) add(*day, std::move(title));
      };
      on(one.referral, text()("chronology.referral"));
      on(one.strategy, text()("chronology.strategy"));
      on(one.conference, text()("chronology.conference"));
      on(one.first_review, text()("chronology.first_review"));
      on(one.started, text()("chronology.began", {{"status", status}}));
      on(one.ended, text()("chronology.ended", {{"status", status}}));
    }
  }

  void record(const RecordItem& item) {
    const auto& body = item.head().body;
    const Intent open = Open{ScreenKind::ReadRecord, item.id()};
    std::string detail;
    if (const auto line = body.part.answers.find("chronology_line"); line != body.part.answers.end())
      if (const auto* words = std::get_if<std::string>(&line->second)) detail = *words;
    for (const auto& fact : summary_lines(state, body.facts, body.part))
      if (fact.name == text()("summary.seen.label")) add_line(detail, fact.value);
    add(visit_at(item), type_words(state, body.facts), detail, open).tag = state_tag(state, item);
    for (const auto& decision : item.decisions) {
      const bool returned = decision.verdict == model::Verdict::Returned;
      std::string why = decision.return_reason ? text()("return_reason." + std::string(model::code(*decision.return_reason))) : "";
      add_line(why, first_line(decision.rationale, 200));
      add(decision.at, text()(returned ? "chronology.returned" : "chronology.approved", {{"who", decision.reviewer_name}}), why, open);
    }
    for (const auto& addendum : item.addenda)
      add(addendum.at, text()("chronology.addendum", {{"who", addendum.author_name}}),
          addendum.reason + "\n" + first_line(addendum.text, 200), open);
  }

  /// Clocks that ran out between two visits this tablet knows of. Of the time before the first it can say nothing.
  void missed() {
    const auto visits = known_visits(state, child);
    auto without_import = child;
    without_import.last_seen.reset();
    std::vector<rules::PastVisit> past;
    for (std::size_t i = 0; i < visits.size(); ++i) {
      const Date on = visits[i].visit.on;
      const auto before = rules::all_due(without_import, past, on, state.rules());
      past.push_back(visits[i].visit);
      if (i == 0) continue;
      const auto after = rules::all_due(without_import, past, on, state.rules());
      for (const auto& due : before) {
        if (!due.visit || due.overdue_days == 0 || *due.on < visits[0].visit.on) continue;
        const bool open = std::any_of(after.begin(), after.end(), [&](const auto& d) { return d.rule == due.rule && d.on == due.on; });
        if (open) continue;
        std::optional<Intent> leads;
        if (visits[i].record) leads = Open{ScreenKind::ReadRecord, visits[i].record->id()};
        add(*due.on, text()("chronology.missed", {{"what", clock_label(text(), due)}}),
            text()("chronology.missed.next", {{"day", day_words(text(), on)}}), leads);
      }
    }
  }

  void due() {
    for (const auto& one : dues_of(state, child))
      if (one.on) add(*one.on, text()("chronology.expected", {{"what", clock_label(text(), one)}})).tag = due_tag(state, one);
  }
};

}  // namespace

ChronologyVm chronology_vm(const State& state, const Id& id) {
  const auto& text = state.text();
  ChronologyVm vm;
  vm.title = text("chronology.of", {{"name", child_name(state, id)}});
  vm.intro = text("chronology.intro");
  vm.none = text("chronology.none");
  const auto* child = state.caseload->child(id);
  if (!child) return vm;
  Chronology made{state, *child};
  made.involvements();
  if (child->last_seen) made.add(*child->last_seen, text("chronology.last_seen"));
  for (const auto& item : state.caseload->records)
    if (item.case_id == id) made.record(item);
  made.missed();
  made.due();
  std::stable_sort(made.entries.begin(), made.entries.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  std::reverse(made.entries.begin(), made.entries.end());
  for (auto& entry : made.entries) {
    entry.vm.key = std::to_string(vm.entries.size());
    vm.entries.push_back(std::move(entry.vm));
  }
  return vm;
}

// The child's own words ----------------------------------------------------------------------------------------------------

namespace {

std::vector<FactVm> words_of(const State& state, const model::VisitFacts& facts, const model::ChildPart& part) {
  const auto& text = state.text();
  std::vector<FactVm> out;
  for (const auto& section : state.form().sections) {
    if (section.scope != rules::Scope::Child) continue;
    for (const auto& question : section.questions) {
      if (!question.verbatim) continue;
      const auto answer = rules::answer_of(question, facts, &part);
      const auto* words = answer ? std::get_if<std::string>(&*answer) : nullptr;
      if (words && !lines_of(*words).empty()) out.push_back({rules::words(question.label, &part), *words});
    }
  }
  for (const auto& told : part.disclosures) {
    if (lines_of(told.exact_words).empty()) continue;
    std::string label = text("own_words.told", {{"who", told.told_to.empty() ? text("not_known") : told.told_to}});
    if (told.at) label += ", " + when_words(text, *told.at, state.now);
    if (!told.question_asked.empty()) label += ". " + text("own_words.asked", {{"question", told.question_asked}});
    out.push_back({label, told.exact_words});
  }
  for (const auto& injury : part.injuries)
    if (!lines_of(injury.child_said).empty()) out.push_back({text("own_words.mark"), injury.child_said});
  return out;
}

}  // namespace

OwnWordsVm own_words_vm(const State& state, const Id& id) {
  const auto& text = state.text();
  OwnWordsVm vm;
  const auto* child = state.caseload->child(id);
  const auto name = child ? model::display_name(*child) : child_name(state, id);
  vm.title = text("own_words.title", {{"name", name}});
  vm.intro = text("own_words.intro", {{"name", name}});
  vm.care = text("own_words.care");
  vm.none = text("own_words.none", {{"name", name}});
  struct Heard {
    Instant at;
    OwnWordsVm::VisitVm vm;
  };
  std::vector<Heard> heard;
  const auto add = [&](const Id& key, const model::VisitFacts& facts, const model::ChildPart& part, const Id& author, Instant at,
                       ActionVm source) {
    auto said = words_of(state, facts, part);
    if (said.empty()) return;
    auto detail = text("own_words.heard", {{"who", person_name(state, author)}});
    if (const auto* how = state.form().find("words_method"))
      if (const auto answer = rules::answer_of(*how, facts, &part))
        detail += ". " + text("own_words.how", {{"how", answer_words(text, *how, *answer, &part)}});
    const auto heading = type_words(state, facts) + ", " + day_of(state, rules::uk_date(at));
    heard.push_back({at, {key.str(), heading, detail, std::move(said), std::move(source)}});
  };
  for (const auto& item : state.caseload->records) {
    const auto& body = item.head().body;
    if (item.case_id == id)
      add(item.id(), body.facts, body.part, body.author, visit_at(item),
          {text("own_words.source"), Open{ScreenKind::ReadRecord, item.id()}});
  }
  for (const auto* draft : all_drafts(state))
    for (const auto& part : draft->children)
      if (part.id == id && !part.revises)
        add(draft->id, draft->facts, part, draft->author, draft->facts.start ? draft->facts.start->at : state.now,
            {text("child.go_on", {{"title", draft_title(state, *draft)}}), Open{ScreenKind::Record, draft->id}});
  std::stable_sort(heard.begin(), heard.end(), [](const auto& a, const auto& b) { return b.at < a.at; });
  for (auto& one : heard) vm.visits.push_back(std::move(one.vm));
  return vm;
}

}  // namespace doorstep::state
