#pragma once
#include <optional>
#include <string_view>

#include "platform/vault/passphrase.h"

namespace doorstep::vault {

/// Whether `text` is meant as a PIN: digits alone, but for white space at its ends.
bool is_pin(std::string_view text);

/// Empty when `pin`, of which is_pin() is true, may guard a vault whose key a chip holds that counts tries. There are six digits at
/// least, and nothing that is tried first: digits or groups that repeat, that follow one another by number or on a keypad, a date,
/// a number that many know. Rules, not a list of a thousand: what such lists hold are these shapes; a rule has them in every
/// length, and can say why. Codes: "pin.too_short", "pin.repeats", "pin.follows", "pin.date", "pin.known".
std::optional<PassphraseProblem> check_pin(std::string_view pin);

}  // namespace doorstep::vault
