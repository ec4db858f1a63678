#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/error.h"
#include "platform/base/id.h"
#include "platform/base/time.h"

struct sqlite3_stmt;

namespace doorstep::sql {

using base::Error;
using base::Fault;
using base::Id;
using base::Result;

/// Binds as a BLOB; a plain string binds as TEXT. Borrowed until bound (binding copies).
struct Blob {
  std::string_view bytes;
};

/// The columns of the row a statement stands on, from 0. A column of another type reads as SQLite converts it;
/// NULL reads as 0, empty or nil. Views live until the statement is stepped, bound or released.
class Row {
 public:
  int columns() const;
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;
  std::string_view blob(int column) const;
  Id id(int column) const;                    ///< stored as 16 raw bytes; nil for anything else
  std::string string(int column) const { return std::string(blob(column)); }  ///< a copy of TEXT or BLOB
  bool boolean(int column) const { return integer(column) != 0; }
  base::Instant instant(int column) const { return {integer(column)}; }       ///< stored as ms
  std::optional<std::int64_t> maybe_integer(int column) const;                ///< empty for NULL

  /// Column as T: std::int64_t, int, bool, double, std::string, Id or base::Instant.
  template <class T>
  T get(int column) const {
    if constexpr (std::same_as<T, bool>) return boolean(column);
    else if constexpr (std::integral<T>) return static_cast<T>(integer(column));
    else if constexpr (std::floating_point<T>) return static_cast<T>(real(column));
    else if constexpr (std::same_as<T, Id>) return id(column);
    else if constexpr (std::same_as<T, base::Instant>) return instant(column);
    else return T(string(column));
  }

 protected:
  sqlite3_stmt* stmt_ = nullptr;
};

struct Connection;
struct CachedStatement;

/// A prepared statement, borrowed from its Db's cache: reset, with bindings cleared, when it is released.
/// One thread; must not outlive its Db.
class Statement : public Row {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  /// Starts again with ?1..?n = `args` (integers, bool, double, text, Blob, Id, Instant, std::optional of these, nullopt).
  /// Copies. As many arguments as the SQL has parameters. A failure is reported by the next step().
  template <class... Args>
  void bind(const Args&... args) {
    begin_bind(sizeof...(args));
    int index = 0;
    (put(++index, args), ...);
  }
  /// True: a row is ready. False: done.
  Result<bool> step();
  /// Steps to the end and resets; the number of rows changed.
  Result<std::int64_t> run();

 private:
  friend struct Connection;
  Statement(Connection* connection, sqlite3_stmt* stmt, CachedStatement* cached);
  void release() noexcept;
  void begin_bind(std::size_t count);
  void put(int index, std::nullopt_t);
  void put(int index, double value);
  void put(int index, std::string_view text);
  void put(int index, Blob blob);
  void put(int index, const Id& id);
  void put(int index, base::Instant at) { put_integer(index, at.ms); }
  void put(int index, const char* text) { put(index, std::string_view(text)); }
  void put(int index, const std::string& text) { put(index, std::string_view(text)); }
  template <std::integral T>
  void put(int index, T value) { put_integer(index, static_cast<std::int64_t>(value)); }
  template <class T>
  void put(int index, const std::optional<T>& value) {
    if (value) put(index, *value);
    else put(index, std::nullopt);
  }
  void put_integer(int index, std::int64_t value);
  void note(int code);

  Connection* connection_ = nullptr;
  CachedStatement* cached_ = nullptr;  ///< null: finalized when released
  int bind_code_ = 0;
};

}  // namespace doorstep::sql
