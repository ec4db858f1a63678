#include "app/state/place.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace doorstep::state {
namespace {

using base::Id;
using rules::Kind;

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

/// Puts a value into a member of whatever type it has; false when it does not fit.
template <class M>
bool assign(M& member, FieldValue&& value) {
  if constexpr (IsOptional<M>::value) {
    using T = typename M::value_type;
    if (std::holds_alternative<std::monostate>(value)) {
      member.reset();
      return true;
    }
    if constexpr (std::is_enum_v<T>) {
      const auto* text = std::get_if<std::string>(&value);
      const auto known = text ? model::from_code<T>(*text) : std::nullopt;
      if (known) member = *known;
      return known.has_value();
    } else if constexpr (std::is_same_v<T, base::Instant>) {
      const auto* text = std::get_if<std::string>(&value);
      const auto at = text ? base::from_rfc3339(*text) : std::nullopt;
      if (at) member = *at;
      return at.has_value();
    } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::int64_t> || std::is_same_v<T, base::Date> ||
                         std::is_same_v<T, model::Point>) {
      if (const auto* given = std::get_if<T>(&value)) {
        member = *given;
        return true;
      }
      return false;
    } else {
      return false;
    }
  } else if constexpr (std::is_same_v<M, std::string>) {
    if (std::holds_alternative<std::monostate>(value)) member.clear();
    else if (auto* text = std::get_if<std::string>(&value)) member = std::move(*text);
    else return false;
    return true;
  } else {
    return false;
  }
}

template <class M>
FieldValue read(const M& member) {
  if constexpr (IsOptional<M>::value) {
    using T = typename M::value_type;
    if (!member) return {};
    if constexpr (std::is_enum_v<T>) return std::string(model::code(*member));
    else if constexpr (std::is_same_v<T, base::Instant>) return base::to_rfc3339(*member);
    else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::int64_t> || std::is_same_v<T, base::Date> ||
                       std::is_same_v<T, model::Point>) return *member;
    else return {};
  } else if constexpr (std::is_same_v<M, std::string>) {
    return member.empty() ? FieldValue{} : FieldValue{member};
  } else {
    return {};
  }
}

template <class T>
bool assign_member(T& object, std::string_view name, FieldValue&& value) {
  bool done = false;
  T::each(object, [&](std::string_view member, auto& field) {
    if (member != name || member == "id") return;
    done = assign(field, std::move(value));
  });
  return done;
}

template <class T>
FieldValue read_member(const T& object, std::string_view name) {
  FieldValue out;
  T::each(object, [&](std::string_view member, const auto& field) {
    if (member == name && member != "id") out = read(field);
  });
  return out;
}

/// Calls `f` with the list a list question is about. False when it is no list question, or there is no such child.
template <class V, class F>
bool with_list(const rules::Question& question, V& visit, const Id& child, F&& f) {
  auto part = std::find_if(visit.children.begin(), visit.children.end(), [&](const auto& p) { return p.id == child; });
  const bool found = part != visit.children.end();
  if (question.scope == rules::Scope::Child && !found) return false;
  switch (question.kind) {
    case Kind::People: f(visit.facts.present); return true;
    case Kind::OtherChildren: f(visit.facts.other_children); return true;
    case Kind::Sharing: f(visit.facts.sharing); return true;
    default: break;
  }
  if (!found) return false;
  switch (question.kind) {
    case Kind::Injuries: f(part->injuries); return true;
    case Kind::Disclosures: f(part->disclosures); return true;
    case Kind::OpenSteps: f(part->open_steps); return true;
    case Kind::NextSteps: f(part->next_steps); return true;
    case Kind::Calls: f(part->calls); return true;
    default: return false;
  }
}

std::optional<model::Answer> to_answer(FieldValue&& value) {
  if (auto* text = std::get_if<std::string>(&value)) return text->empty() ? std::optional<model::Answer>{} : std::move(*text);
  if (auto* codes = std::get_if<std::vector<std::string>>(&value))
    return codes->empty() ? std::optional<model::Answer>{} : std::move(*codes);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* yes = std::get_if<bool>(&value)) return std::string(*yes ? "YES" : "NO");
  if (const auto* day = std::get_if<base::Date>(&value)) return base::to_iso(*day);
  if (const auto* skipped = std::get_if<model::NotCovered>(&value)) return *skipped;
  return std::nullopt;
}

}  // namespace

