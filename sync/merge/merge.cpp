#include "sync/merge/merge.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <unordered_set>

#include "platform/base/mutant.h"
#include "sync/merge/diff3.h"

namespace doorstep::merge {
namespace {

using base::Fault;

/// A value, or null: absent.
using Maybe = const json::value*;

bool same(Maybe a, Maybe b) { return a == b || (a && b && *a == *b); }

std::optional<json::value> copy(Maybe value) {
  if (!value) return std::nullopt;
  return *value;
}

Maybe member(const json::object* object, std::string_view key) { return object ? object->if_contains(key) : nullptr; }

// Paths: "~" and "/" inside a key are written "~0" and "~1", as in RFC 6901.
std::string step(const std::string& path, std::string_view key) {
  std::string out = path;
  if (!path.empty()) out += '/';
  for (char c : key) {
    if (c == '~') out += "~0";
    else if (c == '/') out += "~1";
    else out += c;
  }
  return out;
}

std::vector<std::string> steps(std::string_view path) {
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '/') {
      out.emplace_back();
    } else if (path[i] == '~' && i + 1 < path.size()) {
      out.back() += path[++i] == '1' ? '/' : '~';
    } else {
      out.back() += path[i];
    }
  }
  return out;
}

std::string_view id_of(const json::value& element) {
  const json::object* object = element.if_object();
  Maybe id = member(object, "id");
  return id && id->is_string() ? std::string_view(id->get_string()) : std::string_view();
}

/// The elements of a list by their ids: a long list costs no more than its length.
using ById = std::map<std::string_view, Maybe>;

/// Empty unless all elements are objects with an id that no other element has.
std::optional<ById> by_id(const json::array& list) {
  ById out;
  for (const json::value& element : list) {
    const std::string_view id = id_of(element);
    if (id.empty() || !out.emplace(id, &element).second) return std::nullopt;
  }
  return out;
}

Maybe element(const ById& list, std::string_view id) {
  const auto at = list.find(id);
  return at == list.end() ? nullptr : at->second;
}

template <class List>
auto element(List& list, std::string_view id) -> decltype(list.data()) {
  auto at = std::find_if(list.begin(), list.end(), [&](const json::value& e) { return id_of(e) == id; });
  return at == list.end() ? nullptr : &*at;
}

bool names(const std::set<std::string, std::less<>>& set, std::string_view key, const std::string& path) {
  return set.count(key) || set.count(path);
}

class Merger {
 public:
  explicit Merger(const MergeOptions& options) : options_(options) {}

  json::object members(const std::string& path, const json::object* base, const json::object& mine, const json::object& theirs) {
    json::object out;
    auto take = [&](std::string_view key) {
      if (path.empty() && key == kConflicts) return;
      if (auto value = any(step(path, key), key, member(base, key), member(&mine, key), member(&theirs, key)))
        out[key] = std::move(*value);
    };
    for (const auto& pair : theirs) take(pair.key());
    for (const auto& pair : mine)
      if (!theirs.contains(pair.key())) take(pair.key());
    return out;
  }

  std::optional<json::value> any(const std::string& path, std::string_view key, Maybe base, Maybe mine, Maybe theirs) {
    if (same(mine, theirs) || same(base, mine)) return copy(theirs);
    if (base::mutant("last-writer-wins") && mine && mine->is_string()) return copy(mine);
    if (same(base, theirs)) return copy(mine);
    const bool one_value = path.size() > kPathBytes || names(options_.never_auto, key, path) || names(options_.whole, key, path);
    if (!mine || !theirs || one_value)
      return conflict(path, base, mine, theirs);
    if (mine->is_object() && theirs->is_object())
      return members(path, base ? base->if_object() : nullptr, mine->get_object(), theirs->get_object());
    if (mine->is_array() && theirs->is_array()) {
      const auto before = base && base->is_array() ? by_id(base->get_array()) : ById();
      const auto ours = by_id(mine->get_array()), others = by_id(theirs->get_array());
      if (before && ours && others) {
        json::array out;
        auto take = [&](std::string_view id) {
          if (auto value = any(step(path, id), id, element(*before, id), element(*ours, id), element(*others, id)))
            out.push_back(std::move(*value));
        };
        for (const json::value& e : theirs->get_array()) take(id_of(e));
        for (const json::value& e : mine->get_array())
          if (!element(*others, id_of(e))) take(id_of(e));
        return out;
      }
    }
    if (base && base->is_string() && mine->is_string() && theirs->is_string() && options_.mine_author == options_.theirs_author) {
      auto text = merge_text(base->get_string(), mine->get_string(), theirs->get_string(), &cells_);
      if (text) return json::string(*text);
    }
    return conflict(path, base, mine, theirs);
  }

