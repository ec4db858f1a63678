#include "sync/wire/prefix.h"

#include "platform/base/bytes.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

namespace {

/// What the reader holds under a name: the same text for all, so that a frame of the corpus fits whichever is named.
wire::Base held(const wire::BaseName& name) {
  wire::Base out{name.case_id, name.first(), model::RecordKind::Visit, name.rev, {}, {}};
  out.body = R"({"saw":"She said \"hello\" and hid behind the door."})";
  out.hash = base::sha256_hex(out.body);
  return out;
}

}  // namespace

// The body of a request with a prefix; and the whole input as a message that is sent so.
FUZZ(wire_prefix) {
  constexpr std::size_t kLimit = 256 * 1024;  // bytes; a bomb stops here
  if (const auto parts = wire::read_prefixed(input)) {
    DOORSTEP_ASSERT(parts->bases.size() <= wire::kBasesPerMessage);
    std::vector<wire::Base> bases;
    for (const auto& name : parts->bases) {
      DOORSTEP_ASSERT(name.rev > 0 && name.start.size() == wire::kNameBytes && name.first() <= name.last());
      bases.push_back(held(name));
      DOORSTEP_ASSERT(bases.back().name() == name);
    }
    const auto prefix = wire::request_prefix(bases);
    const auto again = wire::write_prefixed(bases, "", prefix);
    DOORSTEP_ASSERT(again.starts_with(input.substr(0, input.size() - parts->frame.size())));  // one list, one way to write it
    const auto plain = wire::decompress(parts->frame, kLimit, prefix);
    if (plain) DOORSTEP_ASSERT(plain->size() <= kLimit);
    else fuzz::names_a_place(plain.error());
  } else {
    fuzz::names_a_place(parts.error());
  }
  const std::vector<wire::Base> one = {held({base::Id::from_name("case"), "8 bytes.", 1})};
  for (const auto& prefix : {wire::request_prefix(one), wire::reply_prefix(one, wire::read_operations({std::string(input)}))}) {
    const auto body = wire::write_prefixed(one, input, prefix);
    const auto parts = wire::read_prefixed(body);
    DOORSTEP_ASSERT(parts && parts->bases.size() == 1 && parts->bases.front() == one.front().name());
    DOORSTEP_ASSERT(*wire::decompress(parts->frame, input.size(), prefix) == input);
  }
}
