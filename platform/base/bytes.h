#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace doorstep::base {

using Bytes = std::string;  ///< raw bytes; std::string so that they pass through JSON, SQL and TLS uncopied

/// Lower-case hex.
std::string to_hex(std::string_view bytes);
/// Empty when `hex` has odd length or a character that is not hex.
std::optional<Bytes> from_hex(std::string_view hex);

/// RFC 4648 base64 with padding.
std::string to_base64(std::string_view bytes);
std::optional<Bytes> from_base64(std::string_view text);

/// RFC 4648 base32 without padding, upper case: read aloud or typed by a person (enrolment tokens).
std::string to_base32(std::string_view bytes);
/// Accepts lower case, spaces and hyphens.
std::optional<Bytes> from_base32(std::string_view text);

/// SHA-256 (FIPS 180-4) as 32 raw bytes. Pure.
Bytes sha256(std::string_view bytes);
/// SHA-256 as 64 hex digits.
std::string sha256_hex(std::string_view bytes);
/// HMAC-SHA256 (RFC 2104) of `bytes` under a key of any length; 32 raw bytes.
Bytes hmac_sha256(std::string_view key, std::string_view bytes);

/// True when `text` is well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

/// Cryptographic randomness from the operating system. Not for the pure rooms: they take it as a parameter.
Bytes random_bytes(std::size_t count);

}  // namespace doorstep::base
