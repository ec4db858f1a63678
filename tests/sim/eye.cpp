#include "tests/sim/eye.h"

#include <sqlcipher/sqlite3.h>

#include "tests/sim/world.h"

namespace doorstep::sim {

namespace {

struct Standing : sql::Row {
  explicit Standing(sqlite3_stmt* statement) { stmt_ = statement; }
};

}  // namespace

Eye::~Eye() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
}

base::Result<sqlite3_stmt*> Eye::ready(std::string_view sql) {
  if (sqlite3_txn_state(connection_, nullptr) != SQLITE_TXN_NONE) throw Broken("I1", "a transaction was left open");
  auto [at, fresh] = statements_.emplace(sql, nullptr);
  if (!fresh && at->second) return at->second;
  if (sqlite3_prepare_v3(connection_, at->first.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &at->second, nullptr) != SQLITE_OK)
    return base::Error{base::Fault::Io, "eye.prepare", sqlite3_errmsg(connection_)};
  return at->second;
}

void Eye::bind(sqlite3_stmt* statement, int index, std::int64_t value) { sqlite3_bind_int64(statement, index, value); }
void Eye::bind(sqlite3_stmt* statement, int index, const base::Id& id) {
  const std::string bytes(id.bytes());
  sqlite3_bind_blob(statement, index, bytes.data(), static_cast<int>(bytes.size()), SQLITE_TRANSIENT);
}

base::Result<void> Eye::each_row(sqlite3_stmt* statement, const std::function<void(const sql::Row&)>& each) {
  struct Reset {
    sqlite3_stmt* statement;
    ~Reset() { sqlite3_reset(statement); }
  } reset{statement};
  int code = SQLITE_OK;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) each(Standing(statement));
  if (code != SQLITE_DONE) return base::Error{base::Fault::Io, "eye.step", sqlite3_errmsg(connection_)};
  return {};
}

}  // namespace doorstep::sim
