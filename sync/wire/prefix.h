#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/limits.h"
#include "sync/wire/codec.h"

/// Content-Encoding "zstd-prefix": a message as zstd whose prefix is what both sides hold already, so that an edit costs little
/// more than the words that changed. The prefix is made as the message is, of revisions that are named before the frame. Pure.
namespace doorstep::wire {

inline constexpr std::string_view kPrefixEncoding = "zstd-prefix";
inline constexpr std::size_t kBasesPerMessage = limits::kOpsPerPush;  ///< named in one message at most
inline constexpr std::size_t kBaseBytes = 1024 * 1024;                ///< of their bodies together; eight times that fits zstd's window
inline constexpr std::size_t kNameBytes = 8;                          ///< of a record's id, named within its case

/// A revision as the other side may know it.
struct BaseName {
  Id case_id;         ///< whose log it is in
  std::string start;  ///< the first kNameBytes of its record's id
  std::int64_t rev = 0;
  Id first() const;  ///< the lowest id that begins so
  Id last() const;   ///< the highest
  friend bool operator==(const BaseName&, const BaseName&) = default;
};

/// A revision that both sides hold.
struct Base {
  Id case_id;
  Id record;
  model::RecordKind kind{};
  std::int64_t rev = 0;
  std::string hash;
  std::string body;
  BaseName name() const { return {case_id, record.bytes().substr(0, kNameBytes), rev}; }
  friend bool operator==(const Base&, const Base&) = default;
};

/// The first of them, as many as one message may name.
std::vector<Base> within_limits(std::vector<Base> bases);

/// The prefix of a request: the JSON of a request whose operations put the bases.
std::string request_prefix(const std::vector<Base>& bases);
/// What operations say, in their order; without those that cannot be read.
std::vector<Operation> read_operations(const std::vector<std::string>& items);
/// The prefix of a reply: the JSON of a reply whose entries are the bases, and then what the request's operations said.
std::string reply_prefix(const std::vector<Base>& bases, const std::vector<Operation>& operations);

/// What such a body consists of.
struct Prefixed {
  std::vector<BaseName> bases;
  std::string_view frame;  ///< of the bytes it was read from
};
std::string write_prefixed(const std::vector<Base>& bases, std::string_view plain, std::string_view prefix);
/// Fault::Invalid for what write_prefixed() cannot have written, and for a frame without a checksum: under another prefix than
/// it was made with it would be other text. The frame is read by decompress(frame, limit, prefix).
base::Result<Prefixed> read_prefixed(std::string_view body);

}  // namespace doorstep::wire
