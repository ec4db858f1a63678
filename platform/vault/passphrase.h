#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/secret.h"

namespace doorstep::vault {

inline constexpr std::size_t kPassphraseBytes = 512;  ///< far above what anybody types; longer ones are refused, never cut

/// Whether a PIN will do instead. Only where a chip counts the tries may they be allowed (security.md section 2).
enum class Pins { Refused, Allowed };

/// Why a passphrase, or a PIN, is not accepted.
struct PassphraseProblem {
  std::string code;   ///< key of the text for the screen: "passphrase.too_short", "passphrase.repeats", "passphrase.too_long",
                      ///< "passphrase.not_text", and those of check_pin()
  std::string words;  ///< the same in plain English
};

/// Empty when `text` may guard a vault without a TPM: at least four words of three letters or more, or at least 15
/// characters; and not one word or a few characters over and over (security.md section 2). Where `pins` are allowed, digits alone
/// are a PIN, of any length, and check_pin() has the word.
std::optional<PassphraseProblem> check_passphrase(std::string_view text, Pins pins = Pins::Refused);

/// What is derived from: `text` without white space at its ends and with single spaces between words, so that a space
/// added by an on-screen keyboard does not lock a worker out.
base::Secret normalised(std::string_view text);

}  // namespace doorstep::vault
