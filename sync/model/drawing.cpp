#include "sync/model/drawing.h"

#include <algorithm>
#include <cmath>

namespace doorstep::model {
namespace {

constexpr double kSeen = 0.0015;  ///< of the sheet's height: half a pixel of a sheet as wide as a column of text

double distance(const Point& p, const Point& a, const Point& b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double t = length == 0 ? 0 : std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0);
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/// Douglas and Peucker's: of each stretch the point furthest from its chord is kept, until none is far.
std::vector<Point> thinned(const std::vector<Point>& way, double far) {
  std::vector<bool> kept(way.size());
  kept.front() = kept.back() = true;
  std::vector<std::pair<std::size_t, std::size_t>> stretches{{0, way.size() - 1}};
  while (!stretches.empty()) {
    const auto [from, to] = stretches.back();
    stretches.pop_back();
    std::size_t furthest = from;
    double most = far;
    for (std::size_t i = from + 1; i < to; ++i)
      if (const double off = distance(way[i], way[from], way[to]); off > most) furthest = i, most = off;
    if (furthest == from) continue;
    kept[furthest] = true;
    stretches.push_back({from, furthest});
    stretches.push_back({furthest, to});
  }
  std::vector<Point> out;
  for (std::size_t i = 0; i < way.size(); ++i)
    if (kept[i]) out.push_back(way[i]);
  return out;
}

double thousandths(double part) { return std::round(std::clamp(part, 0.0, 1.0) * 1000) / 1000; }

}  // namespace

const std::vector<Point>& house_outline() {
  static const std::vector<Point> house = {{0.5, 0.05}, {0.95, 0.38}, {0.87, 0.38}, {0.87, 0.95}, {0.13, 0.95},
                                           {0.13, 0.38}, {0.05, 0.38}, {0.5, 0.05}};
  return house;
}

std::vector<Point> pen_stroke(const std::vector<Point>& way, std::size_t most) {
  std::vector<Point> points;
  for (const Point& p : way)
    if (std::isfinite(p.x) && std::isfinite(p.y)) points.push_back({thousandths(p.x), thousandths(p.y)});
  if (points.empty()) return {};
  if (points.size() == 1) points.push_back(points.front());
  std::vector<Point> out = thinned(points, kSeen);
  for (double far = 2 * kSeen; out.size() > std::max<std::size_t>(most, 2) && far < 2; far *= 2) out = thinned(points, far);
  return out;
}

}  // namespace doorstep::model