  std::vector<Conflict> conflicts;

 private:
  std::optional<json::value> conflict(const std::string& path, Maybe base, Maybe mine, Maybe theirs) {
    if (base::mutant("losing-edit-silent")) return copy(theirs ? theirs : mine);
    conflicts.push_back({path, copy(base), copy(mine), copy(theirs), options_.mine_author, options_.theirs_author});
    return copy(theirs ? theirs : mine);
  }

  const MergeOptions& options_;
  std::size_t cells_ = kMergeCells;
};

const json::array* conflict_list(const json::value& document) {
  Maybe list = member(document.if_object(), kConflicts);
  return list ? list->if_array() : nullptr;
}

struct HashOf {
  std::size_t operator()(Maybe value) const { return std::hash<json::value>()(*value); }
};
struct SameAs {
  bool operator()(Maybe a, Maybe b) const { return *a == *b; }
};
using Entries = std::unordered_set<Maybe, HashOf, SameAs>;

Entries entries(const json::array* list) {
  Entries out;
  if (list)
    for (const json::value& entry : *list) out.insert(&entry);
  return out;
}

/// Theirs, then mine; without those that one side settled and without repeats.
json::array carried(const json::value& base, const json::value& mine, const json::value& theirs) {
  const json::array *b = conflict_list(base), *m = conflict_list(mine), *t = conflict_list(theirs);
  const Entries before = entries(b), ours = entries(m), others = entries(t);
  Entries taken;
  json::array out;
  for (const json::array* list : {t, m}) {
    if (!list || base::mutant("conflict-forgotten")) continue;
    for (const json::value& entry : *list) {
      const bool settled = before.count(&entry) && !(ours.count(&entry) && others.count(&entry));
      if (!settled && taken.insert(&entry).second) out.push_back(entry);
    }
  }
  return out;
}

/// The conflict of the same place whose side `fresh` was typed on, by the same author: it takes the newer words. Not one that stood
/// in `seen` as well: there its author had the other side before them, and wrote that on.
bool typed_on(json::array& open, const std::multimap<std::string, std::size_t>& by_path, const Entries& seen, const Conflict& fresh) {
  for (auto [at, end] = by_path.equal_range(fresh.path); at != end; ++at) {
    json::value& entry = open[at->second];
    if (seen.count(&entry)) continue;
    const auto known = conflict_from_json(entry);
    if (!known || known->mine != fresh.base || known->mine_author != fresh.mine_author) continue;
    if (fresh.mine) entry.get_object()["mine"] = *fresh.mine;
    else entry.get_object().erase("mine");
    return true;
  }
  return false;
}

void add_conflicts(json::array& open, const std::vector<Conflict>& fresh, const json::value& mine) {
  const Entries seen = entries(fresh.empty() ? nullptr : conflict_list(mine));
  std::multimap<std::string, std::size_t> by_path;
  if (!fresh.empty())
    for (std::size_t i = 0; i < open.size(); ++i)
      if (Maybe path = member(open[i].if_object(), "path"); path && path->is_string()) by_path.emplace(path->get_string(), i);
  for (const Conflict& conflict : fresh)
    if (!typed_on(open, by_path, seen, conflict)) open.push_back(to_json(conflict));
}

