#include <algorithm>
#include <utility>

#include "app/state/turn.h"
#include "app/state/vm_parts.h"
#include "sync/model/visit.h"

namespace doorstep::state {
namespace {

using namespace updating;

constexpr Millis kRetrySave{5000};  ///< after a failed save

// Settings -----------------------------------------------------------------------------------------------------------------

void apply_settings(Turn& turn, bool keep) {
  const auto& settings = turn.state.settings;
  turn.effects.push_back(ApplyLook{static_cast<float>(settings.text_percent) / 100.0f, static_cast<int>(settings.look)});
  if (keep) turn.effects.push_back(SaveSettings{settings_json(settings)});
}

// Intents ------------------------------------------------------------------------------------------------------------------

void on(Turn& turn, const PressUnlock&) { unlock(turn); }
void on(Turn& turn, const PressChangePassphrase&) { change_passphrase(turn); }
void on(Turn& turn, const TurnShowPassphrase&) { turn.state.show_passphrase = !turn.state.show_passphrase; }
void on(Turn& turn, const PressLock&) { lock(turn); }
void on(Turn& turn, const Open& open) { show(turn, open); }
void on(Turn& turn, const ShowTab& tab) { turn.state.tab = tab.tab; }
void on(Turn& turn, const SearchTyped&) {
  turn.seen = false;
  turn.found = true;
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
void on(Turn& turn, const ShowCopy& show) {
  if (!turn.state.family_copy) return;
  auto& copy = *turn.state.family_copy;
  const bool was_shown = std::exchange(copy.shown, show.shown && !copy.steps.empty());
  if (was_shown && !copy.shown) on(turn, Cover{});  // whoever has the tablet in hand sees nothing more of it
}
void on(Turn& turn, const Back&) {
  turn.state.notice.clear();
  if (turn.state.family_copy && turn.state.family_copy->shown) return on(turn, ShowCopy{false});
  pop(turn);
}

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
  updating::typed(turn, typed.key);
}
void on(Turn& turn, const FieldLeft&) {
  save_now(turn);
  turn.seen = false;
  learn_visit_names(turn);
}
void on(Turn& turn, const FieldChosen& chosen) {
  if (turn.state.visit && !turn.state.visit->submitting) choose(turn, chosen);
}
void on(Turn& turn, const ChooseNow& now) { on(turn, FieldChosen{now.place, local_rfc3339(turn.context.wall)}); }
void on(Turn& turn, const AddItem& add) {
  if (!turn.state.visit) return;
  const auto id = turn.context.new_id();
  if (!add_item(turn.form(), turn.state.visit->visit, add.list, id, turn.context.wall)) return;
  changed(turn);
  save_now(turn);
  place_next(turn, {add.list.child, add.list.question, id, {}});
  focus_on(turn.state, {add.list.child, add.list.question, id, {}});
}
void on(Turn& turn, const RemoveItem& remove) {
  if (!turn.state.visit) return;
  keep_removed(turn, remove.item);
  if (!remove_item(turn.form(), turn.state.visit->visit, remove.item)) return;
  forget(turn, remove.item.key());
  changed(turn);
  save_now(turn);
}
void on(Turn& turn, const PutMark& put) { put_mark(turn, put); }
void on(Turn& turn, const ChooseMark& chosen) { choose_mark(turn, chosen.item); }
void on(Turn& turn, const ShowMark& shown) {
  if (turn.state.visit) focus_on(turn.state, shown.item);
}
void on(Turn& turn, const UndoMark& undo) { undo_mark(turn, undo.list); }
void on(Turn& turn, const OpenSheet& open) {
  if (!turn.state.visit) return;
  auto& sheets = turn.state.visit->sheets;
  if (!sheets.erase(open.question.key())) sheets.insert(open.question.key());
}
void on(Turn& turn, const ChooseInk& chosen) {
  if (turn.state.visit) turn.state.visit->ink = chosen.colour;
}
void on(Turn& turn, const MovePen& move) { move_pen(turn, move); }
void on(Turn& turn, const TurnPen& pen) { turn_pen(turn, pen.question); }
void on(Turn& turn, const AddStroke& add) { add_stroke(turn, add); }
void on(Turn& turn, const UndoStroke& undo) { take_strokes(turn, undo.question, false); }
void on(Turn& turn, const ClearSheet& clear) { take_strokes(turn, clear.question, true); }
void on(Turn& turn, const BringBack& back) { bring_back(turn, back.question); }
void on(Turn& turn, const ShowChild& shown) {
  if (!turn.state.visit) return;
  turn.state.visit->child = shown.child;
  turn.state.visit->placing = Id();
  turn.state.visit->attach_problem.clear();
  if (shown.child && turn.state.config.photos) turn.effects.push_back(ListPhotos{});
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
void on(Turn& turn, const AnswerRest& rest) {
  if (!turn.state.visit || turn.state.visit->submitting) return;
  auto& visit = turn.state.visit->visit;
  const auto* part = part_of(visit, rest.child);
  for (const auto& section : turn.form().sections) {
    if (section.id != rest.section) continue;
    for (const auto* question : rest_of(turn.form(), section, rest.code, visit.facts, part))
      (void)set_field(turn.form(), visit, {rest.child, question->id, {}, {}}, rest.code);
  }
  changed(turn);
  save_now(turn);
}
void on(Turn& turn, const TurnKnown& turned) {
  if (!turn.state.visit || turn.state.visit->submitting) return;
  auto& visit = turn.state.visit->visit;
  const auto* family = turn.state.caseload->family(visit.family);
  if (!family) return;
  const auto& members = family->members;
  const auto member = std::find_if(members.begin(), members.end(), [&](const auto& one) { return one.id == turned.member; });
  if (member == members.end()) return;
  Place item = turned.list;
  item.item = present_id(visit.id, member->id);
  if (remove_item(turn.form(), visit, item)) {
    forget(turn, item.key());
  } else {
    if (!add_item(turn.form(), visit, turned.list, item.item, turn.context.wall)) return;
    for (const auto& [field, words] : {std::pair{"name", member->name}, std::pair{"relationship", member->relationship}}) {
      item.field = field;
      (void)set_field(turn.form(), visit, item, words);
    }
  }
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
void on(Turn& turn, const TurnJotting&) {
  if (!turn.state.visit) return;
  auto& open = *turn.state.visit;
  open.jotting_open = !open.jotting_open;
  if (!open.jotting_open) return add_jotting(turn);
  focus_on(turn.state, std::string(kJotting));
}
void on(Turn& turn, const AddJotting&) {
  add_jotting(turn);
  if (turn.state.visit) turn.state.visit->jotting_open = false;
}
void on(Turn& turn, const TakeJotting& take) {
  if (!turn.state.visit) return;
  auto& open = *turn.state.visit;
  open.in_hand = open.in_hand == take.jotting ? Id() : take.jotting;
  open.put_error.clear();
}
void on(Turn& turn, const PutJotting& put) { put_jotting(turn, put); }
void on(Turn& turn, const DiscardVisit& discard) {
  if (!turn.state.visit) return;
  turn.state.visit->discard_asked = discard.step == DiscardVisit::Step::Ask;
  if (discard.step != DiscardVisit::Step::Yes) return;
  const auto id = turn.state.visit->visit.id;
  turn.state.visit->sent = turn.state.visit->edit;  // nothing of it is to be saved any more
  turn.effects.push_back(DiscardDraft{id, turn.state.visit->based_on});
  turn.state.drafts.erase(id);
  forget_all(turn, id);
  turn.state.discarded.insert(id);
  home(turn);
  turn.state.notice = turn.text()("record.discarded");
}
void on(Turn& turn, const AskSuggestions& ask) { suggest_spelling(turn, ask.word); }
void on(Turn& turn, const LeaveSpelling& leave) { leave_spelling(turn, leave.word); }
void on(Turn& turn, const RecordCall& said) { record_call(turn, said); }
void on(Turn& turn, const TurnCallReason& turned) {
  if (!turn.state.reason_open.erase(turned.card)) turn.state.reason_open.insert(turned.card);
}

void on(Turn& turn, const TurnCall& turned) {
  auto& cards = turn.state.visit ? turn.state.visit->calls_open : turn.state.calls_turned;
  if (!cards.erase(turned.card)) cards.insert(turned.card);
}
void on(Turn& turn, const ChooseSecondWorker& chosen) {
  if (!turn.state.visit || turn.state.visit->submitting || !turn.state.caseload->worker(chosen.worker)) return;
  auto& second = turn.state.visit->visit.second_worker;
  if (second == chosen.worker) second.reset();
  else second = chosen.worker;
  changed(turn);
  save_now(turn);
}

void on(Turn& turn, const FindPhotos&) {
  if (turn.state.config.photos) turn.effects.push_back(ListPhotos{});
}
void on(Turn& turn, const TurnOlderPhotos&) {
  if (turn.state.visit) turn.state.visit->older_photos = !turn.state.visit->older_photos;
}
void on(Turn& turn, const PressAttach& attach) { attach_file(turn, attach.path); }
void on(Turn& turn, const FileDropped& dropped) { attach_file(turn, dropped.path); }
void on(Turn& turn, const RemovePhoto& remove) { remove_photo(turn, remove); }

void on(Turn& turn, const TurnProblems& turned) {
  if (!turn.state.visit) return;
  auto& lists = turn.state.visit->problems_turned;
  if (!lists.erase(turned.child)) lists.insert(turned.child);
}
void on(Turn& turn, const GoToProblem& go) {
  if (turn.state.visit) go_to_problem(turn, go.problem);
}
void on(Turn& turn, const TurnCopied& turned) {
  if (!turn.state.family_copy) return;
  auto& steps = turn.state.family_copy->steps;
  if (!steps.erase(turned.step)) steps.insert(turned.step);
}
void on(Turn& turn, const GoToQuestion& go) {
  if (turn.state.visit) go_to(turn, go.place);
}
void on(Turn& turn, const ShowOnPage& show) {
  focus_on(turn.state, show.key);
}
void on(Turn& turn, const PressSubmit&) {
  if (turn.state.visit) submit(turn);
}
void on(Turn& turn, const PressWithdraw& withdraw) {
  const auto* item = turn.state.caseload->record(withdraw.record);
  if (!item || item->head().revision.state != model::State::Submitted || item->head().body.author != turn.state.caseload->me.id) return;
  operate(turn, Withdraw{item->case_id, item->ref()});
  turn.state.notice = turn.text()("read.withdrawn");
}
void on(Turn& turn, const PressRewrite& again) { rewrite(turn, again.record); }
void on(Turn& turn, const TurnReceipt& turned) {
  if (!turn.state.receipts_open.erase(turned.record)) turn.state.receipts_open.insert(turned.record);
}
void on(Turn& turn, const PressAddAddendum& add) { add_addendum(turn, add.record); }

void on(Turn& turn, const ChooseAgreeRisk& chosen) {
  if (!turn.state.reviewing) return;
  turn.state.reviewing->agree_risk = chosen.agree;
  keep_choices(turn);
}
void on(Turn& turn, const TurnInPerson&) {
  if (!turn.state.reviewing) return;
  turn.state.reviewing->in_person = !turn.state.reviewing->in_person;
  keep_choices(turn);
}
void on(Turn& turn, const ChooseReturnReason& chosen) {
  if (!turn.state.reviewing) return;
  turn.state.reviewing->return_reason = chosen.code;
  keep_choices(turn);
}
void on(Turn& turn, const ShowChanges& shown) {
  if (turn.state.reviewing) turn.state.reviewing->since_return = shown.since_return;
}
void on(Turn& turn, const AddDirectedStep&) {
  if (!turn.state.reviewing) return;
  turn.state.reviewing->directed.push_back(turn.context.new_id());
  focus_on(turn.state, directed_key(turn.state.reviewing->directed.back(), "what"));
}
void on(Turn& turn, const RemoveDirectedStep& remove) {
  if (!turn.state.reviewing || std::erase(turn.state.reviewing->directed, remove.step) == 0) return;
  forget(turn, directed_key(remove.step, {}));
  save_now(turn);
}
void on(Turn& turn, const PressApprove&) { decide(turn, model::Verdict::Approved); }
void on(Turn& turn, const PressReturn&) { decide(turn, model::Verdict::Returned); }

void on(Turn& turn, const ChooseAlertOutcome& chosen) {
  hold(turn, alert_key(chosen.alert, "outcome"), chosen.code);
  save_now(turn);
}
void on(Turn& turn, const PressSettleAlert& settle) { settle_alert(turn, settle.alert); }
void on(Turn& turn, const ChooseTarget& target) { turn.state.match_target = target.child; }
void on(Turn& turn, const PressMatch&) {
  const auto* screen = turn.state.screen();
  if (!screen || screen->kind != ScreenKind::Match || !turn.state.match_target || !turn.state.supervisor()) return;
  operate(turn, Match{screen->id, turn.state.match_target});
  pop(turn);
  turn.state.notice = turn.text()("match.done");
}
void on(Turn& turn, const PressKeep& keep) {
  if (!turn.state.visit) return;
  save_now(turn);
  turn.effects.push_back(SettleConflict{turn.state.visit->visit.id, keep.path, {keep.keep, {}}, turn.state.visit->based_on});
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
void on(Turn& turn, const SetLanguage& set) {
  turn.state.settings.language = set.language;
  apply_settings(turn, true);
}
void on(Turn& turn, const SetSpelling& set) {
  set_spelling(turn, set.on);
  apply_settings(turn, true);
}
void on(Turn& turn, const DismissRefused& dismiss) {
  std::erase_if(turn.state.sync.refused, [&](const auto& refused) { return refused.number == dismiss.number; });
  turn.effects.push_back(DismissAnswer{dismiss.number});
}
void on(Turn& turn, const Touched&) { turn.seen = false; }

// Events -------------------------------------------------------------------------------------------------------------------

void on(Turn& turn, const Started& started) {
  auto& state = turn.state;
  state.has_passphrase = started.has_passphrase;
  state.worker_name = started.worker_name;
  state.pins = started.pins;
  state.stage = started.wiped                                  ? Stage::Wiped
                : started.has_passphrase || started.destroyed ? Stage::Locked
                                                              : Stage::FirstUnlock;
  state.destroyed = started.destroyed;
  state.settings = settings_from(started.settings, state.settings);
  apply_settings(turn, false);
}

void on(Turn& turn, const UnfinishedFound& found) {
  // Said at the unlock; or when a lease was renewed, beside what was typed since it was over.
  if (turn.state.stage == Stage::Unlocking || turn.state.lease_over())
    turn.state.unfinished.words.insert(found.words.begin(), found.words.end());
}
void on(Turn& turn, const UnfinishedFailed& failed) {
  auto& unfinished = turn.state.unfinished;
  for (const auto& [key, case_id] : failed.keys) unfinished.dirty.emplace(key, case_id);
  unfinished.dirty_since = unfinished.last_edit = turn.context.mono + kRetrySave;
  turn.state.notice = turn.text()("unfinished.not_saved", {{"why", error_words(turn.text(), failed.error)}});
}

bool of_child(ScreenKind screen) {
  return screen == ScreenKind::Child || screen == ScreenKind::Chronology || screen == ScreenKind::OwnWords;
}

void on(Turn& turn, const Loaded& loaded) {
  auto& state = turn.state;
  if ((state.stage != Stage::Unlocking && state.stage != Stage::Unlocked) || !loaded.caseload) return;
  const bool was_ended = state.ended();
  if (loaded.caseload->ended) {
    if (!was_ended) {
      if (state.stage == Stage::Unlocking) state.last_touch = turn.context.mono;
      end_reading(turn, ScreenKind::SyncStatus);
    }
    const bool was_wiping = was_ended && state.caseload->wiping;
    state.caseload = loaded.caseload;
    if (state.caseload->wiping && !was_wiping) turn.effects.push_back(HandedOver{});
    return;
  }
  const bool was_over = state.lease_over(), over = loaded.caseload->lease_over;
  if (over && !was_over && state.stage == Stage::Unlocked) end_reading(turn, ScreenKind::MyChildren);
  const auto before = std::exchange(state.caseload, loaded.caseload);
  learn_names(turn, before.get());
  if (was_ended) state.screens = {{ScreenKind::MyChildren, Id()}};
  for (auto id = state.discarded.begin(); id != state.discarded.end();)
    id = state.caseload->draft(*id) ? std::next(id) : state.discarded.erase(id);
  if (state.stage == Stage::Unlocking) {
    state.stage = Stage::Unlocked;
    state.has_passphrase = true;
    state.unlock_problem.clear();
    state.unlock_pause.clear();
    state.commanded_lock = false;
    state.last_touch = turn.context.mono;
    state.screens = {{ScreenKind::MyChildren, Id()}};
    forget_strays(turn);
    if (state.resume.kind == ScreenKind::Record && draft_of(state, state.resume.id))
      show(turn, {ScreenKind::Record, state.resume.id});
    state.resume = {};
  }
  if (!over) tell_not_attached(turn);
  photos_loaded(turn);
  if (state.reviewing) {
    const auto* item = state.caseload->record(state.reviewing->read.record);
    state.reviewing->stale = !item || item->ref() != state.reviewing->read;
  }
  // What another tablet of this worker submitted or threw away is no draft here any more.
  std::erase_if(state.drafts, [&](const auto& newer) { return newer.second.kept && !state.caseload->draft(newer.first); });
  if (!over && state.visit && !state.visit->submitting && state.visit->edit == state.visit->saved &&
      !state.drafts.count(state.visit->visit.id) &&
      !state.caseload->draft(state.visit->visit.id)) {
    home(turn);
    state.notice = turn.text()("record.gone");
  }
  // What left this tablet leaves the screen.
  while (state.screens.size() > 1) {
    const auto& top = state.screens.back();
    const bool gone = (top.kind == ScreenKind::Photo && !photo_of(state, top.id)) ||
                      (of_child(top.kind) && !state.caseload->child(top.id)) ||
                      ((top.kind == ScreenKind::ReadRecord || top.kind == ScreenKind::Review) && !state.caseload->record(top.id));
    if (!gone) break;
    pop(turn);
    state.notice = turn.text()("caseload.gone");
  }
}

void on(Turn& turn, const Commanded& what) { commanded(turn, what); }

void on(Turn& turn, const UnlockResult& result) { unlocked(turn, result); }
void on(Turn& turn, const PassphraseChanged& changed) { passphrase_changed(turn, changed.result); }

void on(Turn& turn, const OperationFailed& failed) { give_back(turn, failed); }

void on(Turn& turn, const Saved& saved) {
  turn.seen = false;
  if (const auto newer = turn.state.drafts.find(saved.visit); newer != turn.state.drafts.end() && saved.edit >= newer->second.edit)
    newer->second.kept = true;
  if (!turn.state.visit || turn.state.visit->visit.id != saved.visit) return;
  auto& open = *turn.state.visit;
  open.saved = std::max(open.saved, saved.edit);
  open.saved_at = saved.at;
  open.save_error.clear();
}

void on(Turn& turn, const SaveFailed& failed) {
  auto& state = turn.state;
  if (!state.visit || state.visit->visit.id != failed.visit) {
    const auto left = state.drafts.find(failed.visit);
    if (left == state.drafts.end()) return;
    left->second.try_again = turn.context.mono + kRetrySave;
    state.notice = turn.text()("record.left_unsaved", {{"title", draft_title(state, left->second.visit)},
                                                       {"why", error_words(turn.text(), failed.error)}});
    return;
  }
  auto& open = *state.visit;
  open.save_error = error_words(turn.text(), failed.error);
  open.sent = open.saved;
  if (open.edit != open.sent) open.dirty_since = open.last_edit = turn.context.mono + kRetrySave;
}

void on(Turn& turn, const DraftChanged& draft) {
  auto& state = turn.state;
  state.drafts[draft.visit.id] = {draft.visit, draft.version, 0, true};
  state.discarded.erase(draft.visit.id);  // it was not thrown away
  if (!state.visit || state.visit->visit.id != draft.visit.id) return;
  // Typed meanwhile, or still on its way to the store: that is merged there, and comes back as another of these.
  if (state.visit->edit != state.visit->saved) return;
  state.visit->visit = draft.visit;
  state.visit->based_on = draft.version;
  drop_visit_editors(state);
  recall(state, draft.visit.id, {});
  learn_visit_names(turn);
}

void on(Turn& turn, const Submitted& done) {
  auto& state = turn.state;
  state.drafts.erase(done.visit);
  forget_all(turn, done.visit);
  if (!state.visit || state.visit->visit.id != done.visit) return;
  state.visit->sent = state.visit->edit;
  home(turn);
  state.notice = turn.text()(state.sync.online ? "submitted.online" : "submitted.offline");
}

void on(Turn& turn, const SubmitFailed& failed) {
  const auto why = error_words(turn.text(), failed.error);
  if (!turn.state.visit || turn.state.visit->visit.id != failed.visit) {
    turn.state.notice = turn.text()("submitted.failed", {{"why", why}});
    return;
  }
  turn.state.visit->submitting = false;
  turn.state.visit->submit_error = why;
}

void on(Turn& turn, const Attached& attached) { updating::attached(turn, attached); }
void on(Turn& turn, const AttachFailed& failed) { attach_failed(turn, failed); }
void on(Turn& turn, const PhotosFound& found) { turn.state.photo_files = found.files; }
void on(Turn& turn, const PhotoOpened& opened) { photo_opened(turn, opened); }

void on(Turn& turn, const SyncStatus& status) {
  auto& state = turn.state;
  state.sync = status;
  const auto& text = turn.text();
  if (status.waiting == 0 && (state.notice == text("submitted.online") || state.notice == text("submitted.offline")))
    state.notice = refusals_told(state).empty() ? text("submitted.sent") : std::string();
}
void on(Turn& turn, const NetworkChanged& network) { turn.state.sync.online = network.online; }
void on(Turn& turn, const DeviceLooked& looked) { turn.state.device = looked; }
void on(Turn& turn, const SearchHits& hits) {
  turn.seen = false;
  turn.found = hits.number == turn.state.search_number;
  if (turn.found) turn.state.search_hits = hits.hits;
}
void on(Turn& turn, const SpellingChecked& checked) {
  auto& words = turn.state.spelling.words;
  const auto say = [&](const std::string& word, editor::Verdict verdict) {
    const auto found = words.find(word);
    if (found != words.end() && found->second == editor::Verdict::Unknown) found->second = verdict;
  };
  for (const auto& word : checked.right) say(word, editor::Verdict::Right);
  for (const auto& word : checked.wrong) say(word, editor::Verdict::Wrong);
  turn.seen = false;
}
void on(Turn& turn, const SpellingSuggested& suggested) {
  auto& spelling = turn.state.spelling;
  turn.seen = spelling.suggested == suggested.word;
  if (turn.seen) spelling.suggestions = suggested.suggestions;
}
void on(Turn& turn, const Tick&) {
  auto& state = turn.state;
  const auto mono = turn.context.mono;
  turn.seen = state.stage != Stage::Unlocked;
  if (const auto due = save_deadline(state); due && *due <= mono) {
    save_now(turn);
    save_again(turn, false);
  }
  if (state.unlock_wait_until && *state.unlock_wait_until <= mono) {
    state.unlock_wait_until.reset();
    state.unlock_pause.clear();
  }
  if (state.stage != Stage::Unlocked) return;
  const auto idle = mono - state.last_touch;
  const bool visiting = in_visit(state);
  if (visiting && idle >= state.config.curtain_after) state.covered = true;
  if (idle >= (visiting ? state.config.visit_lock_after : state.config.lock_after)) lock(turn);
  turn.seen = turn.seen || state.covered || state.stage != Stage::Unlocked;
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

/// Intents that mean something after the worker's access has ended.
bool allowed_ended(const Intent& intent) {
  if (const auto* open = std::get_if<Open>(&intent))
    return open->screen == ScreenKind::SyncStatus || open->screen == ScreenKind::Settings;
  return std::holds_alternative<PressLock>(intent) || std::holds_alternative<Cover>(intent) || std::holds_alternative<Uncover>(intent) ||
         std::holds_alternative<Back>(intent) || std::holds_alternative<PressSyncNow>(intent) ||
         std::holds_alternative<SetTextSize>(intent) || std::holds_alternative<SetLook>(intent) ||
         std::holds_alternative<SetLanguage>(intent) || std::holds_alternative<SetSpelling>(intent) ||
         std::holds_alternative<Touched>(intent);
}

/// Events that a State takes in while it is to hold nothing of a case: none that carries words of one, for it may have been said
/// before the lock, or before access ended.
bool allowed_without_case(const State& state, const Event& event) {
  if (std::holds_alternative<SyncStatus>(event)) return state.stage == Stage::Unlocked;  // what waits is told after access has ended
  return std::holds_alternative<Started>(event) || std::holds_alternative<UnlockResult>(event) ||
         std::holds_alternative<UnfinishedFound>(event) || std::holds_alternative<Loaded>(event) ||
         std::holds_alternative<Commanded>(event) ||
         std::holds_alternative<NetworkChanged>(event) || std::holds_alternative<Tick>(event) ||
         std::holds_alternative<WindowHidden>(event);
}

/// The same while a lease is over: nothing that was written before is taken in.
bool allowed_without_reading(const State& state, const Event& event) {
  if (const auto* changed = std::get_if<DraftChanged>(&event)) return state.visit && state.visit->visit.id == changed->visit.id;
  return !std::holds_alternative<SearchHits>(event);
}

void observe(State& state, const Context& context) {
  state.now = context.wall;
  state.mono = context.mono;
}

/// The page that tells how the tablet stands is shown.
bool tells_of_device(const State& state) {
  return state.stage == Stage::Unlocked && !state.ended() && !state.lease_over() && state.screen() &&
         state.screen()->kind == ScreenKind::MyChildren;
}

/// What may be done while a pen is drawing by keys.
bool leaves_pen(const Intent& intent) {
  return std::holds_alternative<MovePen>(intent) || std::holds_alternative<TurnPen>(intent) || std::holds_alternative<Touched>(intent);
}

void revise(const updating::Turn& turn) {
  if (turn.seen) turn.state.revision = std::make_shared<char>();
  if (turn.found) turn.state.found = std::make_shared<char>();
}

}  // namespace

State initial(std::shared_ptr<const Assets> assets, Config config) {
  State state;
  if (assets) {
    auto own = *assets;
    for (Text* text : {&own.text, &own.welsh})
      *text = text->with("it", config.it.empty() ? (*text)("it") : (*text)("it.number", {{"number", config.it}}));
    assets = std::make_shared<const Assets>(std::move(own));
  }
  state.assets = std::move(assets);
  state.config = std::move(config);
  state.settings.look = state.config.look;
  state.settings.language = state.config.language;
  return state;
}

Effects update(State& state, const Intent& intent, const Context& context) {
  observe(state, context);
  state.last_touch = context.mono;
  updating::Turn turn{state, context, {}};
  if (state.stage != Stage::Unlocked && !allowed_locked(intent)) return {};
  if (state.covered && !std::holds_alternative<Uncover>(intent) && !std::holds_alternative<PressLock>(intent)) return {};
  if (state.ended() && !allowed_ended(intent)) return {};
  const bool told = tells_of_device(state);
  if (!leaves_pen(intent)) lift_pen(turn);
  std::visit([&](const auto& what) { on(turn, what); }, intent);
  spell(turn, false);
  if (!told && tells_of_device(state)) turn.effects.push_back(LookAtDevice{});
  revise(turn);
  return std::move(turn.effects);
}

Effects update(State& state, const Event& event, const Context& context) {
  observe(state, context);
  updating::Turn turn{state, context, {}};
  if ((state.stage != Stage::Unlocked || state.ended()) && !allowed_without_case(state, event)) return {};
  if (state.lease_over() && !allowed_without_reading(state, event)) return {};
  const bool told = tells_of_device(state);
  std::visit([&](const auto& what) { on(turn, what); }, event);
  spell(turn, std::holds_alternative<SpellingChecked>(event));
  if (!told && tells_of_device(state)) turn.effects.push_back(LookAtDevice{});
  revise(turn);
  return std::move(turn.effects);
}

std::optional<Millis> next_deadline(const State& state) {
  std::optional<Millis> next;
  const auto consider = [&](std::optional<Millis> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  consider(updating::save_deadline(state));
  consider(state.unlock_wait_until);
  if (state.stage == Stage::Unlocked) {
    if (state.settings.spelling && state.editors.spelling_due()) consider(state.mono);
    const bool visiting = in_visit(state);
    if (visiting && !state.covered) consider(state.last_touch + state.config.curtain_after);
    consider(state.last_touch + (visiting ? state.config.visit_lock_after : state.config.lock_after));
  }
  return next;
}

}  // namespace doorstep::state