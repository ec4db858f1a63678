#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <cmath>

#include "platform/base/limits.h"
#include "sync/wire/codec.h"

namespace doorstep::wire {
namespace {

namespace json = boost::json;

/// Builds a value as Boost's own parser does, and besides refuses duplicate keys (Boost keeps the last without a word),
/// whole numbers it could not keep exactly and numbers that became infinity, and remembers where it is.
class Builder {
 public:
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();
  using Ec = json::error_code;
  using Text = json::string_view;

  explicit Builder(json::storage_ptr storage) { stack_.reset(std::move(storage)); }

  bool on_document_begin(Ec&) { return true; }
  bool on_document_end(Ec&) { return true; }
  bool on_object_begin(Ec&) { return open(true); }
  bool on_object_end(std::size_t n, Ec& ec) {
    const auto names = keys_.begin() + static_cast<std::ptrdiff_t>(levels_.back().first_key);
    std::sort(names, keys_.end());
    if (const auto twice = std::adjacent_find(names, keys_.end()); twice != keys_.end()) {
      keys_.push_back(*twice);  // the path ends there
      return fail(ec, "a second member of the same name");
    }
    keys_.erase(names, keys_.end());
    levels_.pop_back();
    stack_.push_object(n);
    return next();
  }
  bool on_array_begin(Ec&) { return open(false); }
  bool on_array_end(std::size_t n, Ec&) {
    levels_.pop_back();
    stack_.push_array(n);
    return next();
  }
  bool on_key_part(Text s, std::size_t, Ec&) {
    key_ += s;
    stack_.push_chars(s);
    return true;
  }
  bool on_key(Text s, std::size_t, Ec&) {
    key_ += s;
    stack_.push_key(s);
    keys_.push_back(std::exchange(key_, {}));
    return true;
  }
  bool on_string_part(Text s, std::size_t, Ec&) {
    stack_.push_chars(s);
    return true;
  }
  bool on_string(Text s, std::size_t, Ec&) {
    stack_.push_string(s);
    return next();
  }
  bool on_number_part(Text, Ec&) { return true; }
  bool on_int64(std::int64_t i, Text, Ec&) {
    stack_.push_int64(i);
    return next();
  }
  bool on_uint64(std::uint64_t u, Text, Ec&) {
    stack_.push_uint64(u);
    return next();
  }
  bool on_double(double d, Text text, Ec& ec) {
    if (text.find_first_of(".eE") == Text::npos) return fail(ec, "a whole number too large to keep exactly");
    if (!std::isfinite(d)) return fail(ec, "a number too large to keep");
    stack_.push_double(d);
    return next();
  }
  bool on_bool(bool b, Ec&) {
    stack_.push_bool(b);
    return next();
  }
  bool on_null(Ec&) {
    stack_.push_null();
    return next();
  }
  bool on_comment_part(Text, Ec&) { return true; }
  bool on_comment(Text, Ec&) { return true; }

  json::value release() { return stack_.release(); }
  const std::string& why() const { return why_; }
  std::string path() const {
    std::string out;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      const std::size_t keys = i + 1 < levels_.size() ? levels_[i + 1].first_key : keys_.size();
      if (!levels_[i].object) out += "[" + std::to_string(levels_[i].index) + "]";
      else if (keys > levels_[i].first_key) out += (out.empty() ? "" : ".") + keys_[keys - 1];
    }
    return out.empty() ? "the document" : out;
  }

 private:
  struct Level {
    bool object;
    std::size_t first_key;  ///< in keys_: from there to the next level's, the names of its members so far
    std::size_t index = 0;
  };

  bool open(bool object) {
    levels_.push_back({object, keys_.size()});
    return true;
  }
  bool next() {
    if (!levels_.empty()) ++levels_.back().index;
    return true;
  }
  bool fail(Ec& ec, const char* why) {
    why_ = why;
    ec = json::error::exception;  // any error stops the parser; why_ has the words
    return false;
  }

  json::value_stack stack_;
  std::vector<Level> levels_;
  std::vector<std::string> keys_;
  std::string key_, why_;
};

std::string words_for(json::error_code ec) {
  if (ec == json::error::too_deep) return "nested deeper than " + std::to_string(limits::kJsonDepth);
  if (ec == json::error::incomplete) return "ends in the middle";
  if (ec == json::error::extra_data) return "something follows the end";
  return "not JSON (" + ec.message() + ")";
}

}  // namespace

base::Result<json::value> parse_json(std::string_view text, json::storage_ptr storage) {
  auto invalid = [](std::string detail) { return base::Error{base::Fault::Invalid, "wire.parse", std::move(detail)}; };
  if (!base::is_utf8(text)) return invalid("not well-formed UTF-8");
  json::parse_options options;
  options.max_depth = limits::kJsonDepth;
  options.numbers = json::number_precision::precise;
  json::basic_parser<Builder> parser(options, std::move(storage));
  json::error_code ec;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && read < text.size()) ec = json::error::extra_data;
  if (!ec && !parser.done()) ec = json::error::incomplete;
  if (!ec) return parser.handler().release();
  const std::string& why = parser.handler().why();
  return invalid(parser.handler().path() + ": " + (why.empty() ? words_for(ec) : why));
}

}  // namespace doorstep::wire
