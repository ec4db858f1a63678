#pragma once
#include <cstdint>

/// The design's numbers: colours, type, space. Every colour on the screen comes from here.
namespace doorstep::view {

using Color = std::uint32_t;  ///< as Dear ImGui packs it: 0xAABBGGRR

enum class Look { Light, Dark, HighContrast };
enum class Tone { Neutral, Ok, Warn, Info, Danger };

struct ToneColors {
  Color text, back;
};

struct Tokens {
  Color canvas, surface;
  Color ink, ink2, ink3;     ///< text: main, secondary, hint
  Color edge, line;          ///< border of a control; decorative hairline
  Color primary, on_primary, primary_hover, on_primary_hover;
  Color tint;                ///< behind what is selected
  Color selection;           ///< behind selected text
  Color focus, focus_inner;  ///< always both: yellow alone does not show on white
  Color error;
  ToneColors neutral, ok, warn, info, danger;
  Color header, on_header, on_header2, header_chip;
  float edge_px, thick_px;   ///< widths of an ordinary border, and of one selected or focused; unscaled

  const ToneColors& tone(Tone t) const;
};
const Tokens& tokens(Look look);

/// WCAG 2 contrast ratio of two opaque colours, 1..21.
double contrast(Color a, Color b);

/// The seven faces. Sizes in unscaled pixels, as Dear ImGui counts them (ascent to descent).
enum class Type { Small, SmallBold, Body, BodyBold, Note, H3, H1 };
inline constexpr int kTypes = 7;
float type_px(Type type);
float line_px(Type type);  ///< distance of two lines, unscaled

// Space and sizes, unscaled pixels: Ui::s() scales them.
namespace space {
inline constexpr float kHair = 4, kXs = 8, kSm = 12, kMd = 16, kLg = 24, kXl = 32;
}
inline constexpr float kControl = 48;     ///< height of a control
inline constexpr float kTarget = 44;      ///< nothing to press is smaller
inline constexpr float kRadius = 6;
inline constexpr float kTagRadius = 4;
inline constexpr float kColumn = 780;     ///< widest column of text: about 90 characters
inline constexpr float kNarrow = 900;     ///< at or below this scaled width there is one pane
inline constexpr float kShort = 560;      ///< at or below this scaled height the footer joins the page
inline constexpr float kTight = 700;      ///< at or below this scaled height a call card comes as one line
inline constexpr float kSidePane = 348;
inline constexpr float kBar = 60;
inline constexpr float kPanAfter = 8;     ///< a finger that moved further pans and presses nothing

}  // namespace doorstep::view
