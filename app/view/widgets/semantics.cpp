#include "app/view/widgets/semantics.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "app/view/widgets/tokens.h"

namespace doorstep::view {

namespace {

constexpr std::size_t kValueBytes = 4096;  ///< of a field's text per line of JSON: a line is written after every frame

void put_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\'), out.push_back(c);
    } else if (byte < 0x20) {
      out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void put_member(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  put_string(out, text);
}

void put_number(std::string& out, std::string_view name, double value) {
  out.append(",\"").append(name).append("\":").append(std::to_string(static_cast<long long>(std::floor(value))));
}

std::string_view within(std::string_view text) {
  if (text.size() <= kValueBytes) return text;
  std::size_t end = kValueBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

bool is_read(Role role) { return role >= Role::Text && role != Role::Icon; }

std::string place_of(const Item& item) {
  const auto n = [](float v) { return std::to_string(static_cast<int>(v)); };
  return std::string(role_word(item.role)) + " '" + (item.name.empty() ? item.key : item.name) + "' at " + n(item.rect.x0) + "," + n(item.rect.y0) + " " +
         n(item.rect.w()) + "x" + n(item.rect.h());
}

}  // namespace

std::string_view role_word(Role role) {
  switch (role) {
    case Role::Window: return "window";
    case Role::Page: return "page";
    case Role::Group: return "group";
    case Role::Scroll: return "scroll";
    case Role::Button: return "button";
    case Role::Link: return "link";
    case Role::Radio: return "radio";
    case Role::RadioGroup: return "radio_group";
    case Role::Checkbox: return "checkbox";
    case Role::Tab: return "tab";
    case Role::ListRow: return "list_row";
    case Role::TextField: return "text_field";
    case Role::Note: return "note";
    case Role::Password: return "password";
    case Role::Text: return "text";
    case Role::Heading: return "heading";
    case Role::Label: return "label";
    case Role::Hint: return "hint";
    case Role::Status: return "status";
    case Role::Alert: return "alert";
    case Role::Tag: return "tag";
    case Role::Progress: return "progress";
    case Role::Icon: return "icon";
  }
  return "text";
}

bool interactive(Role role) { return role >= Role::Button && role <= Role::Password && role != Role::RadioGroup; }

void Semantics::clear() {
  runs.assign(1, {});
  parents.clear();
}

void Semantics::add(Item item) {
  if (item.parent == 0 && !parents.empty()) item.parent = parents.back();
  runs.back().push_back(std::move(item));
}

const Item* Semantics::find(std::string_view name) const {
  const Item* read = nullptr;
  for (const Item& item : items()) {
    if (item.name != name) continue;
    if (interactive(item.role)) return &item;
    if (!read) read = &item;
  }
  return read;
}

const Item* Semantics::find(Role role, std::string_view name) const {
  const auto all = items();
  const auto it = std::ranges::find_if(all, [&](const Item& i) { return i.role == role && i.name == name; });
  return it == all.end() ? nullptr : &*it;
}

const Item* Semantics::find_key(std::string_view key) const {
  const auto all = items();
  const auto it = std::ranges::find_if(all, [&](const Item& i) { return interactive(i.role) && i.key == key; });
  return it == all.end() ? nullptr : &*it;
}

std::string to_json(const Semantics& semantics, const FrameFacts& frame) {
  std::set<std::uint32_t> controls;
  for (const Item& item : semantics.items())
    if (interactive(item.role)) controls.insert(item.id);
  std::string out = "{\"frame\":" + std::to_string(frame.built) + ",\"presented\":" + std::to_string(frame.presented) +
                    ",\"heard\":" + std::to_string(frame.heard) + ",\"rests\":" + (frame.rests ? "true" : "false") +
                    ",\"window\":{\"w\":" + std::to_string(frame.w) + ",\"h\":" + std::to_string(frame.h) + "},\"items\":[";
  bool first = true;
  for (const Item& item : semantics.items()) {
    if (!interactive(item.role) && controls.count(item.parent) > 0) continue;  // a control's own label: its name says it
    if (!first) out.push_back(',');
    first = false;
    out.append("{\"role\":");
    put_string(out, role_word(item.role));
    put_member(out, "key", item.key);
    put_member(out, "name", item.name);
    put_member(out, "value", item.role == Role::Password ? std::string_view() : within(item.value));
    out.append(",\"state\":[");
    const char* comma = "";
    const auto state = [&](bool on, const char* word) {
      if (!on) return;
      out.append(comma).append("\"").append(word).append("\"");
      comma = ",";
    };
    state(item.selected, "selected"), state(item.disabled, "disabled"), state(item.focused, "focused");
    state(item.expanded, "expanded"), state(item.invalid, "invalid"), state(item.offscreen, "offscreen");
    out.push_back(']');
    put_number(out, "x", item.rect.x0), put_number(out, "y", item.rect.y0);
    put_number(out, "w", item.rect.w()), put_number(out, "h", item.rect.h());
    out.push_back('}');
  }
  return out.append("]}");
}

namespace {

/// A mark on a figure, or two of the same one: they lie where they lie, and each is reached by the keyboard.
bool part_of(const Item& inner, const Item& outer, const std::set<std::uint32_t>& controls) {
  return inner.parent == outer.id || (inner.parent == outer.parent && controls.count(inner.parent) > 0);
}

}  // namespace

std::vector<std::string> faults(const Semantics& semantics, float scale) {
  std::vector<std::string> out;
  std::set<std::uint32_t> ids;
  std::vector<const Item*> texts;
  for (const Item& item : semantics.items()) {
    if (interactive(item.role)) {
      if (item.name.empty()) out.push_back("no name: " + place_of(item));
      const float least = kTarget * scale - 0.5f;
      if (item.rect.w() < least || item.rect.h() < least) out.push_back("too small to press: " + place_of(item));
      if (!ids.insert(item.id).second) out.push_back("two controls with one key: " + place_of(item));
    }
    if (!is_read(item.role) && !interactive(item.role)) continue;
    const bool wide = item.rect.x0 < item.clip.x0 - 0.5f || item.rect.x1 > item.clip.x1 + 0.5f;
    const bool high = !item.scrolls_y && (item.rect.y0 < item.clip.y0 - 0.5f || item.rect.y1 > item.clip.y1 + 0.5f);
    if (wide || high) out.push_back("clipped: " + place_of(item));
    if (is_read(item.role) && !item.name.empty()) texts.push_back(&item);
  }
  for (std::size_t i = 0; i < texts.size(); ++i)
    for (std::size_t k = i + 1; k < texts.size(); ++k) {
      const Item &a = *texts[i], &b = *texts[k];
      if (a.clip == b.clip && a.rect.overlaps(b.rect, 1.5f)) out.push_back("text over text: " + place_of(a) + " and " + place_of(b));
    }
  std::vector<const Item*> controls;
  std::set<std::uint32_t> marked;
  for (const Item& item : semantics.items())
    if (interactive(item.role)) {
      controls.push_back(&item);
      marked.insert(item.id);
    }
  for (const Item* text : texts)
    for (const Item* control : controls)
      if (text->role == Role::Hint && text->parent == control->id && text->rect.y1 > control->rect.y1 + 0.5f)
        out.push_back("hint out of its control: " + place_of(*text));
  for (std::size_t i = 0; i < controls.size(); ++i)
    for (std::size_t k = i + 1; k < controls.size(); ++k)
      if (controls[i]->clip == controls[k]->clip && !part_of(*controls[k], *controls[i], marked) && controls[i]->rect.overlaps(controls[k]->rect, 1.5f))
        out.push_back("control over control: " + place_of(*controls[i]) + " and " + place_of(*controls[k]));
  return out;
}

}  // namespace doorstep::view
