#include "app/shell/accessibility.h"

#include <atk-bridge.h>
#include <atk/atk.h>
#include <gio/gio.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

#include "platform/base/log.h"

namespace doorstep::shell {

namespace {

using view::Ask;
using view::Role;
using What = AccessibleChange::What;

constexpr int kStatusTimeoutMs = 1000;
constexpr std::size_t kAsksAtMost = 64;  ///< each takes a frame; nobody reads so far ahead of the screen
constexpr AccessibleId kApplicationId = kWindowId + 1;
constexpr int kPolite = 1;  ///< ATK_LIVE_POLITE, which ATK names since 2.50

struct Free {
  void operator()(gpointer p) const { g_free(p); }
};
struct Unref {
  void operator()(gpointer p) const { g_object_unref(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

bool has_session_bus() {
  if (const char* address = g_getenv("DBUS_SESSION_BUS_ADDRESS"); address && *address) return true;
  const char* runtime = g_getenv("XDG_RUNTIME_DIR");
  std::error_code ignored;
  return runtime && *runtime && std::filesystem::exists(std::filesystem::path(runtime) / "bus", ignored);
}

AtkRole atk_role(Role role) {
  switch (role) {
    case Role::Window: return ATK_ROLE_FRAME;
    case Role::Page: return ATK_ROLE_PANEL;
    case Role::Group:
    case Role::RadioGroup: return ATK_ROLE_GROUPING;
    case Role::Scroll: return ATK_ROLE_SCROLL_PANE;
    case Role::Button: return ATK_ROLE_PUSH_BUTTON;
    case Role::Link: return ATK_ROLE_LINK;
    case Role::Radio: return ATK_ROLE_RADIO_BUTTON;
    case Role::Checkbox: return ATK_ROLE_CHECK_BOX;
    case Role::Tab: return ATK_ROLE_PAGE_TAB;
    case Role::ListRow: return ATK_ROLE_LIST_ITEM;
    case Role::TextField: return ATK_ROLE_ENTRY;
    case Role::Note: return ATK_ROLE_TEXT;
    case Role::Password: return ATK_ROLE_PASSWORD_TEXT;
    case Role::Heading: return ATK_ROLE_HEADING;
    case Role::Alert: return ATK_ROLE_ALERT;
    case Role::Icon: return ATK_ROLE_IMAGE;
    case Role::Text:
    case Role::Label:
    case Role::Hint:
    case Role::Status:
    case Role::Tag:
    case Role::Progress: return ATK_ROLE_LABEL;
  }
  return ATK_ROLE_UNKNOWN;
}

bool is_field(Role role) { return role == Role::TextField || role == Role::Note || role == Role::Password; }
bool is_checked(Role role) { return role == Role::Radio || role == Role::Checkbox; }
bool is_selected(Role role) { return role == Role::Tab || role == Role::ListRow; }

/// What all of ATK's objects ask: the thread's own, and there is one.
class Bridge;
Bridge* the_bridge = nullptr;

struct Object {
  AtkObject parent;
  AccessibleId id;
};
struct ObjectClass {
  AtkObjectClass parent;
};

AccessibleId id_of(gpointer object) { return static_cast<Object*>(object)->id; }

/// The application as ATK knows it: one object for each Accessible that somebody has asked for.
class Bridge {
 public:
  explicit Bridge(std::function<void(Ask)> ask) : ask_(std::move(ask)) { the_bridge = this; }
  ~Bridge() {
    for (const auto& [id, object] : objects_) g_object_unref(object);
    the_bridge = nullptr;
  }
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  const AccessibleTree& tree() const { return tree_; }
  const Accessible* find(gpointer object) const { return tree_.find(id_of(object)); }

  /// Borrowed; made when it is first asked for.
  AtkObject* object(AccessibleId id);

  void show(AccessibleTree now) {
    const auto changes = changes_between(tree_, now);
    const AccessibleTree before = std::exchange(tree_, std::move(now));
    for (const AccessibleChange& change : changes) tell(change, before);
  }

  bool ask(Ask what) {
    ask_(std::move(what));
    return true;
  }

 private:
  void tell(const AccessibleChange& change, const AccessibleTree& before) {
    switch (change.what) {
      case What::Removed: return remove(change, before);
      case What::Added: return emit(change.parent, "children-changed::add", static_cast<guint>(change.at), object(change.id));
      case What::Renamed: return g_object_notify(G_OBJECT(object(change.id)), "accessible-name");
      case What::Described: return g_object_notify(G_OBJECT(object(change.id)), "accessible-description");
      case What::State: return tell_state(change);
      case What::TextRemoved: return emit(change.id, "text-remove", static_cast<int>(change.at), letters(change), change.words.c_str());
      case What::TextInserted: return emit(change.id, "text-insert", static_cast<int>(change.at), letters(change), change.words.c_str());
      case What::CaretMoved: return emit(change.id, "text-caret-moved", static_cast<int>(change.at));
      case What::Selection: return emit(change.id, "text-selection-changed");
      case What::Moved: return tell_bounds(change.id);
      case What::Said:
        if (g_signal_lookup("notification", ATK_TYPE_OBJECT) != 0) return emit(change.id, "notification", change.words.c_str(), kPolite);
        return emit(change.id, "announcement", change.words.c_str());
    }
  }

  template <class... Args>
  void emit(AccessibleId id, const char* signal, Args... args) {
    g_signal_emit_by_name(object(id), signal, args..., nullptr);
  }

  static int letters(const AccessibleChange& change) { return static_cast<int>(g_utf8_strlen(change.words.c_str(), -1)); }

  void tell_state(const AccessibleChange& change) {
    const auto notify = [&](AtkStateType type) { atk_object_notify_state_change(object(change.id), type, change.on); };
    const Role role = tree_.find(change.id)->item.role;
    switch (change.state) {
      case AccessibleState::Active:
        notify(ATK_STATE_ACTIVE);
        return emit(change.id, change.on ? "activate" : "deactivate");
      case AccessibleState::Enabled:
        notify(ATK_STATE_ENABLED);
        return notify(ATK_STATE_SENSITIVE);
      case AccessibleState::Showing: return notify(ATK_STATE_SHOWING);
      case AccessibleState::Focused: return notify(ATK_STATE_FOCUSED);
      case AccessibleState::Chosen: return notify(is_checked(role) ? ATK_STATE_CHECKED : is_selected(role) ? ATK_STATE_SELECTED : ATK_STATE_PRESSED);
      case AccessibleState::Expanded: return notify(ATK_STATE_EXPANDED);
      case AccessibleState::Invalid: return notify(ATK_STATE_INVALID_ENTRY);
    }
  }

  void tell_bounds(AccessibleId id) {
    AtkRectangle at{};
    atk_component_get_extents(ATK_COMPONENT(object(id)), &at.x, &at.y, &at.width, &at.height, ATK_XY_SCREEN);
    emit(id, "bounds-changed", &at);
  }

  void remove(const AccessibleChange& change, const AccessibleTree& before) {
    const auto gone = take_object(change.id);
    if (gone) emit(change.parent, "children-changed::remove", static_cast<guint>(change.at), gone.get());
    forget_below(change.id, before);
    if (gone) atk_object_notify_state_change(gone.get(), ATK_STATE_DEFUNCT, TRUE);
  }
  Owned<AtkObject> take_object(AccessibleId id) {
    const auto at = objects_.find(id);
    if (at == objects_.end()) return nullptr;
    Owned<AtkObject> out(at->second);
    objects_.erase(at);
    return out;
  }
  void forget_below(AccessibleId id, const AccessibleTree& before) {
    for (const AccessibleId child : before.find(id)->children) {
      forget_below(child, before);
      if (const auto gone = take_object(child)) atk_object_notify_state_change(gone.get(), ATK_STATE_DEFUNCT, TRUE);
    }
  }

  std::function<void(Ask)> ask_;
  AccessibleTree tree_ = tree_of({}, {});
  std::unordered_map<AccessibleId, AtkObject*> objects_;
};

// What ATK asks an object. An object that somebody still holds when its thing is gone from the screen knows nothing any more.

const char* get_name(AtkObject* object) {
  const Accessible* it = the_bridge->find(object);
  return it ? it->item.name.c_str() : id_of(object) == kApplicationId ? "Doorstep" : nullptr;
}
const char* get_description(AtkObject* object) {
  const Accessible* it = the_bridge->find(object);
  return it ? it->description.c_str() : nullptr;
}
AtkRole get_role(AtkObject* object) {
  if (id_of(object) == kApplicationId) return ATK_ROLE_APPLICATION;
  const Accessible* it = the_bridge->find(object);
  return it ? atk_role(it->item.role) : ATK_ROLE_INVALID;
}
AtkObject* get_parent(AtkObject* object) {
  if (id_of(object) == kApplicationId) return object->accessible_parent;  // the desktop, put there by the bridge
  if (id_of(object) == kWindowId) return the_bridge->object(kApplicationId);
  const Accessible* it = the_bridge->find(object);
  return it ? the_bridge->object(it->parent) : nullptr;
}
int get_n_children(AtkObject* object) {
  if (id_of(object) == kApplicationId) return 1;
  const Accessible* it = the_bridge->find(object);
  return it ? static_cast<int>(it->children.size()) : 0;
}
AtkObject* ref_child(AtkObject* object, int number) {
  if (number < 0 || number >= get_n_children(object)) return nullptr;
  const AccessibleId child = id_of(object) == kApplicationId ? kWindowId : the_bridge->find(object)->children[static_cast<std::size_t>(number)];
  return ATK_OBJECT(g_object_ref(the_bridge->object(child)));
}
int get_index_in_parent(AtkObject* object) {
  if (id_of(object) == kWindowId) return 0;
  const Accessible* it = the_bridge->find(object);
  return it ? static_cast<int>(it->index) : -1;
}
AtkStateSet* ref_state_set(AtkObject* object) {
  AtkStateSet* out = atk_state_set_new();
  const auto put = [out](bool on, AtkStateType type) {
    if (on) atk_state_set_add_state(out, type);
  };
  const Accessible* it = the_bridge->find(object);
  put(!it && id_of(object) != kApplicationId, ATK_STATE_DEFUNCT);
  if (!it) return out;
  const view::Item& item = it->item;
  const bool field = is_field(item.role);
  put(!item.disabled, ATK_STATE_ENABLED), put(!item.disabled, ATK_STATE_SENSITIVE);
  put(true, ATK_STATE_VISIBLE), put(!item.offscreen, ATK_STATE_SHOWING);
  put(view::interactive(item.role) && !item.disabled, ATK_STATE_FOCUSABLE);
  put(the_bridge->tree().focus == it->id, ATK_STATE_FOCUSED);
  put(is_checked(item.role), ATK_STATE_CHECKABLE), put(is_checked(item.role) && item.selected, ATK_STATE_CHECKED);
  put(is_selected(item.role), ATK_STATE_SELECTABLE), put(is_selected(item.role) && item.selected, ATK_STATE_SELECTED);
  put(item.role == Role::Button && item.selected, ATK_STATE_PRESSED);
  put(item.expands, ATK_STATE_EXPANDABLE), put(item.expanded, ATK_STATE_EXPANDED);
  put(item.invalid, ATK_STATE_INVALID_ENTRY);
  put(field && !item.disabled, ATK_STATE_EDITABLE);
  put(field, item.role == Role::Note ? ATK_STATE_MULTI_LINE : ATK_STATE_SINGLE_LINE);
  put(it->id == kWindowId && the_bridge->tree().window.active, ATK_STATE_ACTIVE);
  return out;
}

void get_extents(AtkComponent* component, int* x, int* y, int* w, int* h, AtkCoordType relative_to) {
  *x = *y = *w = *h = 0;
  const Accessible* it = the_bridge->find(component);
  if (!it) return;
  const WindowFacts& window = the_bridge->tree().window;
  const auto px = [&](float v) { return static_cast<int>(std::lround(v / window.density)); };
  const view::Rect& rect = it->item.rect;
  *x = px(rect.x0), *y = px(rect.y0), *w = px(rect.w()), *h = px(rect.h());
  if (relative_to == ATK_XY_SCREEN) *x += window.x, *y += window.y;
  if (relative_to != ATK_XY_PARENT) return;
  if (const Accessible* above = the_bridge->tree().find(it->parent)) *x -= px(above->item.rect.x0), *y -= px(above->item.rect.y0);
}

/// What can be done is said by the id of a control; one that is switched off does nothing.
const Accessible* usable(gpointer object) {
  const Accessible* it = the_bridge->find(object);
  return it && view::interactive(it->item.role) && !it->item.disabled ? it : nullptr;
}
gboolean ask(gpointer object, Ask::What what, std::size_t from = 0, std::size_t to = 0, std::string text = {}) {
  const Accessible* it = usable(object);
  return it && the_bridge->ask({what, it->item.id, from, to, std::move(text)});
}
gboolean grab_focus(AtkComponent* component) { return ask(component, Ask::What::Focus); }
gboolean do_action(AtkAction* action, int number) { return number == 0 && ask(action, Ask::What::Press); }
int get_n_actions(AtkAction* action) { return usable(action) ? 1 : 0; }
const char* get_action_name(AtkAction* action, int number) {
  const Accessible* it = the_bridge->find(action);
  return it && number == 0 ? (is_field(it->item.role) ? "activate" : "click") : nullptr;
}

const std::u32string& text_of(gpointer object) {
  static const std::u32string none;
  const Accessible* it = the_bridge->find(object);
  return it ? it->text : none;
}
std::size_t within(const std::u32string& text, int offset) {
  return offset < 0 ? text.size() : std::min(static_cast<std::size_t>(offset), text.size());
}
char* copy(std::u32string_view text) { return g_strdup(to_utf8(text).c_str()); }
char* copy_unit(const std::u32string& text, std::pair<std::size_t, std::size_t> unit, int* from, int* to) {
  *from = static_cast<int>(unit.first), *to = static_cast<int>(unit.second);
  return copy(std::u32string_view(text).substr(unit.first, unit.second - unit.first));
}
TextUnit unit_of(AtkTextGranularity granularity) {
  switch (granularity) {
    case ATK_TEXT_GRANULARITY_CHAR: return TextUnit::Letter;
    case ATK_TEXT_GRANULARITY_WORD: return TextUnit::Word;
    case ATK_TEXT_GRANULARITY_SENTENCE: return TextUnit::Sentence;
    case ATK_TEXT_GRANULARITY_LINE:
    case ATK_TEXT_GRANULARITY_PARAGRAPH: break;
  }
  return TextUnit::Line;
}
TextUnit unit_of(AtkTextBoundary boundary) {
  switch (boundary) {
    case ATK_TEXT_BOUNDARY_CHAR: return TextUnit::Letter;
    case ATK_TEXT_BOUNDARY_WORD_START:
    case ATK_TEXT_BOUNDARY_WORD_END: return TextUnit::Word;
    case ATK_TEXT_BOUNDARY_SENTENCE_START:
    case ATK_TEXT_BOUNDARY_SENTENCE_END: return TextUnit::Sentence;
    case ATK_TEXT_BOUNDARY_LINE_START:
    case ATK_TEXT_BOUNDARY_LINE_END: break;
  }
  return TextUnit::Line;
}

char* get_text(AtkText* object, int from, int to) {
  const auto& text = text_of(object);
  const std::size_t begin = within(text, std::max(from, 0)), end = within(text, to);
  return copy(std::u32string_view(text).substr(begin, end > begin ? end - begin : 0));
}
char* get_string_at_offset(AtkText* object, int offset, AtkTextGranularity granularity, int* from, int* to) {
  const auto& text = text_of(object);
  return copy_unit(text, unit_at(text, within(text, offset), unit_of(granularity)), from, to);
}
char* get_text_at_offset(AtkText* object, int offset, AtkTextBoundary boundary, int* from, int* to) {
  const auto& text = text_of(object);
  return copy_unit(text, unit_at(text, within(text, offset), unit_of(boundary)), from, to);
}
char* get_text_after_offset(AtkText* object, int offset, AtkTextBoundary boundary, int* from, int* to) {
  const auto& text = text_of(object);
  const std::size_t next = unit_at(text, within(text, offset), unit_of(boundary)).second;
  return copy_unit(text, next < text.size() ? unit_at(text, next, unit_of(boundary)) : std::pair(next, next), from, to);
}
char* get_text_before_offset(AtkText* object, int offset, AtkTextBoundary boundary, int* from, int* to) {
  const auto& text = text_of(object);
  const std::size_t here = unit_at(text, within(text, offset), unit_of(boundary)).first;
  return copy_unit(text, here > 0 ? unit_at(text, here - 1, unit_of(boundary)) : std::pair(here, here), from, to);
}
gunichar get_character_at_offset(AtkText* object, int offset) {
  const auto& text = text_of(object);
  const std::size_t at = within(text, offset);
  return at < text.size() ? text[at] : 0;
}
int get_character_count(AtkText* object) { return static_cast<int>(text_of(object).size()); }
int get_caret_offset(AtkText* object) {
  const Accessible* it = the_bridge->find(object);
  return it && is_field(it->item.role) ? static_cast<int>(it->item.caret) : -1;
}
std::pair<std::size_t, std::size_t> selection_of(gpointer object) {
  const Accessible* it = the_bridge->find(object);
  if (!it) return {0, 0};
  return std::minmax({it->item.caret, it->item.anchor});
}
int get_n_selections(AtkText* object) {
  const auto [from, to] = selection_of(object);
  return from < to ? 1 : 0;
}
char* get_selection(AtkText* object, int number, int* from, int* to) {
  *from = *to = 0;
  if (number != 0 || get_n_selections(object) == 0) return nullptr;
  return copy_unit(text_of(object), selection_of(object), from, to);
}
gboolean set_caret_offset(AtkText* object, int offset) {
  const std::size_t at = within(text_of(object), offset);
  return ask(object, Ask::What::Select, at, at);
}
gboolean add_selection(AtkText* object, int from, int to) {
  const auto& text = text_of(object);
  return ask(object, Ask::What::Select, within(text, from), within(text, to));
}
gboolean set_selection(AtkText* object, int number, int from, int to) { return number == 0 && add_selection(object, from, to); }
gboolean remove_selection(AtkText* object, int number) { return number == 0 && set_caret_offset(object, get_caret_offset(object)); }

void set_text_contents(AtkEditableText* object, const char* words) {
  ask(object, Ask::What::Replace, 0, text_of(object).size(), words ? words : "");
}
void insert_text(AtkEditableText* object, const char* words, int bytes, int* position) {
  const std::size_t at = within(text_of(object), *position);
  std::string text = words ? words : "";
  if (bytes >= 0) text.resize(std::min(text.size(), static_cast<std::size_t>(bytes)));
  const int after = static_cast<int>(at) + static_cast<int>(from_utf8(text).size());
  if (ask(object, Ask::What::Replace, at, at, std::move(text))) *position = after;
}
void delete_text(AtkEditableText* object, int from, int to) {
  const auto& text = text_of(object);
  ask(object, Ask::What::Replace, within(text, std::max(from, 0)), within(text, to));
}

// The types of those objects: what an object can do is a matter of its type.

using InitInterface = void (*)(gpointer, gpointer);

const InitInterface kComponent = [](gpointer made, gpointer) {
  auto* it = static_cast<AtkComponentIface*>(made);
  it->get_extents = get_extents;
  it->grab_focus = grab_focus;
};
const InitInterface kAction = [](gpointer made, gpointer) {
  auto* it = static_cast<AtkActionIface*>(made);
  it->do_action = do_action;
  it->get_n_actions = get_n_actions;
  it->get_name = get_action_name;
};
const InitInterface kWords = [](gpointer made, gpointer) {
  auto* it = static_cast<AtkTextIface*>(made);
  it->get_text = get_text;
  it->get_string_at_offset = get_string_at_offset;
  it->get_text_at_offset = get_text_at_offset;
  it->get_text_after_offset = get_text_after_offset;
  it->get_text_before_offset = get_text_before_offset;
  it->get_character_at_offset = get_character_at_offset;
  it->get_character_count = get_character_count;
  it->get_caret_offset = get_caret_offset;
  it->get_n_selections = get_n_selections;
  it->get_selection = get_selection;
  it->add_selection = add_selection;
  it->remove_selection = remove_selection;
  it->set_selection = set_selection;
  it->set_caret_offset = set_caret_offset;
};
const InitInterface kEditable = [](gpointer made, gpointer) {
  auto* it = static_cast<AtkEditableTextIface*>(made);
  it->set_text_contents = set_text_contents;
  it->insert_text = insert_text;
  it->delete_text = delete_text;
};
const InitInterface kWindow = [](gpointer, gpointer) {};

struct Interface {
  GType type;
  InitInterface init;
};

GType register_type(const char* name, GType parent, const std::vector<Interface>& interfaces) {
  if (const GType known = g_type_from_name(name)) return known;
  const GClassInitFunc init = [](gpointer made, gpointer) {
    auto* it = static_cast<AtkObjectClass*>(made);
    it->get_name = get_name;
    it->get_description = get_description;
    it->get_role = get_role;
    it->get_parent = get_parent;
    it->get_n_children = get_n_children;
    it->ref_child = ref_child;
    it->get_index_in_parent = get_index_in_parent;
    it->ref_state_set = ref_state_set;
  };
  const GType type = g_type_register_static_simple(parent, g_intern_string(name), sizeof(ObjectClass), init, sizeof(Object), nullptr, GTypeFlags{});
  for (const auto& [interface_type, make] : interfaces) {
    const GInterfaceInfo info{make, nullptr, nullptr};
    g_type_add_interface_static(type, interface_type, &info);
  }
  return type;
}

GType type_for(AccessibleId id, Role role) {
  const GType plain = register_type("DoorstepAccessible", ATK_TYPE_OBJECT, {});
  if (id == kApplicationId) return plain;
  const GType placed = register_type("DoorstepPlaced", plain, {{ATK_TYPE_COMPONENT, kComponent}});
  if (id == kWindowId) return register_type("DoorstepWindow", placed, {{ATK_TYPE_WINDOW, kWindow}});
  if (is_field(role))
    return register_type("DoorstepField", placed, {{ATK_TYPE_ACTION, kAction}, {ATK_TYPE_TEXT, kWords}, {ATK_TYPE_EDITABLE_TEXT, kEditable}});
  if (view::interactive(role)) return register_type("DoorstepControl", placed, {{ATK_TYPE_ACTION, kAction}});
  if (role >= Role::Text && role != Role::Icon) return register_type("DoorstepWords", placed, {{ATK_TYPE_TEXT, kWords}});
  return placed;
}

AtkObject* Bridge::object(AccessibleId id) {
  if (const auto at = objects_.find(id); at != objects_.end()) return at->second;
  const Accessible* it = tree_.find(id);
  auto* made = static_cast<Object*>(g_object_new(type_for(id, it ? it->item.role : Role::Window), nullptr));
  made->id = id;
  auto* out = ATK_OBJECT(made);
  if (it && !it->item.key.empty()) atk_object_set_accessible_id(out, it->item.key.c_str());
  return objects_[id] = out;
}

void say_who_we_are() {
  auto* util = static_cast<AtkUtilClass*>(g_type_class_ref(ATK_TYPE_UTIL));
  util->get_root = [] { return the_bridge ? the_bridge->object(kApplicationId) : nullptr; };
  util->get_toolkit_name = [] { return static_cast<const char*>("Doorstep"); };
  util->get_toolkit_version = [] { return static_cast<const char*>("1"); };
}

}  // namespace

struct Accessibility::Inner {
  struct Published {
    std::vector<view::Item> items;
    WindowFacts window;
  };

  explicit Inner(std::function<void()> w) : wake(std::move(w)), stop(g_cancellable_new()), loop(g_main_loop_new(nullptr, FALSE)) {}
  ~Inner() { g_main_loop_unref(loop); }

  // The thread ----------------------------------------------------------------------------------------------------------

  void run() {
    ::pthread_setname_np(::pthread_self(), "accessibility");
    const Owned<GDBusConnection> bus(g_bus_get_sync(G_BUS_TYPE_SESSION, stop.get(), nullptr));
    if (!bus) return;
    g_dbus_connection_set_exit_on_close(bus.get(), FALSE);  // a desktop that ends must not take what was typed with it
    session = bus.get();
    const guint watch = g_bus_watch_name_on_connection(
        session, "org.a11y.Bus", G_BUS_NAME_WATCHER_FLAGS_NONE,
        [](GDBusConnection*, const char*, const char*, gpointer self) { static_cast<Inner*>(self)->look(); }, nullptr, this, nullptr);
    const guint told = g_dbus_connection_signal_subscribe(
        session, "org.a11y.Bus", "org.freedesktop.DBus.Properties", "PropertiesChanged", "/org/a11y/bus", "org.a11y.Status",
        G_DBUS_SIGNAL_FLAGS_NONE,
        [](GDBusConnection*, const char*, const char*, const char*, const char*, GVariant*, gpointer self) { static_cast<Inner*>(self)->look(); },
        this, nullptr);
    GSource* end = g_cancellable_source_new(stop.get());
    const GCancellableSourceFunc quit = [](GCancellable*, gpointer self) -> gboolean {
      g_main_loop_quit(static_cast<Inner*>(self)->loop);
      return G_SOURCE_REMOVE;
    };
    g_source_set_callback(end, reinterpret_cast<GSourceFunc>(reinterpret_cast<void (*)()>(quit)), this, nullptr);
    g_source_attach(end, nullptr);
    g_main_loop_run(loop);
    listens = false;
    while (g_main_context_iteration(nullptr, FALSE)) {}  // nothing that was put there for us outlives us
    g_source_destroy(end);
    g_source_unref(end);
    g_dbus_connection_signal_unsubscribe(session, told);
    g_bus_unwatch_name(watch);
    if (bridge) atk_bridge_adaptor_cleanup();
    bridge.reset();
  }

  bool is_switched_on(const char* property) {
    const std::unique_ptr<GVariant, decltype(&g_variant_unref)> reply(
        g_dbus_connection_call_sync(session, "org.a11y.Bus", "/org/a11y/bus", "org.freedesktop.DBus.Properties", "Get",
                                    g_variant_new("(ss)", "org.a11y.Status", property), G_VARIANT_TYPE("(v)"), G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                    kStatusTimeoutMs, stop.get(), nullptr),
        &g_variant_unref);
    if (!reply) return false;
    GVariant* value = nullptr;
    g_variant_get(reply.get(), "(v)", &value);
    const bool on = g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN) && g_variant_get_boolean(value);
    g_variant_unref(value);
    return on;
  }

  /// Somebody may have switched a screen reader on. Once begun, it goes on until the program ends.
  void look() {
    if (bridge || !(is_switched_on("IsEnabled") || is_switched_on("ScreenReaderEnabled"))) return;
    bridge = std::make_unique<Bridge>([this](Ask what) { push(std::move(what)); });
    say_who_we_are();
    if (atk_bridge_adaptor_init(nullptr, nullptr) != 0) return bridge.reset();
    base::log_event("accessibility.on");
    listens = true;
    wake();
  }

  void push(Ask what) {
    {
      const std::lock_guard lock(mutex);
      if (asked.size() >= kAsksAtMost) return base::log_event("accessibility.flooded");
      asked.push_back(std::move(what));
    }
    wake();
  }

  void show() {
    std::optional<Published> now;
    {
      const std::lock_guard lock(mutex);
      now = std::exchange(waiting, std::nullopt);
    }
    if (now && bridge) bridge->show(tree_of(now->items, now->window));
  }

  /// From the UI thread, while listens: `what` happens on ours.
  void later(GSourceFunc what) {
    GSource* source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, what, this, nullptr);
    g_source_attach(source, nullptr);
    g_source_unref(source);
  }

