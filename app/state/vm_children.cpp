#include <algorithm>
#include <cctype>

#include "app/state/time_words.h"
#include "app/state/view_models.h"
#include "app/state/vm_parts.h"
#include "app/state/words.h"
#include "sync/model/visit.h"
#include "sync/rules/clocks.h"

namespace doorstep::state {
namespace {

std::string statuses_words(const State& state, const model::Child& child) {
  std::string out;
  for (const auto& involvement : child.involvements)
    if (!involvement.ended)
      out += (out.empty() ? "" : ", ") + state.text()("status." + std::string(model::code(involvement.status)));
  return out.empty() ? state.text()("status.none") : out;
}

bool contains_folded(std::string_view where, std::string_view what) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  return std::search(where.begin(), where.end(), what.begin(), what.end(), same) != where.end();
}

/// A row for a hit; of its snippet the words on one line, and where among them those are that were found.
HitRowVm hit_row(Intent open, const Id& id, std::string title, std::string_view snippet) {
  HitRowVm row{std::move(open), "hit_" + id.str(), std::move(title), {}, {}};
  std::optional<std::size_t> begin;
  for (const char c : snippet) {
    if (c == 2) begin = row.snippet.size();
    else if (c != 3) row.snippet += c == '\n' ? ' ' : c;
    else if (begin) row.found.emplace_back(*std::exchange(begin, std::nullopt), row.snippet.size());
  }
  return row;
}

struct Listed {
  ChildRowVm row;
  int order = 0;    ///< 0 overdue, 1 not known, 2 dated, 3 none
  int days = 0;     ///< within the order
  std::string name;  ///< within the days
  bool today = false, week = false;
};

bool is_under(ListTab tab, const Listed& row) {
  switch (tab) {
    case ListTab::Today: return row.today;
    case ListTab::Week: return row.week;
    case ListTab::Overdue: return row.order == 0;
    case ListTab::Waiting: return false;
    case ListTab::All: return true;
  }
  return true;
}

Listed listed(const State& state, const model::Child& child) {
  Listed out;
  out.row.child = child.id;
  out.row.title = child.name;
  out.name = name_order(state, child.name);
  out.row.subtitle = statuses_words(state, child);
  if (const auto* family = state.caseload->family(child.family); family && !family->address.empty())
    out.row.subtitle += ", " + family->address;
  out.row.selected = state.selected_child == child.id && state.screen() && state.screen()->kind != ScreenKind::MyChildren;
  const auto due = dues_of(state, child);
  out.order = 3;
  if (!due.empty()) {
    const auto& first = due.front();
    out.row.tag = due_tag(state, first);
    if (first.on) out.row.trailing = short_day_words(state.text(), *first.on, rules::uk_date(state.now));
    out.order = first.overdue_days > 0 ? 0 : !first.on ? 1 : 2;
    out.days = first.overdue_days > 0 ? -first.overdue_days : first.days_left;
    out.today = out.order < 2 || first.days_left == 0;
    out.week = out.order < 2 || first.days_left <= 7;
  }
  if (child.provisional.value_or(false)) {
    out.row.tag = {state.text()("child.provisional"), Mood::Info};
    out.today = out.week = true;
  }
  return out;
}

}  // namespace

std::string query_in(const State& state, std::string_view key) {
  auto query = state.editors.typed(key);
  query.erase(0, std::min(query.find_first_not_of(" \t"), query.size()));
  return query;
}

bool is_found(const State& state, const model::Child& child, std::string_view query) {
  const auto* family = state.caseload->family(child.family);
  return contains_folded(child.name, query) || contains_folded(child.called, query) ||
         (family && contains_folded(address_words(*family), query));
}

std::size_t due_today(const State& state) {
  const auto& children = state.caseload->children;
  return static_cast<std::size_t>(std::count_if(children.begin(), children.end(), [&](const auto& c) { return listed(state, c).today; }));
}

std::string due_words(const State& state, const std::optional<base::Date>& due) {
  return due ? short_day_words(state.text(), *due, rules::uk_date(state.now)) : state.text()("step.no_date");
}

std::vector<StepVm> step_vms(const State& state, const std::vector<model::PlanStep>& steps) {
  const auto& text = state.text();
  std::vector<StepVm> out;
  const auto today = rules::uk_date(state.now);
  for (const auto& step : steps) {
    const auto due = step.due ? text("step.by", {{"day", due_words(state, step.due)}}) : line_begins(text("step.no_date"));
    StepVm vm{step.what, step.owner.empty() ? text("step.no_owner") : step.owner, due, step.note, {}};
    if (step.status) vm.tag = {text("step.status." + std::string(model::code(*step.status))), Mood::Neutral};
    else if (step.due && rules::days_between(*step.due, today) > 0)
      vm.tag = {text.count("due.overdue", rules::days_between(*step.due, today)), Mood::Danger};
    out.push_back(std::move(vm));
  }
  return out;
}

