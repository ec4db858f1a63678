#pragma once
#include <algorithm>
#include <string>

#include "platform/base/bytes.h"
#include "platform/base/mutant.h"
#include "platform/base/sealed_file.h"
#include "sync/server/repository.h"
#include "sync/wire/codec.h"

namespace doorstep::server {

/// nil is stored as NULL.
inline std::optional<Id> maybe(Id id) { return id ? std::optional<Id>(id) : std::nullopt; }

/// The audit's chain after `row`.
inline std::string audit_chain(const std::string& previous, const AuditRow& row) {
  std::string entry = std::to_string(row.at.ms) + "|" + row.worker.str() + "|" + row.device.str() + "|" + row.action + "|" +
                      row.object.str() + "|" + row.outcome;
  return base::sha256_hex("\x01" + previous + std::to_string(entry.size()) + ":" + entry);
}

/// `where` of append()'s refusal of a revision that is not the next one.
inline constexpr std::string_view kDoesNotFollow = "server.append";

/// A Unit in SQL that SQLCipher and PostgreSQL both understand; all but the audit. Where the two differ, `Store` says how:
///   Row, db            the database's row, and a connection with exec, query and first as sql::Db has them
///   kHold              what a SELECT ends with so that the row stays as it was read until the transaction ends
///   kKeys, kKeysFrom, kKeyColumns   what is selected beside a revision so that its body can be opened, and how many columns
///   kSealBytes         by how much a kept body is longer than the body
///   bind(kept)         a kept text as an argument
///   blob(kept)         kept bytes as an argument
///   seal_x(...), open_x(...)        from what is said to what is kept, and back
///   destroy(records, order)  nobody can open what is kept of them from here on; they are in `erased` already, by this order
///   hold_id(id)        nobody else finds this id free until the transaction ends
template <class Store>
class SqlUnit : public Unit {
 public:
  using Row = typename Store::Row;

  // People and devices -------------------------------------------------------------------------------------------------

