#include "app/shell/accessible_tree.h"

#include <glib.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_set>

namespace doorstep::shell {

namespace {

using view::Item;
using view::Role;
using What = AccessibleChange::What;
using State = AccessibleState;

constexpr char32_t kBullet = 0x2022;
constexpr AccessibleId kText = std::uint64_t{1} << 62;  ///< of what has no id of its own

std::string valid(std::string_view text) {
  if (g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr)) return std::string(text);
  const std::unique_ptr<char, decltype(&g_free)> made(g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())), &g_free);
  return made.get();
}

bool is_container(Role role) {
  return role == Role::Window || role == Role::Page || role == Role::Group || role == Role::Scroll || role == Role::RadioGroup;
}
bool is_field(Role role) { return role == Role::TextField || role == Role::Note || role == Role::Password; }

bool is_words(Role role) { return role >= Role::Text && role != Role::Icon; }

Accessible accessible_of(const Item& item) {
  Accessible out;
  out.item = item;
  out.item.name = valid(item.name);
  out.item.key = valid(item.key);
  const std::string value = is_field(item.role) ? std::string() : valid(item.value);
  out.description = value + (value.empty() || item.description.empty() ? "" : " ") + valid(item.description);
  if (item.role == Role::Password) out.text.assign(item.letters, kBullet);
  else if (is_field(item.role)) out.text = from_utf8(item.value);
  else if (is_words(item.role)) out.text = from_utf8(item.name);
  out.item.value = {};
  out.item.description.clear();
  out.item.caret = std::min(item.caret, out.text.size());
  out.item.anchor = std::min(item.anchor, out.text.size());
  return out;
}

void grow(view::Rect& rect, const view::Rect& by) {
  rect = {std::min(rect.x0, by.x0), std::min(rect.y0, by.y0), std::max(rect.x1, by.x1), std::max(rect.y1, by.y1)};
}

/// A question's group says of itself only where it begins.
void fit_groups(AccessibleTree& tree, const std::vector<AccessibleId>& order) {
  for (auto id = order.rbegin(); id != order.rend(); ++id) {
    Accessible& group = tree.all.at(*id);
    if (group.item.role != Role::Group && group.item.role != Role::RadioGroup) continue;
    for (const AccessibleId child : group.children) {
      const Item& item = tree.all.at(child).item;
      grow(group.item.rect, item.rect);
      group.item.offscreen = group.item.offscreen && item.offscreen;
    }
  }
}

bool has(const Accessible& what, const AccessibleTree& tree, State state) {
  switch (state) {
    case State::Active: return what.id == kWindowId && tree.window.active;
    case State::Enabled: return !what.item.disabled;
    case State::Showing: return !what.item.offscreen;
    case State::Focused: return tree.focus == what.id;
    case State::Chosen: return what.item.selected;
    case State::Expanded: return what.item.expanded;
    case State::Invalid: return what.item.invalid;
  }
  return false;
}

class Differences {
 public:
  Differences(const AccessibleTree& before, const AccessibleTree& now) : before_(before), now_(now) {}

  std::vector<AccessibleChange> all() {
    compare_children(kWindowId);
    std::vector<AccessibleChange> out = std::move(removed_);
    std::move(added_.begin(), added_.end(), std::back_inserter(out));
    for (const AccessibleId id : kept_in_order_) compare(*before_.find(id), *now_.find(id));
    std::move(changed_.begin(), changed_.end(), std::back_inserter(out));
    changed_.clear();
    compare_focus();
    say();
    std::move(changed_.begin(), changed_.end(), std::back_inserter(out));
    return out;
  }

 private:
  void compare_children(AccessibleId parent) {
    kept_.insert(parent);
    kept_in_order_.push_back(parent);
    const auto& old = before_.find(parent)->children;
    const auto& fresh = now_.find(parent)->children;
    std::vector<AccessibleId> stay;
    std::size_t next = 0;  // what has changed places among its siblings goes and comes
    for (const AccessibleId id : fresh) {
      const auto at = std::find(old.begin() + static_cast<std::ptrdiff_t>(next), old.end(), id);
      if (at == old.end() || before_.find(id)->item.role != now_.find(id)->item.role) continue;
      next = static_cast<std::size_t>(at - old.begin()) + 1;
      stay.push_back(id);
    }
    const std::unordered_set<AccessibleId> stays(stay.begin(), stay.end());
    for (std::size_t i = old.size(); i-- > 0;)
      if (!stays.contains(old[i])) removed_.push_back({.what = What::Removed, .id = old[i], .parent = parent, .at = i, .words = {}});
    for (std::size_t i = 0; i < fresh.size(); ++i)
      if (!stays.contains(fresh[i])) added_.push_back({.what = What::Added, .id = fresh[i], .parent = parent, .at = i, .words = {}});
    for (const AccessibleId id : stay) compare_children(id);
  }

