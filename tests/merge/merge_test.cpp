#include "sync/merge/merge.h"

#include "sync/merge/diff3.h"

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <ctime>
#include <random>

using namespace doorstep::merge;
using doorstep::base::Fault;

namespace {

json::value doc(std::string_view text) { return json::parse(text); }

MergeOptions one_author() { return {"w1", "w1", {"risk_level", "children/c1/threshold"}, {"point"}}; }
MergeOptions two_authors() { return {"w1", "w2", {"risk_level", "children/c1/threshold"}, {"point"}}; }

json::value without_conflicts(json::value document) {
  document.get_object().erase(kConflicts);
  return document;
}

}  // namespace

TEST_CASE("merge: different members come together, whoever wrote them", "[merge]") {
  auto r = merge(doc(R"({"a":1,"b":2,"gone":3})"), doc(R"({"a":9,"b":2,"gone":3,"new":[1]})"), doc(R"({"a":1,"b":8})"), two_authors());
  CHECK(r.clean());
  CHECK(r.document == doc(R"({"a":9,"b":8,"new":[1]})"));
}

TEST_CASE("merge: a scalar changed twice stays theirs and is told", "[merge]") {
  auto r = merge(doc(R"({"place":"HOME"})"), doc(R"({"place":"SCHOOL"})"), doc(R"({"place":"OFFICE"})"), one_author());
  REQUIRE(r.conflicts.size() == 1);
  CHECK(r.conflicts[0] == Conflict{"place", "HOME", "SCHOOL", "OFFICE", "w1", "w1"});
  CHECK(r.document == doc(R"({"place":"OFFICE","conflicts":[{"path":"place","base":"HOME","mine":"SCHOOL","theirs":"OFFICE",
                              "mine_author":"w1","theirs_author":"w1"}]})"));
  CHECK(conflicts_of(r.document).value() == r.conflicts);
}

TEST_CASE("merge: a text changed on both sides is woven only for one author", "[merge]") {
  const auto base = doc(R"({"t":"One two three four."})"), mine = doc(R"({"t":"1 two three four."})"),
             theirs = doc(R"({"t":"One two three 4."})");
  CHECK(merge(base, mine, theirs, one_author()).document == doc(R"({"t":"1 two three 4."})"));
  auto r = merge(base, mine, theirs, two_authors());
  REQUIRE(r.conflicts.size() == 1);
  CHECK(r.conflicts[0].path == "t");
  CHECK(without_conflicts(r.document) == theirs);
  CHECK(merge(base, theirs, theirs, two_authors()).clean());
}

TEST_CASE("merge: never_auto conflicts whole even where its parts would merge", "[merge]") {
  const auto base = doc(R"({"risk_level":{"code":"LOW","why":"a"},"children":[{"id":"c1","threshold":"2"}]})");
  const auto mine = doc(R"({"risk_level":{"code":"HIGH","why":"a"},"children":[{"id":"c1","threshold":"2 "}]})");
  const auto theirs = doc(R"({"risk_level":{"code":"LOW","why":"b"},"children":[{"id":"c1","threshold":" 2"}]})");
  auto r = merge(base, mine, theirs, one_author());
  REQUIRE(r.conflicts.size() == 2);
  CHECK(r.conflicts[0].path == "risk_level");
  CHECK(r.conflicts[1].path == "children/c1/threshold");
  CHECK(without_conflicts(r.document) == theirs);
}

TEST_CASE("merge: lists by id take theirs' order, then what is new in mine", "[merge]") {
  const auto base = doc(R"({"steps":[{"id":"a","what":"1","due":"x"},{"id":"b","what":"2"},{"id":"c","what":"3"}]})");
  const auto mine = doc(R"({"steps":[{"id":"m","what":"new"},{"id":"a","what":"1m","due":"x"},{"id":"b","what":"2"}]})");
  const auto theirs = doc(R"({"steps":[{"id":"t","what":"new"},{"id":"c","what":"3"},{"id":"a","what":"1","due":"y"},{"id":"b","what":"2"}]})");
  auto r = merge(base, mine, theirs, two_authors());
  CHECK(r.clean());
  CHECK(r.document == doc(R"({"steps":[{"id":"t","what":"new"},{"id":"a","what":"1m","due":"y"},{"id":"b","what":"2"},{"id":"m","what":"new"}]})"));
}

