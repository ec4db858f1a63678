#pragma once
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <stdlib.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "platform/base/bytes.h"
#include "platform/sql/db.h"
#include "sync/server/import.h"
#include "sync/server/pg_repository.h"
#include "sync/server/push.h"
#include "sync/server/service.h"
#include "sync/server/sqlcipher_repository.h"
#include "sync/wire/codec.h"
#include "tests/support/folder.h"
#include "tests/support/postgres.h"

/// A case server in a folder of its own with two teams, and tablets that talk to it without a network.
namespace doorstep::tests {

using base::Id;
using base::Instant;
using model::RecordKind;
using model::State;
using wire::OpKind;
using wire::OpStatus;
using wire::Refusal;

class TestClock final : public base::Clock {
 public:
  Instant now{1'795'000'000'000};  // 2026-11-18
  base::Millis up{1'000'000};
  Instant wall() const override { return now; }
  base::Millis monotonic() const override { return up; }
  void pass(base::Millis by) {
    now = now + by;
    up += by;
  }
};

inline Id worker_id(const char* ref) { return Id::from_name(std::string("worker:") + ref); }
inline Id child_id(const char* ref) { return Id::from_name(std::string("child:") + ref); }
/// As a tablet makes them, and the same for the same name.
inline Id any_id(const std::string& name) { return Id::v7({1'794'000'000'000}, base::sha256("test:" + name)); }

/// Wren and Ash work for Sparrow (north); Heron works for Owl (south).
inline std::map<std::string, std::string> extract() {
  return {
      {"workers.csv", "worker_ref,name,role,team_ref,team_name,social_work_qualified\n"
                      "wren,Wren Abara,SOCIAL_WORKER,north,North team,YES\n"
                      "ash,Ash Lewis,SOCIAL_WORKER,north,North team,YES\n"
                      "sparrow,Sparrow Khan,SUPERVISOR,north,North team,YES\n"
                      "heron,Heron Price,SOCIAL_WORKER,south,South team,NO\n"
                      "owl,Owl Byrne,SUPERVISOR,south,South team,YES\n"},
      {"families.csv", "family_ref,name,address,postcode,phone,language\n"
                       "F1,Okafor,1 Test Street,B1 1AA,0100,en\nF2,Null,2 Test Street,B1 1AB,,\n"},
      {"children.csv", "child_ref,family_ref,name,called,born,born_assumed,expected,sex,language,communication,disability,ethnicity\n"
                       "A1,F1,Amara Okafor,Amara,2017-03-01,,,F,en,,NONE,BAFR\n"
                       "B1,F1,Ben Okafor,Ben,2019-03-01,,,M,en,,,BAFR\n"
                       "S1,F2,Null,,2012-01-01,YES,,U,,,,\n"},
      {"people.csv", "person_ref,family_ref,name,relationship,born,in_household,note\nP1,F1,Grace Okafor,mother,,YES,\n"},
      {"involvements.csv",
       "involvement_ref,child_ref,status,started,ended,referral,strategy,conference,plan_ref,legal_status,placement,to_last_to_18,"
       "longterm_agreed,first_review,category,plan_every,plan_unit\nI1,A1,CPP,2026-09-01,,,,2026-09-01,CP77,,,,,,NEG,10,WORKING_DAYS\n"},
      {"allocations.csv", "child_ref,worker_ref,kind,until\nA1,wren,ALLOCATED,\nB1,wren,ALLOCATED,\nS1,heron,ALLOCATED,\n"},
      {"steps.csv", "step_ref,child_ref,what,owner,due\nT1,A1,Register with a GP,Grace,2026-12-01\n"},
      {"visits.csv", "child_ref,last_visit,last_seen,last_seen_alone\nA1,2026-11-10,2026-11-01,YES\n"},
      {"hazards.csv", "hazard_ref,family_ref,kind,note\nH1,F1,DOG,\nH2,F1,SAFE_CONTACT,text only\n"},
  };
}

/// What stands behind the port. Every test of an Office runs on each, unless it says which.
enum class Store { Sqlcipher, Postgres };
inline std::ostream& operator<<(std::ostream& out, Store store) {
  return out << (store == Store::Sqlcipher ? "on SQLCipher" : "on PostgreSQL");
}

class Office {
 public:
  explicit Office(server::ServiceOptions options = {}, server::ValidateRecord validate = [](const model::ChildRecord&) {
    return std::string();
  }) : Office(GENERATE(Store::Sqlcipher, Store::Postgres), std::move(options), std::move(validate)) {}
  explicit Office(Store store, server::ServiceOptions options = {}, server::ValidateRecord validate = [](const auto&) {
    return std::string();
  }, server::RepositoryOptions sqlcipher = {}) : ca(*tls::make_authority("Test council", clock.now)), signer(*tls::make_signer(ca, {"localhost"}, tls::kServerDays, clock.now)),
      store(store), sqlcipher_(std::move(sqlcipher)) {
    if (!options.signer) options.signer = &signer;
    options.outbox = &outbox;
    if (store == Store::Postgres) {
      auto& cluster = support::Postgres::shared();
      database_ = cluster.make_database("cases_owner", "cases_app");
      auto prepared = server::prepare_pg_repository(cluster.url("cases_owner", database_), "cases_app", key);
      if (!prepared) FAIL(prepared.error());
    }
    reopen();
    blobs = {folder_ / "blobs", options.blobs.keep_free};
    options.blobs = blobs;
    service = std::make_unique<server::Service>(*repository, ca, clock, std::move(validate), std::move(options));
    import(extract());
  }
  ~Office() {
    service.reset();
    repository.reset();
    if (!database_.empty()) support::Postgres::shared().sql("postgres", "DROP DATABASE " + database_ + " WITH (FORCE)");
  }
  Office(const Office&) = delete;
  Office& operator=(const Office&) = delete;

