#pragma GCC diagnostic ignored "-Wunused-function"
// The whole story, told by the real programs: provisioning, two social worker's tablets and a supervisor's in real windows,
// the case server, worked from outside through XTEST by what is on the screen. One line per step with its evidence, one
// picture per step. This is what platform/dev/run.sh shows where there is no display, and it is the end-to-end test.
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>
#include <regex>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/id.h"
#include "tests/support/tablet.h"

namespace {

using namespace doorstep;
using support::Display;
using support::Process;
using support::Tablet;
namespace fs = std::filesystem;
using std::chrono::seconds;

const std::string kPassphrase = "quiet river lantern teapot";
const std::string kBin = DOORSTEP_BIN_DIR;

std::string child_id(const std::string& ref) { return base::Id::from_name("child:" + ref).str(); }

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }
void expect(bool good, const std::string& what) {
  if (!good) fail("expected: " + what);
}
std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }

class Story {
 public:
  explicit Story(fs::path out) : out_(std::move(out)), folder_(out_ / "work") {
    fs::remove_all(out_);
    if (auto made = base::make_private_folder(folder_); !made) fail(made.error().detail);
  }

  void tell();

 private:
  struct Person {
    std::string ref, name;
    fs::path folder, network;
    Display display{1280, 800};
    std::unique_ptr<Tablet> tablet;
    ~Person() {
      if (std::uncaught_exceptions() > 0) display.screenshot(folder.string() + "-failed.png");
    }
    Person(std::string r, std::string n, fs::path f) : ref(std::move(r)), name(std::move(n)), folder(f), network(f.string() + ".network") {}
  };

  void step(const std::string& what, const std::string& evidence, Person* who = nullptr) {
    ++number_;
    std::cout << (number_ < 10 ? " " : "") << number_ << "  " << what << "\n      " << evidence << std::endl;
    if (!who) return;
    std::string name = std::to_string(number_ + 100).substr(1) + ".png";
    who->display.screenshot(out_ / name);
  }

  std::string server(std::vector<std::string> words) {
    words.insert(words.begin(), {kBin + "/doorstep-server", "--data", (folder_ / "server").string()});
    auto ran = support::run(words);
    if (ran.code != 0) fail("doorstep-server " + words[3] + ": " + ran.output);
    return ran.output;
  }
  void serve() {
    std::string sync = "127.0.0.1:" + (port_.empty() ? "0" : port_), enrol = "127.0.0.1:" + (enrol_port_.empty() ? "0" : enrol_port_);
    fs::remove(folder_ / "ports");
    serving_ = std::make_unique<Process>(std::vector<std::string>{kBin + "/doorstep-server", "--data", (folder_ / "server").string(), "serve",
                                                                  "--listen", sync, "--enrol-listen", enrol, "--ports-file",
                                                                  (folder_ / "ports").string(), "--requests-per-minute", "600"});
    if (!serving_->wait_for_output("serving", seconds(20))) fail("the server did not start: " + serving_->output());
    std::string ports = read(folder_ / "ports");
    std::smatch found;
    static const std::regex pattern(R"(sync 127\.0\.0\.1:(\d+)\s+enrol 127\.0\.0\.1:(\d+))");
    if (!std::regex_search(ports, found, pattern)) fail("no ports in " + ports);
    port_ = found[1];
    enrol_port_ = found[2];
  }
  /// The council's server room goes dark, and the tablet's antenna with it.
  void network(Person& who, bool on) { write(who.network, on ? "on" : "off"); }
  void stop_server() {
    serving_->signal(SIGTERM);
    int code = serving_->wait(seconds(30));
    expect(code == 0, "a clean stop on SIGTERM, not exit code " + std::to_string(code));
  }

  void provision();
  void enrol(Person& who);
  void start(Person& who);
  void unlock(Person& who, bool first);
  void open_child(Person& who, const std::string& ref);
  void start_visit(Person& who, const std::string& type);
  void answer_visit(Person& who, const std::string& purpose);
  void answer_child(Person& who, const std::string& ref, const std::string& said);
  void submit(Person& who);
  void visit_to_siblings(Person& ruth);
  void approve_in_the_end(Person& ruth);
  std::string receipt(Person& who);
  void sync_now(Person& who);

  fs::path out_, folder_;
  int number_ = 0;
  std::string port_, enrol_port_;
  std::unique_ptr<Process> serving_;
};

void Story::provision() {
  server({"init", "--name", "localhost", "--also", "127.0.0.1", "--council", "Northmere Council", "--council-id", "northmere"});
  auto taken = server({"import", DOORSTEP_ASSETS_DIR "/demo", "--relative-dates"});
  serve();
  step("The council's server has its caseload", taken.substr(taken.rfind("workers changed")).substr(0, 100));

  fs::copy_file(folder_ / "server/ca.pem", folder_ / "ca.pem");
  fs::path toml = folder_ / "device.toml";
  std::string text = "version = 1\n\n[council]\nid = \"northmere\"\nname = \"Northmere Council\"\n\n[server]\nurl = \"https://127.0.0.1:" + port_ +
                     "\"\nenrol_url = \"https://127.0.0.1:" + enrol_port_ + "\"\nname = \"localhost\"\nca_file = \"ca.pem\"\n\n[policy]\nlock_s = 600\n" +
                     "curtain_s = 600\nvisit_lock_s = 900\n\n[[contacts.duty]]\nlabel = \"Duty manager\"\nnumber = \"01632 960901\"\n\n" +
                     "[[contacts.out_of_hours]]\nlabel = \"Emergency duty team\"\nnumber = \"01632 960902\"\n";
  std::string bad = std::regex_replace(text, std::regex("visit_lock_s"), "visit_lok_s");
  write(toml, bad);
  auto checked = support::run({kBin + "/doorstep-provision", "check", toml.string()});
  expect(checked.code == 1 && checked.output.find(":16: policy.visit_lok_s") != std::string::npos, "the bad line named: " + checked.output);
  std::string line = checked.output.substr(0, checked.output.find('\n'));
  step("IT checks device.toml; a slip is named with its line, and what would be right", line.substr(line.rfind('/') + 1));
  write(toml, text);
  expect(support::run({kBin + "/doorstep-provision", "check", toml.string()}).code == 0, "the mended file is right");
}