TEST_CASE("merge: what one removed and the other edited is kept and told, on either side", "[merge]") {
  const auto base = doc(R"({"steps":[{"id":"a","what":"1"},{"id":"b","what":"2"}]})");
  const auto removed = doc(R"({"steps":[{"id":"b","what":"2"}]})");
  const auto edited = doc(R"({"steps":[{"id":"a","what":"1!"},{"id":"b","what":"2"}]})");
  for (bool mine_removed : {true, false}) {
    auto r = merge(base, mine_removed ? removed : edited, mine_removed ? edited : removed, two_authors());
    REQUIRE(r.conflicts.size() == 1);
    CHECK(r.conflicts[0].path == "steps/a");
    CHECK(r.conflicts[0].mine.has_value() != mine_removed);
    CHECK(r.conflicts[0].theirs.has_value() == mine_removed);
    CHECK(differences(edited, without_conflicts(r.document)).empty());
    // Settled either way: gone, or as edited.
    auto gone = settle(r.document, "steps/a", {mine_removed ? Choice::Keep::Mine : Choice::Keep::Theirs, {}});
    REQUIRE(gone.has_value());
    CHECK(*gone == removed);
    auto stays = settle(r.document, "steps/a", {mine_removed ? Choice::Keep::Theirs : Choice::Keep::Mine, {}});
    REQUIRE(stays.has_value());
    CHECK(differences(edited, *stays).empty());
  }
}

TEST_CASE("merge: other lists, values named whole, and changes of type are one value", "[merge]") {
  auto paths = [](const MergeResult& r) {
    std::vector<std::string> out;
    for (const auto& c : r.conflicts) out.push_back(c.path);
    return out;
  };
  using Paths = std::vector<std::string>;
  CHECK(paths(merge(doc(R"({"l":[1]})"), doc(R"({"l":[1,2]})"), doc(R"({"l":[0,1]})"), one_author())) == Paths{"l"});
  CHECK(paths(merge(doc(R"({"l":[{"id":"a"}]})"), doc(R"({"l":[{"id":"a"},{"id":"a"}]})"), doc(R"({"l":[]})"), one_author())) == Paths{"l"});
  CHECK(paths(merge(doc(R"({"point":{"x":1,"y":1}})"), doc(R"({"point":{"x":2,"y":1}})"), doc(R"({"point":{"x":1,"y":2}})"), one_author())) ==
        Paths{"point"});
  CHECK(paths(merge(doc(R"({"v":"a"})"), doc(R"({"v":true})"), doc(R"({"v":"b"})"), one_author())) == Paths{"v"});
}

TEST_CASE("merge: open conflicts are carried; one settled on either side stays settled", "[merge]") {
  const auto open = merge(doc(R"({"a":"1","b":"1"})"), doc(R"({"a":"2","b":"2"})"), doc(R"({"a":"3","b":"3"})"), two_authors()).document;
  auto settled_a = settle(open, "a", {Choice::Keep::Mine, {}});
  REQUIRE(settled_a.has_value());
  auto edited = open;
  edited.get_object()["c"] = "new";
  for (bool swap : {false, true}) {
    auto r = merge(open, swap ? edited : *settled_a, swap ? *settled_a : edited, two_authors());
    CHECK(r.clean());
    auto left = conflicts_of(r.document);
    REQUIRE(left.has_value());
    REQUIRE(left->size() == 1);
    CHECK((*left)[0].path == "b");
    CHECK(r.document.at("a") == "2");
    CHECK(r.document.at("c") == "new");
  }
  // Nothing changed in mine: the result is theirs, also where theirs says that nothing is open.
  const auto calm = doc(R"({"a":"1","conflicts":[]})");
  CHECK(merge(doc(R"({"a":"0","conflicts":[]})"), doc(R"({"a":"0"})"), calm, two_authors()).document == calm);
  // A second conflict at the same place joins the first: nobody's words go.
  auto mine = open, theirs = open;
  mine.get_object()["a"] = "4";
  theirs.get_object()["a"] = "5";
  auto twice = merge(open, mine, theirs, two_authors());
  CHECK(conflicts_of(twice.document)->size() == 3);
  auto once = settle(twice.document, "a", {Choice::Keep::Mine, {}});
  REQUIRE(once.has_value());
  CHECK(conflicts_of(*once)->size() == 2);
}

