#include <algorithm>
#include <cstdio>

#include "app/editor/words.h"
#include "app/state/time_words.h"
#include "app/state/view_models.h"
#include "app/state/vm_parts.h"
#include "app/state/words.h"

namespace doorstep::state {

std::string person_name(const State& state, const Id& worker) {
  const auto* known = state.caseload ? state.caseload->worker(worker) : nullptr;
  return known ? known->name : state.text()("person.unknown");
}

std::string child_name(const State& state, const Id& case_id) {
  if (const auto* child = state.caseload ? state.caseload->child(case_id) : nullptr) return child->name;
  if (state.caseload)
    for (const auto& item : state.caseload->records)
      if (item.case_id == case_id) return item.head().body.part.name;
  return state.text()("person.unknown");
}

namespace {

/// Each Welsh letter of two as the letter it follows and a byte after every ASCII letter. A folded word with n and g of two words
/// ("Bangor") is taken for one with ng, as Unicode's own Welsh order has it.
std::string by_welsh_alphabet(std::string_view folded) {
  constexpr std::pair<std::string_view, char> letters[] = {{"ch", 'c'}, {"dd", 'd'}, {"ff", 'f'}, {"ng", 'g'},
                                                           {"ll", 'l'}, {"ph", 'p'}, {"rh", 'r'}, {"th", 't'}};
  std::string out;
  for (std::size_t at = 0; at < folded.size(); ++at) {
    const auto* letter = std::find_if(std::begin(letters), std::end(letters),
                                      [&](const auto& one) { return folded.substr(at, 2) == one.first; });
    if (letter == std::end(letters)) {
      out += folded[at];
      continue;
    }
    out += {letter->second, '\x7f'};
    ++at;
  }
  return out;
}

}  // namespace

std::string name_order(const State& state, std::string_view name) {
  auto out = editor::fold(name);
  const auto bracket = out.find('(');
  if (static_cast<unsigned char>(out.empty() ? 0 : out[0]) >= 0x80 && bracket != out.npos) out.erase(0, bracket + 1);
  return state.settings.language == Language::Welsh ? by_welsh_alphabet(out) : out;
}

TagVm state_tag(const State& state, const RecordItem& item) {
  const auto& text = state.text();
  if (item.filed_at) return {text("state.filed"), Mood::Ok};
  if (item.waiting) return {text("state.waiting"), Mood::Info};
  switch (item.head().revision.state) {
    case model::State::Submitted: return {text("state.submitted"), Mood::Info};
    case model::State::Returned: return {text("state.returned"), Mood::Warn};
    case model::State::Approved: return {text("state.approved"), Mood::Ok};
    default: return {text("state.draft"), Mood::Info};
  }
}

std::vector<HazardVm> hazards_of(const State& state, const model::Family* family) {
  std::vector<HazardVm> out;
  if (family)
    for (const auto& hazard : family->hazards) {
      const auto key = "hazard." + hazard.kind;
      out.push_back({state.text().has(key) ? state.text()(key) : hazard.kind, hazard.note});
    }
  return out;
}

std::vector<CallCardVm> call_cards(const State& state, const std::optional<Id>& visit) {
  const auto& text = state.text();
  std::vector<CallCardVm> out;
  for (const auto& pending : pending_calls(state)) {
    if (visit && pending.visit != *visit) continue;
    const auto& part = *pending.part;
    CallCardVm card;
    card.visit = pending.visit;
    card.record = pending.record;
    card.child = part.id;
    card.heading = text("call.heading");
    card.quiet = text("call.quiet");
    if (!visit) {
      card.about = visit_title(state, *pending.facts, part.name);
      if (pending.facts->start) card.about += ", " + when_words(text, pending.facts->start->at, state.now);
    }
    card.emergency = text("call.emergency");
    if (const auto* contact = contact_for(state, part)) {
      card.who = contact->label;
      card.number = contact->number;
    } else {
      card.who = text("call.no_contact");
    }
    card.called = text("call.called");
    card.no_answer = text("call.no_answer");
    card.reason_label = text("call.why");
    std::vector<std::string> why;
    if (!part.disclosures.empty()) why.push_back(text("call.why.disclosure", {{"name", short_name(part)}}));
    if (!part.injuries.empty()) why.push_back(text("call.why.injury", {{"name", short_name(part)}}));
    if (model::is_unseen(part))
      why.push_back(text(part.seen ? "call.why.unseen" : "call.why.seen_not_covered", {{"name", short_name(part)}}));
    for (const auto& words : why) card.reason += (card.reason.empty() ? "" : " ") + words;
    card.reason_open = state.reason_open.count(card.key()) > 0;
    card.turned = visit ? state.visit && state.visit->calls_open.count(card.key()) > 0 : state.calls_turned.count(card.key()) > 0;
    for (const auto& call : part.calls)
      card.tried.push_back(text(call.outcome == model::CallOutcome::NoAnswer ? "call.tried.none" : "call.tried",
                                {{"who", call.label}, {"when", clock_words(call.at)}}));
    out.push_back(std::move(card));
  }
  return out;
}

const std::string& short_name(const model::ChildPart& part) { return part.called.empty() ? part.name : part.called; }

std::string beginning(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  auto cut = text.find_last_of(" \n", bytes);
  if (cut == std::string_view::npos || cut == 0) {
    cut = bytes;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  }
  return std::string(text.substr(0, cut)) + " …";
}

std::string first_line(std::string_view text, std::size_t bytes) {
  const auto line = text.substr(0, text.find('\n'));
  if (line.size() > bytes) return beginning(line, bytes);
  return line.size() == text.size() ? std::string(line) : std::string(line) + " …";
}

std::string refusal_words(const Text& text, std::string_view kind, std::string_view code) {
  for (const auto& key : {"refused." + std::string(kind) + "." + std::string(code), "refused." + std::string(code)})
    if (text.has(key)) return text(key);
  return {};
}

bool page_tells(const State& state) {
  const auto* screen = state.screen();
  return screen && (screen->kind == ScreenKind::Approvals || screen->kind == ScreenKind::ReadRecord);
}

// Bar, curtain ------------------------------------------------------------------------------------------------------------

std::vector<Refused> refusals_told(const State& state) {
  std::vector<Refused> out;
  if (state.ended() || state.lease_over()) return out;
  for (const auto& refused : state.sync.refused) {
    // Two versions of a draft are told where they are settled: in the draft.
    if (refused.kind == "put" && refused.code == "conflict") continue;
    // In the home only this family is drawn.
    if (in_visit(state) && std::none_of(state.visit->visit.children.begin(), state.visit->visit.children.end(),
                                        [&](const auto& part) { return part.id == refused.case_id; }))
      continue;
    out.push_back(refused);
  }
  return out;
}

BarVm bar_vm(const State& state) {
  const auto& text = state.text();
  BarVm bar;
  bar.title = text("app.name");
  if (state.stage != Stage::Unlocked) return bar;
  bar.person = state.caseload->me.name;
  bar.cover = text("bar.cover");
  const auto* screen = state.screen();
  if (state.screens.size() > 1 && screen) {
    const auto below = state.screens[state.screens.size() - 2].kind;
    switch (below) {
      case ScreenKind::MyChildren:
        bar.back = text(state.lease_over() ? "bar.back" : state.supervisor() ? "bar.back.children.team" : "bar.back.children");
        break;
      case ScreenKind::Record: bar.back = text("bar.back.record"); break;
      case ScreenKind::Approvals: bar.back = text("bar.back.approvals"); break;
      case ScreenKind::Child: bar.back = text("bar.back.child"); break;
      default: bar.back = text("bar.back"); break;
    }
  }
  const bool is_list = screen && screen->kind == ScreenKind::MyChildren;  // which tells it too
  const bool family_looks_on = screen && screen->kind == ScreenKind::FamilyCopy;  // a notice may name others
  if (in_visit(state)) bar.notice = state.visit->attach_problem;
  else if (!is_list && !page_tells(state) && !family_looks_on) bar.notice = state.notice;
  const auto& sync = state.sync;
  bar.offline = !sync.online;
  const bool refused = !refusals_told(state).empty();
  bar.trouble = refused || (sync.online && sync.error.has_value());
  if (refused) bar.status = text("bar.status.refused");
  else if (!sync.online && sync.waiting > 0) bar.status = text.count("bar.status.offline_waiting", sync.waiting);
  else if (!sync.online) bar.status = text("bar.status.offline");
  else if (sync.phase == SyncPhase::Sending) bar.status = text("bar.status.sending");
  else if (sync.error) bar.status = text("bar.status.trouble");
  else if (sync.waiting > 0) bar.status = text.count("bar.status.waiting", sync.waiting);
  else if (const auto photos = photos_to_send(state); photos > 0) bar.status = text.count("photos.waiting", photos);
  else bar.status = text("bar.status.sent");
  bar.sending = sync.phase == SyncPhase::Sending;
  return bar;
}

std::vector<ActionVm> problem_lines(const std::vector<PressProblem>& problems) {
  std::vector<ActionVm> out;
  for (const auto& problem : problems)
    out.push_back({problem.words, problem.at.empty() ? std::nullopt : std::optional<Intent>(ShowOnPage{problem.at})});
  return out;
}

std::string error_at(const std::vector<PressProblem>& problems, std::string_view key) {
  const auto found = std::find_if(problems.begin(), problems.end(), [&](const auto& problem) { return problem.at == key; });
  return found == problems.end() ? std::string() : found->words;
}

CurtainVm curtain_vm(const State& state) { return {state.text()("curtain.words"), state.text()("curtain.saved"), state.text()("curtain.uncover")}; }

// Unlock ------------------------------------------------------------------------------------------------------------------

UnlockVm unlock_vm(const State& state) {
  const auto& text = state.text();
  UnlockVm vm;
  vm.starting = state.stage == Stage::Starting;
  if (vm.starting) {
    vm.title = text("app.name");
    vm.busy_words = text("unlock.starting");
    return vm;
  }
  if (state.stage == Stage::Wiped) {
    vm.wiped = true;
    vm.title = text("wiped.title");
    vm.explanation = text("wiped.words");
    return vm;
  }
  vm.first = !state.has_passphrase && !state.destroyed;
  vm.title = state.secret_text(vm.first ? "unlock.first.title" : "unlock.title");
  vm.person = state.worker_name;
  vm.explanation = state.secret_text(vm.first ? "unlock.first.explanation" : "unlock.explanation");
  if (state.wipe_waits && !state.destroyed) vm.notice = text("wipe.waits");
  else if (state.commanded_lock) vm.notice = state.secret_text("unlock.commanded");
  vm.passphrase_label = state.secret_text(vm.first ? "unlock.first.passphrase" : "unlock.passphrase");
  vm.passphrase_hint = state.secret_text(vm.first ? "unlock.first.hint" : "unlock.hint");
  vm.forgotten = text(vm.first ? "unlock.first.forgotten" : "unlock.forgotten");
  vm.again_label = state.secret_text("unlock.again");
  vm.show_label = state.secret_text(state.show_passphrase ? "unlock.hide" : "unlock.show");
  vm.show = state.show_passphrase;
  vm.problem = state.destroyed ? text("unlock.problem.destroyed") : state.unlock_problem;
  if (!state.destroyed && !state.unlock_pause.empty()) vm.problem += (vm.problem.empty() ? "" : " ") + state.unlock_pause;
  vm.action = text(vm.first ? "unlock.first.action" : "unlock.action");
  vm.busy = state.stage == Stage::Unlocking;
  vm.busy_words = text("unlock.busy");
  vm.disabled = vm.busy || state.destroyed || (state.unlock_wait_until && *state.unlock_wait_until > state.mono);
  return vm;
}

namespace {

/// Trying again cannot help: IT has to do something first.
bool waits_for_it(const SyncStatus& sync) {
  return sync.error &&
         (sync.error_code == "revoked" || sync.error->where == "tls.not_authorised" || sync.error->where == "tls.no_certificate");
}

/// The visit that was refused, and its day; empty: it is not here any more.
std::string about_refused(const State& state, const Refused& refused) {
  if (!state.caseload) return {};
  const auto with_day = [&](std::string title, const model::VisitFacts& facts) {
    return facts.start ? title + ", " + when_words(state.text(), facts.start->at, state.now) : title;
  };
  if (const auto* item = state.caseload->record(refused.record)) {
    const auto& body = item->head().body;
    return with_day(visit_title(state, body.facts, body.part.name), body.facts);
  }
  const auto* draft = draft_of(state, refused.record);
  return draft ? with_day(draft_title(state, *draft), draft->facts) : std::string();
}

}  // namespace

// Sync status -------------------------------------------------------------------------------------------------------------

SyncVm sync_vm(const State& state) {
  const auto& text = state.text();
  const auto& sync = state.sync;
  const auto photos = state.ended() ? 0 : photos_to_send(state);  // then they are among what waits
  SyncVm vm;
  const bool wiping = state.ended() && state.caseload->wiping;
  bool photos_alone = false;  // everything but photos is with the server
  vm.title = text(wiping ? "wipe.title" : state.ended() ? "ended.title" : "sync.title");
  if (state.ended()) {
    vm.headline = text(sync.waiting == 0 ? "ended.sent" : sync.online ? "ended.sending" : "ended.offline");
    vm.mood = sync.waiting == 0 ? Mood::Ok : Mood::Info;
  } else if (sync.error && sync.online) {
    vm.headline = text(waits_for_it(sync) ? "sync.headline.it" : "sync.headline.trouble");
    vm.mood = Mood::Warn;
  } else if (!sync.online) {
    vm.headline = text("sync.headline.offline");
    vm.mood = Mood::Info;
  } else if (sync.phase == SyncPhase::Sending) {
    vm.headline = text("sync.headline.sending");
    vm.mood = Mood::Info;
  } else if (sync.waiting > 0) {
    vm.headline = text("sync.headline.waiting");
    vm.mood = Mood::Info;
  } else if (!refusals_told(state).empty()) {
    vm.headline = text("sync.headline.refused");
    vm.mood = Mood::Warn;
  } else if (photos > 0) {
    vm.headline = text("sync.headline.photos");
    vm.mood = sync.blob_trouble ? Mood::Warn : Mood::Info;
    photos_alone = true;
  } else if (sync.receipt) {
    vm.headline = text("sync.headline.sent");
    vm.mood = Mood::Ok;
  } else {
    vm.headline = text("sync.headline.never");
    vm.mood = Mood::Info;
  }
  std::string waiting = sync.waiting == 0 ? std::string() : text.count("sync.waiting.n", sync.waiting);
  if (photos > 0) waiting += (waiting.empty() ? "" : ", ") + text.count("sync.waiting.photos", photos);
  vm.facts.push_back({text("sync.waiting"), waiting.empty() ? text("sync.waiting.none") : waiting});
  if (sync.receipt) {
    const auto when = when_words(text, sync.receipt->at, state.now);
    vm.facts.push_back(
        {text("sync.receipt"), line_begins(text("sync.receipt.words", {{"n", std::to_string(sync.receipt->number)}, {"when", when}}))});
  } else {
    vm.facts.push_back({text("sync.receipt"), text("sync.receipt.none")});
  }
  if (sync.last_tried) vm.facts.push_back({text("sync.last_tried"), when_begins(text, *sync.last_tried, state.now)});
  if (sync.next_try && *sync.next_try > state.now && !waits_for_it(sync))
    vm.facts.push_back({text("sync.next_try"), when_begins(text, *sync.next_try, state.now)});
  if (sync.phase == SyncPhase::Sending && sync.total > 0)
    vm.progress = text("sync.progress", {{"done", std::to_string(sync.done)}, {"total", std::to_string(sync.total)}});
  if (sync.blob_trouble) {
    const auto key = "photos.wait." + sync.blob_trouble->where;
    const auto why = text.has(key) ? text(key) : text("photos.wait");
    if (photos_alone) vm.error = why;
    else vm.facts.push_back({text("photos.heading"), why});
  }
  if (sync.error) {
    vm.error = error_words(text, *sync.error);
    for (const auto& key : {"problem." + sync.error->where, "problem." + sync.error_code})
      if (text.has(key)) vm.error = text(key);
  }
  for (const auto& refused : refusals_told(state)) {
    SyncVm::RefusedRow row;
    row.number = refused.number;
    row.title = text("refused.kind." + refused.kind, {{"name", child_name(state, refused.case_id)}});
    row.about = about_refused(state, refused);
    row.why = refusal_words(text, refused.kind, refused.code);
    if (row.why.empty()) row.why = refused.detail;
    if (state.caseload && state.caseload->record(refused.record))
      row.open = {text("refused.open"), Open{ScreenKind::ReadRecord, refused.record}};
    else if (state.caseload && draft_of(state, refused.record))
      row.open = {text("refused.open.draft"), Open{ScreenKind::Record, refused.record}};
    row.dismiss = {text("refused.dismiss"), DismissRefused{refused.number}};
    vm.refused.push_back(std::move(row));
  }
  if (!vm.refused.empty()) {
    vm.refused_heading = text("refused.heading");
    vm.refused_hint = text("refused.dismiss.hint");
  }
  if (state.ended() || (vm.mood != Mood::Ok && !photos_alone))  // else the headline says more
    vm.safe = text(!state.ended() ? "sync.safe" : wiping ? "wipe.keep" : sync.waiting == 0 ? "ended.give_back" : "ended.keep");
  if (!waits_for_it(sync)) vm.sync_now = {text("sync.now"), PressSyncNow{}, sync.phase == SyncPhase::Sending};
  return vm;
}

// Settings ----------------------------------------------------------------------------------------------------------------

CannotStartVm cannot_start_vm(const Text& text, const std::string& key, std::vector<std::string> reasons) {
  reasons.push_back(text(key + ".do"));
  return {text("cannot_start.title"), text(key), text("cannot_start.read"), std::move(reasons), text("cannot_start.close")};
}

namespace {

/// Of a version that begins with its day: "2026-11-1", "2026-11-01".
std::string version_words(const Text& text, const std::string& version) {
  int year = 0, month = 0, day = 0, read = 0;
  if (std::sscanf(version.c_str(), "%4d-%2d-%2d%n", &year, &month, &day, &read) != 3) return version;
  const base::Date date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                        std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || static_cast<std::size_t>(read) != version.size()) return version;
  return text("settings.version", {{"day", day_words(text, date)}});
}

}  // namespace