std::string visit_title(const State& state, const model::VisitFacts& facts, const std::string& name) {
  const auto type =
      facts.type ? state.text()("visit_type." + std::string(model::code(*facts.type))) : state.text()("visit_type.none");
  return state.text()("visit.title", {{"type", type}, {"name", name}});
}

std::string draft_title(const State& state, const model::Visit& visit) {
  if (visit.children.size() == 1) return visit_title(state, visit.facts, visit.children.front().name);
  std::string names;
  for (const auto& part : visit.children) names += (names.empty() ? "" : ", ") + short_name(part);
  return visit_title(state, visit.facts, names);
}

/// What the case server does not have yet: submitted visits, records that something was done with, drafts, photos. Where it is none of
/// these (a draft thrown away, a family matched), how many changes.
std::vector<HitRowVm> waiting_rows(const State& state) {
  const auto& text = state.text();
  const auto& caseload = *state.caseload;
  std::vector<HitRowVm> out;
  const auto put = [&](ScreenKind screen, const Id& id, std::string title, std::string_view key) {
    out.push_back({Open{screen, id}, "waiting_" + id.str(), std::move(title), text(key), {}});
  };
  std::set<Id> submitting;  // their records are on the tablet already, and go with them
  for (const auto& draft : caseload.drafts)
    if (draft.submitting && !state.discarded.count(draft.visit.id)) {
      submitting.insert(draft.visit.id);
      put(ScreenKind::Record, draft.visit.id, draft_title(state, draft.visit), "children.submitting");
    }
  for (const auto& item : caseload.records)
    if (const auto& body = item.head().body; item.waiting && !submitting.count(body.visit)) {
      const bool is_mine = decided(item) && item.decisions.back().reviewer == caseload.me.id;
      put(ScreenKind::ReadRecord, item.id(), visit_title(state, body.facts, body.part.name),
          is_mine ? "children.waiting.decision" : "children.waiting.record");
    }
  for (const auto& draft : caseload.drafts)
    if (draft.waiting && !draft.submitting && !state.discarded.count(draft.visit.id))
      put(ScreenKind::Record, draft.visit.id, draft_title(state, draft.visit), "children.waiting.draft");
  if (const auto photos = photos_to_send(state); photos > 0)
    put(ScreenKind::SyncStatus, {}, text.count("sync.waiting.photos", photos), "children.waiting.photos");
  if (out.empty() && state.sync.waiting > 0)
    put(ScreenKind::SyncStatus, {}, text.count("sync.waiting.n", state.sync.waiting), "children.waiting.other");
  return out;
}

