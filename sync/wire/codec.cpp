#include "sync/wire/codec.h"

#include <charconv>
#include <cmath>

#include "platform/base/limits.h"

namespace doorstep::wire {
namespace {

namespace json = boost::json;

template <class T>
concept Struct = requires(T& value) { T::each(value, [](const char*, auto&) {}); };
template <class T>
concept Keeping = requires(T& value) { { value.extra } -> std::convertible_to<const model::Extra&>; };
template <class E>
concept Coded = std::is_enum_v<E>;

constexpr const char* kNotCovered = "not_covered";

// Out -----------------------------------------------------------------------------------------------------------------

class Writer {
 public:
  std::string out;

  void put(const std::string& text) { quote(text); }
  void put(bool value) { out += value ? "true" : "false"; }
  void put(std::int64_t value) { out += std::to_string(value); }
  void put(double value) {
    DOORSTEP_ASSERT(std::isfinite(value));
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
    out += text;
    constexpr double kExact = 1LL << 53;  // beyond it a number without point or exponent would be read as a whole one, and refused
    if (std::abs(value) >= kExact && text.find_first_of(".e") == text.npos) out += ".0";
  }
  void put(const base::Id& id) { quote(id.nil() ? std::string() : id.str()); }
  void put(base::Instant at) { quote(base::to_rfc3339(at)); }
  void put(base::Date date) { quote(base::to_iso(date)); }
  void put(const model::RawJson& raw) { out += raw.text; }
  template <Coded E>
  void put(E value) { quote(model::code(value)); }
  template <class T>
  void put(const std::optional<T>& value) { put(*value); }
  template <class T>
  void put(const std::vector<T>& list) {
    out += '[';
    for (const T& element : list) {
      if (&element != list.data()) out += ',';
      put(element);
    }
    out += ']';
  }
  template <class T>
  void put(const std::map<std::string, T>& map) {
    out += '{';
    bool first = true;
    for (const auto& [key, value] : map) {
      name(key, first);
      put(value);
    }
    out += '}';
  }
  void put(const model::Answer& answer) {
    std::visit([&](const auto& value) { put(value); }, answer);
  }
  void put(const model::NotCovered& not_covered) {
    put(std::map<std::string, std::string>{{kNotCovered, not_covered.why}});
  }
  template <Struct T>
  void put(const T& value) {
    out += '{';
    bool first = true;
    T::each(value, [&](const char* key, const auto& field) {
      if (absent(field)) return;
      name(key, first);
      put(field);
    });
    if constexpr (Keeping<T>) {
      for (const auto& [key, text] : value.extra) {
        name(key, first);
        out += text;
      }
    }
    out += '}';
  }

 private:
  template <class T>
  static bool absent(const std::optional<T>& value) { return !value; }
  static bool absent(const model::RawJson& raw) { return raw.text.empty(); }
  template <class T>
  static bool absent(const T&) { return false; }

  void name(std::string_view key, bool& first) {
    if (!first) out += ',';
    first = false;
    quote(key);
    out += ':';
  }
  /// What follows the backslash where a letter is not written as it is; 'u': its number.
  static constexpr auto kEscapes = [] {
    std::array<char, 256> out{};
    for (std::size_t c = 0; c < 0x20; ++c) out[c] = 'u';
    out['"'] = '"', out['\\'] = '\\', out['\n'] = 'n', out['\r'] = 'r', out['\t'] = 't';
    return out;
  }();
  void quote(std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::size_t size = text.size() + 2;
    for (char c : text) {
      const char escape = kEscapes[static_cast<unsigned char>(c)];
      size += (escape != 0) + (escape == 'u') * 4;
    }
    const std::size_t from = out.size();
    out.resize(from + size);  // once: operations stand as text in text, where every second letter may be escaped
    char* to = out.data() + from;
    *to++ = '"';
    for (char c : text) {
      const char escape = kEscapes[static_cast<unsigned char>(c)];
      if (!escape) {
        *to++ = c;
        continue;
      }
      *to++ = '\\';
      *to++ = escape;
      if (escape == 'u') to = std::copy_n(std::array{'0', '0', kHex[c >> 4], kHex[c & 15]}.data(), 4, to);
    }
    *to = '"';
  }
};

// In ------------------------------------------------------------------------------------------------------------------

/// Reads until the first thing that is wrong, and says where that was. Never quotes a value: it may be a case's words.
class Reader {
 public:
  std::optional<base::Error> error;

