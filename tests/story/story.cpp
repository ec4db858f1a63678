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
#include "tests/support/canary.h"
#include "tests/support/server_process.h"
#include "tests/support/tablet.h"
#include "tests/support/tree.h"

namespace {

using namespace doorstep;
using support::Display;
using support::Process;
using support::Tablet;
namespace fs = std::filesystem;
using std::chrono::seconds;

const std::string kPassphrase(support::FieldTablet::kPassphrase);
const std::string kBin = support::bin();

/// Written in the course of the story; each has a word that stands nowhere else.
const std::vector<std::string> kCanaries = {
    "How did the trampolining go", "back from her nightshift",  "A boy they call Bartholomew", "The wallpaper in the hallway",
    "bring the dinosaur magnets",  "she makes jollof",          "drew a lighthouse",           "says the headteacher",
    "her aunt's tambourine",       "worried about the staircase", "mum's at the laundrette",   "how the fortnight was",
    "in the greenhouse",           "Ring the paediatrician",    "asked her godmother",         "when she whispered",
    "her corduroy bear",           "Tell the childminder",      "the saxophone lesson",        "from the orthodontist"};

std::string child_id(const std::string& ref) { return base::Id::from_name("child:" + ref).str(); }

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }
void expect(bool good, const std::string& what) {
  if (!good) fail("expected: " + what);
}
std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }
void write(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }

long voluntary_switches(pid_t process) {  // of its main thread, which is the one that draws
  const std::string id = std::to_string(process), name = "\nvoluntary_ctxt_switches:";
  const std::string status = read("/proc/" + id + "/task/" + id + "/status");
  const auto at = status.find(name);
  if (at == status.npos) fail("no count of switches in " + status);
  return std::stol(status.substr(at + name.size()));
}

