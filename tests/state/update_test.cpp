#include <catch2/generators/catch_generators.hpp>

#include "sync/model/visit.h"
#include "sync/wire/codec.h"
#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

TEST_CASE("update: until it is known whether there is a passphrase, none can be typed and none is to be chosen", "[state]") {
  Desk desk;
  REQUIRE(desk.state.stage == Stage::Starting);
  const auto vm = unlock_vm(desk.state);
  CHECK(vm.starting);
  CHECK_FALSE(vm.first);
  CHECK(vm.title == "Doorstep");
  desk.hear(Started{true, "Ruth Mensah", {}});
  CHECK_FALSE(unlock_vm(desk.state).starting);
  CHECK(unlock_vm(desk.state).title == "Unlock Doorstep");
}

TEST_CASE("update: another passphrase is asked for twice, and none of it stays in State", "[state][K15]") {
  Desk desk;
  desk.unlock();
  desk.act(Open{ScreenKind::Settings, Id()});
  desk.act(*settings_vm(desk.state).passphrase.intent);
  REQUIRE(desk.state.screen()->kind == ScreenKind::Passphrase);
  const auto change = [&](std::string_view old, std::string_view fresh, std::string_view again) {
    desk.effects.clear();
    desk.state.editors.text(kOldPassphrase).reset(old);
    desk.state.editors.text(kNewPassphrase).reset(fresh);
    desk.state.editors.text(kNewPassphraseAgain).reset(again);
    desk.act(PressChangePassphrase{});
    return desk.all<ChangePassphrase>().size();
  };
  const std::string_view old = "quiet river lantern teapot", good = "seven green boats asleep";
  CHECK(change("", good, good) == 0);
  CHECK(passphrase_vm(desk.state).old_error == "Type your passphrase.");
  CHECK(desk.state.focus == kOldPassphrase);
  CHECK(change(old, "secret", "secret") == 0);
  CHECK(passphrase_vm(desk.state).new_error == "Choose at least four words.");
  CHECK(change(old, old, old) == 0);
  CHECK(passphrase_vm(desk.state).new_error == "That is the passphrase you have. Choose another.");
  CHECK(change(old, good, "seven green boats") == 0);
  CHECK(passphrase_vm(desk.state).again_error == "The two are not the same. Type them again.");
  CHECK(desk.state.focus == kNewPassphraseAgain);

  REQUIRE(change(old, good, good) == 1);
  CHECK(desk.last<ChangePassphrase>().old.view() == old);
  CHECK(desk.last<ChangePassphrase>().fresh.view() == good);
  for (const auto key : {kOldPassphrase, kNewPassphrase, kNewPassphraseAgain}) CHECK(desk.state.editors.typed(key).empty());
  CHECK(passphrase_vm(desk.state).change.disabled);
  CHECK(change(old, good, good) == 0);  // one at a time

  SECTION("it is changed") {
    desk.hear(PassphraseChanged{});
    CHECK(desk.state.screen()->kind == ScreenKind::Settings);
    CHECK(settings_vm(desk.state).notice == "Your passphrase is changed. The old one opens nothing any more.");
    CHECK_FALSE(desk.state.passphrase);
  }
  SECTION("the old one was not typed rightly") {
    desk.hear(PassphraseChanged{{base::Error{base::Fault::Locked, "vault.unlock", ""}, base::Millis(30000), -1}});
    CHECK(desk.state.screen()->kind == ScreenKind::Passphrase);
    CHECK(passphrase_vm(desk.state).old_error == "That is not the passphrase. Wait 30 seconds first.");
    CHECK_FALSE(passphrase_vm(desk.state).change.disabled);
  }
  SECTION("the new one is worth nothing") {
    desk.hear(PassphraseChanged{{base::Error{base::Fault::Invalid, "vault.change", "passphrase.repeats"}, base::Millis(0), -1}});
    CHECK(passphrase_vm(desk.state).new_error == "Use four different words: repeating one adds nothing.");
    CHECK(desk.state.focus == kNewPassphrase);
  }
  SECTION("somebody has gone on meanwhile") {
    desk.act(Back{});
    desk.hear(PassphraseChanged{{base::Error{base::Fault::Full, "vault.unlock", ""}, base::Millis(0), -1}});
    CHECK(desk.state.notice.starts_with("It was not changed: the passphrase you have still opens this tablet."));
  }
  SECTION("the tablet is locked meanwhile") {
    desk.act(PressLock{});
    desk.hear(PassphraseChanged{});
    CHECK(desk.state.stage == Stage::Locked);
    CHECK(desk.state.notice.empty());
  }
}

TEST_CASE("update: a passphrase of fewer than four words is refused, a good one leaves no text behind", "[state][K18]") {
  Desk desk;
  desk.hear(Started{false, "Ruth Mensah", {}});
  REQUIRE(desk.state.stage == Stage::FirstUnlock);
  const auto choose = [&](std::string_view words, std::string_view again) {
    for (const auto& [key, text] : {std::pair{kPassphrase, words}, std::pair{kPassphraseAgain, again}}) {
      auto& editor = desk.state.editors.text(key);
      editor.select_all();
      editor.insert(text, editor::EditorState::How::Typed, desk.mono);
    }
    desk.act(PressUnlock{});
  };
  choose("teapot", "teapot");
  CHECK(unlock_vm(desk.state).problem == "Choose at least four words.");
  choose("quiet river lantern teapot", "quiet river lantern teapots");
  CHECK(unlock_vm(desk.state).problem == "The two are not the same. Type them again.");
  CHECK(desk.all<CreatePassphrase>().empty());
  choose("quiet river lantern teapot", "quiet river lantern teapot");
  CHECK(desk.last<CreatePassphrase>().passphrase.view() == "quiet river lantern teapot");
  CHECK(desk.state.editors.size() == 0);
  desk.hear(UnlockResult{});
  desk.load();
  CHECK(desk.state.stage == Stage::Unlocked);
}

TEST_CASE("update: where a PIN may be chosen the words say so, the vault judges it, and a weak one is told why", "[state][K18]") {
  Desk desk;
  Started started{false, "Ruth Mensah", {}};
  started.pins = true;
  desk.hear(started);
  const auto type = [&](std::string_view words) {
    for (const auto key : {kPassphrase, kPassphraseAgain}) desk.state.editors.text(key).reset(words);
    desk.act(PressUnlock{});
  };
  CHECK(unlock_vm(desk.state).title == "Choose a PIN or passphrase");
  CHECK(unlock_vm(desk.state).passphrase_label == "New PIN or passphrase");
  CHECK(unlock_vm(desk.state).passphrase_hint.starts_with("At least six digits that are no date and no pattern"));
  CHECK(unlock_vm(desk.state).again_label == "The same PIN or passphrase again");
  type("");
  CHECK(unlock_vm(desk.state).problem == "Type your PIN or passphrase.");
  type("teapot");
  CHECK(unlock_vm(desk.state).problem == "Choose at least six digits, or at least four words.");
  CHECK(desk.all<CreatePassphrase>().empty());

  const std::pair<const char*, std::string_view> reasons[] = {
      {"pin.too_short", "A PIN has at least six digits."},
      {"pin.repeats", "Digits that repeat are what a thief tries first. Choose others."},
      {"pin.follows", "Digits in a row, by number or on a keypad, are what a thief tries first. Choose others."},
      {"pin.date", "A date is what a thief tries first. Choose digits that are not one."},
      {"pin.known", "Many people know that number, so a thief tries it first. Choose another."}};
  for (const auto& [code, words] : reasons) {
    type("123456 ");  // with the space of an on-screen keyboard
    CHECK(desk.last<CreatePassphrase>().passphrase.view() == "123456 ");
    CHECK(desk.state.editors.size() == 0);
    desk.hear(UnlockResult{base::Error{base::Fault::Invalid, "vault.create", code}, Millis(0), -1});
    CHECK(desk.state.stage == Stage::FirstUnlock);
    CHECK(unlock_vm(desk.state).problem == words);
  }
  type("483957");
  desk.hear(UnlockResult{});
  desk.load();
  REQUIRE(desk.state.stage == Stage::Unlocked);

  desk.act(Open{ScreenKind::Settings, Id()});
  CHECK(settings_vm(desk.state).passphrase.label == "Change your PIN or passphrase");
  desk.act(*settings_vm(desk.state).passphrase.intent);
  CHECK(passphrase_vm(desk.state).old_label == "Your PIN or passphrase now");
  desk.state.editors.text(kOldPassphrase).reset("483957");
  for (const auto key : {kNewPassphrase, kNewPassphraseAgain}) desk.state.editors.text(key).reset("140785");
  desk.act(PressChangePassphrase{});
  CHECK(desk.last<ChangePassphrase>().fresh.view() == "140785");
  desk.hear(PassphraseChanged{{base::Error{base::Fault::Invalid, "vault.change", "pin.date"}, base::Millis(0), -1}});
  CHECK(passphrase_vm(desk.state).new_error == reasons[3].second);
  CHECK(desk.state.focus == kNewPassphrase);
  desk.act(PressLock{});
  CHECK(unlock_vm(desk.state).passphrase_label == "PIN or passphrase");
  desk.state.settings.language = Language::Welsh;
  CHECK(unlock_vm(desk.state).passphrase_label == "PIN neu gyfrinymadrodd");
}

