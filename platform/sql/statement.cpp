#include "platform/sql/statement.h"

#include <utility>

#include "platform/sql/connection.h"

namespace doorstep::sql {

int Row::columns() const { return sqlite3_column_count(stmt_); }
bool Row::is_null(int column) const { return sqlite3_column_type(stmt_, column) == SQLITE_NULL; }
std::int64_t Row::integer(int column) const { return sqlite3_column_int64(stmt_, column); }
double Row::real(int column) const { return sqlite3_column_double(stmt_, column); }

std::string_view Row::text(int column) const {
  auto* text = reinterpret_cast<const char*>(sqlite3_column_text(stmt_, column));
  return text ? std::string_view(text, static_cast<std::size_t>(sqlite3_column_bytes(stmt_, column))) : std::string_view();
}

std::string_view Row::blob(int column) const {
  auto* bytes = static_cast<const char*>(sqlite3_column_blob(stmt_, column));
  return bytes ? std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(stmt_, column))) : std::string_view();
}

Id Row::id(int column) const { return Id::from_bytes(blob(column)).value_or(Id()); }

std::optional<std::int64_t> Row::maybe_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

Statement::Statement(Connection* connection, sqlite3_stmt* stmt, CachedStatement* cached)
    : connection_(connection), cached_(cached) {
  stmt_ = stmt;
  ++connection_->borrowed;
}

Statement::Statement(Statement&& other) noexcept
    : Row(std::exchange(static_cast<Row&>(other), Row())),
      connection_(std::exchange(other.connection_, nullptr)),
      cached_(std::exchange(other.cached_, nullptr)),
      bind_code_(other.bind_code_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  if (this == &other) return *this;
  release();
  static_cast<Row&>(*this) = std::exchange(static_cast<Row&>(other), Row());
  connection_ = std::exchange(other.connection_, nullptr);
  cached_ = std::exchange(other.cached_, nullptr);
  bind_code_ = other.bind_code_;
  return *this;
}

Statement::~Statement() { release(); }

void Statement::release() noexcept {
  if (!connection_) return;
  if (cached_) {
    sqlite3_reset(stmt_);
    sqlite3_clear_bindings(stmt_);
    cached_->borrowed = false;
  } else {
    sqlite3_finalize(stmt_);
  }
  --connection_->borrowed;
  connection_ = nullptr;
  stmt_ = nullptr;
}

void Statement::begin_bind(std::size_t count) {
  DOORSTEP_ASSERT(static_cast<int>(count) == sqlite3_bind_parameter_count(stmt_));
  sqlite3_reset(stmt_);
  bind_code_ = SQLITE_OK;
}

void Statement::note(int code) {
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
}

void Statement::put(int index, std::nullopt_t) { note(sqlite3_bind_null(stmt_, index)); }
void Statement::put(int index, double value) { note(sqlite3_bind_double(stmt_, index, value)); }
void Statement::put_integer(int index, std::int64_t value) { note(sqlite3_bind_int64(stmt_, index, value)); }

void Statement::put(int index, std::string_view text) {  // a null pointer would bind NULL
  note(sqlite3_bind_text64(stmt_, index, text.data() ? text.data() : "", text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::put(int index, Blob blob) {
  note(sqlite3_bind_blob64(stmt_, index, blob.bytes.data() ? blob.bytes.data() : "", blob.bytes.size(), SQLITE_TRANSIENT));
}

void Statement::put(int index, const Id& id) { put(index, Blob{id.bytes()}); }

Result<bool> Statement::step() {
  if (bind_code_ != SQLITE_OK) return sql_error(connection_->handle, bind_code_, "sql.bind");
  int code = sqlite3_step(stmt_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  auto error = sql_error(connection_->handle, code, "sql.step");
  sqlite3_reset(stmt_);
  return error;
}

Result<std::int64_t> Statement::run() {
  for (;;) {
    DOORSTEP_TRY_ASSIGN(bool row, step());
    if (!row) break;
  }
  std::int64_t changed = sqlite3_stmt_readonly(stmt_) ? 0 : sqlite3_changes64(connection_->handle);
  sqlite3_reset(stmt_);
  return changed;
}

}  // namespace doorstep::sql
