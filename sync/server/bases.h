#pragma once
#include <vector>

#include "sync/server/push.h"
#include "sync/wire/prefix.h"

/// What messages to and from one tablet are compressed against (wire/prefix.h).
namespace doorstep::server {

/// The revisions that these names say. Fault::NotFound ("bases") when one of them is not there, not for this worker to read
/// now, or not named without doubt: the same for all, so that nobody learns what is in a log that is not theirs.
Result<std::vector<wire::Base>> bases_of(Unit& unit, const Actor& actor, const std::vector<wire::BaseName>& names, Date today);

/// Of the revisions that `cases` brings: those before them, where the tablet's cursor says that it holds them. Left out is what
/// the request's own operations `said`.
Result<std::vector<wire::Base>> bases_held(Unit& unit, const std::vector<wire::CasePull>& cases,
                                           const std::vector<wire::Operation>& said);

}  // namespace doorstep::server
