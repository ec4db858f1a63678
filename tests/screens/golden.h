#pragma once
#include <filesystem>
#include <string_view>
#include <vector>

#include "tests/screens/camera.h"

/// What is kept of a screen's picture in tests/screens/golden, and when another differs from it.
namespace doorstep::test {

/// A kept picture has one point for each square of so many pixels, their mean: a page of text stays small, and a hairline or the
/// edge of a letter that another machine draws a trifle lighter hardly change it.
inline constexpr int kSquare = 4;
/// Each channel of a kept point is a multiple of this (or 255): fewer colours, smaller files. It is off by half of it at most.
inline constexpr int kShade = 8;
/// A point is the kept one when no channel differs by more than this: half of kShade, and what another machine draws otherwise.
inline constexpr int kNear = kShade / 2 + 2;
/// Else it differs when it is farther than this from the kept one in CIELAB, where 2.3 is about what an eye tells apart.
inline constexpr double kFar = 6;
/// A picture differs when more of its points than this do.
inline constexpr std::size_t kMost = 4;

/// "light", "dark" or "contrast".
std::string_view word(view::Look look);

/// The means of its squares; sides that are no multiple of kSquare lose what is left over.
Picture reduced(const Picture& picture);
/// A reduced picture with kShade's shades, as it is kept.
Picture shaded(Picture picture);

/// Which points (row by row) of `now` are farther than kFar from those of `kept`: all, when the two differ in size.
std::vector<std::size_t> differing(const Picture& kept, const Picture& now);

/// The whole picture, faded, with the squares of these points in red.
Picture marked(const Picture& picture, const std::vector<std::size_t>& points);

/// Both fail the test when the file cannot be read or written.
Picture read_png(const std::filesystem::path& file);
void write_png(const std::filesystem::path& file, const Picture& picture);
/// The same for a shaded picture, smaller: by its colours' numbers, when they are no more than 256.
void write_shaded_png(const std::filesystem::path& file, const Picture& picture);

}  // namespace doorstep::test
