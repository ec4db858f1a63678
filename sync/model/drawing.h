#pragma once
#include <string_view>
#include <vector>

#include "sync/model/records.h"

/// Drawings: strokes on a sheet of paper. The sheet is a format: a stroke's points, 0 to 1 each way, lie on it.
namespace doorstep::model {

inline constexpr double kPaperAspect = 4.0 / 3;      ///< width of the sheet, in heights
inline constexpr std::int64_t kPenWidth = 6;         ///< of a new stroke, in thousandths of the sheet's width
inline constexpr std::string_view kInks[] = {"#1a1a1a", "#c02318", "#1d4e89", "#0a6238"};  ///< black, red, blue, green

/// The house of the Three Houses, to be drawn into: a closed line.
const std::vector<Point>& house_outline();

/// What a pen's way is kept as: points within the sheet, in thousandths, no more than `most` (at least 2), and never further
/// from the way than the eye sees, unless it would be too many. Empty for no points; a dot is two equal ones. Pure.
std::vector<Point> pen_stroke(const std::vector<Point>& way, std::size_t most);

}  // namespace doorstep::model
