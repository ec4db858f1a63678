// The table of tests/security/README.md says of every security requirement what shows that it is held. It cannot lie: each id
// stands there once, what is held names a test, each test that is named is there and carries the id as a tag, and no test
// carries one that the table does not name it for.
#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <regex>

#include "tests/support/tree.h"

namespace {
namespace fs = std::filesystem;

struct Row {
  std::string id, requirement, status, shown;
  std::set<std::string> tests;  ///< "suite: name"
};

/// Each id from `first` to `last` of one letter.
struct Range {
  char letter;
  int first, last;
};
/// security.md section 6: the store, keys, locking, provisioning, transport, the server, hygiene.
constexpr Range kRanges[] = {{'S', 1, 10}, {'K', 11, 22}, {'L', 23, 34}, {'P', 35, 40}, {'T', 41, 45}, {'A', 46, 55}, {'H', 56, 60}};
const std::set<std::string> kStatuses = {"held", "not yet", "not on this platform"};

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> every_id() {
  std::set<std::string> out;
  for (const Range& range : kRanges)
    for (int n = range.first; n <= range.last; ++n) out.insert(range.letter + std::string(n < 10 ? "0" : "") + std::to_string(n));
  return out;
}

/// The rows whose first cell is an id. A cell holds no bar.
std::vector<Row> rows_of(const std::string& text) {
  static const std::regex row(R"(\n\| ([A-Z]\d\d) \| ([^|\n]*?) *\| ([^|\n]*?) *\| ([^|\n]*?) *\|(?=\n))");
  static const std::regex test(R"re(([a-z0-9]+): "([^"]+)")re");
  std::vector<Row> out;
  for (std::sregex_iterator at(text.begin(), text.end(), row), end; at != end; ++at) {
    Row one{(*at)[1], (*at)[2], (*at)[3], (*at)[4], {}};
    for (std::sregex_iterator named(one.shown.begin(), one.shown.end(), test); named != end; ++named)
      one.tests.insert((*named)[1].str() + ": " + (*named)[2].str());
    out.push_back(std::move(one));
  }
  return out;
}

/// Every test case of tests/<suite>, as "suite: name", with its tags.
std::map<std::string, std::string> every_test() {
  static const std::regex test_case(R"re(\nTEST_CASE\(\s*"([^"]+)"\s*,\s*"([^"]+)"\s*\))re");
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(doorstep::support::tree("tests"))) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string suite = fs::relative(entry.path(), doorstep::support::tree("tests")).begin()->string(), text = read(entry.path());
    for (std::sregex_iterator at(text.begin(), text.end(), test_case), end; at != end; ++at)
      out[suite + ": " + (*at)[1].str()] = (*at)[2];
  }
  return out;
}

/// Everything wrong with a table, each in a sentence.
std::vector<std::string> problems(const std::vector<Row>& rows, const std::map<std::string, std::string>& tests) {
  std::vector<std::string> out;
  std::map<std::string, int> times;
  std::set<std::pair<std::string, std::string>> named;
  for (const Row& row : rows) {
    ++times[row.id];
    if (row.requirement.empty()) out.push_back(row.id + " says nothing that is required");
    if (!kStatuses.contains(row.status)) out.push_back(row.id + " is \"" + row.status + "\": it is held, not yet, or not on this platform");
    if (row.status == "held" && row.tests.empty()) out.push_back(row.id + " is held by no test");
    if (row.status != "held" && row.shown.empty()) out.push_back(row.id + " does not say why it is not held");
    for (const auto& test : row.tests) {
      named.emplace(row.id, test);
      const auto at = tests.find(test);
      if (at == tests.end()) out.push_back(row.id + " names a test that is not there: " + test);
      else if (at->second.find("[" + row.id + "]") == std::string::npos) out.push_back(row.id + " is not among the tags of " + test);
    }
  }
  for (const auto& id : every_id())
    if (times[id] != 1) out.push_back(id + " stands there " + std::to_string(times[id]) + " times");
  for (const auto& [id, count] : times)
    if (!every_id().contains(id)) out.push_back(id + " is no requirement");
  static const std::regex tag(R"(\[([A-Z]\d\d)\])");
  for (const auto& [test, tags] : tests)
    for (std::sregex_iterator at(tags.begin(), tags.end(), tag), end; at != end; ++at)
      if (!named.contains({(*at)[1].str(), test})) out.push_back((*at)[1].str() + " does not name " + test + ", which carries it as a tag");
  return out;
}

/// Everything wrong with a list of controls, each in a sentence. `source`: the text of a file of this tree; empty: there is none.
std::vector<std::string> wrong_controls(const std::string& list, const std::vector<Row>& rows,
                                        const std::function<std::string(const std::string&)>& source) {
  std::vector<std::string> out;
  std::vector<std::string> ids;
  std::string id, file;
  int edits = 0;
  static const std::regex entry(R"(([A-Z]\d\d) \| [a-z0-9]+ \| (\S+))");
  std::istringstream lines(list);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (line.empty() || line.front() == '#') continue;
    if (line == "+" || line.starts_with("+ ")) {
      --edits;
    } else if (line.starts_with("- ")) {
      ++edits;
      const std::string old = line.substr(2);
      const auto at = file.find(old);
      if (at == file.npos || file.find(old, at + 1) != file.npos) out.push_back(id + ": not once in its file: " + old);
    } else if (std::regex_match(line, match, entry)) {
      const std::string before = std::exchange(id, match[1]);
      if (!before.empty() && before.substr(1) >= id.substr(1)) out.push_back(id + " does not stand in its place");
      ids.push_back(id);
      file = source(match[2]);
    } else {
      out.push_back("no entry and no edit: " + line);
    }
    if (edits < 0 || edits > 1) out.push_back(line + ": an edit is a line and what it becomes");
    edits = std::clamp(edits, 0, 1);
  }
  for (const Row& row : rows) {
    const auto listed = std::count(ids.begin(), ids.end(), row.id);
    if (listed != (row.status == "held")) out.push_back(row.id + " is " + row.status + ", and has " + std::to_string(listed) + " entries");
  }
  return out;
}

}  // namespace

