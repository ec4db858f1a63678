#pragma once
#include <string_view>

#include "app/view/widgets/ui.h"

/// Where things go. A screen is: begin_root, an app bar, one or two pages side by side, end_root. Inside a page widgets go down
/// a column; between begin_flow and end_flow they go left to right and wrap. Every widget asks place() for its rectangle, and
/// leaves the usual space below itself, so gap() is for exceptions.
namespace doorstep::view {

void begin_root(Ui& ui, std::string_view name);   ///< the whole window
void end_root(Ui& ui);
Rect root_rest(const Ui& ui);                      ///< what the band and the bar have left of the window; cut it for pages
/// Cuts `rest` at its left: a side pane of kSidePane, or nothing when the window is narrow (then show one page at a time).
Rect cut_side(const Ui& ui, Rect& rest);

struct PageOptions {
  bool surface = false;          ///< white (a list at the side) rather than canvas
  bool edge = false;             ///< hairline at its right
  float pad = space::kXl;        ///< unscaled, around the content; a narrow window takes kMd
  float max_width = kColumn;     ///< unscaled; 0: as wide as the page
  bool centred = false;          ///< unlock and empty screens
};
/// A part of the window that scrolls (wheel, finger, keys). Content follows, then perhaps a footer, then end_page.
void begin_page(Ui& ui, std::string_view key, std::string_view name, Rect where, const PageOptions& options = {});
/// Buttons that stay in sight at the page's bottom; in a short window they join the page. Content flows left to right.
void begin_footer(Ui& ui);
void end_footer(Ui& ui);
void end_page(Ui& ui);

void gap(Ui& ui, float px);                        ///< unscaled vertical space; in a flow, horizontal
float room(const Ui& ui);                          ///< width the next widget may have, window pixels
Rect place(Ui& ui, Size size);                     ///< takes the place for a widget of this size
/// Left to right from here, wrapping to further rows; what is lower than `row_px` (unscaled) is centred in it.
void begin_flow(Ui& ui, float gap_px = space::kSm, float row_px = 0);
void end_flow(Ui& ui);
void begin_indent(Ui& ui, float px);               ///< a narrower column
void end_indent(Ui& ui);
/// One of several entries, with a rule at its left that holds it together. Hand the top to end_entry.
float begin_entry(Ui& ui);
void end_entry(Ui& ui, float top);
void separator(Ui& ui);

/// A padded, toned block around whatever follows, as high as it needs.
void begin_panel(Ui& ui, std::string_view key, Tone tone, std::string_view name = {});
void end_panel(Ui& ui);

}  // namespace doorstep::view
