// doorstep-provision as a person runs it: the real program, a real server on loopback, real folders.
#include <sys/stat.h>

#include <atomic>
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <filesystem>
#include <mutex>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/sealed_copy.h"
#include "platform/config/tablet_folder.h"
#include "platform/vault/tpm2_provider.h"
#include "platform/vault/vault.h"
#include "sync/server/http_listener.h"
#include "sync/wire/codec.h"
#include "tests/support/council.h"
#include "tests/support/folder.h"
#include "tests/support/process.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::support;
namespace fs = std::filesystem;

namespace {

const std::string kProgram = support::bin("doorstep-provision");

struct OwnFolder : Folder {
  void write(const std::string& name, std::string_view text) const {
    REQUIRE(base::write_file_atomic(*this / name, text, base::Access::Everybody).has_value());
  }
  std::string read(const fs::path& name) const {
    auto text = base::read_file(*this / name, 1 << 20);
    REQUIRE(text.has_value());
    return *text;
  }
};

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

std::string device_toml(std::uint16_t enrol_port, const std::string& name = "127.0.0.1") {
  return "version = 1\n[council]\nid = \"northmere\"\nname = \"Northmere Council\"\n[server]\nurl = \"https://127.0.0.1:8443\"\n"
         "enrol_url = \"https://127.0.0.1:" + std::to_string(enrol_port) + "\"\nname = \"" + name + "\"\nca_file = \"ca.pem\"\n"
         "[[contacts.duty]]\nlabel = \"Duty team\"\nnumber = \"01632 960101\"\n"
         "[[contacts.out_of_hours]]\nlabel = \"Emergency duty team\"\nnumber = \"01632 960102\"\n";
}

/// The one line that --json answers with.
boost::json::object answer(const Ran& ran) {
  REQUIRE(ran.output.ends_with("}\n"));
  REQUIRE(ran.output.find('\n') == ran.output.size() - 1);
  return boost::json::parse(ran.output).as_object();
}

/// As device_toml(), as it is handed out signed.
std::string signed_toml(std::uint16_t enrol_port, const std::string& ca, int serial) {
  std::string text = "serial = " + std::to_string(serial) + "\n" + device_toml(enrol_port);
  const std::string named = "ca_file = \"ca.pem\"\n";
  return text.replace(text.find(named), named.size(), "ca_pem = '''\n" + ca + "'''\n");
}

/// An enrolment listener that issues one certificate for one code, and remembers the requests.
struct Enrolment {
  Council council;
  std::string code = base::to_base32(base::random_bytes(16));
  base::Id device = base::Id::from_name("device 1");
  std::atomic<int> asked = 0;
  std::atomic<bool> foreign = false;  ///< answer with another tablet's certificate
  std::atomic<bool> demonstration = false, older = false;  ///< `older`: than that there are demonstrations
  std::string first_request;
  std::unique_ptr<server::HttpListener> listener;

  Enrolment() {
    server::ListenerConfig config;
    config.context = council.listener(tls::ClientCertificates::None);
    config.headers = {{wire::kProtoHeader, "1"}};
    auto started =
        server::HttpListener::start(std::move(config), [this](const server::HttpRequest& request) { return answer(request); });
    REQUIRE(started.has_value());
    listener = std::move(*started);
  }
  server::HttpReply answer(const server::HttpRequest& request) {
    ++asked;
    const auto wanted = wire::decode<wire::EnrolRequest>(request.body).value();
    if (wanted.token != code)
      return server::problem(404, "token-unknown", "This code is not known.", "Ask for a new one.");
    if (!older && wanted.demonstration.value_or(false) != demonstration)
      return server::problem(409, "demonstration", "One is a demonstration.", "The other is not.");
    if (wanted.council && *wanted.council != "northmere")
      return server::problem(409, "council", "This server is northmere's.", "The tablet's file is " + *wanted.council + "'s.");
    if (first_request.empty()) first_request = wanted.device_csr;
    wire::EnrolReply reply;
    reply.device = device;
    reply.worker = base::Id::from_name("worker 1");
    reply.worker_name = "Amina Yusuf";
    reply.ca = council.ca.cert;
    reply.ticket = "ticket";
    if (demonstration) reply.demonstration = true;
    const auto key = tls::make_key();
    const auto csr = foreign ? tls::make_request(*key).value() : wanted.device_csr;
    reply.device_certificate = tls::issue(council.ca, csr, tls::Subject::of_device(device), 90, now()).value();
    server::HttpReply out;
    out.content_type = wire::kContentType;
    out.body = wire::encode(reply);
    return out;
  }
};

}  // namespace

TEST_CASE("provision: the example says what must be filled in, and is never written over", "[provision]") {
  OwnFolder folder;
  const std::string file = (folder / "device.toml").string();
  CHECK(run({kProgram, "new", file}).code == 0);
  CHECK(folder.read("device.toml").find("CHANGE ME") != std::string::npos);
  folder.write("device.toml", "mine");
  const auto again = run({kProgram, "new", file});
  CHECK(again.code == 1);
  CHECK(folder.read("device.toml") == "mine");
  CHECK(run({kProgram, "new", "-"}).output.find("[council]") != std::string::npos);

  folder.write("device.toml", run({kProgram, "new", "-"}).output);
  const auto checked = run({kProgram, "check", file});
  CHECK(checked.code == 1);
  CHECK(checked.output.find("server.url") != std::string::npos);
}

