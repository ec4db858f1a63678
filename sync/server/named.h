#pragma once
#include <string_view>
#include <vector>

#include "platform/base/id.h"

/// What bytes say of which record they are about. They may have been refused, and need not be what they should be. Pure.
namespace doorstep::server {

using base::Id;

/// The record of an operation, also of a kind that this program does not know. Nil: it does not say.
Id record_named(std::string_view operation);

/// The draft that a submission was written in, and the child. Nil: it does not say.
struct DraftPart {
  Id visit, child;
};
DraftPart part_named(std::string_view submission);

/// The records that a draft writes anew.
std::vector<Id> rewritten_named(std::string_view draft);

}  // namespace doorstep::server
