#include "app/view/parts.h"

#include <algorithm>
#include <cmath>

#include "app/view/widgets/draw.h"
#include "app/view/widgets/question.h"
#include "platform/base/limits.h"

namespace doorstep::view {
namespace {

void say(const FieldResult& result, std::string_view key, Intents& out) {
  if (result.changed) out.push_back(state::FieldTyped{std::string(key)});
  if (result.left) out.push_back(state::FieldLeft{std::string(key)});
}

/// What did not fit is told, never cut.
void say_too_long(Ui& ui, const editor::EditorState& text, const state::NoteWordsVm& words) {
  if (text.too_long()) inline_error(ui, words.too_long);
}

/// That some letters are not as their readers know them is said where they are written.
void say_unjoined(Ui& ui, const editor::EditorState& text, const state::NoteWordsVm& words) {
  if (text.doc().unjoined_letters() > 0) hint(ui, words.unjoined);
}

std::vector<Choice> choices_of(const std::vector<state::ChoiceVm>& choices) {
  std::vector<Choice> out;
  for (const auto& c : choices) out.push_back({c.key, c.label, c.hint});
  return out;
}

}  // namespace

Tone tone_of(state::Mood mood) {
  switch (mood) {
    case state::Mood::Neutral: return Tone::Neutral;
    case state::Mood::Ok: return Tone::Ok;
    case state::Mood::Warn: return Tone::Warn;
    case state::Mood::Info: return Tone::Info;
    case state::Mood::Danger: return Tone::Danger;
  }
  return Tone::Neutral;
}

void draw_action(Ui& ui, std::string_view key, const state::ActionVm& vm, ButtonKind kind, Intents& out, Icon icon) {
  if (vm.label.empty()) return;
  if (button(ui, key, vm.label, kind, {.icon = icon, .disabled = vm.disabled, .name = vm.spoken}) && vm.intent) out.push_back(*vm.intent);
}

void draw_tag(Ui& ui, const state::TagVm& vm) {
  if (!vm.words.empty()) tag(ui, vm.words, tone_of(vm.mood));
}

void draw_title(Ui& ui, std::string_view words, const state::TagVm& vm) {
  begin_flow(ui, space::kSm, line_px(Type::H1));
  title(ui, words);
  draw_tag(ui, vm);
  end_flow(ui);
  gap(ui, space::kXs);
}

void push_right(Ui& ui, float width) {
  auto& place = ui.places.back();
  place.flow_x = std::max(place.flow_x, place.x + place.w - std::ceil(width));
}

void draw_facts(Ui& ui, const std::vector<state::FactVm>& facts) {
  for (const auto& f : facts) fact(ui, f.name, f.value);
}

void draw_said(Ui& ui, std::string_view key, const std::vector<state::FactVm>& said, Tone tone) {
  for (std::size_t i = 0; i < said.size(); ++i) {
    gap(ui, space::kXs);
    draw_text_of(ui, std::string(key) + std::to_string(i), said[i].name, said[i].value, tone);
  }
}

void draw_fact_block(Ui& ui, std::string_view title, const std::vector<state::FactVm>& facts) {
  if (facts.empty()) return;
  gap(ui, space::kLg);
  heading(ui, title);
  gap(ui, space::kXs);
  draw_facts(ui, facts);
}

void draw_hazards(Ui& ui, std::string_view title, const std::vector<state::HazardVm>& hazards) {
  if (hazards.empty()) return;
  gap(ui, space::kMd);
  begin_panel(ui, "hazards", Tone::Warn, title);
  if (!title.empty()) label(ui, title);
  for (const auto& h : hazards) icon_fact(ui, Icon::Warning, h.kind, h.note, Tone::Warn);
  end_panel(ui);
}

void draw_choices(Ui& ui, std::string_view key, const Question& question, const std::vector<state::ChoiceVm>& choices, Intents& out) {
  if (choices.empty()) return;
  std::optional<std::size_t> selected;
  for (std::size_t i = 0; i < choices.size(); ++i)
    if (choices[i].selected) selected = i;
  if (auto chosen = radio_tiles(ui, key, question, choices_of(choices), selected)) out.push_back(choices[*chosen].intent);
}

void draw_checkboxes(Ui& ui, std::string_view key, const Question& question, const std::vector<state::ChoiceVm>& choices, Intents& out) {
  if (choices.empty()) return;
  std::vector<bool> selected;
  for (const auto& c : choices) selected.push_back(c.selected);
  if (auto turned = checkbox_tiles(ui, key, question, choices_of(choices), selected)) out.push_back(choices[*turned].intent);
}

namespace {

CallCard card_of(const state::CallCardVm& card) {
  return {.heading = card.heading, .about = card.about, .emergency = card.emergency, .who = card.who, .number = card.number, .tried = card.tried,
          .called = card.called, .no_answer = card.no_answer, .reason_label = card.reason_label, .reason = card.reason,
          .reason_open = card.reason_open};
}

std::string with_number(std::string heading, std::size_t calls) {
  return calls > 1 ? heading + " (" + std::to_string(calls) + ")" : heading;
}

std::string scope_of(const state::CallCardVm& card) { return card.key().first.str() + "/" + card.key().second.str(); }

/// As it comes, a card is open where there is room for it and the page, and one line where there is not.
bool is_open(const Ui& ui, const state::CallCardVm& card) { return card.turned == ui.is_tight(); }

void draw_call_card(Ui& ui, const state::CallCardVm& card, bool below_line, Intents& out) {
  CallCard what = card_of(card);
  what.below_line = below_line;
  const CallAction action = call_card(ui, "call", what);
  gap(ui, space::kXs);
  switch (action) {
    case CallAction::Called: out.push_back(state::RecordCall{card.visit, card.record, card.child, true}); break;
    case CallAction::NoAnswer: out.push_back(state::RecordCall{card.visit, card.record, card.child, false}); break;
    case CallAction::TurnReason: out.push_back(state::TurnCallReason{card.key()}); break;
    case CallAction::None: break;
  }
}

}  // namespace

void draw_call_cards(Ui& ui, const std::vector<state::CallCardVm>& cards, Intents& out) {
  for (const auto& card : cards) {
    Scope scope(ui, scope_of(card));
    if (ui.is_tight() && call_line(ui, "call-line", card_of(card), is_open(ui, card), false)) out.push_back(state::TurnCall{card.key()});
    if (is_open(ui, card)) draw_call_card(ui, card, ui.is_tight(), out);
  }
}

void draw_call_line(Ui& ui, Rect& rest, const std::vector<state::CallCardVm>& cards, Intents& out) {
  if (cards.empty()) return;
  const auto& first = cards.front();
  const bool open = first.turned;
  ui.places.push_back({.x = rest.x0, .y = rest.y0, .w = rest.w(), .bottom = rest.y0});
  CallCard line = card_of(first);
  const std::string heading = with_number(open ? first.heading : first.quiet, cards.size());
  line.heading = heading;
  if (!open) line.who = line.number = {};
  if (call_line(ui, "call-line", line, open, true)) {
    for (const auto& card : cards)
      if (card.turned == open) out.push_back(state::TurnCall{card.key()});
    if (!open) ui.focus("call/called");  // what opens is at the page's top, and may be out of sight
  }
  rest.y0 = ui.places.back().bottom;
  ui.places.pop_back();
}

namespace {

/// What `draw` draws below the bar, cut from `rest`: as wide as the page below it.
void in_strip(Ui& ui, Rect& rest, const std::function<void()>& draw) {
  const float beside = ui.s(ui.narrow() ? space::kMd : space::kXl), above = ui.s(space::kXs);
  ui.places.push_back({.x = rest.x0 + beside, .y = rest.y0 + above, .w = rest.w() - 2 * beside, .bottom = rest.y0});
  draw();
  rest.y0 = ui.places.back().bottom;
  ui.places.pop_back();
}

}  // namespace

void draw_call_link(Ui& ui, const std::vector<state::CallCardVm>& cards, Intents& out) {
  const auto& first = cards.front();
  const std::string heading = with_number(first.heading, cards.size());
  if (!call_line(ui, "call-strip", {.heading = heading, .emergency = first.emergency}, false, false)) return;
  if (!is_open(ui, first)) out.push_back(state::TurnCall{first.key()});
  out.push_back(state::ClearSearch{});  // what is searched for stands where the calls are
  out.push_back(state::Open{state::ScreenKind::MyChildren, {}});
}

void draw_call_strip(Ui& ui, Rect& rest, const std::vector<state::CallCardVm>& cards, Intents& out) {
  if (!cards.empty()) in_strip(ui, rest, [&] { draw_call_link(ui, cards, out); });
}

void draw_notice_strip(Ui& ui, Rect& rest, std::string_view key, Tone tone, std::string_view words) {
  if (!words.empty()) in_strip(ui, rest, [&] { info_panel(ui, key, tone, {}, words); });
}

void draw_calls_below_line(Ui& ui, const std::vector<state::CallCardVm>& cards, Intents& out) {
  for (const auto& card : cards) {
    if (!card.turned) continue;
    Scope scope(ui, scope_of(card));
    draw_call_card(ui, card, cards.size() == 1, out);
  }
}

void draw_lines(Ui& ui, std::string_view key, const std::vector<state::ActionVm>& lines, Intents& out) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].intent) body(ui, lines[i].label);
    else if (link(ui, std::string(key) + "/" + std::to_string(i), lines[i].label)) out.push_back(*lines[i].intent);
  }
}