TEST_CASE("provision: check names file, line, key, what is wrong and what would be right", "[provision]") {
  OwnFolder folder;
  const Council council;
  folder.write("ca.pem", council.ca.cert);
  const std::string file = (folder / "device.toml").string();
  folder.write("device.toml", device_toml(8444));
  const auto good = run({kProgram, "check", file});
  INFO(good.output);
  CHECK(good.code == 0);
  CHECK(good.output.find("Northmere Council") != std::string::npos);
  CHECK(answer(run({kProgram, "check", file, "--json"})).at("result").as_string() == "done");

  std::string bad = device_toml(8444);
  bad.replace(bad.find("https://127.0.0.1:8443"), 5, "http");
  folder.write("device.toml", bad);
  const auto refused = run({kProgram, "check", file});
  CHECK(refused.code == 1);
  CHECK(refused.output.find("device.toml:6: server.url: ") != std::string::npos);
  CHECK(refused.output.find("1 problem.") != std::string::npos);
  const auto json = run({kProgram, "check", file, "--json"});
  CHECK(json.code == 1);
  const auto said = answer(json);
  CHECK(said.at("result").as_string() == "refused");
  CHECK(said.at("code").as_int64() == 1);
  const auto& list = said.at("problems").as_array();
  REQUIRE(list.size() == 1);
  CHECK(list[0].at("line").as_int64() == 6);
  CHECK(list[0].at("key").as_string() == "server.url");
  CHECK_FALSE(list[0].at("right").as_string().empty());

  CHECK(run({kProgram, "check", (folder / "missing.toml").string()}).code == 2);
  folder.write("device.toml", device_toml(8444));
  folder.write("ca.pem", council.server.cert);  // a certificate, but no authority
  CHECK(run({kProgram, "check", file}).code == 1);
}

TEST_CASE("provision: wrong command lines are told apart from refusals", "[provision]") {
  CHECK(run({kProgram}).code == 2);
  CHECK(run({kProgram, "enrol"}).code == 2);
  CHECK(run({kProgram, "nonsense"}).code == 2);
  CHECK(run({kProgram, "enrol", "device.toml", "--token", "T", "--tablet", "t", "--anew", "--if-needed"}).code == 2);
  CHECK(run({kProgram, "--help"}).code == 0);
  CHECK(run({kProgram, "--version"}).output.find('.') != std::string::npos);
}

TEST_CASE("provision: enrol leaves a tablet with key, certificate and ticket, for nobody else to read", "[provision]") {
  OwnFolder folder;
  Enrolment enrolment;
  folder.write("ca.pem", enrolment.council.ca.cert);
  folder.write("device.toml", device_toml(enrolment.listener->port()));
  const fs::path tablet = folder / "tablet";
  std::string typed = enrolment.code;
  for (std::size_t at = 4; at < typed.size(); at += 5) typed.insert(at, at == 9 ? " " : "-");
  const std::vector<std::string> command = {kProgram, "enrol", (folder / "device.toml").string(), "--token", typed,
                                            "--tablet", tablet.string()};
  const auto done = run(command);
  INFO(done.output);
  REQUIRE(done.code == 0);
  CHECK(done.output.find("Amina Yusuf") != std::string::npos);
  CHECK(done.output.find("it takes files that nobody signed") != std::string::npos);

  CHECK(mode_of(tablet) == 0700);
  CHECK(mode_of(tablet / config::kDeviceKeyFile) == 0600);
  CHECK(mode_of(tablet / config::kEnrolmentFile) == 0600);
  CHECK(folder.read("tablet/device.toml") == folder.read("device.toml"));
  CHECK(folder.read("tablet/ca.pem") == enrolment.council.ca.cert);
  const auto reply = wire::decode<wire::EnrolReply>(folder.read(tablet / config::kEnrolmentFile));
  REQUIRE(reply.has_value());
  CHECK(reply->device == enrolment.device);
  CHECK(reply->ticket == "ticket");
  const std::string key = folder.read(tablet / config::kDeviceKeyFile);
  CHECK(tls::matches(reply->device_certificate, base::Secret::copy_of(key)));
  CHECK(run({kProgram, "check", (tablet / "device.toml").string()}).code == 0);  // whole in its new place

  const auto again = run(command);
  CHECK(again.code == 1);
  CHECK(again.output.find("enrolled already") != std::string::npos);
  CHECK(folder.read(tablet / config::kDeviceKeyFile) == key);
  CHECK(enrolment.asked == 1);
}

TEST_CASE("provision: after a lost answer the same command goes on with the same key", "[provision]") {
  OwnFolder folder;
  Enrolment enrolment;
  folder.write("ca.pem", enrolment.council.ca.cert);
  folder.write("device.toml", device_toml(enrolment.listener->port()));
  const fs::path tablet = folder / "tablet";
  const std::vector<std::string> command = {kProgram, "enrol", (folder / "device.toml").string(), "--token", enrolment.code,
                                            "--tablet", tablet.string()};
  enrolment.foreign = true;  // stands for an answer that never came whole
  const auto lost = run(command);
  INFO(lost.output);
  CHECK(lost.code == 2);
  CHECK_FALSE(fs::exists(tablet / config::kEnrolmentFile));
  const std::string key = folder.read(tablet / config::kDeviceKeyFile);
  enrolment.foreign = false;
  CHECK(run(command).code == 0);
  CHECK(folder.read(tablet / config::kDeviceKeyFile) == key);
}