TEST_CASE("merge: with nothing before, two first answers conflict and the rest comes together", "[merge]") {
  auto r = merge(nullptr, doc(R"({"a":"x","m":1})"), doc(R"({"a":"y","t":2})"), one_author());
  REQUIRE(r.conflicts.size() == 1);
  CHECK(r.conflicts[0] == Conflict{"a", std::nullopt, "x", "y", "w1", "w1"});
  CHECK(without_conflicts(r.document) == doc(R"({"a":"y","t":2,"m":1})"));
}

TEST_CASE("settle: mine, theirs, both, own words; refused where it cannot be", "[merge]") {
  const auto open = merge(doc(R"({"child":{"t":"a","n":1}})"), doc(R"({"child":{"t":"mine","n":2}})"),
                          doc(R"({"child":{"t":"theirs","n":3}})"), two_authors()).document;
  auto text = [&](Choice choice) {
    auto r = settle(open, "child/t", choice);
    REQUIRE(r.has_value());
    CHECK(conflicts_of(*r)->size() == 1);
    return std::string(r->at("child").at("t").as_string());
  };
  CHECK(text({Choice::Keep::Mine, {}}) == "mine");
  CHECK(text({Choice::Keep::Theirs, {}}) == "theirs");
  CHECK(text({Choice::Keep::Both, {}}) == "mine\n\ntheirs");
  CHECK(text({Choice::Keep::Custom, "own"}) == "own");
  CHECK(settle(open, "child/n", {Choice::Keep::Both, {}}).error().fault == Fault::Invalid);
  CHECK(settle(open, "child/none", {Choice::Keep::Mine, {}}).error().fault == Fault::NotFound);

  auto gone = open;  // somebody removed what the conflict is in: never stuck
  gone.get_object().erase("child");
  CHECK(settle(gone, "child/t", {Choice::Keep::Mine, {}}).error().fault == Fault::NotFound);
  auto dropped = settle(gone, "child/t", {Choice::Keep::Theirs, {}});
  REQUIRE(dropped.has_value());
  CHECK(conflicts_of(*dropped)->size() == 1);
  CHECK(settle(doc(R"({"conflicts":[1]})"), "a", {}).error().fault == Fault::Invalid);
}

TEST_CASE("merge: who typed on without having seen the conflict wrote their side of it on", "[merge]") {
  auto open = merge(doc(R"({"t":"a"})"), doc(R"({"t":"To br"})"), doc(R"({"t":"b"})"), one_author()).document;
  auto r = merge(doc(R"({"t":"To br"})"), doc(R"({"t":"To bring it."})"), open, one_author());
  CHECK(r.document == doc(R"({"t":"b","conflicts":[{"path":"t","base":"a","mine":"To bring it.","theirs":"b",
                              "mine_author":"w1","theirs_author":"w1"}]})"));
  r = merge(doc(R"({"t":"To br"})"), doc(R"({})"), open, one_author());
  CHECK(r.document == doc(R"({"t":"b","conflicts":[{"path":"t","base":"a","theirs":"b","mine_author":"w1","theirs_author":"w1"}]})"));
  // Words typed on anything else are a side of their own.
  r = merge(doc(R"({"t":"a"})"), doc(R"({"t":"c"})"), open, one_author());
  CHECK(conflicts_of(r.document)->size() == 2);
  r = merge(doc(R"({"t":"To br"})"), doc(R"({"t":"c"})"), open, two_authors());
  CHECK(conflicts_of(r.document)->size() == 1);
  r = merge(doc(R"({"t":"To br"})"), doc(R"({"t":"c"})"), open, {"w2", "w1", {}, {}});
  CHECK(conflicts_of(r.document)->size() == 2);
}