SettingsVm settings_vm(const State& state) {
  const auto& text = state.text();
  SettingsVm vm;
  vm.title = text("settings.title");
  vm.size_label = text("settings.size");
  for (const int percent : {100, 125, 150, 175, 200}) {
    const auto n = std::to_string(percent);
    vm.sizes.push_back(
        {"size_" + n, text("settings.percent", {{"n", n}}), {}, state.settings.text_percent == percent, SetTextSize{percent}});
  }
  vm.look_label = text("settings.look");
  const std::pair<LookChoice, const char*> looks[] = {
      {LookChoice::Light, "light"}, {LookChoice::Dark, "dark"}, {LookChoice::HighContrast, "contrast"}};
  for (const auto& [look, key] : looks)
    vm.looks.push_back(
        {std::string("look_") + key, text(std::string("settings.look.") + key), {}, state.settings.look == look, SetLook{look}});
  vm.language_label = text("settings.language");
  for (const auto& [language, code] : {std::pair{Language::English, "en"}, std::pair{Language::Welsh, "cy"}})
    vm.languages.push_back({std::string("language_") + code, text(std::string("settings.language.") + code), {},
                            state.settings.language == language, SetLanguage{language}});
  vm.spelling_label = text("settings.spelling");
  for (const bool on : {true, false}) {
    const std::string word = on ? "on" : "off";
    vm.spelling.push_back({"spelling_" + word, text("settings.spelling." + word), {}, state.settings.spelling == on, SetSpelling{on}});
  }
  if (!state.config.council.empty()) vm.about.push_back({text("settings.council"), state.config.council});
  if (!state.worker_name.empty()) vm.about.push_back({text("settings.worker"), state.worker_name});
  vm.about.push_back({text("settings.form"), version_words(text, state.assets->form.version)});
  vm.about.push_back({text("settings.rules"), version_words(text, state.assets->rules.version)});
  vm.about.push_back({text("settings.calendar"), day_words(text, state.assets->rules.calendar.until)});
  for (const auto& contact : state.config.contacts) vm.about.push_back({contact.label, contact.number});
  if (!state.config.it.empty()) vm.about.push_back({text("it"), state.config.it});
  vm.notice = state.notice;
  vm.passphrase = {state.secret_text("passphrase.title"), Open{ScreenKind::Passphrase, Id()}};
  vm.lock = {text("settings.lock"), PressLock{}};
  return vm;
}

