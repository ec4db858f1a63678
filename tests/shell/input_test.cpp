// What the machine hands in besides keys and presses: pieces of text, an input method, fingers, the focus, the clipboard.
#include <SDL.h>
#include <imgui.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>

#include "app/shell/shell.h"
#include "app/view/widgets/layout.h"
#include "app/view/widgets/note_editor.h"
#include "tests/support/display.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::shell;

namespace {

struct StillClock final : base::Clock {
  base::Instant wall() const override { return {1'774'000'000'000}; }
  base::Millis monotonic() const override { return now; }
  base::Millis now{1'000'000};
};

/// A window with one note in it that is being typed into. Time stands still but for what a step adds to `clock`.
struct NoteWindow {
  explicit NoteWindow(Options options = {}, const char* driver = "x11") : shell(open(std::move(options), driver)) {}
  Shell open(Options options, const char* driver) {
    options.fonts = support::fonts();
    options.width = 640, options.height = 480;
    options.caret_blinks = false;
    setenv("DISPLAY", display.name().c_str(), 1);
    setenv("SDL_VIDEODRIVER", driver, 1);
    auto opened = Shell::open(options, clock);
    REQUIRE(opened.has_value());
    return std::move(*opened);
  }
  /// One after the other, each when what the one before did has come to rest.
  void run(const std::vector<std::function<void()>>& steps) {
    constexpr int kFrames = 8;
    std::size_t next = 0;
    int frames = 0;
    Shell::Client client;
    client.draw = [&](view::Ui& ui) {
      if (frames == 0 && next == 0) ui.focus("note");
      view::begin_root(ui, "x");
      view::begin_page(ui, "page", "page", view::root_rest(ui));
      view::note_editor(ui, "note", {.label = "Note"}, note);
      view::end_page(ui);
      view::end_root(ui);
      composing = ui.composing;
      if (const auto* item = ui.semantics.find_key("note")) box = item->rect;
      if (const auto* item = ui.semantics.find_key("note/undo")) undo = item->rect;
      has_bar = ui.semantics.find_key("note/selection/copy") != nullptr;
      shell.redraw();
      if (++frames < kFrames) return;
      frames = 0;
      if (next == steps.size()) return shell.stop();
      steps[next++]();
    };
    client.notice = [&](Notice notice) { notices.push_back(notice); };
    shell.run(client);
  }
  std::size_t heard(Notice notice) const { return static_cast<std::size_t>(std::count(notices.begin(), notices.end(), notice)); }

  support::Display display{640, 480};
  StillClock clock;
  editor::EditorState note;
  Shell shell;
  std::vector<Notice> notices;
  std::string composing;
  view::Rect box, undo;
  bool has_bar = false;
};

template <std::size_t Size>
void copy_into(char (&to)[Size], std::string_view words) {
  REQUIRE(words.size() < Size);
  std::memcpy(to, words.data(), words.size());
}
void push_text(std::string_view piece) {
  SDL_Event event{};
  event.type = SDL_TEXTINPUT;
  copy_into(event.text.text, piece);
  SDL_PushEvent(&event);
}
void push_composing(std::string_view words) {
  SDL_Event event{};
  event.type = SDL_TEXTEDITING;
  copy_into(event.edit.text, words);
  SDL_PushEvent(&event);
}
void push_key(SDL_Keycode key, SDL_Scancode code) {
  for (const auto type : {SDL_KEYDOWN, SDL_KEYUP}) {
    SDL_Event event{};
    event.type = type;
    event.key.keysym.sym = key;
    event.key.keysym.scancode = code;
    SDL_PushEvent(&event);
  }
}
void push_touch(std::uint32_t type, SDL_FingerID finger) {
  SDL_Event event{};
  event.type = type;
  event.tfinger.touchId = 7;
  event.tfinger.fingerId = finger;
  SDL_PushEvent(&event);
}
/// What one finger does arrives as a mouse.
void push_pointer(std::uint32_t type, const view::Rect& at) {
  SDL_Event event{};
  event.type = type;
  const int x = static_cast<int>((at.x0 + at.x1) / 2), y = static_cast<int>((at.y0 + at.y1) / 2);
  if (type == SDL_MOUSEMOTION) {
    event.motion.which = SDL_TOUCH_MOUSEID;
    event.motion.x = x, event.motion.y = y;
  } else {
    event.button.which = SDL_TOUCH_MOUSEID;
    event.button.button = SDL_BUTTON_LEFT;
    event.button.x = x, event.button.y = y;
  }
  SDL_PushEvent(&event);
}
void push_focus_lost() {
  SDL_Event event{};
  event.type = SDL_WINDOWEVENT;
  event.window.event = SDL_WINDOWEVENT_FOCUS_LOST;
  SDL_PushEvent(&event);
}
std::string clipboard() {
  char* text = SDL_GetClipboardText();
  const std::string out = text ? text : "";
  SDL_free(text);
  return out;
}

/// The second word of the note's first row.
void rest_on_a_word(NoteWindow& window, float scale = 1) {
  const auto at = [&] {
    const float x = window.box.x0 + 50 * scale, y = window.box.y0 + 30 * scale;
    return view::Rect{x, y, x, y};
  };
  window.note = editor::EditorState("A word a finger rests on, and what was written after it so that there is a second row.\nAnd another.");
  window.run({[&] { push_pointer(SDL_MOUSEMOTION, at()), push_pointer(SDL_MOUSEBUTTONDOWN, at()); },
              [&] { window.clock.now += base::Millis(450); }, [&] { push_pointer(SDL_MOUSEBUTTONUP, at()); }});
}

}  // namespace