TEST_CASE("merge: who typed on with the conflict before them loses neither side of it", "[merge]") {
  auto open = merge(doc(R"({})"), doc(R"({"t":"mine"})"), doc(R"({"t":"theirs"})"), one_author()).document;
  auto on = open;
  on.get_object()["t"] = "theirs, and on";
  // Of before the conflict: the server, restored, made it once more out of what it was sent again.
  auto r = merge(doc(R"({"t":"mine"})"), on, open, one_author());
  CHECK(r.document == doc(R"({"t":"theirs","conflicts":[
      {"path":"t","mine":"mine","theirs":"theirs","mine_author":"w1","theirs_author":"w1"},
      {"path":"t","base":"mine","mine":"theirs, and on","theirs":"theirs","mine_author":"w1","theirs_author":"w1"}]})"));
}

TEST_CASE("settle: what was written on at the conflict's place since is the side that stood there", "[merge]") {
  const auto choose = [](json::value document, Choice::Keep keep) { return settle(document, "t", {keep, {}}).value(); };
  auto open = merge(doc(R"({"t":"a"})"), doc(R"({"t":"mine"})"), doc(R"({"t":"theirs"})"), one_author()).document;
  open.get_object()["t"] = "theirs, and on";
  CHECK(choose(open, Choice::Keep::Theirs) == doc(R"({"t":"theirs, and on"})"));
  CHECK(choose(open, Choice::Keep::Both) == doc(R"({"t":"mine\n\ntheirs, and on"})"));
  CHECK(choose(open, Choice::Keep::Mine) == doc(R"({"t":"mine"})"));
  open.get_object()["t"] = "mine";
  CHECK(choose(open, Choice::Keep::Both) == doc(R"({"t":"mine"})"));
  open.get_object().erase("t");
  CHECK(choose(open, Choice::Keep::Theirs) == doc(R"({"t":"theirs"})"));
  open = merge(doc(R"({"t":"a"})"), doc(R"({"t":"mine"})"), doc(R"({})"), one_author()).document;
  REQUIRE(*value_at(open, "t") == "mine");
  open.get_object()["t"] = "mine, and on";
  CHECK(choose(open, Choice::Keep::Mine) == doc(R"({"t":"mine, and on"})"));
  CHECK(choose(open, Choice::Keep::Theirs) == doc(R"({})"));
}

TEST_CASE("paths: a key with a slash is one key", "[merge]") {
  auto r = merge(doc(R"({"a/b":{"~":1}})"), doc(R"({"a/b":{"~":2}})"), doc(R"({"a/b":{"~":3}})"), one_author());
  REQUIRE(r.conflicts.size() == 1);
  CHECK(r.conflicts[0].path == "a~1b/~0");
  auto settled = settle(r.document, "a~1b/~0", {Choice::Keep::Mine, {}});
  REQUIRE(settled.has_value());
  CHECK(*settled == doc(R"({"a/b":{"~":2}})"));
}

TEST_CASE("differences: each changed place once, nothing for order or open conflicts", "[merge]") {
  const auto before = doc(R"({"a":1,"o":{"x":"1","y":"2"},"l":[{"id":"i","v":1},{"id":"j","v":1}],"gone":true})");
  const auto after = doc(R"({"l":[{"id":"j","v":2},{"id":"i","v":1},{"id":"k"}],"o":{"y":"2","x":"3"},"a":1,"new":null,"conflicts":[]})");
  CHECK(differences(before, after) == std::vector<Difference>{{"l/j/v", 1, 2},
                                                              {"l/k", std::nullopt, doc(R"({"id":"k"})")},
                                                              {"o/x", "1", "3"},
                                                              {"new", std::nullopt, nullptr},
                                                              {"gone", true, std::nullopt}});
  CHECK(differences(before, before).empty());
}

namespace {

/// Documents of the shapes records have, small enough that edits often meet.
class Documents {
 public:
  explicit Documents(unsigned seed) : random_(seed) {}
  std::size_t number(std::size_t below) { return random_() % below; }

  json::value any(int depth) {
    switch (number(depth > 0 ? 6 : 3)) {
      case 0: return static_cast<std::int64_t>(number(3));
      case 1: return nullptr;
      case 2: return json::string(text());
      case 3: {
        json::array list;
        for (std::size_t n = number(3); n-- > 0;) list.push_back(any(0));
        return list;
      }
      case 4: {
        json::array list;
        for (auto id : {"p", "q", "r"})
          if (number(2)) {
            json::object o = object(depth - 1);
            o["id"] = id;
            list.push_back(std::move(o));
          }
        return list;
      }
      default: return object(depth - 1);
    }
  }
  json::object object(int depth) {
    json::object out;
    for (auto key : {"a", "b", "c"})
      if (number(2)) out[key] = any(depth);
    return out;
  }
  std::string text() {
    std::string out;
    for (std::size_t n = number(4); n-- > 0;) out += std::string(1, "xyz"[number(3)]) + (number(3) ? " " : "\n\n");
    return out;
  }

