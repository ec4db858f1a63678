#pragma once
#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/error.h"
#include "sync/wire/messages.h"

/// JSON to values and back, from the field lists the structs carry. Strict in, deterministic out.
namespace doorstep::wire {

/// Text to JSON with our limits: depth 32, well-formed UTF-8, no duplicate keys. Fault::Invalid names the place. `storage` holds the
/// values, and must outlive them unless it is shared.
base::Result<boost::json::value> parse_json(std::string_view text, boost::json::storage_ptr storage = {});

/// A value as JSON text: fields in the order of each(), empty optionals left out, members of `extra` after them. Enums
/// are their codes, a nil id is "", times are RFC 3339, a question not covered is {"not_covered": why}.
/// Instantiated for every message and record. encode(decode(x)) == x for every x that encode() wrote.
template <class T>
std::string encode(const T& value);

/// Fault::Invalid with the path ("ops.items[3]: not a string"), never with a value. Unknown members go to `extra` where
/// there is one. Texts, lists and optionals may be missing; ids, numbers, booleans, times and codes may not.
template <class T>
base::Result<T> decode(std::string_view text);
/// The same from JSON that was parsed already.
template <class T>
base::Result<T> decode_value(const boost::json::value& document);

/// chain_n = SHA-256 hex of (previous hex + bytes): operations (sync.md section 3).
std::string chain_next(const std::string& previous, std::string_view bytes);
/// The same for a case's log: over record id, rev, body hash and state code.
std::string chain_next(const std::string& previous, const model::Revision& revision);
/// Digest of a vector of cursors, whatever their order.
std::string view_digest(std::vector<Cursor> cursors);

inline constexpr std::size_t kWorthCompressing = 512;  ///< bytes of a body; smaller ones fit one packet anyway

/// zstd level 3, as one frame; for the transport. With a prefix, what stands in it costs next to nothing, and a checksum tells a
/// reader whether theirs is the same.
std::string compress(std::string_view bytes, std::string_view prefix = {});
/// Fault::Invalid for anything that is not zstd or was made with another prefix, Fault::Full for what would grow past `limit_bytes`.
base::Result<std::string> decompress(std::string_view bytes, std::size_t limit_bytes, std::string_view prefix = {});

}  // namespace doorstep::wire
