#include "sync/model/body_region.h"

#include <algorithm>
#include <cmath>

#include "sync/model/body_map.h"

namespace doorstep::model {
namespace {

enum Number { Once, Twice };

/// A part and its corners, in heights of the frame: x to the right of its middle, y from its top. What comes first in a table
/// covers what comes after it.
struct Part {
  std::string_view code;
  Number number;
  std::vector<Point> corners;
};
using Parts = std::vector<Part>;

std::vector<Point> box(double x0, double y0, double x1, double y1) { return {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}; }

// The right half of the standing figure and of the head; the left is its mirror image.

const Parts kArms = {
    {"shoulder", Twice, {{0.03, 0.165}, {0.06, 0.17}, {0.115, 0.18}, {0.165, 0.21}, {0.165, 0.255}, {0.098, 0.255}, {0.06, 0.215}}},
    {"upper_arm", Twice, {{0.095, 0.255}, {0.165, 0.255}, {0.185, 0.325}, {0.108, 0.325}}},
    {"elbow", Twice, {{0.108, 0.325}, {0.185, 0.325}, {0.2, 0.375}, {0.122, 0.375}}},
    {"forearm", Twice, {{0.122, 0.375}, {0.2, 0.375}, {0.222, 0.455}, {0.15, 0.455}}},
    {"wrist", Twice, {{0.15, 0.455}, {0.222, 0.455}, {0.23, 0.485}, {0.158, 0.485}}},
    {"hand", Twice, {{0.158, 0.485}, {0.23, 0.485}, {0.235, 0.52}, {0.22, 0.56}, {0.18, 0.56}}}};

const Parts kLegs = {
    {"thigh", Twice, {{0, 0.5}, {0.125, 0.5}, {0.125, 0.6}, {0.115, 0.66}, {0.004, 0.66}}},
    {"knee", Twice, box(0.004, 0.66, 0.115, 0.72)},
    {"lower_leg", Twice, {{0.01, 0.72}, {0.11, 0.72}, {0.105, 0.8}, {0.09, 0.905}, {0.018, 0.905}}},
    {"ankle", Twice, box(0.015, 0.905, 0.092, 0.94)},
    {"foot", Twice, box(0.015, 0.94, 0.1, 0.995)}};

const Parts kFrontHead = {
    {"ear", Twice, box(0.052, 0.065, 0.085, 0.13)},
    {"head", Once, box(0, 0, 0.08, 0.065)},
    {"face", Once, box(0, 0.065, 0.078, 0.155)},
    {"neck", Once, box(0, 0.155, 0.045, 0.188)}};

const Parts kFrontTrunk = {
    {"chest_middle", Once, box(0, 0.188, 0.015, 0.3)},
    {"chest", Twice, {{0.015, 0.188}, {0.11, 0.188}, {0.112, 0.268}, {0.108, 0.3}, {0.015, 0.3}}},
    {"abdomen_middle", Once, box(0, 0.3, 0.015, 0.475)},
    {"abdomen", Twice, {{0.015, 0.3}, {0.106, 0.3}, {0.102, 0.375}, {0.108, 0.42}, {0.045, 0.42}, {0.045, 0.45}, {0.015, 0.45}}},
    {"genitals", Once, box(0, 0.475, 0.028, 0.56)},
    {"groin", Twice, {{0, 0.45}, {0.045, 0.45}, {0.075, 0.5}, {0.028, 0.53}, {0, 0.53}}},
    {"hip", Twice, {{0.045, 0.42}, {0.11, 0.42}, {0.12, 0.5}, {0.075, 0.5}, {0.045, 0.45}}}};

const Parts kBackHead = {
    {"ear", Twice, box(0.052, 0.065, 0.085, 0.13)},
    {"head", Once, box(0, 0, 0.08, 0.155)},
    {"neck", Once, box(0, 0.155, 0.045, 0.188)}};

const Parts kBackTrunk = {
    {"shoulder_blade", Twice, {{0.02, 0.215}, {0.09, 0.215}, {0.112, 0.26}, {0.11, 0.295}, {0.02, 0.295}}},
    {"upper_back_middle", Once, box(0, 0.188, 0.02, 0.33)},
    {"upper_back", Twice, {{0.02, 0.188}, {0.11, 0.188}, {0.112, 0.268}, {0.106, 0.33}, {0.02, 0.33}}},
    {"lower_back_middle", Once, box(0, 0.33, 0.02, 0.45)},
    {"lower_back", Twice, {{0.02, 0.33}, {0.106, 0.33}, {0.102, 0.375}, {0.112, 0.45}, {0.02, 0.45}}},
    {"buttocks", Once, box(0, 0.45, 0.008, 0.56)},
    {"buttock", Twice, {{0.008, 0.45}, {0.112, 0.45}, {0.122, 0.5}, {0.122, 0.555}, {0.008, 0.555}}}};

/// Seen from the left, where the face is at the left; seen from the right it is the mirror image.
const Parts kLeftSide = {
    {"ear", Twice, box(-0.006, 0.07, 0.026, 0.118)},
    {"head_side", Twice, {{-0.08, 0}, {0.085, 0}, {0.085, 0.12}, {0.05, 0.155}, {0.02, 0.155}, {0.02, 0.06}, {-0.08, 0.06}}},
    {"face_side", Twice, box(-0.09, 0.06, 0.02, 0.155)},
    {"neck", Once, box(-0.065, 0.155, 0.06, 0.19)},
    {"shoulder", Twice, {{-0.035, 0.2}, {0.04, 0.2}, {0.04, 0.25}, {-0.034, 0.25}}},
    {"upper_arm", Twice, {{-0.036, 0.25}, {0.034, 0.25}, {0.026, 0.35}, {-0.034, 0.35}}},
    {"elbow", Twice, box(-0.036, 0.35, 0.028, 0.395)},
    {"forearm", Twice, {{-0.036, 0.395}, {0.022, 0.395}, {0.006, 0.465}, {-0.046, 0.465}}},
    {"wrist", Twice, {{-0.046, 0.465}, {0.006, 0.465}, {0, 0.49}, {-0.052, 0.49}}},
    {"hand", Twice, {{-0.052, 0.49}, {0, 0.49}, {-0.008, 0.55}, {-0.05, 0.55}}},
    {"chest", Twice, box(-0.075, 0.19, 0, 0.31)},
    {"abdomen", Twice, box(-0.078, 0.31, -0.02, 0.44)},
    {"upper_back", Twice, box(0, 0.19, 0.08, 0.33)},
    {"lower_back", Twice, {{0, 0.33}, {0.085, 0.33}, {0.085, 0.43}, {0.005, 0.43}}},
    {"buttock", Twice, box(0.03, 0.43, 0.09, 0.555)},
    {"hip", Twice, box(-0.075, 0.43, 0.03, 0.545)},
    {"thigh", Twice, {{-0.075, 0.545}, {0.09, 0.545}, {0.065, 0.66}, {-0.065, 0.66}}},
    {"knee", Twice, box(-0.065, 0.66, 0.06, 0.725)},
    {"lower_leg", Twice, {{-0.06, 0.725}, {0.065, 0.725}, {0.065, 0.8}, {0.045, 0.905}, {-0.05, 0.905}}},
    {"ankle", Twice, box(-0.055, 0.905, 0.045, 0.935)},
    {"foot", Twice, box(-0.11, 0.935, 0.045, 0.995)}};

const Parts kHead = {
    {"top_of_head", Once, {{0, 0.02}, {0.2, 0.065}, {0.3, 0.185}, {0.3, 0.2}, {0, 0.2}}},
    {"eyebrow", Twice, box(0.06, 0.345, 0.235, 0.415)},
    {"eye", Twice, box(0.065, 0.415, 0.225, 0.5)},
    {"ear", Twice, {{0.302, 0.39}, {0.39, 0.39}, {0.39, 0.6}, {0.292, 0.6}}},
    {"temple", Twice, {{0.235, 0.2}, {0.31, 0.2}, {0.325, 0.5}, {0.225, 0.5}, {0.225, 0.415}, {0.235, 0.415}}},
    {"forehead", Once, box(0, 0.2, 0.235, 0.415)},
    {"nose", Once, box(0, 0.415, 0.065, 0.655)},
    {"mouth", Once, box(0, 0.655, 0.13, 0.815)},
    {"chin", Once, {{0, 0.815}, {0.13, 0.815}, {0.14, 0.9}, {0.06, 0.94}, {0, 0.94}}},
    {"cheek", Twice, {{0.065, 0.5}, {0.225, 0.5}, {0.325, 0.5}, {0.315, 0.6}, {0.285, 0.7}, {0.13, 0.7}, {0.13, 0.655}, {0.065, 0.655}}},
    {"jaw", Twice, {{0.13, 0.7}, {0.285, 0.7}, {0.26, 0.77}, {0.15, 0.9}, {0.13, 0.9}}},
    {"neck", Once, box(0, 0.9, 0.21, 1)}};

Parts joined(std::initializer_list<const Parts*> all) {
  Parts out;
  for (const Parts* parts : all) out.insert(out.end(), parts->begin(), parts->end());
  return out;
}
const Parts kFront = joined({&kFrontHead, &kArms, &kFrontTrunk, &kLegs});
const Parts kBack = joined({&kBackHead, &kArms, &kBackTrunk, &kLegs});

const Parts& parts_of(BodyView view) {
  switch (view) {
    case BodyView::Front: return kFront;
    case BodyView::Back: return kBack;
    case BodyView::Left: case BodyView::Right: return kLeftSide;
    case BodyView::Head: break;
  }
  return kHead;
}

/// Of a point on the edge of two parts that lie beside each other, one of them says yes.
bool is_in(const std::vector<Point>& corners, const Point& at) {
  bool in = false;
  for (std::size_t i = 0, j = corners.size() - 1; i < corners.size(); j = i++) {
    const Point &a = corners[i], &b = corners[j];
    if ((a.y > at.y) != (b.y > at.y) && at.x < (b.x - a.x) * (at.y - a.y) / (b.y - a.y) + a.x) in = !in;
  }
  return in;
}

/// Which side of the child is at the frame's right half, or the only one that is seen.
BodySide side_of(BodyView view, bool at_right) {
  switch (view) {
    case BodyView::Left: return BodySide::Left;
    case BodyView::Right: return BodySide::Right;
    case BodyView::Back: return at_right ? BodySide::Right : BodySide::Left;
    case BodyView::Front: case BodyView::Head: break;
  }
  return at_right ? BodySide::Left : BodySide::Right;
}

}  // namespace

std::optional<BodyRegion> body_region(BodyView view, Point at) {
  const double x = (at.x - 0.5) * body_outline(view).aspect;
  const bool from_a_side = view == BodyView::Left || view == BodyView::Right;
  const Point folded{from_a_side ? (view == BodyView::Left ? x : -x) : std::abs(x), at.y};
  for (const Part& part : parts_of(view))
    if (is_in(part.corners, folded))
      return BodyRegion{part.code, part.number == Once ? std::nullopt : std::optional(side_of(view, x > 0))};
  return std::nullopt;
}

const std::vector<std::string_view>& body_parts() {
  static const auto all = [] {
    std::vector<std::string_view> out;
    for (const Parts* parts : {&kFront, &kBack, &kLeftSide, &kHead})
      for (const Part& part : *parts)
        if (std::find(out.begin(), out.end(), part.code) == out.end()) out.push_back(part.code);
    return out;
  }();
  return all;
}

}  // namespace doorstep::model
