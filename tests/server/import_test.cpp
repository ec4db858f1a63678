#include "sync/server/import.h"

#include "sync/server/csv.h"
#include "tests/server/csv_cells.h"
#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

std::string problems_of(const server::ImportReport& report) {
  std::string out;
  for (const auto& problem : report.problems) out += problem.str() + "\n";
  return out;
}

model::Child child(Office& office, const char* ref) {
  auto head = office.head(child_id(ref));
  REQUIRE(head.has_value());
  auto body = wire::decode<model::Child>(head->body);
  REQUIRE(body.has_value());
  return *body;
}

}  // namespace

TEST_CASE("csv: what is written is read back byte for byte, and no cell is a formula", "[server]") {
  for (const std::string& text : kHardCells) {
    INFO(text);
    std::string line = server::csv_line({server::safe_cell(text), "plain"});
    CHECK((line.front() != '=' && line.front() != '+' && line.front() != '-' && line.front() != '@'));
    auto table = server::parse_csv("a,b\n" + line);
    REQUIRE(table.has_value());
    REQUIRE(table->rows.size() == 1);
    CHECK(server::plain_cell(table->rows[0].cells[0]) == text);
  }
}

TEST_CASE("csv: byte order mark, line ends and lines are read as they are", "[server]") {
  auto table = server::parse_csv("\xEF\xBB\xBF" "a,b\r\n\"x\r\ny\",\"say \"\"hi\"\"\"\n1,\n");
  REQUIRE(table.has_value());
  CHECK(table->columns == std::vector<std::string>{"a", "b"});
  REQUIRE(table->rows.size() == 2);
  CHECK(table->rows[0].cells == std::vector<std::string>{"x\r\ny", "say \"hi\""});
  CHECK(table->rows[0].line == 2);
  CHECK(table->rows[1].line == 4);
  CHECK(table->rows[1].cells[1].empty());
  struct Bad { const char* text; const char* where; };
  for (const Bad& bad : {Bad{"", "line 1"}, Bad{"a,b\n1\n", "line 2"}, Bad{"a\n\"x", "line 2"}, Bad{"a\nx\"y\n", "line 2"},
                         Bad{"a\n\"x\"y\n", "line 2"}, Bad{"a\nb\n\xff\n", "line 3"}}) {
    auto refused = server::parse_csv(bad.text);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().where == bad.where);
  }
}

TEST_CASE("import: the same extract again changes nothing", "[server]") {
  Office office;
  auto before = office.head(child_id("A1"));
  auto report = office.import(extract());
  CHECK(report.problems.empty());
  CHECK(report.taken.size() == std::size(server::kExtractFiles));
  CHECK(report.workers_changed + report.families_changed + report.children_changed + report.cases_moved == 0);
  CHECK(office.head(child_id("A1")) == before);
  Tablet wren(office, "wren");
  wren.sync();
  office.import(extract());
  wren.sync();
  CHECK(wren.last.cases.empty());
}

