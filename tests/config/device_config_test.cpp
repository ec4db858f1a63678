#include "platform/config/device_config.h"

#include <catch2/catch_test_macros.hpp>

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <set>
#include <sstream>

#include "platform/base/file.h"
#include "tests/support/folder.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::config;

namespace {

constexpr std::string_view kGood = R"(version = 1

[council]
id = "northmere"
name = "Northmere Council"

[server]
url = "https://doorstep.northmere.gov.uk:8443"
enrol_url = "https://doorstep.northmere.gov.uk:8444"
name = "doorstep.northmere.gov.uk"
ca_file = "ca.pem"

[policy]
lock_s = 90
visit_lock_s = 500
curtain_s = 45

[[contacts.duty]]
label = "Duty team"
number = "01632 960101"

[[contacts.duty]]
label = "Duty manager"
number = "+44 1632 960103"

[[contacts.out_of_hours]]
label = "Emergency duty team"
number = "01632 960102"

[tablet]
theme = "dark"
)";

/// kGood with one line written anew ("" leaves it out, so later lines move up by one).
std::string with_line(int number, std::string_view line) {
  std::string out;
  int at = 1;
  for (std::size_t begin = 0; begin < kGood.size(); ++at) {
    auto end = kGood.find('\n', begin);
    if (at != number) out += std::string(kGood.substr(begin, end + 1 - begin));
    else if (!line.empty()) out += std::string(line) + "\n";
    begin = end + 1;
  }
  return out;
}

std::vector<Problem> problems_of(std::string_view text) {
  auto parsed = parse_device_config(text, "device.toml");
  return std::holds_alternative<DeviceConfig>(parsed) ? std::vector<Problem>() : std::get<std::vector<Problem>>(parsed);
}

}  // namespace

TEST_CASE("device.toml: a good one is read whole", "[config]") {
  auto parsed = parse_device_config(kGood, "device.toml");
  for (const auto& problem : problems_of(kGood)) UNSCOPED_INFO(problem.str());
  REQUIRE(std::holds_alternative<DeviceConfig>(parsed));
  const auto& config = std::get<DeviceConfig>(parsed);
  CHECK(config.council.id == "northmere");
  CHECK(config.council.name == "Northmere Council");
  CHECK(config.server.sync == Endpoint{"doorstep.northmere.gov.uk", 8443});
  CHECK(config.server.enrol.url() == "https://doorstep.northmere.gov.uk:8444");
  CHECK(config.server.name == "doorstep.northmere.gov.uk");
  CHECK(config.server.ca_file == "ca.pem");
  CHECK(config.server.ca_pem.empty());
  CHECK(config.policy.lock_s == 90);
  CHECK(config.policy.visit_lock_s == 500);
  CHECK(config.policy.curtain_s == 45);
  CHECK(config.serial == 0);
  CHECK(config.contacts.emergency == "999");
  CHECK(config.contacts.duty == std::vector<Contact>{{"Duty team", "01632 960101"}, {"Duty manager", "+44 1632 960103"}});
  CHECK(config.contacts.out_of_hours == std::vector<Contact>{{"Emergency duty team", "01632 960102"}});
  CHECK(config.contacts.it.empty());
  CHECK(config.theme == Theme::Dark);
  CHECK_FALSE(config.photos_dir.has_value());
  auto with = parse_device_config(with_line(31, "theme = \"dark\"\nphotos_dir = \"/home/worker/Pictures\""), "device.toml");
  REQUIRE(std::holds_alternative<DeviceConfig>(with));
  CHECK(std::get<DeviceConfig>(with).photos_dir == "/home/worker/Pictures");
  with = parse_device_config(with_line(17, "[contacts]\nit = \"01632 960103\""), "device.toml");
  REQUIRE(std::holds_alternative<DeviceConfig>(with));
  CHECK(std::get<DeviceConfig>(with).contacts.it == "01632 960103");
  CHECK(std::get<DeviceConfig>(with).contacts.duty == config.contacts.duty);
  CHECK(config.language == Language::English);
  with = parse_device_config(with_line(31, "language = \"cy\""), "device.toml");
  REQUIRE(std::holds_alternative<DeviceConfig>(with));
  CHECK(std::get<DeviceConfig>(with).language == Language::Welsh);
  CHECK_FALSE(config.demonstration);
  with = parse_device_config(with_line(31, "demonstration = true"), "device.toml");
  REQUIRE(std::holds_alternative<DeviceConfig>(with));
  CHECK(std::get<DeviceConfig>(with).demonstration);
  with = parse_device_config(with_line(31, "demonstration = false"), "device.toml");
  REQUIRE(std::holds_alternative<DeviceConfig>(with));
  CHECK_FALSE(std::get<DeviceConfig>(with).demonstration);
}