TEST_CASE("provision: a tablet whose passphrase is forgotten is enrolled anew, and its sealed copies stay", "[provision][L28]") {
  OwnFolder folder;
  Enrolment enrolment;
  folder.write("ca.pem", enrolment.council.ca.cert);
  folder.write("device.toml", device_toml(enrolment.listener->port()));
  const fs::path tablet = folder / "tablet";
  std::vector<std::string> command = {kProgram, "enrol", (folder / "device.toml").string(), "--token", enrolment.code,
                                      "--tablet", tablet.string()};
  REQUIRE(run(command).code == 0);
  const auto key = folder.read(tablet / config::kDeviceKeyFile);
  fs::create_directories(tablet / "vault" / "keys");
  fs::create_directories(tablet / "outbox");
  fs::create_directories(tablet / "replica.db.blobs");
  const std::string copy = "outbox/" + base::CopyName{enrolment.device, 1, 4}.file();
  for (const std::string& file : {std::string("vault/slot"), std::string("replica.db"), std::string("replica.db-wal"),
                                  std::string("device.pem"), copy})
    folder.write("tablet/" + file, "x");
  command.push_back("--anew");
  const auto refused = run(command);  // not all of it is sealed
  CHECK(refused.code == 1);
  CHECK(refused.output.find("has a sealed copy") != std::string::npos);
  CHECK(fs::exists(tablet / "vault" / "slot"));
  folder.write("tablet/outbox/whole", "");
  enrolment.device = base::Id::from_name("device 2");
  const auto done = run(command);
  INFO(done.output);
  REQUIRE(done.code == 0);
  CHECK(wire::decode<wire::EnrolReply>(folder.read(tablet / config::kEnrolmentFile))->device == enrolment.device);
  CHECK(folder.read(tablet / config::kDeviceKeyFile) != key);
  for (const char* gone : {"vault/slot", "replica.db", "replica.db-wal", "replica.db.blobs", "device.key.anew", "device.pem"}) {
    INFO(gone);
    CHECK_FALSE(fs::exists(tablet / gone));
  }
  CHECK(folder.read("tablet/" + copy) == "x");
}

TEST_CASE("provision: drain says what is to do where nothing can carry the copies, and that there are none", "[provision][L30]") {
  OwnFolder folder;
  const fs::path tablet = folder / "tablet";
  fs::create_directories(tablet / "outbox");
  CHECK(answer(run({kProgram, "drain", tablet.string(), "--json"})).at("result").as_string() == "unchanged");
  folder.write("tablet/outbox/" + base::CopyName{base::Id::from_name("device"), 1, 4}.file(), "x");
  const auto refused = run({kProgram, "drain", tablet.string()});
  CHECK(refused.code == 1);
  CHECK(refused.output.find("--with FOLDER") != std::string::npos);
  CHECK(fs::exists(tablet / "outbox" / base::CopyName{base::Id::from_name("device"), 1, 4}.file()));
}

TEST_CASE("provision: drain of a folder that is no tablet's does not say that nothing waits", "[provision][L30]") {
  OwnFolder folder;
  fs::create_directories(folder / "lists");
  folder.write("lists/children.txt", "x");
  for (const fs::path& other : {folder / "nowhere", folder / "lists"}) {
    const auto refused = run({kProgram, "drain", other.string()});
    INFO(refused.output);
    CHECK(refused.code == 1);
    CHECK(refused.output.find(other.string() + " is no tablet's folder") != std::string::npos);
    CHECK(refused.output.find("holds no sealed copies") == std::string::npos);
  }
}

TEST_CASE("provision: drain shows the tablet's certificate as it was last renewed", "[provision][L30][P39]") {
  OwnFolder folder;
  Enrolment enrolment;
  std::mutex mutex;
  std::vector<std::string> shown;
  std::atomic<bool> enrols_only = false;
  server::ListenerConfig config;
  config.context = enrolment.council.listener();
  config.headers = {{wire::kProtoHeader, "1"}};
  auto main = server::HttpListener::start(std::move(config), [&](const server::HttpRequest& request) {
    std::lock_guard lock(mutex);
    shown.push_back(request.peer.identity->serial);
    if (enrols_only) return server::problem(404, "not-found", "There is nothing here.", "");
    return server::problem(503, "unavailable", "Not now.", "");
  });
  REQUIRE(main.has_value());
  const fs::path tablet = folder / "tablet";
  folder.write("ca.pem", enrolment.council.ca.cert);
  std::string toml = device_toml(enrolment.listener->port());
  toml.replace(toml.find(":8443"), 5, ":" + std::to_string((*main)->port()));
  folder.write("device.toml", toml);
  REQUIRE(run({kProgram, "enrol", (folder / "device.toml").string(), "--token", enrolment.code, "--tablet", tablet.string()})
              .code == 0);
  fs::create_directory(tablet / "outbox");
  folder.write("tablet/outbox/" + base::CopyName{enrolment.device, 1, 4}.file(), "x");
  const auto drain_shows = [&] {
    CHECK(run({kProgram, "drain", tablet.string()}).code == 2);
    std::lock_guard lock(mutex);
    REQUIRE_FALSE(shown.empty());
    return shown.back();
  };
  const auto enrolled = wire::decode<wire::EnrolReply>(folder.read("tablet/enrolment.json")).value();
  CHECK(drain_shows() == tls::inspect(enrolled.device_certificate)->serial);
  const auto renew = [&](base::Id device) {
    const auto key = tls::make_key().value();
    const auto request = tls::make_request(key).value();
    const auto pem = tls::issue(enrolment.council.ca, request, tls::Subject::of_device(device), tls::kClientDays, now()).value();
    REQUIRE(config::keep_renewed_pair(tablet, {key.clone(), pem}).has_value());
    return tls::inspect(pem)->serial;
  };
  const auto renewed = renew(enrolment.device);
  CHECK(drain_shows() == renewed);
  renew(base::Id::from_name("the tablet that this was before"));
  CHECK(drain_shows() == tls::inspect(enrolled.device_certificate)->serial);
  enrols_only = true;
  const auto swapped = run({kProgram, "drain", tablet.string()});
  INFO(swapped.output);
  CHECK(swapped.code == 1);
  CHECK(swapped.output.find("server.url and server.enrol_url may be the wrong way round") != std::string::npos);
}

