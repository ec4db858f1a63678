#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "sync/model/records.h"

/// What a place on an outline of body_map.h is called. Nothing of it is stored: a mark is its point.
namespace doorstep::model {

/// The child's own.
enum class BodySide { Left, Right };

struct BodyRegion {
  std::string_view part;         ///< "forearm": one of body_parts()
  std::optional<BodySide> side;  ///< of a part that there is twice, or that has two sides; empty: of one in the middle
  friend bool operator==(const BodyRegion&, const BodyRegion&) = default;
};

/// The region `at` lies in, as people who examine children name it. A region reaches some way beyond the outline, for a mark is as
/// large as a finger. Empty: the point is beside the body.
std::optional<BodyRegion> body_region(BodyView view, Point at);

/// Each part that body_region() names, once.
const std::vector<std::string_view>& body_parts();

}  // namespace doorstep::model
