#include "app/state/vm_parts.h"
#include "sync/merge/merge.h"
#include "sync/wire/codec.h"
#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

struct Jotting : Desk {
  Jotting() {
    unlock();
    start(true);
    act(FieldChosen{{{}, "start", {}, {}}, std::string("2026-11-23T14:00:00+00:00")});
    act(FieldChosen{{{}, "place", {}, {}}, std::string("HOME")});
    act(FieldChosen{{amara, "seen", {}, {}}, std::string("YES")});
    act(ShowChild{amara});
    effects.clear();
  }
  Id jot(std::string_view words) {
    act(TurnJotting{});
    type(std::string(kJotting), words);
    act(AddJotting{});
    return jottings().back().id;
  }
  std::vector<model::Jotting>& jottings() { return state.visit->visit.jottings; }
  std::string said(const Id& child) const {
    const auto value = get_field(state.assets->form, state.visit->visit, {child, "said", {}, {}});
    const auto* words = std::get_if<std::string>(&value);
    return words ? *words : std::string();
  }
  std::string key(const Id& child, const std::string& question) const { return Place{child, question, {}, {}}.key(); }
};

}  // namespace

TEST_CASE("jottings: one press from any part of the visit, kept with its time and saved at once", "[state]") {
  Jotting desk;
  for (const Id& tab : {Id(), desk.amara, desk.tunde}) {
    desk.act(ShowChild{tab});
    CHECK(record_vm(desk.state).jot.label == "Jot down");
    desk.act(TurnJotting{});
    CHECK(desk.state.focus == kJotting);
    CHECK(record_vm(desk.state).jotting_open);
    desk.act(TurnJotting{});
    CHECK_FALSE(record_vm(desk.state).jotting_open);
  }
  const auto id = desk.jot("fridge empty");
  REQUIRE(desk.jottings().size() == 1);
  CHECK(desk.jottings()[0] == model::Jotting{id, desk.wall, "fridge empty"});
  CHECK(desk.last<SaveDraft>().visit.jottings == desk.jottings());
  CHECK(record_vm(desk.state).jottings[0].taken == "Taken in the home at 14:05");
  CHECK(record_vm(desk.state).jottings[0].put.empty());
}

TEST_CASE("jottings: closing the place keeps what was typed", "[state]") {
  Jotting desk;
  desk.act(TurnJotting{});
  desk.type(std::string(kJotting), "a word");
  desk.act(TurnJotting{});
  REQUIRE(desk.jottings().size() == 1);
  CHECK(desk.jottings()[0].text == "a word");
}

TEST_CASE("jottings: put into a field they stand after what is there, and the original stays", "[state]") {
  Jotting desk;
  const auto first = desk.jot("She whispered."), second = desk.jot("I like my bear");
  desk.type(desk.key(desk.amara, "said"), "“Hello”");
  CHECK(record_vm(desk.state).in_hand.empty());
  desk.act(PutJotting{first, desk.key(desk.amara, "said")});  // it is not in hand
  CHECK(desk.said(desk.amara) == "“Hello”");
  desk.act(TakeJotting{second});
  CHECK(record_vm(desk.state).in_hand == "Placing: “I like my bear”");
  desk.act(PutJotting{second, desk.key(desk.amara, "said")});
  CHECK(desk.said(desk.amara) == "“Hello”\nI like my bear");
  CHECK(desk.state.editors.text(desk.key(desk.amara, "said")).text() == "“Hello”\nI like my bear");
  CHECK(desk.jottings()[1].text == "I like my bear");
  CHECK(record_vm(desk.state).jottings[1].put == "Put into: What Amara said (Amara)");
  CHECK(record_vm(desk.state).jottings[1].take.label == "Put into another field ...");
  CHECK(record_vm(desk.state).in_hand.empty());
  CHECK(desk.state.focus == desk.key(desk.amara, "said"));
  CHECK(desk.last<SaveDraft>().visit.jottings[1].put_into == std::vector{desk.key(desk.amara, "said")});
  desk.state.editors.text(desk.key(desk.amara, "said")).undo();
  desk.act(FieldTyped{desk.key(desk.amara, "said")});
  CHECK(desk.said(desk.amara) == "“Hello”");
  CHECK(desk.jottings().size() == 2);
}

