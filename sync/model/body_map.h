#pragma once
#include <optional>
#include <vector>

#include "sync/model/records.h"

/// The outlines a mark is shown on. They are a format: a point of an Injury means a place on its view's outline, so no outline
/// ever changes its shape; another drawing gets another BodyView. Drawn for this program.
namespace doorstep::model {

/// One view of a body: lines from point to point, each an open one unless it ends where it begins.
struct BodyOutline {
  double aspect = 1;                      ///< width of its frame, in heights
  std::vector<std::vector<Point>> lines;  ///< normalised to the frame
};
/// Left and right are the child's own.
const BodyOutline& body_outline(BodyView view);

/// `at` within the frame.
Point within_frame(Point at);

}  // namespace doorstep::model