TEST_CASE("device.toml: policy and tablet may be left out and are the decided ones", "[config]") {
  std::string text(kGood.substr(0, kGood.find("[policy]")));
  text += kGood.substr(kGood.find("[[contacts.duty]]"), kGood.find("[tablet]") - kGood.find("[[contacts.duty]]"));
  auto parsed = parse_device_config(text, "device.toml");
  REQUIRE(std::holds_alternative<DeviceConfig>(parsed));
  const auto& config = std::get<DeviceConfig>(parsed);
  CHECK(config.policy.lock_s == 120);
  CHECK(config.policy.visit_lock_s == 600);
  CHECK(config.policy.curtain_s == 60);
  CHECK(config.policy.clipboard_s == 60);
  CHECK(config.policy.lease_days == 7);
  CHECK(config.theme == Theme::Light);
  CHECK_FALSE((config.not_before || config.not_after));
}

TEST_CASE("device.toml: each wrong line is named with its key, what is wrong and what would be right", "[config]") {
  struct Row {
    int line;              // the line of kGood that is replaced
    std::string text;      // by this
    int told;              // the line the problem must name
    std::string key;       // and its key
    std::string what;      // part of what is wrong
    std::string right;     // part of what would be right
  };
  const Row rows[] = {
      {1, "version = 2", 1, "version", "2 is too large", "version = 1"},
      {1, "version = \"1\"", 1, "version", "this is text, not a whole number", "version = 1"},
      {1, "", 1, "version", "it is missing", "version = 1"},
      {1, "verison = 1", 1, "verison", "there is no such key", "did you mean \"version\"?"},
      {4, "id = \"North Mere\"", 4, "council.id", "\"North Mere\" is no id", "lower-case letters"},
      {4, "id = 7", 4, "council.id", "this is a whole number, not text", "id = \"northmere\""},
      {4, "id = \"  \"", 4, "council.id", "it is empty", "id = \"northmere\""},
      {4, "id = \"CHANGE ME\"", 4, "council.id", "still the example's", "only the council can decide"},
      {4, "", 3, "council.id", "it is missing from [council]", "write id"},
      {5, "nmae = \"Northmere Council\"", 5, "council.nmae", "there is no such key", "did you mean \"name\"?"},
      {8, "url = \"http://doorstep.northmere.gov.uk:8443\"", 8, "server.url", "http:// is not encrypted", "https://"},
      {8, "url = \"doorstep.northmere.gov.uk\"", 8, "server.url", "does not begin with https://", "https://"},
      {8, "url = \"https://doorstep.northmere.gov.uk\"", 8, "server.url", "the port is missing", ":8443"},
      {8, "url = \"https://doorstep.northmere.gov.uk:https\"", 8, "server.url", "\"https\" is no port", ":8443"},
      {8, "url = \"https://doorstep.northmere.gov.uk:70000\"", 8, "server.url", "\"70000\" is no port", ":8443"},
      {8, "url = \"https://doorstep.northmere.gov.uk:0\"", 8, "server.url", "\"0\" is no port", ":8443"},
      {8, "url = \"https://door step:8443\"", 8, "server.url", "\"door step\" is no host name", "https://"},
      {8, "url = \"https://doorstep.northmere.gov.uk:8443/v1\"", 8, "server.url", "there is a path", "https://"},
      {8, "url = \"https://me:secret@doorstep.northmere.gov.uk:8443\"", 8, "server.url", "does not belong here", "https://"},
      {8, "url = [\"https://a.example:8443\"]", 8, "server.url", "this is a list, not text", "https://"},
      {9, "enrol_url = \"https://doorstep.northmere.gov.uk:8443\"", 7, "server.enrol_url", "the same as url", "8444"},
      {9, "enroll_url = \"https://doorstep.northmere.gov.uk:8444\"", 9, "server.enroll_url", "no such key", "\"enrol_url\""},
      {10, "name = \"https://doorstep.northmere.gov.uk\"", 10, "server.name", "is no host name", "without https://"},
      {11, "", 7, "server.ca_file", "neither ca_file nor ca_pem", "doorstep-server init"},
      {11, "ca_pem = \"hello\"", 11, "server.ca_pem", "no PEM certificate", "BEGIN CERTIFICATE"},
      {11, "ca_pem = \"-----BEGIN CERTIFICATE-----\\n-----BEGIN PRIVATE KEY-----\"", 11, "server.ca_pem", "private key",
       "certificate alone"},
      {14, "lock_s = 10", 14, "policy.lock_s", "10 is too small", "from 30 to 600 seconds"},
      {14, "lock_s = 90.5", 14, "policy.lock_s", "this is a number with a point", "whole number"},
      {14, "lock = 90", 14, "policy.lock", "there is no such key", "did you mean \"lock_s\"?"},
      {15, "visit_lock_s = 80", 13, "policy.visit_lock_s", "shorter than lock_s", "waits longer"},
      {16, "curtain_s = 501", 13, "policy.curtain_s", "longer than visit_lock_s", "before the lock"},
      {16, "theme = \"dark\"", 16, "policy.theme", "there is no such key", "it belongs in [tablet]"},
      {16, "curtian_s = 45", 16, "policy.curtian_s", "there is no such key", "did you mean \"curtain_s\"?"},
      {20, "number = \"ring Pat\"", 20, "contacts.duty[1].number", "\"ring Pat\" is no telephone number", "01632 960101"},
      {17, "[contacts]\nit = \"ring Pat\"", 18, "contacts.it", "\"ring Pat\" is no telephone number", "it = \"01632 960103\""},
      {17, "[contacts]\nit = 999", 18, "contacts.it", "this is a whole number, not text", "it = \"01632 960103\""},
      {17, "[contacts]\nit = \" \"", 18, "contacts.it", "it is empty", "it = \"01632 960103\""},
      {14, "it = \"01632 960103\"", 14, "policy.it", "there is no such key", "it belongs in [contacts]"},
      {20, "numbr = \"01632 960101\"", 20, "contacts.duty[1].numbr", "there is no such key", "did you mean \"number\"?"},
      {23, "", 22, "contacts.duty[2].label", "it is missing from [contacts.duty[2]]", "Duty team"},
      {27, "", 26, "contacts.out_of_hours[1].label", "it is missing from", "write label = \"Emergency duty team\""},
      {28, "number = \"ring Pat\"", 28, "contacts.out_of_hours[1].number", "is no telephone number", "write number = \"01632 960102\""},
      {31, "theme = \"system\"", 31, "tablet.theme", "\"system\" is no theme", "\"light\", \"dark\" or \"high-contrast\""},
      {31, "language = \"de\"", 31, "tablet.language", "\"de\" is no language Doorstep speaks", "\"en\" or \"cy\""},
      {31, "data_dir = \"/data\"", 31, "tablet.data_dir", "there is no such key", "known here: photos_dir, theme, language"},
      {31, "demonstration = 1", 31, "tablet.demonstration", "not true or false", "write demonstration = true"},
      {31, "photos_dir = \"Pictures\"", 31, "tablet.photos_dir", "\"Pictures\" is not a full path", "begin with /"},
      {1, "version = 1\nserial = 0", 2, "serial", "0 is too small", "from 1 to 2000000000"},
      {1, "version = 1\nserial = \"7\"", 2, "serial", "this is text, not a whole number", "from 1"},
      {1, "version = 1\nseriel = 7", 2, "seriel", "there is no such key", "did you mean \"serial\"?"},
      {1, "version = 1\nnot_after = \"2027-03-31\"", 2, "not_after", "this is text, not a date", "without quotes"},
      {1, "version = 1\nnot_before = 2027-04-01\nnot_after = 2027-03-31", 3, "not_after", "it is before not_before", "last day"},
      {16, "clipboard_s = 61", 16, "policy.clipboard_s", "61 is too large", "from 0 to 60 seconds"},
      {16, "lease_days = 31", 16, "policy.lease_days", "31 is too large", "from 1 to 30 days"},
      {16, "pin = \"yes\"", 16, "policy.pin", "this is text, not true or false", "pin = true, without quotes"},
      {16, "pin = 6", 16, "policy.pin", "not true or false", "pin = true, without quotes"},
      {16, "pins = true", 16, "policy.pins", "there is no such key", "did you mean \"pin\"?"},
      {31, "pin = true", 31, "tablet.pin", "there is no such key", "it belongs in [policy]"},
      {16, "escrow_days = 7", 16, "policy.escrow_days", "there is no such key", "known here"},
      {30, "[tabelt]", 30, "tabelt", "there is no such key", "did you mean \"tablet\"?"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.line, row.text);
    auto problems = problems_of(with_line(row.line, row.text));
    for (const auto& problem : problems) UNSCOPED_INFO(problem.str());
    auto it = std::find_if(problems.begin(), problems.end(), [&](const Problem& p) { return p.key == row.key; });
    REQUIRE(it != problems.end());
    CHECK(it->file == "device.toml");
    CHECK(it->line == row.told);
    CHECK(it->what.find(row.what) != std::string::npos);
    CHECK(it->would_be_right.find(row.right) != std::string::npos);
  }
}

