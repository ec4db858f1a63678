// doorstep-server as a person runs it: the real program, a real folder.
#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "tests/server/office.h"
#include "tests/support/folder.h"
#include "tests/support/process.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::support;
namespace fs = std::filesystem;

namespace {

struct Server {
  Folder folder;
  fs::path assets = support::assets();

  Ran operator()(std::vector<std::string> words) const {
    words.insert(words.begin(), {support::bin("doorstep-server"), "--data", (folder.path() / "server").string(), "--assets", assets.string()});
    return run(std::move(words));
  }
  Ran init() const { return (*this)({"init", "--name", "localhost", "--council", "Northmere Council", "--council-id", "northmere"}); }
};

std::size_t lines(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

}  // namespace

TEST_CASE("server program: wrong command lines are told apart from refusals", "[server]") {
  const Server server;
  CHECK(server({}).code == 2);
  CHECK(server({"nonsense"}).code == 2);
  CHECK(server({"init", "--name", "localhost"}).code == 2);  // a council is not invented
  const auto help = server({"--help"});
  CHECK(help.code == 0);
  CHECK(help.output.find("Exit codes: 0 done; 1 refused") != std::string::npos);
  const auto none = server({"status"});
  CHECK(none.code == 1);
  CHECK(none.output.find("no case server's folder") != std::string::npos);
}

TEST_CASE("server program: an import of a folder that is not there is one error, and changes nothing", "[server]") {
  const Server server;
  REQUIRE(server.init().code == 0);
  const fs::path nowhere = server.folder.path() / "extarct";
  const auto ran = server({"import", nowhere.string()});
  CHECK(ran.code == 1);
  CHECK(lines(ran.output) == 1);
  CHECK(ran.output.find(nowhere.string() + ": is no folder that can be read") != std::string::npos);
}

TEST_CASE("server program: the exit codes of an import stand in its help, and are these", "[server]") {
  const Server server;
  REQUIRE(server.init().code == 0);
  const auto help = server({"import", "--help"}).output;
  for (const char* words : {"0 every file was taken", "1 a file was not taken", "or nothing was", "2 the command line is wrong"}) {
    INFO(words << "\n" << help);
    CHECK(help.find(words) != std::string::npos);
  }
  const fs::path extract = server.folder.path() / "extract";
  fs::copy(support::assets("demo"), extract);
  const auto import = [&] { return server({"import", extract.string(), "--relative-dates"}); };
  CHECK(import().code == 0);
  std::ofstream(extract / "hazards.csv", std::ios::app) << "H999,F99,,\n";
  const auto partly = import();
  INFO(partly.output);
  CHECK(partly.code == 1);
  CHECK(partly.output.find("Not taken: hazards.csv.") != std::string::npos);
  CHECK(partly.output.find("hazards.csv:") != std::string::npos);
  CHECK(partly.output.find("children.csv: 28 rows") != std::string::npos);
  CHECK(server({"import"}).code == 2);
}

TEST_CASE("server program: a table of codes comes with what is to be done with it", "[server]") {
  const Server server;
  REQUIRE(server.init().code == 0);
  REQUIRE(server({"import", support::assets("demo").string(), "--relative-dates"}).code == 0);
  const fs::path wanted = server.folder.path() / "tablets.csv";
  std::ofstream(wanted) << "asset,worker_ref\r\nTAB-1,W1001\r\nTAB-2,W1002\r\n";
  const auto made = server({"token", "--csv", wanted.string()});
  INFO(made.output);
  REQUIRE(made.code == 0);
  CHECK(made.output.starts_with("asset,worker_ref,token,expires_at\r\n"));
  CHECK(made.output.find("Each code is good for one tablet, for 72 hours") != std::string::npos);
  CHECK(made.output.find("doorstep-provision enrol device.toml --token TOKEN --tablet FOLDER") != std::string::npos);
  // The table alone is standard output, for the file that it is kept in.
  const auto table = run({"sh", "-c", "\"$@\" 2>/dev/null", "sh", support::bin("doorstep-server"), "--data",
                          (server.folder.path() / "server").string(), "token", "--csv", wanted.string()});
  CHECK(lines(table.output) == 3);
  CHECK(server({"token", "--help"}).output.find("each tablet is enrolled with its row's") != std::string::npos);
}

TEST_CASE("server program: a form that cannot be read is named by its file", "[server]") {
  Server server;
  REQUIRE(server.init().code == 0);
  server.assets = server.folder.path() / "assets";
  fs::create_directories(server.assets / "forms");
  const fs::path form = server.assets / "forms" / "visit.json";
  std::ofstream(form) << "{\"version\": 1,";
  const auto ran = server({"serve"});
  CHECK(ran.code == 1);
  CHECK(ran.output.find(form.string()) != std::string::npos);
}

TEST_CASE("server program: an erasure is ordered or confirmed, by somebody who works here, of a record that is here", "[server]") {
  const Server server;
  REQUIRE(server.init().code == 0);
  const std::string id = doorstep::tests::any_id("record").str();
  CHECK(server({"erase", id, "--reason", "x"}).code == 2);  // nobody said who
  CHECK(server({"erase", id, "--by", "W1"}).code == 2);
  CHECK(server({"erase", id, "--by", "W1", "--reason", "x", "--confirm"}).code == 2);
  for (const std::vector<std::string>& step : {std::vector<std::string>{"--reason", "x"}, {"--confirm"}}) {
    std::vector<std::string> words = {"erase", id, "--by", "W1"};
    words.insert(words.end(), step.begin(), step.end());
    const auto ran = server(words);
    CHECK(ran.code == 1);
    CHECK(ran.output.find("no such record") != std::string::npos);
  }
  CHECK(server({"erase", "Amara", "--by", "W1", "--confirm"}).output.find("write the record's id") != std::string::npos);
}