TEST_CASE("provision: each way to fail has its own words and leaves no enrolment behind", "[provision][P37][P40]") {
  OwnFolder folder;
  Enrolment enrolment;
  const Council stranger;
  const fs::path tablet = folder / "tablet";
  const auto attempt = [&](const std::string& toml, const std::string& ca, const std::string& code) {
    folder.write("ca.pem", ca);
    folder.write("device.toml", toml);
    auto ran = run({kProgram, "enrol", (folder / "device.toml").string(), "--token", code, "--tablet", tablet.string()});
    CHECK_FALSE(fs::exists(tablet / config::kEnrolmentFile));
    return ran;
  };
  const auto port = enrolment.listener->port();
  const std::string unknown = base::to_base32(base::random_bytes(16));

  const auto short_code = attempt(device_toml(port), enrolment.council.ca.cert, "ABCD-EFGH");
  CHECK(short_code.code == 1);
  CHECK(short_code.output.find("not a whole enrolment code") != std::string::npos);
  CHECK_FALSE(fs::exists(tablet));

  const auto refused = attempt(device_toml(port), enrolment.council.ca.cert, unknown);
  CHECK(refused.code == 1);
  CHECK(refused.output.find("This code is not known.") != std::string::npos);

  const auto intercepted = attempt(device_toml(port), stranger.ca.cert, enrolment.code);
  CHECK(intercepted.code == 2);
  CHECK(intercepted.output.find("intercepting") != std::string::npos);

  const auto wrong_name = attempt(device_toml(port, "other.example.gov.uk"), enrolment.council.ca.cert, enrolment.code);
  CHECK(wrong_name.code == 1);  // run again it would fail again
  CHECK(wrong_name.output.find("server.name says other.example.gov.uk") != std::string::npos);
  CHECK(wrong_name.output.find("E62") != std::string::npos);
  CHECK(wrong_name.output.find("can be used again") != std::string::npos);

  server::ListenerConfig tablets;
  tablets.context = enrolment.council.listener();
  const auto unasked = [](const server::HttpRequest&) { return server::problem(500, "internal", "", ""); };
  auto main = server::HttpListener::start(std::move(tablets), unasked);
  REQUIRE(main.has_value());
  const auto swapped = attempt(device_toml((*main)->port()), enrolment.council.ca.cert, enrolment.code);
  CHECK(swapped.code == 1);
  CHECK(swapped.output.find("server.url and server.enrol_url may be the wrong way round") != std::string::npos);
  CHECK(swapped.output.find("can be used again") != std::string::npos);

  for (const auto* said : {&intercepted, &wrong_name, &swapped}) {  // whoever reads this is IT
    INFO(said->output);
    CHECK(said->output.find("all IT") == std::string::npos);
    CHECK(said->output.find("our notes") == std::string::npos);
  }

  const auto offline = attempt(device_toml(1), enrolment.council.ca.cert, enrolment.code);
  CHECK(offline.code == 2);
  CHECK(offline.output.find("can be used again") != std::string::npos);

  std::string bad = device_toml(port);
  bad.replace(bad.find("ca.pem"), 6, "../ca.pem");
  fs::create_directories(folder / "deeper");
  folder.write("deeper/device.toml", bad);
  const auto outside = run(
      {kProgram, "enrol", (folder / "deeper/device.toml").string(), "--token", enrolment.code, "--tablet", tablet.string()});
  CHECK(outside.code == 1);
  CHECK(outside.output.find("cannot travel") != std::string::npos);
  CHECK(enrolment.asked == 1);  // only the unknown code got as far as the server
}

TEST_CASE("provision: a tablet is a demonstration where its server is one, and nowhere else", "[provision]") {
  OwnFolder folder;
  Enrolment enrolment;
  folder.write("ca.pem", enrolment.council.ca.cert);
  const fs::path tablet = folder / "tablet";
  const std::string file = (folder / "device.toml").string();
  const std::string real = device_toml(enrolment.listener->port()), demonstration = real + "[tablet]\ndemonstration = true\n";
  const bool is_one = GENERATE(false, true);
  enrolment.demonstration = is_one;
  const auto run_with = [&](const char* command, const std::string& toml) {
    folder.write("device.toml", toml);
    std::vector<std::string> words = {kProgram, command, file, "--tablet", tablet.string()};
    if (std::string(command) == "enrol") words.insert(words.end(), {"--token", enrolment.code});
    return run(words);
  };
  const auto& right = is_one ? demonstration : real;
  const auto& wrong = is_one ? real : demonstration;
  auto refused = run_with("enrol", wrong);
  CHECK(refused.code == 1);
  CHECK(refused.output.find("[server.demonstration]") != std::string::npos);
  CHECK(refused.output.find("can be used again") != std::string::npos);
  CHECK(refused.output.find("Give demonstration in device.toml and in the server's server.toml alike") != std::string::npos);
  CHECK_FALSE(fs::exists(tablet / config::kEnrolmentFile));
  if (!is_one) {
    enrolment.older = true;  // it does not know what it is asked, and enrols
    refused = run_with("enrol", wrong);
    CHECK(refused.code == 1);
    CHECK(refused.output.find("says that this tablet is a demonstration, and its server is none") != std::string::npos);
    CHECK_FALSE(fs::exists(tablet / config::kEnrolmentFile));
    enrolment.older = false;
  }
  const auto enrolled = run_with("enrol", right);
  INFO(enrolled.output);
  REQUIRE(enrolled.code == 0);
  const auto before = folder.read("tablet/device.toml");
  refused = run_with("apply", wrong);
  CHECK(refused.code == 1);
  CHECK(refused.output.find("demonstration") != std::string::npos);
  CHECK(folder.read("tablet/device.toml") == before);
  CHECK(run_with("apply", "# the same\n" + right).code == 0);
}

TEST_CASE("provision: new --ca puts the authority into the file", "[provision]") {
  OwnFolder folder;
  const Council council;
  folder.write("ca.pem", council.ca.cert);
  const auto ran = run({kProgram, "new", "-", "--ca", (folder / "ca.pem").string()});
  CHECK(ran.code == 0);
  CHECK(ran.output.find("ca_pem = '''\n" + council.ca.cert + "'''\n# proxy") != std::string::npos);
  CHECK(ran.output.find("ca_file") == std::string::npos);
  folder.write("ca.pem", council.server.cert);
  CHECK(run({kProgram, "new", "-", "--ca", (folder / "ca.pem").string()}).code == 1);
  CHECK(run({kProgram, "new", "-", "--ca", (folder / "none.pem").string()}).code == 2);
}