TEST_CASE("import: a bad row is named with file, line and reason, and nothing of that file is taken", "[server]") {
  struct Bad { const char* file; const char* text; const char* said; };
  const Bad rows[] = {
      {"workers.csv", "worker_ref,name,role,team_ref,team_name,social_work_qualified\nwren,W,BOSS,north,N,YES\n", "workers.csv:2: role: \"BOSS\" is none of"},
      {"workers.csv", "worker_ref,name,role,team_ref,team_name,social_work_qualified\nwren,W,SUPERVISOR,north,N,maybe\n", "workers.csv:2: social_work_qualified: \"maybe\" is neither YES nor NO"},
      {"families.csv", "family_ref,name,address,postcode,phone,language\nF1,,,,,\n", "families.csv:2: name: is empty"},
      {"families.csv", "family_ref,name,address,postcode,phone,language\nF1,A,,,,\nF1,B,,,,\n", "families.csv:3: family_ref: \"F1\" is there twice"},
      {"families.csv", "family_ref,name,address,postcode,phone\nF1,A,,,\n", "families.csv:1: the column language is missing"},
      {"families.csv", "family_ref,name,address,postcode,phone,language,colour\nF1,A,,,,,\n", "families.csv:1: the column colour is not one of this file"},
      {"families.csv", "family_ref,name,address,postcode,phone,language\nF1,A,,,,\nF2,B\n", "families.csv:3: 2 cells where the first line names 6"},
      {"visits.csv", "child_ref,last_visit,last_seen,last_seen_alone\nA1,2026-02-30,,\n", "visits.csv:2: last_visit: \"2026-02-30\" is not a day"},
      {"visits.csv", "child_ref,last_visit,last_seen,last_seen_alone\nA1,T-14,,\n", "only with --relative-dates"},
      {"visits.csv", "child_ref,last_visit,last_seen,last_seen_alone\nA1,2026-01-01,2026-01-02,\n", "visits.csv:2: last_seen: is after last_visit"},
      {"steps.csv", "step_ref,child_ref,what,owner,due\nT1,ZZ,x,y,\n", "steps.csv:2: child_ref: \"ZZ\" is not in children.csv"},
      {"allocations.csv", "child_ref,worker_ref,kind,until\nA1,wren,ALLOCATED,\nB1,wren,ALLOCATED,\n", "allocations.csv: the child S1 is allocated to nobody"},
      {"allocations.csv", "child_ref,worker_ref,kind,until\nA1,wren,COVER,\n", "allocations.csv:2: until: cover needs its last day"},
      {"allocations.csv", "child_ref,worker_ref,kind,until\nA1,crow,ALLOCATED,\n", "allocations.csv:2: worker_ref: \"crow\" is not in workers.csv"},
      {"hazards.csv", "hazard_ref,family_ref,kind,note\nH1,F1,TIGER,\n", "hazards.csv:2: kind: \"TIGER\" is none of"},
      {"people.csv", "person_ref,family_ref,name,relationship,born,in_household,note\nP1,F1,\xff,,,,\n", "people.csv:2: not UTF-8"},
  };
  Office office;
  for (const Bad& bad : rows) {
    INFO(bad.said);
    auto before = office.head(child_id("A1"));
    auto family = office.head(Id::from_name("family:F1"));
    auto files = extract();
    files[bad.file] = bad.text;
    auto report = office.import(files);
    CHECK(problems_of(report).find(bad.said) != std::string::npos);
    CHECK_FALSE(report.taken.contains(bad.file));
    CHECK(office.head(child_id("A1")) == before);
    CHECK(office.head(Id::from_name("family:F1")) == family);
  }
  auto files = extract();
  files.erase("steps.csv");
  CHECK(problems_of(office.import(files)) == "steps.csv: the file is not there\n");
  CHECK(child(office, "A1").open_steps.size() == 1);
}

TEST_CASE("import: a file that waits for another says so once, and past fifty problems how many more there are", "[server]") {
  Office office;
  auto files = extract();
  files["families.csv"] = "family_ref,name,address,postcode,phone,language\nF9,,,,,\n";
  files["children.csv"] = "child_ref,family_ref,name,called,born,born_assumed,expected,sex,language,communication,disability,ethnicity\n";
  files["steps.csv"] = "step_ref,child_ref,what,owner,due\n";
  for (int i = 0; i < 60; ++i) {
    const auto n = std::to_string(i);
    files["children.csv"] += "N" + n + ",F9,A,,2020-01-01,,,,,,,\n";
    files["steps.csv"] += "T" + n + ",N" + n + ",x,y,\n";
  }
  files["people.csv"] = "person_ref,family_ref,name,relationship,born,in_household,note\n";
  for (int i = 0; i < 60; ++i) files["people.csv"] += "P" + std::to_string(i) + ",F1,,,,,\n";
  const auto said = problems_of(office.import(files));
  CHECK(said.find("children.csv: not taken, because families.csv was not\n") != std::string::npos);
  CHECK(said.find("steps.csv: not taken, because children.csv was not\n") != std::string::npos);
  CHECK(said.find("is not in") == std::string::npos);
  CHECK(said.find("people.csv:51: name: is empty\npeople.csv: and 10 more\n") != std::string::npos);
}

TEST_CASE("import: one bad file does not hold up the others", "[server]") {
  Office office;
  auto files = extract();
  files["hazards.csv"] = "nonsense\n";
  files["visits.csv"] = "child_ref,last_visit,last_seen,last_seen_alone\nA1,2026-11-17,2026-11-17,NO\n";
  CHECK_FALSE(office.import(files).problems.empty());
  CHECK(child(office, "A1").last_seen == base::date_from_iso("2026-11-17"));
  auto family = wire::decode<model::Family>(office.head(Id::from_name("family:F1"))->body);
  REQUIRE(family.has_value());
  CHECK(family->hazards.size() == 1);
  CHECK(family->safe_contact == "text only");
}

