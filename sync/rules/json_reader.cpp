#include "sync/rules/json_reader.h"

#include "platform/base/limits.h"

namespace doorstep::rules {
namespace {

const boost::json::value kNull;

}  // namespace

void Place::fail(std::string_view key, std::string detail) const {
  if (*error_) return;
  std::string where = path_;
  if (!key.empty()) where += (where.empty() ? "" : ".") + std::string(key);
  if (where.empty()) where = "the whole file";
  *error_ = base::Error{base::Fault::Invalid, where, std::move(detail)};
}

bool Place::has(std::string_view key) const { return value_->is_object() && value_->as_object().contains(key); }

Place Place::at(std::string_view key) const {
  const boost::json::value* found = &kNull;
  if (value_->is_object())
    if (const auto* member = value_->as_object().if_contains(key)) found = member;
  return Place(*found, path_ + (path_.empty() ? "" : ".") + std::string(key), *error_);
}

std::vector<Place> Place::items(std::string_view key) const {
  std::vector<Place> out;
  const Place list = at(key);
  if (list.value().is_null()) return out;
  if (!list.value().is_array()) {
    fail(key, "must be a list: [ ... ]");
    return out;
  }
  std::size_t n = 0;
  for (const auto& item : list.value().as_array())
    out.emplace_back(item, list.path() + "[" + std::to_string(n++) + "]", *error_);
  return out;
}

std::string Place::text(std::string_view key) const {
  std::string out = text_or_empty(key);
  if (out.empty()) fail(key, "must be there, and a text");
  return out;
}

std::string Place::text_or_empty(std::string_view key) const {
  const Place member = at(key);
  if (member.value().is_null()) return {};
  if (!member.value().is_string()) {
    fail(key, "must be a text in quotes");
    return {};
  }
  return std::string(member.value().as_string());
}

std::vector<std::string> Place::texts(std::string_view key) const {
  std::vector<std::string> out;
  for (const Place& item : items(key)) {
    if (item.value().is_string()) out.emplace_back(item.value().as_string());
    else item.fail({}, "must be a text in quotes");
  }
  return out;
}

bool Place::flag(std::string_view key) const {
  const Place member = at(key);
  if (member.value().is_null()) return false;
  if (!member.value().is_bool()) {
    fail(key, "must be true or false");
    return false;
  }
  return member.value().as_bool();
}

int Place::number(std::string_view key, int low, int high) const {
  const Place member = at(key);
  if (!member.value().is_int64() || member.value().as_int64() < low || member.value().as_int64() > high) {
    fail(key, "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    return low;
  }
  return static_cast<int>(member.value().as_int64());
}

base::Date Place::date(std::string_view key) const {
  const auto day = base::date_from_iso(text(key));
  if (!day) fail(key, "must be a day that exists, as YYYY-MM-DD");
  return day.value_or(base::Date{});
}

void Place::only(std::initializer_list<std::string_view> keys) const {
  if (!value_->is_object()) {
    fail({}, "must be an object: { ... }");
    return;
  }
  for (const auto& [key, unused] : value_->as_object()) {
    if (std::find(keys.begin(), keys.end(), std::string_view(key)) != keys.end()) continue;
    std::string known;
    for (const auto k : keys) known += (known.empty() ? "" : ", ") + std::string(k);
    fail(key, "is not known here; known are: " + known);
  }
}

base::Result<boost::json::value> parse_document(std::string_view json, std::string_view what) {
  if (json.size() > limits::kAssetBytes)
    return base::Error{base::Fault::Full, std::string(what), "is larger than " + std::to_string(limits::kAssetBytes) + " bytes"};
  boost::json::stream_parser parser;
  boost::system::error_code code;
  std::size_t read = parser.write_some(json.data(), json.size(), code);
  if (!code && read == json.size()) parser.finish(code);
  if (code || read != json.size()) {
    const std::string_view before = json.substr(0, std::min(read, json.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    return base::Error{base::Fault::Invalid, std::string(what) + ":" + std::to_string(line),
                       "is not JSON: " + (code ? code.message() : std::string("text after the end"))};
  }
  return parser.release();
}

base::Result<Words> Words::parse(std::string_view json, std::string_view what) {
  DOORSTEP_TRY_ASSIGN(const boost::json::value document, parse_document(json, what));
  if (!document.is_object()) return base::Error{base::Fault::Invalid, std::string(what), "not a JSON object of sentences"};
  const auto names = [](std::string_view text) { return text.find("{name}") != text.npos; };
  Words out;
  out.words_ = document.get_object();
  for (const auto& [sentence, said] : out.words_)
    if (!said.is_string() || said.get_string().empty() || names(sentence) != names(said.get_string()))
      return base::Error{base::Fault::Invalid, std::string(what),
                         "“" + std::string(sentence) + "”: must be text, with {name} where it has it"};
  return out;
}

void Words::put(std::string& sentence) const {
  if (const auto* said = words_.if_contains(sentence)) sentence = std::string(said->get_string());
}

}  // namespace doorstep::rules
