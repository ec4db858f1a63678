#include "platform/pg/db.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <bit>
#include <unordered_map>

namespace doorstep::pg {
namespace {

using Steady = std::chrono::steady_clock;

// From PostgreSQL's pg_type.dat: built-in types never change their Oid.
constexpr unsigned kBool = 16, kBytea = 17, kInt8 = 20, kText = 25, kFloat8 = 701, kUuid = 2950;

constexpr int kOldest = 150000;
constexpr std::size_t kPrepared = 256;      // a room has some dozens; past it the SQL is being built, not fixed
constexpr auto kAnswerMargin = std::chrono::seconds(5);  // after the server should have given up by itself

std::string big_endian(std::uint64_t value) {
  std::string out(8, '\0');
  for (int i = 7; i >= 0; --i, value >>= 8) out[static_cast<std::size_t>(i)] = static_cast<char>(value & 0xff);
  return out;
}

/// "?12" as "$12": SQL is written with the same parameters for both databases.
std::string numbered(std::string_view sql) {
  std::string out(sql);
  for (std::size_t i = 0; i + 1 < out.size(); ++i)
    if (out[i] == '?' && out[i + 1] >= '1' && out[i + 1] <= '9') out[i] = '$';
  return out;
}

std::string_view view(const char* text) { return text ? std::string_view(text) : std::string_view(); }

Error lost_error(std::string detail) {
  while (!detail.empty() && (detail.back() == '\n' || detail.back() == ' ')) detail.pop_back();
  return {Fault::Offline, std::string(kAgain), std::move(detail)};
}

/// What went wrong, without the values that PostgreSQL's own messages may quote.
Error error_of(const PGresult* result) {
  const std::string state(view(PQresultErrorField(result, PG_DIAG_SQLSTATE)));
  const std::string message(view(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)));
  std::string detail = "PostgreSQL error " + state;
  for (char field : {PG_DIAG_TABLE_NAME, PG_DIAG_CONSTRAINT_NAME})
    if (auto name = view(PQresultErrorField(result, field)); !name.empty()) detail.append(", ").append(name);
  auto starts = [&](const char* prefix) { return state.starts_with(prefix); };
  if (state.empty()) return lost_error(message);
  // Shut down, killed, starting up, or a standby since a moment ago: another connection finds the one that writes.
  if (starts("08") || starts("57P") || state == "25006") return lost_error(message);
  if (starts("40") || state == "23505") return {Fault::Conflict, std::string(kAgain), detail};
  if (starts("23")) return {Fault::Conflict, "pg.exec", detail};
  if (state == "55P03" || state == "57014" || state == "53300") return {Fault::Timeout, "pg.exec", message};
  if (starts("53") || starts("54")) return {Fault::Full, "pg.exec", message};
  if (state == "P0001") return {Fault::Denied, "pg.exec", message};  // our triggers' own words
  if (state == "42501" || starts("28")) return {Fault::Denied, "pg.exec", message};
  if (state == "42P01" || state == "3F000" || state == "3D000") return {Fault::NotFound, "pg.exec", message};
  if (starts("XX")) return {Fault::Corrupt, "pg.exec", detail};
  if (starts("42")) return {Fault::Invalid, "pg.exec", message};  // the SQL is this program's own
  return {Fault::Invalid, "pg.exec", detail};
}

struct Conninfo {
  std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{nullptr, PQconninfoFree};
  std::string value(std::string_view keyword) const {
    for (auto* option = options.get(); option && option->keyword; ++option)
      if (option->keyword == keyword) return std::string(view(option->val));
    return {};
  }
};

Conninfo parse(const std::string& url) {
  Conninfo info;
  char* said = nullptr;
  info.options.reset(PQconninfoParse(url.c_str(), &said));
  PQfreemem(said);  // it may quote what it could not read
  return info;
}

Error refused(std::string detail) { return {Fault::Invalid, "postgres.url", std::move(detail)}; }

/// What to connect with: the url's own, and what we insist on after it.
Result<std::vector<std::pair<std::string, std::string>>> settings_of(const std::string& url) {
  const Conninfo info = parse(url);
  if (!info.options) return refused("it is no url that PostgreSQL's library reads; write postgresql://user@host/database");
  const std::string host = info.value("host");
  if (host.empty() || info.value("user").empty() || info.value("dbname").empty())
    return refused("host, user and database must be named: postgresql://user@host/database");
  if (!info.value("password").empty())
    return refused("a password does not belong in it; put it into a file of mode 0600 and name that: ?passfile=/path");
  bool socket = true, name = true;  // a list of hosts: the one that accepts writes is used
  for (std::size_t at = 0; at <= host.size();) {
    (host[at] == '/' ? name : socket) = false;
    auto comma = host.find(',', at);
    at = comma == std::string::npos ? host.size() + 1 : comma + 1;
  }
  if (!socket && !name) return refused("names and socket folders cannot be mixed in one list of hosts");
  std::vector<std::pair<std::string, std::string>> out = {
      {"dbname", url},
      {"application_name", "doorstep"},
      {"client_encoding", "UTF8"},
      {"connect_timeout", std::to_string(limits::kPostgresConnect.count())},
      {"target_session_attrs", "read-write"},
      {"gssencmode", "disable"},
  };
  if (name) {
    const std::string mode = info.value("sslmode");
    if (!mode.empty() && mode != "verify-full")
      return refused("sslmode=" + mode + " would let somebody else answer; write sslmode=verify-full, or leave it out");
    out.insert(out.end(), {{"sslmode", "verify-full"}, {"ssl_min_protocol_version", "TLSv1.3"}, {"channel_binding", "require"},
                           // a host that is gone is noticed in 25 s, not in hours
                           {"keepalives_idle", "10"}, {"keepalives_interval", "5"}, {"keepalives_count", "3"},
                           {"tcp_user_timeout", "25000"}});
  }
  return out;
}

}  // namespace