  Result<std::optional<WorkerRow>> worker(Id id) override {
    return one<WorkerRow>("SELECT " + std::string(kWorkerColumns) + " FROM workers WHERE id = ?1", worker_reader(), id);
  }
  Result<std::optional<WorkerRow>> worker_by_ref(const std::string& ref) override {
    return one<WorkerRow>("SELECT " + std::string(kWorkerColumns) + " FROM workers WHERE external_ref = ?1", worker_reader(),
                          ref);
  }
  Result<std::vector<WorkerRow>> workers() override {
    return all<WorkerRow>("SELECT " + std::string(kWorkerColumns) + " FROM workers ORDER BY external_ref", worker_reader());
  }
  Result<void> put_worker(const WorkerRow& row) override {
    DOORSTEP_TRY_ASSIGN(auto name, store_.seal_name(row.id, row.name));
    DOORSTEP_TRY_ASSIGN(auto team_name, store_.seal_name(row.id, row.team_name));
    DOORSTEP_TRY(
        db_.exec("INSERT INTO workers(id, external_ref, name, role, team, team_name, qualified, active, revoked, disabled) "
                 "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT(id) DO UPDATE SET external_ref = ?2, name = ?3, "
                 "role = ?4, team = ?5, team_name = ?6, qualified = ?7, active = ?8, revoked = ?9, disabled = ?10",
                 row.id, row.external_ref, Store::bind(name), model::code(row.role), row.team, Store::bind(team_name),
                 row.qualified, row.active, row.revoked, row.disabled));
    return done(db_.exec("INSERT INTO cases(id, owner, chain, mark) VALUES(?1, ?1, ?2, ?3) ON CONFLICT(id) DO NOTHING", row.id,
                         wire::kChainStart, mark_of(row.id, wire::kChainStart)));
  }
  Result<std::optional<DeviceRow>> device(Id id) override {
    return one<DeviceRow>("SELECT " + std::string(kDeviceColumns) + " FROM devices WHERE id = ?1", read_device, id);
  }
  Result<std::vector<DeviceRow>> devices() override {
    return all<DeviceRow>("SELECT " + std::string(kDeviceColumns) + " FROM devices ORDER BY enrolled_at, id", read_device);
  }
  Result<void> put_device(const DeviceRow& row) override {
    const CommandRow command = row.command.value_or(CommandRow{});
    return done(
        db_.exec("INSERT INTO devices(id, worker, active, enrolled_at, activated_at, seen_at, command, command_kind, command_at, "
                 "command_expires, command_obeyed) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT(id) DO UPDATE SET "
                 "worker = ?2, active = ?3, activated_at = ?5, seen_at = ?6, command = ?7, command_kind = ?8, command_at = ?9, "
                 "command_expires = ?10, command_obeyed = ?11",
                 row.id, row.worker, row.active, row.enrolled_at, row.activated_at, row.seen_at, command.number,
                 row.command ? model::code(command.kind) : std::string_view(), command.at, command.expires, command.obeyed_at));
  }
  Result<std::optional<TokenRow>> token(const std::string& hash) override {
    return one<TokenRow>("SELECT hash, worker, created_at, expires_at, used_at, device, spki_pin FROM tokens WHERE hash = ?1",
                         [](const Row& row) {
                           return TokenRow{row.string(0), row.id(1),  row.instant(2), row.instant(3), maybe_instant(row, 4),
                                           row.id(5),     row.string(6)};
                         },
                         hash);
  }
  Result<void> put_token(const TokenRow& row) override {
    return done(
        db_.exec("INSERT INTO tokens(hash, worker, created_at, expires_at, used_at, device, spki_pin) "
                 "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(hash) DO UPDATE SET used_at = ?5, device = ?6, spki_pin = ?7",
                 row.hash, row.worker, row.created_at, row.expires_at, row.used_at, maybe(row.device), row.spki_pin));
  }
  Result<std::optional<TicketRow>> ticket(const std::string& hash) override {
    return one<TicketRow>(
        "SELECT hash, device, worker, expires_at, used_at, spki_pin FROM tickets WHERE hash = ?1",
        [](const Row& row) {
          return TicketRow{row.string(0), row.id(1), row.id(2), row.instant(3), maybe_instant(row, 4), row.string(5)};
        },
        hash);
  }
  Result<void> put_ticket(const TicketRow& row) override {
    return done(
        db_.exec("INSERT INTO tickets(hash, device, worker, expires_at, used_at, spki_pin) VALUES(?1, ?2, ?3, ?4, ?5, ?6) "
                 "ON CONFLICT(hash) DO UPDATE SET used_at = ?5, spki_pin = ?6",
                 row.hash, row.device, row.worker, row.expires_at, row.used_at, row.spki_pin));
  }
  Result<void> drop_tickets(Id device) override {
    return done(db_.exec("DELETE FROM tickets WHERE device = ?1 AND used_at IS NULL", device));
  }
  Result<void> add_certificate(const CertificateRow& row) override {
    return done(db_.exec("INSERT INTO certificates(serial, device, worker, fingerprint, issued_at, expires_at) "
                         "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                         row.serial, row.device, maybe(row.worker), row.fingerprint, row.issued_at, row.expires_at));
  }
  Result<bool> has_certificate(const std::string& serial) override {
    return exists("SELECT 1 FROM certificates WHERE serial = ?1", serial);
  }

  // Cases --------------------------------------------------------------------------------------------------------------

  Result<std::optional<CaseRow>> case_row(Id id) override {
    DOORSTEP_TRY_ASSIGN(auto row,
                        one<CaseRow>("SELECT " + std::string(kCaseColumns) + " FROM cases c WHERE c.id = ?1", read_case, id));
    if (row) DOORSTEP_TRY(read_cover(*row));
    return row;
  }
  Result<void> put_case(const CaseRow& row) override {
    DOORSTEP_TRY(
        db_.exec("INSERT INTO cases(id, owner, allocated, team, provisional, alias_of, chain, mark) "
                 "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(id) DO UPDATE SET owner = ?2, allocated = ?3, team = ?4, "
                 "provisional = ?5, alias_of = ?6",
                 row.id, maybe(row.owner), maybe(row.allocated), maybe(row.team), row.provisional, maybe(row.alias_of),
                 wire::kChainStart, mark_of(row.id, wire::kChainStart)));
    DOORSTEP_TRY(db_.exec("DELETE FROM cover WHERE case_id = ?1", row.id));
    for (const model::Cover& cover : row.cover)
      if (cover.until)
        DOORSTEP_TRY(db_.exec("INSERT INTO cover(case_id, worker, until) VALUES(?1, ?2, ?3)", row.id, cover.worker,
                              base::to_iso(*cover.until)));
    return {};
  }
  Result<std::vector<CaseRow>> cases_of(const WorkerRow& worker, Date today) override {
    if (!worker.usable()) return std::vector<CaseRow>();
    bool supervisor = worker.role == model::Role::Supervisor;
    static constexpr std::string_view kTheirs =
        "(SELECT id FROM cases WHERE owner = ?1 UNION SELECT id FROM cases WHERE allocated = ?1 AND owner IS NULL"
        " UNION SELECT id FROM cases WHERE ?2 AND team = ?3 AND owner IS NULL"
        " UNION SELECT case_id FROM cover WHERE worker = ?1 AND until >= ?4)";
    const std::string day = base::mutant("cover-for-ever") ? "0000-00-00" : base::to_iso(today);
    DOORSTEP_TRY_ASSIGN(auto rows, all<CaseRow>("SELECT " + std::string(kCaseColumns) +
                                                    " FROM cases c WHERE c.alias_of IS NULL AND c.id IN " + std::string(kTheirs) +
                                                    " ORDER BY c.id",
                                                read_case, worker.id, supervisor, worker.team, day));
    auto at = rows.begin();
    DOORSTEP_TRY(db_.query("SELECT case_id, worker, until FROM cover WHERE case_id IN " + std::string(kTheirs) +
                               " ORDER BY case_id, worker",
                           worker.id, supervisor, worker.team, day, [&](const Row& row) {
                             at = std::find_if(at, rows.end(), [&](const CaseRow& c) { return c.id >= row.id(0); });
                             if (at != rows.end() && at->id == row.id(0))
                               at->cover.push_back({row.id(1), base::date_from_iso(row.text(2))});
                           }));
    return rows;
  }
  Result<std::string> stamp_of(const WorkerRow& worker, Date today) override {
    if (!worker.usable()) return std::string("-");
    // One sum for each way of being entitled: a case that comes by another way changes two of them.
    static constexpr std::string_view kSum = "(SELECT coalesce(sum(mark), 0) FROM cases WHERE alias_of IS NULL AND ";
    static const std::string kSums = "SELECT " + std::string(kSum) + "owner = ?1) || '/' || " + std::string(kSum) +
                                     "allocated = ?1 AND owner IS NULL) || '/' || " + std::string(kSum) +
                                     "?2 AND team = ?3 AND owner IS NULL) || '/' || " + std::string(kSum) +
                                     "id IN (SELECT case_id FROM cover WHERE worker = ?1 AND until >= ?4))";
    const bool supervisor = worker.role == model::Role::Supervisor;
    const std::string day = base::mutant("cover-for-ever") ? "0000-00-00" : base::to_iso(today);
    DOORSTEP_TRY_ASSIGN(auto stamp, db_.template first<std::string>(kSums, worker.id, supervisor, worker.team, day));
    return stamp.value_or("-");
  }
  Result<bool> id_in_use(Id id) override {
    DOORSTEP_TRY(store_.hold_id(id));
    return exists("SELECT 1 WHERE EXISTS(SELECT 1 FROM cases WHERE id = ?1) OR EXISTS(SELECT 1 FROM records WHERE record = ?1) "
                  "OR EXISTS(SELECT 1 FROM workers WHERE id = ?1) OR EXISTS(SELECT 1 FROM devices WHERE id = ?1)",
                  id);
  }
  Result<bool> held_before(Id case_id, Id worker) override {
    return exists("SELECT 1 FROM held WHERE case_id = ?1 AND worker = ?2", case_id, worker);
  }
  Result<void> note_held(Id case_id, Id worker) override {
    return done(db_.exec("INSERT INTO held(case_id, worker) VALUES(?1, ?2) ON CONFLICT DO NOTHING", case_id, worker));
  }
  Result<void> rehome(Id from, Id to) override {
    struct Entry { Id record; std::int64_t rev; };
    DOORSTEP_TRY_ASSIGN(auto entries, all<Entry>(
                                          "SELECT record, rev FROM case_log WHERE case_id = ?1 AND record <> ?1 ORDER BY seq",
                                          [](const Row& row) {
                                            return Entry{row.id(0), row.integer(1)};
                                          },
                                          from));
    for (const Entry& entry : entries)
      if (!base::mutant("match-leaves-records")) DOORSTEP_TRY(list_again(entry.record, entry.rev, to));
    DOORSTEP_TRY(db_.exec("UPDATE cases SET alias_of = ?2 WHERE id = ?1 OR alias_of = ?1", from, to));
    // Whoever held the provisional case wrote what now stands under the child: they may still take it back or add to it.
    return done(db_.exec(
        "INSERT INTO held(case_id, worker) SELECT ?2, worker FROM held WHERE case_id = ?1 ON CONFLICT DO NOTHING", from, to));
  }

  // Records ------------------------------------------------------------------------------------------------------------

  Result<std::optional<model::Revision>> head(Id record) override {
    return one<model::Revision>(revisions("JOIN records h ON h.record = r.record AND h.rev = r.rev WHERE r.record = ?1"),
                                revision_reader(), record);
  }
  Result<std::optional<model::Revision>> revision(Id record, std::int64_t rev) override {
    return one<model::Revision>(revisions("WHERE r.record = ?1 AND r.rev = ?2"), revision_reader(), record, rev);
  }
  Result<bool> listed(Id record, Id case_id) override {
    return exists("SELECT 1 FROM record_cases WHERE record = ?1 AND case_id = ?2", record, case_id);
  }
  Result<std::vector<Id>> listed_between(Id first, Id last, Id case_id) override {
    return all<Id>("SELECT record FROM record_cases WHERE record >= ?1 AND record <= ?2 AND case_id = ?3 ORDER BY record LIMIT 2",
                   [](const Row& row) { return row.id(0); }, first, last, case_id);
  }
  Result<std::vector<Id>> cases_listing(Id record) override {
    return all<Id>(
        "SELECT case_id FROM record_cases WHERE record = ?1 ORDER BY case_id", [](const Row& row) { return row.id(0); }, record);
  }
  Result<std::vector<Id>> contributors(Id record) override {
    return all<Id>("SELECT DISTINCT author FROM revisions WHERE record = ?1 AND author IS NOT NULL "
                   "AND (rev = 1 OR state = 'SUBMITTED' OR merged)",
                   [](const Row& row) { return row.id(0); }, record);
  }
  Result<void> append(const model::Revision& revision, std::vector<Id> cases) override {
    DOORSTEP_TRY_ASSIGN(auto head_rev, db_.template first<std::int64_t>(
                                           held("SELECT rev FROM records WHERE record = ?1"), revision.record));
    if (revision.rev != head_rev.value_or(0) + 1)
      return base::Error{base::Fault::Conflict, std::string(kDoesNotFollow), "the revision does not follow"};
    std::sort(cases.begin(), cases.end());
    DOORSTEP_TRY_ASSIGN(auto body, store_.seal_revision(revision, cases.empty() ? Id() : cases.front()));
    DOORSTEP_TRY(
        db_.exec("INSERT INTO revisions(record, rev, kind, state, author, device, at, hash, body, merged) "
                 "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                 revision.record, revision.rev, model::code(revision.kind), model::code(revision.state), maybe(revision.author),
                 maybe(revision.device), revision.at, revision.hash, Store::bind(body), revision.merged));
    DOORSTEP_TRY(db_.exec("INSERT INTO records(record, kind, rev, state) VALUES(?1, ?2, ?3, ?4) "
                          "ON CONFLICT(record) DO UPDATE SET rev = ?3, state = ?4",
                          revision.record, model::code(revision.kind), revision.rev, model::code(revision.state)));
    for (Id case_id : cases) DOORSTEP_TRY(enter(revision, case_id));
    return {};
  }
  Result<void> list_again(Id record, std::int64_t rev, Id case_id) override {
    DOORSTEP_TRY_ASSIGN(auto found, revision(record, rev));
    if (!found) return base::Error{base::Fault::NotFound, "server.list", "no such revision"};
    return enter(*found, case_id);
  }
  Result<void> unlist(Id record, Id case_id) override {
    return done(db_.exec("DELETE FROM record_cases WHERE record = ?1 AND case_id = ?2", record, case_id));
  }
  Result<void> set_filed(Id record, std::int64_t rev, Instant at, const std::string& reference) override {
    return done(db_.exec("INSERT INTO filed(record, rev, at, reference) VALUES(?1, ?2, ?3, ?4)", record, rev, at, reference));
  }
  Result<bool> alert_settled(Id alert) override { return exists("SELECT 1 FROM settled WHERE alert = ?1", alert); }
  Result<void> note_settled(Id alert, Id disposition) override {
    return done(db_.exec("INSERT INTO settled(alert, disposition) VALUES(?1, ?2)", alert, disposition));
  }
  Result<std::vector<LogRow>> log(Id case_id, std::int64_t after, std::int64_t limit) override {
    return all<LogRow>("SELECT l.seq, l.record, l.rev, l.chain, octet_length(r.body) FROM case_log l "
                       "JOIN revisions r ON r.record = l.record AND r.rev = l.rev "
                       "WHERE l.case_id = ?1 AND l.seq > ?2 ORDER BY l.seq LIMIT ?3",
                       [](const Row& row) {
                         return LogRow{row.integer(0), row.id(1), row.integer(2), row.string(3),
                                       std::max<std::int64_t>(row.integer(4) - Store::kSealBytes, 0)};
                       },
                       case_id, after, limit);
  }
  Result<std::optional<std::string>> chain_at(Id case_id, std::int64_t seq) override {
    if (seq == 0) return std::optional<std::string>(wire::kChainStart);
    return db_.template first<std::string>("SELECT chain FROM case_log WHERE case_id = ?1 AND seq = ?2", case_id, seq);
  }
  Result<void> heads(model::RecordKind kind, const std::function<Result<void>(const RecordHead&)>& each) override {
    constexpr std::int64_t kPage = 200;  // there may be a hundred thousand, with bodies
    Id last;
    for (std::int64_t rows = kPage; rows == kPage;) {
      rows = 0;
      DOORSTEP_TRY(db_.query(
          revisions("JOIN records h ON h.record = r.record AND h.rev = r.rev WHERE h.kind = ?1 AND h.record > ?2 "
                    "ORDER BY h.record LIMIT ?3",
                    ", (SELECT c.id FROM record_cases rc JOIN cases c ON c.id = rc.case_id WHERE rc.record = r.record "
                    "AND c.alias_of IS NULL ORDER BY c.id LIMIT 1)"),
          model::code(kind), last, kPage, [&](const Row& row) -> Result<void> {
            ++rows;
            DOORSTEP_TRY_ASSIGN(auto revision, read_revision(row));
            last = revision.record;
            return each({std::move(revision), row.id(11 + Store::kKeyColumns)});
          }));
    }
    return {};
  }
  Result<std::vector<model::Revision>> history(Id record) override {
    return all<model::Revision>(revisions("WHERE r.record = ?1 ORDER BY r.rev"), revision_reader(), record);
  }

  // Erasure ------------------------------------------------------------------------------------------------------------

  Result<std::optional<ErasureOrder>> erasure_order(Id record) override {
    return one<ErasureOrder>("SELECT worker, at, reason FROM erasure_orders WHERE record = ?1", [&](const Row& row) -> Result<ErasureOrder> {
      DOORSTEP_TRY_ASSIGN(auto reason, store_.open_name(row, 2, record));
      return ErasureOrder{record, row.id(0), row.instant(1), std::move(reason)};
    }, record);
  }
  Result<void> put_erasure_order(const ErasureOrder& row) override {
    DOORSTEP_TRY_ASSIGN(auto reason, store_.seal_name(row.record, row.reason));
    return done(db_.exec("INSERT INTO erasure_orders(record, worker, at, reason) VALUES(?1, ?2, ?3, ?4) "
                         "ON CONFLICT(record) DO UPDATE SET worker = ?2, at = ?3, reason = ?4",
                         row.record, row.by, row.at, Store::bind(reason)));
  }
  Result<bool> erased(Id record) override { return exists("SELECT 1 FROM erased WHERE record = ?1", record); }
  Result<void> erase(const std::vector<Id>& records, Id order, Id by, Instant at) override {
    for (Id record : records)
      DOORSTEP_TRY(db_.exec("INSERT INTO erased(record, root, worker, at) VALUES(?1, ?2, ?3, ?4)", record, order, by, at));
    return store_.destroy(records, order);
  }
  Result<std::map<Id, std::int64_t>> erased_through() override {
    std::map<Id, std::int64_t> out;
    DOORSTEP_TRY(db_.query("SELECT rc.case_id, (SELECT max(l.seq) FROM case_log l WHERE l.case_id = rc.case_id AND l.record = e.record) "
                           "FROM erased e JOIN record_cases rc ON rc.record = e.record", [&](const Row& row) {
      std::int64_t& last = out[row.id(0)];
      last = std::max(last, row.maybe_integer(1).value_or(0));
    }));
    return out;
  }

  // Operations ---------------------------------------------------------------------------------------------------------

  Result<DeviceChain> chain_of(Id device, std::int64_t incarnation) override {
    DOORSTEP_TRY_ASSIGN(auto row, one<DeviceChain>(
                                      "SELECT number, hash FROM operations WHERE device = ?1 AND incarnation = ?2 "
                                      "ORDER BY number DESC LIMIT 1",
                                      [](const Row& r) {
                                        return DeviceChain{r.integer(0), r.string(1)};
                                      },
                                      device, incarnation));
    return row.value_or(DeviceChain());
  }
  Result<std::optional<OperationRow>> operation(Id device, std::int64_t incarnation, std::int64_t number) override {
    return one<OperationRow>(
        "SELECT bytes, hash, worker, received_at, status, code, detail, rev, rev_hash FROM operations "
        "WHERE device = ?1 AND incarnation = ?2 AND number = ?3",
        [&](const Row& row) -> Result<OperationRow> {
          OperationRow out{device, incarnation, {}, row.string(1), row.id(2), row.instant(3), {}};
          out.result.number = number;
          out.result.status = model::from_code<wire::OpStatus>(row.text(4)).value_or(wire::OpStatus::Refused);
          if (!row.is_null(5)) out.result.code = model::from_code<wire::Refusal>(row.text(5));
          DOORSTEP_TRY_ASSIGN(out.bytes, store_.open_operation(row, 0, out));
          DOORSTEP_TRY_ASSIGN(out.result.detail, store_.open_operation(row, 6, out));
          out.result.rev = row.integer(7);
          out.result.hash = row.string(8);
          return out;
        },
        device, incarnation, number);
  }
  Result<void> add_operation(const OperationRow& row) override {
    DOORSTEP_TRY_ASSIGN(auto kept, store_.seal_operation(row));
    std::optional<std::string_view> code;
    if (row.result.code) code = model::code(*row.result.code);
    return done(
        db_.exec("INSERT INTO operations(device, incarnation, number, hash, bytes, worker, received_at, status, code, detail, "
                 "rev, rev_hash) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                 row.device, row.incarnation, row.result.number, row.hash, Store::bind(kept.bytes), row.worker, row.received_at,
                 model::code(row.result.status), code, Store::bind(kept.detail), row.result.rev, row.result.hash));
  }
  Result<void> refused(const std::function<Result<void>(const wire::Operation&)>& each) override {
    constexpr std::int64_t kPage = 200;
    OperationRow last;
    for (std::int64_t rows = kPage; rows == kPage;) {
      rows = 0;
      DOORSTEP_TRY(db_.query("SELECT bytes, device, incarnation, number FROM operations WHERE status = 'refused' "
                             "AND (device, incarnation, number) > (?1, ?2, ?3) ORDER BY device, incarnation, number LIMIT ?4",
                             last.device, last.incarnation, last.result.number, kPage, [&](const Row& row) -> Result<void> {
        ++rows;
        last.device = row.id(1);
        last.incarnation = row.integer(2);
        last.result.number = row.integer(3);
        DOORSTEP_TRY_ASSIGN(const auto bytes, store_.open_operation(row, 0, last));
        const auto op = wire::decode<wire::Operation>(bytes);
        return op ? each(*op) : Result<void>();
      }));
    }
    return {};
  }
  Result<wire::Receipt> add_receipt(Id device, std::int64_t incarnation, const DeviceChain& through, Instant at) override {
    DOORSTEP_TRY_ASSIGN(auto number, db_.template first<std::int64_t>(
                                         "INSERT INTO receipts(device, incarnation, through, hash, at) "
                                         "VALUES(?1, ?2, ?3, ?4, ?5) RETURNING number",
                                         device, incarnation, through.through, through.hash, at));
    return wire::Receipt{number.value_or(0), at, through.through, through.hash};
  }
  Result<std::optional<wire::Receipt>> receipt_of(Id device, std::int64_t incarnation, std::int64_t operation) override {
    return one<wire::Receipt>(
        "SELECT number, at, through, hash FROM receipts WHERE device = ?1 AND incarnation = ?2 AND through = ?3 "
        "ORDER BY number LIMIT 1",
        [](const Row& row) { return wire::Receipt{row.integer(0), row.instant(1), row.integer(2), row.string(3)}; }, device,
        incarnation, operation);
  }
  Result<std::optional<ReceiptRow>> receipt(std::int64_t number) override {
    return one<ReceiptRow>(
        "SELECT number, at, through, hash, device, incarnation FROM receipts WHERE number = ?1",
        [](const Row& row) {
          return ReceiptRow{row.id(4), row.integer(5), {row.integer(0), row.instant(1), row.integer(2), row.string(3)}};
        },
        number);
  }

  // Views --------------------------------------------------------------------------------------------------------------

  Result<std::optional<ViewRow>> view(Id device, const std::string& digest) override {
    return one<ViewRow>("SELECT cursors, stamp FROM views WHERE device = ?1 AND digest = ?2",
                        [&](const Row& row) -> Result<ViewRow> {
                          DOORSTEP_TRY_ASSIGN(auto view, wire::decode<wire::View>(row.text(0)));
                          return ViewRow{digest, view.cases.value_or(std::vector<wire::Cursor>()), row.string(1)};
                        },
                        device, digest);
  }
  Result<std::optional<std::string>> view_stamp(Id device, const std::string& digest) override {
    return db_.template first<std::string>("SELECT stamp FROM views WHERE device = ?1 AND digest = ?2", device, digest);
  }
  Result<void> put_views(Id device, const ViewRow& acknowledged, const ViewRow& offered) override {
    DOORSTEP_TRY(db_.exec("DELETE FROM views WHERE device = ?1", device));
    for (const ViewRow* row : {&acknowledged, &offered}) {
      if (row == &offered && offered.digest == acknowledged.digest) continue;
      DOORSTEP_TRY(db_.exec("INSERT INTO views(device, digest, cursors, stamp) VALUES(?1, ?2, ?3, ?4)", device, row->digest,
                            wire::encode(wire::View{row->digest, row->cursors}), row->stamp));
    }
    return {};
  }
  Result<void> note_purged(Id device, Id case_id, Instant at) override {
    return done(db_.exec("INSERT INTO purged(device, case_id, at) VALUES(?1, ?2, ?3)", device, case_id, at));
  }
  Result<std::optional<Instant>> purged_at(Id device) override {
    return one<Instant>("SELECT at FROM purged WHERE device = ?1 ORDER BY at DESC LIMIT 1",
                        [](const Row& row) { return row.instant(0); }, device);
  }

  // Attachments --------------------------------------------------------------------------------------------------------

  Result<void> refer_blob(Id record, Id owner, Id device, const std::string& sha256, std::int64_t size, Instant at) override {
    DOORSTEP_TRY_ASSIGN(auto known, db_.template first<Id>("SELECT b.id FROM blobs b JOIN blob_refs r ON r.blob = b.id "
                                                           "WHERE r.record = ?1 AND b.sha256 = ?2 ORDER BY b.id LIMIT 1", record, sha256));
    if (!known) {
      const Id id = Id::v7(at, base::random_bytes(10));
      DOORSTEP_TRY_ASSIGN(auto key, store_.seal_blob_key(id, owner, base::Secret::random(base::SealedFile::kKeyBytes)));
      DOORSTEP_TRY(db_.exec("INSERT INTO blobs(id, owner, sha256, size, added_at, key) VALUES(?1, ?2, ?3, ?4, ?5, ?6) "
                            "ON CONFLICT(owner, sha256) DO NOTHING",
                            id, owner, sha256, size, at, Store::blob(key)));
      DOORSTEP_TRY_ASSIGN(known, db_.template first<Id>("SELECT id FROM blobs WHERE owner = ?1 AND sha256 = ?2", owner, sha256));
      if (!known) return base::Error{base::Fault::Corrupt, "server.blob", "a row that was just made is not there"};
    }
    return done(db_.exec("INSERT INTO blob_refs(record, blob, device) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING", record, *known, device));
  }
  Result<std::vector<BlobRow>> blobs_of(Id record) override {
    return all<BlobRow>(blobs("WHERE b.id IN (SELECT blob FROM blob_refs WHERE record = ?1) ORDER BY b.id"), blob_reader(), record);
  }
  Result<std::optional<BlobRow>> blob_of(Id owner, const std::string& sha256) override {
    return one<BlobRow>(blobs("WHERE b.owner = ?1 AND b.sha256 = ?2"), blob_reader(), owner, sha256);
  }
  Result<std::vector<BlobRow>> blobs_awaited(Id owner, Id device, std::int64_t limit) override {
    const std::string from_here = "EXISTS (SELECT 1 FROM blob_refs r WHERE r.blob = b.id AND r.device = ?2)";
    const std::string named = base::mutant("photo-of-one-tablet") ? from_here : "EXISTS (SELECT 1 FROM blob_refs r WHERE r.blob = b.id)";
    const std::string where = "WHERE b.verified_at IS NULL AND b.owner = ?1 AND " + named;
    return all<BlobRow>(blobs(where + " ORDER BY " + from_here + " DESC, b.id LIMIT ?3"), blob_reader(), owner, device, limit);
  }
  Result<std::vector<std::pair<Id, BlobRow>>> blobs_with(const std::string& sha256) override {
    using Named = std::pair<Id, BlobRow>;
    return all<Named>(blobs("JOIN blob_refs r ON r.blob = b.id WHERE b.sha256 = ?1 AND b.verified_at IS NOT NULL ORDER BY b.id, r.record",
                            ", r.record"),
                      [this](const Row& row) -> Result<Named> {
                        DOORSTEP_TRY_ASSIGN(BlobRow blob, read_blob(row));
                        return Named(row.id(7), std::move(blob));
                      },
                      sha256);
  }
  Result<void> set_verified(Id blob, std::optional<Instant> at) override {
    return done(db_.exec("UPDATE blobs SET verified_at = ?2 WHERE id = ?1", blob, at));
  }
  Result<std::vector<BlobRow>> blobs_added(Instant before, Id after, std::int64_t limit) override {
    return all<BlobRow>(blobs("WHERE b.added_at < ?1 AND b.id > ?2 ORDER BY b.id LIMIT ?3"), blob_reader(), before, after, limit);
  }
  Result<std::vector<std::pair<Id, Id>>> references(Id blob) override {
    return all<std::pair<Id, Id>>("SELECT record, device FROM blob_refs WHERE blob = ?1 ORDER BY record, device",
                                  [](const Row& row) { return std::pair(row.id(0), row.id(1)); }, blob);
  }
  Result<void> drop_reference(Id record, Id blob) override {
    return done(db_.exec("DELETE FROM blob_refs WHERE record = ?1 AND blob = ?2", record, blob));
  }
  Result<void> drop_blob(Id blob) override {
    DOORSTEP_TRY(db_.exec("DELETE FROM blob_refs WHERE blob = ?1", blob));
    return done(db_.exec("DELETE FROM blobs WHERE id = ?1", blob));
  }
  Result<bool> blob_known(Id blob) override { return exists("SELECT 1 FROM blobs WHERE id = ?1", blob); }

  // The rest -----------------------------------------------------------------------------------------------------------

  Result<std::string> epoch() override {
    DOORSTEP_TRY_ASSIGN(auto value, db_.template first<std::string>("SELECT value FROM settings WHERE key = 'epoch'"));
    return value.value_or("");
  }
  Result<Counts> counts() override {
    Counts out;
    struct Count { std::int64_t Counts::*member; const char* sql; };
    static constexpr Count kCounts[] = {
        {&Counts::workers, "SELECT count(*) FROM workers WHERE active AND NOT revoked AND NOT disabled"},
        {&Counts::devices, "SELECT count(*) FROM devices WHERE active"},
        {&Counts::cases, "SELECT count(*) FROM cases WHERE owner IS NULL AND alias_of IS NULL"},
        {&Counts::provisional, "SELECT count(*) FROM cases WHERE provisional AND alias_of IS NULL"},
        {&Counts::records, "SELECT count(*) FROM records WHERE kind = 'child_record' AND state <> 'NONE'"},
        {&Counts::submitted, "SELECT count(*) FROM records WHERE kind = 'child_record' AND state = 'SUBMITTED'"},
        {&Counts::returned, "SELECT count(*) FROM records WHERE kind = 'child_record' AND state = 'RETURNED'"},
        {&Counts::approved, "SELECT count(*) FROM records WHERE kind = 'child_record' AND state = 'APPROVED'"},
        {&Counts::filed, "SELECT count(*) FROM filed"},
        {&Counts::erased, "SELECT count(*) FROM erased e JOIN records r ON r.record = e.record WHERE r.kind = 'child_record'"},
        {&Counts::operations, "SELECT count(*) FROM operations"},
        {&Counts::refused, "SELECT count(*) FROM operations WHERE status = 'refused'"},
        {&Counts::receipts, "SELECT count(*) FROM receipts"},
        {&Counts::witnesses, "SELECT count(*) FROM audit WHERE action = 'witness'"},
    };
    for (const Count& count : kCounts) {
      DOORSTEP_TRY_ASSIGN(auto value, db_.template first<std::int64_t>(count.sql));
      out.*count.member = value.value_or(0);
    }
    return out;
  }

 protected:
  explicit SqlUnit(Store store) : store_(std::move(store)) {}

  template <class T>
  static Result<void> done(const Result<T>& result) {
    if (!result.has_value()) return result.error();
    return {};
  }
  /// `read` gives a T, or a Result of one.
  template <class T, class Read, class... Args>
  Result<std::vector<T>> all(std::string_view sql, const Read& read, const Args&... args) {
    std::vector<T> out;
    DOORSTEP_TRY(db_.query(sql, args..., [&](const Row& row) -> Result<void> {
      if constexpr (std::is_same_v<decltype(read(row)), Result<T>>) {
        DOORSTEP_TRY_ASSIGN(T value, read(row));
        out.push_back(std::move(value));
      } else {
        out.push_back(read(row));
      }
      return {};
    }));
    return out;
  }
  template <class T, class Read, class... Args>
  Result<std::optional<T>> one(std::string_view sql, const Read& read, const Args&... args) {
    DOORSTEP_TRY_ASSIGN(auto rows, all<T>(sql, read, args...));
    return rows.empty() ? std::optional<T>() : std::optional<T>(std::move(rows.front()));
  }
  template <class... Args>
  Result<bool> exists(std::string_view sql, const Args&... args) {
    DOORSTEP_TRY_ASSIGN(auto found, db_.template first<std::int64_t>(sql, args...));
    return found.has_value();
  }

  Store store_;
  decltype(Store::db)& db_ = store_.db;

 private:
  static constexpr std::string_view kWorkerColumns =
      "id, external_ref, name, role, team, team_name, qualified, active, revoked, disabled";
  static constexpr std::string_view kDeviceColumns =
      "id, worker, active, enrolled_at, activated_at, seen_at, command, command_kind, command_at, command_expires, command_obeyed";
  static constexpr std::string_view kCaseColumns =
      "c.id, c.owner, c.allocated, c.team, c.provisional, c.alias_of, c.head, c.chain";

  /// Of a case's log at its head: another number whenever it grows. Sums of them fit 64 bits, for more cases than there can be.
  static std::int64_t mark_of(Id case_id, std::string_view chain) {
    constexpr int kBytes = 6;
    std::int64_t out = 0;
    const std::string hash = base::sha256(case_id.bytes().append(chain));
    for (int i = 0; i < kBytes; ++i) out = out << 8 | static_cast<std::uint8_t>(hash[static_cast<std::size_t>(i)]);
    return out;
  }

  static std::string held(std::string_view sql) { return std::string(sql).append(Store::kHold); }
  /// A SELECT of revisions as read_revision() takes them, with one more column when `also` says so.
  static std::string revisions(std::string_view where, std::string_view also = {}) {
    return std::string("SELECT r.record, r.rev, r.kind, r.state, r.author, r.device, r.at, r.hash, r.body, r.merged, f.at")
        .append(Store::kKeys).append(also)
        .append(" FROM revisions r LEFT JOIN filed f ON f.record = r.record AND f.rev = r.rev ")
        .append(Store::kKeysFrom).append(where);
  }

  static std::optional<Instant> maybe_instant(const Row& row, int column) {
    auto ms = row.maybe_integer(column);
    return ms ? std::optional<Instant>(Instant{*ms}) : std::nullopt;
  }
  static std::string blobs(std::string_view where, std::string_view also = {}) {
    return std::string("SELECT b.id, b.owner, b.sha256, b.size, b.added_at, b.verified_at, b.key").append(also)
        .append(" FROM blobs b ").append(where);
  }
  Result<BlobRow> read_blob(const Row& row) {
    BlobRow out{row.id(0), row.id(1), row.string(2), row.integer(3), row.instant(4), maybe_instant(row, 5), {}};
    DOORSTEP_TRY_ASSIGN(out.key, store_.open_blob_key(row, 6, out));
    return out;
  }
  auto blob_reader() {
    return [this](const Row& row) { return read_blob(row); };
  }
  Result<model::Revision> read_revision(const Row& row) {
    model::Revision out;
    out.record = row.id(0);
    out.rev = row.integer(1);
    auto kind = model::from_code<model::RecordKind>(row.text(2));
    auto state = model::from_code<model::State>(row.text(3));
    if (!kind || !state) return base::Error{base::Fault::Corrupt, "server.revision", "unknown kind or state"};
    out.kind = *kind;
    out.state = *state;
    out.author = row.id(4);
    out.device = row.id(5);
    out.at = row.instant(6);
    out.hash = row.string(7);
    DOORSTEP_TRY_ASSIGN(out.body, store_.open_revision(row, 8, 11, out));
    if (!row.is_null(9)) out.merged = row.boolean(9);
    out.filed_at = maybe_instant(row, 10);
    return out;
  }
  auto revision_reader() {
    return [this](const Row& row) { return read_revision(row); };
  }
  Result<WorkerRow> read_worker(const Row& row) {
    WorkerRow out;
    out.id = row.id(0);
    out.external_ref = row.string(1);
    DOORSTEP_TRY_ASSIGN(out.name, store_.open_name(row, 2, out.id));
    out.role = model::from_code<model::Role>(row.text(3)).value_or(model::Role::SocialWorker);
    out.team = row.id(4);
    DOORSTEP_TRY_ASSIGN(out.team_name, store_.open_name(row, 5, out.id));
    if (!row.is_null(6)) out.qualified = row.boolean(6);
    out.active = row.boolean(7);
    out.revoked = row.boolean(8);
    out.disabled = row.boolean(9);
    return out;
  }
  auto worker_reader() {
    return [this](const Row& row) { return read_worker(row); };
  }
  static DeviceRow read_device(const Row& row) {
    DeviceRow out{row.id(0), row.id(1), row.boolean(2), row.instant(3), maybe_instant(row, 4), maybe_instant(row, 5)};
    if (const auto kind = model::from_code<wire::CommandKind>(row.text(7)); row.integer(6) > 0 && kind)
      out.command = CommandRow{row.integer(6), *kind, row.instant(8), row.instant(9), maybe_instant(row, 10)};
    return out;
  }
  static CaseRow read_case(const Row& row) {
    CaseRow out;
    out.id = row.id(0);
    out.owner = row.id(1);
    out.allocated = row.id(2);
    out.team = row.id(3);
    out.provisional = row.boolean(4);
    out.alias_of = row.id(5);
    out.head = row.integer(6);
    out.chain = row.string(7);
    return out;
  }
  Result<void> read_cover(CaseRow& row) {
    return db_.query("SELECT worker, until FROM cover WHERE case_id = ?1 ORDER BY worker", row.id, [&](const Row& found) {
      row.cover.push_back({found.id(0), base::date_from_iso(found.text(1))});
    });
  }
  /// One more entry in a case's log. The case's row is held until the transaction ends: entries are dense and in commit order.
  Result<void> enter(const model::Revision& revision, Id case_id) {
    DOORSTEP_TRY_ASSIGN(auto before, db_.template first<std::string>(held("SELECT chain FROM cases WHERE id = ?1"), case_id));
    if (!before) return base::Error{base::Fault::NotFound, "server.enter", "no such case"};
    const std::string chain = wire::chain_next(*before, revision);
    const int step = base::mutant("gap-in-log") && revision.kind == model::RecordKind::Decision ? 2 : 1;
    DOORSTEP_TRY_ASSIGN(auto seq, db_.template first<std::int64_t>(
                                      "UPDATE cases SET head = head + ?3, chain = ?2, mark = ?4 WHERE id = ?1 "
                                      "RETURNING head",
                                      case_id, chain, step, mark_of(case_id, chain)));
    DOORSTEP_TRY(db_.exec("INSERT INTO case_log(case_id, seq, record, rev, hash, chain) VALUES(?1, ?2, ?3, ?4, ?5, ?6)", case_id,
                          seq.value_or(0), revision.record, revision.rev, revision.hash, chain));
    return done(
        db_.exec("INSERT INTO record_cases(record, case_id) VALUES(?1, ?2) ON CONFLICT DO NOTHING", revision.record, case_id));
  }
};

}  // namespace doorstep::server