  std::filesystem::path file() const { return folder_ / "cases.db"; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  void reopen() {
    repository.reset();
    repository = open();
  }
  /// One more beside it, as another server process would have.
  std::unique_ptr<server::Repository> open() const {
    auto opened = store == Store::Postgres ? server::open_pg_repository({.url = url("cases_app")}, key)
                                           : server::open_sqlcipher_repository(file(), key, sqlcipher_);
    if (!opened) FAIL(opened.error());
    return std::move(*opened);
  }
  /// As who holds the database could: past its triggers.
  void change_audit(const std::string& change) const {
    if (store == Store::Postgres) {
      support::Postgres::shared().sql(database_, "SET search_path = doorstep; ALTER TABLE audit DISABLE TRIGGER USER; " + change);
    } else {
      auto db = sql::Db::open(file(), base::Secret::copy_of(key.view().substr(0, 32)), key.view().substr(32));
      REQUIRE(db.has_value());
      REQUIRE(db->script("DROP TRIGGER IF EXISTS audit_fixed; DROP TRIGGER IF EXISTS audit_kept; DROP TRIGGER IF EXISTS audit_once; " + change)
                  .has_value());
    }
  }
  const std::string& database() const { return database_; }  ///< PostgreSQL's
  std::string url(const std::string& user) const { return support::Postgres::shared().url(user, database_); }
  server::ImportReport import(const std::map<std::string, std::string>& files, server::ImportOptions options = {}) {
    auto report = server::import_extract(*repository, files, options, clock.now);
    if (!report) FAIL(report.error());
    return *report;
  }
  /// One read in its own transaction.
  template <class Read>
  auto read(const Read& read) {
    auto unit = repository->read();
    REQUIRE(unit.has_value());
    auto result = read(**unit);
    if (!result) FAIL(result.error());
    return *result;
  }
  std::optional<model::Revision> head(Id record) {
    return read([&](server::Unit& unit) { return unit.head(record); });
  }

  TestClock clock;
  base::Secret key = base::Secret::copy_of("0123456789abcdef0123456789abcdefsalt-of-16-bytes");
  tls::Authority ca;
  tls::Signer signer;
  base::OutboxKeys outbox = base::outbox_keys(base::Secret::copy_of("the outbox of this test office 1"));
  std::unique_ptr<server::Repository> repository;
  std::unique_ptr<server::Service> service;
  const Store store;
  server::BlobFolder blobs;

 private:
  const server::RepositoryOptions sqlcipher_;
  std::string database_;
  support::Folder folder_;
};

/// A tablet: enrolled and activated through the service, with a chain of its own and what it pulled.
class Tablet {
 public:
  Tablet(Office& office, const std::string& worker_ref) : office_(office), worker(worker_id(worker_ref.c_str())) {
    auto token = server::make_token(*office.repository, worker_ref, {}, office.clock.now);
    REQUIRE(token.has_value());
    wire::EnrolRequest enrol{*token, *tls::make_request(*tls::make_key())};
    auto enrolled = post<wire::EnrolReply>("/v1/enrol", wire::encode(enrol), std::nullopt);
    device = enrolled.device;
    auto own = tls::inspect(enrolled.device_certificate);
    REQUIRE(own.has_value());
    device_identity = *own;
    key = *tls::make_key();
    wire::ActivateRequest activate{enrolled.ticket, *tls::make_request(key)};
    auto activated = post<wire::ActivateReply>("/v1/activate", wire::encode(activate), device_identity);
    certificate = activated.worker_certificate;
    auto theirs = tls::inspect(activated.worker_certificate);
    REQUIRE(theirs.has_value());
    identity = *theirs;
  }