// Params, Row, Rows ------------------------------------------------------------------------------------------------------

void Params::put(bool value) { values_.push_back({kBool, false, std::string(1, value ? '\1' : '\0')}); }
void Params::put(double value) { values_.push_back({kFloat8, false, big_endian(std::bit_cast<std::uint64_t>(value))}); }
void Params::put(std::string_view text) { values_.push_back({kText, false, std::string(text)}); }
void Params::put(Blob blob) { values_.push_back({kBytea, false, std::string(blob.bytes)}); }
void Params::put(const Id& id) { values_.push_back({kUuid, false, id.bytes()}); }
void Params::put_integer(std::int64_t value) {
  values_.push_back({kInt8, false, big_endian(static_cast<std::uint64_t>(value))});
}

int Row::columns() const { return PQnfields(result_); }
bool Row::is_null(int column) const { return PQgetisnull(result_, row_, column) != 0; }

std::string_view Row::blob(int column) const {
  if (is_null(column)) return {};
  return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

std::int64_t Row::integer(int column) const {
  std::string_view bytes = blob(column);
  if (bytes.empty() || bytes.size() > 8) return 0;
  std::uint64_t value = bytes.size() > 1 && (bytes.front() & 0x80) ? ~std::uint64_t{0} : 0;  // sign
  for (char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(value);
}

Id Row::id(int column) const { return Id::from_bytes(blob(column)).value_or(Id()); }

std::optional<std::int64_t> Row::maybe_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

void Rows::Clear::operator()(pg_result* result) const noexcept { PQclear(result); }
int Rows::size() const { return PQntuples(result_.get()); }
std::string_view Rows::tag() const { return view(PQcmdStatus(result_.get())); }

std::int64_t Rows::changed() const {
  const char* text = PQcmdTuples(result_.get());
  return text && *text ? std::strtoll(text, nullptr, 10) : 0;
}

// Db ---------------------------------------------------------------------------------------------------------------------

struct Db::Connection {
  PGconn* handle = nullptr;
  base::Millis answer_limit{};
  bool broken = false;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view sql) const noexcept { return std::hash<std::string_view>()(sql); }
  };
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> prepared;  ///< SQL -> its name

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { PQfinish(handle); }

  Error lose(std::string detail) {
    broken = true;
    return lost_error(std::move(detail));
  }
  bool gone() const { return broken || PQstatus(handle) != CONNECTION_OK; }

  /// Waits until the socket can be read, or written when `writing`.
  Result<void> wait(bool writing, Steady::time_point until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now()).count();
    pollfd socket{PQsocket(handle), static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN), 0};
    const int ready = left > 0 ? ::poll(&socket, 1, static_cast<int>(left)) : 0;
    if (ready < 0 && errno == EINTR) return {};
    if (ready == 0) return lose("PostgreSQL did not answer in time");
    if (ready < 0) return lose("poll");
    return {};
  }

  /// The answer to what was sent: the last result, or the first that is an error.
  Result<Rows> answer() {
    const auto until = Steady::now() + answer_limit;
    for (int unsent = 1; unsent != 0;) {
      unsent = PQflush(handle);
      if (unsent < 0) return lose(PQerrorMessage(handle));
      if (unsent == 0) break;
      DOORSTEP_TRY(wait(true, until));
      if (PQconsumeInput(handle) == 0) return lose(PQerrorMessage(handle));
    }
    std::optional<Rows> last;
    std::optional<Error> failed;
    for (;;) {
      while (PQisBusy(handle)) {
        DOORSTEP_TRY(wait(false, until));
        if (PQconsumeInput(handle) == 0) return lose(PQerrorMessage(handle));
      }
      PGresult* result = PQgetResult(handle);
      if (!result) break;
      Rows rows(result);
      const auto status = PQresultStatus(result);
      if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        if (!failed) failed = error_of(result);
      } else if (!failed) {
        last = std::move(rows);
      }
    }
    if (PQstatus(handle) != CONNECTION_OK) broken = true;
    if (failed) {
      if (failed->fault == Fault::Offline) broken = true;
      return *failed;
    }
    if (!last) return lose(PQerrorMessage(handle));
    return std::move(*last);
  }
};

