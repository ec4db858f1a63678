#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "platform/sql/statement.h"

struct sqlite3;

namespace doorstep::sim {

/// What the checks read a database through: statements of their own on the connection that a store or server has open, so that no
/// page is decrypted a second time for them. Reading while that connection is within a transaction throws Broken: what is read is
/// what was committed. That it is on the disk too is seen whenever somebody opens it anew. One thread; must not outlive the connection.
class Eye {
 public:
  explicit Eye(sqlite3* connection) : connection_(connection) {}
  ~Eye();
  Eye(const Eye&) = delete;
  Eye& operator=(const Eye&) = delete;

  /// query(sql, binds..., each), as sql::Db has it; `each` returns nothing.
  template <class... Args>
  base::Result<void> query(std::string_view sql, const Args&... args) {
    return query_with(sql, std::tie(args...), std::make_index_sequence<sizeof...(args) - 1>());
  }
  /// The first column of the first row; empty when there is no row or it is NULL.
  template <class T, class... Args>
  base::Result<std::optional<T>> first(std::string_view sql, const Args&... args) {
    std::optional<T> out;
    bool later = false;
    DOORSTEP_TRY(query(sql, args..., [&](const sql::Row& row) {
      if (!later && !row.is_null(0)) out = row.get<T>(0);
      later = true;
    }));
    return out;
  }

 private:
  template <class Tuple, std::size_t... I>
  base::Result<void> query_with(std::string_view sql, const Tuple& args, std::index_sequence<I...>) {
    DOORSTEP_TRY_ASSIGN(sqlite3_stmt* const statement, ready(sql));
    int index = 0;
    (bind(statement, ++index, std::get<I>(args)), ...);
    return each_row(statement, std::get<sizeof...(I)>(args));
  }
  base::Result<sqlite3_stmt*> ready(std::string_view sql);
  static void bind(sqlite3_stmt* statement, int index, std::int64_t value);
  static void bind(sqlite3_stmt* statement, int index, const base::Id& id);
  base::Result<void> each_row(sqlite3_stmt* statement, const std::function<void(const sql::Row&)>& each);

  sqlite3* connection_;
  std::unordered_map<std::string, sqlite3_stmt*> statements_;
};

}  // namespace doorstep::sim