  server::HttpReply send(const std::string& target, const std::string& body, const std::optional<tls::Identity>& who) {
    server::HttpRequest request;
    request.method = "POST";
    request.target = target;
    request.headers["content-type"] = wire::kContentType;
    request.body = body;
    request.peer.address = "198.51.100.7";
    request.peer.identity = who;
    return target == "/v1/enrol" ? office_.service->handle_enrolment(request) : office_.service->handle(request);
  }
  template <class T>
  T post(const std::string& target, const std::string& body, const std::optional<tls::Identity>& who) {
    auto reply = send(target, body, who);
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    auto value = wire::decode<T>(reply.body);
    REQUIRE(value.has_value());
    return *value;
  }

  wire::SyncRequest request(const std::vector<std::string>& ops = {}) const {
    wire::SyncRequest out;
    out.device = device;
    out.incarnation = incarnation;
    out.ops = {next, hash, ops};
    if (knows_erasure) out.erased = true;
    std::vector<wire::Cursor> list;
    for (const auto& [id, cursor] : cursors) list.push_back(cursor);
    out.view.digest = wire::view_digest(list);
    out.view.cases = list;
    return out;
  }
  server::HttpReply raw(const wire::SyncRequest& request) { return send("/v1/sync", wire::encode(request), identity); }

  /// Sends operations given their numbers here, takes the reply in, and asks again while there is more.
  std::vector<wire::OpResult> sync(std::vector<wire::Operation> ops = {}) {
    std::vector<std::string> bytes;
    std::int64_t number = next;
    for (wire::Operation& op : ops) {
      op.number = number++;
      op.at = office_.clock.now;
      bytes.push_back(wire::encode(op));
    }
    last_request = request(bytes);
    last = post<wire::SyncReply>("/v1/sync", wire::encode(last_request), identity);
    for (const std::string& one : bytes) hash = wire::chain_next(hash, one);
    next = number;
    CHECK(last.applied_through == next - 1);
    CHECK(last.head_hash == hash);
    auto results = last.results;
    take(last);
    while (last.more) {
      last = post<wire::SyncReply>("/v1/sync", wire::encode(request()), identity);
      take(last);
    }
    return results;
  }
  wire::OpResult one(wire::Operation op) {
    auto results = sync({std::move(op)});
    REQUIRE(results.size() == 1);
    return results.front();
  }