void draw_problem_list(Ui& ui, std::string_view key, std::string_view title, const std::vector<state::ActionVm>& problems, Intents& out) {
  if (problems.empty()) return;
  gap(ui, space::kMd);
  begin_panel(ui, key, Tone::Danger, title);
  text(ui, Type::H3, ui.c.danger.text, title, Role::Alert);
  gap(ui, space::kXs);
  draw_lines(ui, key, problems, out);
  end_panel(ui);
}

void draw_footer_problem(Ui& ui, std::string_view title, const std::vector<state::ActionVm>& problems) {
  if (problems.empty()) return;
  const std::string count = std::string(title) + " (" + std::to_string(problems.size()) + ")";
  status_line(ui, Icon::Warning, problems.size() == 1 ? problems.front().label : count, Tone::Danger);
}

void draw_text_of(Ui& ui, std::string_view key, std::string_view title, std::string_view words, Tone tone) {
  begin_panel(ui, key, tone, title);
  text(ui, Type::SmallBold, tone == Tone::Neutral ? ui.c.ink2 : ui.c.tone(tone).text, title, Role::Label);
  gap(ui, space::kHair);
  text(ui, Type::Note, ui.c.ink, words.empty() ? std::string_view("–") : words);
  end_panel(ui);
}

namespace {

/// Two columns, the right one so wide.
void in_columns(Ui& ui, float right_w, const std::function<void()>& left, const std::function<void()>& right) {
  const auto whole = ui.places.back();
  const float left_w = whole.w - ui.s(space::kMd) - right_w;
  ui.places.push_back(whole);
  ui.places.back().w = left_w;
  left();
  const auto first = ui.places.back();
  ui.places.back() = whole;
  ui.places.back().x += left_w + ui.s(space::kMd);
  ui.places.back().w = right_w;
  right();
  const auto second = ui.places.back();
  ui.places.pop_back();
  ui.places.back().y = std::max(first.y, second.y);
  ui.places.back().bottom = std::max({whole.bottom, first.bottom, second.bottom});
}

}  // namespace