bool has_member(const json::value& document, std::string_view key) {
  return !key.empty() && member(document.if_object(), key) != nullptr;
}

json::value without(json::value document, std::string_view key) {
  if (json::object* object = document.if_object()) object->erase(key);
  return document;
}

Error invalid(std::string detail) { return Error{Fault::Invalid, "merge.conflicts", std::move(detail)}; }

/// Sets or removes the value at a path. NotFound when what it was in is gone.
Result<void> put(json::value& document, std::string_view path, const std::optional<json::value>& value) {
  const std::vector<std::string> way = steps(path);
  json::value* at = &document;
  for (std::size_t i = 0; i < way.size(); ++i) {
    const bool last = i + 1 == way.size();
    json::value* next = nullptr;
    if (json::object* object = at->if_object()) {
      if (last) {
        if (value) (*object)[way[i]] = *value;
        else object->erase(way[i]);
        return {};
      }
      next = object->if_contains(way[i]);
    } else if (json::array* list = at->if_array()) {
      next = element(*list, way[i]);
      if (last) {
        if (value && next) *next = *value;
        else if (value) list->push_back(*value);
        else if (next) list->erase(list->begin() + (next - list->data()));
        return {};
      }
    }
    if (!next) break;
    at = next;
  }
  return Error{Fault::NotFound, "merge.settle", "what this conflict was about is no longer in the record"};
}

void compare(const std::string& path, Maybe before, Maybe after, std::vector<Difference>& out) {
  if (same(before, after)) return;
  if (before && after && before->is_object() && after->is_object()) {
    const json::object &a = before->get_object(), &b = after->get_object();
    for (const auto& pair : b)
      if (!path.empty() || pair.key() != kConflicts) compare(step(path, pair.key()), a.if_contains(pair.key()), &pair.value(), out);
    for (const auto& pair : a)
      if (!b.contains(pair.key()) && (!path.empty() || pair.key() != kConflicts))
        compare(step(path, pair.key()), &pair.value(), nullptr, out);
    return;
  }
  if (before && after && before->is_array() && after->is_array()) {
    const auto a = by_id(before->get_array()), b = by_id(after->get_array());
    if (a && b) {
      for (const json::value& e : after->get_array()) compare(step(path, id_of(e)), element(*a, id_of(e)), &e, out);
      for (const json::value& e : before->get_array())
        if (!element(*b, id_of(e))) compare(step(path, id_of(e)), &e, nullptr, out);
      return;
    }
  }
  out.push_back({path, copy(before), copy(after)});
}

}  // namespace

MergeOptions record_options(std::string mine_author, std::string theirs_author) {
  return {std::move(mine_author), std::move(theirs_author), {"risk", "exact_words", "said"},
          {"start", "end", "at", "versions", "revises", "on"}, "discarded"};
}

json::object to_json(const Conflict& conflict) {
  json::object out{{"path", conflict.path}};
  if (conflict.base) out["base"] = *conflict.base;
  if (conflict.mine) out["mine"] = *conflict.mine;
  if (conflict.theirs) out["theirs"] = *conflict.theirs;
  out["mine_author"] = conflict.mine_author;
  out["theirs_author"] = conflict.theirs_author;
  return out;
}

Result<Conflict> conflict_from_json(const json::value& value) {
  const json::object* object = value.if_object();
  if (!object) return invalid("a conflict is an object");
  auto text = [&](std::string_view key) -> const json::string* {
    Maybe at = member(object, key);
    return at ? at->if_string() : nullptr;
  };
  const json::string *path = text("path"), *mine_author = text("mine_author"), *theirs_author = text("theirs_author");
  if (!path || !mine_author || !theirs_author) return invalid("a conflict needs the texts path, mine_author and theirs_author");
  return Conflict{std::string(*path),          copy(member(object, "base")), copy(member(object, "mine")),
                  copy(member(object, "theirs")), std::string(*mine_author), std::string(*theirs_author)};
}