TEST_CASE("shell: words that come in pieces of 31 bytes, over two frames, are one step of undo", "[shell]") {
  NoteWindow window;
  const std::vector<std::string> said{"Amara said that she likes it wh", "en her aunt comes, because they", " cook together, and she w",
                                      "ears a red scarf", "."};
  for (const std::string& piece : said) REQUIRE(piece.size() <= 31);
  std::string all, undone;
  for (const std::string& piece : said) all += piece;
  window.run({[&] { push_text("I"); }, [&] { push_text(" "); },
              [&] { push_text(said[0]), push_text(said[1]); },
              [&] { push_text(said[2]), push_text(said[3]), push_text(said[4]); },
              [&] { push_key(SDLK_x, SDL_SCANCODE_X), push_text("x"); },
              [&] {
                CHECK(window.note.text() == "I " + all + "x");
                window.note.undo();
                CHECK(window.note.text() == "I " + all);
                window.note.undo();
                CHECK(window.note.text() == "I ");
              }});
}

TEST_CASE("shell: an input method has the keys until it commits", "[shell]") {
  NoteWindow window;
  window.run({[&] { push_text("a"); }, [&] { push_composing("wang"); },
              [&] {
                CHECK(window.composing == "wang");
                push_key(SDLK_BACKSPACE, SDL_SCANCODE_BACKSPACE);
                push_key(SDLK_RETURN, SDL_SCANCODE_RETURN);
              },
              [&] {
                CHECK(window.note.text() == "a");
                push_text("王秀英");
              },
              [&] {
                CHECK(window.composing == "");
                CHECK(window.note.text() == "a王秀英");
                window.note.undo();
                CHECK(window.note.text() == "a");
              }});
}

TEST_CASE("shell: the keyboard on the screen stays while a button beside the field is pressed, and goes with the field", "[shell]") {
  NoteWindow window({}, "dummy");  // as on Wayland: letters are asked for
  const view::Rect below{300, 460, 300, 460};
  window.run({[&] { push_text("a"); },
              [&] {
                CHECK(SDL_IsTextInputActive());
                push_pointer(SDL_MOUSEMOTION, window.undo);
                push_pointer(SDL_MOUSEBUTTONDOWN, window.undo);
              },
              [&] {
                CHECK(SDL_IsTextInputActive());
                push_pointer(SDL_MOUSEBUTTONUP, window.undo);
              },
              [&] {
                CHECK(window.note.text() == "");
                CHECK(SDL_IsTextInputActive());
                push_pointer(SDL_MOUSEMOTION, below);
                push_pointer(SDL_MOUSEBUTTONDOWN, below);
                push_pointer(SDL_MOUSEBUTTONUP, below);
              },
              [&] { CHECK_FALSE(SDL_IsTextInputActive()); }});
}

TEST_CASE("shell: letters typed in the moment a field is pressed, while the app was busy, are in it", "[shell]") {
  NoteWindow window;
  const view::Rect below{300, 460, 300, 460};
  window.run({[&] { push_pointer(SDL_MOUSEMOTION, below), push_pointer(SDL_MOUSEBUTTONDOWN, below), push_pointer(SDL_MOUSEBUTTONUP, below); },
              [&] {
                const auto place = window.display.focus("Doorstep");
                const view::Rect& box = window.box;
                window.display.click(place.x + static_cast<int>(box.x0 + box.x1) / 2, place.y + static_cast<int>(box.y0 + box.y1) / 2);
                window.display.type("He said");
              },
              [] {}, [] {}, [] {},
              [&] { CHECK(window.note.text() == "He said"); }});
}

