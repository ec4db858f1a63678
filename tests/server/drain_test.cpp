#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

/// The reply to a tablet whose worker's access ended: nothing in it that could be read.
const wire::SyncReply& drained(const Tablet& tablet) {
  CHECK(tablet.last.drain == true);
  CHECK(tablet.last.cases.empty());
  CHECK_FALSE(tablet.last.more);
  return tablet.last;
}
std::set<Id> held(const Tablet& tablet) {
  std::set<Id> out;
  for (const auto& [id, cursor] : tablet.cursors) out.insert(id);
  return out;
}
void disable(Office& office, const char* worker, bool disabled = true) {
  REQUIRE(server::disable_worker(*office.repository, worker, disabled, office.clock.now).has_value());
}

}  // namespace

TEST_CASE("drain: a disabled worker's tablet hands in what waits, is told to drop everything, and reads nothing", "[server][A51]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  wren.sync();
  CHECK_FALSE(wren.last.drain.has_value());
  const auto submitted = wren.record(any_id("r1"), child_id("A1"));
  wren.sync({Tablet::submit(submitted, child_id("A1"))});
  disable(office, "wren");
  // What others write from now on, and what is new, is none of theirs.
  office.import(extract());
  model::Visit draft;
  draft.id = any_id("draft");
  draft.author = wren.worker;
  const auto late = wren.record(any_id("r2"), child_id("B1"), "Written before the end.");
  const auto unknown = any_id("a child on no list");
  auto strange = wren.record(any_id("r3"), unknown, "A family not on the tablet.");
  const auto results = wren.sync({wren.put(draft), Tablet::submit(late, child_id("B1")), Tablet::submit(strange, unknown),
                                  Tablet::on(OpKind::Withdraw, *office.head(submitted.id), child_id("A1"), "")});
  REQUIRE(results.size() == 4);
  for (const auto& result : results) {
    INFO(result.number);
    CHECK(result.status == OpStatus::Applied);
  }
  CHECK(results[1].receipt.has_value());
  const auto& reply = drained(wren);
  CHECK(std::set<Id>(reply.drop.begin(), reply.drop.end()) == held(wren));
  CHECK(held(wren).contains(wren.worker));
  REQUIRE(office.head(late.id).has_value());
  CHECK(office.head(late.id)->state == State::Submitted);
  CHECK(office.head(draft.id).has_value());
  sparrow.sync();
  CHECK(sparrow.has(child_id("B1"), late.id));
  CHECK(sparrow.has(unknown, strange.id));

  // A tablet that says it holds nothing is given nothing either.
  auto request = wren.request();
  request.view = {wire::view_digest({}), std::vector<wire::Cursor>()};
  auto empty = wire::decode<wire::SyncReply>(wren.raw(request).body);
  REQUIRE(empty.has_value());
  CHECK(empty->drain == true);
  CHECK(empty->cases.empty());
  CHECK(empty->drop.empty());
  // Purged, it says so.
  for (Id id : held(wren)) wren.purge(id);
  request = wren.request();
  request.purged = {child_id("A1"), wren.worker};
  CHECK(wren.raw(request).status == 200);
}

TEST_CASE("drain: it writes nothing new of anybody else's, and a disabled supervisor decides nothing", "[server]") {
  Office office(Store::Sqlcipher);
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  wren.sync();
  const auto record = wren.record(any_id("r1"), child_id("A1"));
  wren.sync({Tablet::submit(record, child_id("A1"))});
  sparrow.sync();
  disable(office, "sparrow");
  const auto refused = [](const wire::OpResult& result) {
    CHECK(result.status == OpStatus::Refused);
    CHECK(result.code == Refusal::UnknownCase);
    CHECK_FALSE(result.receipt.has_value());
  };
  refused(sparrow.one(sparrow.decide(*sparrow.has(child_id("A1"), record.id), child_id("A1"), model::Verdict::Approved, "Read.")));
  drained(sparrow);
  CHECK(office.head(record.id)->state == State::Submitted);
  // Never held, not their own record, another's own case.
  refused(sparrow.one(Tablet::submit(sparrow.record(any_id("r2"), child_id("S1")), child_id("S1"))));
  refused(sparrow.one(Tablet::on(OpKind::Withdraw, *office.head(record.id), child_id("A1"), "")));
  model::Visit draft;
  draft.id = any_id("a draft in another's case");
  draft.author = sparrow.worker;
  auto put = sparrow.put(draft);
  put.case_id = wren.worker;
  refused(sparrow.one(put));
}

TEST_CASE("drain: a leaver drains too; a revocation refuses; an extract does not enable; enabled, everything comes again", "[server]") {
  Office office(Store::Sqlcipher);
  Tablet ash(office, "ash"), wren(office, "wren");
  ash.sync();
  wren.sync();
  auto files = extract();
  auto& workers = files["workers.csv"];
  workers.erase(workers.find("ash,"), workers.find("sparrow,") - workers.find("ash,"));
  CHECK(office.import(files).workers_left == 1);
  ash.sync();
  drained(ash);
  office.import(extract());  // back from leave
  ash.sync();
  CHECK_FALSE(ash.last.drain.has_value());
  disable(office, "wren");
  office.import(extract());
  wren.sync();
  drained(wren);
  // Nothing new is set up for them: no code, no enrolment, no certificate.
  CHECK_FALSE(server::make_token(*office.repository, "wren", {}, office.clock.now).has_value());
  CHECK(wren.send("/v1/activate", "{}", wren.device_identity).status == 403);
  for (Id id : held(wren)) wren.purge(id);
  disable(office, "wren", false);
  wren.sync();
  CHECK_FALSE(wren.last.drain.has_value());
  CHECK(wren.has(child_id("A1"), child_id("A1")));
  disable(office, "wren");
  REQUIRE(server::revoke_worker(*office.repository, "wren", office.clock.now).has_value());
  CHECK(wren.raw(wren.request()).status == 403);
  CHECK_FALSE(server::disable_worker(*office.repository, "nobody", true, office.clock.now).has_value());
}
