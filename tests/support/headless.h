#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "app/view/widgets/ui.h"

/// Dear ImGui with no window, for tests: draws frames, presses and types as a person would, and reads the semantics.
/// Time stands still unless advance() is called; the caret does not blink.
namespace doorstep::test {

class Headless {
 public:
  using Draw = std::function<void(view::Ui&)>;

  /// `fonts`: the folder of the typefaces. One at a time: Dear ImGui has one current context.
  Headless(const std::string& fonts, int w, int h, float scale = 1, view::Look look = view::Look::Light);
  ~Headless();

  void draw_with(Draw draw) { draw_ = std::move(draw); }
  void frame();                     ///< one frame
  void settle(int frames = 4);      ///< enough for layout and queued input to come to rest
  void advance(base::Millis by);
  void set_text_scale(float scale);
  void set_look(view::Look look);

  /// Mouse press and release in the middle of the control with this key or name; throws when it is not there.
  void click(std::string_view key_or_name);
  void tap(std::string_view key_or_name);          ///< the same with a finger
  void click_at(float x, float y);
  void drag(float x0, float y0, float x1, float y1, bool finger);
  void finger(float x, float y, bool down);        ///< is there now; the frames that take it in
  void wheel(float x, float y, float amount);
  void key(int imgui_key, bool ctrl = false, bool shift = false);
  void type(std::string_view utf8);
  void letter(char32_t c);                         ///< for the next frame to take in
  void paste(std::string_view utf8);               ///< puts it on the clipboard and presses Ctrl+V

  const view::Semantics& semantics() const { return ui_->semantics; }
  view::Ui& ui() { return *ui_; }
  std::string& clipboard() { return clipboard_; }
  /// Key of the control that has the focus, "" if none.
  std::string focused() const;

 private:
  void pointer(float x, float y, bool finger);
  struct Inner;
  std::unique_ptr<Inner> inner_;
  std::unique_ptr<view::Ui> ui_;
  Draw draw_;
  std::string clipboard_;
};

}  // namespace doorstep::test
