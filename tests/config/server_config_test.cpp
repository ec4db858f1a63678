#include "platform/config/server_config.h"

#include <catch2/catch_test_macros.hpp>

#include <stdlib.h>

#include "platform/base/file.h"
#include "tests/support/folder.h"

using namespace doorstep;
using namespace doorstep::config;

namespace {

std::string replaced(std::string_view from, std::string_view to) {
  std::string text(example_server_toml());
  auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::vector<Problem> problems_of(std::string_view text) {
  auto parsed = parse_server_config(text, "server.toml");
  return std::holds_alternative<ServerConfig>(parsed) ? std::vector<Problem>() : std::get<std::vector<Problem>>(parsed);
}

}  // namespace

TEST_CASE("server.toml: the example is a good one", "[config]") {
  auto parsed = parse_server_config(example_server_toml(), "server.toml");
  REQUIRE(std::holds_alternative<ServerConfig>(parsed));
  const auto& config = std::get<ServerConfig>(parsed);
  CHECK(config.listen == ListenAddress{"0.0.0.0", 8443});
  CHECK(config.enrol_listen == ListenAddress{"0.0.0.0", 8444});
  CHECK(config.server_name == "doorstep.northmere.gov.uk");
  CHECK(config.data_dir == "/var/lib/doorstep-server");
  CHECK(config.council.id == "northmere");
  CHECK(config.council.name == "Northmere Council");
  CHECK_FALSE(config.demonstration);
  parsed = parse_server_config(replaced("# demonstration", "demonstration"), "server.toml");
  REQUIRE(std::holds_alternative<ServerConfig>(parsed));
  CHECK(std::get<ServerConfig>(parsed).demonstration);
}

TEST_CASE("server.toml: addresses with IPv6 and any free port", "[config]") {
  auto parsed = parse_server_config(replaced("listen = \"0.0.0.0:8443\"", "listen = \"[::1]:0\""), "server.toml");
  REQUIRE(std::holds_alternative<ServerConfig>(parsed));
  CHECK(std::get<ServerConfig>(parsed).listen == ListenAddress{"::1", 0});
}

TEST_CASE("server.toml: each wrong line is named", "[config]") {
  struct Row {
    std::string from, to;
    int line;
    std::string key, what;
  };
  const Row rows[] = {
      {"listen = \"0.0.0.0:8443\"", "listen = \"0.0.0.0\"", 6, "server.listen", "the port is missing"},
      {"listen = \"0.0.0.0:8443\"", "listen = \"everywhere:8443\"", 6, "server.listen", "no address of this machine"},
      {"listen = \"0.0.0.0:8443\"", "listen = 8443", 6, "server.listen", "not text"},
      {"0.0.0.0:8444", "0.0.0.0:8443", 5, "server.enrol_listen", "the same as listen"},
      {"name = \"doorstep.northmere.gov.uk\"", "name = \"a b\"", 8, "server.name", "no host name"},
      {"# demonstration = true", "demonstration = \"yes\"", 10, "server.demonstration", "this is text, not true or false"},
      {"data_dir", "datadir", 9, "server.datadir", "no such key"},
      {"id = \"northmere\"", "id = \"N\"", 13, "council.id", "is no id"},
      {"[council]", "[postgres]\nurl = \"db.example\"\n[council]", 13, "postgres.url", "does not begin with postgresql://"},
      {"[council]", "[postgres]\nurl = \"postgresql://db/doorstep\"\n[council]", 13, "postgres.url", "names no role"},
      {"[council]", "[postgres]\nurl = \"postgresql://u@db\"\n[council]", 13, "postgres.url", "names no database"},
      {"[council]", "[postgres]\nurl = \"postgresql://u@db/?x=1\"\n[council]", 13, "postgres.url", "names no database"},
      {"[council]", "[postgres]\nurl = \"postgresql://u@/cases\"\n[council]", 13, "postgres.url", "names no host"},
      {"[council]", "[postgres]\nurl = \"postgresql://u:s3cret@db/cases\"\n[council]", 13, "postgres.url", "a password stands in it"},
      {"[council]", "[postgres]\nurl = \"postgresql://u@db/cases?password=s\"\n[council]", 13, "postgres.url", "a password stands in it"},
      {"[council]", "[postgres]\nurl = \"postgresql://u@db/cases?sslmode=prefer\"\n[council]", 13, "postgres.url", "somebody else could answer"},
      {"[council]", "[postgres]\nconnections = 8\n[council]", 12, "postgres.url", ""},
      {"[council]", "[postgres]\nconnections = 1\n[council]", 13, "postgres.connections", ""},
      {"[council]", "[postgres]\nconnections = \"many\"\n[council]", 13, "postgres.connections", ""},
      {"[council]", "[postgres]\nkeyfile = \"k\"\n[council]", 13, "postgres.keyfile", "no such key"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.to);
    auto problems = problems_of(replaced(row.from, row.to));
    for (const auto& problem : problems) UNSCOPED_INFO(problem.str());
    auto it = std::find_if(problems.begin(), problems.end(), [&](const Problem& p) { return p.key == row.key; });
    REQUIRE(it != problems.end());
    CHECK(it->line == row.line);
    CHECK(it->what.find(row.what) != std::string::npos);
    CHECK_FALSE(it->would_be_right.empty());
  }
}

TEST_CASE("server.toml: PostgreSQL over the network and by a socket; without the table, none", "[config]") {
  for (const std::string url : {"postgresql://doorstep_app@db.northmere.gov.uk:5433/doorstep?sslmode=verify-full&sslrootcert=/ca.pem",
                                "postgresql://doorstep_app@a.example,b.example/doorstep",
                                "postgres://doorstep_app@/doorstep?host=/run/postgresql"}) {
    CAPTURE(url);
    auto parsed = parse_server_config(replaced("[council]", "[postgres]\nurl = \"" + url + "\"\nconnections = 3\n[council]"), "server.toml");
    REQUIRE(std::holds_alternative<ServerConfig>(parsed));
    const auto& postgres = std::get<ServerConfig>(parsed).postgres;
    REQUIRE(postgres.has_value());
    CHECK(postgres->url == url);
    CHECK(postgres->connections == 3);
    CHECK(postgres->key_file.empty());
  }
  auto without = parse_server_config(example_server_toml(), "server.toml");
  CHECK_FALSE(std::get<ServerConfig>(without).postgres.has_value());
  // A problem never repeats a password.
  for (const auto& problem : problems_of(replaced("[council]", "[postgres]\nurl = \"postgresql://u:s3cret@db/cases\"\n[council]")))
    CHECK(problem.str().find("s3cret") == std::string::npos);
}

TEST_CASE("server.toml: a relative data folder counts from the file", "[config]") {
  const support::Folder folder;
  const auto path = folder / "server.toml";
  const auto text = replaced("/var/lib/doorstep-server", "data") + "\n[postgres]\nurl = \"postgresql://u@db/cases\"\nkey_file = \"keys/k\"\n";
  REQUIRE(base::write_file_atomic(path, text, base::Access::Everybody).has_value());
  auto loaded = load_server_config(path);
  REQUIRE(std::holds_alternative<ServerConfig>(loaded));
  CHECK(std::get<ServerConfig>(loaded).postgres.value().key_file == folder / "keys/k");
  REQUIRE(std::holds_alternative<ServerConfig>(loaded));
  CHECK(std::get<ServerConfig>(loaded).data_dir == folder / "data");
  CHECK(std::holds_alternative<std::vector<Problem>>(load_server_config(path.string() + ".missing")));
}
