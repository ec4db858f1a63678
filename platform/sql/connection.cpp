#include "platform/sql/connection.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "platform/base/bytes.h"

namespace doorstep::sql {
namespace {

constexpr std::size_t kCachedStatements = 256;  // a room has some dozens; past it the SQL is being built, not fixed

using base::Error;
using base::Fault;

// An allocator that wipes what it frees: SQLite's page cache, statements and rows hold notes in the clear, and after a
// close they would stay in the heap. Each block is preceded by its size, in a header that keeps malloc's alignment.
constexpr std::size_t kHeader = 16;

void* wiping_malloc(int bytes) {
  auto* block = static_cast<unsigned char*>(std::malloc(static_cast<std::size_t>(bytes) + kHeader));
  if (!block) return nullptr;
  std::memcpy(block, &bytes, sizeof bytes);
  return block + kHeader;
}
int wiping_size(void* p) {
  int bytes = 0;
  if (p) std::memcpy(&bytes, static_cast<unsigned char*>(p) - kHeader, sizeof bytes);
  return bytes;
}
void wiping_free(void* p) {
  if (!p) return;
  sodium_memzero(p, static_cast<std::size_t>(wiping_size(p)));
  std::free(static_cast<unsigned char*>(p) - kHeader);
}
void* wiping_realloc(void* p, int bytes) {
  void* fresh = wiping_malloc(bytes);
  if (!fresh) return nullptr;
  std::memcpy(fresh, p, static_cast<std::size_t>(std::min(bytes, wiping_size(p))));
  wiping_free(p);
  return fresh;
}
int round_up(int bytes) { return (bytes + 15) & ~15; }
int nothing_to_start(void*) { return SQLITE_OK; }
void nothing_to_stop(void*) {}

constexpr std::array<std::string_view, 12> kPragmas = {  // they read, or only tidy
    "data_version", "table_info",       "table_xinfo",  "table_list", "index_list",     "index_info",
    "page_count",   "foreign_key_list", "quick_check",  "optimize",   "freelist_count", "foreign_key_check"};
constexpr std::array<std::string_view, 3> kFunctions = {"sqlcipher_export", "load_extension", "fts3_tokenizer"};

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
         });
}
template <std::size_t N>
bool listed(const std::array<std::string_view, N>& words, const char* word) {
  return word && std::any_of(words.begin(), words.end(), [&](std::string_view w) { return same_word(word, w); });
}

/// True when "4.6.1 community" is at least 4.6.1.
bool at_least_floor(std::string_view version) {
  int parts[3] = {0, 0, 0};
  const char* at = version.data();
  const char* end = at + version.size();
  for (int& part : parts) {
    auto [next, error] = std::from_chars(at, end, part);
    if (error != std::errc()) return false;
    at = next < end && *next == '.' ? next + 1 : next;
  }
  return std::tie(parts[0], parts[1], parts[2]) >= std::make_tuple(4, 6, 1);
}

Fault fault_of(int code) {
  switch (code) {
    case SQLITE_CONSTRAINT_TRIGGER: return Fault::Denied;
    case SQLITE_CANTOPEN_ISDIR: return Fault::Io;
    default: break;
  }
  switch (code & 0xff) {
    case SQLITE_BUSY: case SQLITE_LOCKED: return Fault::Timeout;
    case SQLITE_CONSTRAINT: return Fault::Conflict;
    case SQLITE_AUTH: case SQLITE_PERM: case SQLITE_READONLY: return Fault::Denied;
    case SQLITE_CORRUPT: case SQLITE_NOTADB: case SQLITE_FORMAT: return Fault::Corrupt;
    case SQLITE_FULL: case SQLITE_NOMEM: case SQLITE_TOOBIG: return Fault::Full;
    case SQLITE_INTERRUPT: return Fault::Cancelled;
    case SQLITE_IOERR: case SQLITE_CANTOPEN: return Fault::Io;
    default: return Fault::Invalid;
  }
}

}  // namespace

base::Error sql_error(sqlite3* handle, int code, std::string where) {
  // Messages of constraints name columns, or are the words of our own triggers; others can quote what a person searched for.
  bool ours = (code & 0xff) == SQLITE_CONSTRAINT || (code & 0xff) == SQLITE_AUTH;
  return {fault_of(code), std::move(where), ours && handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code)};
}

void start_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    static const sqlite3_mem_methods wiping = {wiping_malloc, wiping_free, wiping_realloc, wiping_size, round_up,
                                               nothing_to_start, nothing_to_stop, nullptr};
    DOORSTEP_ASSERT(sqlite3_config(SQLITE_CONFIG_MALLOC, &wiping) == SQLITE_OK);  // misuse once something has opened a file
    DOORSTEP_ASSERT(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK);     // counts that take a lock shared by all threads
    DOORSTEP_ASSERT(sqlite3_initialize() == SQLITE_OK);
  });
}

