#pragma once
#include <map>
#include <string>

#include "app/view/widgets/note_editor.h"

namespace doorstep::test {

/// Every widget on one screen, with the state a caller would own.
struct Gallery {
  Gallery();
  void draw(view::Ui& ui);

  editor::EditorState search{"", {.single_line = true}}, name{"", {.single_line = true, .max_bytes = 40}},
      phrase{"correct horse", {.single_line = true, .secret = true, .max_bytes = 512}}, note;
  view::DateEdit date;
  view::TimeEdit time;
  std::optional<std::size_t> alone;
  std::optional<int> scale;
  std::vector<bool> risks = std::vector<bool>(5);
  std::size_t tab = 0, row = 1;
  bool agreed = false, reason_open = false;
  std::size_t fold_open = 0;
  std::map<std::string, int> pressed;
  int changed = 0, left = 0, entered = 0;
  std::string only;  ///< draw only this part of the right page: "top", "fields", "messages"; empty: all
};

}  // namespace doorstep::test
