#include "tests/support/gallery.h"

#include <array>

namespace doorstep::test {

using namespace view;

Gallery::Gallery()
    : note("I visited Amara and her mother, Ms Okafor, at home at 14:05. The visit was planned. The flat was warm and there was food in the "
           "kitchen. Amara had her own bed with clean bedding, and drawings on the wall above it.\n\nI spoke with Amara alone in her bedroom for "
           "twenty minutes. She said, “I like it when Auntie comes on Sundays because she makes jollof.”") {}

void Gallery::draw(Ui& ui) {
  begin_root(ui, "Doorstep");
  const BarAction bar = app_bar(ui, {.title = "Doorstep", .back = {}, .status_icon = Icon::CloudOff, .status = "Working offline",
                                     .person = "Ruth Mbeki", .cover = "Cover the screen"});
  pressed["bar"] += bar != BarAction::None;
  Rect rest = root_rest(ui);
  const Rect side = cut_side(ui, rest);
  if (side.w() > 0) {
    begin_page(ui, "list", "My children", side, {.surface = true, .edge = true, .pad = space::kLg});
    begin_flow(ui, space::kMd, 27);
    text(ui, Type::H3, ui.c.ink, "My children", Role::Heading);
    text(ui, Type::Small, ui.c.ink2, "Thursday 19 March");
    end_flow(ui);
    gap(ui, space::kMd);
    changed += search_field(ui, "search", "Search people or address", search).changed;
    constexpr std::array<std::string_view, 3> names{"Due", "This week", "All"};
    if (const auto t = tabs(ui, "tabs", names, tab)) tab = *t;
    const std::array<RowText, 6> rows{{{"Tomasz Wiśniewski", "Child in need, 4 Larch Road", "10:30", "Approved by A. Hall", Tone::Ok},
                                       {"Amara Okafor", "Child protection plan, 27 Alder Close", "14:05", "Draft", Tone::Info},
                                       {"Zainab Ahmed عائشہ", "First visit, Flat 9, Mill House", "15:30", "Interpreter: Urdu", Tone::Neutral},
                                       {"George Hartley", "Visit in pairs, 61 Kiln Lane", "16:45", "Dog", Tone::Warn},
                                       {"Wang Xiuying 王秀英", "Child in care, 12 Garden Court", "Yesterday", "To write up, 1 day late", Tone::Danger},
                                       {"Świętosława Żółć", "Child in need, Unit 3", "Wed", "", Tone::Neutral}}};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      RowText r = rows[i];
      r.selected = row == i;
      if (list_row(ui, "row/" + std::to_string(i), r)) row = i;
    }
    end_page(ui);
  }
  begin_page(ui, "visit", "Home visit", rest);
  if (only.empty() || only == "top") {
    begin_flow(ui, space::kSm, 36);
    text(ui, Type::H1, ui.c.ink, "Home visit: Amara Okafor", Role::Heading);
    tag(ui, "Draft", Tone::Info);
    end_flow(ui);
    gap(ui, space::kSm);
    begin_flow(ui, space::kLg);
    icon_text(ui, Icon::Clock, "Thursday 19 March, 14:05");
    icon_text(ui, Icon::Pin, "27 Alder Close, SE15");
    icon_text(ui, Icon::Person, "Age 7, with mother");
    end_flow(ui);
    gap(ui, space::kLg);
    constexpr std::array<Choice, 3> yes_no{{{"yes", "Yes"}, {"no", "No"}, {"part", "For part of the visit"}}};
    if (const auto c = radio_tiles(ui, "alone", {.label = "Was Amara seen alone?"}, yes_no, alone)) alone = *c;
    const FieldResult r = note_editor(ui, "saw", {.label = "What I saw", .hint = "Write what happened in the order it happened. Put people's own words in "
                                                                                 "quotation marks, and keep your own opinion separate."}, note);
    changed += r.changed, left += r.left;
  }
  if (only.empty() || only == "fields") {
    constexpr std::array<Choice, 5> risk{{{"dog", "Dog", "Loose, or not known"}, {"heat", "No heating"}, {"food", "No food in the house"},
                                          {"man", "Somebody there who gave no name, and whom nobody in the family would name when asked"}, {"none", "None of these"}}};
    if (const auto c = checkbox_tiles(ui, "risks", {.label = "What did you notice?", .hint = "Choose all that apply", .error = "Choose at least one"}, risk, risks))
      risks[*c] = !risks[*c];
    if (const auto v = scale_tiles(ui, "scale", {.label = "How safe does Amara feel at home?"}, scale, "not safe at all", "completely safe")) scale = *v;
    const FieldResult f = text_field(ui, "name", {.label = "Who else was there?", .hint = "Full name if you have it"}, name, {.width = 420});
    changed += f.changed, left += f.left, entered += f.entered;
    date_fields(ui, "date", {.label = "When is the next visit?", .hint = "For example 27 3 2026", .error = "There is no 31 June"}, date, {"Day", "Month", "Year"});
    time_fields(ui, "time", {.label = "When did you leave?"}, time, {"Hour", "Minute"});
    password_field(ui, "phrase", {.label = "Pass phrase"}, phrase);
    if (checkbox(ui, "agreed", "I have read what changed", agreed)) agreed = !agreed;
    checkbox(ui, "never", "Not to be chosen now", false, true);
  }
  if (only.empty() || only == "messages") {
    const std::array<ProblemGroup, 1> problems{{{.name = {}, .count = {}, .open = true,
                                                 .parts = {{{}, {{0, "Say whether Amara was seen alone"}, {1, "Say who else was there"}}}}}}};
    if (const auto p = error_summary(ui, "problems", "Two answers are missing", problems).line) {
      ui.focus(*p == 0 ? "alone" : "name");
      pressed["problems"]++;
    }
    const std::array<ProblemGroup, 2> folded{{{.name = "Amara Okafor", .count = "1 to do", .open = fold_open == 0,
                                               .parts = {{"What Amara said", {{2, "Write what Amara said"}}}}},
                                              {.name = "Tunde Okafor", .count = "12 to do", .open = fold_open == 1, .parts = {}}}};
    if (const auto p = error_summary(ui, "folded", "Before you can submit", folded).fold) fold_open = *p;
    info_panel(ui, "info", Tone::Info, "Kept on this tablet", "Doorstep sends it to the case server when there is a signal.");
    info_panel(ui, "warn", Tone::Warn, "Returned by A. Hall", "“Say what Amara said in her own words.”");
    const CallAction action = call_card(ui, "call", {.heading = "Call your manager when it is safe", .emergency = "Immediate danger: 999",
                                                     .who = "Duty manager", .number = "020 7946 0123", .called = "I spoke to them",
                                                     .no_answer = "No answer", .reason_label = "Why this is here",
                                                     .reason = "You wrote down something that a child told you.", .reason_open = reason_open});
    if (action == CallAction::TurnReason) reason_open = !reason_open;
    pressed["call"] += action != CallAction::None;
    begin_panel(ui, "facts", Tone::Neutral, "Facts");
    fact(ui, "Legal status", "Child protection plan since 3 February, neglect");
    fact(ui, "Allocated worker", "Ruth Mbeki");
    end_panel(ui);
    heading(ui, "Earlier visits");
    body(ui, "Every ten working days; the last was on 5 March.");
    progress_text(ui, "Sending 3 of 7");
    pressed["link"] += link(ui, "link", "Read the visit of 5 March");
    empty_state(ui, Icon::Inbox, "Nothing is waiting", "Records that are submitted appear here.");
    begin_flow(ui);
    pressed["danger"] += button(ui, "danger", "Remove this draft", ButtonKind::Danger);
    pressed["quiet"] += button(ui, "quiet", "Add a person", ButtonKind::Quiet, {.icon = Icon::Plus});
    pressed["disabled"] += button(ui, "disabled", "Not now", ButtonKind::Secondary, {.disabled = true});
    end_flow(ui);
  }
  begin_footer(ui);
  pressed["submit"] += button(ui, "submit", "Check and submit", ButtonKind::Primary, {.icon = Icon::Check});
  pressed["later"] += button(ui, "later", "Back to my children", ButtonKind::Secondary);
  status_line(ui, Icon::Check, "Saved on this tablet at 14:32", Tone::Ok);
  end_footer(ui);
  end_page(ui);
  end_root(ui);
}

}  // namespace doorstep::test
