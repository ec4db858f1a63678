#include "sync/model/body_map.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "platform/base/bytes.h"

using namespace doorstep;
using model::BodyView;

namespace {

std::string words(BodyView view) {
  std::string out;
  for (const auto& line : model::body_outline(view).lines) {
    for (const auto& point : line)
      out += std::to_string(std::lround(point.x * 1e4)) + "," + std::to_string(std::lround(point.y * 1e4)) + " ";
    out += "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("body map: every view has an outline within its frame", "[model]") {
  for (const auto& [view, code] : model::CodeTable<BodyView>::values) {
    INFO(code);
    const auto& outline = model::body_outline(view);
    CHECK(outline.aspect > 0.2);
    CHECK(outline.aspect < 1);
    REQUIRE(!outline.lines.empty());
    CHECK(outline.lines.front().front() == outline.lines.front().back());
    for (const auto& line : outline.lines)
      for (const auto& point : line) {
        CHECK(model::within_frame(point) == point);
        CHECK(line.size() > 2);
      }
  }
}

TEST_CASE("body map: an outline never changes, for the points of records lie on it", "[model]") {
  CHECK(base::sha256_hex(words(BodyView::Front)) == "5bda8752ce1bda393ef1d3ac69cc95b054c2ced71c7cb8f649857f885e59d2c6");
  CHECK(base::sha256_hex(words(BodyView::Back)) == "ed0bd65263d062c770bd119ed397b8ecd6285da1bebae5cadadbc847f8e2e3e4");
  CHECK(base::sha256_hex(words(BodyView::Left)) == "466cc5885a76bd1c6d72319239717dce03905bac7c7f68ef5ce8a76516a3470d");
  CHECK(base::sha256_hex(words(BodyView::Right)) == "7a933744725df4c32649fdb7c7ddb3a7ec2c6abe106f4f4f776bc56d776d5d7b");
  CHECK(base::sha256_hex(words(BodyView::Head)) == "a82a694e137828c61767914376539f4f58fad0ca72bba43f1dd227cb14b5af81");
}

TEST_CASE("body map: the right side is the left one's mirror image", "[model]") {
  const auto& left = model::body_outline(BodyView::Left);
  const auto& right = model::body_outline(BodyView::Right);
  CHECK(left.aspect == right.aspect);
  REQUIRE(left.lines.size() == right.lines.size());
  CHECK(std::abs(left.lines[0][10].x + right.lines[0][10].x - 1) < 1e-9);
  CHECK(left.lines[0][10].y == right.lines[0][10].y);
}