TEST_CASE("requirements: each of the sixty has its answer, and every test that is named is there", "[house]") {
  const auto rows = rows_of(read(doorstep::support::tree("tests/security/README.md")));
  for (const auto& problem : problems(rows, every_test())) FAIL_CHECK(problem);
  CHECK(rows.size() == 60);
}

TEST_CASE("requirements: a table that lies is told so", "[house]") {
  const std::map<std::string, std::string> tests = {{"sql: db: it is so", "[sql][S01]"}, {"sql: db: more", "[sql][S02][S03]"}};
  std::string good = "\n";
  for (const auto& id : every_id())
    if (id > "S03" || id < "S01") good += "| " + id + " | A thing | not yet | Nobody wrote it. |\n";
  const std::string first = "| S01 | A thing | held | sql: \"db: it is so\" |\n", second = "| S02 | A thing | held | sql: \"db: more\" |\n",
                    third = "| S03 | A thing | not yet | Half of it: sql: \"db: more\" |\n";
  const auto said = [&](const std::string& rows) {
    std::string all;
    for (const auto& problem : problems(rows_of(good + rows), tests)) all += problem + "\n";
    return all;
  };
  CHECK(said(first + second + third).empty());
  CHECK(said(first + second) == "S03 stands there 0 times\nS03 does not name sql: db: more, which carries it as a tag\n");
  CHECK(said(first + first + second + third) == "S01 stands there 2 times\n");
  CHECK(said(first + second + third + "| S11 | A thing | not yet | Why. |\n") == "S11 is no requirement\n");
  CHECK(said("| S01 | A thing | held | sql: \"db: it was so\" |\n" + second + third) ==
        "S01 names a test that is not there: sql: db: it was so\nS01 does not name sql: db: it is so, which carries it as a tag\n");
  CHECK(said(first + "| S02 | A thing | held | sql: \"db: more\", sql: \"db: it is so\" |\n" + third) ==
        "S02 is not among the tags of sql: db: it is so\n");
  CHECK(said(first + "| S02 | A thing | held | as one sees |\n" + third).starts_with("S02 is held by no test\n"));
  CHECK(said(first + "| S02 | A thing | mostly | sql: \"db: more\" |\n" + third).starts_with("S02 is \"mostly\""));
  CHECK(said(first + second + "| S03 |  | not yet | Half of it: sql: \"db: more\" |\n") == "S03 says nothing that is required\n");
  CHECK(said(first + second + "| S03 | A thing | not yet |  |\n").starts_with("S03 does not say why it is not held\n"));
}

TEST_CASE("requirements: what is held has its control in the list, and every edit still fits its file", "[house]") {
  const fs::path root = doorstep::support::tree();
  const auto rows = rows_of(read(root / "tests/security/README.md"));
  const auto source = [&](const std::string& file) { return read(root / file); };
  const auto wrong = wrong_controls(read(root / "tests/security/controls.txt"), rows, source);
  for (const auto& problem : wrong) FAIL_CHECK(problem);
}

TEST_CASE("requirements: a list of controls that does not fit is told so", "[house]") {
  const std::vector<Row> rows = {
      {"S01", "A thing", "held", "", {}}, {"S02", "A thing", "not yet", "", {}}, {"K03", "A thing", "held", "", {}}};
  const auto source = [](const std::string& file) { return file == "a.cpp" ? "if (x) return;\ny;\ny;\n" : ""; };
  const auto said = [&](const std::string& list) {
    std::string all;
    for (const auto& problem : wrong_controls(list, rows, source)) all += problem + "\n";
    return all;
  };
  const std::string first = "# a remark\nS01 | sql | a.cpp\n- if (x) return;\n+\n",
                    third = "\nK03 | sql | a.cpp\n- if (x)\n+ if (!x)\n- return;\n+ throw 1;\n";
  CHECK(said(first + third).empty());
  CHECK(said(first) == "K03 is held, and has 0 entries\n");
  CHECK(said(third + first) == "S01 does not stand in its place\n");
  CHECK(said(first + third + "S02 | sql | a.cpp\n").starts_with("S02 does not stand in its place\nS02 is not yet, and has 1 entries\n"));
  CHECK(said(first + third + "- y;\n+ z;\n") == "K03: not once in its file: y;\n");
  CHECK(said(first + third + "- q;\n+ z;\n") == "K03: not once in its file: q;\n");
  CHECK(said(first + third + "- return;\n- if (x)\n+\n") == "- if (x): an edit is a line and what it becomes\n");
  CHECK(said(first + third + "+ z;\n") == "+ z;: an edit is a line and what it becomes\n");
  CHECK(said(first + third + "what is this\n") == "no entry and no edit: what is this\n");
  CHECK(said("S01 | sql | b.cpp\n- if (x) return;\n+\n" + third) == "S01: not once in its file: if (x) return;\n");
}