TEST_CASE("shell: a finger that rests on a word selects it, and lifting it changes nothing", "[shell]") {
  NoteWindow window;
  rest_on_a_word(window);
  CHECK(window.note.selected() == "word");
  CHECK(window.has_bar);
}

TEST_CASE("selection: pictures, where a folder for them is named", "[shell][.pictures]") {
  const char* folder = std::getenv("DOORSTEP_PICTURES");
  REQUIRE(folder);
  for (const auto& [look, name] : std::vector<std::pair<view::Look, std::string>>{
           {view::Look::Light, "light"}, {view::Look::Dark, "dark"}, {view::Look::HighContrast, "contrast"}})
    for (const int percent : {100, 200}) {
      Options options;
      options.look = look;
      options.text_scale = static_cast<float>(percent) / 100;
      NoteWindow window(options);
      rest_on_a_word(window, options.text_scale);
      const auto picture = window.shell.capture();
      REQUIRE(picture.has_value());
      std::ofstream out(std::string(folder) + "/selection-" + name + "-" + std::to_string(percent) + ".ppm", std::ios::binary);
      out << "P6\n" << picture->w << " " << picture->h << "\n255\n";
      out.write(reinterpret_cast<const char*>(picture->rgb.data()), static_cast<std::streamsize>(picture->rgb.size()));
    }
}

TEST_CASE("shell: three fingers cover, two do not, and neither do three after each other", "[shell]") {
  NoteWindow window;
  window.run({[&] {
                for (const SDL_FingerID finger : {1, 2, 3}) push_touch(SDL_FINGERDOWN, finger), push_touch(SDL_FINGERUP, finger);
                push_touch(SDL_FINGERDOWN, 1);
                push_touch(SDL_FINGERDOWN, 2);
              },
              [&] {
                CHECK(window.heard(Notice::Cover) == 0);
                push_touch(SDL_FINGERDOWN, 3);
              },
              [&] {
                CHECK(window.heard(Notice::Cover) == 1);
                for (const SDL_FingerID finger : {1, 2, 3}) push_touch(SDL_FINGERUP, finger);
                for (const SDL_FingerID finger : {4, 5, 6}) push_touch(SDL_FINGERDOWN, finger);
              },
              [&] { CHECK(window.heard(Notice::Cover) == 2); }});
}

TEST_CASE("shell: F9 covers, and a window that loses the focus says so, with fingers still on it", "[shell]") {
  NoteWindow window;
  std::size_t lost = 0;
  window.run({[&] {
                lost = window.heard(Notice::FocusLost);
                push_key(SDLK_F9, SDL_SCANCODE_F9);
                push_touch(SDL_FINGERDOWN, 1);
                push_touch(SDL_FINGERDOWN, 2);
                push_focus_lost();
                push_touch(SDL_FINGERDOWN, 3);
              },
              [&] {
                CHECK(window.heard(Notice::Cover) == 1);
                CHECK(window.heard(Notice::FocusLost) == lost + 1);
              }});
}

TEST_CASE("shell: what was copied leaves the clipboard after its time and at a lock", "[shell]") {
  NoteWindow window;
  window.run({[&] { ImGui::SetClipboardText("copied here"); },
              [&] {
                CHECK(clipboard() == "copied here");
                window.clock.now += base::Millis(59'999);
              },
              [&] {
                CHECK(clipboard() == "copied here");
                window.clock.now += base::Millis(1);
              },
              [&] {
                CHECK(clipboard() == "");
                ImGui::SetClipboardText("copied again");
                CHECK(clipboard() == "copied again");
                window.shell.clear_clipboard();  // what the program does at a lock
                CHECK(clipboard() == "");
              }});
}

TEST_CASE("shell: somebody else's words stay on the clipboard, and nothing gets there where the council forbids it", "[shell]") {
  {
    NoteWindow window;
    window.run({[&] {
                  ImGui::SetClipboardText("copied here");
                  SDL_SetClipboardText("somebody else's");
                  window.clock.now += base::Millis(60'000);
                },
                [&] {
                  CHECK(clipboard() == "somebody else's");
                  window.shell.clear_clipboard();
                  CHECK(clipboard() == "somebody else's");
                }});
  }
  Options never;
  never.clipboard_for = base::Millis(0);
  NoteWindow strict(never);
  strict.run({[&] {
    ImGui::SetClipboardText("copied here");
    CHECK(clipboard() == "");
  }});
}
