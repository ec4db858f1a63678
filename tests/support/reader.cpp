#include "tests/support/reader.h"

#include <gio/gio.h>
#include <signal.h>

#include <stdexcept>

namespace doorstep::support {
namespace {

using Clock = std::chrono::steady_clock;

std::shared_ptr<AtspiAccessible> owned(AtspiAccessible* it) {
  return {it, [](AtspiAccessible* p) { if (p) g_object_unref(p); }};
}

/// The words, and nothing of the error: what is gone says nothing.
std::string taken(char* words, GError* error = nullptr) {
  std::string out = words ? words : "";
  g_free(words);
  g_clear_error(&error);
  return out;
}

bool is_operated(AtspiRole role) {
  switch (role) {
    case ATSPI_ROLE_PUSH_BUTTON: case ATSPI_ROLE_LINK: case ATSPI_ROLE_RADIO_BUTTON: case ATSPI_ROLE_CHECK_BOX: case ATSPI_ROLE_PAGE_TAB:
    case ATSPI_ROLE_LIST_ITEM: case ATSPI_ROLE_ENTRY: case ATSPI_ROLE_TEXT: case ATSPI_ROLE_PASSWORD_TEXT: return true;
    default: return false;
  }
}

}  // namespace

bool Thing::is(AtspiStateType state) const {
  AtspiStateSet* set = atspi_accessible_get_state_set(it.get());
  const bool out = set && atspi_state_set_contains(set, state);
  if (set) g_object_unref(set);
  return out;
}

std::string Thing::description() const {
  GError* error = nullptr;
  char* words = atspi_accessible_get_description(it.get(), &error);
  return taken(words, error);
}

std::string Thing::text() const {
  AtspiText* text = atspi_accessible_get_text_iface(it.get());
  if (!text) return "";
  GError* error = nullptr;
  char* words = atspi_text_get_text(text, 0, -1, &error);
  g_object_unref(text);
  return taken(words, error);
}

int Thing::caret() const {
  AtspiText* text = atspi_accessible_get_text_iface(it.get());
  if (!text) return -1;
  GError* error = nullptr;
  const int out = atspi_text_get_caret_offset(text, &error);
  g_object_unref(text);
  g_clear_error(&error);
  return out;
}

namespace {

/// `ask` of the text, which is there only while it is asked.
template <class Ask>
auto of_text(const Thing& thing, const Ask& ask) -> decltype(ask(nullptr)) {
  AtspiText* text = atspi_accessible_get_text_iface(thing.it.get());
  if (!text) return {};
  auto out = ask(text);
  g_object_unref(text);
  return out;
}

}  // namespace

std::string Thing::word_at(int offset) const {
  return of_text(*this, [&](AtspiText* text) {
    AtspiTextRange* range = atspi_text_get_string_at_offset(text, offset, ATSPI_TEXT_GRANULARITY_WORD, nullptr);
    std::string out = range && range->content ? range->content : "";
    if (range) g_boxed_free(atspi_text_range_get_type(), range);
    return out;
  });
}

std::pair<int, int> Thing::selected() const {
  return of_text(*this, [](AtspiText* text) {
    std::pair<int, int> out;
    if (atspi_text_get_n_selections(text, nullptr) < 1) return out;
    AtspiRange* range = atspi_text_get_selection(text, 0, nullptr);
    if (range) out = {range->start_offset, range->end_offset};
    g_free(range);
    return out;
  });
}

void Thing::select(int from, int to) const {
  if (!of_text(*this, [&](AtspiText* text) { return atspi_text_add_selection(text, from, to, nullptr) != FALSE; }))
    throw std::runtime_error("cannot select in " + key);
}

Reader::Reader(const Display& display) {
  ::setenv("DISPLAY", display.name().c_str(), 1);
  ::setenv("XDG_RUNTIME_DIR", folder_.path().c_str(), 1);
  ::setenv("GSETTINGS_BACKEND", "memory", 1);  // what is switched on here is nobody's setting
  ::setenv("GIO_USE_VFS", "local", 1);
  bus_ = std::make_unique<Process>(std::vector<std::string>{"dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"});
  if (!bus_->wait_for_output("\n", kLimit)) throw std::runtime_error("no session bus: " + bus_->output());
  const std::string said = bus_->output();
  const std::string address = said.substr(said.find("unix:"), said.find('\n', said.find("unix:")) - said.find("unix:"));
  ::setenv("DBUS_SESSION_BUS_ADDRESS", address.c_str(), 1);
}

Reader::~Reader() {
  keys_.clear();
  app_.reset();
}

void Reader::switch_on(bool on) {
  const auto done = run({"gdbus", "call", "--session", "--dest", "org.a11y.Bus", "--object-path", "/org/a11y/bus", "--method",
                         "org.freedesktop.DBus.Properties.Set", "org.a11y.Status", "IsEnabled", on ? "<true>" : "<false>"});
  if (done.code != 0) throw std::runtime_error("accessibility cannot be switched: " + done.output);
}

void Reader::step(Limit wait) {
  bool late = false;
  GSource* timer = g_timeout_source_new(static_cast<guint>(wait.count()));
  g_source_set_callback(timer, [](void* flag) -> gboolean { return *static_cast<bool*>(flag) = true, G_SOURCE_REMOVE; }, &late, nullptr);
  g_source_attach(timer, nullptr);
  g_main_context_iteration(nullptr, TRUE);
  while (g_main_context_iteration(nullptr, FALSE)) {}
  if (!late) g_source_destroy(timer);
  g_source_unref(timer);
}

bool Reader::knows(pid_t pid) {
  if (!listener_) {
    atspi_init();
    const auto limit = static_cast<gint>(kLimit.count());
    atspi_set_timeout(limit, limit);  // else what is not answered within 800 ms reads as empty, on a busy machine
    listener_ = atspi_event_listener_new(&Reader::on_event, this, nullptr);
    for (const char* type : {"object:state-changed", "object:text-changed", "object:text-caret-moved", "object:text-selection-changed",
                             "object:announcement", "object:notification", "object:property-change:accessible-name", "window:activate"})
      atspi_event_listener_register(listener_, type, nullptr);
  }
  const auto desktop = owned(atspi_get_desktop(0));
  const int count = atspi_accessible_get_child_count(desktop.get(), nullptr);
  for (int i = 0; i < count; ++i) {
    const auto app = owned(atspi_accessible_get_child_at_index(desktop.get(), i, nullptr));
    if (!app || static_cast<pid_t>(atspi_accessible_get_process_id(app.get(), nullptr)) != pid) continue;
    app_ = app;
    return true;
  }
  return false;
}

void Reader::listen_to(pid_t pid) {
  keys_.clear();
  app_.reset();
  wait_until("the app on the accessibility bus", [&] { return knows(pid); });
}

void Reader::end_bus() {
  bus_->signal(SIGKILL);
  bus_->wait(kLimit);
}

void Reader::on_event(AtspiEvent* event, void* self) {
  auto& reader = *static_cast<Reader*>(self);
  Event out{.type = event->type, .source = {}, .words = {}, .first = event->detail1, .second = event->detail2};
  if (G_VALUE_HOLDS_STRING(&event->any_data)) out.words = g_value_get_string(&event->any_data);
  if (event->source) {
    GError* error = nullptr;
    char* key = atspi_accessible_get_accessible_id(event->source, &error);
    out.source = taken(key, error);
    error = nullptr;
    if (out.source.empty()) {
      char* name = atspi_accessible_get_name(event->source, &error);
      out.source = taken(name, error);
    }
  }
  reader.events_.push_back(std::move(out));
  g_boxed_free(ATSPI_TYPE_EVENT, event);
}

bool Reader::heard(const std::string& type, const std::string& source, const std::string& words) const {
  return std::any_of(events_.begin(), events_.end(), [&](const Event& e) {
    return e.type.starts_with(type) && (source.empty() || e.source == source) && (words.empty() || e.words.find(words) != std::string::npos);
  });
}

void Reader::add(AtspiAccessible* it, int depth, std::vector<Thing>& out) {
  const int count = atspi_accessible_get_child_count(it, nullptr);
  for (int i = 0; i < count; ++i) {
    const auto child = owned(atspi_accessible_get_child_at_index(it, i, nullptr));
    if (!child) continue;
    auto known = keys_.find(child.get());
    if (known == keys_.end()) {
      GError* error = nullptr;
      char* key = atspi_accessible_get_accessible_id(child.get(), &error);
      known = keys_.emplace(child.get(), std::pair(child, taken(key, error))).first;
    }
    GError* error = nullptr;
    const AtspiRole role = atspi_accessible_get_role(child.get(), &error);
    g_clear_error(&error);
    char* name = atspi_accessible_get_name(child.get(), &error);
    out.push_back({child, known->second.second, role, taken(name, error), depth});
    add(child.get(), depth + 1, out);
  }
}

std::vector<Thing> Reader::things() {
  std::vector<Thing> out;
  while (g_main_context_iteration(nullptr, FALSE)) {}
  if (app_) add(app_.get(), 0, out);
  return out;
}

std::optional<Thing> Reader::find(const std::string& key_or_name) {
  std::optional<Thing> read, named, partly;
  for (const Thing& thing : things()) {
    if (thing.key == key_or_name && is_operated(thing.role)) return thing;
    if (is_operated(thing.role) && !partly && thing.name.find(key_or_name) != std::string::npos) partly = thing;
    if (thing.name != key_or_name) continue;
    auto& place = is_operated(thing.role) ? named : read;
    if (!place) place = thing;
  }
  return named ? named : read ? read : partly;
}

void Reader::wait_until(const std::string& what, const std::function<bool()>& done, Limit limit) {
  const auto until = Clock::now() + limit;
  while (!done()) {
    if (Clock::now() >= until) throw std::runtime_error("waited for " + what + "; the reader knows: " + all_words());
    step(Limit(50));
  }
}

Thing Reader::wait_for(const std::string& key_or_name, Limit limit) {
  std::optional<Thing> out;
  wait_until("\"" + key_or_name + "\"", [&] { return (out = find(key_or_name)).has_value(); }, limit);
  return *out;
}

void Reader::press(const std::string& key_or_name) {
  const Thing thing = wait_for(key_or_name);
  AtspiAction* action = atspi_accessible_get_action_iface(thing.it.get());
  GError* error = nullptr;
  const bool done = action && atspi_action_do_action(action, 0, &error);
  if (action) g_object_unref(action);
  const std::string why = error ? error->message : "";
  g_clear_error(&error);
  if (!done) throw std::runtime_error("cannot press " + key_or_name + " " + why);
}

std::string Reader::controls() {
  std::string out;
  for (const Thing& thing : things())
    if (!thing.key.empty()) out += thing.key + (thing.is(ATSPI_STATE_CHECKED) || thing.is(ATSPI_STATE_SELECTED) ? "+\n" : "\n");
  return out;
}

void Reader::work(const std::string& key_or_name) {
  const std::string before = controls();
  press(key_or_name);
  wait_until("what comes of " + key_or_name, [&] { return controls() != before; });
}

void Reader::focus(const std::string& key_or_name) {
  const Thing thing = wait_for(key_or_name);
  AtspiComponent* component = atspi_accessible_get_component_iface(thing.it.get());
  const bool done = component && atspi_component_grab_focus(component, nullptr);
  if (component) g_object_unref(component);
  if (!done) throw std::runtime_error("cannot focus " + key_or_name);
  wait_until("the focus of " + key_or_name, [&] { return thing.is(ATSPI_STATE_FOCUSED); });
}

void Reader::write(const std::string& key, const std::string& words) {
  const Thing thing = wait_for(key);
  AtspiEditableText* text = atspi_accessible_get_editable_text_iface(thing.it.get());
  const bool done = text && atspi_editable_text_set_text_contents(text, words.c_str(), nullptr);
  if (text) g_object_unref(text);
  if (!done) throw std::runtime_error("cannot write into " + key);
  const auto has = [&](const Thing& field) {
    return field.role == ATSPI_ROLE_PASSWORD_TEXT ? field.text().size() == 3 * words.size() : field.text() == words;  // bullets
  };
  wait_until("what was written into " + key, [&] {
    if (has(thing)) return true;
    const auto now = find(key);  // another object, where the page was made anew meanwhile
    return now && has(*now);
  });
}

std::string Reader::all_words() {
  std::string out;
  for (const Thing& thing : things()) out += "\n" + std::string(static_cast<std::size_t>(thing.depth), ' ') + thing.key + ": " + thing.name;
  return out;
}

}  // namespace doorstep::support