TEST_CASE("jottings: a line takes them too, and a field without room says so", "[state]") {
  Jotting desk;
  const auto one = desk.jot("Ms Okafor"), large = desk.jot(std::string(1200, 'a'));
  desk.act(TakeJotting{one});
  desk.type(desk.key(desk.amara, "told"), "The boiler was mended.");
  desk.act(PutJotting{one, desk.key(desk.amara, "told_by")});
  CHECK(desk.jottings()[0].put_into.size() == 1);
  desk.act(TakeJotting{large});
  desk.act(PutJotting{large, desk.key(desk.amara, "told_by")});
  CHECK(record_vm(desk.state).put_error == "That field has no room for it. Nothing was put in.");
  CHECK(desk.jottings()[1].put_into.empty());
  CHECK_FALSE(record_vm(desk.state).in_hand.empty());
  desk.act(TakeJotting{});
  CHECK(record_vm(desk.state).put_error.empty());
}

TEST_CASE("jottings: “in the home” is said only of what the visit's place and times bear out", "[state]") {
  Jotting desk;
  const auto taken = [&] { return record_vm(desk.state).jottings[0].taken; };
  desk.jot("a");
  CHECK(taken() == "Taken in the home at 14:05");
  desk.act(FieldChosen{{{}, "place", {}, {}}, std::string("SCHOOL")});
  CHECK(taken() == "Taken during the visit at 14:05");
  desk.act(FieldChosen{{{}, "end", {}, {}}, std::string("2026-11-23T14:04:00+00:00")});
  CHECK(taken() == "Taken on Monday 23 November at 14:05");
}

TEST_CASE("jottings: words about a sibling stay out of the other child's record", "[state]") {
  Jotting desk;
  const auto hers = desk.jot("hers"), nobodys = desk.jot("nobody's yet"), homes = desk.jot("the home");
  desk.act(TakeJotting{hers});
  desk.act(PutJotting{hers, desk.key(desk.amara, "said")});
  desk.act(ShowChild{});
  desk.act(TakeJotting{homes});
  desk.act(PutJotting{homes, "visit/purpose"});
  const auto& visit = desk.state.visit->visit;
  const auto texts = [&](std::size_t part) {
    std::vector<std::string> out;
    const auto record = model::record_of(visit, visit.children[part], Id::from_name("r"), desk.wall);
    for (const auto& jotting : record.jottings) out.push_back(jotting.text);
    return out;
  };
  CHECK(texts(0) == std::vector<std::string>{"hers", "nobody's yet", "the home"});
  CHECK(texts(1) == std::vector<std::string>{"nobody's yet", "the home"});
  desk.state.visit->visit.children[0].skip_reason = "OTHER_WORKER";  // there is no record of hers to go with
  CHECK(texts(1).size() == 3);
  CHECK(nobodys != hers);
}

TEST_CASE("jottings: those of two tablets are all there", "[state]") {
  Jotting desk;
  desk.jot("before");
  const auto base = desk.state.visit->visit;
  auto mine = base, theirs = base;
  mine.jottings.push_back({Id::from_name("mine"), desk.wall, "mine"});
  theirs.jottings.push_back({Id::from_name("theirs"), desk.wall, "theirs"});
  theirs.jottings[0].put_into = {"visit/purpose"};
  const auto json = [](const model::Visit& visit) { return boost::json::parse(wire::encode(visit)); };
  const auto result = merge::merge(json(base), json(mine), json(theirs), merge::record_options("me", "me"));
  CHECK(result.clean());
  const auto merged = wire::decode<model::Visit>(boost::json::serialize(result.document)).value();
  CHECK(merged.jottings.size() == 3);
  CHECK(merged.jottings[0].put_into == theirs.jottings[0].put_into);
}

TEST_CASE("jottings: who reads the record sees when each was taken, and where it went", "[state]") {
  Jotting desk;
  auto item = desk.record(desk.other, "jotted", "2026-11-20T10:00:00Z");
  auto& body = Desk::own_head(item).body;
  body.facts.answers["place"] = std::string("HOME");
  body.jottings = {{Id::from_name("j"), instant("2026-11-20T10:05:00Z"), "fridge empty"}};
  body.jottings[0].put_into = {"visit/home_note", desk.key(desk.amara, "saw")};
  const auto blocks = read_blocks(desk.state, body);
  REQUIRE(blocks.back().heading == "Jottings");
  REQUIRE(blocks.back().lines.size() == 1);
  CHECK(blocks.back().lines[0].name == "Taken in the home at 10:05");
  CHECK(blocks.back().lines[0].value == "fridge empty");
  CHECK(blocks.back().lines[0].entries[0].facts[0].value == "Put into: What was the home like?, What I saw");
}
