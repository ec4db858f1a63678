#include "app/work/caseload.h"

#include "tests/work/support.h"

using namespace doorstep;
using namespace doorstep::work;
using namespace doorstep::work::test;
using base::Id;

TEST_CASE("caseload: a decision and an addendum carry the name that belongs to who made them", "[work]") {
  Folder folder;
  store::StoreOptions how;
  how.create = true;
  auto store = must(store::Store::open(folder / "replica.db", base::Secret::copy_of(std::string(32, 'k')), std::string(16, 's'), how));
  const Id me = Id::from_name("worker:me"), child = Id::from_name("child:C1");
  store::Identity identity;
  identity.device = Id::from_name("device");
  identity.worker = me;
  must(store.set_identity(identity));

  wire::SyncReply reply;
  wire::CasePull pull;
  pull.case_id = child;
  pull.chain = wire::kChainStart;
  auto add = [&](Id record, model::RecordKind kind, model::State state, std::string body) {
    model::Revision revision;
    revision.record = record;
    revision.rev = 1;
    revision.kind = kind;
    revision.state = state;
    revision.hash = base::sha256_hex(body);
    revision.body = std::move(body);
    pull.chain = wire::chain_next(pull.chain, revision);
    pull.entries.push_back({++pull.to, std::move(revision)});
  };
  model::Worker helen;
  helen.id = Id::from_name("worker:helen");
  helen.name = "Helen Price";
  helen.role = model::Role::Supervisor;
  add(helen.id, model::RecordKind::Worker, model::State::None, wire::encode(helen));
  model::ChildRecord record;
  record.id = Id::from_name("record");
  record.author = me;
  record.part.id = child;
  add(record.id, model::RecordKind::ChildRecord, model::State::Approved, wire::encode(record));
  model::Decision decision;
  decision.id = Id::from_name("decision");
  decision.on.record = record.id;
  decision.reviewer = helen.id;
  decision.reviewer_name = "The Director";
  add(decision.id, model::RecordKind::Decision, model::State::None, wire::encode(decision));
  model::Addendum addendum;
  addendum.id = Id::from_name("addendum");
  addendum.record = record.id;
  addendum.author = Id::from_name("worker:nobody this tablet knows");
  addendum.author_name = "Joy Green";
  add(addendum.id, model::RecordKind::Addendum, model::State::None, wire::encode(addendum));
  reply.cases = {pull};
  must(store.apply(reply, kClock.wall()));

  auto caseload = must(read_caseload(store, me, "Ros Ash"));
  REQUIRE(caseload->records.size() == 1);
  REQUIRE(caseload->records[0].decisions.size() == 1);
  CHECK(caseload->records[0].decisions[0].reviewer_name == "Helen Price");
  REQUIRE(caseload->records[0].addenda.size() == 1);
  CHECK(caseload->records[0].addenda[0].author_name == "Joy Green");
}

TEST_CASE("caseload: what is too long for the server, or has too many photos, comes back with what a person can do about it", "[work]") {
  for (const auto& [detail, code] : std::vector<std::pair<std::string, std::string>>{
           {"size", "malformed.size"}, {"attachments: too many", "malformed.photos"}, {"visit_id", "malformed"}}) {
    INFO(detail);
    Folder folder;
    store::StoreOptions how;
    how.create = true;
    auto store = must(store::Store::open(folder / "replica.db", base::Secret::copy_of(std::string(32, 'k')), std::string(16, 's'), how));
    store::Identity identity;
    identity.device = Id::from_name("device");
    identity.worker = Id::from_name("worker:me");
    must(store.set_identity(identity));
    model::Visit visit;
    visit.id = Id::from_name("visit");
    must(store.save_draft(visit, kClock.wall()));
    const auto batch = must(store.freeze(64, 1 << 18, kClock.wall()));
    REQUIRE(batch.ops.items.size() == 1);
    wire::SyncReply reply;
    reply.applied_through = 1;
    reply.head_hash = wire::chain_next(wire::kChainStart, batch.ops.items[0]);
    wire::OpResult refused;
    refused.number = 1;
    refused.status = wire::OpStatus::Refused;
    refused.code = wire::Refusal::Malformed;
    refused.detail = detail;
    reply.results = {refused};
    must(store.apply(reply, kClock.wall()));
    state::SyncStatus status;
    must(read_sync(store, status));
    REQUIRE(status.refused.size() == 1);
    CHECK(status.refused[0].code == code);
    CHECK(status.refused[0].detail == detail);
  }
}
