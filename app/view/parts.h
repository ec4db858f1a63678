#pragma once
#include <functional>
#include <string>
#include <vector>

#include "app/state/view_models.h"
#include "app/view/screens.h"
#include "app/view/widgets/blocks.h"
#include "app/view/widgets/controls.h"
#include "app/view/widgets/note_editor.h"

/// What several screens draw alike.
namespace doorstep::view {

using state::Editors;
using state::Intent;
using state::Intents;

Tone tone_of(state::Mood mood);

/// Nothing when its label is empty.
void draw_action(Ui& ui, std::string_view key, const state::ActionVm& vm, ButtonKind kind, Intents& out, Icon icon = Icon::None);
void draw_tag(Ui& ui, const state::TagVm& vm);
void draw_facts(Ui& ui, const std::vector<state::FactVm>& facts);
/// The same as rows, each with the way to change it at its right; `change` has one for each. Keys: "<key>/0".
void draw_summary(Ui& ui, std::string_view key, const std::vector<state::FactVm>& facts, const std::vector<state::ActionVm>& change,
                  Intents& out);
/// The page's title with its tag beside it.
void draw_title(Ui& ui, std::string_view words, const state::TagVm& tag);
/// In a flow: what follows, `width` window pixels wide, goes to the right edge if there is room on this row.
void push_right(Ui& ui, float width);
/// A heading, then its facts; nothing when there are none.
void draw_fact_block(Ui& ui, std::string_view title, const std::vector<state::FactVm>& facts);
/// What somebody said of it, one below the other: who and when, and the words.
void draw_said(Ui& ui, std::string_view key, const std::vector<state::FactVm>& said, Tone tone);
/// Told before the door is reached; nothing when there are none.
void draw_hazards(Ui& ui, std::string_view title, const std::vector<state::HazardVm>& hazards);
/// One of several; the chosen one's intent goes out.
void draw_choices(Ui& ui, std::string_view key, const Question& question, const std::vector<state::ChoiceVm>& choices, Intents& out);
/// Any of several; the one turned over sends its intent.
void draw_checkboxes(Ui& ui, std::string_view key, const Question& question, const std::vector<state::ChoiceVm>& choices, Intents& out);
void draw_call_cards(Ui& ui, const std::vector<state::CallCardVm>& cards, Intents& out);
/// While a visit is written: one line below the bar that stays in sight, cut from `rest`; and what it opens, in the page. It comes
/// closed and says nothing but that there is a call: others look on.
void draw_call_line(Ui& ui, Rect& rest, const std::vector<state::CallCardVm>& cards, Intents& out);
/// One line that there is a call. It leads to the cards, of which there must be one.
void draw_call_link(Ui& ui, const std::vector<state::CallCardVm>& cards, Intents& out);
/// The same where no list stands beside the page: below the bar, cut from `rest`.
void draw_call_strip(Ui& ui, Rect& rest, const std::vector<state::CallCardVm>& cards, Intents& out);
/// What just happened, in a strip below the bar that is cut from `rest`; nothing when empty.
void draw_notice_strip(Ui& ui, Rect& rest, std::string_view key, Tone tone, std::string_view words);
void draw_calls_below_line(Ui& ui, const std::vector<state::CallCardVm>& cards, Intents& out);
/// A panel with a heading and a text as it was written.
void draw_text_of(Ui& ui, std::string_view key, std::string_view title, std::string_view words, Tone tone);
/// Two columns of half the width, or one below the other where there is no room.
void draw_side_by_side(Ui& ui, const std::function<void()>& left, const std::function<void()>& right);
/// What waits for a decision, visit by visit.
void draw_queue(Ui& ui, const state::ApprovalsVm& queue, Intents& out);
/// Words one below the other; what has an intent is a link.
void draw_lines(Ui& ui, std::string_view key, const std::vector<state::ActionVm>& lines, Intents& out);
/// What stands in the way, each with the way to where it is mended; nothing when there is none.
void draw_problem_list(Ui& ui, std::string_view key, std::string_view title, const std::vector<state::ActionVm>& problems, Intents& out);
/// In a footer: the problem, or how many there are under `title`, for what is told further up may be out of sight.
void draw_footer_problem(Ui& ui, std::string_view title, const std::vector<state::ActionVm>& problems);
/// The body map, to be marked.
void draw_body_map(Ui& ui, const state::BodyMapVm& map, Intents& out);
/// The same to be read: what is on it is said, and nothing is pressed.
void draw_figures(Ui& ui, const std::vector<state::FigureVm>& figures);
/// The sheet of a question: closed, or to be drawn on.
void draw_sheet(Ui& ui, const state::SheetVm& sheet, Intents& out);
/// The same to be read.
void draw_drawing(Ui& ui, const state::SheetVm& sheet);
/// Photos and drawings; nothing when there are none and none may be added.
void draw_photos(Ui& ui, const state::PhotosVm& vm, const state::NoteWordsVm& words, Editors& editors, Intents& out);
/// A record read back: headings, questions, what was said with its line ends; and the ways back to draw_besides().
void draw_blocks(Ui& ui, const std::vector<state::ReadBlockVm>& blocks, Intents& out);
/// Accounts side by side, each with the way to where it stands; nothing when nothing is said differently.
void draw_besides(Ui& ui, const state::BesidesVm& vm, Intents& out);

/// Of a passphrase.
inline constexpr editor::Rules kSecret{.single_line = true, .secret = true, .max_bytes = 1000};
/// A text field whose words live in `editors`; says FieldTyped and FieldLeft, and below it when something did not fit.
/// `spelling`: misspelt words of a note are marked; not where somebody's own words or names are written.
void draw_line(Ui& ui, std::string_view key, const Question& question, std::string_view initial, std::size_t max_bytes,
               const state::NoteWordsVm& words, Editors& editors, Intents& out);
void draw_note(Ui& ui, std::string_view key, const Question& question, std::string_view initial, std::size_t max_bytes,
               const state::NoteWordsVm& words, Editors& editors, Intents& out, int min_rows = 4, bool spelling = true);
void draw_date(Ui& ui, std::string_view key, const Question& question, std::optional<base::Date> initial, const state::DateWordsVm& words,
               Editors& editors, Intents& out);

}  // namespace doorstep::view
