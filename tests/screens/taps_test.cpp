// How many presses a typical visit takes, from the locked tablet to "Submitted", on the real screens. Counted apart: presses into
// a field to type there. Every press is by finger; nobody's answer is there before.
#include <imgui.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdio>

#include "app/state/words.h"
#include "app/view/screens.h"
#include "tests/support/desk.h"
#include "tests/support/headless.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

constexpr int kOneChild = 25, kThreeChildren = 60;  ///< the most presses besides typing

class Worker {
 public:
  Worker() {
    auto& home = desk_.caseload.families[0];
    home.members = {{Id::from_name("ngozi"), "Ngozi Okafor", "Mother", {}, true, {}}};
    auto third = desk_.caseload.children[1];
    third.id = Id::from_name("bola");
    third.name = "Bola Okafor", third.called = "Bola";
    desk_.caseload.children.push_back(third);
    home.children.push_back(third.id);
    desk_.hear(Started{true, "Ruth Mensah", {}});
    head_.draw_with([this](view::Ui& ui) {
      Intents asked;
      view::draw_app(ui, desk_.state, desk_.state.editors, asked);
      for (const auto& intent : asked) desk_.act(intent);
      if (std::exchange(focused_, desk_.state.focus_number) != desk_.state.focus_number) ui.focus(desk_.state.focus);
    });
    head_.settle(6);
  }

  void press(const std::string& key_or_name) {
    INFO(key_or_name);
    head_.settle();
    head_.tap(key_or_name);
    ++pressed;
  }
  void type(const std::string& key, const std::string& words) {
    INFO(key);
    head_.settle();
    head_.tap(key);
    ++into_fields;
    head_.type(words);
    head_.settle();
  }
  /// Day, month and year, with the keyboard's Tab between them; of a moment also hour and minute.
  void type_in_turn(const std::string& key, const std::vector<std::string>& words) {
    type(key, words.front());
    for (std::size_t i = 1; i < words.size(); ++i) {
      head_.key(ImGuiKey_Tab);
      head_.type(words[i]);
    }
  }

  void unlock() {
    type("unlock/passphrase", "quiet river lantern teapot");
    press("unlock-action");
    desk_.hear(UnlockResult{});
    desk_.load();
    head_.settle();
  }
  void start(const std::vector<Id>& siblings) {
    press("Start a visit");
    press("family/family_" + desk_.family.str());
    for (const Id& child : siblings) press("children/who_" + child.str());
    press("type/type_CIN");
    press("start");
  }
  void answer_visit() {
    CHECK(desk_.state.visit->visit.facts.answers.empty());
    CHECK(desk_.state.visit->visit.facts.present.empty());
    check_unanswered("visit/");
    type_in_turn("visit/start/day", {"23", "11", "2026", "13", "10"});
    type_in_turn("visit/end/day", {"23", "11", "2026", "13", "55"});
    press("visit/announced/ANNOUNCED");
    press("visit/place/HOME");
    type("visit/purpose", "To see how school is going, and the bus pass.");
    press("visit/outcome/COMPLETED");
    press("visit/present/known/" + Id::from_name("ngozi").str());
    press("visit/parents_met/YES");
    press("visit/other_children/none");
    type("visit/language", "English");
    press("visit/interpreter/NONE_NEEDED");
    press("visit/home_food/CONCERN");
    press("rest/home/0");
    type_in_turn("visit/next_visit_due/day", {"18", "12", "2026"});
    type("visit/next_visit_confirmed_by", "Ngozi Okafor");
  }
  void answer_child(const Id& id, const std::string& name) {
    press(name);
    const std::string child = "child/" + id.str() + "/";
    check_unanswered(child);
    press(child + "seen/YES");
    type(child + "said", "I like my school.");
    press(child + "words_method/TALK");
    type(child + "saw", "Showed me a drawing, and sat close to Mum.");
    for (const char* question : {"health", "growth", "school", "told", "protective", "think"}) type(child + question, "As before, and well.");
    press(child + "risk/-/changed/NO");
    press(child + "next_steps/add");
    const Id step = desk_.state.visit->visit.children[written_++].next_steps.front().id;
    const std::string next = child + "next_steps/" + step.str() + "/";
    head_.type("Ask for the bus pass");  // the keyboard is there already
    type(next + "owner", "Ruth Mensah");
    type_in_turn(next + "due/day", {"4", "12", "2026"});
  }
  /// What is missing, if anything is.
  std::string submit() {
    press("check");
    press("submit");
    std::string out;
    for (const auto& problem : problems_of(desk_.state)) out += desk_.state.text()(problem.said) + "\n";
    return out;
  }
  bool submitted() const { return desk_.all<Submit>().size() == 1; }
  const Id amara = Id::from_name("amara"), tunde = Id::from_name("tunde"), bola = Id::from_name("bola");

  int pressed = 0, into_fields = 0;

 private:
  /// Of the questions whose key begins so, none has anything chosen or written in it.
  void check_unanswered(const std::string& prefix) {
    head_.settle();
    int controls = 0;
    for (const view::Item& item : head_.semantics().items()) {
      if (!view::interactive(item.role) || !item.key.starts_with(prefix)) continue;
      if (item.key == "visit/type/CIN") continue;  // the worker said so at the start
      INFO(item.key);
      CHECK_FALSE(item.selected);
      if (item.role == view::Role::Note || item.role == view::Role::TextField) CHECK(item.value == "");
      ++controls;
    }
    CHECK(controls > 20);
  }

  Desk desk_;
  std::uint64_t focused_ = 0;
  std::size_t written_ = 0;
  test::Headless head_{support::fonts(), 1280, 20000};
};

void tell(const char* visit, const Worker& worker, int most) {
  std::printf("%s: %d presses besides typing (at most %d), %d into fields\n", visit, worker.pressed, most, worker.into_fields);
}

}  // namespace

TEST_CASE("taps: a child in need visit to one child", "[taps]") {
  Worker worker;
  worker.unlock();
  worker.start({worker.amara});
  worker.answer_visit();
  worker.answer_child(worker.amara, "Amara");
  CHECK(worker.submit() == "");
  CHECK(worker.submitted());
  tell("one child", worker, kOneChild);
  CHECK(worker.pressed <= kOneChild);
}

TEST_CASE("taps: a child in need visit to three siblings", "[taps]") {
  Worker worker;
  worker.unlock();
  worker.start({worker.amara, worker.tunde, worker.bola});
  worker.answer_visit();
  worker.answer_child(worker.amara, "Amara");
  worker.answer_child(worker.tunde, "Tunde");
  worker.answer_child(worker.bola, "Bola");
  CHECK(worker.submit() == "");
  CHECK(worker.submitted());
  tell("three siblings", worker, kThreeChildren);
  CHECK(worker.pressed <= kThreeChildren);
}