TEST_CASE("provision: a file is signed with a key that only its owner can read, and openssl says so too", "[provision]") {
  OwnFolder folder;
  const Council council;
  const auto at = [&](const char* name) { return (folder / name).string(); };
  const auto made = run({kProgram, "keygen", "--key", at("signing.key"), "--trust", at("trust.pub")});
  INFO(made.output);
  REQUIRE(made.code == 0);
  CHECK(mode_of(at("signing.key")) == 0600);
  const std::string key = folder.read("signing.key");
  CHECK(run({kProgram, "keygen", "--key", at("signing.key"), "--trust", at("other.pub")}).code == 1);
  CHECK(folder.read("signing.key") == key);
  CHECK_FALSE(fs::exists(at("other.pub")));

  const std::vector<std::string> sign = {kProgram, "sign", at("device.toml"), "--key", at("signing.key")};
  const std::vector<std::string> check = {kProgram, "check", at("device.toml"), "--trust", at("trust.pub")};
  folder.write("device.toml", device_toml(8444));  // no serial, and ca_file
  folder.write("ca.pem", council.ca.cert);
  const auto unready = run(sign);
  CHECK(unready.code == 1);
  CHECK(unready.output.find("device.toml:1: serial: it is missing") != std::string::npos);
  CHECK(unready.output.find("server.ca_file: the signature does not cover ca.pem") != std::string::npos);
  CHECK_FALSE(fs::exists(at("device.toml.sig")));

  folder.write("device.toml", signed_toml(8444, council.ca.cert, 1));
  CHECK(run(check).output.find("it is not signed") != std::string::npos);
  const auto done = run(sign);
  INFO(done.output);
  REQUIRE(done.code == 0);
  CHECK(folder.read("device.toml.sig").size() == 64);
  CHECK(run(check).code == 0);
  folder.write("signed", std::string("DOORSTEP-CONFIG-V1\0", 19) + folder.read("device.toml"));
  const auto openssl = run({"openssl", "pkeyutl", "-verify", "-pubin", "-inkey", at("trust.pub"), "-rawin", "-in", at("signed"),
                            "-sigfile", at("device.toml.sig")});
  INFO(openssl.output);
  CHECK(openssl.code == 0);

  folder.write("device.toml", signed_toml(8444, council.ca.cert, 2));
  const auto changed = run(check);
  CHECK(changed.code == 1);
  CHECK(changed.output.find("it was changed after it was signed") != std::string::npos);
  fs::permissions(at("signing.key"), fs::perms::group_read, fs::perm_options::add);
  const auto open = run(sign);
  CHECK(open.code == 1);
  CHECK(open.output.find("can be read by others") != std::string::npos);
  CHECK(run({kProgram, "check", at("device.toml"), "--trust", at("none.pub")}).code == 2);
}

TEST_CASE("provision: a key under a passphrase, which is asked from a file or from standard input and nowhere else", "[provision]") {
  OwnFolder folder;
  const Council council;
  const auto at = [&](const char* name) { return (folder / name).string(); };
  folder.write("weak", "hello\n");
  CHECK(run({kProgram, "keygen", "--key", at("k"), "--trust", at("t"), "--passphrase-file", at("weak")}).code == 1);
  CHECK(run({kProgram, "keygen", "--key", at("k"), "--trust", at("t"), "--passphrase-file", at("none")}).code == 2);
  CHECK_FALSE(fs::exists(at("k")));
  folder.write("strong", "quiet river lantern teapot\n");
  REQUIRE(run({kProgram, "keygen", "--key", at("k"), "--trust", at("t"), "--passphrase-file", at("strong")}).code == 0);
  CHECK(folder.read("k").find("ENCRYPTED PRIVATE KEY") != std::string::npos);
  folder.write("device.toml", signed_toml(8444, council.ca.cert, 1));
  const std::vector<std::string> sign = {kProgram, "sign", at("device.toml"), "--key", at("k"), "--json"};
  const auto with = [&](const std::string& file) {
    auto command = sign;
    command.insert(command.end(), {"--passphrase-file", file});
    return command;
  };
  const auto none = answer(run(sign));
  CHECK(none.at("happened").as_string().find("it is encrypted, and no passphrase was given") != std::string::npos);
  CHECK(answer(run(with(at("weak")))).at("happened").as_string().find("this is not its passphrase") != std::string::npos);
  CHECK(answer(run(with(at("strong")))).at("result").as_string() == "done");
  Process::Options typed;
  typed.input = "quiet river lantern teapot\n";
  CHECK(answer(run(with("-"), typed)).at("serial").as_int64() == 1);
}

