#include "sync/model/body_map.h"

#include <algorithm>
#include <array>

namespace doorstep::model {
namespace {

constexpr int kBetween = 5;  ///< points of the curve from one point of a drawing to the next

/// x: heights to the right of the frame's middle; y: heights from its top.
using Drawn = std::vector<Point>;

double curve(double a, double b, double c, double d, double t) {
  return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t);
}

/// A Catmull-Rom curve through the points; a closed one when it ends where it begins.
Drawn smooth(const Drawn& points) {
  const bool closed = points.front() == points.back();
  const auto n = static_cast<std::ptrdiff_t>(points.size()) - 1;
  const auto at = [&](std::ptrdiff_t i) -> const Point& {
    if (closed) return points[static_cast<std::size_t>((i + n) % n)];
    return points[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(i, 0, n))];
  };
  Drawn out;
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (int k = 0; k < kBetween; ++k) {
      const double t = static_cast<double>(k) / kBetween;
      const Point &a = at(i - 1), &b = at(i), &c = at(i + 1), &d = at(i + 2);
      out.push_back({curve(a.x, b.x, c.x, d.x, t), curve(a.y, b.y, c.y, d.y, t)});
    }
  out.push_back(points.back());
  return out;
}

Drawn mirrored(Drawn points) {
  for (Point& p : points) p.x = -p.x;
  return points;
}

/// The right half, from the middle above to the middle below, and its mirror image.
Drawn both_halves(const Drawn& half) {
  Drawn out = half;
  for (auto p = half.rbegin() + 1; p != half.rend(); ++p) out.push_back({-p->x, p->y});
  return out;
}

BodyOutline framed(double aspect, const std::vector<Drawn>& lines) {
  BodyOutline out{aspect, {}};
  for (const Drawn& line : lines) {
    auto& points = out.lines.emplace_back(smooth(line));
    for (Point& p : points) p.x = 0.5 + p.x / aspect;
  }
  return out;
}

const Drawn kStanding = both_halves(
    {{0, 0.02}, {0.045, 0.033}, {0.066, 0.078}, {0.06, 0.115}, {0.04, 0.145}, {0.03, 0.158}, {0.03, 0.172}, {0.06, 0.188}, {0.105, 0.2},
     {0.13, 0.222}, {0.15, 0.3}, {0.172, 0.385}, {0.194, 0.455}, {0.208, 0.485}, {0.213, 0.52}, {0.203, 0.545}, {0.19, 0.535},
     {0.18, 0.505}, {0.168, 0.468}, {0.14, 0.395}, {0.118, 0.325}, {0.1, 0.268}, {0.094, 0.32}, {0.088, 0.375}, {0.097, 0.44},
     {0.107, 0.51}, {0.103, 0.6}, {0.088, 0.685}, {0.09, 0.755}, {0.074, 0.85}, {0.064, 0.915}, {0.078, 0.95}, {0.08, 0.972},
     {0.05, 0.978}, {0.033, 0.965}, {0.036, 0.92}, {0.034, 0.85}, {0.027, 0.76}, {0.03, 0.69}, {0.02, 0.6}, {0, 0.545}});

BodyOutline front() {
  const Drawn eye{{0.016, 0.083}, {0.025, 0.079}, {0.034, 0.083}};
  return framed(0.48, {kStanding, eye, mirrored(eye), {{-0.004, 0.104}, {0, 0.107}, {0.004, 0.104}},
                       {{-0.018, 0.124}, {0, 0.13}, {0.018, 0.124}}, {{-0.002, 0.402}, {0, 0.408}, {0.002, 0.402}}});
}

BodyOutline back() {
  const Drawn blade{{0.028, 0.25}, {0.045, 0.275}, {0.062, 0.28}}, seat{{0.012, 0.535}, {0.045, 0.55}, {0.08, 0.538}};
  const Drawn knee{{0.045, 0.69}, {0.058, 0.694}, {0.071, 0.69}};
  return framed(0.48, {kStanding, {{0, 0.22}, {0, 0.3}, {0, 0.42}}, blade, mirrored(blade), seat, mirrored(seat), knee, mirrored(knee),
                       {{0, 0.475}, {0, 0.51}, {0, 0.545}}});
}