class Story {
 public:
  explicit Story(fs::path out) : out_(std::move(out)), folder_(out_ / "work") {
    fs::remove_all(out_);
    if (auto made = base::make_private_folder(folder_ / "tmp"); !made) fail(made.error().detail);
    // Whatever a program wants to keep beside its own folder is kept where it is looked for.
    for (const char* name : {"TMPDIR", "HOME"}) ::setenv(name, (folder_ / "tmp").c_str(), 1);
    for (const char* name : {"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"}) ::unsetenv(name);
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

  /// The council's server room goes dark, and the tablet's antenna with it.
  void network(Person& who, bool on) { write(who.network, on ? "on" : "off"); }
  /// No file of tablets, server and temporary folder, and nothing the programs said, holds any of the phrases.
  void scan(const std::string& when, const std::vector<Person*>& people) {
    std::vector<fs::path> folders;
    for (const char* name : {"ruth", "ruth-second", "helen", "server", "tmp"}) folders.push_back(folder_ / name);
    auto result = support::scan(folders, kCanaries);
    if (!result.found.empty()) fail(when + ": " + result.found.front());
    std::string said = server_->output();
    for (Person* person : people) said += person->tablet->process().output();
    if (const auto told = support::found_in(said, kCanaries); !told.empty()) fail(when + ": a program said: " + told.front());
    scans_ += (scans_.empty() ? "" : ", ") + when;
    scanned_names_.merge(result.names);
    scanned_files_ += result.files;
    scanned_bytes_ += result.bytes;
  }

  void provision();
  void enrol(Person& who);
  void start(Person& who);
  void unlock(Person& who, bool first);
  void home(Tablet& t);
  void open_child(Person& who, const std::string& ref);
  void start_visit(Person& who, const std::vector<std::string>& children);
  void not_covered(Tablet& t, const std::string& key);
  void answer_visit(Tablet& t);
  void answer_child(Tablet& t, const std::string& name, const std::string& ref, const std::string& said);
  void visit_to_siblings(Person& ruth);
  /// A misspelt word, marked by the real dictionary, and put right by one press. The field's words.
  std::string put_right(Person& ruth);
  void kill_in_a_sentence(Person& ruth);
  void rest_after_typing(Person& ruth);
  void submit_and_sync(Person& ruth);
  void settle_a_conflict(Person& ruth);
  void approve(Person& ruth, Person& helen);
  void export_and_revoke(Person& ruth);
  void look_for_canaries(Person& ruth, Person& helen);
  void open_review(Person& who);
  std::string receipt(Tablet& t);
  /// Waits until the case server counts its records so; its status. What a tablet says may still be of before the last press.
  std::string counted(const std::string& records);

  fs::path out_, folder_;
  int number_ = 0;
  std::unique_ptr<support::ServerProcess> server_;
  std::string scans_;  ///< when there were scans
  std::set<std::string> scanned_names_;
  std::size_t scanned_files_ = 0, scanned_bytes_ = 0;
};

void Story::provision() {
  server_ = std::make_unique<support::ServerProcess>(support::assets("demo"), folder_ / "server", true);
  const std::string taken = server_->output();
  server_->start();
  step("The council's server has its caseload", first_line(taken.substr(taken.rfind("workers changed"))));

  fs::path toml = server_->write_device_toml(folder_);
  const std::string text = read(toml);
  std::string bad = std::regex_replace(text, std::regex("visit_lock_s"), "visit_lok_s");
  write(toml, bad);
  auto checked = support::run({kBin + "/doorstep-provision", "check", toml.string()});
  expect(checked.code == 1 && checked.output.find(":16: policy.visit_lok_s") != std::string::npos, "the bad line named: " + checked.output);
  const std::string line = first_line(checked.output);
  step("IT checks device.toml; a slip is named with its line, and what would be right", line.substr(line.rfind('/') + 1));
  write(toml, text);
  expect(support::run({kBin + "/doorstep-provision", "check", toml.string()}).code == 0, "the mended file is right");
}

void Story::enrol(Person& who) {
  std::string token = server_->token(who.ref);
  auto ran = support::run({kBin + "/doorstep-provision", "enrol", (folder_ / "device.toml").string(), "--token", token, "--tablet", who.folder.string()});
  expect(ran.code == 0 && ran.output.find("Enrolled") != std::string::npos, "enrolled: " + ran.output);
  auto again = support::run({kBin + "/doorstep-provision", "enrol", (folder_ / "device.toml").string(), "--token", token, "--tablet",
                             who.folder.string() + "-again"});
  expect(again.code != 0, "a used code is refused");
  step("A tablet is enrolled for " + who.name + "; the same code a second time is refused", first_line(ran.output));
}

void Story::start(Person& who) {
  network(who, true);
  who.tablet = std::make_unique<Tablet>(who.display, Tablet::Options{.command = {kBin + "/doorstep", "--tablet", who.folder.string()},
                                                                     .env = {{"DOORSTEP_NETWORK_FILE", who.network.string()}}});
}

void Story::unlock(Person& who, bool first) {
  Tablet& t = *who.tablet;
  t.wait_for("Demonstration. Every family here is invented.", "text");
  t.type_into("unlock/passphrase", kPassphrase);
  if (first) t.type_into("unlock/again", kPassphrase);
  t.press("unlock-action");
  t.wait_for("search", "text_field");  // "My children", or a supervisor's "My team's children"
}

/// Back to the list, from wherever.
void Story::home(Tablet& t) {
  for (int i = 0; i < 8 && t.find("bar/back", "button"); ++i) t.press("bar/back", "button");
}

void Story::open_child(Person& who, const std::string& ref) {
  Tablet& t = *who.tablet;
  home(t);
  t.press("All", "tab");
  t.press("child-" + child_id(ref), "list_row");
  t.wait_for("Open steps of the plan");
}

void Story::start_visit(Person& who, const std::vector<std::string>& children) {
  Tablet& t = *who.tablet;
  t.press("start", "button");
  t.wait_for("Which family?");
  for (const auto& child : children)
    if (!t.wait_for(child, "checkbox").is("selected")) t.press(child, "checkbox");
  t.press("Child in need visit", "radio");
  t.press("start", "button");
  t.wait_for("check", "button");
}

/// One tap, and why where the form asks it.
void Story::not_covered(Tablet& t, const std::string& key) {
  t.press(key + "/not-covered");
  if (t.find(key + "/uncovered", "text_field")) t.type_into(key + "/uncovered", "No time today");
}

void Story::answer_visit(Tablet& t) {
  t.press("visit/start/now");
  t.press("visit/end/now");
  t.press("visit/announced/ANNOUNCED");
  t.press("visit/place/HOME");
  t.type_into("visit/purpose", "Visit in the plan. How did the trampolining go?");
  t.press("visit/outcome/COMPLETED");
  t.press("visit/present/add");
  t.type_into("Name, or what they looked like", "Ngozi Okafor");
  t.type_into("Relationship to the child", "mother, back from her nightshift");
  t.press("visit/parents_met/YES");
  t.press("visit/other_children/add");
  t.type_into("Name, if you know it", "A boy they call Bartholomew");
  t.type_into("Age, or about", "about 3");
  t.press("I could not find out");
  t.type_into("visit/language", "English");
  t.press("visit/interpreter/NONE_NEEDED");
  for (const char* room : {"kitchen", "food", "heating", "sleeping", "hygiene", "hazards", "pets"}) t.press("visit/home_" + std::string(room) + "/OK");
  t.paste_into("visit/home_note", "The wallpaper in the hallway is half up \u2013 \u201clater\u201d, said Ngozi. \U0001F3E0");
  not_covered(t, "visit/next_visit_due");
  not_covered(t, "visit/next_visit_confirmed_by");
  t.press("jot");
  t.type_into("record/jotting", "To bring the dinosaur magnets next time");
  t.press("add-jotting");
}

void Story::answer_child(Tablet& t, const std::string& name, const std::string& ref, const std::string& said) {
  const std::string child = "child/" + child_id(ref) + "/";
  t.press(name, "tab");
  t.press(child + "seen/YES");
  if (said.empty()) {
    for (const char* q : {"said", "words_method", "saw", "health", "growth", "school", "told", "protective", "think"}) not_covered(t, child + q);
  } else {
    t.type_into(child + "said", said);
    t.press(child + "words_method/TALK");
    t.type_into(child + "saw", "She drew a lighthouse while we talked and looked at the door twice.");
    for (const char* q : {"health", "growth", "school"}) not_covered(t, child + q);
    t.type_into(child + "told", "Her mother says the headteacher has been kind.");
    t.type_into(child + "protective", "On Sundays she plays her aunt's tambourine.");
    t.type_into(child + "think", "She is worried about the staircase and has not said why.");
  }
  t.press(child + "risk/-/changed/NO");
  if (t.find(child + "open_steps/all-not-discussed")) t.press(child + "open_steps/all-not-discussed");
  if (said.empty()) return t.press(child + "next_steps/none");
  t.press(child + "next_steps/add");
  const std::string step = t.key_ending("/due");
  t.type_into(step + "/what", "Ring the paediatrician");
  t.type_into(step + "/owner", "Ruth Adeyemi");
  t.type_in_turn(step + "/due/day", {"1", "2", "2030"});
}

void Story::visit_to_siblings(Person& ruth) {
  Tablet& t = *ruth.tablet;
  open_child(ruth, "C0801");
  start_visit(ruth, {"Amara Okafor", "Chidi Okafor"});
  for (const char* other : {"Callum", "Siân", "Hughes"}) expect(!t.shows(other), "in visit mode only this family is on the screen");
  answer_visit(t);
  const std::string purpose = put_right(ruth);
  t.wait_for("Saved on this tablet");
  step("Offline: a visit to the Okafor children, one of them on no list. Only this family is drawn",
       "on screen: " + t.wait_for("I could not find out").name + " (of the boy); put right: \"" + purpose + "\"; " +
           t.wait_for("Saved on this tablet").name, &ruth);

  ruth.display.key("F9");
  t.wait_for("The screen is covered");
  expect(!t.shows("Okafor"), "nothing of the family under the cover");
  step("One key covers the screen", "on screen: " + t.wait_for("The screen is covered").name, &ruth);
  t.press("Show the screen again");
  t.wait_for("check", "button");
}

std::string Story::put_right(Person& ruth) {
  Tablet& t = *ruth.tablet;
  t.press("visit/purpose");
  ruth.display.key("ctrl+End");
  ruth.display.type(" Definately");
  ruth.display.key("ctrl+Left");
  t.press("visit/purpose/spelling/0");
  t.wait_for("Definitely", "note");
  t.wait_gone("visit/purpose/spelling/0");
  return t.wait_for("visit/purpose").value;
}

void Story::kill_in_a_sentence(Person& ruth) {
  const std::string said = "child/" + child_id("C0801") + "/said";
  const std::string first = "\"I like it when Auntie comes on Sundays because she makes jollof.", second = " When she goes it is quiet and I";
  answer_child(*ruth.tablet, "Amara", "C0801", first);
  rest_after_typing(ruth);
  ruth.tablet->press(said);
  ruth.display.key("ctrl+End");
  ruth.display.type(second);
  ruth.tablet->kill_hard();
  scan("killed", {&ruth});

  start(ruth);
  network(ruth, false);
  ruth.tablet->wait_for("Unlock Doorstep");
  unlock(ruth, false);
  ruth.tablet->press("draft-", "list_row");
  ruth.tablet->press("Amara", "tab");
  std::string now = ruth.tablet->wait_for(said).value;
  expect(now.starts_with(first), "everything older than two seconds is there: " + now);
  step("kill -9 in the middle of a sentence; started again, the sentence is there",
       "read back: " + now + "  (" + std::to_string(now.size() - first.size()) + " of the last " + std::to_string(second.size()) +
           " letters, typed in the moment of the kill)", &ruth);

  Tablet& t = *ruth.tablet;
  t.press("child/" + child_id("C0801") + "/disclosures/add");
  t.type_into("The exact words", "\"He does it when mum's at the laundrette.\"");
  std::string told = t.key_ending("/exact_words");
  t.type_into(told + "/question_asked", "I asked how the fortnight was.");
  t.type_into(told + "/told_to", "Me, in the greenhouse");
  t.press(told + "/at/now");
  t.wait_for("A call to make");
  expect(!t.shows("Call your manager") && !t.shows("Immediate danger"), "whoever looks on in the home does not read why");
  t.press("call-line");
  t.wait_for("Call your manager when it is safe");
  t.wait_for("Immediate danger: 999");
  const auto card = t.wait_for("01632 960901");
  const std::string number = card.name.find("01632") == std::string::npos ? card.value : card.name;
  t.press("No answer", "button");
  t.wait_for("01632 960902");
  step("A disclosure brings a call to make, quietly; \"No answer\" offers the next number", "first " + number + ", then 01632 960902", &ruth);
  t.press("I spoke to them", "button");
  t.wait_gone("Immediate danger: 999");
  answer_child(t, "Chidi", "C0802", "");
}

void Story::rest_after_typing(Person& ruth) {
  Tablet& t = *ruth.tablet;
  t.press("Amara", "tab");
  t.press("child/" + child_id("C0801") + "/think");
  ruth.display.key("ctrl+End");
  t.type(" I will ask again.");
  const auto last_key = std::chrono::steady_clock::now();
  scan("typing", {&ruth});
  t.wait_for("Saved on this tablet");
  scan("saved", {&ruth});
  t.frames_within(std::chrono::duration_cast<Tablet::Limit>(last_key + seconds(6) - std::chrono::steady_clock::now()));
  const long before = voluntary_switches(t.process().pid());
  const long frames = t.frames_within(seconds(10)), switches = voluntary_switches(t.process().pid()) - before;
  const std::string seen = std::to_string(frames) + " frames built (limit 0), " + std::to_string(switches) +
                           " voluntary switches of the thread that draws (limit 5)";
  expect(frames == 0 && switches <= 5, "an app that sleeps, not " + seen);
  step("Ten seconds beginning six after the last key: the app sleeps", seen, &ruth);
}

std::string Story::counted(const std::string& records) {
  const auto until = std::chrono::steady_clock::now() + seconds(60);
  for (;;) {
    std::string status = server_->command({"status"});
    if (status.find(records) != std::string::npos) return status;
    if (std::chrono::steady_clock::now() > until) fail("the server counts \"" + records + "\": " + status);
  }
}

std::string Story::receipt(Tablet& t) { return t.wait_for("(receipt ").name; }

void Story::submit_and_sync(Person& ruth) {
  Tablet& t = *ruth.tablet;
  t.press("check", "button");
  t.wait_for("Check the main points of each child's record before you submit it.");
  if (t.find("before you can submit")) fail("it may be submitted: " + t.screen_text());
  ruth.display.screenshot(out_ / "check.png");
  t.press("submit", "button");
  t.wait_for("Submitted on this tablet");
  scan("submitted", {&ruth});
  step("Checked and submitted, still offline", "on screen: Submitted on this tablet, " + t.wait_for("to send", "button").name, &ruth);

  server_->start();
  network(ruth, true);
  t.wait_for("All sent", "button", seconds(60));
  t.press("bar/status");
  std::string number = receipt(t);
  step("The network is back: it goes by itself", "last receipt of the case server: " + number, &ruth);
}

void Story::settle_a_conflict(Person& ruth) {
  Person other("W1001", "Ruth Adeyemi (her second tablet)", folder_ / "ruth-second");
  enrol(other);
  start(other);
  other.tablet->wait_for("Choose a passphrase");
  unlock(other, true);
  other.tablet->wait_for("All sent");

  open_child(ruth, "C0101");
  start_visit(ruth, {"Aoife"});
  ruth.tablet->type_into("visit/purpose", "To see how the week went.");
  ruth.tablet->wait_for("All sent", "button", seconds(60));
  other.tablet->press("bar/status");
  other.tablet->press("sync-now");
  home(*other.tablet);
  other.tablet->wait_for("draft-", "list_row", seconds(60));
  for (Person* who : {&other, &ruth}) {
    network(*who, false);
    who->tablet->wait_for("Offline");
  }
  other.tablet->press("draft-", "list_row");
  auto rewrite = [](Person& who, const std::string& words) {
    who.tablet->press("visit/purpose");
    who.display.key("ctrl+a");
    who.tablet->type(words);
    who.tablet->wait_for("Saved on this tablet");
  };
  rewrite(other, "To talk about the saxophone lesson.");
  rewrite(ruth, "To bring the letter from the orthodontist.");
  network(other, true);
  other.tablet->wait_for("All sent", "button", seconds(60));
  network(ruth, true);
  Tablet& t = *ruth.tablet;
  t.press("settle", "button");
  t.wait_for("Keep both");
  expect(t.shows("To talk about the saxophone lesson.") && t.shows("To bring the letter from the orthodontist."), "both texts");
  step("The same words changed on two tablets: both texts, side by side",
       "\"To bring the letter from the orthodontist.\" | \"To talk about the saxophone lesson.\"", &ruth);
  t.press("Keep both", "button");
  t.wait_for("Everything is settled.");
  t.press("Back to the visit");
  std::string both = t.wait_for("visit/purpose").value;
  expect(both.find("saxophone") != std::string::npos && both.find("orthodontist") != std::string::npos, "both kept: " + both);
  step("A person settles it: keep both", "the field now holds: " + std::regex_replace(both, std::regex("\n+"), " / "), &ruth);
  t.wait_for("Saved on this tablet");
  t.press("bar/status");
  t.press("sync-now");
  t.wait_for("Everything is with the case server.", "", seconds(60));
  home(t);
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
  server_->stop();
  ruth.tablet->wait_for("Offline");
  step("The network is gone, and so is the server", "on screen: Offline; doorstep-server ended with 0 on SIGTERM", &ruth);

  visit_to_siblings(ruth);
  kill_in_a_sentence(ruth);
  submit_and_sync(ruth);

  Person helen("W1009", "Helen Price", folder_ / "helen");
  approve(ruth, helen);
  settle_a_conflict(ruth);
  export_and_revoke(ruth);
  look_for_canaries(ruth, helen);
}

void Story::open_review(Person& who) {
  Tablet& t = *who.tablet;
  home(t);
  t.press("Approvals (");
  t.wait_for("Each child's record is read and decided on its own.");
  t.press("Amara Okafor", "list_row");
  t.wait_for("Your decision");
}

void Story::approve(Person& ruth, Person& helen) {
  enrol(helen);
  start(helen);
  helen.tablet->wait_for("Choose a passphrase");
  unlock(helen, true);
  Tablet& h = *helen.tablet;
  Tablet& r = *ruth.tablet;
  h.wait_for("All sent");
  h.wait_for("Approvals (2)", "", seconds(60));

  // The supervisor reads a version, offline; the author takes it back and sends another meanwhile.
  open_review(helen);
  helen.display.screenshot(out_ / "review.png");
  network(helen, false);
  h.wait_for("Offline");
  open_child(ruth, "C0801");
  r.press("record-", "list_row");
  r.press("withdraw", "button");
  counted("submitted 1, returned 0");
  r.press("rewrite", "button");
  r.press("Amara", "tab");
  r.press("child/" + child_id("C0801") + "/think");
  ruth.display.key("ctrl+End");
  r.type(" I have asked her godmother.");
  r.wait_for("Saved on this tablet");
  r.press("check", "button");
  r.press("submit", "button");
  counted("submitted 2, returned 0");

  h.press("agree/agree_yes");
  h.type_into("review/rationale", "Read. I agree the next steps.");
  h.press("approve", "button");
  h.wait_for("Approved on this tablet");
  network(helen, true);
  h.wait_for("Something was not taken", "button", seconds(60));
  h.press("bar/status");
  std::string refused = h.wait_for("A newer version had arrived").name;
  step("An approval of a version that is no longer current is refused", "on the supervisor's screen: " + refused, &helen);
  h.press("Take it off this list");

  open_review(helen);
  h.press("reason/reason_MISSING_VOICE");
  h.type_into("review/rationale", "Please say how Amara was when she whispered it.");
  h.press("return", "button");
  counted("submitted 1, returned 1");
  step("Returned with a reason", "\"The child's voice is missing\": Please say how Amara was when she whispered it.", &helen);

  r.press("bar/status");
  r.press("sync-now");
  open_child(ruth, "C0801");
  r.wait_for("Returned");
  r.press("record-", "list_row");
  r.press("rewrite", "button");
  r.press("Amara", "tab");
  r.press("child/" + child_id("C0801") + "/saw");
  ruth.display.key("ctrl+End");
  r.type(" She spoke very quietly and held her corduroy bear.");
  r.wait_for("Saved on this tablet");
  r.press("check", "button");
  r.press("submit", "button");
  counted("submitted 2, returned 0");

  h.press("bar/status");
  h.press("sync-now");
  h.wait_gone("Sending");
  open_review(helen);
  h.press("Since it was returned", "tab");
  expect(h.shows("She spoke very quietly and held her corduroy bear."), "what changed is in view");
  h.press("agree/agree_yes");
  h.type_into("review/rationale", "Now it is clear. I agree. Tell the childminder too.");
  step("Corrected; the supervisor sees what changed since the return", "in view: She spoke very quietly and held her corduroy bear.", &helen);
  h.press("approve", "button");
  const std::string status = counted("submitted 1, returned 0, approved 1");
  step("Approved, bound to exactly this version", std::regex_replace(status.substr(0, status.find("\ntablet ")), std::regex("\n"), "; "), &helen);
  scan("approved", {&ruth, &helen});
  h.press("bar/person");
  h.press("lock", "button");
  h.wait_for("Unlock Doorstep");
  scan("locked", {&ruth, &helen});
}

void Story::export_and_revoke(Person& ruth) {
  fs::path folder = folder_ / "export";
  server_->command({"export", folder.string()});
  std::string page;
  for (const auto& entry : fs::directory_iterator(folder / "records"))
    if (entry.path().extension() == ".html") page += read(entry.path());
  expect(page.find("She spoke very quietly and held her corduroy bear.") != std::string::npos, "the approved words in the exported page");
  expect(page.find("Helen Price") != std::string::npos, "who approved it");
  expect(read(folder / "manifest.json").find("sha256") != std::string::npos, "a manifest of hashes");
  step("The approved record is exported and read back from its HTML", "records/*.html holds: She spoke very quietly and held her corduroy bear. / Helen Price");

  std::string enrolment = read(ruth.folder / "enrolment.json");
  std::smatch device;
  expect(std::regex_search(enrolment, device, std::regex("\"device\":\"([0-9a-f-]{36})\"")), "the device's id");
  server_->command({"revoke", "--device", device[1]});
  ruth.tablet->press("bar/status");
  ruth.tablet->press("sync-now");
  std::string words = ruth.tablet->wait_for("stopped this tablet from sending", "", seconds(60)).name;
  step("The tablet is revoked and refused at its next word, inside an open connection", "on screen: " + words, &ruth);
  server_->stop();
}

void Story::look_for_canaries(Person& ruth, Person& helen) {
  for (Person* person : {&ruth, &helen}) {
    person->tablet->process().signal(SIGTERM);
    const int code = person->tablet->process().wait(seconds(20));
    expect(code == 0, "the app ends with 0 on SIGTERM, not " + std::to_string(code));
  }
  scan("ended", {&ruth, &helen});
  for (const char* name : {"replica.db", "replica.db-wal", "cases.db", "cases.db-wal", "slot"})
    expect(scanned_names_.contains(name), std::string(name) + " among the files that were read");
  auto decrypted = [](const std::string& where, const std::string& dump) {
    const auto found = support::found_in(dump, kCanaries, true);
    for (const auto& canary : kCanaries)
      expect(std::find(found.begin(), found.end(), canary) != found.end(), "\"" + canary + "\" in what " + where + " holds, decrypted");
    return std::to_string(found.size());
  };
  const std::string at_server = decrypted("the server", support::dump_of(server_->open_database()));
  const std::string on_tablet = decrypted("her tablet", support::dump_of(support::open_store(ruth.folder)));
  const std::string files = std::to_string(scanned_files_) + " files, " + std::to_string(scanned_bytes_ >> 20) + " MiB";
  step("No file of tablets, server and temporary folder held a word of what was written; decrypted, all of it is there",
       std::to_string(kCanaries.size()) + " phrases looked for in " + files + " (" + scans_ + "): none; decrypted: " + at_server +
           " at the server, " + on_tablet + " on her tablet");
}

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
