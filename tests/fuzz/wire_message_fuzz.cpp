#include "sync/wire/codec.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

namespace {

template <class T>
void both_ways(std::string_view text) {
  const auto value = wire::decode<T>(text);
  if (!value) return fuzz::names_a_place(value.error());
  const std::string once = wire::encode(*value);
  const auto again = wire::decode<T>(once);
  DOORSTEP_ASSERT(again.has_value() && *again == *value);
  DOORSTEP_ASSERT(wire::encode(*again) == once);
}

// By the first byte, 'a' and so on: new ones go at the end, or the corpus means something else.
constexpr fuzz::Run kKinds[] = {
    both_ways<model::Family>,        both_ways<model::Child>,          both_ways<model::Worker>,
    both_ways<model::Visit>,         both_ways<model::ChildPart>,      both_ways<model::ChildRecord>,
    both_ways<model::Decision>,      both_ways<model::Addendum>,       both_ways<model::Disposition>,
    both_ways<model::Revision>,      both_ways<wire::Operation>,       both_ways<wire::MatchBody>,
    both_ways<wire::OpResult>,       both_ways<wire::OpsBatch>,        both_ways<wire::Cursor>,
    both_ways<wire::View>,           both_ways<wire::SyncRequest>,     both_ways<wire::CasePull>,
    both_ways<wire::Receipt>,        both_ways<wire::SyncReply>,       both_ways<wire::EnrolRequest>,
    both_ways<wire::EnrolReply>,     both_ways<wire::ActivateRequest>, both_ways<wire::ActivateReply>,
    both_ways<wire::Meta>,           both_ways<wire::Problem>,         both_ways<wire::ReceiptStatement>,
    both_ways<wire::SignedReceipt>,  both_ways<wire::BlobState>,       both_ways<wire::RenewRequest>,
    both_ways<wire::RenewReply>,     both_ways<wire::AuditStatement>,  both_ways<wire::WitnessRequest>,
    both_ways<wire::WitnessReply>,   both_ways<wire::CopyStatement>,   both_ways<wire::SignedCopy>,
    both_ways<wire::DrainRequest>,   both_ways<wire::DrainReply>,      both_ways<wire::LeaseStatement>,
    both_ways<wire::CommandStatement>, both_ways<wire::CommandRequest>, both_ways<wire::CommandReply>,
};

}  // namespace

FUZZ(wire_message) {
  const auto kind = static_cast<std::size_t>(static_cast<unsigned char>(fuzz::first(input))) - 'a';
  if (kind < std::size(kKinds)) kKinds[kind](input);
}