  void take(const wire::SyncReply& reply) {
    for (const wire::CasePull& pull : reply.cases) {
      if (pull.diverged.value_or(false)) cases.erase(pull.case_id), cursors.erase(pull.case_id);
      wire::Cursor cursor = cursors.contains(pull.case_id) ? cursors[pull.case_id] : wire::Cursor{pull.case_id, 0, wire::kChainStart};
      REQUIRE(pull.from == cursor.seq);
      for (const wire::LogEntry& entry : pull.entries) {
        CHECK(entry.seq == ++cursor.seq);
        if (!entry.revision.body.empty() || !knows_erasure) CHECK(base::sha256_hex(entry.revision.body) == entry.revision.hash);
        cursor.chain = wire::chain_next(cursor.chain, entry.revision);
        cases[pull.case_id][entry.revision.record] = entry.revision;
      }
      CHECK(cursor.chain == pull.chain);
      CHECK(cursor.seq == pull.to);
      cursors[pull.case_id] = cursor;
    }
  }
  /// A certificate that goes on from now, as a new one would.
  void renew() { identity.not_after = office_.clock.now + std::chrono::hours(24 * tls::kClientDays); }
  void purge(Id id) {
    cases.erase(id);
    cursors.erase(id);
  }
  const model::Revision* has(Id case_id, Id record) const {
    auto found = cases.find(case_id);
    if (found == cases.end()) return nullptr;
    auto revision = found->second.find(record);
    return revision == found->second.end() ? nullptr : &revision->second;
  }

  // Operations ----------------------------------------------------------------------------------------------------------
  model::ChildRecord record(Id id, Id child, const std::string& words = "She said hello.") const {
    model::ChildRecord out;
    out.id = id;
    out.visit = any_id("visit");
    out.author = worker;
    out.part.id = child;
    out.part.name = "Amara Okafor";
    out.part.answers["words"] = words;
    out.facts.type = model::VisitType::Cin;
    return out;
  }
  static wire::Operation submit(const model::ChildRecord& record, Id case_id, const model::Revision* base = nullptr) {
    wire::Operation op;
    op.kind = OpKind::Submit;
    op.record = record.id;
    op.case_id = case_id;
    op.record_kind = RecordKind::ChildRecord;
    if (base) op.base_rev = base->rev, op.base_hash = base->hash;
    op.body = wire::encode(record);
    return op;
  }
  wire::Operation put(const model::Visit& visit, std::int64_t base_rev = 0, const std::string& base_hash = {}) const {
    wire::Operation op;
    op.kind = OpKind::Put;
    op.record = visit.id;
    op.case_id = worker;
    op.record_kind = RecordKind::Visit;
    op.base_rev = base_rev;
    op.base_hash = base_hash;
    op.body = wire::encode(visit);
    return op;
  }
  static wire::Operation on(OpKind kind, const model::Revision& revision, Id case_id, std::string body = "{}") {
    wire::Operation op;
    op.kind = kind;
    op.record = revision.record;
    op.case_id = case_id;
    op.record_kind = RecordKind::ChildRecord;
    op.base_rev = revision.rev;
    op.base_hash = revision.hash;
    op.body = std::move(body);
    return op;
  }
  wire::Operation decide(const model::Revision& revision, Id case_id, model::Verdict verdict, const std::string& rationale = {}) const {
    model::Decision decision;
    decision.id = any_id("decision of " + revision.hash + std::to_string(revision.rev) + worker.str());
    decision.on = {revision.record, revision.rev, revision.hash};
    decision.verdict = verdict;
    decision.reviewer = worker;
    decision.at = office_.clock.now;
    decision.rationale = rationale;
    if (verdict == model::Verdict::Returned) decision.return_reason = model::ReturnReason::StepsVague;
    return on(OpKind::Decide, revision, case_id, wire::encode(decision));
  }

  Office& office_;
  Id device, worker;
  tls::Identity identity, device_identity;
  base::Secret key;         ///< of the worker's certificate
  std::string certificate;  ///< PEM
  std::int64_t incarnation = 1, next = 1;
  std::string hash = wire::kChainStart;
  std::map<Id, wire::Cursor> cursors;
  std::map<Id, std::map<Id, model::Revision>> cases;
  bool knows_erasure = true;  ///< false: as a tablet of before
  wire::SyncReply last;
  wire::SyncRequest last_request;
};

/// A record of Amara's, approved.
inline Id approved(Office& office) {
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  auto record = wren.record(any_id("approved"), child_id("A1"));
  wren.sync({Tablet::submit(record, child_id("A1"))});
  sparrow.sync();
  REQUIRE(sparrow.one(sparrow.decide(*sparrow.has(child_id("A1"), record.id), child_id("A1"), model::Verdict::Approved, "Read.")).status ==
          OpStatus::Applied);
  return record.id;
}

}  // namespace doorstep::tests
