#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "app/shell/shell.h"
#include "tests/support/cast.h"
#include "tests/support/tree.h"

/// Pictures of screens as the shell draws them, in its own window on the display that DISPLAY names.
namespace doorstep::test {

using Picture = shell::Shell::Picture;

struct Camera {
  view::Look look = view::Look::Light;
  int percent = 100;                                   ///< size of text
  int height = 800;                                    ///< of the window; its width is 1280
  bool to_the_end = false;                             ///< scrolled down as far as it goes
  std::filesystem::path fonts = support::fonts();
  std::function<void(view::Ui&)> change = [](view::Ui&) {};  ///< before each frame: what a test puts wrong
};
/// `semantics` says what stands where in the picture.
using Keep = std::function<void(const std::string& screen, const Picture& picture, const view::Semantics& semantics)>;

/// Shows each screen in one window until it has come to rest, and hands over what is seen. A screen that does not come to rest
/// within 30 s fails the test.
void take(const std::vector<Shown>& screens, const Camera& camera, const Keep& keep);

}  // namespace doorstep::test
