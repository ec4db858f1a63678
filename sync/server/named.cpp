#include "sync/server/named.h"

#include "sync/merge/merge.h"
#include "sync/wire/codec.h"

namespace doorstep::server {
namespace {

Id id_at(const boost::json::value& document, std::string_view path) {
  const auto* found = merge::value_at(document, path);
  return found && found->is_string() ? Id::parse(std::string_view(found->get_string())).value_or(Id()) : Id();
}

}  // namespace

Id record_named(std::string_view operation) {
  const auto document = wire::parse_json(operation);
  return document ? id_at(*document, "record") : Id();
}

DraftPart part_named(std::string_view submission) {
  const auto document = wire::parse_json(submission);
  if (!document) return {};
  return {id_at(*document, "visit"), id_at(*document, "part/id")};
}

std::vector<Id> rewritten_named(std::string_view draft) {
  std::vector<Id> out;
  if (draft.find("\"revises\"") == draft.npos) return out;
  const auto document = wire::parse_json(draft);
  const auto* children = document ? merge::value_at(*document, "children") : nullptr;
  if (!children || !children->is_array()) return out;
  for (const auto& child : children->get_array())
    if (const Id record = id_at(child, "revises/record")) out.push_back(record);
  return out;
}

}  // namespace doorstep::server
