#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

TEST_CASE("commands: a lock from the council saves first, shows nothing, and says who did it", "[state][L34]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.fill();
  desk.effects.clear();
  desk.hear(Commanded{Commanded::What::Lock});
  REQUIRE(desk.effects.size() >= 2);
  CHECK(std::holds_alternative<SaveDraft>(desk.effects.front()));
  CHECK(std::holds_alternative<Lock>(desk.effects.back()));
  CHECK(desk.state.stage == Stage::Locked);
  CHECK_FALSE(desk.state.caseload);
  CHECK(unlock_vm(desk.state).notice.starts_with("The council locked this tablet"));
  CHECK(unlock_vm(desk.state).problem.empty());  // nobody has typed anything wrong
  desk.act(PressUnlock{});
  CHECK(unlock_vm(desk.state).notice.starts_with("The council locked this tablet"));
  desk.unlock();
  CHECK(unlock_vm(desk.state).notice.empty());
}

TEST_CASE("commands: before a tablet is wiped all that State holds is handed over, and that is said once", "[state][L34]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.fill();
  desk.effects.clear();
  Caseload wiping;
  wiping.ended = wiping.wiping = true;
  for (int times = 0; times < 2; ++times) desk.hear(Loaded{std::make_shared<const Caseload>(wiping)});
  REQUIRE(desk.all<SaveDraft>().size() == 1);
  CHECK(desk.all<HandedOver>().size() == 1);
  CHECK(std::holds_alternative<HandedOver>(desk.effects.back()));
  CHECK_FALSE(desk.state.visit.has_value());
  CHECK(sync_vm(desk.state).title == "The council is clearing this tablet");
  CHECK(sync_vm(desk.state).safe.find("clears itself") != std::string::npos);

  desk.hear(Commanded{Commanded::What::Wiped});
  CHECK(desk.state.stage == Stage::Wiped);
  CHECK(std::holds_alternative<Lock>(desk.effects.back()));
  const auto vm = unlock_vm(desk.state);
  CHECK(vm.wiped);
  CHECK(vm.title == "This tablet was cleared");
  // Whatever comes late opens nothing.
  desk.effects.clear();
  desk.hear(UnlockResult{base::Error{base::Fault::NotFound, "vault", ""}});
  desk.hear(Loaded{std::make_shared<const Caseload>(desk.caseload)});
  desk.act(PressUnlock{});
  CHECK(desk.state.stage == Stage::Wiped);
  CHECK_FALSE(desk.state.caseload);
  CHECK(desk.effects.empty());
}

TEST_CASE("commands: a locked tablet says that it waits for its unlock, and one that was wiped says so from its start", "[state][L34]") {
  Desk desk;
  desk.hear(Started{true, "Ruth Mensah", {}});
  desk.hear(Commanded{Commanded::What::WipeWaits});
  CHECK(unlock_vm(desk.state).notice.starts_with("The council is clearing this tablet"));
  desk.hear(Commanded{Commanded::What::Lock});  // given in its place
  CHECK_FALSE(unlock_vm(desk.state).explanation.starts_with("The council is clearing this tablet"));
  Desk wiped;
  wiped.hear(Started{false, "Ruth Mensah", {}, false, true});
  CHECK(unlock_vm(wiped.state).wiped);
}