  void get(const json::value& from, std::string& to) {
    if (const json::string* text = from.if_string()) to.assign(text->data(), text->size());
    else wrong("not a string");
  }
  void get(const json::value& from, bool& to) {
    if (const bool* value = from.if_bool()) to = *value;
    else wrong("not true or false");
  }
  void get(const json::value& from, std::int64_t& to) {
    if (const std::int64_t* value = from.if_int64()) to = *value;
    else wrong(from.is_number() ? "not a whole number of 63 bits" : "not a number");
  }
  void get(const json::value& from, double& to) {
    if (from.is_number()) to = from.to_number<double>() + 0.0;  // -0 becomes 0, which is what it would be read as again
    else wrong("not a number");
  }
  void get(const json::value& from, base::Id& to) {
    const json::string* text = from.if_string();
    auto id = !text ? std::nullopt : text->empty() ? std::optional(base::Id()) : base::Id::parse(*text);
    if (id) to = *id;
    else wrong("not an id");
  }
  void get(const json::value& from, base::Instant& to) {
    const json::string* text = from.if_string();
    if (auto at = text ? base::from_rfc3339(*text) : std::nullopt) to = *at;
    else wrong("not a time (RFC 3339)");
  }
  void get(const json::value& from, base::Date& to) {
    const json::string* text = from.if_string();
    if (auto date = text ? base::date_from_iso(*text) : std::nullopt) to = *date;
    else wrong("not a date (YYYY-MM-DD)");
  }
  void get(const json::value& from, model::RawJson& to) { to.text = kept(from); }
  template <Coded E>
  void get(const json::value& from, E& to) {
    const json::string* text = from.if_string();
    if (auto value = text ? model::from_code<E>(*text) : std::nullopt) to = *value;
    else wrong("not a known code");
  }
  template <class T>
  void get(const json::value& from, std::optional<T>& to) { get(from, to.emplace()); }
  template <class T>
  void get(const json::value& from, std::vector<T>& to) {
    const json::array* list = from.if_array();
    if (!list) return wrong("not a list");
    to.clear();
    // One by one: three bytes of JSON can stand for a kilobyte of value, and the first may be wrong already.
    for (std::size_t i = 0; i < list->size() && !error; ++i) inside({{}, i}, [&] { get((*list)[i], to.emplace_back()); });
  }
  template <class T>
  void get(const json::value& from, std::map<std::string, T>& to) {
    const json::object* object = from.if_object();
    if (!object) return wrong("not an object");
    for (const auto& pair : *object) {
      if (error) return;
      inside({pair.key(), 0}, [&] { get(pair.value(), to[std::string(pair.key())]); });
    }
  }
  void get(const json::value& from, model::Answer& to) {
    if (from.is_string()) return get(from, to.emplace<std::string>());
    if (from.is_array()) return get(from, to.emplace<std::vector<std::string>>());
    if (from.is_number()) return get(from, to.emplace<std::int64_t>());
    const json::object* object = from.if_object();
    const json::value* why = object && object->size() == 1 ? object->if_contains(kNotCovered) : nullptr;
    if (why) get(*why, to.emplace<model::NotCovered>().why);
    else wrong("not an answer");
  }
  template <Struct T>
  void get(const json::value& from, T& to) {
    const json::object* object = from.if_object();
    if (!object) return wrong("not an object");
    read(*object, to);
  }

 private:
  // What may be left out: what has an empty state that means "not answered". All else is required.
  template <class T>
  void missing(std::optional<T>&) {}
  void missing(std::string&) {}
  void missing(model::RawJson&) {}
  template <class T>
  void missing(std::vector<T>&) {}
  template <class T>
  void missing(std::map<std::string, T>&) {}
  template <Struct T>
  void missing(T& value) { read({}, value); }  // complains about the first of its fields that is required
  template <class T>
  void missing(T&) { wrong("missing"); }

  template <Struct T>
  void read(const json::object& object, T& to) {
    std::size_t taken = 0;
    T::each(to, [&](const char* key, auto& field) {
      if (error) return;
      inside({key, 0}, [&] {
        const json::value* value = object.if_contains(key);
        if (!value) return missing(field);
        ++taken;
        get(*value, field);
      });
    });
    if constexpr (Keeping<T>) {
      if (taken == object.size()) return;
      std::set<std::string_view> known;
      T::each(to, [&](const char* key, auto&) { known.insert(key); });
      for (const auto& pair : object)
        if (!known.count(pair.key())) inside({pair.key(), 0}, [&] { to.extra[std::string(pair.key())] = kept(pair.value()); });
    }
  }