TEST_CASE("device.toml: everything wrong is told at once, in the order of the file", "[config]") {
  auto problems = problems_of(R"(version = 1
coucil = "x"

[server]
url = "http://a.example:1"
enrol_url = "https://a.example:2"
name = "a.example"
ca_file = "ca.pem"
port = 3

[policy]
lock_s = 5

[[contacts.duty]]
label = "Duty team"
)");
  std::vector<std::string> told;
  for (const auto& problem : problems) told.push_back(std::to_string(problem.line) + " " + problem.key);
  CHECK(told == std::vector<std::string>{"1 council", "2 coucil", "5 server.url", "9 server.port", "12 policy.lock_s",
                                         "14 contacts.duty[1].number", "14 contacts.out_of_hours"});
  for (const auto& problem : problems) CHECK_FALSE(problem.would_be_right.empty());
  CHECK(problems.back().would_be_right ==
        "write [[contacts.out_of_hours]] with label = \"Emergency duty team\" and number = \"01632 960102\" below it");
}

TEST_CASE("device.toml: what is no TOML is named by its line", "[config]") {
  struct Row {
    std::string text;
    int line;
  };
  const Row rows[] = {{with_line(8, "url = https://a.example:1"), 8}, {with_line(4, "id = \"north"), 4}, {with_line(3, "[council"), 3},
                      {with_line(5, "id = \"again\""), 5},            {with_line(13, "[server]"), 13},
                      {with_line(5, "name = \"\xff\xfe\""), 5}};
  for (const auto& row : rows) {
    auto problems = problems_of(row.text);
    REQUIRE(problems.size() == 1);
    CAPTURE(problems[0].str());
    CHECK(problems[0].line == row.line);
    CHECK_FALSE(problems[0].what.empty());
  }
  CHECK(problems_of("").size() == 4);  // version, council, server, contacts
  CHECK(problems_of("contacts = 5").size() == 4);
  CHECK_FALSE(problems_of(std::string(1000, '[')).empty());
  CHECK_FALSE(problems_of(std::string("version = 1\0", 12)).empty());
}

