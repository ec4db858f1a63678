#pragma once
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "app/view/widgets/icons.h"
#include "app/view/widgets/ui.h"

/// Text is measured before it is drawn and wraps within its place: nothing is clipped, nothing ends in dots.
namespace doorstep::view {

/// Rows of `text` at `width` (window pixels); at least one.
std::vector<std::string_view> wrap_lines(Ui& ui, Type type, std::string_view text, float width);
float line_width(Ui& ui, Type type, std::string_view line);
/// Size of the wrapped text.
Size measure(Ui& ui, Type type, std::string_view text, float width);
/// Draws wrapped text in `at` (its width wraps), and records it; the rows of a paragraph from right to left end at its right edge.
/// `role`: Text, or what it is.
void draw_text(Ui& ui, Type type, Color color, std::string_view text, Rect at, Role role = Role::Text);
/// Parts of a text: bytes from and to, in order.
using Stretches = std::span<const std::pair<std::size_t, std::size_t>>;
/// Draws small text with `found` in the bold face, in a place measured for Type::SmallBold; in rows that are put in order from right
/// to left nothing is bold, for no face has such letters bold.
void draw_found(Ui& ui, std::string_view text, Stretches found, Rect at);

/// Wrapped text as a widget of its own.
void text(Ui& ui, Type type, Color color, std::string_view words, Role role = Role::Text);
void title(Ui& ui, std::string_view words);        ///< one per page: 28 px
void heading(Ui& ui, std::string_view words);      ///< 20 px semibold
void label(Ui& ui, std::string_view words);        ///< a question or a field's name: body semibold
void body(Ui& ui, std::string_view words);
void secondary(Ui& ui, std::string_view words);    ///< body in the second ink
void small(Ui& ui, std::string_view words);
void hint(Ui& ui, std::string_view words);         ///< below a label
void pre(Ui& ui, std::string_view words);          ///< a narrative read back: newlines kept, note face
void icon_text(Ui& ui, Icon icon, std::string_view words, Tone tone = Tone::Neutral);  ///< "clock  Thursday, 14:05"
/// The name of it in bold, and below that what is known of it; `words` may be empty.
void icon_fact(Ui& ui, Icon icon, std::string_view name, std::string_view words, Tone tone);
void status_line(Ui& ui, Icon icon, std::string_view words, Tone tone = Tone::Neutral);  ///< "Saved on this tablet at 14:32"; role Status
void progress_text(Ui& ui, std::string_view words);  ///< "Sending 3 of 7"; role Progress
void inline_error(Ui& ui, std::string_view words);
void tag(Ui& ui, std::string_view words, Tone tone);
void logo(Ui& ui);                                 ///< the program's mark, where there is no bar
void empty_state(Ui& ui, Icon icon, std::string_view heading, std::string_view body);
void info_panel(Ui& ui, std::string_view key, Tone tone, std::string_view heading, std::string_view body);
inline constexpr float kFactColumn = 230;          ///< unscaled, of the names
/// "Address   27 Alder Close": a name and what it is, one above the other when there is no room.
void fact(Ui& ui, std::string_view name, std::string_view value);

}  // namespace doorstep::view
