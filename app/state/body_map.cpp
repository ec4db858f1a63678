#include <cmath>

#include "app/state/vm_parts.h"
#include "app/state/words.h"
#include "sync/model/body_region.h"

namespace doorstep::state {
namespace {

std::string hundredths(double part) { return std::to_string(static_cast<int>(std::lround(part * 100))); }

const char* left_of(model::BodyView view) {
  switch (view) {
    case model::BodyView::Front: case model::BodyView::Head: return "map.right";
    case model::BodyView::Back: return "map.left";
    default: return nullptr;
  }
}

}  // namespace

std::string mark_key(const Place& item) { return item.key() + "/mark"; }
std::string figure_key(const Place& list, model::BodyView view) {
  return Place{list.child, list.question, {}, {}}.key() + "/map/" + std::string(model::code(view));
}

std::string mark_title(const Text& text, std::size_t number, const model::Injury& injury) {
  const auto key = "item.injury.kind." + injury.kind;
  const auto what = injury.kind.empty() ? text("map.undescribed") : text.has(key) ? text(key) : injury.kind;
  return text("map.mark", {{"n", std::to_string(number)}, {"what", what}});
}

std::string point_words(const Text& text, const model::Point& at) {
  return text("map.where", {{"x", hundredths(at.x)}, {"y", hundredths(at.y)}});
}

std::string mark_place(const Text& text, const std::optional<model::BodyView>& view, const std::optional<model::Point>& at) {
  if (!view) return at ? point_words(text, *at) : std::string();
  const std::string seen(model::code(*view));
  if (!at) return text("item.injury.view." + seen);
  const auto region = model::body_region(*view, *at);
  std::string part = text("body.beside");
  if (region) {
    const auto side = !region->side ? std::string() : text(*region->side == model::BodySide::Left ? "body.left" : "body.right");
    part = text("body." + std::string(region->part), {{"side", side}});
  }
  return line_begins(text("body.at." + seen, {{"part", part}}));
}

namespace {

/// `exact`: marks tell their point too.
std::vector<FigureVm> figures_with(const Text& text, const Place& list, const model::ChildPart& part, const Id& placing, bool exact) {
  std::vector<FigureVm> out;
  for (const auto& [view, code] : model::CodeTable<model::BodyView>::values) {
    FigureVm figure;
    figure.view = view;
    figure.outline = &model::body_outline(view);
    figure.key = figure_key(list, view);
    figure.name = text("item.injury.view." + std::string(code));
    figure.spoken = text("map.figure", {{"view", figure.name}});
    if (const auto* left = left_of(view)) {
      figure.left = text(left);
      figure.right = text(std::string_view(left) == "map.left" ? "map.right" : "map.left");
    }
    for (std::size_t i = 0; i < part.injuries.size(); ++i) {
      const auto& injury = part.injuries[i];
      if (injury.view != view || !injury.at) continue;
      const Place item{list.child, list.question, injury.id, {}};
      figure.marks.push_back({item, mark_key(item), std::to_string(i + 1),
                              mark_title(text, i + 1, injury) + ". " + mark_place(text, view, injury.at) +
                                  (exact ? ": " + point_words(text, *injury.at) : std::string()),
                              *injury.at, injury.id == placing});
    }
    out.push_back(std::move(figure));
  }
  return out;
}

}  // namespace

std::vector<FigureVm> figures_of(const Text& text, const Place& list, const model::ChildPart& part, const Id& placing) {
  return figures_with(text, list, part, placing, true);
}

std::vector<FigureVm> figures_read(const Text& text, const Place& list, const model::ChildPart& part) {
  auto out = figures_with(text, list, part, {}, false);
  std::erase_if(out, [](const FigureVm& figure) { return figure.marks.empty(); });
  for (auto& figure : out) {
    figure.spoken = figure.name;
    for (const auto& mark : figure.marks) figure.spoken += ". " + mark.name;
  }
  return out;
}

}  // namespace doorstep::state
