#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/view/widgets/icons.h"
#include "app/view/widgets/layout.h"
#include "app/view/widgets/press.h"
#include "app/view/widgets/text.h"

/// The controls. Keys are stable words or ids, never names of people; labels wrap; a control returns what was asked of it and
/// changes nothing itself. A choice's own key is "question/choice", a tab's "tabs/0", a line of the error summary "summary/0".
namespace doorstep::view {

enum class ButtonKind { Primary, Secondary, Quiet, Danger };
struct ButtonOptions {
  Icon icon = Icon::None;
  bool disabled = false;
  bool full_width = false;
  std::string_view name = {};   ///< spoken name when the label alone does not say enough ("Remove Amara")
};
bool button(Ui& ui, std::string_view key, std::string_view label, ButtonKind kind = ButtonKind::Primary, const ButtonOptions& options = {});
/// A square button with only an icon; `name` is spoken.
bool icon_button(Ui& ui, std::string_view key, Icon icon, std::string_view name, bool disabled = false);
/// Underlined words in the flow of text, 44 px high to the finger. `name`: spoken, where the label alone does not say enough.
bool link(Ui& ui, std::string_view key, std::string_view label, std::string_view name = {});

/// Around any question.
struct Question {
  std::string_view label;
  std::string_view hint = {};
  std::string_view error = {};
  bool disabled = false;
  bool headed = false;          ///< a heading just above says the label: it is not drawn, and still the controls' name
};

struct Choice {
  std::string_view key;
  std::string_view label;
  std::string_view hint = {};
};
/// One of several; tiles wrap to rows, and stand in two columns where most have a hint. Nothing is selected until somebody
/// does. Returns the index pressed in this frame, also when it was selected already: whether that takes the answer away is the caller's.
std::optional<std::size_t> radio_tiles(Ui& ui, std::string_view key, const Question& question, std::span<const Choice> choices,
                                       std::optional<std::size_t> selected);
/// Any of several. Returns the index to turn over.
std::optional<std::size_t> checkbox_tiles(Ui& ui, std::string_view key, const Question& question, std::span<const Choice> choices,
                                          const std::vector<bool>& selected);
/// One box alone. True: turn it over. `quiet`: without a border, for what goes with a question and is not the answer looked for.
bool checkbox(Ui& ui, std::string_view key, std::string_view label, bool checked, bool disabled = false, bool quiet = false);
/// 0 to 10; `low` and `high` are the words at its ends. Returns what was pressed in this frame, as radio_tiles().
std::optional<int> scale_tiles(Ui& ui, std::string_view key, const Question& question, std::optional<int> value, std::string_view low,
                               std::string_view high);
std::optional<std::size_t> tabs(Ui& ui, std::string_view key, std::span<const std::string_view> labels, std::size_t selected);

struct RowText {
  std::string_view title;
  std::string_view subtitle = {};
  std::string_view trailing = {};   ///< right: a time
  std::string_view tag = {};
  Tone tone = Tone::Neutral;
  Icon icon = Icon::None;
  bool selected = false;
  bool leads = false;               ///< a chevron at the right says that it can be pressed
  bool plain = false;               ///< told among rows that lead somewhere, and does not
  Stretches found = {};             ///< of the subtitle: drawn in bold
};
/// A row of a list, as wide as the page (not the column), hairline below. True: pressed.
bool list_row(Ui& ui, std::string_view key, const RowText& row);

/// A row that shows or hides what follows it: a chevron, the words, and at the right how much there is. True: turn it over.
bool fold(Ui& ui, std::string_view key, std::string_view label, std::string_view count, bool open);

/// What is missing, in the words of the screen: by whom it is about, then by where it is asked. A group without a name is always
/// open; a part without a title has none. A line's key is "summary/<number>". Focusing its own key focuses the first control in it,
/// and shows what stands above that.
struct ProblemLine { std::size_t number = 0; std::string_view words; };
struct ProblemPart { std::string_view title; std::vector<ProblemLine> lines; };
struct ProblemGroup {
  std::string_view name, count;         ///< "Amara Okafor", "4 to do"
  bool open = false;
  std::vector<ProblemPart> parts;
};
struct ProblemPressed {
  std::optional<std::size_t> line;      ///< its number: call Ui::focus with its question
  std::optional<std::size_t> fold;      ///< index of the group to open or close
};
ProblemPressed error_summary(Ui& ui, std::string_view key, std::string_view heading, std::span<const ProblemGroup> groups);

/// Words at the top of the window, over the bar too; everything else begins below them. Before the bar, page or curtain.
void band(Ui& ui, std::string_view words);

struct AppBar {
  std::string_view title;               ///< the program's or the screen's name
  std::string_view back = {};           ///< "Back to my children"; empty: no way back, the mark is drawn
  Icon status_icon = Icon::None;
  std::string_view status = {};         ///< "Working offline"; pressing it opens sync status
  std::string_view person = {};         ///< full name, spoken; its initials are drawn
  std::string_view cover = {};          ///< "Cover the screen"; empty: no button
};
enum class BarAction { None, Back, Status, Person, Cover };
BarAction app_bar(Ui& ui, const AppBar& bar);

/// Whom to call, until a call is recorded. It never blocks writing: it is a panel in the page, or one line that stays in sight
/// (call_line), whose panel then does not say its heading again (`below_line`).
struct CallCard {
  std::string_view heading;             ///< "Call your manager when it is safe"
  std::string_view about = {};          ///< which of several it is
  std::string_view emergency;           ///< "Immediate danger: 999"
  std::string_view who = {};            ///< label of the number to try now
  std::string_view number = {};
  std::span<const std::string> tried = {};  ///< "Duty manager, 14:32: no answer"
  std::string_view called = {};         ///< "I spoke to them"
  std::string_view no_answer = {};      ///< "No answer"
  std::string_view reason_label = {};   ///< "Why this is here"
  std::string_view reason = {};         ///< drawn when open
  bool reason_open = false;
  bool below_line = false;
};
enum class CallAction { None, Called, NoAnswer, TurnReason };
CallAction call_card(Ui& ui, std::string_view key, const CallCard& card);
/// The card as one line as wide as there is room; `across`: edge to edge below the bar, and quiet while closed. True: open or close its
/// panel.
bool call_line(Ui& ui, std::string_view key, const CallCard& card, bool open, bool across);

/// The cover over everything: only these words and one button. True: uncover.
bool curtain(Ui& ui, std::string_view words, std::string_view saved, std::string_view uncover);

}  // namespace doorstep::view
