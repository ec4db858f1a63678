#include "sync/model/body_region.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <set>

#include "sync/model/body_map.h"

using namespace doorstep::model;

namespace {

constexpr BodyView kViews[] = {BodyView::Front, BodyView::Back, BodyView::Left, BodyView::Right, BodyView::Head};

bool is_inside(const std::vector<Point>& line, double x, double y) {
  bool in = false;
  for (std::size_t i = 0, j = line.size() - 1; i < line.size(); j = i++)
    if ((line[i].y > y) != (line[j].y > y) &&
        x < (line[j].x - line[i].x) * (y - line[i].y) / (line[j].y - line[i].y) + line[i].x)
      in = !in;
  return in;
}

/// "left forearm", "forehead"; empty: beside the body.
std::string name_of(BodyView view, double x, double y) {
  const auto region = body_region(view, {x, y});
  if (!region) return {};
  return (!region->side ? "" : *region->side == BodySide::Left ? "left " : "right ") + std::string(region->part);
}

struct Named {
  BodyView view;
  double across, down;  // heights to the right of the frame's middle, and from its top
  std::string name;
};

}  // namespace

TEST_CASE("body regions: the middle of each is called what it is, and left and right are the child's own", "[model]") {
  const Named known[] = {
      {BodyView::Front, 0, 0.04, "head"}, {BodyView::Front, 0, 0.11, "face"}, {BodyView::Front, 0.062, 0.1, "left ear"},
      {BodyView::Front, -0.062, 0.1, "right ear"}, {BodyView::Front, 0, 0.17, "neck"},
      {BodyView::Front, 0.115, 0.22, "left shoulder"}, {BodyView::Front, 0.13, 0.29, "left upper_arm"},
      {BodyView::Front, 0.15, 0.35, "left elbow"}, {BodyView::Front, 0.17, 0.41, "left forearm"},
      {BodyView::Front, -0.17, 0.41, "right forearm"}, {BodyView::Front, 0.19, 0.47, "left wrist"},
      {BodyView::Front, 0.2, 0.52, "left hand"}, {BodyView::Front, 0, 0.25, "chest_middle"},
      {BodyView::Front, 0.05, 0.25, "left chest"}, {BodyView::Front, -0.05, 0.25, "right chest"},
      {BodyView::Front, 0, 0.4, "abdomen_middle"}, {BodyView::Front, 0.05, 0.37, "left abdomen"},
      {BodyView::Front, 0, 0.52, "genitals"}, {BodyView::Front, 0.045, 0.49, "left groin"},
      {BodyView::Front, 0.085, 0.46, "left hip"}, {BodyView::Front, 0.06, 0.6, "left thigh"},
      {BodyView::Front, 0.06, 0.69, "left knee"}, {BodyView::Front, 0.06, 0.8, "left lower_leg"},
      {BodyView::Front, 0.05, 0.92, "left ankle"}, {BodyView::Front, 0.06, 0.965, "left foot"}, {BodyView::Back, 0, 0.08, "head"},
      {BodyView::Back, 0.062, 0.1, "right ear"}, {BodyView::Back, 0, 0.17, "neck"}, {BodyView::Back, 0.17, 0.41, "right forearm"},
      {BodyView::Back, -0.17, 0.41, "left forearm"}, {BodyView::Back, 0.05, 0.26, "right shoulder_blade"},
      {BodyView::Back, 0, 0.25, "upper_back_middle"}, {BodyView::Back, 0.05, 0.31, "right upper_back"},
      {BodyView::Back, 0, 0.4, "lower_back_middle"}, {BodyView::Back, -0.05, 0.4, "left lower_back"},
      {BodyView::Back, 0, 0.52, "buttocks"}, {BodyView::Back, -0.05, 0.5, "left buttock"}, {BodyView::Back, -0.06, 0.6, "left thigh"},
      {BodyView::Back, 0.06, 0.8, "right lower_leg"}, {BodyView::Left, 0.01, 0.095, "left ear"},
      {BodyView::Left, -0.045, 0.11, "left face_side"}, {BodyView::Left, 0.04, 0.08, "left head_side"},
      {BodyView::Left, 0, 0.17, "neck"}, {BodyView::Left, 0, 0.225, "left shoulder"}, {BodyView::Left, 0, 0.3, "left upper_arm"},
      {BodyView::Left, 0, 0.37, "left elbow"}, {BodyView::Left, -0.01, 0.43, "left forearm"},
      {BodyView::Left, -0.025, 0.478, "left wrist"}, {BodyView::Left, -0.03, 0.52, "left hand"},
      {BodyView::Left, -0.045, 0.25, "left chest"}, {BodyView::Left, -0.045, 0.38, "left abdomen"},
      {BodyView::Left, 0.045, 0.27, "left upper_back"}, {BodyView::Left, 0.04, 0.4, "left lower_back"},
      {BodyView::Left, 0.055, 0.5, "left buttock"}, {BodyView::Left, 0.015, 0.5, "left hip"}, {BodyView::Left, 0, 0.6, "left thigh"},
      {BodyView::Left, 0, 0.69, "left knee"}, {BodyView::Left, 0, 0.8, "left lower_leg"}, {BodyView::Left, 0, 0.92, "left ankle"},
      {BodyView::Left, -0.03, 0.965, "left foot"}, {BodyView::Right, 0.045, 0.11, "right face_side"},
      {BodyView::Right, -0.045, 0.27, "right upper_back"}, {BodyView::Right, 0.03, 0.52, "right hand"},
      {BodyView::Head, 0, 0.12, "top_of_head"}, {BodyView::Head, 0, 0.3, "forehead"}, {BodyView::Head, 0.15, 0.38, "left eyebrow"},
      {BodyView::Head, 0.15, 0.455, "left eye"}, {BodyView::Head, -0.15, 0.455, "right eye"},
      {BodyView::Head, 0.27, 0.35, "left temple"}, {BodyView::Head, 0.34, 0.5, "left ear"}, {BodyView::Head, 0, 0.55, "nose"},
      {BodyView::Head, 0, 0.75, "mouth"}, {BodyView::Head, 0, 0.87, "chin"}, {BodyView::Head, 0.19, 0.6, "left cheek"},
      {BodyView::Head, -0.19, 0.6, "right cheek"}, {BodyView::Head, 0.2, 0.75, "left jaw"}, {BodyView::Head, 0.15, 0.95, "neck"}};
  std::set<std::string> parts;
  for (const auto& one : known) {
    const double x = 0.5 + one.across / body_outline(one.view).aspect;
    INFO(code(one.view) << ' ' << one.across << ' ' << one.down);
    CHECK(name_of(one.view, x, one.down) == one.name);
    parts.insert(one.name.substr(one.name.find(' ') + 1));
  }
  for (const auto part : body_parts()) {
    INFO(part);
    CHECK(parts.contains(std::string(part)));
  }
}

