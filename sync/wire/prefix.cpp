#include "sync/wire/prefix.h"

#include <algorithm>

#include "platform/base/bytes.h"

namespace doorstep::wire {
namespace {

using base::Error;
using base::Fault;

constexpr std::size_t kIdBytes = 16;

// As LEB128: seven bits in a byte, the lowest first; the eighth says that another follows.
void put_number(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out += static_cast<char>(number | 0x80);
  out += static_cast<char>(number);
}

/// Takes the parts of a list from the front of some bytes; nothing when they are not there.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  std::string_view left() const { return left_; }
  std::optional<std::string_view> bytes(std::size_t count) {
    if (left_.size() < count) return std::nullopt;
    const auto out = left_.substr(0, count);
    left_.remove_prefix(count);
    return out;
  }
  /// In its shortest form, from `least`.
  std::optional<std::int64_t> number(std::int64_t least) {
    constexpr int kMost = 56;  // bits: past any revision
    std::uint64_t out = 0;
    for (int shift = 0; shift < kMost; shift += 7) {
      const auto byte = bytes(1);
      if (!byte) return std::nullopt;
      const auto value = static_cast<std::uint8_t>(byte->front());
      out |= std::uint64_t{value & 0x7fu} << shift;
      if (value & 0x80) continue;
      const auto number = static_cast<std::int64_t>(out);
      if (number < least || (value == 0 && shift > 0)) return std::nullopt;
      return number;
    }
    return std::nullopt;
  }

 private:
  std::string_view left_;
};

Id filled_up(std::string start, char rest) {
  start.resize(kIdBytes, rest);
  return *Id::from_bytes(start);
}

}  // namespace

Id BaseName::first() const { return filled_up(start, '\x00'); }
Id BaseName::last() const { return filled_up(start, '\xff'); }

std::vector<Base> within_limits(std::vector<Base> bases) {
  std::size_t bytes = 0, count = 0;
  for (; count < bases.size() && count < kBasesPerMessage; ++count) {
    bytes += bases[count].body.size();
    if (bytes > kBaseBytes) break;
  }
  bases.resize(count);
  return bases;
}

std::string request_prefix(const std::vector<Base>& bases) {
  SyncRequest request;
  request.proto = request.schema = 1;  // of this encoding, whatever the request's own are
  for (const Base& base : bases) {
    Operation put;
    put.kind = OpKind::Put;
    put.record = base.record;
    put.case_id = base.case_id;
    put.record_kind = base.kind;
    put.base_rev = base.rev;
    put.base_hash = base.hash;
    put.body = base.body;
    request.ops.items.push_back(encode(put));
  }
  return encode(request);
}

std::vector<Operation> read_operations(const std::vector<std::string>& items) {
  std::vector<Operation> out;
  for (const std::string& bytes : items)
    if (auto op = decode<Operation>(bytes)) out.push_back(std::move(*op));
  return out;
}

std::string reply_prefix(const std::vector<Base>& bases, const std::vector<Operation>& operations) {
  SyncReply reply;
  CasePull& pull = reply.cases.emplace_back();
  auto enter = [&](Id record, model::RecordKind kind, std::int64_t rev, std::string hash, std::string body) {
    LogEntry& entry = pull.entries.emplace_back();
    entry.revision.record = record;
    entry.revision.kind = kind;
    entry.revision.rev = rev;
    entry.revision.hash = std::move(hash);
    entry.revision.body = std::move(body);
  };
  for (const Base& base : bases) enter(base.record, base.kind, base.rev, base.hash, base.body);
  for (const Operation& op : operations) {
    const auto made = static_cast<std::int64_t>(static_cast<std::uint64_t>(op.base_rev) + 1);  // anybody may say the last number there is
    if (!op.body.empty()) enter(op.record, op.record_kind, made, base::sha256_hex(op.body), op.body);
  }
  return encode(reply);
}

std::string write_prefixed(const std::vector<Base>& bases, std::string_view plain, std::string_view prefix) {
  DOORSTEP_ASSERT(bases.size() <= kBasesPerMessage);
  std::string out;
  put_number(out, bases.size());
  for (std::size_t i = 0; i < bases.size(); ++i) {
    if (i == 0 || bases[i].case_id != bases[i - 1].case_id) {
      const auto end = std::find_if(bases.begin() + static_cast<std::ptrdiff_t>(i), bases.end(),
                                    [&](const Base& base) { return base.case_id != bases[i].case_id; });
      out += bases[i].case_id.bytes();
      put_number(out, static_cast<std::uint64_t>(end - bases.begin()) - i);
    }
    const BaseName name = bases[i].name();
    out += name.start;
    put_number(out, static_cast<std::uint64_t>(name.rev));
  }
  return out + compress(plain, prefix);
}

base::Result<Prefixed> read_prefixed(std::string_view body) {
  constexpr std::size_t kDescriptorAt = 4;  // after zstd's magic number
  constexpr char kHasChecksum = 4;
  const Error wrong{Fault::Invalid, "wire.prefix", "not a list of bases and a frame"};
  Prefixed out;
  Reader reader(body);
  const auto count = reader.number(0);
  if (!count || *count > static_cast<std::int64_t>(kBasesPerMessage)) return wrong;
  while (out.bases.size() < static_cast<std::size_t>(*count)) {
    const auto case_id = reader.bytes(kIdBytes);
    const auto in_case = reader.number(1);
    if (!case_id || !in_case || *in_case > *count - static_cast<std::int64_t>(out.bases.size())) return wrong;
    BaseName name;
    name.case_id = *Id::from_bytes(*case_id);
    if (!out.bases.empty() && out.bases.back().case_id == name.case_id) return wrong;  // it would have been one group
    for (std::int64_t i = 0; i < *in_case; ++i) {
      const auto start = reader.bytes(kNameBytes);
      const auto rev = reader.number(1);
      if (!start || !rev) return wrong;
      name.start = *start;
      name.rev = *rev;
      out.bases.push_back(name);
    }
  }
  out.frame = reader.left();
  if (out.frame.size() <= kDescriptorAt || !(out.frame[kDescriptorAt] & kHasChecksum)) return wrong;
  return out;
}

}  // namespace doorstep::wire
