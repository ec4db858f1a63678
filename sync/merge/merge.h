#pragma once
#include <boost/json/value.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/error.h"

/// Three-way merge of record bodies as JSON documents, the same on tablet and server. Knows nothing of any schema.
/// Pure; thread-safe. Documents must be no deeper than limits::kJsonDepth (the codec sees to it).
namespace doorstep::merge {

namespace json = boost::json;
using base::Error;
using base::Result;

/// Changes whenever the same three documents could merge differently.
inline constexpr int kMergeAlgorithm = 5;
/// Below a longer path everything is one value: each conflict carries its path, and a member's name may be as long as a record.
inline constexpr std::size_t kPathBytes = 256;
/// The member of a document that lists its open conflicts.
inline constexpr std::string_view kConflicts = "conflicts";

/// Two people (or one on two devices) changed the same place. An empty optional: absent there.
struct Conflict {
  std::string path;  ///< keys, and ids of list elements, joined by "/": "children/<id>/answers/observed"
  std::optional<json::value> base, mine, theirs;
  std::string mine_author, theirs_author;
  friend bool operator==(const Conflict&, const Conflict&) = default;
};
/// {"path","base","mine","theirs","mine_author","theirs_author"}; what is absent is left out.
json::object to_json(const Conflict& conflict);
/// Error Invalid when a member is missing or of the wrong type.
Result<Conflict> conflict_from_json(const json::value& value);
/// The open conflicts of a document; none when it has no member "conflicts".
Result<std::vector<Conflict>> conflicts_of(const json::value& document);

struct MergeOptions {
  std::string mine_author, theirs_author;  ///< who wrote each revision; texts of different authors are never woven together
  std::set<std::string, std::less<>> never_auto;  ///< member names or whole paths: both changed is always a conflict, whole
  std::set<std::string, std::less<>> whole;       ///< member names or whole paths whose objects and lists are one value
  std::string gone = {};  ///< the document's member that says it was thrown away; empty: there is none
};

/// How bodies of records merge (domain.md section 3): risk is never put together out of two judgements, a child's own words
/// never out of two quotations; a time with its zone, a point and a reference are one value. Tablet and server use this one.
MergeOptions record_options(std::string mine_author, std::string theirs_author);

struct MergeResult {
  json::value document;             ///< with every open conflict, old and new, in "conflicts" (left out when none, unless theirs had it)
  std::vector<Conflict> conflicts;  ///< the new ones of this merge only
  bool clean() const { return conflicts.empty(); }
};

/// What `mine` changed since `base`, brought into `theirs`. Objects by member; lists whose elements are all objects with
/// a string "id" by id (theirs' order, then what is new in mine); other lists and scalars whole. A conflict keeps theirs
/// at its place, and when one side removed what the other edited, the edited one. What would take too long to compare
/// (kMergeCells) is a conflict. `base` may be null: nothing was before.
/// Open conflicts of both are carried over, but one settled on either side stays settled. Who typed on in a place whose conflict
/// they had not seen typed their side of it on: it stays one conflict. A document thrown away on one side
/// stays so only when the other wrote nothing that was not seen; what the one who threw it away had written goes with it.
MergeResult merge(const json::value& base, const json::value& mine, const json::value& theirs, const MergeOptions& options);

/// How a person settles a conflict.
struct Choice {
  enum class Keep {
    Mine,
    Theirs,
    Both,    ///< texts only: mine, an empty line, theirs
    Custom,  ///< `text`
  };
  Keep keep = Keep::Theirs;
  std::string text;  ///< for Custom
};
/// The document with the chosen value at `path` and its first conflict of that path gone from "conflicts". Whatever was written at
/// the place since the conflict came up counts as the side that stood there: nothing typed goes with a choice unseen.
/// Errors: NotFound (no such conflict, or the place it was at is gone; Theirs always works), Invalid (Both for other
/// than two texts, or a "conflicts" that is not one).
Result<json::value> settle(const json::value& document, std::string_view path, const Choice& choice);

/// What stands at a path as in Conflict; null: nothing. Borrowed from `document`.
const json::value* value_at(const json::value& document, std::string_view path);

struct Difference {
  std::string path;  ///< as in Conflict
  std::optional<json::value> before, after;  ///< empty: absent
  friend bool operator==(const Difference&, const Difference&) = default;
};
/// What changed from one document to another, in `after`'s order, what was removed last at each level. Looks into
/// objects and lists by id as merge() does; "conflicts" and the order of such lists are no difference.
std::vector<Difference> differences(const json::value& before, const json::value& after);

}  // namespace doorstep::merge
