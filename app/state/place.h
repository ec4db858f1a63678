#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sync/model/records.h"
#include "sync/rules/form.h"

namespace doorstep::state {

/// Where in the open visit a field is. Its key is the key of its control and of its editor:
/// "visit/purpose", "visit/present/<item>/name", "child/<id>/saw", "child/<id>/injuries/<item>/colour",
/// "child/<id>/risk/-/why" (a member of a question that is not a list).
struct Place {
  base::Id child;        ///< nil: the whole visit
  std::string question;  ///< question id of the form
  base::Id item;         ///< element, of a list question
  std::string field;     ///< member of the element or of the question; empty: the question's own answer

  std::string key() const;
  static std::optional<Place> parse(std::string_view key);
  friend bool operator==(const Place&, const Place&) = default;
};

/// What a field is set to; monostate takes the answer away. Times are RFC 3339 text.
using FieldValue = std::variant<std::monostate, std::string, std::vector<std::string>, std::int64_t, bool, base::Date,
                                model::Point, model::NotCovered>;

/// The child's part of a visit; nullptr: no such child in it.
model::ChildPart* part_of(model::Visit& visit, const base::Id& child);
const model::ChildPart* part_of(const model::Visit& visit, const base::Id& child);
/// Changes one field of a visit. False, and no change, when there is no such place or the value does not fit it. Pure.
bool set_field(const rules::Form& form, model::Visit& visit, const Place& place, FieldValue value);
/// What the field holds; monostate for not answered or no such place.
FieldValue get_field(const rules::Form& form, const model::Visit& visit, const Place& place);
/// Adds an empty element with this id to the list question of `list`. False: no such list.
bool add_item(const rules::Form& form, model::Visit& visit, const Place& list, const base::Id& id, base::Instant at);
bool remove_item(const rules::Form& form, model::Visit& visit, const Place& item);

}  // namespace doorstep::state
