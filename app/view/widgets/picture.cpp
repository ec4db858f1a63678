#include "app/view/widgets/picture.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "app/view/widgets/draw.h"
#include "app/view/widgets/layout.h"

namespace doorstep::view {

void picture(Ui& ui, std::string_view spoken) {
  constexpr float kHeight = 0.85f;  // of the page
  const auto& picture = ui.picture;
  if (picture.width <= 0 || picture.height <= 0) return;
  const float w = static_cast<float>(picture.width), h = static_cast<float>(picture.height);
  const float fit = std::min({room(ui) / w, ImGui::GetWindowHeight() * kHeight / h, ui.scale});
  const Rect at = place(ui, {std::round(w * fit), std::round(h * fit)});
  if (picture.texture && !draw::unseen(at)) draw::list().AddImage(picture.texture, draw::min_of(at), draw::max_of(at));
  Item item;
  item.role = Role::Icon;
  item.name = spoken;
  item.rect = at;
  draw::record(ui, std::move(item));
}

}  // namespace doorstep::view
