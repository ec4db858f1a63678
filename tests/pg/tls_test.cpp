// Over a network PostgreSQL must prove who it is, and that it knows the password: TLS 1.3, verify-full, SCRAM bound to it.
#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/base/file.h"
#include "platform/pg/db.h"
#include "platform/tls/certificate.h"
#include "tests/support/postgres.h"

using namespace doorstep;
using base::Fault;

namespace {

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

/// A cluster that also listens on the loopback address, with a certificate for "localhost".
class NetworkPostgres : public support::Postgres {
 public:
  NetworkPostgres() : ca(*tls::make_authority("Council database", base::SystemClock().wall())) {
    auto key = tls::make_key();
    auto cert = tls::issue(ca, *tls::make_request(*key), tls::Subject::of_server({"localhost"}), 30, base::SystemClock().wall());
    REQUIRE(cert.has_value());
    give("server.key", key->view());
    give("server.crt", *cert);
    allow("scram-sha-256");
    sql("postgres", "ALTER SYSTEM SET listen_addresses = '127.0.0.1'");
    sql("postgres", "ALTER SYSTEM SET port = " + std::to_string(port));
    sql("postgres", "ALTER SYSTEM SET ssl = on");
    sql("postgres", "CREATE ROLE net_app LOGIN PASSWORD 'right'");
    setenv("PGPORT", std::to_string(port).c_str(), 1);  // the socket's name carries it too
    stop();
    start();
    write("ca.pem", ca.cert);
    write("other.pem", tls::make_authority("Somebody else", base::SystemClock().wall())->cert);
    write("pass", "localhost:*:*:net_app:right\n127.0.0.1:*:*:net_app:right\n");
    write("wrong", "localhost:*:*:net_app:wrong\n");
  }
  ~NetworkPostgres() { unsetenv("PGPORT"); }

  std::string url(const std::string& host, const std::string& ca_file, const std::string& pass, const std::string& more = {}) const {
    const std::string at = folder().string() + "/";
    return "postgresql://net_app@" + host + ":" + std::to_string(port) + "/postgres?sslrootcert=" + at + ca_file + "&passfile=" + at +
           pass + more;
  }
  void allow(const std::string& method) {
    give("pg_hba.conf", "local all all trust\nhost all all 127.0.0.1/32 " + method + "\n");
  }

  const tls::Authority ca;
  const std::uint16_t port = free_port();

 private:
  void write(const std::string& name, std::string_view text) {
    REQUIRE(base::write_file_atomic(folder() / name, text, base::Access::Owner).has_value());
  }
  /// A file that is PostgreSQL's own.
  void give(const std::string& name, std::string_view text) {
    const auto path = folder() / "data" / name;
    struct stat owner {};
    REQUIRE(::stat((folder() / "data").c_str(), &owner) == 0);
    REQUIRE(base::write_file_atomic(path, text, base::Access::Owner).has_value());
    REQUIRE(::chown(path.c_str(), owner.st_uid, owner.st_gid) == 0);
  }
};

}  // namespace

TEST_CASE("pg: over the network only the right server with the right password will do", "[pg]") {
  NetworkPostgres server;
  {
    auto db = pg::Db::open(server.url("localhost", "ca.pem", "pass"));
    if (!db) FAIL(db.error());
    CHECK(db->first<std::string>("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")->value() == "TLSv1.3");
  }
  auto fault = [](const std::string& url) {
    auto db = pg::Db::open(url);
    REQUIRE_FALSE(db.has_value());
    UNSCOPED_INFO(db.error());
    return db.error().fault;
  };
  CHECK(fault(server.url("localhost", "other.pem", "pass")) == Fault::Untrusted);
  CHECK(fault(server.url("127.0.0.1", "ca.pem", "pass")) == Fault::Untrusted);
  CHECK(fault(server.url("localhost", "missing.pem", "pass")) == Fault::Untrusted);
  CHECK(fault(server.url("localhost", "ca.pem", "wrong")) == Fault::Denied);
  CHECK(fault(server.url("localhost", "ca.pem", "pass", "&sslmode=prefer")) == Fault::Invalid);
  setenv("PGSSLMODE", "disable", 1);  // nor does the environment talk us out of it
  CHECK(fault(server.url("localhost", "other.pem", "pass")) == Fault::Untrusted);
  unsetenv("PGSSLMODE");
  // One that lets anybody in has not shown that it knows the password: it may be somebody else's.
  server.allow("trust");
  server.sql("postgres", "SELECT pg_reload_conf()");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  Fault last = Fault::Invalid;
  for (bool let_in = true; let_in && std::chrono::steady_clock::now() < until;) {
    auto db = pg::Db::open(server.url("localhost", "ca.pem", "pass"));
    let_in = db.has_value();  // until the new rule is read
    if (!let_in) last = db.error().fault;
  }
  CHECK(last == Fault::Untrusted);
}
