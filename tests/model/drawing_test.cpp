#include "sync/model/drawing.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

using namespace doorstep;
using model::Point;

namespace {

std::vector<Point> spiral(std::size_t points) {
  std::vector<Point> out;
  for (std::size_t i = 0; i < points; ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(points);
    out.push_back({0.5 + 0.5 * t * std::cos(60 * t), 0.5 + 0.5 * t * std::sin(60 * t)});
  }
  return out;
}

}  // namespace

TEST_CASE("drawing: a straight line is its two ends, and a corner is kept", "[model]") {
  std::vector<Point> way;
  for (int i = 0; i <= 100; ++i) way.push_back({0.1 + 0.005 * i, 0.2});
  for (int i = 0; i <= 100; ++i) way.push_back({0.6, 0.2 + 0.005 * i});
  CHECK(model::pen_stroke(way, 300) == std::vector<Point>{{0.1, 0.2}, {0.6, 0.2}, {0.6, 0.7}});
}

TEST_CASE("drawing: a dot is two equal points, and nothing is nothing", "[model]") {
  CHECK(model::pen_stroke({{0.5, 0.5}}, 300) == std::vector<Point>{{0.5, 0.5}, {0.5, 0.5}});
  CHECK(model::pen_stroke({}, 300).empty());
  CHECK(model::pen_stroke({{std::nan(""), 0.5}}, 300).empty());
}

TEST_CASE("drawing: what leaves the sheet runs along its edge", "[model]") {
  CHECK(model::pen_stroke({{-1, 0.5}, {2, 0.5}}, 300) == std::vector<Point>{{0, 0.5}, {1, 0.5}});
}

TEST_CASE("drawing: a stroke has no more points than its limit, and keeps its ends", "[model]") {
  const auto way = spiral(20'000);
  for (const std::size_t most : {2u, 10u, 300u}) {
    const auto kept = model::pen_stroke(way, most);
    CHECK(kept.size() <= most);
    CHECK(kept.size() >= 2);
    CHECK(kept.front() == Point{0.5, 0.5});
  }
  CHECK(model::pen_stroke(way, 300).size() > 50);
}