void list_children(const State& state, MyChildrenVm& vm) {
  const auto& text = state.text();
  const auto& caseload = *state.caseload;
  vm.rows.clear();
  vm.hits.clear();
  vm.found.clear();
  vm.rows_heading.clear();
  vm.hits_heading.clear();
  vm.clear_search = {};
  vm.empty_heading.clear();
  vm.empty_body.clear();
  const auto query = query_in(state, kSearch);
  vm.searching = !query.empty();
  std::vector<Listed> rows;
  std::set<Id> shown;
  std::map<ListTab, std::size_t> under;
  for (const auto& child : caseload.children) {
    if (vm.searching && !is_found(state, child, query)) continue;
    auto row = listed(state, child);
    for (const auto tab : {ListTab::Today, ListTab::Week, ListTab::Overdue}) under[tab] += is_under(tab, row);
    if (!vm.searching && !is_under(state.tab, row)) continue;
    shown.insert(child.id);
    rows.push_back(std::move(row));
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::tie(a.order, a.days, a.name) < std::tie(b.order, b.days, b.name);
  });
  for (auto& row : rows) vm.rows.push_back(std::move(row.row));
  if (vm.searching)
    for (const auto& hit : state.search_hits) {
      if (!hit.draft.nil()) {
        if (const auto* draft = draft_of(state, hit.draft); draft && !state.discarded.count(hit.draft))
          vm.hits.push_back(hit_row(Open{ScreenKind::Record, hit.draft}, hit.draft,
                                    text("children.search.draft", {{"title", draft_title(state, *draft)}}), hit.snippet));
        continue;
      }
      if (hit.record.nil()) {
        if (!shown.count(hit.case_id) && caseload.child(hit.case_id))
          vm.hits.push_back(
              hit_row(Open{ScreenKind::Child, hit.case_id}, hit.case_id, child_name(state, hit.case_id), hit.snippet));
        continue;
      }
      const auto* item = caseload.record(hit.record);
      if (!item) continue;
      vm.hits.push_back(hit_row(Open{ScreenKind::ReadRecord, hit.record}, hit.record,
                                visit_title(state, item->head().body.facts, item->head().body.part.name), hit.snippet));
    }
  if (vm.searching) {
    vm.clear_search = {text("children.found.clear"), ClearSearch{}};
    const auto found = static_cast<long long>(vm.rows.size() + vm.hits.size());
    if (found > 0) vm.found = text.count("children.found", found);
    if (!vm.rows.empty()) vm.rows_heading = text("children.found.children");
    if (!vm.hits.empty()) vm.hits_heading = text("children.found.notes");
  } else {
    auto waiting = waiting_rows(state);
    under[ListTab::Waiting] = waiting.size();
    const auto with_number = [&](std::string_view key, ListTab tab) { return text(key, {{"n", std::to_string(under[tab])}}); };
    vm.tabs = {with_number("children.today", ListTab::Today), with_number("children.week", ListTab::Week),
               with_number("children.overdue", ListTab::Overdue), with_number("children.waiting", ListTab::Waiting), text("children.all")};
    if (state.tab == ListTab::Waiting) vm.hits = std::move(waiting);
  }
  if (vm.rows.empty() && vm.hits.empty()) {
    const std::string what = vm.searching                    ? "search"
                             : state.tab == ListTab::Waiting ? "waiting"
                             : caseload.children.empty()     ? "none"
                             : state.tab == ListTab::Today   ? "today"
                             : state.tab == ListTab::Week    ? "week"
                                                             : "overdue";
    vm.empty_heading = text("children.empty." + what);
    vm.empty_body = text("children.empty." + what + ".body");
  }
}

MyChildrenVm my_children_vm(const State& state) {
  const auto& text = state.text();
  const auto& caseload = *state.caseload;
  MyChildrenVm vm;
  vm.title = text(state.supervisor() ? "children.title.team" : "children.title");
  vm.date = weekday_words(text, rules::uk_date(state.now));
  vm.now_heading = text("children.now");
  vm.search_name = text("children.search");
  vm.tab = static_cast<std::size_t>(state.tab);
  if (!page_tells(state)) vm.notice = state.notice;
  vm.warnings = lease_warnings(state);
  list_children(state, vm);

  const auto day_of = [&](const model::Visit& visit) {
    return visit.facts.start ? when_begins(text, visit.facts.start->at, state.now) : visit.address;
  };
  vm.drafts_heading = text("children.drafts");
  for (const auto* draft : all_drafts(state)) {
    const auto* stored = caseload.draft(draft->id);
    TagVm tag{text("state.draft"), Mood::Info};
    if (!draft->conflicts.empty()) tag = {text("state.conflict"), Mood::Warn};
    else if (!submitted_already(state, *draft).empty()) tag = {text("state.submitted_already"), Mood::Warn};
    else if (stored && std::any_of(stored->came_back.begin(), stored->came_back.end(), [](const auto& code) { return code != "conflict"; }))
      tag = {text("state.came_back"), Mood::Warn};
    else if (std::any_of(draft->children.begin(), draft->children.end(), [](const auto& p) { return p.revises.has_value(); }))
      tag = {text("state.returned"), Mood::Warn};
    vm.drafts.push_back({draft->id, draft_title(state, *draft), day_of(*draft), tag});
  }
  if (vm.drafts.empty()) vm.drafts_heading.clear();
  for (const auto& item : caseload.drafts)
    if (item.submitting && !state.discarded.count(item.visit.id))
      vm.submitting.push_back({item.visit.id, draft_title(state, item.visit), day_of(item.visit), {}});
  if (!vm.submitting.empty()) vm.submitting_heading = text("state.waiting");

  vm.calls = call_cards(state, std::nullopt);
  vm.nobody = caseload.children.empty();
  vm.choose_heading = text("children.choose");
  vm.choose_body = text("children.choose.body");
  vm.start_visit = {text("children.start"), Open{ScreenKind::StartVisit, Id()}};
  const auto going_out = going_out_vm(state);
  vm.going_out = {going_out.title, going_out.headline, {}, Open{ScreenKind::GoingOut, Id()}};
  if (going_out.mood != Mood::Ok) vm.going_out.tag = {text("going_out.not_ready"), going_out.mood};
  if (state.supervisor()) {
    const auto waiting = std::count_if(caseload.records.begin(), caseload.records.end(), [&](const auto& item) {
      return item.head().revision.state == model::State::Submitted && !was_there(item.head().body, caseload.me.id) && !decided(item);
    });
    vm.more.push_back({text("children.approvals", {{"n", std::to_string(waiting)}}), Open{ScreenKind::Approvals, Id()}});
    vm.more.push_back(
        {text("children.alerts", {{"n", std::to_string(open_alerts(state).size())}}), Open{ScreenKind::Alerts, Id()}});
  }
  vm.more.push_back({text("sync.title"), Open{ScreenKind::SyncStatus, Id()}});
  vm.more.push_back({text("settings.title"), Open{ScreenKind::Settings, Id()}});
  return vm;
}