TEST_CASE("provision: a newer file is brought to a tablet, an older or foreign one never, and the same again changes nothing",
          "[provision][P35][P36]") {
  OwnFolder folder;
  Enrolment enrolment;
  const auto at = [&](const char* name) { return (folder / name).string(); };
  const auto& ca = enrolment.council.ca.cert;
  const auto port = enrolment.listener->port();
  REQUIRE(run({kProgram, "keygen", "--key", at("k"), "--trust", at("trust.pub")}).code == 0);
  REQUIRE(run({kProgram, "keygen", "--key", at("k2"), "--trust", at("stranger.pub")}).code == 0);
  const auto write = [&](const std::string& text, const char* key) {
    fs::remove(at("device.toml.sig"));
    folder.write("device.toml", text);
    if (key) REQUIRE(run({kProgram, "sign", at("device.toml"), "--key", at(key)}).code == 0);
  };
  const auto enrol = [&](std::vector<std::string> more) {
    std::vector<std::string> command = {kProgram,       "enrol",    at("device.toml"), "--token",
                                        enrolment.code, "--tablet", at("tablet"),      "--json"};
    command.insert(command.end(), more.begin(), more.end());
    return answer(run(command));
  };
  const auto apply = [&](std::vector<std::string> more = {}) {
    std::vector<std::string> command = {kProgram, "apply", at("device.toml"), "--tablet", at("tablet"), "--json"};
    command.insert(command.end(), more.begin(), more.end());
    return answer(run(command));
  };
  const auto reason = [](const boost::json::object& said) {
    const auto& problems = said.at("problems").as_array();
    return problems.empty() ? std::string(said.at("happened").as_string()) : std::string(problems[0].at("what").as_string());
  };
  const auto app_takes_it = [&] {
    return std::holds_alternative<config::DeviceConfig>(config::load_tablet_config(folder / "tablet", "/nonexistent"));
  };

  write(signed_toml(port, ca, 5), nullptr);
  CHECK(reason(apply()).find("holds no enrolled tablet") != std::string::npos);
  CHECK(reason(enrol({"--trust", at("trust.pub")})).find("it is not signed") != std::string::npos);
  write(signed_toml(port, ca, 5), "k");
  CHECK(reason(enrol({"--trust", at("stranger.pub")})).find("signed by somebody else") != std::string::npos);
  CHECK(enrolment.asked == 0);
  const auto enrolled = enrol({"--trust", at("trust.pub")});
  INFO(boost::json::serialize(enrolled));
  REQUIRE(enrolled.at("result").as_string() == "done");
  CHECK(enrolled.at("device").as_string() == enrolment.device.str());
  CHECK(enrolled.at("pinned").as_bool());
  CHECK(folder.read("tablet/trust.pub") == folder.read("trust.pub"));
  CHECK(app_takes_it());
  CHECK(enrol({}).at("result").as_string() == "refused");
  CHECK(enrol({"--if-needed"}).at("result").as_string() == "unchanged");
  CHECK(enrolment.asked == 1);

  CHECK(apply().at("result").as_string() == "unchanged");
  write(signed_toml(port, ca, 6) + "[policy]\nlock_s = 90\n", "k");
  CHECK(apply().at("result").as_string() == "done");
  CHECK(apply().at("result").as_string() == "unchanged");
  CHECK(folder.read("tablet/device.toml") == folder.read("device.toml"));
  CHECK(mode_of(folder / "tablet/device.toml.sig") == 0600);
  CHECK(app_takes_it());

  const std::string kept = folder.read("tablet/device.toml");
  write(signed_toml(port, ca, 5), "k");
  CHECK(reason(apply()).find("this file is older than one that this tablet has taken") != std::string::npos);
  write("# two\n# remarks\n" + signed_toml(port, ca, 6), "k");
  const auto twice = apply();
  CHECK(reason(twice).find("another file with the serial 6") != std::string::npos);
  CHECK(boost::json::serialize(twice).find("if it was edited there") != std::string::npos);
  CHECK(twice.at("problems").at(0).at("line").as_int64() == 3);
  write(signed_toml(port, ca, 7), "k2");
  CHECK(reason(apply()).find("signed by somebody else") != std::string::npos);
  CHECK(reason(apply({"--trust", at("stranger.pub")})).find("signed by somebody else") != std::string::npos);
  write(signed_toml(port, ca, 7), nullptr);
  CHECK(reason(apply()).find("it is not signed") != std::string::npos);
  std::string foreign = signed_toml(port, ca, 7);
  foreign.replace(foreign.find("northmere"), 9, "southmere");
  write(foreign, "k");
  CHECK(reason(apply()) == "This tablet is northmere's; " + at("device.toml") + " is southmere's.");
  write("not_before = 2999-01-01\n" + signed_toml(port, ca, 7), "k");
  CHECK(reason(apply()).find("tablets take the file from 2999-01-01 on") != std::string::npos);
  CHECK(folder.read("tablet/device.toml") == kept);
  CHECK(app_takes_it());

  // The key is replaced: first both are trusted, then the file is signed with the new one.
  folder.write("both.pub", folder.read("trust.pub") + folder.read("stranger.pub"));
  write(signed_toml(port, ca, 7), "k");
  CHECK(apply({"--trust", at("both.pub")}).at("result").as_string() == "done");
  write(signed_toml(port, ca, 8), "k2");
  CHECK(apply().at("result").as_string() == "done");
  CHECK(app_takes_it());

  // A crash between the signature and the file: both signatures lie there, and the old file goes on.
  const std::string signature = folder.read("tablet/device.toml.sig");
  write(signed_toml(port, ca, 9), "k2");
  folder.write("tablet/device.toml.sig", folder.read("device.toml.sig") + signature);
  CHECK(app_takes_it());
  CHECK(apply().at("result").as_string() == "done");
  CHECK(folder.read("tablet/device.toml.sig").size() == 64);
}

