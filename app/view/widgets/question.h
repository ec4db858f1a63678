#pragma once
#include <string>
#include <string_view>

#include "app/view/widgets/controls.h"

namespace doorstep::view {

/// What stands above a question's controls (label, hint, error) and the group around them; leaves the usual space below.
/// Controls of a group have the key choice_key(question, choice); focusing the question's key focuses the first of them.
class QuestionScope {
 public:
  QuestionScope(Ui& ui, std::string_view key, const Question& question, Role role);
  ~QuestionScope();
  QuestionScope(const QuestionScope&) = delete;
  QuestionScope& operator=(const QuestionScope&) = delete;

 private:
  Ui& ui_;
  bool group_ = false;
};

/// What is heard with its control: the problem, the hint.
std::string description_of(const Question& question);

/// "question/choice".
std::string choice_key(std::string_view question, std::string_view choice);

}  // namespace doorstep::view