TEST_CASE("device.toml: any prefix and any single changed byte is read without harm", "[config]") {
  for (std::size_t size = 0; size < kGood.size(); ++size) (void)parse_device_config(kGood.substr(0, size), "device.toml");
  std::string text(kGood);
  for (std::size_t at = 0; at < text.size(); ++at)
    for (char c : {'"', '[', '=', '\n', '\0', '\x80'}) {
      char was = std::exchange(text[at], c);
      auto parsed = parse_device_config(text, "device.toml");
      if (auto* problems = std::get_if<std::vector<Problem>>(&parsed)) CHECK_FALSE(problems->empty());
      text[at] = was;
    }
}

TEST_CASE("device.toml: a key in the wrong table is sent to the right one", "[config]") {
  auto problems = problems_of(std::string("lock_s = 90\n") + std::string(kGood));
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].str() == "device.toml:1: lock_s: there is no such key; it belongs in [policy]");
}

TEST_CASE("device.toml: its days are said against this machine's date, and a clock that must be wrong is told as that", "[config]") {
  const auto at = [](const char* text) { return base::from_rfc3339(text).value(); };
  const auto certain = at("2026-09-01T10:00:00Z");
  const auto config = std::get<DeviceConfig>(
      parse_device_config("not_before = 2026-12-01\nnot_after = 2027-03-31\n" + std::string(kGood), "device.toml"));
  const auto said = [&](const char* now) {
    const auto problem = not_today(config, at(now), certain, "device.toml");
    return problem ? problem->str() : std::string();
  };
  CHECK(said("2019-01-01T00:00:00Z") == "device.toml: this machine's date is 2019-01-01, but the council's authority was made on "
                                        "2026-09-01: the clock is wrong; set the clock, then try again");
  CHECK(said("2026-11-30T23:59:59Z") ==
        "device.toml:1: not_before: this machine's date is 2026-11-30, and tablets take the file from "
        "2026-12-01 on; if the date is wrong, set the clock and try again; else use it when its day has come");
  CHECK(said("2026-12-01T00:00:00Z").empty());
  CHECK(said("2027-03-31T23:59:59Z").empty());
  CHECK(said("2027-04-01T00:00:00Z") == "device.toml:2: not_after: this machine's date is 2027-04-01, and tablets took the file until "
                                        "2027-03-31; if the date is wrong, set the clock and try again; else hand out a file with a "
                                        "later not_after and a higher serial");
  const auto without = std::get<DeviceConfig>(parse_device_config(kGood, "device.toml"));
  CHECK_FALSE(not_today(without, at("2026-09-01T10:00:00Z"), certain, "device.toml").has_value());
  CHECK(not_today(without, at("2026-09-01T09:59:59Z"), certain, "device.toml").has_value());
}

