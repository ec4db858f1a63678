#include <algorithm>

#include "app/state/turn.h"
#include "sync/model/attachment.h"

namespace doorstep::state::updating {
namespace {

constexpr std::size_t kPassphraseWords = 4;   ///< security.md section 2: a key file alone protects nothing weaker
constexpr std::size_t kPassphraseBytes = 15;

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
      state.alert_problem.clear();
      break;
    case ScreenKind::Match:
      state.match_target = Id();
      state.editors.drop(kMatchSearch);
      break;
    case ScreenKind::Passphrase:
      state.passphrase.reset();
      state.show_passphrase = false;
      state.editors.drop("passphrase/");
      break;
    case ScreenKind::FamilyCopy: state.family_copy.reset(); break;
    case ScreenKind::Photo: state.picture.reset(); break;
    default: break;
  }
}

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

/// Digits alone: no passphrase is meant.
bool is_pin(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);  // of an on-screen keyboard
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Of a passphrase that is chosen now; the vault has the last word, and the only one about a PIN.
bool is_too_short(const State& state, std::string_view text) {
  return words_in(text) < kPassphraseWords && text.size() < kPassphraseBytes && !(state.pins && is_pin(text));
}

/// Why a passphrase did not do what it was typed for, without what pause_words() says; empty: no reason that has words of its own.
std::string refused_words(const State& state, const UnlockResult& result) {
  const auto& text = state.text();
  if (result.error->where == "vault.chip")  // nothing was counted
    return text(result.error->fault == base::Fault::NotFound ? "unlock.problem.other_chip" : "unlock.problem.chip");
  switch (result.error->fault) {
    case base::Fault::Locked: {
      const auto wrong = state.secret_text("unlock.problem.wrong");
      if (result.tries_left < 0) return wrong;
      return wrong + " " + text.count("unlock.problem.left", result.tries_left) + " " + text("unlock.problem.tenth");
    }
    case base::Fault::Invalid:  // too weak to be chosen
      return text.has(result.error->detail) ? state.secret_text(result.error->detail) : std::string();
    default: return {};
  }
}

/// How long to wait before the next try; empty: not at all.
std::string pause_words(const Text& text, const UnlockResult& result) {
  const auto seconds = std::to_string((result.retry_after.count() + 999) / 1000);
  if (result.error->fault == base::Fault::Throttled) return text("unlock.problem.wait", {{"n", seconds}});
  const bool is_wrong = result.error->fault == base::Fault::Locked && result.retry_after.count() > 0;
  return is_wrong ? text("unlock.problem.pause", {{"n", seconds}}) : std::string();
}

}  // namespace

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
    case ScreenKind::Chronology: case ScreenKind::OwnWords:
      if (!state.caseload->child(open.id)) return;
      break;
    case ScreenKind::FamilyCopy:
      if (!visiting && !state.caseload->child(open.id)) return;
      state.family_copy.emplace();
      break;
    case ScreenKind::GoingOut:
      home(turn);
      turn.effects.push_back(LookAtDevice{});
      break;
    case ScreenKind::SyncStatus: case ScreenKind::Settings:
      if (!visiting) home(turn);
      break;
    case ScreenKind::Passphrase: state.passphrase.emplace(); break;
    case ScreenKind::Approvals: case ScreenKind::Alerts:
      if (!state.supervisor()) return;
      home(turn);
      recall(state, Id(), "alert/");
      break;
    case ScreenKind::Match:
      if (!state.supervisor()) return;
      break;
    case ScreenKind::StartVisit: {
      home(turn);
      recall(state, Id(), "start/");
      state.starting.emplace();
      state.starting->elsewhere = state.lease_over();  // no family is listed
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
      fetch_photos(turn, open.id, model::attachments_of(state.visit->visit));
      while (on_stack(state, ScreenKind::Record) && state.screen()->kind != ScreenKind::Record) pop(turn);
      break;
    case ScreenKind::Check:
      if (!state.visit) return;
      add_jotting(turn);
      written_up(turn);
      save_now(turn);
      state.visit->checked = true;
      break;
    case ScreenKind::Leaving:
      if (!state.visit) return;
      save_now(turn);
      break;
    case ScreenKind::Conflict:
      if (!state.visit && !open_visit(turn, open.id)) return;
      save_now(turn);
      break;
    case ScreenKind::Photo:
      if (!open_photo(turn, open.id)) return;
      break;
    case ScreenKind::Review:
      if (!state.supervisor() || !state.caseload->record(open.id)) return;
      start_review(turn, open.id);
      fetch_photos(turn, open.id, model::attachments_of(state.caseload->record(open.id)->head().body.part));
      if (state.screen() && state.screen()->kind == ScreenKind::Review) state.screens.pop_back();
      break;
    case ScreenKind::ReadRecord:
      if (!state.caseload->record(open.id)) return;
      recall(state, open.id, "addendum/");
      fetch_photos(turn, open.id, model::attachments_of(state.caseload->record(open.id)->head().body.part));
      break;
  }
  push(turn, {open.screen, open.id});
}

// Lock -------------------------------------------------------------------------------------------------------------------

namespace {

/// State without anything of a case; what is not saved is handed to the store.
void empty(Turn& turn, Stage stage) {
  auto& state = turn.state;
  lift_pen(turn);
  save_now(turn);
  save_again(turn, true);
  auto fresh = initial(state.assets, state.config);
  fresh.stage = stage;
  fresh.has_passphrase = true;
  fresh.pins = state.pins;
  fresh.settings = state.settings;
  fresh.worker_name = state.worker_name;
  fresh.now = state.now;
  fresh.mono = state.mono;
  fresh.last_touch = state.last_touch;
  fresh.sync.online = state.sync.online;
  fresh.search_number = state.search_number;
  state.editors.wipe();
  state = std::move(fresh);
}

}  // namespace