void draw_side_by_side(Ui& ui, const std::function<void()>& left, const std::function<void()>& right) {
  if (room(ui) >= ui.s(640)) return in_columns(ui, std::floor((room(ui) - ui.s(space::kMd)) / 2), left, right);
  left();
  right();
}

void draw_summary(Ui& ui, std::string_view key, const std::vector<state::FactVm>& facts, const std::vector<state::ActionVm>& change,
                  Intents& out) {
  const float level = std::floor((ui.s(kTarget) - ui.s(line_px(Type::Body))) / 2);  // its words beside those of the link
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const auto& vm = change[i];
    const auto said = [&] {
      ui.places.back().y += level;
      fact(ui, facts[i].name, facts[i].value);
    };
    in_columns(ui, std::max(ui.s(kTarget), std::ceil(line_width(ui, Type::Body, change.front().label))), said, [&] {
      if (!vm.label.empty() && link(ui, choice_key(key, std::to_string(i)), vm.label, vm.spoken)) out.push_back(*vm.intent);
    });
    const Rect at = place(ui, {room(ui), 1});
    draw::hline(at.x0, at.x1, at.y0, ui.c.line);
  }
}

namespace {

/// One of a list, set off by a hairline at its left: its name, and what is said of it.
void draw_entry(Ui& ui, const state::ReadEntryVm& entry) {
  const float top = begin_entry(ui);
  if (!entry.title.empty()) {
    text(ui, Type::Note, ui.c.ink, entry.title);
    gap(ui, space::kHair);
  }
  for (const auto& said : entry.facts) {
    if (said.name.empty()) body(ui, said.value);
    else fact(ui, said.name, said.value);
  }
  end_entry(ui, top);
}

void draw_read_block(Ui& ui, const state::ReadBlockVm& block, Intents& out) {
  gap(ui, space::kLg);
  separator(ui);
  heading(ui, block.heading);
  gap(ui, space::kXs);
  for (const auto& line : block.lines) {
    const bool said_by_heading = &line == block.lines.data() && line.name == block.heading;  // "What I saw"
    if (!said_by_heading) text(ui, Type::SmallBold, ui.c.ink2, line.name, Role::Label);
    if (!line.value.empty()) pre(ui, line.value);
    if (line.sheet) draw_drawing(ui, *line.sheet);
    draw_figures(ui, line.figures);
    for (const auto& entry : line.entries) draw_entry(ui, entry);
    if (!line.beside.label.empty() && link(ui, "line/" + line.question, line.beside.label)) out.push_back(*line.beside.intent);
  }
}

void draw_account(Ui& ui, const std::string& key, const state::AccountVm& vm, Intents& out) {
  begin_panel(ui, "of/" + key, Tone::Neutral, vm.who);
  text(ui, Type::SmallBold, ui.c.ink2, vm.who, Role::Label);
  gap(ui, space::kHair);
  text(ui, Type::Note, ui.c.ink, vm.words);
  if (link(ui, key, vm.go.label, vm.go.spoken)) out.push_back(*vm.go.intent);
  end_panel(ui);
}

void draw_beside(Ui& ui, const state::BesideVm& vm, Intents& out) {
  gap(ui, space::kSm);
  label(ui, vm.about);
  gap(ui, space::kHair);
  const auto account = [&](std::size_t i) { draw_account(ui, vm.key + "/" + std::to_string(i), vm.accounts[i], out); };
  for (std::size_t i = 0; i + 1 < vm.accounts.size(); i += 2)
    draw_side_by_side(ui, [&] { account(i); }, [&] { account(i + 1); });
  if (vm.accounts.size() % 2 == 1) account(vm.accounts.size() - 1);
}

}  // namespace

