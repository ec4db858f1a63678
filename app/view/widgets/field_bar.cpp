#include "app/view/widgets/field_bar.h"

#include <algorithm>

#include "app/view/widgets/draw.h"
#include "app/view/widgets/layout.h"
#include "app/view/widgets/question.h"

namespace doorstep::view {

namespace {

ImGuiID id_of(std::string_view key) { return ImGui::GetCurrentWindow()->GetID(key.data(), key.data() + key.size()); }

}  // namespace

FieldBar::FieldBar(std::string_view field, std::string_view bar) : key_(choice_key(field, bar)) {}

void FieldBar::add(std::string_view control) { ids_.push_back(id_of(key_of(control))); }

std::string FieldBar::key_of(std::string_view control) const { return choice_key(key_, control); }

bool FieldBar::has(std::uint32_t id) const { return std::find(ids_.begin(), ids_.end(), id) != ids_.end(); }

void begin_field_bar(Ui& ui, const FieldBar& bar, std::string_view name, Rect at) {
  Item group;
  group.id = id_of(bar.key());
  group.role = Role::Group;
  group.key = bar.key();
  group.name = name;
  group.rect = at;
  draw::record(ui, std::move(group));
  const float pad = ui.s(space::kHair);
  ui.places.push_back({.x = at.x0, .y = at.y0 + pad, .w = at.w(), .bottom = at.y0 + pad});
  begin_flow(ui, space::kXs, kControl);
}

float end_field_bar(Ui& ui, Rect at) {
  end_flow(ui);
  const float height = ui.places.back().y + ui.s(space::kHair) - at.y0;
  ui.places.pop_back();
  return height;
}

}  // namespace doorstep::view