void Story::enrol(Person& who) {
  std::string token = server({"token", who.ref});
  token = token.substr(0, token.find('\n'));
  auto ran = support::run({kBin + "/doorstep-provision", "enrol", (folder_ / "device.toml").string(), "--token", token, "--tablet", who.folder.string()});
  expect(ran.code == 0 && ran.output.find("Enrolled") != std::string::npos, "enrolled: " + ran.output);
  auto again = support::run({kBin + "/doorstep-provision", "enrol", (folder_ / "device.toml").string(), "--token", token, "--tablet",
                             who.folder.string() + "-again"});
  expect(again.code != 0, "a used code is refused");
  step("A tablet is enrolled for " + who.name + "; the same code a second time is refused", ran.output.substr(0, ran.output.find('\n')));
}

void Story::start(Person& who) {
  network(who, true);
  who.tablet = std::make_unique<Tablet>(who.display, Tablet::Options{.command = {kBin + "/doorstep", "--tablet", who.folder.string()},
                                                                     .env = {{"DOORSTEP_NETWORK_FILE", who.network.string()}}});
}

void Story::unlock(Person& who, bool first) {
  Tablet& t = *who.tablet;
  t.type_into("unlock/passphrase", kPassphrase);
  if (first) t.type_into("unlock/again", kPassphrase);
  t.press("unlock-action");
  t.wait_for("My children");
}

void Story::open_child(Person& who, const std::string& ref) {
  Tablet& t = *who.tablet;
  t.press("All", "tab");
  t.press("child-" + child_id(ref), "list_row");
  t.wait_for("What is due");
}

void Story::start_visit(Person& who, const std::string& type) {
  Tablet& t = *who.tablet;
  t.press("start", "button");
  t.wait_for("Which family?");
  t.press("type/" + type, "radio");
  t.press("start", "button");
  t.wait_for("check", "button");
}

void Story::answer_visit(Person& who, const std::string& purpose) {
  Tablet& t = *who.tablet;
  t.press("visit/announced/ANNOUNCED");
  t.press("visit/place/HOME");
  t.type_into("visit/purpose", purpose);
  t.press("visit/outcome/COMPLETED");
  t.press("visit/end/now");
}

void Story::answer_child(Person& who, const std::string& ref, const std::string& said) {
  Tablet& t = *who.tablet;
  std::string child = "child/" + child_id(ref) + "/";
  t.press(child + "seen/YES");
  t.press(child + "alone/YES");
  t.type_into(child + "said", said);
  t.press(child + "words_method/TALK");
}

void Story::submit(Person& who) {
  Tablet& t = *who.tablet;
  t.press("check", "button");
  t.wait_for("submit", "button");
}

std::string Story::receipt(Person& who) {
  for (const auto& c : who.tablet->controls())
    if (c.name.starts_with("Number ") || c.value.starts_with("Number ")) return c.name.starts_with("Number ") ? c.name : c.value;
  return {};
}

void Story::sync_now(Person& who) {
  Tablet& t = *who.tablet;
  t.press("bar/status");
  t.press("sync-now");
}

void Story::tell() {
  provision();
  Person ruth("W1001", "Ruth Adeyemi", folder_ / "ruth");
  enrol(ruth);
  start(ruth);
  ruth.tablet->wait_for("Choose a passphrase");
  unlock(ruth, true);
  ruth.tablet->wait_for("All sent");
  ruth.tablet->press("All", "tab");
  ruth.tablet->wait_for("child-" + child_id("C0801"), "list_row");
  step("Ruth chooses a passphrase; her key is made inside the vault, and her children arrive over TLS with her own certificate",
       "on screen: " + ruth.tablet->wait_for("child-" + child_id("C0801"), "list_row").name, &ruth);

  network(ruth, false);
  stop_server();
  ruth.tablet->wait_for("Working offline");
  step("The network is gone, and so is the server", "on screen: Working offline; doorstep-server ended with 0 on SIGTERM", &ruth);

  visit_to_siblings(ruth);
  approve_in_the_end(ruth);
}

void Story::visit_to_siblings(Person& ruth) {
  Tablet& t = *ruth.tablet;
  const std::string amara = "child/" + child_id("C0801") + "/", chidi = "child/" + child_id("C0802") + "/";
  open_child(ruth, "C0801");
  start_visit(ruth, "CIN");
  answer_visit(ruth, "Visit in the plan. How was the week?");
  t.press("visit/parents_met/YES");
  t.press("visit/present/add");
  step("A visit to the Okafor children begins", "shown: " + t.wait_for("check", "button").name, &ruth);
  std::cout << t.screen_text() << std::endl;
}

void Story::approve_in_the_end(Person&) {}

}  // namespace

int main(int argc, char** argv) {
  fs::path out = "build/demo";
  for (int i = 1; i + 1 < argc; ++i)
    if (std::strcmp(argv[i], "--out") == 0) out = argv[i + 1];
  ::signal(SIGPIPE, SIG_IGN);
  try {
    Story(fs::absolute(out)).tell();
  } catch (const std::exception& error) {
    std::cout << "FAILED: " << error.what() << std::endl;
    return 1;
  }
  std::cout << "The whole story was told. Pictures: " << out.string() << std::endl;
  return 0;
}
