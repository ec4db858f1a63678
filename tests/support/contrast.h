#pragma once
#include <string>
#include <vector>

#include "app/view/widgets/tokens.h"

namespace doorstep::test {

/// WCAG 2.2, 1.4.3: of text to what is behind it. Large text may have less; here it has not.
inline constexpr double kLeastContrast = 4.5;

/// Where Dear ImGui's last frame wrote something with less contrast than that to what it had drawn there before, one sentence for each
/// place. `canvas`: what the window was cleared with. What lies behind letters is looked up below their middles, at each word or nearer.
std::vector<std::string> faint_words(view::Color canvas);

}  // namespace doorstep::test