/// Whoever looks at the child's left side sees the face at the left.
const std::vector<Drawn> kLeftSide = {
    {{0.005, 0.02}, {-0.045, 0.038}, {-0.062, 0.075}, {-0.062, 0.09}, {-0.077, 0.106}, {-0.064, 0.114}, {-0.064, 0.128}, {-0.053, 0.147},
     {-0.026, 0.152}, {-0.02, 0.175}, {-0.044, 0.212}, {-0.06, 0.265}, {-0.058, 0.33}, {-0.062, 0.39}, {-0.056, 0.455}, {-0.06, 0.52},
     {-0.056, 0.6}, {-0.05, 0.685}, {-0.04, 0.76}, {-0.034, 0.85}, {-0.034, 0.915}, {-0.062, 0.948}, {-0.094, 0.962}, {-0.09, 0.977},
     {-0.03, 0.978}, {0.028, 0.978}, {0.034, 0.955}, {0.024, 0.915}, {0.034, 0.84}, {0.05, 0.765}, {0.036, 0.695}, {0.05, 0.6},
     {0.073, 0.52}, {0.075, 0.465}, {0.052, 0.4}, {0.055, 0.32}, {0.066, 0.25}, {0.046, 0.19}, {0.028, 0.166}, {0.034, 0.143},
     {0.062, 0.11}, {0.07, 0.07}, {0.05, 0.034}, {0.005, 0.02}},
    {{0.004, 0.212}, {-0.024, 0.228}, {-0.03, 0.3}, {-0.028, 0.37}, {-0.036, 0.44}, {-0.046, 0.492}, {-0.044, 0.53}, {-0.024, 0.543},
     {-0.008, 0.51}, {0.002, 0.45}, {0.018, 0.375}, {0.027, 0.3}, {0.026, 0.23}, {0.004, 0.212}},
    {{0.002, 0.078}, {0.016, 0.082}, {0.014, 0.1}, {0.004, 0.11}, {0, 0.094}, {0.002, 0.078}},
    {{-0.054, 0.086}, {-0.048, 0.082}, {-0.041, 0.085}},
    {{-0.063, 0.127}, {-0.054, 0.13}, {-0.046, 0.127}}};

BodyOutline left_side() { return framed(0.3, kLeftSide); }
BodyOutline right_side() {
  std::vector<Drawn> lines;
  for (const Drawn& line : kLeftSide) lines.push_back(mirrored(line));
  return framed(0.3, lines);
}

BodyOutline head() {
  const Drawn ear{{0.305, 0.43}, {0.35, 0.41}, {0.37, 0.46}, {0.345, 0.55}, {0.298, 0.585}};
  const Drawn eye{{0.085, 0.46}, {0.14, 0.428}, {0.2, 0.46}, {0.14, 0.484}, {0.085, 0.46}};
  const Drawn brow{{0.075, 0.395}, {0.145, 0.365}, {0.215, 0.395}}, neck{{0.15, 0.885}, {0.155, 0.93}, {0.2, 0.985}};
  const Drawn face = both_halves(
      {{0, 0.05}, {0.19, 0.095}, {0.29, 0.24}, {0.31, 0.42}, {0.298, 0.585}, {0.25, 0.75}, {0.14, 0.885}, {0, 0.925}});
  return framed(0.8, {face, ear, mirrored(ear), eye, mirrored(eye), brow, mirrored(brow), neck, mirrored(neck),
                      {{0.03, 0.47}, {0.045, 0.58}, {0.03, 0.625}, {0, 0.635}, {-0.03, 0.625}},
                      {{-0.1, 0.74}, {0, 0.752}, {0.1, 0.74}}, {{-0.06, 0.775}, {0, 0.79}, {0.06, 0.775}}});
}

}  // namespace

const BodyOutline& body_outline(BodyView view) {
  static const std::array<BodyOutline, 5> all = {front(), back(), left_side(), right_side(), head()};
  return all[static_cast<std::size_t>(view)];
}

Point within_frame(Point at) { return {std::clamp(at.x, 0.0, 1.0), std::clamp(at.y, 0.0, 1.0)}; }

}  // namespace doorstep::model