  const std::function<void()> wake;
  const Owned<GCancellable> stop;
  GMainLoop* const loop;
  std::thread thread;
  std::atomic<bool> listens = false;

  std::mutex mutex;  // guards the next two
  std::optional<Published> waiting;
  std::deque<Ask> asked;

  std::optional<Published> published;  // the UI thread's

  // Our thread's.
  GDBusConnection* session = nullptr;
  std::unique_ptr<Bridge> bridge;
};

Accessibility::Accessibility(std::function<void()> wake) : inner_(std::make_unique<Inner>(std::move(wake))) {
  if (has_session_bus()) inner_->thread = std::thread([inner = inner_.get()] { inner->run(); });
}

Accessibility::~Accessibility() {
  if (!inner_->thread.joinable()) return;
  g_cancellable_cancel(inner_->stop.get());
  inner_->thread.join();
}

bool Accessibility::listens() const { return inner_->listens; }

void Accessibility::publish(const view::Semantics& screen, const WindowFacts& window) {
  Inner& s = *inner_;
  if (!s.listens) return;
  const auto items = screen.items();
  if (s.published && std::ranges::equal(s.published->items, items) && s.published->window == window) return;
  s.published = {{items.begin(), items.end()}, window};
  {
    const std::lock_guard lock(s.mutex);
    s.waiting = s.published;
  }
  s.later([](gpointer self) -> gboolean {
    static_cast<Inner*>(self)->show();
    return G_SOURCE_REMOVE;
  });
}

std::optional<Ask> Accessibility::take() {
  const std::lock_guard lock(inner_->mutex);
  if (inner_->asked.empty()) return std::nullopt;
  Ask out = std::move(inner_->asked.front());
  inner_->asked.pop_front();
  return out;
}

}  // namespace doorstep::shell