ChildVm child_vm(const State& state, const Id& id) {
  const auto& text = state.text();
  const auto& caseload = *state.caseload;
  ChildVm vm;
  vm.child = id;
  const auto* child = caseload.child(id);
  if (!child) {
    vm.title = text("person.unknown");
    return vm;
  }
  const auto* family = caseload.family(child->family);
  const auto today = rules::uk_date(state.now);
  vm.title = child->name;
  if (child->provisional.value_or(false)) {
    vm.tag = {text("child.provisional"), Mood::Info};
    vm.provisional = text("child.provisional.words");
  }
  if (!child->called.empty() && child->called != child->name) vm.facts.push_back({text("child.called"), child->called});
  if (child->born)
    vm.facts.push_back({text("child.born"),
                        text(child->born_assumed.value_or(false) ? "child.born.assumed" : "child.born.words",
                             {{"day", day_words(text, *child->born)}, {"age", age_words(text, *child->born, today)}})});
  else if (child->expected)
    vm.facts.push_back({text("child.expected"), day_words(text, *child->expected)});
  else
    vm.facts.push_back({text("child.born"), text("not_known")});
  if (family) {
    vm.facts.push_back({text("child.address"), family->address.empty() ? text("not_known") : address_words(*family)});
    // A number that must not be rung is not here to be read by mistake.
    if (const auto& phone = family->safe_contact.empty() ? family->phone : family->safe_contact; !family->phone.empty())
      vm.facts.push_back({text("child.phone"), phone});
  }
  if (!child->language.empty()) vm.facts.push_back({text("child.language"), child->language});
  if (!child->communication.empty()) vm.facts.push_back({text("child.communication"), child->communication});
  if (child->allocated_worker) vm.facts.push_back({text("child.worker"), person_name(state, child->allocated_worker)});
  for (const auto& cover : child->cover)
    if (cover.until && rules::days_between(today, *cover.until) >= 0)
      vm.facts.push_back({text("child.cover"), text("child.cover.words", {{"name", person_name(state, cover.worker)},
                                                                         {"day", short_day_words(text, *cover.until, today)}})});
  vm.hazards_heading = text("hazards.heading");
  vm.hazards = hazards_of(state, family);
  if (family && !family->safe_contact.empty()) {
    vm.hazards_heading = text("hazards.heading.contact");
    vm.hazards.insert(vm.hazards.begin(), {text("child.safe_contact"), family->safe_contact});
  }

  vm.summary_heading = text("review.summary");
  vm.summary = summary_of(state, *child);
  vm.pages = {{text("chronology.title"), Open{ScreenKind::Chronology, id}},
              {text("own_words.title", {{"name", model::display_name(*child)}}), Open{ScreenKind::OwnWords, id}},
              {text("family_copy.title"), Open{ScreenKind::FamilyCopy, id}}};
  vm.involvement_heading = text("child.involvement");
  for (const auto& involvement : child->involvements)
    if (involvement.ended || involvement.status == model::Status::Closed)
      vm.involvement.push_back({text("status." + std::string(model::code(involvement.status))),
                                involvement.ended ? text("child.ended", {{"day", day_words(text, *involvement.ended)}})
                                                  : text("child.ended.unknown")});
  vm.people_heading = text("child.people");
  if (family) {
    for (const auto& member : family->members) {
      std::string detail = member.in_household == true    ? text("person.lives_here")
                           : member.in_household == false ? text("person.lives_elsewhere")
                                                          : "";
      if (!member.note.empty()) detail += (detail.empty() ? "" : ". ") + line_begins(member.note);
      vm.people.push_back({member.name, line_begins(member.relationship), detail});
    }
    for (const auto& sibling : caseload.children)
      if (sibling.family == family->id && sibling.id != child->id)
        vm.people.push_back({sibling.name, line_begins(text("person.sibling")), sibling.born ? age_words(text, *sibling.born, today) : ""});
  }
  vm.steps_heading = text("child.steps");
  vm.steps_none = text("child.steps.none");
  vm.steps = step_vms(state, rules::by_day(open_steps_of(state, *child)));

  vm.visits_heading = text("child.visits");
  vm.visits_none = text("child.visits.none");
  std::vector<const RecordItem*> records;
  for (const auto& item : caseload.records)
    if (item.case_id == id) records.push_back(&item);
  std::stable_sort(records.begin(), records.end(), [](const auto* a, const auto* b) { return visit_at(*b) < visit_at(*a); });
  for (const auto* item : records) {
    const auto& body = item->head().body;
    auto title = body.facts.type ? text("visit_type." + std::string(model::code(*body.facts.type))) : text("visit_type.none");
    auto subtitle = when_begins(text, visit_at(*item), state.now) + ", " + person_name(state, body.author);
    vm.visits.push_back({item->id(), std::move(title), std::move(subtitle), state_tag(state, *item)});
  }
  for (const auto* draft : all_drafts(state))
    if (std::any_of(draft->children.begin(), draft->children.end(), [&](const auto& p) { return p.id == id; }))
      vm.drafts.push_back({text("child.go_on", {{"title", draft_title(state, *draft)}}),
                           Open{ScreenKind::Record, draft->id}});
  vm.start_visit = {text("child.start"), Open{ScreenKind::StartVisit, id}};
  if (child->provisional.value_or(false) && state.supervisor()) vm.match = {text("match.open"), Open{ScreenKind::Match, id}};
  return vm;
}