TEST_CASE("provision: enrol --if-needed pins the signing key on a tablet that is enrolled already", "[provision][P35]") {
  OwnFolder folder;
  Enrolment enrolment;
  const auto at = [&](const char* name) { return (folder / name).string(); };
  const auto& ca = enrolment.council.ca.cert;
  for (const auto& [key, trust] : {std::pair("k", "trust.pub"), std::pair("k2", "stranger.pub")})
    REQUIRE(run({kProgram, "keygen", "--key", at(key), "--trust", at(trust)}).code == 0);
  const auto write = [&](int serial, const char* key) {
    fs::remove(at("device.toml.sig"));
    folder.write("device.toml", signed_toml(enrolment.listener->port(), ca, serial));
    if (key) REQUIRE(run({kProgram, "sign", at("device.toml"), "--key", at(key)}).code == 0);
  };
  const auto enrol = [&](const char* trust) {
    std::vector<std::string> command = {kProgram, "enrol", at("device.toml"), "--token", enrolment.code, "--tablet", at("tablet"),
                                        "--if-needed", "--json"};
    if (trust) command.insert(command.end(), {"--trust", at(trust)});
    return answer(run(command));
  };
  write(1, nullptr);
  REQUIRE(enrol(nullptr).at("result").as_string() == "done");

  // Nobody signed what lies there: with the key pinned the app would not start.
  const auto refused = enrol("trust.pub");
  CHECK(refused.at("result").as_string() == "refused");
  CHECK(refused.at("problems").at(0).at("what").as_string().find("it is not signed") != std::string_view::npos);
  CHECK(refused.at("to_do").as_string().find("doorstep-provision apply") != std::string_view::npos);
  CHECK_FALSE(fs::exists(at("tablet/trust.pub")));
  write(2, "k");
  REQUIRE(run({kProgram, "apply", at("device.toml"), "--tablet", at("tablet")}).code == 0);
  CHECK(enrol("stranger.pub").at("result").as_string() == "refused");
  CHECK_FALSE(fs::exists(at("tablet/trust.pub")));

  write(3, "k");  // which it does not bring: that is for apply
  const auto pinned = enrol("trust.pub");
  CHECK(pinned.at("result").as_string() == "done");
  CHECK(pinned.at("pinned").as_bool());
  CHECK(folder.read("tablet/trust.pub") == folder.read("trust.pub"));
  CHECK(mode_of(folder / "tablet/trust.pub") == 0600);
  CHECK(folder.read("tablet/device.toml").starts_with("serial = 2\n"));
  CHECK(std::holds_alternative<config::DeviceConfig>(config::load_tablet_config(folder / "tablet", "/nonexistent")));
  CHECK(enrol("trust.pub").at("result").as_string() == "unchanged");
  CHECK(enrol("stranger.pub").at("result").as_string() == "refused");  // nobody's word but the pinned key's changes the pin
  CHECK(folder.read("tablet/trust.pub") == folder.read("trust.pub"));
  const auto left = enrol(nullptr);
  CHECK(left.at("result").as_string() == "unchanged");
  CHECK(left.at("pinned").as_bool());
  CHECK(enrolment.asked == 1);
}

TEST_CASE("provision: where a pinned tablet's file was edited by hand, the very file it had taken mends it", "[provision][P35][P36]") {
  OwnFolder folder;
  Enrolment enrolment;
  const auto at = [&](const char* name) { return (folder / name).string(); };
  REQUIRE(run({kProgram, "keygen", "--key", at("k"), "--trust", at("trust.pub")}).code == 0);
  folder.write("device.toml", signed_toml(enrolment.listener->port(), enrolment.council.ca.cert, 5));
  REQUIRE(run({kProgram, "sign", at("device.toml"), "--key", at("k")}).code == 0);
  const auto enrolled =
      run({kProgram, "enrol", at("device.toml"), "--token", enrolment.code, "--tablet", at("tablet"), "--trust", at("trust.pub")});
  REQUIRE(enrolled.code == 0);
  const auto app_takes_it = [&] {
    return std::holds_alternative<config::DeviceConfig>(config::load_tablet_config(folder / "tablet", "/nonexistent"));
  };
  const auto text = folder.read("device.toml"), signature = folder.read("device.toml.sig");
  const auto edited = GENERATE_COPY(text + "[policy]\nlock_s = 600\n", "serial = 5\nnonsense");
  const auto beside = GENERATE_COPY(signature, std::string(64, 'x'));
  folder.write("tablet/device.toml", edited);
  folder.write("tablet/device.toml.sig", beside);
  REQUIRE_FALSE(app_takes_it());
  const auto mended = run({kProgram, "apply", at("device.toml"), "--tablet", at("tablet")});
  INFO(mended.output);
  CHECK(mended.code == 0);
  CHECK(folder.read("tablet/device.toml") == text);
  CHECK(app_takes_it());
}

TEST_CASE("provision: a tablet is not enrolled at another council's server, and the code still counts", "[provision]") {
  OwnFolder folder;
  Enrolment enrolment;
  folder.write("ca.pem", enrolment.council.ca.cert);
  const fs::path tablet = folder / "tablet";
  const auto enrol = [&](std::string toml) {
    folder.write("device.toml", toml);
    return run({kProgram, "enrol", (folder / "device.toml").string(), "--token", enrolment.code, "--tablet", tablet.string()});
  };
  std::string toml = device_toml(enrolment.listener->port());
  const auto right = toml;
  toml.replace(toml.find("\"northmere\""), 11, "\"southmere\"");
  const auto refused = enrol(toml);
  CHECK(refused.code == 1);
  CHECK(refused.output.find("council.id says southmere") != std::string::npos);
  CHECK(refused.output.find("This server is northmere's.") != std::string::npos);
  CHECK(refused.output.find("can be used again") != std::string::npos);
  CHECK_FALSE(fs::exists(tablet / config::kEnrolmentFile));
  CHECK(enrol(right).code == 0);
}