TEST_CASE("body regions: wherever a mark is on a figure, its edge too, it has a name, and in the corners it is beside the body", "[model]") {
  for (const auto view : kViews) {
    INFO(code(view));
    const auto& outline = body_outline(view).lines.front();
    for (const auto& p : outline) {
      INFO(p.x << ' ' << p.y);
      CHECK_FALSE(name_of(view, p.x, p.y).empty());
    }
    int inside = 0;
    for (int i = 0; i <= 200; ++i)
      for (int j = 0; j <= 400; ++j) {
        const double x = i / 200.0, y = j / 400.0;
        if (!is_inside(outline, x, y)) continue;
        ++inside;
        INFO(x << ' ' << y);
        CHECK_FALSE(name_of(view, x, y).empty());
      }
    CHECK(inside > 10'000);
    for (const double x : {0.0, 1.0})
      for (const double y : {0.0, 1.0}) CHECK(name_of(view, x, y).empty());
  }
}

TEST_CASE("body regions: a figure's two halves are each other's mirror image, and so are the two sides", "[model]") {
  const auto other = [](std::string name) {
    if (name.starts_with("left ")) return "right " + name.substr(5);
    if (name.starts_with("right ")) return "left " + name.substr(6);
    return name;
  };
  // No point here is in the middle, which belongs to no half, or on an edge.
  for (int i = -105; i < 105; ++i)
    for (int j = 0; j <= 100; ++j) {
      const double x = 0.5 + (i + 0.371) / 211, y = j / 100.0 + 0.0013;
      INFO(x << ' ' << y);
      for (const auto view : {BodyView::Front, BodyView::Back, BodyView::Head})
        CHECK(name_of(view, x, y) == other(name_of(view, 1 - x, y)));
      CHECK(name_of(BodyView::Left, x, y) == other(name_of(BodyView::Right, 1 - x, y)));
    }
}