StartVisitVm start_visit_vm(const State& state) {
  const auto& text = state.text();
  const auto& caseload = *state.caseload;
  StartVisitVm vm;
  vm.title = text("start.title");
  if (!state.starting) return vm;
  const auto& starting = *state.starting;
  vm.elsewhere = starting.elsewhere;
  vm.family_label = text("start.family");
  for (const auto& family : caseload.families)
    vm.families.push_back({"family_" + family.id.str(), family.name, address_words(family),
                           starting.family == family.id && !starting.elsewhere, ChooseFamily{family.id}});
  std::stable_sort(vm.families.begin(), vm.families.end(),
                   [&](const auto& a, const auto& b) { return name_order(state, a.label) < name_order(state, b.label); });
  if (state.lease_over()) vm.family_label = text("start.closed");  // no choice between one
  else vm.families.push_back(
      {"family_elsewhere", text("start.elsewhere"), text("start.elsewhere.hint"), starting.elsewhere, ChooseFamily{Id()}});
  vm.name_label = text("start.family_name");
  vm.address_label = text("start.address");
  vm.children_label = text("start.children_names");
  vm.children_hint = text("start.children_names.hint");
  if (!starting.elsewhere) {
    vm.hazards_heading = text("hazards.heading");
    vm.hazards = hazards_of(state, caseload.family(starting.family));
    std::string kinds;
    for (const auto& hazard : vm.hazards) kinds += (kinds.empty() ? "" : ", ") + hazard.kind;
    if (!kinds.empty()) vm.read_first = labelled(vm.hazards_heading, kinds);
  }
  vm.type_label = text("start.type");
  for (const auto& [type, code] : model::CodeTable<model::VisitType>::values)
    vm.types.push_back({"type_" + std::string(code), text("visit_type." + std::string(code)), {}, starting.type == code,
                        ChooseVisitType{std::string(code)}});
  vm.who_label = text("start.who");
  if (!starting.elsewhere && starting.family)
    for (const auto& child : caseload.children)
      if (child.family == starting.family)
        vm.children.push_back({"who_" + child.id.str(), child.name, statuses_words(state, child),
                               starting.children.count(child.id) > 0, TurnChild{child.id}});
  vm.problems_heading = text("start.problems");
  vm.problems = problem_lines(starting.problems);
  vm.family_error = error_at(starting.problems, kStartFamily);
  vm.name_error = error_at(starting.problems, kNewFamily);
  vm.children_error = error_at(starting.problems, kNewChildren);
  vm.who_error = error_at(starting.problems, kStartChildren);
  vm.type_error = error_at(starting.problems, kStartType);
  vm.start = {text("start.action"), PressStart{}};
  return vm;
}

}  // namespace doorstep::state