TEST_CASE("provision: a file that allows PINs is taken where a chip holds the tablet's key, and nowhere else", "[provision][K18]") {
  if (vault::tpm_answers(vault::kTpmDevice)) SKIP("this machine has a security chip: nothing to refuse");
  OwnFolder folder;
  Enrolment enrolment;
  const std::string tablet = (folder / "tablet").string(), file = (folder / "device.toml").string();
  const std::string real = device_toml(enrolment.listener->port()), pin = real + "[policy]\npin = true\n";
  folder.write("ca.pem", enrolment.council.ca.cert);
  const auto enrol = [&] { return run({kProgram, "--json", "enrol", file, "--token", enrolment.code, "--tablet", tablet}); };
  const auto apply = [&] { return run({kProgram, "--json", "apply", file, "--tablet", tablet}); };
  const auto is_refused = [&](const Ran& ran) {
    CHECK(ran.code == 1);
    const auto said = answer(ran);
    const auto& problem = said.at("problems").as_array().at(0).as_object();
    CHECK(problem.at("key").as_string() == "policy.pin");
    CHECK(problem.at("line").as_int64() == 17);
    CHECK(problem.at("what").as_string().starts_with("a PIN needs a security chip"));
    CHECK(problem.at("right").as_string().find("pin = false") != std::string_view::npos);
  };

  folder.write("device.toml", pin);
  const auto checked = run({kProgram, "check", file});
  CHECK(checked.code == 0);  // whose tablet it will be is not known there
  CHECK(checked.output.find("It allows PINs: a tablet without a security chip refuses it.") != std::string::npos);
  is_refused(enrol());
  CHECK(enrolment.asked == 0);
  folder.write("device.toml", real);
  REQUIRE(enrol().code == 0);
  folder.write("device.toml", pin);
  is_refused(apply());  // no passphrase was chosen yet, and no chip answers

  const fs::path vault = folder / "tablet/vault";
  vault::KeyfileProvider provider(vault / "keys");
  const base::SystemClock clock;
  const vault::VaultPlace place{vault, enrolment.device, base::Id::from_name("worker 1")};
  REQUIRE(vault::Vault(place, provider, clock, "boot", vault::kTestCost).create("quiet river lantern teapot").has_value());
  is_refused(apply());
  CHECK(folder.read("tablet/device.toml") == real);

  // What a chip that is asked nothing now guards.
  vault::SlotHeader header;
  header.level = vault::Level::Tpm2;
  header.cost = vault::minimum_cost(header.level);
  header.salt = header.db_salt = std::string(16, 's');
  header.key_name = "key";
  const auto secret = base::Secret::random(32);
  folder.write("tablet/vault/slot", vault::seal_slot(header, secret, secret));
  CHECK(apply().code == 0);
  CHECK(folder.read("tablet/device.toml") == pin);
}

TEST_CASE("diagnose: the report says what IT must know, and names nobody", "[provision][H58]") {
  OwnFolder folder;
  Enrolment enrolment;
  const fs::path tablet = folder / "tablet";
  const auto report = [&] {
    const auto ran = run({support::bin("doorstep"), "--diagnose", "--tablet", tablet.string()});
    CHECK(ran.code == 0);
    return ran.output;
  };
  const auto has = [](const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; };
  const std::string nothing = report();
  INFO(nothing);
  CHECK(has(nothing, "the tablet's: not there\n"));
  CHECK(has(nothing, "set-up file: refused; line 0\n"));
  CHECK(has(nothing, "enrolment: not_found\n"));
  CHECK(has(nothing, "vault: not_found\n"));

  folder.write("ca.pem", enrolment.council.ca.cert);
  folder.write("device.toml", device_toml(enrolment.listener->port()));
  REQUIRE(run({kProgram, "enrol", (folder / "device.toml").string(), "--token", enrolment.code, "--tablet", tablet.string()})
              .code == 0);
  vault::KeyfileProvider provider(tablet / "vault" / "keys");
  const base::SystemClock clock;
  vault::Vault vault({tablet / "vault", enrolment.device, base::Id::from_name("worker 1")}, provider, clock, "boot", vault::kTestCost);
  REQUIRE(vault.create("quiet river lantern teapot").has_value());
  folder.write("tablet/Bella Quorvaxil.pdf", "a Skelterbrook bruise");
  const std::string whole = report();
  INFO(whole);
  const std::vector<std::string> told = {"program: doorstep ", "SQLCipher 4.", "set-up file: taken, serial 0\n",
                                         "signing key: none pinned\n", "file: device.key: mode 600, this account's",
                                         "folder: vault: mode 700", "files of other names: ",
                                         "enrolment: device " + enrolment.device.str(), "vault: key file, written 1 times", "spelling: en_GB\n"};
  for (const std::string& words : told) {
    CAPTURE(words);
    CHECK(has(whole, words));
  }
  CHECK(has(whole, "certificate until " + base::to_rfc3339(now() + std::chrono::hours(24 * 90)).substr(0, 10)));
  const auto later = now() + std::chrono::hours(24 * 60);
  const auto pair_key = tls::make_key().value();
  const auto pair_request = tls::make_request(pair_key).value();
  const auto pem = tls::issue(enrolment.council.ca, pair_request, tls::Subject::of_device(enrolment.device), 90, later);
  REQUIRE(config::keep_renewed_pair(tablet, {pair_key.clone(), pem.value()}).has_value());
  const std::string renewed = report();
  CHECK(has(renewed, "certificate until " + base::to_rfc3339(later + std::chrono::hours(24 * 90)).substr(0, 10)));
  CHECK(has(renewed, "file: device.pem: mode 600, this account's"));
  std::string bad = folder.read("tablet/device.toml");
  bad.replace(bad.find("01632 960101"), 12, "ring Bella Quorvaxil");
  folder.write("tablet/device.toml", bad);
  const std::string slip = report();
  CHECK(has(slip, "set-up file: refused; line 12\n"));

  std::vector<std::string> canaries = {"Amina", "Yusuf", "Northmere", "northmere", "960101", "960102", "Duty", "Quorvaxil", "Skelterbrook",
                                       "quiet river", "PRIVATE KEY", folder.path().string(), "127.0.0.1"};
  const std::string key = folder.read("tablet/device.key");
  canaries.push_back(key.substr(key.find('\n') + 1, 20));
  for (const auto& canary : canaries)
    for (const std::string& text : {nothing, whole, renewed, slip}) {
      CAPTURE(canary);
      CHECK_FALSE(has(text, canary));
    }
}
