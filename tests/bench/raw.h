#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/sql/connection.h"
#include "platform/tls/context.h"

/// What the figures are measured beside: SQLCipher and OpenSSL through their own functions, in the modes that Doorstep uses.
namespace doorstep::bench {

/// Values of one row, apart from any database.
class RawRow {
 public:
  explicit RawRow(sqlite3_stmt* at);
  void bind_to(sqlite3_stmt* statement) const;
  std::string text() const;  ///< equal for equal rows
  std::size_t columns() const { return values_.size(); }

 private:
  struct Free {
    void operator()(sqlite3_value* value) const { sqlite3_value_free(value); }
  };
  std::vector<std::unique_ptr<sqlite3_value, Free>> values_;
};
using RawTable = std::vector<RawRow>;

/// One connection, with the key, the pragmas and the allocator of platform/sql. Throws with SQLite's words.
class RawDb {
 public:
  /// `key`: 32 bytes and the salt's 16. Makes the file when there is none.
  RawDb(const std::filesystem::path& file, std::string_view key);
  ~RawDb();
  RawDb(const RawDb&) = delete;
  RawDb& operator=(const RawDb&) = delete;

  void run(const std::string& sql);
  /// One that is kept until the end; reset it after each use.
  sqlite3_stmt* prepare(const std::string& sql);
  void step(sqlite3_stmt* statement);  ///< to its end, then resets it
  RawTable read(const std::string& sql);

 private:
  void must(int code);
  sqlite3* db_ = nullptr;
  std::vector<sqlite3_stmt*> statements_;
};

/// Rows to be inserted: by table, in the order of insertion.
using RawRows = std::vector<std::pair<std::string, RawTable>>;
/// Inserts all of them in `transactions` equal parts.
void insert_in_parts(RawDb& db, const RawRows& rows, std::size_t transactions);

/// Bytes of one request and its reply.
struct Exchange {
  std::size_t there = 0, back = 0;
};
/// A handshake and all exchanges over one loopback connection, both ends in this process; the ms it took.
double tls_exchanges(const tls::Context& server, const tls::Context& client, const std::string& name,
                     const std::vector<Exchange>& exchanges);

}  // namespace doorstep::bench