  void state(AccessibleId id, State state, bool on) {
    changed_.push_back({.what = What::State, .id = id, .state = state, .on = on, .words = {}});
  }

  void compare(const Accessible& old, const Accessible& fresh) {
    const AccessibleId id = fresh.id;
    if (old.item.name != fresh.item.name) changed_.push_back({.what = What::Renamed, .id = id, .words = {}});
    if (old.description != fresh.description) changed_.push_back({.what = What::Described, .id = id, .words = {}});
    for (const State each : {State::Active, State::Enabled, State::Showing, State::Chosen, State::Expanded, State::Invalid})
      if (const bool on = has(fresh, now_, each); on != has(old, before_, each)) state(id, each, on);
    if (!is_field(fresh.item.role)) return;
    compare_text(id, old.text, fresh.text);
    const bool selects = fresh.item.caret != fresh.item.anchor, selected = old.item.caret != old.item.anchor;
    if (old.item.caret != fresh.item.caret) changed_.push_back({.what = What::CaretMoved, .id = id, .at = fresh.item.caret, .words = {}});
    if ((selects || selected) && (old.item.caret != fresh.item.caret || old.item.anchor != fresh.item.anchor))
      changed_.push_back({.what = What::Selection, .id = id, .words = {}});
  }

  void compare_text(AccessibleId id, std::u32string_view old, std::u32string_view fresh) {
    if (old == fresh) return;
    const std::size_t most = std::min(old.size(), fresh.size());
    std::size_t front = 0, back = 0;
    while (front < most && old[front] == fresh[front]) ++front;
    while (back < most - front && old[old.size() - 1 - back] == fresh[fresh.size() - 1 - back]) ++back;
    const auto gone = old.substr(front, old.size() - front - back), come = fresh.substr(front, fresh.size() - front - back);
    if (!gone.empty()) changed_.push_back({.what = What::TextRemoved, .id = id, .at = front, .words = to_utf8(gone)});
    if (!come.empty()) changed_.push_back({.what = What::TextInserted, .id = id, .at = front, .words = to_utf8(come)});
  }

  void compare_focus() {
    const Accessible* fresh = now_.find(now_.focus);
    const bool same = now_.focus == before_.focus && kept_.contains(now_.focus);
    if (same && fresh && fresh->item.rect != before_.find(now_.focus)->item.rect)
      changed_.push_back({.what = What::Moved, .id = now_.focus, .words = {}});
    if (same) return;
    if (kept_.contains(before_.focus)) state(before_.focus, State::Focused, false);
    if (fresh) state(now_.focus, State::Focused, true);
  }

  /// Words that were not there before, on a page that was: a new page is read anyway.
  void say() {
    std::multiset<std::pair<Role, std::string_view>> known;
    for (const auto& [id, each] : before_.all)
      if (each.item.live) known.emplace(each.item.role, each.item.name);
    std::map<std::pair<float, AccessibleId>, const Accessible*> news;  // from top to bottom
    for (const auto& [id, each] : now_.all) {
      if (!each.item.live || each.item.name.empty()) continue;
      if (const auto at = known.find({each.item.role, each.item.name}); at != known.end()) known.erase(at);
      else if (is_on_old_page(each)) news[{each.item.rect.y0, id}] = &each;
    }
    for (const auto& [place, each] : news) {
      std::string words = each->item.name;
      if (view::interactive(each->item.role) && !each->description.empty()) words += ", " + each->description;
      changed_.push_back({.what = What::Said, .id = each->id, .words = std::move(words)});
    }
  }
  bool is_on_old_page(const Accessible& what) const {
    const Accessible* at = &what;
    while (at->id != kWindowId && at->item.role != Role::Page) at = now_.find(at->parent);
    return kept_.contains(at->id) && !before_.find(kWindowId)->children.empty();
  }

  const AccessibleTree& before_;
  const AccessibleTree& now_;
  std::unordered_set<AccessibleId> kept_;
  std::vector<AccessibleId> kept_in_order_;
  std::vector<AccessibleChange> removed_, added_, changed_;
};

bool is_letter(char32_t c) { return g_unichar_isalnum(c) || g_unichar_ismark(c) || c == U'\'' || c == 0x2019 || c == 0xFFFD; }

