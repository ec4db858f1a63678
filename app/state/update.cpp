#include <algorithm>

#include "app/state/state.h"
#include "app/state/time_words.h"
#include "app/state/view_models.h"
#include "app/state/words.h"
#include "platform/base/limits.h"
#include "sync/model/visit.h"
#include "sync/rules/validate.h"

namespace doorstep::state {
namespace {

constexpr Millis kRetrySave{5000};       ///< after a failed save
constexpr std::size_t kPassphraseWords = 4;   ///< security.md section 2: a key file alone protects nothing weaker
constexpr std::size_t kPassphraseBytes = 15;

/// One call of update(): the state, the world, and what comes out.
struct Turn {
  State& state;
  const Context& context;
  Effects effects;

  const Text& text() const { return state.text(); }
  const rules::Form& form() const { return state.assets->form; }
};

// The open visit ---------------------------------------------------------------------------------------------------------

void changed(Turn& turn) {
  auto& open = *turn.state.visit;
  ++open.edit;
  open.last_edit = turn.context.mono;
  if (!open.dirty_since) open.dirty_since = turn.context.mono;
  open.submit_error.clear();
}

void save_now(Turn& turn) {
  if (!turn.state.visit) return;
  auto& open = *turn.state.visit;
  if (open.edit == open.sent || open.submitting) return;
  open.sent = open.edit;
  open.dirty_since.reset();
  open.last_edit.reset();
  const bool urgent = std::any_of(open.visit.children.begin(), open.visit.children.end(), model::is_urgent);
  turn.state.drafts[open.visit.id] = {open.visit, open.based_on};
  turn.effects.push_back(SaveDraft{open.visit, open.edit, urgent, open.based_on});
}

std::int64_t version_of(const State& state, const Id& visit) {
  if (const auto newer = state.drafts.find(visit); newer != state.drafts.end()) return newer->second.version;
  const auto* stored = state.caseload->draft(visit);
  return stored ? stored->version : 0;
}

std::optional<Millis> save_deadline(const State& state) {
  if (!state.visit || !state.visit->last_edit || !state.visit->dirty_since) return std::nullopt;
  return std::min(*state.visit->last_edit + limits::kSaveAfterKey, *state.visit->dirty_since + limits::kSaveWhileTyping);
}

void drop_visit_editors(State& state) {
  for (const auto prefix : {"visit/", "child/", "record/"}) state.editors.drop(prefix);
}

void close_visit(Turn& turn) {
  save_now(turn);
  turn.state.visit.reset();
  drop_visit_editors(turn.state);
}

bool open_visit(Turn& turn, const Id& id) {
  auto& state = turn.state;
  if (state.visit && state.visit->visit.id == id) return true;
  const auto* draft = draft_of(state, id);
  if (!draft) return false;
  const auto* stored = state.caseload->draft(id);
  if (stored && stored->submitting) return false;
  OpenVisit open;
  open.visit = *draft;
  open.based_on = version_of(state, id);
  if (stored) open.saved_at = stored->saved_at;
  close_visit(turn);
  state.visit = std::move(open);
  return true;
}

// Screens ----------------------------------------------------------------------------------------------------------------

/// When the worker first says it is written up: whether a reason for lateness is asked depends on it.
void written_up(Turn& turn) {
  auto& facts = turn.state.visit->visit.facts;
  if (facts.recorded_at) return;
  facts.recorded_at = turn.context.wall;
  changed(turn);
}

bool on_stack(const State& state, ScreenKind kind) {
  return std::any_of(state.screens.begin(), state.screens.end(), [&](const Screen& s) { return s.kind == kind; });
}

void left(Turn& turn, const Screen& screen) {
  auto& state = turn.state;
  switch (screen.kind) {
    case ScreenKind::Record:
      if (!on_stack(state, ScreenKind::Record)) close_visit(turn);
      break;
    case ScreenKind::Review:
      state.reviewing.reset();
      state.editors.drop("review/");
      break;
    case ScreenKind::StartVisit:
      state.starting.reset();
      state.editors.drop("start/");
      break;
    case ScreenKind::ReadRecord: state.editors.drop("addendum/"); break;
    case ScreenKind::Alerts:
      state.editors.drop("alert/");
      state.alert_outcome.clear();
      state.alert_problem.clear();
      break;
    case ScreenKind::Match: state.match_target = Id(); break;
    default: break;
  }
}

void pop(Turn& turn) {
  auto& screens = turn.state.screens;
  if (screens.size() <= 1) return;
  const auto screen = screens.back();
  screens.pop_back();
  left(turn, screen);
}

void home(Turn& turn) {
  while (turn.state.screens.size() > 1) pop(turn);
}

void push(Turn& turn, Screen screen) {
  auto& screens = turn.state.screens;
  turn.state.notice.clear();
  if (!screens.empty() && screens.back() == screen) return;
  screens.push_back(screen);
}

void start_review(Turn& turn, const Id& record) {
  auto& state = turn.state;
  const auto* item = state.caseload->record(record);
  if (!item) return;
  state.editors.drop("review/");
  state.reviewing.emplace();
  state.reviewing->read = {item->id(), item->head().rev, item->head().hash};
  state.reviewing->since_return = std::any_of(item->decisions.begin(), item->decisions.end(),
                                              [](const auto& d) { return d.verdict == model::Verdict::Returned; });
}

void show(Turn& turn, const Open& open) {
  auto& state = turn.state;
  const bool visiting = in_visit(state);
  switch (open.screen) {
    case ScreenKind::MyChildren: home(turn); return;
    case ScreenKind::Child:
      if (!state.caseload->child(open.id)) return;
      state.selected_child = open.id;
      home(turn);
      break;
    case ScreenKind::SyncStatus: case ScreenKind::Settings:
      if (!visiting) home(turn);
      break;
    case ScreenKind::Approvals: case ScreenKind::Alerts:
      if (!state.supervisor()) return;
      home(turn);
      break;
    case ScreenKind::Match:
      if (!state.supervisor()) return;
      break;
    case ScreenKind::StartVisit: {
      home(turn);
      state.starting.emplace();
      if (const auto* child = state.caseload->child(open.id)) {
        state.starting->family = child->family;
        state.starting->children.insert(child->id);
      }
      break;
    }
    case ScreenKind::Record:
      if (!open_visit(turn, open.id)) {
        state.notice = turn.text()("record.not_open");
        return;
      }
      while (on_stack(state, ScreenKind::Record) && state.screen()->kind != ScreenKind::Record) pop(turn);
      break;
    case ScreenKind::Check:
      if (!state.visit) return;
      written_up(turn);
      save_now(turn);
      state.visit->checked = true;
      break;
    case ScreenKind::Conflict:
      if (!state.visit && !open_visit(turn, open.id)) return;
      save_now(turn);
      break;
    case ScreenKind::Review:
      if (!state.supervisor() || !state.caseload->record(open.id)) return;
      start_review(turn, open.id);
      if (state.screen() && state.screen()->kind == ScreenKind::Review) state.screens.pop_back();
      break;
    case ScreenKind::ReadRecord:
      if (!state.caseload->record(open.id)) return;
      break;
  }
  push(turn, {open.screen, open.id});
}

// Lock -------------------------------------------------------------------------------------------------------------------

void lock(Turn& turn) {
  auto& state = turn.state;
  if (state.stage != Stage::Unlocked) return;
  save_now(turn);
  const auto resume = state.visit ? Screen{ScreenKind::Record, state.visit->visit.id} : Screen{};
  auto fresh = initial(state.assets, state.config);
  fresh.stage = Stage::Locked;
  fresh.has_passphrase = true;
  fresh.settings = state.settings;
  fresh.worker_name = state.worker_name;
  fresh.now = state.now;
  fresh.mono = state.mono;
  fresh.last_touch = state.last_touch;
  fresh.resume = resume;
  fresh.sync.online = state.sync.online;
  fresh.search_number = state.search_number;
  state.editors.wipe();
  state = std::move(fresh);
  turn.effects.push_back(Lock{});
}

// Unlock -----------------------------------------------------------------------------------------------------------------

std::size_t words_in(std::string_view text) {
  std::size_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t' || c == '-';
    if (!space && !inside) ++words;
    inside = !space;
  }
  return words;
}

void unlock(Turn& turn) {
  auto& state = turn.state;
  if (state.stage != Stage::Locked && state.stage != Stage::FirstUnlock) return;
  if (state.unlock_wait_until && *state.unlock_wait_until > turn.context.mono) return;
  state.unlock_wait_until.reset();
  auto typed = state.editors.typed(kPassphrase);
  auto again = state.editors.typed(kPassphraseAgain);
  state.unlock_problem.clear();
  if (typed.empty()) {
    state.unlock_problem = turn.text()("unlock.problem.empty");
  } else if (state.stage == Stage::FirstUnlock && words_in(typed) < kPassphraseWords && typed.size() < kPassphraseBytes) {
    state.unlock_problem = turn.text()("unlock.problem.short");
  } else if (state.stage == Stage::FirstUnlock && typed != again) {
    state.unlock_problem = turn.text()("unlock.problem.differ");
  } else {
    auto secret = base::Secret::copy_of(typed);
    if (state.stage == Stage::FirstUnlock) turn.effects.push_back(CreatePassphrase{std::move(secret)});
    else turn.effects.push_back(Unlock{std::move(secret)});
    state.stage = Stage::Unlocking;
    state.show_passphrase = false;
    state.editors.drop("unlock/");
  }
  base::wipe(typed);
  base::wipe(again);
}

void on(Turn& turn, const UnlockResult& result) {
  auto& state = turn.state;
  if (!result.error) return;  // open when the caseload arrives
  state.stage = state.has_passphrase ? Stage::Locked : Stage::FirstUnlock;
  const auto& text = turn.text();
  const auto seconds = std::to_string((result.retry_after.count() + 999) / 1000);
  switch (result.error->fault) {
    case base::Fault::Locked:
      state.unlock_problem = result.tries_left >= 0 ? text.count("unlock.problem.wrong_left", result.tries_left)
                                                    : text("unlock.problem.wrong");
      break;
    case base::Fault::Throttled: state.unlock_problem = text("unlock.problem.wait", {{"n", seconds}}); break;
    case base::Fault::Offline: state.unlock_problem = text("unlock.problem.offline"); break;
    case base::Fault::Corrupt: state.unlock_problem = text("unlock.problem.corrupt"); break;
    default: state.unlock_problem = text("unlock.problem.other", {{"why", error_words(text, *result.error)}}); break;
  }
  if (result.retry_after.count() > 0) state.unlock_wait_until = turn.context.mono + result.retry_after;
}

// Starting a visit ---------------------------------------------------------------------------------------------------------

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

model::ChildPart part_for(const State& state, const model::Child& child) {
  model::ChildPart part;
  part.id = child.id;
  part.name = child.name;
  part.called = child.called;
  part.born = child.born;
  if (!child.born && child.expected) part.unborn = true;
  for (const auto& involvement : child.involvements)
    if (!involvement.ended) part.statuses.push_back(involvement.status);
  part.open_steps = open_steps_of(state, child);
  return part;
}

void start_visit(Turn& turn) {
  auto& state = turn.state;
  if (!state.starting) return;
  auto& starting = *state.starting;
  const auto& text = turn.text();
  const auto& form = turn.form();
  starting.problems.clear();
  const auto names = starting.elsewhere ? lines_of(state.editors.typed(kNewChildren)) : std::vector<std::string>{};
  if (!starting.elsewhere && !starting.family) starting.problems.push_back(text("start.problem.family"));
  if (starting.elsewhere && lines_of(state.editors.typed(kNewFamily)).empty())
    starting.problems.push_back(text("start.problem.family_name"));
  const auto type = model::from_code<model::VisitType>(starting.type);
  if (!type) starting.problems.push_back(text("start.problem.type"));
  if (starting.elsewhere ? names.empty() : starting.children.empty()) starting.problems.push_back(text("start.problem.children"));
  if (!starting.problems.empty()) return;

  OpenVisit open;
  auto& visit = open.visit;
  visit.id = turn.context.new_id();
  visit.author = state.caseload->me.id;
  visit.versions = {model::kSchema, form.version, state.assets->rules.version, state.assets->rules.thresholds.key()};
  visit.facts.type = type;
  if (starting.elsewhere) {
    visit.family_name = lines_of(state.editors.typed(kNewFamily)).front();
    visit.address = state.editors.typed(kNewAddress);
    for (const auto& name : names) {
      auto& part = visit.children.emplace_back();
      part.id = turn.context.new_id();
      part.name = name;
    }
  } else {
    if (const auto* family = state.caseload->family(starting.family)) {
      visit.family = family->id;
      visit.family_name = family->name;
      visit.address = family->address;
      if (!family->postcode.empty()) visit.address += (visit.address.empty() ? "" : ", ") + family->postcode;
    }
    for (const auto& child : state.caseload->children)
      if (starting.children.count(child.id)) visit.children.push_back(part_for(state, child));
  }
  close_visit(turn);
  state.visit = std::move(open);
  changed(turn);
  save_now(turn);
  const auto id = state.visit->visit.id;
  home(turn);
  push(turn, {ScreenKind::Record, id});
}

// Writing ------------------------------------------------------------------------------------------------------------------

bool ends_with(std::string_view key, std::string_view suffix) {
  return key.size() > suffix.size() && key.substr(key.size() - suffix.size()) == suffix;
}

/// What an editor's key stands for in the visit, and its value.
bool typed_into(Turn& turn, std::string_view key) {
  auto& state = turn.state;
  auto& visit = state.visit->visit;
  if (ends_with(key, kUncovered)) {
    const auto place = Place::parse(key.substr(0, key.size() - kUncovered.size()));
    return place && set_field(turn.form(), visit, *place, model::NotCovered{state.editors.typed(key)});
  }
  if (ends_with(key, kTimePart)) key = key.substr(0, key.size() - kTimePart.size());
  const auto place = Place::parse(key);
  if (!place) return false;
  if (const auto* text = state.editors.find_text(key)) {
    const auto words = text->text();
    if (set_field(turn.form(), visit, *place, words)) return true;
    if (words.empty()) return set_field(turn.form(), visit, *place, {});
    const auto number = whole_number(words);
    return number ? set_field(turn.form(), visit, *place, *number) : set_field(turn.form(), visit, *place, {});
  }
  const auto time_key = std::string(key) + std::string(kTimePart);
  const auto day = state.editors.typed_date(key);
  if (!state.editors.find_time(time_key))
    return set_field(turn.form(), visit, *place, day.date ? FieldValue(*day.date) : FieldValue{});
  const auto time = state.editors.typed_time(time_key);
  std::optional<Instant> at;
  if (day.date && time.minute_of_day) at = rules::from_uk(*day.date, *time.minute_of_day);
  return set_field(turn.form(), visit, *place, at ? FieldValue(local_rfc3339(*at)) : FieldValue{});
}

model::ChildPart* part_of(model::Visit& visit, const Id& child) {
  const auto found = std::find_if(visit.children.begin(), visit.children.end(), [&](const auto& p) { return p.id == child; });
  return found == visit.children.end() ? nullptr : &*found;
}

void choose(Turn& turn, const FieldChosen& chosen) {
  auto& visit = turn.state.visit->visit;
  if (!set_field(turn.form(), visit, chosen.place, chosen.value)) return;
  const auto* question = turn.form().find(chosen.place.question);
  if (question->kind == rules::Kind::Risk && chosen.place.field == "threshold")
    if (auto* part = part_of(visit, chosen.place.child)) part->risk.threshold_set = turn.state.assets->rules.thresholds.key();
  turn.state.editors.drop(chosen.place.key());  // "Now" and "Not covered" say something else than what was typed
  changed(turn);
  save_now(turn);
}

void record_call(Turn& turn, const RecordCall& said) {
  auto& state = turn.state;
  if (said.record) {
    // A submitted record: taken back, and submitted again with the call in it.
    const auto* item = state.caseload->record(said.record);
    if (!item || item->waiting) return;
    turn.effects.push_back(Withdraw{item->case_id, {item->id(), item->head().rev, item->head().hash}});
    auto visit = model::visit_of(item->head().body, {item->id(), item->head().rev, item->head().hash}, turn.context.new_id());
    auto* part = part_of(visit, said.child);
    if (!part) return;
    part->calls.push_back(call_now(state, *part, said.answered, turn.context.wall, turn.context.new_id()));
    turn.effects.push_back(SaveDraft{visit, 0, true, 0});
    turn.effects.push_back(Submit{std::move(visit), {}});
    return;
  }
  if (const auto* stored = state.caseload->draft(said.visit); stored && stored->submitting) {
    // Waiting to be sent: taken back, and submitted again with the call in it, under the same record ids.
    Submit again{stored->visit, {}};
    auto* part = part_of(again.visit, said.child);
    if (!part) return;
    part->calls.push_back(call_now(state, *part, said.answered, turn.context.wall, turn.context.new_id()));
    for (const auto& item : state.caseload->records) {
      if (item.head().body.visit != said.visit || !item.waiting) continue;
      // One is enough: the store undoes the whole submission.
      if (again.record_ids.empty())
        turn.effects.push_back(Withdraw{item.case_id, {item.id(), item.head().rev, item.head().hash}});
      again.record_ids.emplace(item.case_id, item.id());
    }
    turn.effects.push_back(SaveDraft{again.visit, 0, true, stored->version});
    turn.effects.push_back(std::move(again));
    return;
  }
  if (!state.visit || state.visit->visit.id != said.visit) {
    const auto* draft = draft_of(state, said.visit);
    if (!draft) return;
    auto visit = *draft;
    auto* part = part_of(visit, said.child);
    if (!part) return;
    part->calls.push_back(call_now(state, *part, said.answered, turn.context.wall, turn.context.new_id()));
    const auto version = version_of(state, visit.id);
    state.drafts[visit.id] = {visit, version};
    turn.effects.push_back(SaveDraft{std::move(visit), 0, true, version});
    return;
  }
  auto* part = part_of(state.visit->visit, said.child);
  if (!part) return;
  part->calls.push_back(call_now(state, *part, said.answered, turn.context.wall, turn.context.new_id()));
  changed(turn);
  save_now(turn);
}

void submit(Turn& turn) {
  auto& state = turn.state;
  auto& open = *state.visit;
  open.checked = true;
  if (open.submitting) return;
  written_up(turn);
  if (!open.visit.conflicts.empty() || !rules::validate(turn.form(), open.visit).empty()) {
    save_now(turn);
    return;
  }
  save_now(turn);
  Submit effect{open.visit, {}};
  for (const auto& part : open.visit.children)
    if (!part.revises && part.skip_reason.empty()) effect.record_ids.emplace(part.id, turn.context.new_id());
  open.submitting = true;
  open.submit_error.clear();
  turn.effects.push_back(std::move(effect));
}

void focus_on(State& state, const Place& place) {
  state.focus = first_control(record_vm(state), place);
  if (!state.focus.empty()) ++state.focus_number;
}

void go_to_problem(Turn& turn, std::size_t index) {
  auto& state = turn.state;
  const auto problems = rules::validate(turn.form(), state.visit->visit);
  if (index >= problems.size()) return;
  const auto& problem = problems[index];
  state.visit->child = problem.child;
  focus_on(state, {problem.child, problem.question, problem.item, {}});
  while (state.screen() && state.screen()->kind != ScreenKind::Record && state.screens.size() > 1) pop(turn);
}

// Approvals ----------------------------------------------------------------------------------------------------------------

void decide(Turn& turn, model::Verdict verdict) {
  auto& state = turn.state;
  if (!state.reviewing || !state.supervisor()) return;
  auto& reviewing = *state.reviewing;
  const auto* item = state.caseload->record(reviewing.read.record);
  reviewing.problems.clear();
  const auto& text = turn.text();
  if (!item || item->head().hash != reviewing.read.hash || item->head().rev != reviewing.read.rev) {
    reviewing.stale = true;
    reviewing.problems.push_back(text("review.stale"));
    return;
  }
  if (item->head().state != model::State::Submitted || decided(*item)) {
    reviewing.problems.push_back(text("review.not_waiting"));
    return;
  }
  const auto& me = state.caseload->me;
  model::Decision decision;
  decision.id = turn.context.new_id();
  decision.on = reviewing.read;
  decision.verdict = verdict;
  decision.reviewer = me.id;
  decision.reviewer_name = me.name;
  decision.reviewer_qualified = me.social_work_qualified;
  decision.at = turn.context.wall;
  decision.rationale = state.editors.typed(kRationale);
  if (verdict == model::Verdict::Returned)
    decision.return_reason = model::from_code<model::ReturnReason>(reviewing.return_reason);
  decision.agree_risk = reviewing.agree_risk;
  if (reviewing.agree_risk == false) decision.disagree_why = state.editors.typed(kDisagreeWhy);
  if (reviewing.in_person) decision.discussed_in_person = true;
  const auto next = state.editors.typed_date(kNextVisit);
  if (next.partly) reviewing.problems.push_back(text("review.problem.next_visit"));
  decision.next_visit_confirmed = next.date;
  for (const auto& problem : rules::check_decision(decision, item->head().body)) reviewing.problems.push_back(problem.message);
  if (!reviewing.problems.empty()) return;
  turn.effects.push_back(Decide{item->case_id, std::move(decision)});
  pop(turn);
  state.notice = text(verdict == model::Verdict::Approved ? "review.approved" : "review.returned");
}

void settle_alert(Turn& turn, const Id& alert) {
  auto& state = turn.state;
  if (!state.supervisor()) return;
  const auto found = open_alert(state, alert);
  const auto key = "alert/" + alert.str() + "/why";
  const auto code = state.alert_outcome.find(alert);
  const auto why = state.editors.typed(key);
  state.alert_problem.erase(alert);
  if (!found) return;
  if (code == state.alert_outcome.end()) {
    state.alert_problem[alert] = turn.text()("alerts.problem.outcome");
  } else if (lines_of(why).empty()) {
    state.alert_problem[alert] = turn.text()("alerts.problem.why");
  } else {
    const auto& head = found->record->head();
    model::Disposition disposition;
    disposition.id = turn.context.new_id();
    disposition.alert = alert;
    disposition.record = found->record->id();
    disposition.by = state.caseload->me.id;
    disposition.by_name = state.caseload->me.name;
    disposition.at = turn.context.wall;
    disposition.outcome = code->second;
    disposition.why = why;
    turn.effects.push_back(
        SettleAlert{found->record->case_id, {found->record->id(), head.rev, head.hash}, std::move(disposition)});
    state.editors.drop(key);
    state.alert_outcome.erase(alert);
    state.notice = turn.text()("alerts.settled");
  }
}

// Own submitted records ----------------------------------------------------------------------------------------------------

void rewrite(Turn& turn, const Id& record) {
  auto& state = turn.state;
  const auto* item = state.caseload->record(record);
  if (!item || item->head().body.author != state.caseload->me.id) return;
  if (item->head().state != model::State::Returned && item->head().state != model::State::Draft) return;
  for (const auto* draft : all_drafts(state))
    for (const auto& part : draft->children)
      if (part.revises && part.revises->record == record) {
        show(turn, {ScreenKind::Record, draft->id});
        return;
      }
  OpenVisit open;
  open.visit = model::visit_of(item->head().body, {record, item->head().rev, item->head().hash}, turn.context.new_id());
  if (open.visit.children.size() == 1) open.child = open.visit.children.front().id;
  close_visit(turn);
  state.visit = std::move(open);
  changed(turn);
  save_now(turn);
  push(turn, {ScreenKind::Record, state.visit->visit.id});
}

void add_addendum(Turn& turn, const Id& record) {
  auto& state = turn.state;
  const auto* item = state.caseload->record(record);
  if (!item) return;
  model::Addendum addendum;
  addendum.reason = state.editors.typed(kAddendumReason);
  addendum.text = state.editors.typed(kAddendumText);
  if (lines_of(addendum.reason).empty() || lines_of(addendum.text).empty()) {
    state.notice = turn.text()("read.addendum.missing");
    return;
  }
  addendum.id = turn.context.new_id();
  addendum.record = record;
  addendum.author = state.caseload->me.id;
  addendum.author_name = state.caseload->me.name;
  addendum.at = turn.context.wall;
  turn.effects.push_back(AddAddendum{item->case_id, std::move(addendum)});
  state.editors.drop("addendum/");
  state.notice = turn.text()("read.addendum.added");
}

// Settings -----------------------------------------------------------------------------------------------------------------

void apply_settings(Turn& turn, bool keep) {
  const auto& settings = turn.state.settings;
  turn.effects.push_back(ApplyLook{static_cast<float>(settings.text_percent) / 100.0f, static_cast<int>(settings.look)});
  if (keep) turn.effects.push_back(SaveSettings{settings_json(settings)});
}

// Intents ------------------------------------------------------------------------------------------------------------------

void on(Turn& turn, const PressUnlock&) { unlock(turn); }
void on(Turn& turn, const TurnShowPassphrase&) { turn.state.show_passphrase = !turn.state.show_passphrase; }
void on(Turn& turn, const PressLock&) { lock(turn); }
void on(Turn& turn, const Open& open) { show(turn, open); }
void on(Turn& turn, const Back&) {
  turn.state.notice.clear();
  pop(turn);
}
void on(Turn& turn, const ShowTab& tab) { turn.state.tab = tab.tab; }
void on(Turn& turn, const SearchTyped&) {
  auto query = turn.state.editors.typed(kSearch);
  ++turn.state.search_number;
  if (lines_of(query).empty()) turn.state.search_hits.clear();
  else turn.effects.push_back(Search{std::move(query), turn.state.search_number});
}
void on(Turn& turn, const ClearSearch&) {
  turn.state.editors.drop(kSearch);
  turn.state.search_hits.clear();
  ++turn.state.search_number;
}
void on(Turn& turn, const Cover&) {
  save_now(turn);
  turn.state.covered = true;
}
void on(Turn& turn, const Uncover&) { turn.state.covered = false; }

void on(Turn& turn, const ChooseFamily& chosen) {
  if (!turn.state.starting) return;
  auto& starting = *turn.state.starting;
  if (starting.family != chosen.family || starting.elsewhere != chosen.family.nil()) starting.children.clear();
  starting.family = chosen.family;
  starting.elsewhere = chosen.family.nil();
  starting.problems.clear();
}
void on(Turn& turn, const ChooseVisitType& chosen) {
  if (turn.state.starting) turn.state.starting->type = chosen.code;
}
void on(Turn& turn, const TurnChild& child) {
  if (turn.state.starting && !turn.state.starting->children.erase(child.child)) turn.state.starting->children.insert(child.child);
}
void on(Turn& turn, const PressStart&) { start_visit(turn); }

void on(Turn& turn, const FieldTyped& typed) {
  if (turn.state.visit && !turn.state.visit->submitting && typed_into(turn, typed.key)) changed(turn);
}
void on(Turn& turn, const FieldLeft&) { save_now(turn); }
void on(Turn& turn, const FieldChosen& chosen) {
  if (turn.state.visit && !turn.state.visit->submitting) choose(turn, chosen);
}
void on(Turn& turn, const AddItem& add) {
  if (!turn.state.visit) return;
  const auto id = turn.context.new_id();
  if (!add_item(turn.form(), turn.state.visit->visit, add.list, id, turn.context.wall)) return;
  changed(turn);
  save_now(turn);
  focus_on(turn.state, {add.list.child, add.list.question, id, {}});
}
void on(Turn& turn, const RemoveItem& remove) {
  if (!turn.state.visit || !remove_item(turn.form(), turn.state.visit->visit, remove.item)) return;
  turn.state.editors.drop(remove.item.key());
  changed(turn);
  save_now(turn);
}
void on(Turn& turn, const ShowChild& shown) {
  if (turn.state.visit) turn.state.visit->child = shown.child;
}
void on(Turn& turn, const NoneOf& none) {
  if (!turn.state.visit) return;
  const auto held = get_field(turn.form(), turn.state.visit->visit, none.list);
  const auto* code = std::get_if<std::string>(&held);
  const bool is_none = code && *code == rules::kNone;
  if (!set_field(turn.form(), turn.state.visit->visit, none.list, is_none ? FieldValue{} : FieldValue(std::string(rules::kNone))))
    return;
  changed(turn);
  save_now(turn);
}
void on(Turn& turn, const AllNotDiscussed& all) {
  if (!turn.state.visit) return;
  auto* part = part_of(turn.state.visit->visit, all.child);
  if (!part) return;
  for (auto& step : part->open_steps)
    if (!step.status) step.status = model::StepStatus::NotDiscussed;
  changed(turn);
  save_now(turn);
}
void on(Turn& turn, const AddJotting&) {
  if (!turn.state.visit) return;
  auto words = turn.state.editors.typed(kJotting);
  if (lines_of(words).empty()) return;
  turn.state.visit->visit.jottings.push_back({turn.context.new_id(), turn.context.wall, std::move(words)});
  turn.state.editors.drop(kJotting);
  changed(turn);
  save_now(turn);
}
void on(Turn& turn, const DiscardVisit& discard) {
  if (!turn.state.visit) return;
  turn.state.visit->discard_asked = discard.step == DiscardVisit::Step::Ask;
  if (discard.step != DiscardVisit::Step::Yes) return;
  const auto id = turn.state.visit->visit.id;
  turn.state.visit->sent = turn.state.visit->edit;  // nothing of it is to be saved any more
  turn.effects.push_back(DiscardDraft{id});
  turn.state.drafts.erase(id);
  turn.state.discarded.insert(id);
  home(turn);
  turn.state.notice = turn.text()("record.discarded");
}
void on(Turn& turn, const RecordCall& said) { record_call(turn, said); }
void on(Turn& turn, const TurnCallReason& turned) {
  if (!turn.state.reason_open.erase(turned.child)) turn.state.reason_open.insert(turned.child);
}

void on(Turn& turn, const GoToProblem& go) {
  if (turn.state.visit) go_to_problem(turn, go.problem);
}
void on(Turn& turn, const PressSubmit&) {
  if (turn.state.visit) submit(turn);
}
void on(Turn& turn, const PressWithdraw& withdraw) {
  const auto* item = turn.state.caseload->record(withdraw.record);
  if (!item || item->head().state != model::State::Submitted || item->head().body.author != turn.state.caseload->me.id) return;
  turn.effects.push_back(Withdraw{item->case_id, {item->id(), item->head().rev, item->head().hash}});
  turn.state.notice = turn.text()("read.withdrawn");
}
void on(Turn& turn, const PressRewrite& again) { rewrite(turn, again.record); }
void on(Turn& turn, const PressAddAddendum& add) { add_addendum(turn, add.record); }

void on(Turn& turn, const ChooseAgreeRisk& chosen) {
  if (turn.state.reviewing) turn.state.reviewing->agree_risk = chosen.agree;
}
void on(Turn& turn, const TurnInPerson&) {
  if (turn.state.reviewing) turn.state.reviewing->in_person = !turn.state.reviewing->in_person;
}
void on(Turn& turn, const ChooseReturnReason& chosen) {
  if (turn.state.reviewing) turn.state.reviewing->return_reason = chosen.code;
}
void on(Turn& turn, const ShowChanges& shown) {
  if (turn.state.reviewing) turn.state.reviewing->since_return = shown.since_return;
}
void on(Turn& turn, const PressApprove&) { decide(turn, model::Verdict::Approved); }
void on(Turn& turn, const PressReturn&) { decide(turn, model::Verdict::Returned); }

void on(Turn& turn, const ChooseAlertOutcome& chosen) { turn.state.alert_outcome[chosen.alert] = chosen.code; }
void on(Turn& turn, const PressSettleAlert& settle) { settle_alert(turn, settle.alert); }
void on(Turn& turn, const ChooseTarget& target) { turn.state.match_target = target.child; }
void on(Turn& turn, const PressMatch&) {
  const auto* screen = turn.state.screen();
  if (!screen || screen->kind != ScreenKind::Match || !turn.state.match_target || !turn.state.supervisor()) return;
  turn.effects.push_back(Match{screen->id, turn.state.match_target});
  pop(turn);
  turn.state.notice = turn.text()("match.done");
}
void on(Turn& turn, const PressKeep& keep) {
  if (!turn.state.visit) return;
  save_now(turn);
  turn.effects.push_back(SettleConflict{turn.state.visit->visit.id, keep.path, {keep.keep, {}}});
}

void on(Turn& turn, const PressSyncNow&) { turn.effects.push_back(SyncNow{}); }
void on(Turn& turn, const SetTextSize& size) {
  turn.state.settings.text_percent = std::clamp(size.percent, 100, 200);
  apply_settings(turn, true);
}
void on(Turn& turn, const SetLook& look) {
  turn.state.settings.look = look.look;
  apply_settings(turn, true);
}
void on(Turn& turn, const DismissRefused& dismiss) { turn.state.refused_seen.insert(dismiss.number); }
void on(Turn&, const Touched&) {}

// Events -------------------------------------------------------------------------------------------------------------------

void on(Turn& turn, const Started& started) {
  auto& state = turn.state;
  state.has_passphrase = started.has_passphrase;
  state.worker_name = started.worker_name;
  state.stage = started.has_passphrase ? Stage::Locked : Stage::FirstUnlock;
  state.settings = settings_from(started.settings);
  apply_settings(turn, false);
}

void on(Turn& turn, const Loaded& loaded) {
  auto& state = turn.state;
  if (state.stage == Stage::Locked || state.stage == Stage::FirstUnlock || !loaded.caseload) return;
  state.caseload = loaded.caseload;
  for (auto id = state.discarded.begin(); id != state.discarded.end();)
    id = state.caseload->draft(*id) ? std::next(id) : state.discarded.erase(id);
  if (state.stage == Stage::Unlocking) {
    state.stage = Stage::Unlocked;
    state.has_passphrase = true;
    state.unlock_problem.clear();
    state.last_touch = turn.context.mono;
    state.screens = {{ScreenKind::MyChildren, Id()}};
    if (state.resume.kind == ScreenKind::Record && draft_of(state, state.resume.id))
      show(turn, {ScreenKind::Record, state.resume.id});
    state.resume = {};
  }
  if (state.reviewing) {
    const auto* item = state.caseload->record(state.reviewing->read.record);
    state.reviewing->stale =
        !item || item->head().hash != state.reviewing->read.hash || item->head().rev != state.reviewing->read.rev;
  }
  // What left this tablet leaves the screen.
  while (state.screens.size() > 1) {
    const auto& top = state.screens.back();
    const bool gone = (top.kind == ScreenKind::Child && !state.caseload->child(top.id)) ||
                      ((top.kind == ScreenKind::ReadRecord || top.kind == ScreenKind::Review) && !state.caseload->record(top.id));
    if (!gone) break;
    pop(turn);
    state.notice = turn.text()("caseload.gone");
  }
}

void on(Turn& turn, const Saved& saved) {
  if (!turn.state.visit || turn.state.visit->visit.id != saved.visit) return;
  auto& open = *turn.state.visit;
  open.saved = std::max(open.saved, saved.edit);
  open.saved_at = saved.at;
  open.save_error.clear();
}

void on(Turn& turn, const SaveFailed& failed) {
  if (!turn.state.visit || turn.state.visit->visit.id != failed.visit) return;
  auto& open = *turn.state.visit;
  open.save_error = error_words(turn.text(), failed.error);
  open.sent = open.saved;
  if (open.edit != open.sent) open.dirty_since = open.last_edit = turn.context.mono + kRetrySave;
}

void on(Turn& turn, const DraftChanged& draft) {
  auto& state = turn.state;
  state.drafts[draft.visit.id] = {draft.visit, draft.version};
  if (!state.visit || state.visit->visit.id != draft.visit.id) return;
  // Typed meanwhile, or still on its way to the store: that is merged there, and comes back as another of these.
  if (state.visit->edit != state.visit->saved) return;
  state.visit->visit = draft.visit;
  state.visit->based_on = draft.version;
  drop_visit_editors(state);
}

void on(Turn& turn, const Submitted& done) {
  auto& state = turn.state;
  state.drafts.erase(done.visit);
  if (!state.visit || state.visit->visit.id != done.visit) return;
  state.visit->sent = state.visit->edit;
  home(turn);
  state.notice = turn.text()(state.sync.online ? "submitted.online" : "submitted.offline");
}

void on(Turn& turn, const SubmitFailed& failed) {
  if (!turn.state.visit || turn.state.visit->visit.id != failed.visit) return;
  turn.state.visit->submitting = false;
  turn.state.visit->submit_error = error_words(turn.text(), failed.error);
}

void on(Turn& turn, const SyncStatus& status) { turn.state.sync = status; }
void on(Turn& turn, const NetworkChanged& network) { turn.state.sync.online = network.online; }
void on(Turn& turn, const SearchHits& hits) {
  if (hits.number == turn.state.search_number) turn.state.search_hits = hits.hits;
}
void on(Turn& turn, const Tick&) {
  auto& state = turn.state;
  const auto mono = turn.context.mono;
  if (const auto due = save_deadline(state); due && *due <= mono) save_now(turn);
  if (state.unlock_wait_until && *state.unlock_wait_until <= mono) {
    state.unlock_wait_until.reset();
    state.unlock_problem.clear();
  }
  if (state.stage != Stage::Unlocked) return;
  const auto idle = mono - state.last_touch;
  const bool visiting = in_visit(state);
  if (visiting && idle >= state.config.curtain_after) state.covered = true;
  if (idle >= (visiting ? state.config.visit_lock_after : state.config.lock_after)) lock(turn);
}
void on(Turn& turn, const WindowHidden&) {
  save_now(turn);
  if (turn.state.stage == Stage::Unlocked) turn.state.covered = true;
}

/// Intents that mean something before the tablet is unlocked.
bool allowed_locked(const Intent& intent) {
  return std::holds_alternative<PressUnlock>(intent) || std::holds_alternative<TurnShowPassphrase>(intent) ||
         std::holds_alternative<SetTextSize>(intent) || std::holds_alternative<SetLook>(intent);
}

void observe(State& state, const Context& context) {
  state.now = context.wall;
  state.mono = context.mono;
}

}  // namespace