TEST_CASE("update: where only a passphrase will do, digits are told as too few words before the vault is asked", "[state][K18]") {
  Desk desk;
  desk.hear(Started{false, "Ruth Mensah", {}});
  for (const auto key : {kPassphrase, kPassphraseAgain}) desk.state.editors.text(key).reset("483957");
  desk.act(PressUnlock{});
  CHECK(desk.all<CreatePassphrase>().empty());
  CHECK(unlock_vm(desk.state).problem == "Choose at least four words.");
}

TEST_CASE("update: a tablet whose key was destroyed says what is safe and whom to call, takes no passphrase and offers no new one",
          "[state][L27]") {
  Desk desk;
  const bool at_start = GENERATE(false, true);
  desk.hear(Started{!at_start, "Ruth Mensah", {}, at_start});
  const auto type = [&] { desk.state.editors.text(kPassphrase).insert("four words of hers", editor::EditorState::How::Typed, desk.mono); };
  if (!at_start) {
    type();
    desk.act(PressUnlock{});
    desk.hear(UnlockResult{base::Error{base::Fault::NotFound, "vault.destroyed", ""}});
  }
  const auto tried = desk.all<Unlock>().size();
  CHECK(desk.state.stage == Stage::Locked);
  const auto vm = unlock_vm(desk.state);
  CHECK_FALSE(vm.first);
  CHECK(vm.disabled);
  CHECK(vm.problem.find("not sent is safe") != std::string::npos);
  CHECK(vm.problem.find("Call IT") != std::string::npos);
  type();
  desk.act(PressUnlock{});
  CHECK(desk.all<Unlock>().size() == tried);
  CHECK(desk.all<CreatePassphrase>().empty());
}

