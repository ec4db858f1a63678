// What is left of a case in the memory of the real app after its lock: read from outside, as whoever takes an image of it would.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iostream>
#include <map>

#include "tests/support/server_process.h"
#include "tests/support/tablet.h"
#include "tests/support/tree.h"

using namespace doorstep;
using support::FieldTablet;
using support::Tablet;

namespace {

/// Where `words` stand in the writable memory of a process, as UTF-8, UTF-16 or UTF-32: what is mapped there, and how often.
std::map<std::string, int> found(pid_t pid, const std::string& words) {
  const std::string folder = "/proc/" + std::to_string(pid);
  std::vector<std::string> forms(3);
  for (const char c : words) {
    forms[0] += c;
    forms[1] += c + std::string(1, '\0');
    forms[2] += c + std::string(3, '\0');
  }
  std::map<std::string, int> out;
  const int memory = ::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  if (memory < 0) SKIP("this account may not read another process's memory");
  std::ifstream maps(folder + "/maps");
  std::string chunk;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    char access[5] = "";
    int name = 0;
    REQUIRE(std::sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %*s %n", &begin, &end, access, &name) == 3);
    if (std::string_view(access).substr(0, 2) != "rw" || end - begin > (1ul << 30)) continue;
    chunk.resize(end - begin);
    const ssize_t got = ::pread(memory, chunk.data(), chunk.size(), static_cast<off_t>(begin));
    if (got <= 0) continue;
    const std::string_view all(chunk.data(), static_cast<std::size_t>(got));
    for (const auto& form : forms)
      for (auto at = all.find(form); at != std::string_view::npos; at = all.find(form, at + 1))
        ++out[line.substr(static_cast<std::size_t>(name))];
  }
  ::close(memory);
  return out;
}

std::string told(const std::map<std::string, int>& places) {
  std::string out;
  for (const auto& [where, times] : places) out += std::to_string(times) + " in " + (where.empty() ? "unnamed memory" : where) + "\n";
  return out;
}

}  // namespace

TEST_CASE("windows: after a lock no word that was read, typed or searched for is in the app's memory", "[windows][H56]") {
  ::signal(SIGPIPE, SIG_IGN);
  support::Folder folder;
  support::ServerProcess server(support::assets("demo"));
  server.start();
  const auto tablet_folder = (folder / "ruth").string();
  const auto enrolled = support::run({support::bin("doorstep-provision"), "enrol", server.write_device_toml(folder.path()).string(),
                                      "--token", server.token("W1001"), "--tablet", tablet_folder});
  INFO(enrolled.output);
  REQUIRE(enrolled.code == 0);
  support::Display display(1280, 800);
  Tablet tablet(display, {.command = {support::bin("doorstep"), "--tablet", tablet_folder}, .env = {}});
  for (const char* field : {"unlock/passphrase", "unlock/again"}) tablet.type_into(field, std::string(FieldTablet::kPassphrase));
  tablet.press("unlock-action");
  tablet.wait_for("My children");
  tablet.wait_for("All sent", "button");

  const std::string searched = "quorvexmil", typed = "zebrinthoquellmarsh lopvantigrumbel", read = "Okafor";
  const std::string brief = "jyzquvix";  // so short, as the search and the name, that a string keeps it in itself, also on a stack
  tablet.press("All", "tab");
  tablet.press("Chidi Okafor", "list_row");
  tablet.press("start", "button");
  tablet.wait_for("Which family?");
  tablet.press("type/type_CIN");
  tablet.press("start", "button");
  tablet.wait_for("check", "button");
  std::string note;
  for (const auto& control : tablet.controls())
    if (control.role == "note") note = control.key;
  INFO(tablet.screen_text());
  REQUIRE_FALSE(note.empty());
  tablet.press(note);
  tablet.type(typed + " " + brief + " and");
  tablet.wait_for(typed + " " + brief + " and");
  for (int i = 0; i < 8 && tablet.find("bar/back", "button"); ++i) tablet.press("bar/back", "button");
  tablet.settle();
  tablet.type_into("Search people, addresses and notes", searched);
  tablet.settle();
  const pid_t pid = tablet.process().pid();
  for (const auto& words : {typed, brief, read, searched}) {
    INFO(words);
    CHECK_FALSE(found(pid, words).empty());  // the search finds what is there
  }
  tablet.press("Ruth Adeyemi", "button");
  tablet.press("lock", "button");
  tablet.wait_for("unlock/passphrase");
  for (const auto& words : {typed, brief, read, searched}) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);  // the threads close what they have
    auto left = found(pid, words);
    while (!left.empty() && std::chrono::steady_clock::now() < end) left = found(pid, words);
    std::cout << "windows: " << words << " after the lock: " << (left.empty() ? "nowhere\n" : told(left));
    INFO(words);
    CHECK(told(left) == "");
  }
}