std::optional<base::Error> refusal_of(std::string_view cipher_version) {
  if (at_least_floor(cipher_version)) return std::nullopt;
  return Error{Fault::Unsupported, "sql.open",
               cipher_version.empty() ? "the SQLite that was linked does not encrypt"
                                      : "SQLCipher " + std::string(cipher_version) + " is below 4.6.1"};
}

int authorize(void* connection, int action, const char* first, const char* second, const char*, const char*) {
  if (static_cast<Connection*>(connection)->trusted) return SQLITE_OK;
  switch (action) {
    case SQLITE_ATTACH:
    case SQLITE_DETACH: return SQLITE_DENY;  // ATTACH ... KEY '' makes a plain copy
    case SQLITE_PRAGMA:
      if (listed(kPragmas, first)) return SQLITE_OK;
      return first && !second && same_word(first, "user_version") ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION: return listed(kFunctions, second) ? SQLITE_DENY : SQLITE_OK;
    default: return SQLITE_OK;
  }
}

base::Secret raw_key(const base::Secret& key, std::string_view salt) {
  constexpr std::size_t kKeyText = 99;
  base::Secret text(kKeyText);
  std::string hex = base::to_hex(key.view());
  std::string salt_hex = base::to_hex(salt);
  auto* at = text.data();
  for (std::string_view part : {std::string_view("x'"), std::string_view(hex), std::string_view(salt_hex), std::string_view("'")})
    at = std::copy(part.begin(), part.end(), at);
  base::wipe(hex);
  DOORSTEP_ASSERT(at == text.data() + kKeyText);
  return text;
}

base::Result<void> set_key(Connection& connection, const base::Secret& key, std::string_view salt) {
  const auto text = raw_key(key, salt);
  int code = sqlite3_key_v2(connection.handle, "main", text.data(), static_cast<int>(text.size()));
  if (code != SQLITE_OK) return sql_error(connection.handle, code, "sql.key");
  return {};
}

bool has_log(const std::filesystem::path& path) {
  std::error_code none;
  const auto bytes = std::filesystem::file_size(path.string() + "-wal", none);
  return !none && bytes > 0;
}

Connection::~Connection() {
  DOORSTEP_ASSERT(borrowed == 0);
  for (auto& [sql, entry] : cache) sqlite3_finalize(entry.stmt);
  if (handle) DOORSTEP_ASSERT(sqlite3_close(handle) == SQLITE_OK);
}

base::Result<Statement> Connection::borrow(std::string_view sql) {
  auto found = cache.find(sql);
  if (found != cache.end() && !found->second.borrowed) {
    found->second.borrowed = true;
    return Statement(this, found->second.stmt, &found->second);
  }
  sqlite3_stmt* stmt = nullptr;
  const char* tail = nullptr;
  int code = sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &stmt, &tail);
  if (code != SQLITE_OK) {  // the SQL is this program's own, so its message holds nobody's words
    auto error = sql_error(handle, code, "sql.prepare");
    error.detail = sqlite3_errmsg(handle);
    return error;
  }
  std::string_view rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  if (!stmt || rest.find_first_not_of(" \t\r\n;") != rest.npos) {
    sqlite3_finalize(stmt);
    return Error{Fault::Invalid, "sql.prepare", "exactly one command, please"};
  }
  if (found != cache.end()) return Statement(this, stmt, nullptr);  // the cached one is in use further up
  if (cache.size() >= kCachedStatements)
    std::erase_if(cache, [](auto& item) {
      if (item.second.borrowed) return false;
      sqlite3_finalize(item.second.stmt);
      return true;
    });
  auto& entry = cache.emplace(std::string(sql), CachedStatement{stmt, true}).first->second;
  return Statement(this, stmt, &entry);
}

base::Result<void> Connection::run(const char* sql) {
  trusted = true;
  int code = sqlite3_exec(handle, sql, nullptr, nullptr, nullptr);
  trusted = false;
  if (code != SQLITE_OK) return sql_error(handle, code, "sql.run");
  return {};
}

base::Result<std::vector<std::string>> Connection::values(const char* sql) {
  sqlite3_stmt* stmt = nullptr;
  std::vector<std::string> out;
  trusted = true;
  int code = sqlite3_prepare_v2(handle, sql, -1, &stmt, nullptr);
  if (code == SQLITE_OK && stmt) {
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
      auto* text = reinterpret_cast<const char*>(sqlite3_column_text(stmt, 0));
      out.emplace_back(text ? text : "");
    }
  }
  trusted = false;
  auto error = sql_error(handle, code, "sql.value");
  sqlite3_finalize(stmt);
  if (code != SQLITE_DONE && code != SQLITE_OK) return error;
  return out;
}

base::Result<std::string> Connection::value(const char* sql) {
  DOORSTEP_TRY_ASSIGN(auto all, values(sql));
  return all.empty() ? std::string() : all.front();
}

}  // namespace doorstep::sql