State initial(std::shared_ptr<const Assets> assets, Config config) {
  State state;
  state.assets = std::move(assets);
  state.config = std::move(config);
  return state;
}

Effects update(State& state, const Intent& intent, const Context& context) {
  observe(state, context);
  state.last_touch = context.mono;
  Turn turn{state, context, {}};
  if (state.stage != Stage::Unlocked && !allowed_locked(intent)) return {};
  if (state.covered && !std::holds_alternative<Uncover>(intent) && !std::holds_alternative<PressLock>(intent)) return {};
  std::visit([&](const auto& what) { on(turn, what); }, intent);
  return std::move(turn.effects);
}

Effects update(State& state, const Event& event, const Context& context) {
  observe(state, context);
  Turn turn{state, context, {}};
  std::visit([&](const auto& what) { on(turn, what); }, event);
  return std::move(turn.effects);
}

std::optional<Millis> next_deadline(const State& state) {
  std::optional<Millis> next;
  const auto consider = [&](std::optional<Millis> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  consider(save_deadline(state));
  consider(state.unlock_wait_until);
  if (state.stage == Stage::Unlocked) {
    const bool visiting = in_visit(state);
    if (visiting && !state.covered) consider(state.last_touch + state.config.curtain_after);
    consider(state.last_touch + (visiting ? state.config.visit_lock_after : state.config.lock_after));
  }
  return next;
}

}  // namespace doorstep::state