void draw_blocks(Ui& ui, const std::vector<state::ReadBlockVm>& blocks, Intents& out) {
  for (std::size_t i = 0; i < blocks.size(); ++i)
    block(ui, "read-" + std::to_string(i), blocks[i], [&] { draw_read_block(ui, blocks[i], out); });
}

void draw_besides(Ui& ui, const state::BesidesVm& vm, Intents& out) {
  if (vm.heading.empty()) return;
  block(ui, "beside", std::tie(vm.heading, vm.hint), [&] {
    gap(ui, space::kLg);
    heading(ui, vm.heading);
    hint(ui, vm.hint);
  });
  for (const auto& one : vm.all) block(ui, one.key, one, [&] { draw_beside(ui, one, out); });
}

void draw_line(Ui& ui, std::string_view key, const Question& question, std::string_view initial, std::size_t max_bytes,
               const state::NoteWordsVm& words, Editors& editors, Intents& out) {
  auto& text = editors.text(key, initial, {.single_line = true, .secret = false, .max_bytes = max_bytes});
  say(text_field(ui, key, question, text), key, out);
  say_too_long(ui, text, words);
  say_unjoined(ui, text, words);
}

void draw_note(Ui& ui, std::string_view key, const Question& question, std::string_view initial, std::size_t max_bytes,
               const state::NoteWordsVm& words, Editors& editors, Intents& out, int min_rows, bool spelling) {
  auto& text = editors.text(key, initial, {.single_line = false, .secret = false, .max_bytes = max_bytes, .spelling = spelling});
  const Suggestions suggestions{words.misspelt, words.spelling, words.suggestions, words.spoken, words.no_suggestions, words.leave};
  const FieldResult result = note_editor(ui, key, question, text, {words.undo, words.redo, words.words, words.word, suggestions}, min_rows);
  say(result, key, out);
  if (!result.misspelt.empty()) out.push_back(state::AskSuggestions{result.misspelt});
  if (!result.leave.empty()) out.push_back(state::LeaveSpelling{result.leave});
  say_too_long(ui, text, words);
  say_unjoined(ui, text, words);
}

