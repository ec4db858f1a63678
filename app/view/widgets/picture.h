#pragma once
#include <string_view>

#include "app/view/widgets/ui.h"

namespace doorstep::view {

/// Ui::picture, as large as there is room, but not larger than it is, and so low that all of it is seen at
/// once. `spoken`: its name, for who does not see it.
void picture(Ui& ui, std::string_view spoken);

}  // namespace doorstep::view