PassphraseVm passphrase_vm(const State& state) {
  const auto& text = state.text();
  PassphraseVm vm;
  vm.title = state.secret_text("passphrase.title");
  if (!state.passphrase) return vm;
  const auto& changing = *state.passphrase;
  const auto error = [&](std::string_view key) {
    return changing.problem ? error_at({*changing.problem}, key) : std::string();
  };
  vm.intro = text("passphrase.intro");
  vm.old_label = state.secret_text("passphrase.old");
  vm.old_error = error(kOldPassphrase);
  vm.new_label = state.secret_text("unlock.first.passphrase");
  vm.new_hint = state.secret_text("unlock.first.hint");
  vm.new_error = error(kNewPassphrase);
  vm.again_label = state.secret_text("unlock.again");
  vm.again_error = error(kNewPassphraseAgain);
  vm.show = state.show_passphrase;
  vm.show_label = state.secret_text(vm.show ? "unlock.hide" : "unlock.show");
  vm.change = {text("passphrase.action"), PressChangePassphrase{}, changing.busy};
  if (changing.busy) vm.busy_words = text("passphrase.busy");
  return vm;
}

DateWordsVm date_words(const State& state) {
  const auto& text = state.text();
  return {text("date.day"), text("date.month"), text("date.year"), text("date.hour"), text("date.minute")};
}

NoteWordsVm note_words(const State& state) {
  const auto& text = state.text();
  NoteWordsVm vm;
  vm.undo = text("note.undo");
  vm.redo = text("note.redo");
  vm.word = text("note.word");
  vm.words = text("note.words");
  vm.too_long = text("note.too_long");
  vm.unjoined = text("note.unjoined");
  vm.misspelt = state.spelling.suggested;
  vm.spelling = text("note.spelling", {{"word", vm.misspelt}});
  vm.leave = text("note.leave");
  if (!state.spelling.suggestions) return vm;
  vm.suggestions = *state.spelling.suggestions;
  for (const auto& one : vm.suggestions) vm.spoken.push_back(text("note.change", {{"word", one}}));
  if (vm.suggestions.empty()) vm.no_suggestions = text("note.no_suggestions");
  return vm;
}

}  // namespace doorstep::state