void lock(Turn& turn) {
  auto& state = turn.state;
  if (state.stage != Stage::Unlocked) return;
  const auto resume = state.visit ? Screen{ScreenKind::Record, state.visit->visit.id} : Screen{};
  const bool attaching = state.attaching > 0;
  empty(turn, Stage::Locked);
  state.resume = resume;
  state.not_attached = attaching;
  turn.effects.push_back(Lock{});
}

void commanded(Turn& turn, const Commanded& commanded) {
  auto& state = turn.state;
  switch (commanded.what) {
    case Commanded::What::Lock:
      state.wipe_waits = false;
      lock(turn);
      state.commanded_lock = state.stage == Stage::Locked;
      break;
    case Commanded::What::WipeWaits: state.wipe_waits = true; break;
    case Commanded::What::Wiped:
      empty(turn, Stage::Wiped);
      turn.effects.push_back(Lock{});
      break;
  }
}

void end_reading(Turn& turn, ScreenKind shown) {
  const auto sync = turn.state.sync;
  const bool covered = turn.state.covered, attaching = turn.state.attaching > 0;
  empty(turn, Stage::Unlocked);
  turn.state.sync = sync;
  turn.state.covered = covered;
  turn.state.not_attached = attaching;
  turn.state.screens = {{shown, Id()}};
}

// Unlock -----------------------------------------------------------------------------------------------------------------

void unlock(Turn& turn) {
  auto& state = turn.state;
  if ((state.stage != Stage::Locked && state.stage != Stage::FirstUnlock) || state.destroyed) return;
  if (state.unlock_wait_until && *state.unlock_wait_until > turn.context.mono) return;
  state.unlock_wait_until.reset();
  auto typed = state.editors.typed(kPassphrase);
  auto again = state.editors.typed(kPassphraseAgain);
  state.unlock_problem.clear();
  state.unlock_pause.clear();
  if (typed.empty()) {
    state.unlock_problem = state.secret_text("unlock.problem.empty");
  } else if (state.stage == Stage::FirstUnlock && is_too_short(state, typed)) {
    state.unlock_problem = state.secret_text("passphrase.too_short");
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

void unlocked(Turn& turn, const UnlockResult& result) {
  auto& state = turn.state;
  if (!result.error || state.stage == Stage::Wiped) return;  // open when the caseload arrives
  state.stage = state.has_passphrase ? Stage::Locked : Stage::FirstUnlock;
  const auto& text = turn.text();
  state.unlock_problem = refused_words(state, result);
  if (result.error->where == "vault.chip") return;
  state.unlock_pause = pause_words(text, result);
  switch (result.error->fault) {
    case base::Fault::Locked: case base::Fault::Throttled: break;
    case base::Fault::Offline: state.unlock_problem = text("unlock.problem.offline"); break;
    case base::Fault::Corrupt: state.unlock_problem = text("unlock.problem.corrupt"); break;
    case base::Fault::NotFound:
      state.destroyed = result.error->where == "vault.destroyed";
      if (state.destroyed) break;
      [[fallthrough]];
    default:
      if (state.unlock_problem.empty())
        state.unlock_problem = text("unlock.problem.other", {{"why", error_words(text, *result.error)}});
  }
  if (result.retry_after.count() > 0) state.unlock_wait_until = turn.context.mono + result.retry_after;
}

void change_passphrase(Turn& turn) {
  auto& state = turn.state;
  if (!state.passphrase || state.passphrase->busy) return;
  auto old = state.editors.typed(kOldPassphrase), fresh = state.editors.typed(kNewPassphrase);
  auto again = state.editors.typed(kNewPassphraseAgain);
  auto& problem = state.passphrase->problem;
  const auto refuse = [&](std::string_view at, const char* why) { problem = {std::string(at), Id(), state.secret_text(why)}; };
  problem.reset();
  if (old.empty()) refuse(kOldPassphrase, "unlock.problem.empty");
  else if (is_too_short(state, fresh)) refuse(kNewPassphrase, "passphrase.too_short");
  else if (fresh == old) refuse(kNewPassphrase, "passphrase.problem.same");
  else if (fresh != again) refuse(kNewPassphraseAgain, "unlock.problem.differ");
  if (problem) {
    focus_on(state, problem->at);
  } else {
    turn.effects.push_back(ChangePassphrase{base::Secret::copy_of(old), base::Secret::copy_of(fresh)});
    state.passphrase->busy = true;
    state.show_passphrase = false;
    state.editors.drop("passphrase/");
  }
  for (auto* words : {&old, &fresh, &again}) base::wipe(*words);
}

void passphrase_changed(Turn& turn, const UnlockResult& result) {
  auto& state = turn.state;
  const auto& text = turn.text();
  if (!result.error) {
    if (state.screen()->kind == ScreenKind::Passphrase) pop(turn);
    state.notice = state.secret_text("passphrase.changed");
    return;
  }
  auto why = refused_words(state, result);
  const bool is_weak = result.error->fault == base::Fault::Invalid && !why.empty();
  if (const auto pause = pause_words(text, result); !pause.empty()) why += (why.empty() ? "" : " ") + pause;
  const auto not_changed = state.secret_key("passphrase.problem.other");
  const auto words = !why.empty() ? why : text(not_changed, {{"why", error_words(text, *result.error)}});
  if (!state.passphrase) {  // somebody has left its screen meanwhile
    state.notice = text(not_changed, {{"why", words}});
    return;
  }
  state.passphrase->busy = false;
  state.passphrase->problem = {std::string(is_weak ? kNewPassphrase : kOldPassphrase), Id(), words};
  focus_on(state, state.passphrase->problem->at);
}

}  // namespace doorstep::state::updating