/// Whether a unit begins at `at` (0 < at < size).
bool begins(std::u32string_view text, std::size_t at, TextUnit unit) {
  const char32_t last = text[at - 1], here = text[at];
  switch (unit) {
    case TextUnit::Letter: return true;
    case TextUnit::Line: return last == U'\n';
    case TextUnit::Word: return last == U'\n' || (is_letter(here) && !is_letter(last)) || (!is_letter(here) && here != U' ' && last == U' ');
    case TextUnit::Sentence: {
      if (last == U'\n') return true;
      if (!g_unichar_isspace(last) || g_unichar_isspace(here)) return false;
      std::size_t end = at;
      while (end > 0 && (g_unichar_isspace(text[end - 1]) || text[end - 1] == U'"' || text[end - 1] == 0x201D || text[end - 1] == 0x2019)) --end;
      return end > 0 && (text[end - 1] == U'.' || text[end - 1] == U'!' || text[end - 1] == U'?' || text[end - 1] == 0x2026);
    }
  }
  return false;
}

}  // namespace

const Accessible* AccessibleTree::find(AccessibleId id) const {
  const auto at = all.find(id);
  return at == all.end() ? nullptr : &at->second;
}

AccessibleTree tree_of(const std::vector<Item>& items, const WindowFacts& window) {
  AccessibleTree out;
  out.window = window;
  Accessible& root = out.all[kWindowId];
  root.id = kWindowId;
  root.item.role = Role::Window;
  root.item.name = valid(window.title);
  root.item.rect = {0, 0, static_cast<float>(window.w) * window.density, static_cast<float>(window.h) * window.density};

  std::unordered_map<std::uint32_t, AccessibleId> known;
  std::map<std::pair<AccessibleId, Role>, std::size_t> counts;
  std::vector<AccessibleId> order;
  for (const Item& item : items) {
    if (item.role == Role::Window) {
      known[item.id] = kWindowId;
      continue;
    }
    const auto above = known.find(item.parent);
    const AccessibleId parent = above == known.end() ? kWindowId : above->second;
    const bool operated = view::interactive(item.role);
    if (!operated && view::interactive(out.all.at(parent).item.role)) continue;  // a control's own label: its name says it
    if (!operated && !is_container(item.role) && item.name.empty()) continue;
    AccessibleId id = item.id;
    if (id == 0 || out.all.contains(id)) {
      const std::size_t number = counts[{parent, item.role}]++;
      id = kText | ((parent * 0x9E3779B97F4A7C15u + static_cast<std::uint64_t>(item.role) * 0x10001u + number * 0x100000001B3u) >> 3);
      while (out.all.contains(id)) id = kText | (id + 1);
    }
    if (item.id != 0) known.try_emplace(item.id, id);
    Accessible made = accessible_of(item);
    made.id = id;
    made.parent = parent;
    auto& siblings = out.all.at(parent).children;
    made.index = siblings.size();
    siblings.push_back(id);
    if (item.focused && out.focus == 0) out.focus = id;
    out.all.emplace(id, std::move(made));
    order.push_back(id);
  }
  fit_groups(out, order);
  return out;
}

std::vector<AccessibleChange> changes_between(const AccessibleTree& before, const AccessibleTree& now) { return Differences(before, now).all(); }

std::pair<std::size_t, std::size_t> unit_at(std::u32string_view text, std::size_t offset, TextUnit unit) {
  if (text.empty()) return {0, 0};
  if (offset >= text.size()) {  // behind the last letter: of a line that has only begun, that line
    if (unit == TextUnit::Letter || (unit == TextUnit::Line && text.back() == U'\n')) return {text.size(), text.size()};
    offset = text.size() - 1;
  }
  std::size_t from = offset, to = offset + 1;
  while (from > 0 && !begins(text, from, unit)) --from;
  while (to < text.size() && !begins(text, to, unit)) ++to;
  return {from, to};
}

std::string to_utf8(std::u32string_view text) {
  const std::unique_ptr<char, decltype(&g_free)> made(
      g_ucs4_to_utf8(reinterpret_cast<const gunichar*>(text.data()), static_cast<glong>(text.size()), nullptr, nullptr, nullptr), &g_free);
  return made ? made.get() : "";
}

std::u32string from_utf8(std::string_view text) {
  const std::string known = valid(text);
  glong count = 0;
  const std::unique_ptr<gunichar, decltype(&g_free)> made(g_utf8_to_ucs4_fast(known.data(), static_cast<glong>(known.size()), &count), &g_free);
  return {reinterpret_cast<const char32_t*>(made.get()), static_cast<std::size_t>(count)};
}

}  // namespace doorstep::shell
