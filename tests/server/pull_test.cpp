#include "sync/server/pull.h"

#include "sync/server/commands.h"
#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

/// As a tablet asks when nothing is new to it: by the digest alone.
wire::SyncReply ask(Tablet& tablet) {
  auto request = tablet.request();
  request.view.cases.reset();
  auto reply = wire::decode<wire::SyncReply>(tablet.raw(request).body);
  REQUIRE(reply.has_value());
  CHECK_FALSE(reply->need_view);
  return *reply;
}

bool nothing_new(Tablet& tablet) {
  const auto reply = ask(tablet);
  return reply.cases.empty() && reply.drop.empty() && !reply.more;
}

std::map<std::string, std::string> allocated(const std::string& rows) {
  auto files = extract();
  files["allocations.csv"] = "child_ref,worker_ref,kind,until\n" + rows;
  return files;
}

}  // namespace

TEST_CASE("pull: who lacked nothing hears of every entry after it, and of it again while its reply may be lost", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  wren.sync();
  sparrow.sync();
  CHECK(nothing_new(sparrow));
  CHECK(nothing_new(sparrow));

  auto record = wren.record(any_id("record"), child_id("A1"));
  wren.sync({Tablet::submit(record, child_id("A1"))});
  CHECK(nothing_new(wren));
  const auto first = ask(sparrow);
  REQUIRE(first.cases.size() == 1);
  CHECK(ask(sparrow).cases == first.cases);  // the reply was lost
  sparrow.take(first);
  CHECK(nothing_new(sparrow));
  CHECK(nothing_new(sparrow));

  // As much as fits now, and the rest with the next digest.
  for (const char* name : {"b", "c"}) wren.sync({Tablet::submit(wren.record(any_id(name), child_id("B1")), child_id("B1"))});
  auto request = sparrow.request();
  request.view.cases.reset();
  request.budget = 1;
  const auto part = wire::decode<wire::SyncReply>(sparrow.raw(request).body).value();
  CHECK(part.more);
  sparrow.take(part);
  const auto rest = ask(sparrow);
  REQUIRE(rest.cases.size() == 1);
  sparrow.take(rest);
  CHECK(nothing_new(sparrow));
}

TEST_CASE("pull: wherever a reply ends, the next digest is known", "[server]") {
  Office office;
  for (std::int64_t budget = 300; budget <= 3600; budget += 300) {  // from the first entry to all of them
    CAPTURE(budget);
    Tablet fresh(office, "sparrow");
    auto request = fresh.request();
    request.budget = budget;
    fresh.take(wire::decode<wire::SyncReply>(fresh.raw(request).body).value());
    fresh.take(ask(fresh));
    CHECK(nothing_new(fresh));
  }
}

TEST_CASE("pull: a grant and its end are heard of without an entry in any log", "[server]") {
  Office office;
  Tablet wren(office, "wren"), ash(office, "ash"), sparrow(office, "sparrow");
  for (Tablet* tablet : {&wren, &ash, &sparrow}) tablet->sync();
  for (Tablet* tablet : {&wren, &ash, &sparrow}) CHECK(nothing_new(*tablet));

  office.import(allocated("A1,ash,ALLOCATED,\nB1,wren,ALLOCATED,\nS1,heron,ALLOCATED,\n"));
  CHECK(ask(wren).drop == std::vector{child_id("A1")});
  CHECK(ask(wren).drop == std::vector{child_id("A1")});  // until it is gone
  wren.purge(child_id("A1"));
  wren.sync();
  CHECK(nothing_new(wren));
  const auto granted = ask(ash);
  REQUIRE(std::any_of(granted.cases.begin(), granted.cases.end(), [](const auto& pull) { return pull.case_id == child_id("A1"); }));
  ash.take(granted);
  ash.sync();
  CHECK(nothing_new(ash));

  // Cover ends with its day, though nothing is written then.
  office.import(allocated("A1,ash,ALLOCATED,\nA1,wren,COVER,2026-11-19\nB1,wren,ALLOCATED,\nS1,heron,ALLOCATED,\n"));
  wren.sync();
  CHECK(wren.cases.contains(child_id("A1")));
  CHECK(nothing_new(wren));
  office.clock.pass(std::chrono::hours(24));
  CHECK(nothing_new(wren));
  office.clock.pass(std::chrono::hours(24));
  CHECK(ask(wren).drop == std::vector{child_id("A1")});
}

TEST_CASE("pull: whoever is switched off hears so, also when nothing changed", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  wren.sync();
  CHECK(nothing_new(wren));
  auto unit = std::move(*office.repository->write());
  auto device = **unit->device(wren.device);
  device.active = false;
  REQUIRE(unit->put_device(device).has_value());
  REQUIRE(unit->commit().has_value());
  unit.reset();
  CHECK(wren.raw(wren.request()).status == 403);
}

TEST_CASE("pull: who lost access since the request was admitted is given nothing, and who was revoked no answer", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  wren.sync();
  const server::Actor admitted{*office.read([&](server::Unit& unit) { return unit.worker(wren.worker); }),
                               *office.read([&](server::Unit& unit) { return unit.device(wren.device); })};
  wren.purge(child_id("A1"));
  const auto pulled = [&] { return server::pull(*office.repository, admitted, wren.request(), office.clock.now); };
  CHECK(pulled()->cases.size() == 1);
  CHECK_FALSE(pulled()->drained);
  REQUIRE(server::disable_worker(*office.repository, "wren", true, office.clock.now).has_value());
  CHECK(pulled()->cases.empty());
  CHECK(pulled()->drained);
  CHECK(pulled()->drop.size() == 2);
  REQUIRE(server::disable_worker(*office.repository, "wren", false, office.clock.now).has_value());
  CHECK(pulled()->cases.size() == 1);
  REQUIRE(server::give_command(*office.repository, wren.device, wire::CommandKind::Wipe, office.clock.now).has_value());
  CHECK(pulled()->drained);
  REQUIRE(server::revoke_device(*office.repository, wren.device, office.clock.now).has_value());
  CHECK(pulled().error().fault == base::Fault::Denied);
}

TEST_CASE("pull: who may see thousands of cases is given them all, and goes on from there", "[server]") {
  server::ServiceOptions options;
  options.requests_per_minute = 1'000'000;
  Office office(Store::Sqlcipher, options);  // the limit is the same on either
  constexpr int kMany = 2100;
  auto files = extract();
  for (int i = 0; i < kMany; ++i) {
    const std::string ref = "M" + std::to_string(i);
    files["families.csv"] += "F" + ref + ",Null,2 Test Street,B1 1AB,,\n";
    files["children.csv"] += ref + ",F" + ref + ",Null,,2015-01-01,,,U,,,,\n";
    files["allocations.csv"] += ref + ",wren,ALLOCATED,\n";
  }
  office.import(files);
  Tablet sparrow(office, "sparrow");
  sparrow.sync();
  CHECK(sparrow.cursors.size() > kMany);
  CHECK(sparrow.has(child_id("M0"), child_id("M0")));
  CHECK(sparrow.has(child_id("M2099"), child_id("M2099")));
  CHECK(nothing_new(sparrow));
  // With every cursor written out, as to a server that does not know the digest.
  const auto whole = wire::decode<wire::SyncReply>(sparrow.raw(sparrow.request()).body);
  REQUIRE(whole.has_value());
  CHECK(whole->cases.empty());
  CHECK(whole->drop.empty());
}