const model::ChildPart* part_of(const model::Visit& visit, const Id& child) {
  const auto found = std::find_if(visit.children.begin(), visit.children.end(), [&](const auto& p) { return p.id == child; });
  return found == visit.children.end() ? nullptr : &*found;
}
model::ChildPart* part_of(model::Visit& visit, const Id& child) {
  return const_cast<model::ChildPart*>(part_of(std::as_const(visit), child));
}

std::string Place::key() const {
  std::string out = child ? "child/" + child.str() : "visit";
  if (!question.empty()) out += "/" + question;
  if (item || !field.empty()) out += "/" + (item ? item.str() : std::string("-"));
  if (!field.empty()) out += "/" + field;
  return out;
}

std::optional<Place> Place::parse(std::string_view key) {
  const auto next = [&]() -> std::string_view {
    const auto slash = key.find('/');
    const auto word = key.substr(0, slash);
    key = slash == std::string_view::npos ? std::string_view{} : key.substr(slash + 1);
    return word;
  };
  Place place;
  const auto whose = next();
  if (whose == "child") {
    const auto id = Id::parse(next());
    if (!id) return std::nullopt;
    place.child = *id;
  } else if (whose != "visit") {
    return std::nullopt;
  }
  place.question = next();
  if (const auto item = next(); !item.empty() && item != "-") {
    const auto id = Id::parse(item);
    if (!id) return std::nullopt;
    place.item = *id;
  }
  place.field = key;
  return place;
}

bool set_field(const rules::Form& form, model::Visit& visit, const Place& place, FieldValue value) {
  const auto* question = form.find(place.question);
  if (!question) return false;
  auto* part = part_of(visit, place.child);
  if (place.field.empty())
    return rules::set_answer(*question, to_answer(std::move(value)), visit.facts, part).has_value();
  if (question->kind == Kind::Risk) return part && assign_member(part->risk, place.field, std::move(value));
  bool done = false;
  with_list(*question, visit, place.child, [&](auto& list) {
    for (auto& element : list)
      if (element.id == place.item) done = assign_member(element, place.field, std::move(value));
  });
  return done;
}

FieldValue get_field(const rules::Form& form, const model::Visit& visit, const Place& place) {
  const auto* question = form.find(place.question);
  if (!question) return {};
  const auto* part = part_of(visit, place.child);
  if (place.field.empty()) {
    const auto answer = rules::answer_of(*question, visit.facts, part);
    if (!answer) return {};
    return std::visit([](const auto& held) -> FieldValue { return held; }, *answer);
  }
  if (question->kind == Kind::Risk) return part ? read_member(part->risk, place.field) : FieldValue{};
  FieldValue out;
  with_list(*question, visit, place.child, [&](const auto& list) {
    for (const auto& element : list)
      if (element.id == place.item) out = read_member(element, place.field);
  });
  return out;
}

bool add_item(const rules::Form& form, model::Visit& visit, const Place& list, const Id& id, base::Instant at) {
  const auto* question = form.find(list.question);
  if (!question) return false;
  const bool added = with_list(*question, visit, list.child, [&](auto& elements) {
    auto& element = elements.emplace_back();
    element.id = id;
    if constexpr (std::is_same_v<std::decay_t<decltype(element)>, model::Call>) element.at = at;
  });
  // "Nobody else" and somebody cannot both be true; what a person adds last is what they mean.
  if (added) (void)rules::set_answer(*question, std::nullopt, visit.facts, part_of(visit, list.child));
  return added;
}

bool remove_item(const rules::Form& form, model::Visit& visit, const Place& item) {
  const auto* question = form.find(item.question);
  bool removed = false;
  if (question)
    with_list(*question, visit, item.child, [&](auto& list) {
      removed = std::erase_if(list, [&](const auto& element) { return element.id == item.item; }) > 0;
    });
  return removed;
}

}  // namespace doorstep::state