TEST_CASE("device.toml: platform/PROVISIONING.md has the example as it is", "[config]") {
  const auto document = base::read_file(support::tree("platform/PROVISIONING.md"), 1 << 20).value();
  CHECK(document.find("```toml\n" + std::string(example_device_toml()) + "```\n") != std::string::npos);
}

TEST_CASE("device.toml: platform/PROVISIONING.md has every key, its default and its limits, and no other", "[config]") {
  struct Row { std::string key, type, unit, standard, limits; };
  std::vector<Row> rows;
  std::istringstream document(base::read_file(support::tree("platform/PROVISIONING.md"), 1 << 20).value());
  for (std::string line; std::getline(document, line);) {
    if (!line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    std::istringstream parts(line.substr(1));
    for (std::string cell; std::getline(parts, cell, '|');) {
      const auto from = cell.find_first_not_of(" `"), to = cell.find_last_not_of(" `");
      cells.push_back(from == std::string::npos ? "" : cell.substr(from, to - from + 1));
    }
    REQUIRE(cells.size() == 6);
    CHECK_FALSE(cells[5].empty());
    rows.push_back({cells[0], cells[1], cells[2], cells[3], cells[4]});
  }
  std::set<std::string> documented;
  for (const auto& row : rows) CHECK(documented.insert(row.key).second);

  // What each table says it knows, when it is asked for something else.
  std::set<std::string> known;
  const std::pair<int, std::string> tables[] = {{1, ""},         {4, "council."},        {8, "server."},
                                                {14, "policy."}, {17, "contacts."},      {19, "contacts.duty."},
                                                {31, "tablet."}};
  for (const auto& [line, table] : tables) {
    const std::string head = table == "contacts." ? "[contacts]\n" : "";  // it has no line of its own there
    const auto problems = problems_of(with_line(line, head + std::string(40, 'q') + " = 1"));
    const auto it = std::find_if(problems.begin(), problems.end(),
                                 [](const Problem& p) { return p.would_be_right.starts_with("known here: "); });
    REQUIRE(it != problems.end());
    std::istringstream names(it->would_be_right.substr(12));
    for (std::string name; std::getline(names >> std::ws, name, ',');) {
      const bool is_table = table.empty() && std::set<std::string>{"council", "server", "policy", "contacts", "tablet"}.contains(name);
      if (!is_table) known.insert(table + name);
    }
  }
  CHECK(documented == known);

  // Numbers: the limits are those of the program, and the default is what a file without the key gives.
  const auto policy_of = [](const std::string& key, std::int64_t value) {
    const auto dot = key.find('.');
    // The others as far apart as they may be, so that only this one's own limits speak.
    std::string policy = "[policy]\n";
    for (const auto& [name, far] : {std::pair<std::string, int>{"lock_s", 30}, {"visit_lock_s", 1800}, {"curtain_s", 15}})
      policy += name + " = " + std::to_string("policy." + name == key ? value : far) + "\n";
    for (const char* alone : {"clipboard_s", "lease_days"})
      if (key == std::string("policy.") + alone) policy += std::string(alone) + " = " + std::to_string(value) + "\n";
    std::string text(kGood);
    text.replace(text.find("[policy]"), text.find("[[contacts.duty]]") - text.find("[policy]"), policy);
    if (dot == std::string::npos) {
      if (key == "version") text.erase(0, text.find('\n') + 1);
      text = key + " = " + std::to_string(value) + "\n" + text;
    }
    return problems_of(text);
  };
  const DeviceConfig standard;
  const std::map<std::string, int> standards = {{"policy.lock_s", standard.policy.lock_s},
                                                {"policy.visit_lock_s", standard.policy.visit_lock_s},
                                                {"policy.curtain_s", standard.policy.curtain_s},
                                                {"policy.clipboard_s", standard.policy.clipboard_s},
                                                {"policy.lease_days", standard.policy.lease_days}};
  for (const auto& row : rows) {
    if (row.type != "whole number") continue;
    INFO(row.key);
    std::int64_t low = 0, high = 0;
    REQUIRE(std::sscanf(row.limits.c_str(), "%ld to %ld", &low, &high) == 2);
    CHECK(policy_of(row.key, low).empty());
    CHECK(policy_of(row.key, high).empty());
    CHECK_FALSE(policy_of(row.key, low - 1).empty());
    CHECK_FALSE(policy_of(row.key, high + 1).empty());
    if (const auto it = standards.find(row.key); it != standards.end()) CHECK(row.standard == std::to_string(it->second));
  }
}

TEST_CASE("device.toml: the example names each value that a council must decide, and nothing else", "[config]") {
  auto problems = problems_of(example_device_toml());
  std::vector<std::string> keys;
  for (const auto& problem : problems) {
    keys.push_back(problem.key);
    CHECK(problem.what == "this is still the example's");
  }
  CHECK(keys == std::vector<std::string>{"council.id", "council.name", "server.url", "server.enrol_url", "server.name",
                                         "contacts.duty[1].label", "contacts.duty[1].number", "contacts.out_of_hours[1].label",
                                         "contacts.out_of_hours[1].number"});
}

TEST_CASE("device.toml: the file and its certificate are read from disk, and what is missing is named", "[config]") {
  const support::Folder folder;
  const auto path = folder / "device.toml";
  auto problem = [&] {
    auto loaded = load_device_file(path);
    auto* problems = std::get_if<std::vector<Problem>>(&loaded);
    return problems && problems->size() == 1 ? problems->front() : Problem();
  };
  CHECK(problem().what.find("cannot be read") != std::string::npos);
  CHECK(problem().str().starts_with("device.toml: "));

  REQUIRE(base::write_file_atomic(path, kGood, base::Access::Everybody).has_value());
  CHECK(problem().key == "server.ca_file");
  CHECK(problem().line == 11);
  const std::string pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  auto write_ca = [&](std::string text) {
    REQUIRE(base::write_file_atomic(folder / "ca.pem", text, base::Access::Everybody).has_value());
  };
  write_ca("hello");
  CHECK(problem().what == "ca.pem is no PEM certificate");
  write_ca(pem + "-----BEGIN PRIVATE KEY-----\n");
  CHECK(problem().what.find("private key") != std::string::npos);
  write_ca(pem);
  auto loaded = load_device_file(path);
  REQUIRE(std::holds_alternative<DeviceFile>(loaded));
  CHECK(std::get<DeviceFile>(loaded).config.server.ca_pem == pem);
  CHECK(std::get<DeviceFile>(loaded).text == kGood);

  REQUIRE(base::write_file_atomic(path, std::string(100 * 1024, '#'), base::Access::Everybody).has_value());
  CHECK(problem().what.find("larger") != std::string::npos);
}

TEST_CASE("device.toml: PINs are not allowed unless it says so, and a tablet without a chip is told why it does not take it",
          "[config][K18]") {
  const auto file = [](const std::string& policy) {
    DeviceFile out;
    out.text = with_line(16, policy);
    out.config = std::get<DeviceConfig>(parse_device_config(out.text, "device.toml"));
    return out;
  };
  for (const char* policy : {"", "curtain_s = 45", "pin = false"}) {
    CAPTURE(policy);
    CHECK_FALSE(file(policy).config.policy.pin);
    CHECK_FALSE(pin_without_chip(file(policy), "device.toml").has_value());
  }
  const auto allowed = file("curtain_s = 45\npin = true");
  CHECK(allowed.config.policy.pin);
  const auto problem = pin_without_chip(allowed, "device.toml");
  REQUIRE(problem.has_value());
  CHECK(problem->str() ==
        "device.toml:17: policy.pin: a PIN needs a security chip that counts the tries, and this tablet's key is, or would be, in a file; "
        "bring this tablet a file with pin = false; or let its account use the chip (usermod -aG tss ACCOUNT), then enrol it, anew if it "
        "was");
}

TEST_CASE("device.toml: a proxy is http://, a host and a port, and may be left out", "[config]") {
  const auto with_proxy = [](const std::string& value) { return parse_device_config(with_line(11, "ca_file = \"ca.pem\"\nproxy = " + value), "device.toml"); };
  const auto none = parse_device_config(kGood, "device.toml");
  REQUIRE(std::holds_alternative<DeviceConfig>(none));
  CHECK_FALSE(std::get<DeviceConfig>(none).server.proxy.has_value());
  const auto good = with_proxy("\"http://proxy.northmere.gov.uk:3128\"");
  REQUIRE(std::holds_alternative<DeviceConfig>(good));
  CHECK(std::get<DeviceConfig>(good).server.proxy == Endpoint{"proxy.northmere.gov.uk", 3128});
  struct Wrong { const char* value; const char* what; };
  for (const Wrong& wrong : {Wrong{"\"https://proxy.northmere.gov.uk:3128\"", "spoken to without TLS"},
                             Wrong{"\"proxy.northmere.gov.uk:3128\"", "does not begin with http://"},
                             Wrong{"\"http://proxy.northmere.gov.uk\"", "port is missing"},
                             Wrong{"\"http://ruth:secret@proxy.northmere.gov.uk:3128\"", "name or password does not belong here"},
                             Wrong{"\"http://proxy.northmere.gov.uk:0\"", "is no port"},
                             Wrong{"\"http://proxy.northmere.gov.uk:3128/pac\"", "a path after the port"},
                             Wrong{"\"\"", ""}}) {
    INFO(wrong.value);
    const auto parsed = with_proxy(wrong.value);
    REQUIRE(std::holds_alternative<std::vector<Problem>>(parsed));
    const auto& problem = std::get<std::vector<Problem>>(parsed).front();
    CHECK(problem.str().find("device.toml:12: server.proxy") == 0);
    CHECK(problem.str().find(wrong.what) != std::string::npos);
    CHECK(problem.str().find("secret") == std::string::npos);
    CHECK(problem.str().find("http://proxy.northmere.gov.uk:3128\"") != std::string::npos);
  }
}