 private:
  std::mt19937 random_;
};

}  // namespace

TEST_CASE("merge: random documents keep the merge properties", "[merge]") {
  constexpr unsigned kSeed = 7;
  INFO("seed " << kSeed);
  Documents make(kSeed);
  int conflicted = 0;
  for (int round = 0; round < 4000; ++round) {
    const json::value b = make.object(3), m = make.object(3), t = make.object(3);
    for (const auto& options : {one_author(), two_authors()}) {
      INFO("round " << round << "\nbase " << b << "\nmine " << m << "\ntheirs " << t);
      REQUIRE(differences(merge(b, m, b, options).document, m).empty());
      REQUIRE(merge(b, b, m, options).document == m);
      REQUIRE(merge(b, m, m, options).document == m);
      auto r = merge(b, m, t, options), swapped = merge(b, t, m, {options.theirs_author, options.mine_author, options.never_auto, options.whole});
      REQUIRE(r.conflicts.size() == swapped.conflicts.size());
      for (const auto& c : r.conflicts) {
        REQUIRE(std::any_of(swapped.conflicts.begin(), swapped.conflicts.end(), [&](const Conflict& s) {
          return s.path == c.path && s.base == c.base && s.mine == c.theirs && s.theirs == c.mine;
        }));
        for (auto keep : {Choice::Keep::Mine, Choice::Keep::Theirs}) {
          auto settled = settle(r.document, c.path, {keep, {}});
          REQUIRE(settled.has_value());
          REQUIRE(conflicts_of(*settled)->size() + 1 == r.conflicts.size());
        }
      }
      // Every conflict settled to mine on one side and to theirs on the other leaves no conflict open.
      json::value document = r.document;
      for (const auto& c : r.conflicts) {
        auto settled = settle(document, c.path, {Choice::Keep::Theirs, {}});
        REQUIRE(settled.has_value());
        document = *settled;
      }
      REQUIRE(conflicts_of(document)->empty());
      conflicted += !r.clean();
    }
  }
  CHECK(conflicted > 1000);
}

TEST_CASE("merge: risk and a child's own words are never put together, even by their author", "[merge]") {
  const auto base = doc(R"({"part":{"risk":{"level":"LOW","why":"a"},"disclosures":[{"id":"d","exact_words":"he hit me once"}],"answers":{"said":"a b c"},"note":"one two three"}})");
  const auto mine = doc(R"({"part":{"risk":{"level":"HIGH","why":"a"},"disclosures":[{"id":"d","exact_words":"He hit me once"}],"answers":{"said":"A b c"},"note":"1 two three"}})");
  const auto theirs = doc(R"({"part":{"risk":{"level":"LOW","why":"b"},"disclosures":[{"id":"d","exact_words":"he hit me twice"}],"answers":{"said":"a b C"},"note":"one two 3"}})");
  auto r = merge(base, mine, theirs, record_options("w", "w"));
  REQUIRE(r.conflicts.size() == 3);
  CHECK(r.conflicts[0].path == "part/risk");
  CHECK(r.conflicts[1].path == "part/disclosures/d/exact_words");
  CHECK(r.conflicts[2].path == "part/answers/said");
  CHECK(r.document.at("part").at("note") == "1 two 3");
}