void draw_date(Ui& ui, std::string_view key, const Question& question, std::optional<base::Date> initial, const state::DateWordsVm& words,
               Editors& editors, Intents& out) {
  say(date_fields(ui, key, question, editors.date(key, initial), {words.day, words.month, words.year}), key, out);
}

namespace {

void draw_photo(Ui& ui, const state::PhotoVm& vm, const state::NoteWordsVm& words, Editors& editors, Intents& out) {
  Scope scope(ui, vm.id.str());
  gap(ui, space::kXs);
  begin_panel(ui, "photo", Tone::Neutral, vm.title);
  begin_flow(ui, space::kSm);
  label(ui, vm.title);
  if (!vm.tag.words.empty()) draw_tag(ui, vm.tag);
  end_flow(ui);
  gap(ui, space::kXs);
  const Question asked{.label = vm.caption_label, .hint = vm.caption_hint};
  if (vm.caption_key.empty()) body(ui, vm.caption);
  else draw_line(ui, vm.caption_key, asked, vm.caption, limits::kShortTextBytes, words, editors, out);
  gap(ui, space::kXs);
  begin_flow(ui);
  draw_action(ui, "show", vm.show, ButtonKind::Secondary, out);
  draw_action(ui, "remove", vm.remove, ButtonKind::Quiet, out, Icon::Cross);
  end_flow(ui);
  end_panel(ui);
}

}  // namespace

void draw_photos(Ui& ui, const state::PhotosVm& vm, const state::NoteWordsVm& words, Editors& editors, Intents& out) {
  if (vm.heading.empty()) return;
  block(ui, "photos", vm, [&] { return editors.hash(state::kCaption); }, [&] {
    separator(ui);
    gap(ui, space::kXs);
    heading(ui, vm.heading);
    if (!vm.hint.empty()) hint(ui, vm.hint);
    if (!vm.waiting.empty()) icon_text(ui, Icon::Clock, vm.waiting, Tone::Info);
    for (const auto& photo : vm.photos) draw_photo(ui, photo, words, editors, out);
    if (!vm.files_heading.empty()) {
      gap(ui, space::kMd);
      label(ui, vm.files_heading);
      if (!vm.files_none.empty()) hint(ui, vm.files_none);
      gap(ui, space::kXs);
      begin_flow(ui);
      for (std::size_t i = 0; i < vm.files.size(); ++i)
        draw_action(ui, "file-" + std::to_string(i), vm.files[i], ButtonKind::Secondary, out, Icon::Plus);
      draw_action(ui, "look-again", vm.look_again, ButtonKind::Quiet, out, Icon::Sync);
      end_flow(ui);
      if (!vm.older_label.empty() && fold(ui, "older", vm.older_label, vm.older_count, vm.older_open)) out.push_back(state::TurnOlderPhotos{});
      begin_flow(ui);
      for (std::size_t i = 0; i < vm.older.size(); ++i)
        draw_action(ui, "older-" + std::to_string(i), vm.older[i], ButtonKind::Secondary, out, Icon::Plus);
      end_flow(ui);
    }
    gap(ui, space::kLg);
  });
}

}  // namespace doorstep::view
