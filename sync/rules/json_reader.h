#pragma once
#include <boost/json.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/error.h"
#include "platform/base/time.h"
#include "sync/model/codes.h"

/// Reading our own asset files. Only for this room's sources.
namespace doorstep::rules {

/// A place in a JSON document and the first error found anywhere in it. Reading goes on after an error with empty values,
/// so that a reader needs one check at the end. Borrows the document and the error.
class Place {
 public:
  Place(const boost::json::value& value, std::string path, std::optional<base::Error>& error)
      : value_(&value), path_(std::move(path)), error_(&error) {}

  bool has(std::string_view key) const;
  Place at(std::string_view key) const;                 ///< a missing member reads as null
  std::vector<Place> items(std::string_view key) const; ///< of an array; none when missing
  std::string text(std::string_view key) const;         ///< must be there and not empty
  std::string text_or_empty(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  bool flag(std::string_view key) const;                ///< false when missing
  int number(std::string_view key, int low, int high) const;
  base::Date date(std::string_view key) const;
  template <class E>
  E code(std::string_view key) const {
    const std::string word = text(key);
    if (const auto value = model::from_code<E>(word)) return *value;
    fail(key, "“" + word + "” is not one of: " + known_codes<E>());
    return E{};
  }
  template <class E>
  std::vector<E> codes(std::string_view key) const {
    std::vector<E> out;
    for (const std::string& word : texts(key)) {
      if (const auto value = model::from_code<E>(word)) out.push_back(*value);
      else fail(key, "“" + word + "” is not one of: " + known_codes<E>());
    }
    return out;
  }
  /// Any other member is an error: a misspelt key must not be a rule that silently does not hold.
  void only(std::initializer_list<std::string_view> keys) const;

  const boost::json::value& value() const { return *value_; }
  const std::string& path() const { return path_; }
  void name(std::string_view id) { path_ += " " + std::string(id); }  ///< adds the id to what errors say
  void fail(std::string_view key, std::string detail) const;
  bool failed() const { return error_->has_value(); }

 private:
  template <class E>
  static std::string known_codes() {
    std::string out;
    for (const auto& [value, text] : model::CodeTable<E>::values) out += (out.empty() ? "" : ", ") + std::string(text);
    return out;
  }
  const boost::json::value* value_;
  std::string path_;
  std::optional<base::Error>* error_;
};

/// One JSON document. Fault::Invalid with its line when it is not JSON, Fault::Full past limits::kAssetBytes.
base::Result<boost::json::value> parse_document(std::string_view json, std::string_view what);

/// Another language's words, by the English sentence each stands for.
class Words {
 public:
  /// Fault::Invalid, `what`: not an object of texts, or one without {name} where its sentence has it.
  static base::Result<Words> parse(std::string_view json, std::string_view what);
  /// A sentence that has no words stays.
  void put(std::string& sentence) const;

 private:
  boost::json::object words_;
};

}  // namespace doorstep::rules
