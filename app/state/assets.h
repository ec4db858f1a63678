#pragma once
#include "app/state/text.h"
#include "sync/rules/clocks.h"
#include "sync/rules/form.h"

namespace doorstep::state {

/// The words, the form and the rules of this program, read once at the start and never changed.
struct Assets {
  Text text;  ///< {it} in it, and in `welsh`, is IT: initial() says with which number
  rules::Form form;
  rules::Rules rules;
  Text welsh;             ///< English where there is no Welsh yet
  rules::Form welsh_form;  ///< the same form
  rules::Rules welsh_rules;  ///< the same rules
};

}  // namespace doorstep::state