TEST_CASE("update: wrong passphrases are told and waited for", "[state]") {
  Desk desk;
  desk.hear(Started{true, "Ruth Mensah", {}});
  const auto try_once = [&] {
    desk.state.editors.text(kPassphrase).insert("wrong", editor::EditorState::How::Typed, desk.mono);
    desk.act(PressUnlock{});
  };
  try_once();
  desk.hear(UnlockResult{base::Error{base::Fault::Locked, "vault", ""}, Millis(0), 1});
  const std::string after = " After that IT may have to set this tablet up again. What you wrote is not lost.";
  CHECK(unlock_vm(desk.state).problem == "That is not the passphrase. You can try once more." + after);
  try_once();
  desk.hear(UnlockResult{base::Error{base::Fault::Locked, "vault", ""}, Millis(5'000), 3});
  CHECK(unlock_vm(desk.state).disabled);
  CHECK(unlock_vm(desk.state).problem == "That is not the passphrase. You can try 3 more times." + after + " Wait 5 seconds first.");
  desk.later(Millis(5'000));
  desk.hear(Tick{});  // what was wrong stays to be read; only the wait is over
  CHECK(unlock_vm(desk.state).problem == "That is not the passphrase. You can try 3 more times." + after);
  try_once();
  desk.hear(UnlockResult{base::Error{base::Fault::Throttled, "vault", ""}, Millis(30'000), 0});
  CHECK(unlock_vm(desk.state).disabled);
  const auto before = desk.all<Unlock>().size();
  try_once();
  CHECK(desk.all<Unlock>().size() == before);
  CHECK(next_deadline(desk.state) == desk.mono + Millis(30'000));
  CHECK(unlock_vm(desk.state).problem == "Too many wrong tries. Wait 30 seconds, then try again.");
  desk.later(Millis(30'000));
  desk.hear(Tick{});
  CHECK_FALSE(unlock_vm(desk.state).disabled);
  CHECK(unlock_vm(desk.state).problem.empty());
}

TEST_CASE("update: what the security chip refuses is told as that, and nobody waits for a count", "[state]") {
  Desk desk;
  desk.hear(Started{true, "Ruth Mensah", {}});
  const auto words_of = [&](base::Fault fault) {
    desk.state.editors.text(kPassphrase).insert("wrong", editor::EditorState::How::Typed, desk.mono);
    desk.act(PressUnlock{});
    desk.hear(UnlockResult{base::Error{fault, "vault.chip", ""}, Millis(0), -1});
    CHECK_FALSE(unlock_vm(desk.state).disabled);
    return unlock_vm(desk.state).problem;
  };
  CHECK(words_of(base::Fault::Throttled).starts_with("The security chip of this tablet does not answer"));
  CHECK(words_of(base::Fault::Offline) == words_of(base::Fault::Throttled));
  CHECK(words_of(base::Fault::NotFound).find("Do not wipe it") != std::string::npos);
}

TEST_CASE("update: a visit starts with nothing answered, its hazards told before", "[state]") {
  Desk desk;
  desk.unlock();
  desk.act(Open{ScreenKind::StartVisit, desk.amara});
  CHECK(start_visit_vm(desk.state).hazards.at(0).note == "Large, loose in the yard");
  CHECK(start_visit_vm(desk.state).read_first == "Before the door: Dog");
  desk.act(PressStart{});
  REQUIRE(start_visit_vm(desk.state).problems.size() == 1);
  CHECK(start_visit_vm(desk.state).problems[0].label == "Choose the kind of visit.");
  desk.act(ChooseVisitType{"CP"});
  desk.act(PressStart{});
  REQUIRE(desk.state.visit.has_value());
  const auto& visit = desk.last<SaveDraft>().visit;
  CHECK(visit.author == desk.me);
  CHECK(visit.children.size() == 1);
  CHECK(visit.facts.answers.empty());
  CHECK_FALSE(visit.facts.outcome.has_value());
  CHECK_FALSE(visit.children[0].seen.has_value());
  CHECK(visit.children[0].answers.empty());
  CHECK(in_visit(desk.state));
  for (const auto& section : record_vm(desk.state).sections)
    for (const auto& block : section.blocks)
      if (const auto* field = std::get_if<FieldVm>(&block); field && field->place.question != "type")
        for (const auto& option : field->options) CHECK_FALSE(option.selected);
}

TEST_CASE("update: a family that is not on the tablet can be visited", "[state]") {
  Desk desk;
  desk.unlock();
  desk.act(Open{ScreenKind::StartVisit, Id()});
  desk.act(ChooseFamily{Id()});
  desk.act(ChooseVisitType{"S47"});
  desk.state.editors.text(kNewFamily).insert("Żółć", editor::EditorState::How::Typed, desk.mono);
  desk.state.editors.text(kNewChildren).insert("Świętosława Żółć\n\n  Łukasz Żółć ", editor::EditorState::How::Typed, desk.mono);
  desk.act(PressStart{});
  const auto& visit = desk.last<SaveDraft>().visit;
  CHECK(visit.family.nil());
  CHECK(visit.family_name == "Żółć");
  REQUIRE(visit.children.size() == 2);
  CHECK(visit.children[1].name == "Łukasz Żółć");
  CHECK(visit.children[0].id != visit.children[1].id);
}

TEST_CASE("update: typed words are saved 300 ms after the last key, and 1.5 s into typing without a rest", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.saved();
  const auto key = Place{desk.amara, "said", Id(), {}}.key();
  const auto count = desk.all<SaveDraft>().size();
  desk.type(key, "I");
  CHECK(desk.all<SaveDraft>().size() == count);
  CHECK(next_deadline(desk.state) == desk.mono + Millis(300));
  desk.later(Millis(299));
  desk.hear(Tick{});
  CHECK(desk.all<SaveDraft>().size() == count);
  desk.later(Millis(1));
  desk.hear(Tick{});
  REQUIRE(desk.all<SaveDraft>().size() == count + 1);
  CHECK(std::get<std::string>(desk.last<SaveDraft>().visit.children[0].answers.at("said")) == "I");
  CHECK(saved_vm(desk.state).words == "Saving");
  desk.saved();
  CHECK(saved_vm(desk.state).words == "Saved on this tablet at 14:05");

  const auto from = desk.mono;
  std::string words;
  while (desk.all<SaveDraft>().size() == count + 1) {
    desk.type(key, words += "x");
    desk.later(Millis(100));
    desk.hear(Tick{});
    REQUIRE(desk.mono - from <= Millis(1600));
  }
  CHECK(desk.mono - from >= Millis(1400));
}

TEST_CASE("update: a save that failed is told in words and tried again", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.hear(SaveFailed{desk.state.visit->visit.id, {base::Fault::Full, "store", ""}});
  CHECK(saved_vm(desk.state).failed);
  CHECK(saved_vm(desk.state).words.find("no room left") != std::string::npos);
  const auto count = desk.all<SaveDraft>().size();
  const auto due = next_deadline(desk.state);
  REQUIRE(due.has_value());
  desk.later(*due - desk.mono);
  desk.hear(Tick{});
  CHECK(desk.all<SaveDraft>().size() == count + 1);
}

TEST_CASE("update: a save that fails after the visit was left is told, and tried again until it is kept", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.saved();
  const auto visit = desk.state.visit->visit.id;
  const auto key = Place{desk.amara, "said", Id(), {}}.key();
  desk.type(key, "I like my school");
  desk.act(Back{});
  REQUIRE_FALSE(desk.state.visit.has_value());
  auto count = desk.all<SaveDraft>().size();
  desk.hear(SaveFailed{visit, {base::Fault::Full, "store", ""}});
  CHECK(my_children_vm(desk.state).notice.find("What you wrote last is not saved yet: Child in need visit: Amara Okafor.") == 0);
  const auto due = next_deadline(desk.state);
  REQUIRE(due == desk.mono + Millis(5000));
  desk.later(Millis(5000));
  desk.hear(Tick{});
  REQUIRE(desk.all<SaveDraft>().size() == ++count);
  CHECK(std::get<std::string>(desk.last<SaveDraft>().visit.children[0].answers.at("said")) == "I like my school");
  desk.hear(SaveFailed{visit, {base::Fault::Full, "store", ""}});
  SECTION("opened again, it says that it is not saved") {
    desk.act(Open{ScreenKind::Record, visit});
    CHECK(saved_vm(desk.state).saving);
    desk.act(FieldLeft{});
    CHECK(desk.all<SaveDraft>().size() == ++count);
    desk.saved();
    CHECK_FALSE(saved_vm(desk.state).saving);
  }
  SECTION("a lock tries once more, before the store is closed") {
    desk.effects.clear();
    desk.act(PressLock{});
    REQUIRE(desk.effects.size() == 2);
    CHECK(std::holds_alternative<SaveDraft>(desk.effects[0]));
    CHECK(std::holds_alternative<Lock>(desk.effects[1]));
  }
}

TEST_CASE("update: a draft that the worker's other tablet submitted or threw away is none here any more", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.saved();
  const auto visit = desk.state.visit->visit;
  desk.caseload.drafts = {{visit, desk.wall}};
  desk.load();
  SECTION("in the list") {
    desk.act(Back{});
    REQUIRE(my_children_vm(desk.state).drafts.size() == 1);
    desk.caseload.drafts.clear();
    desk.load();
    CHECK(my_children_vm(desk.state).drafts.empty());
  }
  SECTION("on the screen") {
    desk.caseload.drafts.clear();
    desk.load();
    CHECK_FALSE(desk.state.visit.has_value());
    CHECK(my_children_vm(desk.state).notice.find("submitted or thrown away on your other tablet") != std::string::npos);
  }
  SECTION("but what was typed meanwhile stays, and is saved") {
    desk.type(Place{desk.amara, "said", Id(), {}}.key(), "I like my school");
    desk.caseload.drafts.clear();
    desk.load();
    REQUIRE(desk.state.visit.has_value());
    desk.act(Back{});
    CHECK(std::get<std::string>(desk.last<SaveDraft>().visit.children[0].answers.at("said")) == "I like my school");
    desk.load();  // a caseload of before that save
    CHECK(my_children_vm(desk.state).drafts.size() == 1);
  }
}

TEST_CASE("update: what was written for an operation that could not be kept is there again", "[state]") {
  Desk desk;
  desk.as_boss();
  desk.caseload.records = {desk.record(desk.other, "r1", "2026-11-20T10:00:00Z")};
  const auto record = desk.caseload.records.front().id();
  const base::Error full{base::Fault::Full, "store", ""};
  desk.unlock();
  SECTION("a decision") {
    desk.act(Open{ScreenKind::Review, record});
    desk.act(ChooseAgreeRisk{true});
    desk.act(AddDirectedStep{});
    const auto step = review_vm(desk.state).directed.at(0);
    desk.type(std::string(kRationale), "Read with Dan.");
    desk.type(step.what_key, "Ring the school nurse");
    desk.type(step.owner_key, "Dan Price");
    auto& due = desk.state.editors.date(step.due_key);
    due.day.reset("3"), due.month.reset("2"), due.year.reset("2027");
    desk.act(PressApprove{});
    const auto decision = desk.last<Decide>().decision;
    desk.hear(OperationFailed{full, decision});
    CHECK(my_children_vm(desk.state).notice.find("What you wrote is still there") != std::string::npos);
    desk.act(Open{ScreenKind::Review, record});
    CHECK(desk.state.editors.text(kRationale).text() == "Read with Dan.");
    REQUIRE(review_vm(desk.state).directed.size() == 1);
    CHECK(desk.state.editors.text(review_vm(desk.state).directed[0].owner_key).text() == "Dan Price");
    CHECK(desk.state.editors.date(review_vm(desk.state).directed[0].due_key).year.text() == "2027");
    CHECK(desk.state.reviewing->agree_risk == std::nullopt);
  }
  SECTION("an addendum") {
    Desk::own_head(desk.caseload.records.front()).revision.state = model::State::Approved;
    desk.load();
    desk.act(Open{ScreenKind::ReadRecord, record});
    desk.type(std::string(kAddendumReason), "A date was wrong");
    desk.type(std::string(kAddendumText), "It was the 7th.");
    desk.act(PressAddAddendum{record});
    desk.hear(OperationFailed{full, desk.last<AddAddendum>().addendum});
    CHECK(desk.state.editors.text(kAddendumText).text() == "It was the 7th.");
    CHECK(desk.state.editors.text(kAddendumReason).text() == "A date was wrong");
  }
}

TEST_CASE("update: submitting names what is missing by the words on the screen, and goes there", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(true);
  desk.act(Open{ScreenKind::Check, desk.state.visit->visit.id});
  desk.act(PressSubmit{});
  CHECK(desk.all<Submit>().empty());
  const auto check = check_vm(desk.state);
  REQUIRE_FALSE(check.problems.empty());
  const auto seen = std::find(check.problems.begin(), check.problems.end(), "Say whether Tunde was seen.");
  REQUIRE(seen != check.problems.end());
  desk.act(GoToProblem{static_cast<std::size_t>(seen - check.problems.begin())});
  CHECK(desk.state.screen()->kind == ScreenKind::Record);
  CHECK(desk.state.visit->child == desk.tunde);
  CHECK(desk.state.focus == Place{desk.tunde, "seen", Id(), {}}.key());
  bool shown = false;
  for (const auto& section : record_vm(desk.state).sections)
    for (const auto& block : section.blocks)
      if (const auto* field = std::get_if<FieldVm>(&block); field && field->place.question == "seen")
        shown = field->error == *seen;
  CHECK(shown);
}

TEST_CASE("update: a Submit that cannot be brings all that is missing to the keyboard, each time", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(true);
  desk.act(Open{ScreenKind::Check, desk.state.visit->visit.id});
  for (const auto before : {desk.state.focus_number, desk.state.focus_number + 1}) {
    desk.act(PressSubmit{});
    CHECK(desk.state.focus == kProblems);
    CHECK(desk.state.focus_number == before + 1);
  }
  const auto vm = check_vm(desk.state);
  CHECK(vm.problems_heading == std::to_string(vm.problems.size()) + " things to do before you can submit");
}

TEST_CASE("update: once a Submit was refused each page of the visit says at its top what of it was in the way, and what is done by now",
          "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(true);
  const auto refused = [&] { return record_vm(desk.state).refused; };
  desk.act(Open{ScreenKind::Check, desk.state.visit->visit.id});
  desk.act(Back{});
  CHECK(refused().heading.empty());  // looked at, not submitted
  desk.act(Open{ScreenKind::Check, desk.state.visit->visit.id});
  desk.act(PressSubmit{});
  desk.act(Back{});
  desk.act(ShowChild{desk.tunde});
  auto vm = refused();
  const auto count = vm.problems.size();
  REQUIRE(count > 1);
  CHECK(vm.heading == "Not submitted: " + std::to_string(count) + " things to do on this page");
  const auto line_of = [&](const std::string& words) {
    const auto from = vm.problems.begin();
    return std::find_if(from, vm.problems.end(), [&](const auto& line) { return line.label == words; }) - from;
  };
  const auto none = static_cast<std::ptrdiff_t>(count);
  CHECK(line_of("Say whether Amara was seen.") == none);
  const auto seen = line_of("Say whether Tunde was seen.");
  REQUIRE(seen < none);
  desk.act(*vm.problems[static_cast<std::size_t>(seen)].intent);
  CHECK(desk.state.focus == Place{desk.tunde, "seen", Id(), {}}.key());
  CHECK(desk.state.screen()->kind == ScreenKind::Record);
  desk.act(FieldChosen{{desk.tunde, "seen", Id(), {}}, true});
  vm = refused();
  CHECK(line_of("Done: Say whether Tunde was seen.") == seen);
  CHECK(vm.problems.size() == count);
  CHECK(vm.heading != "Not submitted: " + std::to_string(count) + " things to do on this page");
  desk.act(ShowChild{desk.amara});
  vm = refused();
  CHECK(line_of("Say whether Amara was seen.") < static_cast<std::ptrdiff_t>(vm.problems.size()));
  desk.fill();
  desk.act(Open{ScreenKind::Check, desk.state.visit->visit.id});
  desk.act(PressSubmit{});
  desk.hear(SubmitFailed{desk.last<Submit>().visit.id, base::Error{base::Fault::Full, "", ""}});
  desk.act(Back{});
  CHECK(refused().heading.empty());
}

TEST_CASE("update: what a visit lacks to be started is told at each field, in the page's order, and leads there", "[state]") {
  Desk desk;
  desk.unlock();
  desk.act(Open{ScreenKind::StartVisit, Id()});
  desk.act(PressStart{});
  auto vm = start_visit_vm(desk.state);
  REQUIRE(vm.problems.size() == 2);  // which children is asked when there is a family
  CHECK(vm.problems[0].label == "Choose the family.");
  CHECK(vm.family_error == "Choose the family.");
  CHECK(vm.type_error == "Choose the kind of visit.");
  CHECK(vm.who_error.empty());
  CHECK(desk.state.focus == kStartFamily);
  desk.act(ChooseFamily{});
  CHECK(start_visit_vm(desk.state).family_error.empty());
  desk.act(PressStart{});
  vm = start_visit_vm(desk.state);
  REQUIRE(vm.problems.size() == 3);
  CHECK(vm.name_error == vm.problems[0].label);
  CHECK(vm.children_error == vm.problems[1].label);
  CHECK(vm.type_error == vm.problems[2].label);
  CHECK(desk.state.focus == kNewFamily);
  desk.act(*vm.problems[2].intent);
  CHECK(desk.state.focus == kStartType);
}

TEST_CASE("update: every problem's question can be gone to", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(true, "S47");
  desk.act(Open{ScreenKind::Check, desk.state.visit->visit.id});
  const auto problems = check_vm(desk.state).problems;
  for (std::size_t i = 0; i < problems.size(); ++i) {
    desk.state.focus.clear();
    desk.act(GoToProblem{i});
    INFO(problems[i]);
    CHECK_FALSE(desk.state.focus.empty());
  }
}

TEST_CASE("update: submitting makes one record for each child, and closes the visit", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start(true);
  desk.fill();
  desk.act(Open{ScreenKind::Check, desk.state.visit->visit.id});
  CHECK(check_vm(desk.state).problems.size() == 1);  // seven days after the visit: why so late?
  desk.fill();
  INFO((check_vm(desk.state).problems.empty() ? "" : check_vm(desk.state).problems.front()));
  desk.act(PressSubmit{});
  const auto& submit = desk.last<Submit>();
  CHECK(submit.record_ids.size() == 2);
  CHECK(submit.record_ids.count(desk.amara) == 1);
  CHECK(submit.visit.facts.recorded_at == desk.wall);
  desk.act(PressSubmit{});
  CHECK(desk.all<Submit>().size() == 1);
  desk.hear(Submitted{submit.visit.id});
  CHECK(desk.state.screen()->kind == ScreenKind::MyChildren);
  CHECK_FALSE(desk.state.visit.has_value());
  CHECK(my_children_vm(desk.state).notice.find("Submitted on this tablet") == 0);
  SyncStatus status;
  status.online = true;
  status.waiting = 1;
  desk.hear(status);
  CHECK(my_children_vm(desk.state).notice.find("Submitted on this tablet") == 0);
  status.waiting = 0;
  desk.hear(status);
  CHECK(my_children_vm(desk.state).notice == "Submitted. The case server has it.");
}

TEST_CASE("update: a disclosure opens the call card; it stays after a restart until somebody was spoken to", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  CHECK(record_vm(desk.state).calls.empty());
  desk.act(AddItem{{desk.amara, "disclosures", Id(), {}}});
  CHECK(desk.last<SaveDraft>().urgent);
  auto cards = record_vm(desk.state).calls;
  REQUIRE(cards.size() == 1);
  CHECK(cards[0].heading == "Call your manager when it is safe");
  CHECK(cards[0].emergency == "Immediate danger: 999");
  CHECK(cards[0].number == "0121 000 0001");
  desk.act(RecordCall{cards[0].visit, cards[0].record, cards[0].child, false});
  CHECK(record_vm(desk.state).calls.at(0).number == "0121 000 0002");

  Desk again;
  again.caseload.drafts.push_back({desk.last<SaveDraft>().visit, desk.wall, true});
  again.unlock();
  cards = my_children_vm(again.state).calls;
  REQUIRE(cards.size() == 1);
  CHECK(cards[0].number == "0121 000 0002");
  CHECK(cards[0].tried.size() == 1);
  again.act(RecordCall{cards[0].visit, cards[0].record, cards[0].child, true});
  CHECK(my_children_vm(again.state).calls.empty());
  CHECK(again.last<SaveDraft>().visit.children[0].calls.back().outcome == model::CallOutcome::Answered);
}

TEST_CASE("update: a call made after submitting is put into the record by taking it back", "[state]") {
  Desk desk;
  auto body = desk.record(desk.me, "r1", "2026-11-20T10:00:00Z").head().body;
  body.part.calls.clear();
  model::Disclosure told;
  told.id = Id::from_name("told");
  told.exact_words = "“he does it when mum's at work”";
  body.part.disclosures = {told};
  RecordItem item;
  item.case_id = desk.amara;
  item.versions = {Desk::version(body, 4, model::State::Submitted)};
  SECTION("received by the case server") {
    desk.caseload.records = {item};
    desk.unlock();
    const auto cards = my_children_vm(desk.state).calls;
    REQUIRE(cards.size() == 1);
    desk.effects.clear();
    desk.act(RecordCall{cards[0].visit, cards[0].record, cards[0].child, true});
    REQUIRE(desk.effects.size() == 3);
    CHECK(std::get<Withdraw>(desk.effects[0]).on.rev == 4);
    const auto& again = std::get<Submit>(desk.effects[2]);
    CHECK(again.record_ids.empty());
    CHECK(again.visit.children.at(0).revises->record == body.id);
    CHECK(again.visit.children.at(0).calls.size() == 1);
  }
  SECTION("still waiting to be sent") {
    item.versions = {Desk::version(body, 0, model::State::Submitted)};
    item.waiting = true;
    desk.caseload.records = {item};
    DraftItem draft;
    draft.visit = model::visit_of(body, {}, body.visit);
    draft.visit.children[0].revises.reset();
    draft.submitting = true;
    desk.caseload.drafts = {draft};
    desk.unlock();
    const auto cards = my_children_vm(desk.state).calls;
    REQUIRE(cards.size() == 1);
    desk.effects.clear();
    desk.act(RecordCall{cards[0].visit, cards[0].record, cards[0].child, true});
    REQUIRE(desk.effects.size() == 3);
    CHECK(std::holds_alternative<Withdraw>(desk.effects[0]));
    CHECK(std::get<Submit>(desk.effects[2]).record_ids.at(desk.amara) == body.id);
  }
}

TEST_CASE("update: locking saves first, and State holds nothing of the case any more", "[state][H56][H59]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.type(Place{desk.amara, "said", Id(), {}}.key(), "canary-phrase-one");
  desk.effects.clear();
  desk.act(PressLock{});
  REQUIRE(desk.effects.size() == 2);
  CHECK(std::holds_alternative<SaveDraft>(desk.effects[0]));
  CHECK(std::holds_alternative<Lock>(desk.effects[1]));
  CHECK(desk.state.stage == Stage::Locked);
  CHECK_FALSE(desk.state.caseload);
  CHECK_FALSE(desk.state.visit.has_value());
  CHECK(desk.state.drafts.empty());
  CHECK(desk.state.editors.size() == 0);
  CHECK(desk.state.screens.empty());
  const auto visit = std::get<SaveDraft>(desk.effects[0]).visit;

  // The worker comes back to where they were.
  desk.caseload.drafts.push_back({visit, desk.wall, true});
  desk.state.editors.text(kPassphrase).insert("quiet river lantern teapot", editor::EditorState::How::Typed, desk.mono);
  desk.act(PressUnlock{});
  desk.hear(UnlockResult{});
  desk.load();
  CHECK(in_visit(desk.state));
  CHECK(std::get<std::string>(desk.state.visit->visit.children[0].answers.at("said")) == "canary-phrase-one");
}

TEST_CASE("update: what was said before a lock, or before access ended, and comes after it leaves nothing of the case in State", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  const auto visit = desk.last<SaveDraft>().visit;
  auto& box = desk.state.editors.text(kSearch);
  box.insert("willow", editor::EditorState::How::Typed, desk.mono);
  desk.act(SearchTyped{});
  const bool locks = GENERATE(true, false);
  if (locks) {
    desk.act(PressLock{});
  } else {
    desk.caseload = {};
    desk.caseload.ended = true;
    desk.load();
    REQUIRE(desk.state.ended());
  }
  desk.effects.clear();
  model::Decision decision;
  decision.rationale = "canary";
  SyncStatus status;
  status.refused = {{1, desk.amara, Id(), "submit", "malformed", "Say whether Amara was seen.", desk.wall}};
  for (const Event& event : {Event(DraftChanged{visit, 7}), Event(SearchHits{desk.state.search_number, {{desk.amara, {}, "canary", {}}}}),
                             Event(OperationFailed{{base::Fault::Full, "store", ""}, decision}), Event(Submitted{visit.id}),
                             Event(SaveFailed{visit.id, {base::Fault::Locked, "store", ""}}),
                             Event(UnfinishedFailed{{base::Fault::Locked, "store", ""}, {{"a key", desk.amara}}}),
                             Event(UnfinishedFound{{{"a key", "canary"}}}), Event(Loaded{std::make_shared<const Caseload>(desk.caseload)})})
    desk.hear(event);
  CHECK(desk.state.drafts.empty());
  CHECK(desk.state.search_hits.empty());
  CHECK(desk.state.unfinished.words.empty());
  CHECK(desk.state.unfinished.dirty.empty());
  CHECK(desk.state.notice.empty());
  desk.hear(Tick{});
  CHECK(desk.effects.empty());
  if (!locks) return;
  desk.hear(status);
  CHECK(desk.state.sync.refused.empty());
  CHECK_FALSE(desk.state.caseload);
  CHECK_FALSE(next_deadline(desk.state).has_value());
  desk.hear(NetworkChanged{true});
  CHECK(desk.state.sync.online);
}

TEST_CASE("update: idle covers an open visit after a minute and locks after ten; elsewhere it locks after two", "[state][H59]") {
  Desk desk;
  desk.unlock();
  CHECK(next_deadline(desk.state) == desk.mono + Millis(120'000));
  desk.start();
  desk.saved();
  CHECK(next_deadline(desk.state) == desk.mono + Millis(60'000));
  desk.later(Millis(60'000));
  desk.hear(Tick{});
  CHECK(desk.state.covered);
  CHECK(desk.state.stage == Stage::Unlocked);
  desk.act(Open{ScreenKind::MyChildren, Id()});
  CHECK(in_visit(desk.state));  // nothing behind the cover can be reached
  desk.act(Uncover{});
  CHECK_FALSE(desk.state.covered);
  desk.later(Millis(600'000));
  desk.hear(Tick{});
  CHECK(desk.state.stage == Stage::Locked);
  CHECK_FALSE(next_deadline(desk.state).has_value());
}

TEST_CASE("update: whatever may have changed what is seen is another revision; a touch alone is not, nor a copy", "[state]") {
  Desk desk;
  CHECK(desk.state.revision == nullptr);
  desk.unlock();
  const auto before = desk.state.revision;
  REQUIRE(before != nullptr);
  desk.later(Millis(1000));
  desk.act(Touched{});
  CHECK(desk.state.revision == before);
  CHECK(State(desk.state).revision == before);
  desk.hear(Tick{});
  CHECK(desk.state.revision == before);
  desk.act(ShowTab{ListTab::Week});
  CHECK(desk.state.revision != before);
  const auto shown = desk.state.revision, found = desk.state.found;
  desk.state.editors.text(kSearch).insert("ama", editor::EditorState::How::Typed, desk.state.mono);
  desk.act(SearchTyped{});  // only what is listed may be another
  CHECK(desk.state.revision == shown);
  CHECK(desk.state.found != found);
  const auto typed = desk.state.found;
  desk.hear(SearchHits{desk.state.search_number - 1, {}});
  CHECK(desk.state.found == typed);
  desk.hear(SearchHits{desk.state.search_number, {}});
  CHECK(desk.state.revision == shown);
  CHECK(desk.state.found != typed);
  desk.act(PressLock{});
  CHECK(desk.state.revision != nullptr);
  CHECK(desk.state.revision != shown);
}

TEST_CASE("update: a search answer to an older question is not shown", "[state]") {
  Desk desk;
  desk.unlock();
  desk.caseload.records.push_back(desk.record(desk.me, "r1", "2026-11-20T10:00:00Z"));
  desk.load();
  auto& box = desk.state.editors.text(kSearch);
  box.insert("sch", editor::EditorState::How::Typed, desk.mono);
  desk.act(SearchTyped{});
  const auto first = desk.last<Search>().number;
  box.insert("ool", editor::EditorState::How::Typed, desk.mono);
  desk.act(SearchTyped{});
  CHECK(desk.last<Search>().query == "school");
  desk.hear(SearchHits{first, {{desk.amara, Id::from_name("r1"), "old"}}});
  CHECK(my_children_vm(desk.state).hits.empty());
  desk.hear(SearchHits{desk.last<Search>().number, {{desk.amara, Id::from_name("r1"), "my school"}}});
  REQUIRE(my_children_vm(desk.state).hits.size() == 1);
  CHECK(my_children_vm(desk.state).hits[0].snippet == "my school");
}

TEST_CASE("update: a supervisor approves exactly what was read; a newer version is refused in words", "[state][A50]") {
  Desk desk;
  desk.as_boss();
  desk.caseload.records.push_back(desk.record(desk.other, "r1", "2026-11-20T10:00:00Z"));
  desk.unlock();
  REQUIRE(approvals_vm(desk.state).visits.size() == 1);
  CHECK(approvals_vm(desk.state).visits[0].rows[0].age == "Sent 3 days ago");
  desk.act(Open{ScreenKind::Review, Id::from_name("r1")});
  CHECK(review_vm(desk.state).approve_words ==
        "If you approve, you say: I have read this version and agree the next steps. It does not certify the facts.");

  auto newer = desk.caseload.records[0].head().body;
  newer.part.answers["said"] = std::string("I do not like my school");
  desk.caseload.records[0].versions.push_back(Desk::version(newer, 2, model::State::Submitted));
  desk.load();
  const auto stale = review_vm(desk.state).stale;
  CHECK(stale.starts_with("Nothing was approved. Dan Price sent a newer version "));
  desk.act(ChooseAgreeRisk{true});
  desk.act(PressApprove{});
  CHECK(desk.all<Decide>().empty());
  CHECK(review_vm(desk.state).problems.at(0).label.find("newer version") != std::string::npos);

  desk.act(Open{ScreenKind::Review, Id::from_name("r1")});
  CHECK(review_vm(desk.state).stale.empty());
  desk.act(ChooseAgreeRisk{true});
  desk.act(PressApprove{});
  INFO((desk.state.reviewing && !desk.state.reviewing->problems.empty() ? desk.state.reviewing->problems[0].words : std::string()));
  const auto& decision = desk.last<Decide>().decision;
  CHECK(decision.on.rev == 2);
  CHECK(decision.on.hash == desk.caseload.records[0].head().revision.hash);
  CHECK(decision.verdict == model::Verdict::Approved);
  CHECK(bar_vm(desk.state).status == "Offline, 1 change to send");  // before the store says so
}

TEST_CASE("update: returning needs a reason and words; nobody decides on their own record", "[state]") {
  Desk desk;
  desk.as_boss();
  desk.caseload.records.push_back(desk.record(desk.other, "r1", "2026-11-20T10:00:00Z"));
  desk.caseload.records.push_back(desk.record(desk.boss, "own", "2026-11-19T10:00:00Z"));
  desk.unlock();
  CHECK(approvals_vm(desk.state).visits.size() == 1);
  desk.act(Open{ScreenKind::Review, Id::from_name("own")});
  CHECK_FALSE(review_vm(desk.state).own.empty());
  desk.act(PressApprove{});
  CHECK(desk.all<Decide>().empty());
  desk.act(Open{ScreenKind::Review, Id::from_name("r1")});
  desk.act(PressReturn{});
  CHECK(desk.all<Decide>().empty());
  CHECK(review_vm(desk.state).problems.size() >= 2);
  desk.act(ChooseReturnReason{"MISSING_VOICE"});
  desk.state.editors.text(kRationale).insert("What did Amara say?", editor::EditorState::How::Typed, desk.mono);
  desk.act(ChooseAgreeRisk{true});
  desk.act(PressReturn{});
  CHECK(desk.last<Decide>().decision.return_reason == model::ReturnReason::MissingVoice);
}

TEST_CASE("update: a returned record is corrected in a draft that names it, and what changed is shown", "[state]") {
  Desk desk;
  auto item = desk.record(desk.me, "r1", "2026-11-20T10:00:00Z");
  model::Decision decision;
  decision.on = {item.id(), 1, item.head().revision.hash};
  decision.verdict = model::Verdict::Returned;
  decision.return_reason = model::ReturnReason::MissingVoice;
  decision.reviewer_name = "Ines Cole";
  decision.rationale = "What did Amara say?";
  item.decisions = {decision};
  auto returned = std::make_shared<model::RecordVersion>(item.head());
  returned->revision.rev = 2;
  returned->revision.state = model::State::Returned;
  item.versions.push_back(std::move(returned));
  desk.caseload.records = {item};
  desk.unlock();
  desk.act(PressRewrite{item.id()});
  REQUIRE(desk.state.visit.has_value());
  CHECK(record_vm(desk.state).returned_why == "Ines Cole returned this. The child's voice is missing. What did Amara say?");
  desk.type(Place{desk.amara, "said", Id(), {}}.key(), "“I want to stay with Auntie”");
  desk.act(PressSubmit{});
  for (const auto& problem : check_vm(desk.state).problems) UNSCOPED_INFO(problem);
  const auto& submit = desk.last<Submit>();
  CHECK(submit.record_ids.empty());
  REQUIRE(submit.visit.children[0].revises.has_value());
  CHECK(submit.visit.children[0].revises->record == item.id());

  Desk reader;
  reader.as_boss();
  auto body = model::record_of(submit.visit, submit.visit.children[0], item.id(), reader.wall);
  item.versions.push_back(Desk::version(body, 3, model::State::Submitted));
  reader.caseload.records = {item};
  reader.unlock();
  reader.act(Open{ScreenKind::Review, item.id()});
  const auto review = review_vm(reader.state);
  CHECK(review.change_tab == 1);
  bool found = false;
  for (const auto& change : review.changes)
    if (change.place == "What Amara said")
      found = change.before == "I like my school" && change.after == "“I want to stay with Auntie”";
  CHECK(found);
}

TEST_CASE("update: the same thing written twice is shown side by side and settled by a person", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.fill();
  desk.act(Back{});
  auto visit = desk.last<SaveDraft>().visit;
  model::Conflict conflict;
  conflict.path = "children/" + desk.amara.str() + "/answers/said";
  conflict.base.text = "\"a\"";
  conflict.mine.text = "\"mine\"";
  conflict.theirs.text = "\"theirs\"";
  conflict.mine_author = conflict.theirs_author = desk.me;
  visit.conflicts = {conflict};
  visit.children[0].answers["said"] = std::string("theirs");  // it stands at its place
  auto another = conflict;
  another.path = "children/" + desk.amara.str() + "/answers/think";
  visit.conflicts.push_back(another);
  desk.hear(DraftChanged{visit, 6});
  desk.act(Open{ScreenKind::Record, visit.id});
  REQUIRE(conflicts_vm(desk.state).conflicts.size() == 2);
  CHECK(conflicts_vm(desk.state).conflicts[0].heading == "What Amara said (1 of 2)");
  desk.act(Back{});
  visit.conflicts.pop_back();
  desk.hear(DraftChanged{visit, 7});
  desk.act(Open{ScreenKind::Record, visit.id});
  CHECK(record_vm(desk.state).conflict == "1 thing was written twice. Settle it before you submit.");
  desk.act(PressSubmit{});
  CHECK(desk.all<Submit>().empty());
  desk.act(Open{ScreenKind::Conflict, visit.id});
  const auto vm = conflicts_vm(desk.state);
  REQUIRE(vm.conflicts.size() == 1);
  CHECK(vm.conflicts[0].heading == "What Amara said");
  CHECK(vm.conflicts[0].mine == "mine");
  CHECK(vm.conflicts[0].theirs == "theirs");
  REQUIRE(vm.conflicts[0].keep_both.intent.has_value());
  desk.act(*vm.conflicts[0].keep_both.intent);
  CHECK(desk.last<SettleConflict>().path == conflict.path);
  CHECK(desk.last<SettleConflict>().choice.keep == merge::Choice::Keep::Both);
  desk.saved();
  visit.conflicts.clear();
  visit.facts.recorded_at = desk.state.visit->visit.facts.recorded_at;
  desk.hear(DraftChanged{visit, 8});
  CHECK(conflicts_vm(desk.state).conflicts.empty());
  desk.type(Place{desk.amara, "think", Id(), {}}.key(), "after");
  desk.act(FieldLeft{});
  CHECK(desk.last<SaveDraft>().based_on == 8);
}

TEST_CASE("update: an unknown child is an alert until a supervisor says what is done", "[state]") {
  Desk desk;
  auto item = desk.record(desk.other, "r1", "2026-11-20T10:00:00Z");
  auto body = item.head().body;
  const Id baby = Id::from_name("baby");
  body.facts.other_children = {{baby, "Bug", "about 2", model::Known::Unknown, "asleep on the sofa"}};
  item.versions = {Desk::version(body, 1, model::State::Submitted)};
  desk.caseload.records = {item};
  desk.as_boss();
  desk.unlock();
  desk.act(Open{ScreenKind::Alerts, Id()});
  REQUIRE(alerts_vm(desk.state).alerts.size() == 1);
  desk.act(PressSettleAlert{baby});
  CHECK(desk.all<SettleAlert>().empty());
  CHECK_FALSE(alerts_vm(desk.state).alerts[0].problem.empty());
  desk.act(ChooseAlertOutcome{baby, "REFERRED"});
  desk.state.editors.text("alert/" + baby.str() + "/why").insert("Called MASH", editor::EditorState::How::Typed, desk.mono);
  desk.act(PressSettleAlert{baby});
  const auto& disposition = desk.last<SettleAlert>().disposition;
  CHECK(disposition.outcome == "REFERRED");
  CHECK(disposition.alert == baby);
  desk.caseload.records[0].dispositions = {disposition};
  desk.load();
  CHECK(alerts_vm(desk.state).alerts.empty());
}

TEST_CASE("update: a case that was reassigned leaves the screen", "[state]") {
  Desk desk;
  desk.unlock();
  desk.act(Open{ScreenKind::Child, desk.amara});
  std::erase_if(desk.caseload.children, [&](const auto& c) { return c.id == desk.amara; });
  desk.load();
  CHECK(desk.state.screen()->kind == ScreenKind::MyChildren);
  CHECK(my_children_vm(desk.state).notice.find("no longer on this tablet") != std::string::npos);
}

TEST_CASE("update: sync is told in plain words with the last receipt", "[state]") {
  Desk desk;
  desk.unlock();
  SyncStatus status;
  status.online = true;
  status.receipt = SyncReceipt{41, desk.wall, 9};
  desk.hear(status);
  CHECK(sync_vm(desk.state).headline == "Everything is with the case server.");
  CHECK(sync_vm(desk.state).facts.at(1).value == "Today at 14:05 (receipt 41)");
  status.refused = {{3, desk.amara, Id(), "decide", "stale", "", desk.wall}};
  desk.hear(status);
  CHECK(bar_vm(desk.state).status == "Something was not taken");
  CHECK(sync_vm(desk.state).refused.at(0).why == "A newer version had arrived. Read it and decide again.");
  desk.act(DismissRefused{3});
  CHECK(sync_vm(desk.state).refused.empty());
  CHECK(desk.last<DismissAnswer>().number == 3);
  // What the bar says has come back is listed: two versions of a draft are told in the draft, another family's not in a visit.
  status.refused = {{4, desk.me, Id::from_name("a draft"), "put", "conflict", "", desk.wall}};
  desk.hear(status);
  CHECK_FALSE(bar_vm(desk.state).trouble);
  status.refused = {{5, Id::from_name("another child"), Id(), "decide", "stale", "", desk.wall}};
  desk.hear(status);
  CHECK(bar_vm(desk.state).trouble);
  desk.start();
  CHECK(sync_vm(desk.state).refused.empty());
  CHECK_FALSE(bar_vm(desk.state).trouble);
  status.online = false;
  status.waiting = 2;
  desk.hear(status);
  CHECK(bar_vm(desk.state).status == "Offline, 2 changes to send");
}

TEST_CASE("update: every answer of the server has words, and a draft that came back says which", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.saved();
  const auto visit = desk.state.visit->visit;
  std::vector<std::string> codes{"conflict", "merged"};
  for (const auto& [refusal, code] : model::CodeTable<wire::Refusal>::values) codes.emplace_back(code);
  for (const auto& code : codes) {
    INFO(code);
    SyncStatus status;
    status.refused = {{1, desk.amara, Id(), "submit", code, "in the server's words", desk.wall}};
    desk.hear(status);
    CHECK(sync_vm(desk.state).refused.at(0).why != "in the server's words");
    desk.caseload.drafts = {{visit, desk.wall, false, 0, false, {code, code}}};
    desk.load();
    CHECK(record_vm(desk.state).came_back == "The case server did not take this. " + sync_vm(desk.state).refused.at(0).why);
  }
}

TEST_CASE("update: the council's look is the tablet's until the worker chooses another", "[state]") {
  Desk desk;
  desk.state = initial(desk.state.assets, {.council = "Testshire", .contacts = {}, .look = LookChoice::Dark});
  desk.hear(Started{true, "Ruth Mensah", {}});
  CHECK(desk.last<ApplyLook>().look == static_cast<int>(LookChoice::Dark));
  desk.hear(Started{true, "Ruth Mensah", R"({"look":2})"});
  CHECK(desk.last<ApplyLook>().look == static_cast<int>(LookChoice::HighContrast));
}

TEST_CASE("update: settings are kept as text and read back", "[state]") {
  Desk desk;
  desk.unlock();
  desk.act(SetTextSize{250});
  desk.act(SetLook{LookChoice::HighContrast});
  Desk next;
  next.hear(Started{true, "Ruth Mensah", desk.last<SaveSettings>().json});
  CHECK(next.state.settings.text_percent == 200);
  CHECK(next.last<ApplyLook>().scale == 2.0f);
  CHECK(next.last<ApplyLook>().look == static_cast<int>(LookChoice::HighContrast));
}

TEST_CASE("update: in Welsh a visit is asked in Welsh, and so is what it misses; what is kept is the same", "[state]") {
  const auto asked_in = [](Language language) {
    Desk desk;
    desk.unlock();
    desk.state.settings.language = language;
    desk.start(true);
    desk.act(Open{ScreenKind::Check, desk.state.visit->visit.id});
    desk.act(PressSubmit{});
    const bool welsh = language == Language::Welsh;
    const auto problems = check_vm(desk.state).problems;
    CHECK(std::ranges::count(problems, welsh ? "Dywedwch a welwyd Tunde." : "Say whether Tunde was seen.") == 1);
    CHECK(std::ranges::any_of(problems, [](const auto& one) { return one.starts_with("Say "); }) != welsh);
    desk.act(Open{ScreenKind::Record, desk.state.visit->visit.id});
    bool asked = false;
    for (const auto& section : record_vm(desk.state).sections)
      for (const auto& block : section.blocks)
        if (const auto* field = std::get_if<FieldVm>(&block); field && field->place.question == "purpose")
          asked = field->label == (welsh ? "Beth oedd diben yr ymweliad?" : "What was the visit for?");
    CHECK(asked);
    return desk.state.visit->visit;
  };
  CHECK(asked_in(Language::Welsh) == asked_in(Language::English));
}

TEST_CASE("update: the app speaks the council's language until the worker chooses another", "[state]") {
  Desk desk;
  desk.state = initial(desk.state.assets, {.council = "Testshire", .contacts = {}, .language = Language::Welsh});
  desk.hear(Started{true, "Ruth Mensah", {}});
  CHECK(desk.state.text()("children.title") == "Fy mhlant");
  CHECK(desk.state.text()("yes") == "Yes");  // there is no one Welsh word for it
  desk.unlock();
  const auto before = desk.state.revision;
  desk.act(SetLanguage{Language::English});
  CHECK(desk.state.revision != before);
  CHECK(desk.state.text()("children.title") == "My children");
  Desk next;
  next.state.settings.language = Language::Welsh;
  next.hear(Started{true, "Ruth Mensah", desk.last<SaveSettings>().json});
  CHECK(next.state.settings.language == Language::English);
  next.hear(Started{true, "Ruth Mensah", R"({"language":7})"});
  CHECK(next.state.settings.language == Language::English);
}

TEST_CASE("update: when access has ended what is typed is handed over, and nothing but what is being sent is shown", "[state]") {
  Desk desk;
  desk.caseload.records = {desk.record(desk.other, "r1", "2026-11-20T10:00:00Z")};
  desk.unlock();
  desk.start();
  desk.type("record/jotting", "half a jotting");
  desk.fill();
  desk.effects.clear();
  SyncStatus status;
  status.online = true;
  status.waiting = 2;
  status.refused = {{1, desk.amara, Id::from_name("r1"), "submit", "stale", {}, {}}};
  Caseload gone;
  gone.ended = true;
  gone.me = desk.caseload.me;
  desk.hear(Loaded{std::make_shared<const Caseload>(gone)});
  desk.hear(status);
  CHECK(desk.all<SaveDraft>().size() == 1);
  CHECK_FALSE(desk.state.visit.has_value());
  CHECK(desk.state.drafts.empty());
  CHECK(desk.state.stage == Stage::Unlocked);
  REQUIRE(desk.state.screens.size() == 1);
  CHECK(desk.state.screen()->kind == ScreenKind::SyncStatus);
  auto vm = sync_vm(desk.state);
  CHECK(vm.title == "You no longer have access");
  CHECK(vm.headline == "What you wrote is being sent; nothing is lost.");
  CHECK(vm.refused.empty());
  CHECK_FALSE(bar_vm(desk.state).trouble);
  for (const Intent& intent : {Intent(Open{ScreenKind::MyChildren, {}}), Intent(Open{ScreenKind::StartVisit, desk.amara}), Intent(SearchTyped{})})
    desk.act(intent);
  CHECK(desk.state.screens.size() == 1);
  CHECK(desk.all<Search>().empty());
  desk.hear(DraftChanged{model::Visit{}, 3});
  CHECK(desk.state.drafts.empty());
  desk.act(Open{ScreenKind::Settings, {}});
  CHECK(desk.state.screen()->kind == ScreenKind::Settings);
  desk.act(Back{});
  desk.act(PressSyncNow{});
  CHECK(desk.all<SyncNow>().size() == 1);
  status.online = false;
  desk.hear(status);
  CHECK(sync_vm(desk.state).headline.find("as soon as there is a network") != std::string::npos);
  status.waiting = 0;
  desk.hear(status);
  vm = sync_vm(desk.state);
  CHECK(vm.headline == "Everything you wrote is with the case server.");
  CHECK(vm.safe.find("No child's record is left on this tablet") != std::string::npos);
  // Unlocked again it is the same; given back, the list is there.
  desk.act(PressLock{});
  desk.caseload = gone;
  desk.unlock();
  CHECK(desk.state.screen()->kind == ScreenKind::SyncStatus);
  desk.caseload.ended = false;
  desk.load();
  CHECK(desk.state.screen()->kind == ScreenKind::MyChildren);
}

TEST_CASE("update: where only IT can help, nothing is offered that cannot", "[state]") {
  Desk desk;
  desk.unlock();
  SyncStatus status;
  status.online = true;
  status.phase = SyncPhase::Failed;
  status.waiting = 5;
  status.next_try = desk.wall + Millis(600'000);
  const auto told = [&](const char* where, const char* code) {
    status.error = base::Error{base::Fault::Denied, where, ""};
    status.error_code = code;
    desk.hear(status);
    return sync_vm(desk.state);
  };
  const auto tells_next = [&](const SyncVm& vm) {
    return std::any_of(vm.facts.begin(), vm.facts.end(), [](const auto& fact) { return fact.name == "Next try"; });
  };
  for (const auto& vm : {told("sync", "revoked"), told("tls.not_authorised", ""), told("tls.no_certificate", "")}) {
    CHECK(vm.headline == "This tablet cannot send any more.");
    CHECK(vm.error.find("Call IT") != std::string::npos);
    CHECK(vm.safe == "What you wrote is safe on this tablet.");
    CHECK(vm.sync_now.label.empty());
    CHECK_FALSE(tells_next(vm));
  }
  const auto other = told("http.connect", "");
  CHECK(other.sync_now.label == "Sync now");
  CHECK(tells_next(other));
}

TEST_CASE("update: what came back says which visit it is of, and leads there where it can be opened", "[state]") {
  Desk desk;
  const auto item = desk.record(desk.me, "r1", "2026-11-20T10:00:00Z");
  desk.caseload.records = {item};
  desk.unlock();
  desk.start();
  const Id draft = desk.state.visit->visit.id;
  desk.act(Back{});
  desk.saved();
  SyncStatus status;
  status.online = true;
  status.refused = {{3, desk.amara, item.id(), "submit", "stale", "", desk.wall},
                    {4, desk.amara, draft, "put", "malformed", "", desk.wall},
                    {5, desk.amara, Id::from_name("gone"), "submit", "unknown_case", "", desk.wall}};
  desk.hear(status);
  const auto rows = sync_vm(desk.state).refused;
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].about == "Child in need visit: Amara Okafor, Fri 20 Nov at 10:00");
  CHECK(rows[0].open.label == "Open the record");
  CHECK(rows[1].about.starts_with("Child in need visit: Amara Okafor"));
  CHECK(rows[1].open.label == "Open the visit");
  CHECK(rows[2].about.empty());
  CHECK(rows[2].open.label.empty());
}

TEST_CASE("update: what keeps the server away is told by its cause, not by its kind", "[state][P40]") {
  Desk desk;
  desk.unlock();
  const auto told = [&](base::Fault fault, std::string where) {
    SyncStatus status;
    status.online = true;
    status.phase = SyncPhase::Waiting;
    status.error = base::Error{fault, std::move(where), "words for IT"};
    desk.hear(status);
    return sync_vm(desk.state).error;
  };
  CHECK(told(base::Fault::Offline, "http.connect") == "The case server could not be reached.");
  CHECK(told(base::Fault::Untrusted, "tls.clock").starts_with("The date or time of this tablet looks wrong"));
  CHECK(told(base::Fault::Untrusted, "tls.interception").find("Use another network") != std::string::npos);
  CHECK(told(base::Fault::Untrusted, "tls.wrong_server").find("Call IT, code E62.") != std::string::npos);
  CHECK(told(base::Fault::Untrusted, "tls.old_protocol").find("Use another network") != std::string::npos);
  CHECK(told(base::Fault::Denied, "tls.not_authorised").starts_with("The case server no longer accepts this tablet."));
  CHECK(told(base::Fault::Denied, "tls.no_certificate").starts_with("This tablet is not completely set up"));
  CHECK(told(base::Fault::Offline, "http.not_ours").find("log in") != std::string::npos);
  std::set<std::string> proxies;
  for (const char* what : {"log_in", "unreachable", "silent", "password", "refused", "no_way", "not_a_proxy"})
    proxies.insert(told(base::Fault::Offline, std::string("proxy.") + what));
  CHECK(proxies.size() == 7);
  CHECK_FALSE(proxies.contains("The case server could not be reached."));
}