Db::Db(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Db::Db(Db&&) noexcept = default;
Db& Db::operator=(Db&&) noexcept = default;
Db::~Db() = default;

Result<Db> Db::open(const std::string& url, const DbOptions& options) {
  DOORSTEP_TRY_ASSIGN(auto settings, settings_of(url));
  std::vector<const char*> names, values;
  for (const auto& [name, value] : settings) names.push_back(name.c_str()), values.push_back(value.c_str());
  names.push_back(nullptr);
  values.push_back(nullptr);
  auto connection = std::make_unique<Connection>();
  connection->answer_limit = options.statement_limit + kAnswerMargin;
  connection->handle = PQconnectdbParams(names.data(), values.data(), 1);  // 1: dbname may be a url; later ones override it
  PGconn* handle = connection->handle;
  if (PQstatus(handle) != CONNECTION_OK) {
    std::string said = PQerrorMessage(handle);
    if (said.find("certificate") != said.npos || said.find("channel binding") != said.npos)
      return Error{Fault::Untrusted, "pg.open", std::move(said)};
    if (PQconnectionNeedsPassword(handle) || PQconnectionUsedPassword(handle))
      return Error{Fault::Denied, "pg.open", std::move(said)};
    if (said.find("does not exist") != said.npos) return Error{Fault::NotFound, "pg.open", std::move(said)};
    return lost_error(std::move(said));
  }
  PQsetNoticeReceiver(handle, [](void*, const PGresult*) {}, nullptr);  // they would go to standard error
  if (PQsetnonblocking(handle, 1) != 0) return lost_error(PQerrorMessage(handle));
  if (PQserverVersion(handle) < kOldest) return Error{Fault::Unsupported, "pg.open", "PostgreSQL is older than 15"};
  if (view(PQparameterStatus(handle, "server_encoding")) != "UTF8")
    return Error{Fault::Unsupported, "pg.open", "the database's encoding is not UTF8"};

  Db db(std::move(connection));
  auto ms = [](base::Millis limit) { return std::to_string(limit.count()); };
  // What is confirmed must be on disk, and on the standbys that the council's PostgreSQL waits for.
  DOORSTEP_TRY(db.script("SET statement_timeout = " + ms(options.statement_limit) + "; SET lock_timeout = " +
                         ms(options.lock_limit) + "; SET idle_in_transaction_session_timeout = " + ms(limits::kPostgresIdle) +
                         "; SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') "
                         "NOT IN ('on', 'remote_apply')" +
                         (options.schema.empty() ? "" : "; SET search_path = " + options.schema + ", pg_temp")));
  DOORSTEP_TRY_ASSIGN(auto unsafe, db.first<std::string>("SELECT s FROM unnest(ARRAY['fsync', 'full_page_writes']) s "
                                                         "WHERE current_setting(s) = 'off'"));
  if (unsafe)
    return Error{Fault::Unsupported, "pg.open",
                 "PostgreSQL runs with " + *unsafe + " = off and may lose what it confirmed; set it on"};
  return db;
}

Result<Rows> Db::run(std::string_view sql, const Params& params) {
  Connection& it = *connection_;
  if (it.gone()) return lost_error("the connection was lost");
  const auto& values = params.values();
  const int count = static_cast<int>(values.size());
  std::vector<unsigned> types;
  std::vector<const char*> bytes;
  std::vector<int> lengths, formats(values.size(), 1);
  for (const auto& value : values) {
    types.push_back(value.type);
    bytes.push_back(value.null ? nullptr : value.bytes.c_str());
    lengths.push_back(static_cast<int>(value.bytes.size()));
  }
  auto found = it.prepared.find(sql);
  if (found == it.prepared.end()) {
    DOORSTEP_ASSERT(it.prepared.size() < kPrepared);
    const std::string name = "s" + std::to_string(it.prepared.size());
    if (PQsendPrepare(it.handle, name.c_str(), numbered(sql).c_str(), count, types.data()) == 0)
      return it.lose(PQerrorMessage(it.handle));
    DOORSTEP_TRY(it.answer());
    found = it.prepared.emplace(std::string(sql), name).first;
  }
  if (PQsendQueryPrepared(it.handle, found->second.c_str(), count, bytes.data(), lengths.data(), formats.data(), 1) == 0)
    return it.lose(PQerrorMessage(it.handle));
  return it.answer();
}

Result<void> Db::script(std::string_view sql) {
  Connection& it = *connection_;
  if (it.gone()) return lost_error("the connection was lost");
  if (PQsendQuery(it.handle, std::string(sql).c_str()) == 0) return it.lose(PQerrorMessage(it.handle));
  DOORSTEP_TRY(it.answer());
  return {};
}

bool Db::lost() const { return connection_->gone(); }
bool Db::in_transaction() const { return PQtransactionStatus(connection_->handle) != PQTRANS_IDLE; }
std::string Db::user() const { return std::string(view(PQuser(connection_->handle))); }

// Transaction ------------------------------------------------------------------------------------------------------------

Result<Transaction> Transaction::begin(Db& db, Mode mode, std::string_view first) {
  std::string sql = mode == Mode::Write ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
                                        : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
  if (!first.empty()) sql.append("; ").append(first);
  Transaction transaction(&db);  // rolls back when only BEGIN went well
  DOORSTEP_TRY(db.script(sql));
  return transaction;
}

Transaction::~Transaction() {
  if (db_ && !db_->lost() && db_->in_transaction()) (void)db_->script("ROLLBACK");
}

Result<void> Transaction::commit() {
  DOORSTEP_ASSERT(db_ != nullptr);
  DOORSTEP_TRY_ASSIGN(Rows done, db_->run("COMMIT", Params()));
  // PostgreSQL answers a COMMIT of a transaction that failed with a ROLLBACK that went well.
  if (done.tag() != "COMMIT") return Error{Fault::Conflict, "pg.commit", "the transaction had failed before"};
  db_ = nullptr;
  return {};
}

std::string user_of(const std::string& url) { return parse(url).value("user"); }

// Migrations -------------------------------------------------------------------------------------------------------------

Result<int> schema_version(Db& db) {
  DOORSTEP_TRY_ASSIGN(auto number, db.first<int>("SELECT max(number) FROM migrations"));
  if (!number) return Error{Fault::NotFound, "pg.schema", "the schema is empty"};
  return *number;
}

Result<void> migrate(Db& db, std::string_view schema, std::span<const Migration> migrations) {
  for (std::size_t i = 0; i < migrations.size(); ++i) DOORSTEP_ASSERT(migrations[i].number == static_cast<int>(i) + 1);
  const std::string name(schema);
  // The lock is asked for before anything is looked at, by number: "doorstep" in ASCII.
  static constexpr std::string_view kOne = "SELECT pg_advisory_xact_lock(7237125663561639280)";
  {
    DOORSTEP_TRY_ASSIGN(Transaction transaction, Transaction::begin(db, Mode::Write, kOne));
    DOORSTEP_TRY(db.script("CREATE SCHEMA IF NOT EXISTS " + name + "; SET search_path = " + name +
                           ", pg_temp; CREATE TABLE IF NOT EXISTS migrations(number bigint PRIMARY KEY, "
                           "at timestamptz NOT NULL DEFAULT now())"));
    DOORSTEP_TRY(transaction.commit());
  }
  for (;;) {
    DOORSTEP_TRY_ASSIGN(Transaction transaction, Transaction::begin(db, Mode::Write, kOne));
    DOORSTEP_TRY_ASSIGN(auto last, db.first<int>("SELECT max(number) FROM migrations"));
    const int version = last.value_or(0);
    if (version > static_cast<int>(migrations.size()))
      return Error{Fault::Unsupported, "pg.migrate",
                   "the schema is of version " + std::to_string(version) + ", this program knows " +
                       std::to_string(migrations.size())};
    if (version == static_cast<int>(migrations.size())) return {};
    const Migration& next = migrations[static_cast<std::size_t>(version)];
    DOORSTEP_TRY(db.script(next.sql));
    DOORSTEP_TRY(db.exec("INSERT INTO migrations(number) VALUES(?1)", next.number));
    DOORSTEP_TRY(transaction.commit());
  }
}

}  // namespace doorstep::pg
