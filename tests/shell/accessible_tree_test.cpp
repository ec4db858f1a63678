#include "app/shell/accessible_tree.h"

#include <catch2/catch_test_macros.hpp>

using namespace doorstep;
using namespace doorstep::shell;
using view::Item;
using view::Role;
using What = AccessibleChange::What;

namespace {

Item item(std::uint32_t id, std::uint32_t parent, Role role, std::string name) {
  Item out;
  out.id = id;
  out.parent = parent;
  out.role = role;
  out.key = id ? "key" + std::to_string(id) : "";
  out.name = std::move(name);
  out.rect = {0, static_cast<float>(id), 100, static_cast<float>(id) + 10};
  return out;
}

constexpr std::uint32_t kRoot = 1, kPage = 2, kButton = 3, kNote = 4, kGroup = 5, kRadio = 6;

/// A window with a page: a heading, a status, a button, a note, and a question with one choice.
std::vector<Item> screen() {
  Item button = item(kButton, kPage, Role::Button, "Start"), label = item(0, kButton, Role::Text, "Start");
  Item note = item(kNote, kPage, Role::Note, "What I saw");
  note.value = "She laughed.";
  note.caret = note.anchor = 12;
  note.description = "Write what happened.";
  Item group = item(kGroup, kPage, Role::RadioGroup, "Was she seen?"), radio = item(kRadio, kGroup, Role::Radio, "Yes");
  group.offscreen = true;
  radio.value = "At home or elsewhere";
  Item status = item(0, kPage, Role::Status, "Saved");
  status.live = true;
  return {item(kRoot, kRoot, Role::Window, "Doorstep"), item(kPage, kRoot, Role::Page, "Visit"), item(0, kPage, Role::Heading, "Visit"), status,
          button, label, note, group, radio};
}

const WindowFacts kWindow{.title = "Doorstep", .active = true, .x = 10, .y = 20, .w = 640, .h = 480};

std::string words_of(const AccessibleChange& change) {
  const char* names[] = {"removed", "added", "renamed", "described", "state", "text removed", "text inserted", "caret", "selection", "moved", "said"};
  std::string out = names[static_cast<int>(change.what)];
  if (change.what == What::State) out += " " + std::to_string(static_cast<int>(change.state)) + (change.on ? " on" : " off");
  if (change.what == What::Removed || change.what == What::Added || change.what == What::TextRemoved || change.what == What::TextInserted ||
      change.what == What::CaretMoved)
    out += " " + std::to_string(change.at);
  if (!change.words.empty()) out += " '" + change.words + "'";
  return out;
}

/// Of the controls and of the texts by name, what is different.
std::vector<std::string> differences(const std::vector<Item>& before, const std::vector<Item>& now) {
  const AccessibleTree old = tree_of(before, kWindow), fresh = tree_of(now, kWindow);
  std::vector<std::string> out;
  for (const auto& change : changes_between(old, fresh)) {
    const Accessible* it = fresh.find(change.id);
    if (!it) it = old.find(change.id);
    out.push_back(it->item.name + ": " + words_of(change));
  }
  return out;
}

Item& named(std::vector<Item>& items, std::uint32_t id) {
  return *std::find_if(items.begin(), items.end(), [&](const Item& i) { return i.id == id; });
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("accessible tree: pages hold what is on them, a control holds its own label", "[shell]") {
  const AccessibleTree tree = tree_of(screen(), kWindow);
  const Accessible& window = *tree.find(kWindowId);
  REQUIRE(window.children.size() == 1);
  const Accessible& page = *tree.find(window.children[0]);
  CHECK(page.item.name == "Visit");
  REQUIRE(page.children.size() == 5);
  CHECK(tree.find(page.children[0])->item.role == Role::Heading);
  CHECK(tree.find(page.children[2])->children.empty());
  CHECK(tree.find(page.children[3])->text == U"She laughed.");
  CHECK(tree.find(page.children[3])->description == "Write what happened.");
  const Accessible& group = *tree.find(page.children[4]);
  REQUIRE(group.children.size() == 1);
  CHECK(tree.find(group.children[0])->description == "At home or elsewhere");
  CHECK(tree.find(group.children[0])->index == 0);
  CHECK_FALSE(group.item.offscreen);  // what is in it is in sight
  CHECK(group.item.rect.y1 == 16);
}

TEST_CASE("accessible tree: of a password there is a bullet for each letter, and no byte is told that is not UTF-8", "[shell]") {
  Item password = item(3, 1, Role::Password, "Pass\xffphrase");
  password.value = "secret";
  password.letters = 4;
  const AccessibleTree tree = tree_of({item(1, 1, Role::Window, ""), password}, kWindow);
  const Accessible& it = *tree.find(tree.find(kWindowId)->children.at(0));
  CHECK(it.text == U"\u2022\u2022\u2022\u2022");
  CHECK(it.description.empty());
  CHECK(it.item.value.empty());
  CHECK(it.item.name == "Pass\uFFFDphrase");
  CHECK(from_utf8("a\xff\xfe" "b") == U"a\uFFFD\uFFFDb");
}

TEST_CASE("accessible tree: two things with one id stay two", "[shell]") {
  const AccessibleTree tree = tree_of({item(1, 1, Role::Window, ""), item(7, 1, Role::Group, "Call"), item(7, 1, Role::Button, "Call")}, kWindow);
  CHECK(tree.find(kWindowId)->children.size() == 2);
}

TEST_CASE("accessible changes: nothing, when nothing is different", "[shell]") { CHECK(differences(screen(), screen()).empty()); }

TEST_CASE("accessible changes: names, descriptions and states", "[shell]") {
  auto now = screen();
  named(now, kButton).name = "Stop";
  named(now, kButton).disabled = true;
  named(now, kRadio).selected = true;
  named(now, kNote).description = "It is empty.";
  named(now, kNote).invalid = true;
  CHECK(differences(screen(), now) == Words{"Stop: renamed", "Stop: state 1 off", "What I saw: described", "What I saw: state 6 on", "Yes: state 4 on"});
}

TEST_CASE("accessible changes: what comes and goes, by its place", "[shell]") {
  auto now = screen();
  std::erase_if(now, [](const Item& i) { return i.id == kButton || i.parent == kButton; });
  now.push_back(item(9, kPage, Role::Button, "Check"));
  now.push_back(item(0, kPage, Role::Text, "Before you submit"));
  CHECK(differences(screen(), now) == Words{"Start: removed 2", "Check: added 4", "Before you submit: added 5"});
}

TEST_CASE("accessible changes: a page goes and comes as one, and what changes places among its siblings too", "[shell]") {
  auto now = screen();
  for (Item& i : now) {
    if (i.id == kPage) i.id = 20;
    if (i.parent == kPage) i.parent = 20;
  }
  CHECK(differences(screen(), now) == Words{"Visit: removed 0", "Visit: added 0"});
  now = screen();
  std::erase_if(now, [](const Item& i) { return i.parent == kButton; });
  std::swap(named(now, kNote), named(now, kButton));
  CHECK(differences(screen(), now) == Words{"Start: removed 2", "Start: added 3"});
}

TEST_CASE("accessible changes: a new page is not said, words that come onto a page that was there are", "[shell]") {
  auto now = screen();
  now[3].name = "Saved at 10:02";
  CHECK(differences(screen(), now) == Words{"Saved at 10:02: renamed", "Saved at 10:02: said 'Saved at 10:02'"});
  now = screen();
  Item alert = item(0, kPage, Role::Alert, "Write what you saw.");
  alert.live = true;
  now.insert(now.begin() + 2, alert);
  CHECK(differences(screen(), now) == Words{"Write what you saw.: added 0", "Write what you saw.: said 'Write what you saw.'"});
  CHECK(differences({item(kRoot, kRoot, Role::Window, "Doorstep")}, now) == Words{"Visit: added 0"});
}

TEST_CASE("accessible changes: the keyboard's focus leaves before it arrives", "[shell]") {
  auto before = screen(), now = screen();
  named(before, kButton).focused = true;
  named(now, kNote).focused = true;
  CHECK(differences(before, now) == Words{"Start: state 3 off", "What I saw: state 3 on"});
  before = now;
  named(now, kNote).rect.y1 += 20;
  CHECK(differences(before, now) == Words{"What I saw: moved"});
  std::erase_if(now, [](const Item& i) { return i.id == kNote; });
  CHECK(differences(before, now) == Words{"What I saw: removed 3"});
}

TEST_CASE("accessible changes: only what was typed, by letters and not bytes", "[shell]") {
  auto before = screen(), now = screen();
  const auto put = [](Item& i, std::string value, std::size_t caret, std::size_t anchor) {
    i.value = std::move(value);
    i.caret = caret;
    i.anchor = anchor;
  };
  put(named(before, kNote), "Żółć said no.", 10, 10);
  put(named(now, kNote), "Żółć said yes.", 13, 13);
  CHECK(differences(before, now) ==
        Words{"What I saw: text removed 10 'no'", "What I saw: text inserted 10 'yes'", "What I saw: caret 13"});
  before = now;
  put(named(now, kNote), "Żółć said yes.", 13, 10);
  CHECK(differences(before, now) == Words{"What I saw: selection"});
}

TEST_CASE("accessible text: letters, words, sentences and lines around a place", "[shell]") {
  const std::u32string text = U"She said: \u201CI like it.\u201D Then \u2014 Żółć\u2019s mum.\nNew line";
  const auto at = [&](std::size_t offset, TextUnit unit) {
    const auto [from, to] = unit_at(text, offset, unit);
    return to_utf8(std::u32string_view(text).substr(from, to - from));
  };
  CHECK(at(0, TextUnit::Letter) == "S");
  CHECK(at(1, TextUnit::Word) == "She ");
  CHECK(at(5, TextUnit::Word) == "said: ");
  CHECK(at(11, TextUnit::Word) == "I ");
  CHECK(at(text.find(U'Ż') + 2, TextUnit::Word) == "Żółć’s ");
  CHECK(at(12, TextUnit::Sentence) == "She said: “I like it.” ");
  CHECK(at(30, TextUnit::Sentence) == "Then — Żółć’s mum.\n");
  CHECK(at(text.size(), TextUnit::Line) == "New line");
  CHECK(at(2, TextUnit::Line).ends_with("mum.\n"));
  CHECK(unit_at(U"", 3, TextUnit::Word) == std::pair<std::size_t, std::size_t>(0, 0));
  CHECK(unit_at(U"a\n", 2, TextUnit::Line) == std::pair<std::size_t, std::size_t>(2, 2));
}