TEST_CASE("import: relative dates count from the day they are told", "[server]") {
  Office office;
  auto files = extract();
  files["visits.csv"] = "child_ref,last_visit,last_seen,last_seen_alone\nA1,T,T-14,\nB1,T+3,,\n";
  server::ImportOptions options;
  options.relative_to = base::date_from_iso("2027-03-01");
  CHECK(office.import(files, options).problems.empty());
  CHECK(child(office, "A1").last_visit == base::date_from_iso("2027-03-01"));
  CHECK(child(office, "A1").last_seen == base::date_from_iso("2027-02-15"));
  CHECK(child(office, "B1").last_visit == base::date_from_iso("2027-03-04"));
  files["visits.csv"] = "child_ref,last_visit,last_seen,last_seen_alone\nA1,Tuesday,,\n";
  CHECK(problems_of(office.import(files, options)).find("is not T, T-14 or T+3") != std::string::npos);
}

TEST_CASE("import: a child who is no longer in the extract leaves every tablet", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  wren.sync();
  sparrow.sync();
  auto files = extract();
  auto cut = [&](const char* file, const std::string& line) {
    auto& text = files[file];
    auto at = text.find(line);
    REQUIRE(at != std::string::npos);
    text.erase(at, text.find('\n', at) + 1 - at);
  };
  cut("children.csv", "B1,F1");
  cut("allocations.csv", "B1,wren");
  CHECK(office.import(files).problems.empty());
  wren.sync();
  sparrow.sync();
  CHECK(wren.last.drop == std::vector<Id>{child_id("B1")});
  CHECK(sparrow.last.drop == std::vector<Id>{child_id("B1")});
}

TEST_CASE("csv: a character that no keyboard makes is told with its line", "[server]") {
  using namespace std::string_view_literals;
  for (std::string_view text : {"a,b\nx,y\0z\n"sv, "a,b\nx,\"\x1b[2J\"\n"sv, "a,b\nx,\x7f\n"sv}) {
    auto refused = server::parse_csv(text);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().where == "line 2");
    CHECK(refused.error().detail.find("control character") != std::string::npos);
  }
  CHECK(server::parse_csv("a,b\nx\ty,\"1\r\n2\"\n").has_value());
}

TEST_CASE("import: an extract that is cut off does not send everybody home", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  wren.sync();
  for (const char* file : {"workers.csv", "families.csv", "children.csv", "allocations.csv"}) {
    INFO(file);
    auto files = extract();
    files[file] = files[file].substr(0, files[file].find('\n') + 1);  // the columns and nothing below them
    auto report = office.import(files);
    CHECK(problems_of(report).find(std::string(file) + ": there is no row in it") != std::string::npos);
    CHECK(report.workers_left == 0);
    CHECK(report.cases_moved == 0);
    wren.sync();
    CHECK(wren.last.drop.empty());
  }
  auto files = extract();
  for (const char* file : {"people.csv", "steps.csv", "visits.csv", "hazards.csv", "involvements.csv"})
    files[file] = files[file].substr(0, files[file].find('\n') + 1);
  CHECK(office.import(files).problems.empty());  // these may be empty one night
}

TEST_CASE("import: a family is not told of any more to who holds only a child that has left it", "[server]") {
  Office office;
  Tablet wren(office, "wren"), ash(office, "ash");
  auto files = extract();
  files["allocations.csv"] = "child_ref,worker_ref,kind,until\nA1,wren,ALLOCATED,\nB1,ash,ALLOCATED,\nS1,heron,ALLOCATED,\n";
  office.import(files);
  wren.sync();
  ash.sync();
  Id first = Id::from_name("family:F1");
  REQUIRE(ash.has(child_id("B1"), first));
  // Ben is placed with another family; his first one moves house.
  auto& children = files["children.csv"];
  children.replace(children.find("B1,F1"), 5, "B1,F2");
  auto& families = files["families.csv"];
  families.replace(families.find("1 Test Street"), 13, "9 Secret Lane");
  CHECK(office.import(files).problems.empty());
  ash.sync();
  CHECK(ash.has(child_id("B1"), first)->body.find("9 Secret Lane") == std::string::npos);
  CHECK(ash.has(child_id("B1"), Id::from_name("family:F2")));
  wren.sync();
  CHECK(wren.has(child_id("A1"), first)->body.find("9 Secret Lane") != std::string::npos);
  files["families.csv"].replace(files["families.csv"].find("9 Secret Lane"), 13, "7 Secret Lane");
  office.import(files);
  ash.sync();
  for (const auto& [case_id, records] : ash.cases)
    for (const auto& [id, revision] : records) CHECK(revision.body.find("Secret Lane") == std::string::npos);
}