TEST_CASE("merge: a draft thrown away on one tablet and written on at another keeps what was written", "[merge]") {
  const auto options = record_options("w", "w");
  const auto base = doc(R"({"note":"One.","place":"HOME"})");
  const auto written = doc(R"({"note":"One. Two.","place":"HOME"})");
  const auto gone = doc(R"({"note":"One.","place":"HOME","discarded":true})");
  // Either way round, and with a base that is not known any more.
  for (const auto& before : {base, json::value()}) {
    CHECK(merge(before, written, gone, options).document.at("note") == "One. Two.");
    CHECK_FALSE(merge(before, written, gone, options).document.as_object().contains("discarded"));
    CHECK(merge(before, gone, written, options).document == written);
    CHECK(merge(before, gone, written, options).clean());
  }
  // What the discarder threw away of their own is not brought back by somebody else's words.
  CHECK(merge(base, doc(R"({"note":"Nonsense.","place":"HOME","discarded":true})"), written, options).document == written);
  // Nothing was written on that the discarder had not seen: it stays thrown away.
  CHECK(merge(base, doc(R"({"note":"One. Two.","place":"HOME","discarded":true})"), written, options).document.at("discarded") == true);
  CHECK(merge(base, base, gone, options).document == gone);
  CHECK(merge(base, gone, gone, options).document == gone);
  CHECK(merge(json::value(), base, gone, options).document == gone);
}

TEST_CASE("merge: a text made to take long is two texts instead", "[merge]") {
  // Paragraphs of 2,000 words out of three letters, changed on both sides, an unchanged one between: six seconds' work.
  std::mt19937 random(1);
  std::string base, mine, theirs;
  for (int paragraph = 0; paragraph < 245; ++paragraph) {
    for (auto* text : {&base, &mine, &theirs}) *text += "no. " + std::to_string(paragraph) + "\n";
    for (int word = 0; word < 1990; ++word) {
      const std::string letter(1, static_cast<char>('a' + random() % 3));
      base += letter + " ";
      mine += (word % 8 == 0 ? "x" : letter) + " ";
      theirs += (word % 8 == 4 ? "y" : letter) + " ";
    }
    for (auto* text : {&base, &mine, &theirs}) *text += "\n";
  }
  std::size_t cells = kMergeCells;
  CHECK_FALSE(merge_text(base, mine, theirs, &cells).has_value());
  CHECK(cells < kMatchCells);
  auto of = [](const std::string& text) { return json::value{{"note", text}, {"other", "One two three four."}}; };
  auto r = merge(of(base), of(mine), of(theirs), one_author());
  REQUIRE(r.conflicts.size() == 1);
  CHECK(r.conflicts[0].mine == json::value(mine));
  CHECK(r.conflicts[0].theirs == json::value(theirs));
}

TEST_CASE("merge: lists as long as a record may be take no longer than their length", "[merge]") {
  // A megabyte of elements, each with an id; and one of open conflicts. Element by element each would be minutes' work.
  std::string one, other, open;
  auto element = [](int i) { return R"({"id":")" + std::to_string(i) + R"("},)"; };
  for (int i = 0; i < 60'000; ++i) one += element(i);
  for (int i = 59'999; i > 0; i -= 2) other += element(i);
  for (int i = 0; i < 20'000; ++i) open += R"({"path":")" + std::to_string(i) + R"(","mine_author":"w","theirs_author":"v"},)";
  auto whole = [&](const std::string& list) {
    return doc(R"({"list":[)" + list + R"({"id":"z"}],"conflicts":[)" + open.substr(0, open.size() - 1) + "]}");
  };
  const auto base = doc(R"({"list":[]})"), mine = whole(one), theirs = whole(other);
  std::timespec before{}, after{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
  const auto r = merge(base, mine, theirs, one_author());
  const auto changes = differences(mine, theirs);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
  CHECK(r.document.at("list").get_array().size() == 60'001);
  CHECK(r.document.at(kConflicts).get_array().size() == 20'000);
  CHECK(changes.size() == 30'000);
  CHECK(after.tv_sec - before.tv_sec < 20);  // the thread's own time, sanitizers included; it is half a second without
}

TEST_CASE("merge: a member's name as long as a record is not repeated in every conflict below it", "[merge]") {
  auto members = [](const char* value) {
    std::string out;
    for (int i = 0; i < 1000; ++i) out += "\"" + std::to_string(i) + "\":" + value + (i < 999 ? "," : "");
    return doc("{\"" + std::string(10'000, 'k') + "\":{" + out + "}}");
  };
  const auto r = merge(members("0"), members("1"), members("2"), one_author());
  REQUIRE(r.conflicts.size() == 1);
  CHECK(r.conflicts[0].path == std::string(10'000, 'k'));
  auto settled = settle(r.document, r.conflicts[0].path, {Choice::Keep::Mine, {}});
  CHECK(settled.value() == members("1"));
}
