#include "tests/bench/raw.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "tests/bench/measure.h"

namespace doorstep::bench {

RawRow::RawRow(sqlite3_stmt* at) {
  for (int i = 0; i < sqlite3_column_count(at); ++i) values_.emplace_back(sqlite3_value_dup(sqlite3_column_value(at, i)));
}

void RawRow::bind_to(sqlite3_stmt* statement) const {
  for (std::size_t i = 0; i < values_.size(); ++i) sqlite3_bind_value(statement, static_cast<int>(i) + 1, values_[i].get());
}

std::string RawRow::text() const {
  std::string out;
  for (const auto& value : values_) {
    out += std::to_string(sqlite3_value_type(value.get()));
    const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value.get()));
    out.append(bytes ? bytes : "", static_cast<std::size_t>(sqlite3_value_bytes(value.get())));
    out += '\n';
  }
  return out;
}

RawDb::RawDb(const std::filesystem::path& file, std::string_view key) {
  sql::start_library();
  must(sqlite3_open_v2(file.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr));
  const std::string raw_key = "x'" + base::to_hex(key) + "'";
  must(sqlite3_key_v2(db_, "main", raw_key.data(), static_cast<int>(raw_key.size())));
  run("PRAGMA cipher_compatibility = 4; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;"
      "PRAGMA cell_size_check = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
      "PRAGMA cache_size = -" + std::to_string(limits::kPageCacheBytes / 1024));
  sqlite3_busy_timeout(db_, 5000);
}

RawDb::~RawDb() {
  for (auto* statement : statements_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

void RawDb::must(int code) {
  if (code != SQLITE_OK && code != SQLITE_DONE) throw std::runtime_error(std::string("raw SQLCipher: ") + sqlite3_errmsg(db_));
}

void RawDb::run(const std::string& sql) { must(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr)); }

sqlite3_stmt* RawDb::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  must(sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  return statements_.emplace_back(statement);
}

void RawDb::step(sqlite3_stmt* statement) {
  must(sqlite3_step(statement));
  sqlite3_reset(statement);
}

RawTable RawDb::read(const std::string& sql) {
  RawTable out;
  sqlite3_stmt* statement = prepare(sql);
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) out.emplace_back(statement);
  must(code);
  sqlite3_reset(statement);
  return out;
}

void insert_in_parts(RawDb& db, const RawRows& rows, std::size_t transactions) {
  std::vector<sqlite3_stmt*> inserts;
  for (const auto& [table, list] : rows) {
    std::string places;
    for (std::size_t i = 0; !list.empty() && i < list.front().columns(); ++i) places += i ? ",?" : "?";
    inserts.push_back(list.empty() ? nullptr : db.prepare("INSERT INTO " + table + " VALUES (" + places + ")"));
  }
  sqlite3_stmt* begin = db.prepare("BEGIN IMMEDIATE");
  sqlite3_stmt* commit = db.prepare("COMMIT");
  for (std::size_t part = 0; part < transactions; ++part) {
    db.step(begin);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const RawTable& list = rows[i].second;
      for (std::size_t n = list.size() * part / transactions; n < list.size() * (part + 1) / transactions; ++n) {
        list[n].bind_to(inserts[i]);
        db.step(inserts[i]);
      }
    }
    db.step(commit);
  }
}

namespace {

class Socket {
 public:
  Socket() : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  explicit Socket(int taken) : fd(taken) {}
  ~Socket() { ::close(fd); }
  Socket(const Socket&) = delete;
  const int fd;
};

/// One end of a TLS connection.
class End {
 public:
  End(const tls::Context& context, int fd) : ssl_(SSL_new(context.get())) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SSL_set_fd(ssl_, fd);
  }
  ~End() { SSL_free(ssl_); }
  End(const End&) = delete;
  SSL* get() const { return ssl_; }
  void write(const std::string& bytes) {
    std::size_t done = 0;
    if (!bytes.empty() && (SSL_write_ex(ssl_, bytes.data(), bytes.size(), &done) != 1 || done != bytes.size()))
      throw std::runtime_error("raw TLS: not written");
  }
  void read(std::size_t bytes) {
    char buffer[16 * 1024];
    for (std::size_t got = 0; bytes > 0; bytes -= got)
      if (SSL_read_ex(ssl_, buffer, std::min(bytes, sizeof buffer), &got) != 1) throw std::runtime_error("raw TLS: not read");
  }

 private:
  SSL* ssl_;
};

}  // namespace

double tls_exchanges(const tls::Context& server, const tls::Context& client, const std::string& name,
                     const std::vector<Exchange>& exchanges) {
  Socket listener;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* place = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener.fd, place, length) != 0 || ::listen(listener.fd, 1) != 0 || ::getsockname(listener.fd, place, &length) != 0)
    throw std::runtime_error("raw TLS: no loopback port");
  std::string server_failed;
  std::jthread serving([&] {
    try {
      Socket socket(::accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC));
      End end(server, socket.fd);
      if (SSL_accept(end.get()) != 1) throw std::runtime_error("raw TLS: not accepted");
      for (const Exchange& exchange : exchanges) {
        end.read(exchange.there);
        end.write(std::string(exchange.back, 'b'));
      }
    } catch (const std::exception& e) {
      server_failed = e.what();
    }
  });
  const double ms = ms_of([&] {
    Socket socket;
    End end(client, socket.fd);
    if (::connect(socket.fd, place, length) != 0 || tls::expect_server(end.get(), name).has_error() ||
        SSL_connect(end.get()) != 1)
      throw std::runtime_error("raw TLS: not connected");
    for (const Exchange& exchange : exchanges) {
      end.write(std::string(exchange.there, 't'));
      end.read(exchange.back);
    }
  });
  serving.join();
  if (!server_failed.empty()) throw std::runtime_error(server_failed);
  return ms;
}

}  // namespace doorstep::bench