Result<std::vector<Conflict>> conflicts_of(const json::value& document) {
  std::vector<Conflict> out;
  Maybe list = member(document.if_object(), kConflicts);
  if (!list) return out;
  if (!list->is_array()) return invalid("conflicts is a list");
  for (const json::value& entry : list->get_array()) {
    DOORSTEP_TRY_ASSIGN(Conflict conflict, conflict_from_json(entry));
    out.push_back(std::move(conflict));
  }
  return out;
}

MergeResult merge(const json::value& base, const json::value& mine, const json::value& theirs, const MergeOptions& options) {
  if (const bool mine_gone = has_member(mine, options.gone); mine_gone != has_member(theirs, options.gone)) {
    const json::value &kept = mine_gone ? theirs : mine, &gone = mine_gone ? mine : theirs;
    const json::value seen = without(gone, options.gone);
    const bool nothing_new = merge(without(base, options.gone), kept, seen, options).document == seen;
    return {nothing_new || base::mutant("delete-beats-edit") ? gone : kept, {}};
  }
  Merger merger(options);
  MergeResult result;
  if (!mine.is_object() || !theirs.is_object()) {
    result.document = merger.any("", "", &base, &mine, &theirs).value_or(nullptr);
    result.conflicts = std::move(merger.conflicts);
    return result;
  }
  json::object document = merger.members("", base.if_object(), mine.get_object(), theirs.get_object());
  json::array open = carried(base, mine, theirs);
  add_conflicts(open, merger.conflicts, mine);
  if (!open.empty() || theirs.get_object().contains(kConflicts)) document[kConflicts] = std::move(open);
  result.document = std::move(document);
  result.conflicts = std::move(merger.conflicts);
  return result;
}

Result<json::value> settle(const json::value& document, std::string_view path, const Choice& choice) {
  DOORSTEP_TRY_ASSIGN(std::vector<Conflict> open, conflicts_of(document));
  auto at = std::find_if(open.begin(), open.end(), [&](const Conflict& c) { return c.path == path; });
  if (at == open.end()) return Error{Fault::NotFound, "merge.settle", "there is no such conflict"};
  if (Maybe now = value_at(document, path)) (at->theirs ? at->theirs : at->mine) = *now;

  std::optional<json::value> value;
  switch (choice.keep) {
    case Choice::Keep::Mine: value = at->mine; break;
    case Choice::Keep::Theirs: value = at->theirs; break;
    case Choice::Keep::Custom: value = json::string(choice.text); break;
    case Choice::Keep::Both: {
      if (!at->mine || !at->theirs || !at->mine->is_string() || !at->theirs->is_string())
        return Error{Fault::Invalid, "merge.settle", "only two texts can both be kept"};
      if (at->mine == at->theirs) value = *at->mine;
      else value = json::string(std::string(at->mine->get_string()) + "\n\n" + std::string(at->theirs->get_string()));
      break;
    }
  }
  json::value out = document;
  json::object& object = out.get_object();
  json::array& list = object[kConflicts].get_array();
  list.erase(list.begin() + (at - open.begin()));
  if (list.empty()) object.erase(kConflicts);
  auto placed = put(out, path, value);
  if (!placed.has_value() && choice.keep != Choice::Keep::Theirs) return placed.error();
  return out;
}

const json::value* value_at(const json::value& document, std::string_view path) {
  Maybe at = &document;
  for (const std::string& way : steps(path)) {
    if (const json::object* object = at->if_object()) at = object->if_contains(way);
    else if (const json::array* list = at->if_array()) at = element(*list, way);
    else return nullptr;
    if (!at) return nullptr;
  }
  return at;
}

std::vector<Difference> differences(const json::value& before, const json::value& after) {
  std::vector<Difference> out;
  compare("", &before, &after, out);
  return out;
}

}  // namespace doorstep::merge
