// The app as a screen reader has it: over AT-SPI, without a look at its window.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>

#include "tests/a11y/ears.h"
#include "tests/support/tablet.h"
#include "tests/support/tree.h"

using namespace doorstep;
using support::Reader;
using support::Tablet;
using support::Thing;

TEST_CASE("a11y: nothing is told until a screen reader is switched on; then all that is on the screen, and a press comes back", "[a11y]") {
  auto& [display, reader] = ears();
  reader.switch_on(false);
  support::Folder folder;
  Tablet tablet(display, {.command = {support::bin("doorstep"), "--tablet", folder.path().string()}, .env = {}});
  tablet.wait_for("close", "button");
  CHECK_FALSE(reader.knows(tablet.process().pid()));
  CHECK(tablet.frames_within(std::chrono::milliseconds(500)) == 0);

  reader.switch_on();
  reader.listen_to(tablet.process().pid());
  const Thing close = reader.wait_for("close");
  CHECK(close.role == ATSPI_ROLE_PUSH_BUTTON);
  CHECK(close.name == "Close");
  CHECK(close.is(ATSPI_STATE_FOCUSABLE));
  CHECK(close.is(ATSPI_STATE_SHOWING));
  const auto things = reader.things();
  REQUIRE(things.size() > 4);
  CHECK(things[0].role == ATSPI_ROLE_FRAME);
  CHECK(things[0].name == "Doorstep");
  CHECK(things[0].is(ATSPI_STATE_ACTIVE));
  CHECK(things[1].role == ATSPI_ROLE_PANEL);
  CHECK(things[2].role == ATSPI_ROLE_HEADING);
  CHECK(things[2].text() == things[2].name);
  for (const auto& control : tablet.controls()) {
    if (control.role == "window") continue;
    INFO(control.role << " " << control.name);
    CHECK(std::any_of(things.begin(), things.end(), [&](const Thing& t) { return t.name == control.name && t.key == control.key; }));
  }

  reader.focus("close");
  CHECK(tablet.wait_for("close", "button").is("focused"));
  reader.press("close");
  tablet.process().wait(Tablet::kLimit);
  CHECK_FALSE(tablet.running());
}

TEST_CASE("a11y: focus, caret, words and changes of a text are told, and what is written comes back", "[a11y]") {
  ::signal(SIGPIPE, SIG_IGN);
  auto& [display, reader] = ears();
  Office office;
  reader.switch_on();
  Tablet tablet(display, {.command = office.app(), .env = {}});
  reader.listen_to(tablet.process().pid());
  const Thing first = reader.wait_for("unlock/passphrase");
  CHECK(first.role == ATSPI_ROLE_PASSWORD_TEXT);
  reader.forget_events();
  reader.focus("unlock/again");
  reader.focus("unlock/passphrase");
  reader.wait_until("the event of the focus", [&] { return reader.heard("object:state-changed:focused", "unlock/passphrase"); });
  CHECK(tablet.wait_for("unlock/passphrase").is("focused"));
  tablet.type("ab");
  reader.wait_until("bullets, and no letter", [&] { return first.text() == "\u2022\u2022"; });
  unlock(reader);

  const std::string search = "search";
  Thing field = reader.wait_for(search);
  CHECK(field.role == ATSPI_ROLE_ENTRY);
  CHECK(field.is(ATSPI_STATE_EDITABLE));
  CHECK(field.is(ATSPI_STATE_SINGLE_LINE));
  reader.forget_events();
  reader.write(search, "Amara \u017b\u00f3\u0142\u0107 Road");
  reader.wait_until("the event of the text", [&] { return reader.heard("object:text-changed:insert", search, "Amara Żółć Road"); });
  reader.wait_until("the event of the caret", [&] { return reader.heard("object:text-caret-moved", search); });
  CHECK(field.caret() == 15);
  CHECK(field.word_at(7) == "Żółć ");
  CHECK(tablet.with_key(search)->value == "Amara Żółć Road");
  CHECK(tablet.with_key(search)->is("focused"));
  reader.forget_events();
  tablet.type("s");
  reader.wait_until("the event of a key", [&] { return reader.heard("object:text-changed:insert", search, "s"); });
  CHECK(std::count_if(reader.events().begin(), reader.events().end(), [&](const Reader::Event& e) {
    return e.source == search && e.type.starts_with("object:text-changed");
  }) == 1);
  CHECK(field.caret() == 16);
  field.select(6, 11);
  reader.wait_until("the selection", [&] { return field.selected() == std::pair(6, 11); });
  tablet.type("x");
  reader.wait_until("what a key put in its place", [&] { return field.text() == "Amara xRoads"; });
  tablet.display().key("ctrl+z");
  reader.wait_until("what was undone", [&] { return field.text() == "Amara Żółć Roads"; });
  reader.write(search, "");
}

TEST_CASE("a11y: behind the curtain and the lock nothing of a case is told", "[a11y]") {
  ::signal(SIGPIPE, SIG_IGN);
  auto& [display, reader] = ears();
  Office office;
  reader.switch_on();
  Tablet tablet(display, {.command = office.app(), .env = {}});
  reader.listen_to(tablet.process().pid());
  unlock(reader);
  const Thing row = reader.wait_for("Chidi Okafor");
  REQUIRE(reader.things().size() > 20);
  reader.press("bar/cover");
  reader.wait_for("curtain/uncover");
  CHECK(reader.all_words().find("Okafor") == std::string::npos);
  CHECK(reader.things().size() < 8);
  reader.wait_until("the end of what was there", [&] { return row.is(ATSPI_STATE_DEFUNCT); });
  reader.press("curtain/uncover");
  reader.wait_for("Chidi Okafor");
}

TEST_CASE("a11y: a desktop that ends takes nothing with it", "[.a11y_end]") {  // it takes the bus of all these tests
  auto& [display, reader] = ears();
  support::Folder folder;
  reader.switch_on();
  Tablet tablet(display, {.command = {support::bin("doorstep"), "--tablet", folder.path().string()}, .env = {}});
  reader.listen_to(tablet.process().pid());
  reader.wait_for("close");
  reader.end_bus();
  CHECK(tablet.process().wait(std::chrono::milliseconds(500)) == -1);
  tablet.display().key("Tab");
  tablet.settle();
  CHECK(tablet.running());
}