  /// As JSON text. A merge puts what it found under "conflicts", where it stands deeper than where it was read.
  std::string kept(const json::value& value) {
    if (path_.size() + depth(value) > limits::kJsonDepth) wrong("nested deeper than 32");
    return json::serialize(value);
  }
  static std::size_t depth(const json::value& value) {
    std::size_t below = 0;
    if (const json::array* list = value.if_array())
      for (const json::value& element : *list) below = std::max(below, depth(element));
    if (const json::object* object = value.if_object())
      for (const auto& pair : *object) below = std::max(below, depth(pair.value()));
    return value.is_structured() ? below + 1 : 0;
  }

  /// A member by its name, or without one a place in a list. Put into words only when something is wrong.
  struct Step {
    std::string_view name;
    std::size_t index;
  };
  template <class F>
  void inside(Step step, F&& f) {
    path_.push_back(step);
    f();
    path_.pop_back();
  }
  void wrong(const char* what) {
    if (error) return;
    std::string path;
    for (const Step& step : path_) {
      if (!step.name.data()) path += "[" + std::to_string(step.index) + "]";
      else path.append(path.empty() ? "" : ".").append(step.name);
    }
    error = base::Error{base::Fault::Invalid, "wire.decode", (path.empty() ? "the document" : path) + ": " + what};
  }

  std::vector<Step> path_;
};

}  // namespace

template <class T>
std::string encode(const T& value) {
  Writer writer;
  writer.put(value);
  return std::move(writer.out);
}

template <class T>
base::Result<T> decode(std::string_view text) {
  json::monotonic_resource values;  // they all go together
  DOORSTEP_TRY_ASSIGN(const json::value document, parse_json(text, &values));
  return decode_value<T>(document);
}

template <class T>
base::Result<T> decode_value(const json::value& document) {
  Reader reader;
  T value;
  reader.get(document, value);
  if (reader.error) return *reader.error;
  return value;
}

#define DOORSTEP_WIRE(T)                                     \
  template std::string encode<T>(const T&);                  \
  template base::Result<T> decode<T>(std::string_view);      \
  template base::Result<T> decode_value<T>(const json::value&)

DOORSTEP_WIRE(model::Family);
DOORSTEP_WIRE(model::Child);
DOORSTEP_WIRE(model::Worker);
DOORSTEP_WIRE(model::Visit);
DOORSTEP_WIRE(model::ChildPart);
DOORSTEP_WIRE(model::ChildRecord);
DOORSTEP_WIRE(model::Decision);
DOORSTEP_WIRE(model::Addendum);
DOORSTEP_WIRE(model::Disposition);
DOORSTEP_WIRE(model::Revision);
DOORSTEP_WIRE(Operation);
DOORSTEP_WIRE(MatchBody);
DOORSTEP_WIRE(ReceiptStatement);
DOORSTEP_WIRE(SignedStatement);
DOORSTEP_WIRE(LeaseStatement);
DOORSTEP_WIRE(CommandStatement);
DOORSTEP_WIRE(OpResult);
DOORSTEP_WIRE(OpsBatch);
DOORSTEP_WIRE(Cursor);
DOORSTEP_WIRE(View);
DOORSTEP_WIRE(SyncRequest);
DOORSTEP_WIRE(CasePull);
DOORSTEP_WIRE(Receipt);
DOORSTEP_WIRE(SyncReply);
DOORSTEP_WIRE(BlobState);
DOORSTEP_WIRE(EnrolRequest);
DOORSTEP_WIRE(EnrolReply);
DOORSTEP_WIRE(ActivateRequest);
DOORSTEP_WIRE(ActivateReply);
DOORSTEP_WIRE(RenewRequest);
DOORSTEP_WIRE(RenewReply);
DOORSTEP_WIRE(AuditStatement);
DOORSTEP_WIRE(SignedAudit);
DOORSTEP_WIRE(WitnessRequest);
DOORSTEP_WIRE(WitnessReply);
DOORSTEP_WIRE(CopyStatement);
DOORSTEP_WIRE(SignedCopy);
DOORSTEP_WIRE(DrainRequest);
DOORSTEP_WIRE(DrainReply);
DOORSTEP_WIRE(CommandRequest);
DOORSTEP_WIRE(CommandReply);
DOORSTEP_WIRE(Meta);
DOORSTEP_WIRE(Problem);

#undef DOORSTEP_WIRE

}  // namespace doorstep::wire
