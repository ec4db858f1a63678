#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

#include "platform/base/time.h"
#include "platform/config/council.h"
#include "platform/config/problem.h"

namespace doorstep::config {

/// One file being read: its problems, found in any order and told in the file's. Only for this room's sources.
class File {
 public:
  explicit File(std::string name) : name_(std::move(name)) {}
  void problem(int line, std::string key, std::string what, std::string would_be_right) {
    problems_.push_back({name_, line, std::move(key), std::move(what), std::move(would_be_right)});
  }
  /// The parsed document; empty, with a problem, when it is no TOML.
  std::optional<toml::table> parse(std::string_view text);
  bool good() const { return problems_.empty(); }
  /// Sorted by line.
  std::vector<Problem> take();

 private:
  std::string name_;
  std::vector<Problem> problems_;
};

/// A value with the line it stands on.
template <class T>
struct Found {
  T value;
  int line = 0;
};

/// One table being read. Every key that is asked for becomes a known one; finish() refuses the others. What is missing or
/// of the wrong type becomes a problem, and an empty answer.
class Table {
 public:
  /// `path`: dotted name, empty for the whole file. `node` may be null: then nothing is there.
  Table(File& file, const toml::table* node, std::string path, int line);

  /// Required, and not empty.
  std::optional<Found<std::string>> text(const std::string& key, const std::string& example);
  /// Not empty when it is there.
  std::optional<Found<std::string>> maybe_text(const std::string& key, const std::string& example);
  /// Required.
  std::optional<Found<std::int64_t>> number(const std::string& key, std::int64_t low, std::int64_t high, const std::string& unit);
  std::optional<Found<std::int64_t>> maybe_number(const std::string& key, std::int64_t low, std::int64_t high, const std::string& unit);
  bool flag(const std::string& key);  ///< true or false, without quotes; false when it is not there
  std::optional<Found<base::Date>> maybe_date(const std::string& key);  ///< a date without a time and without quotes
  /// Required: a missing one is a problem, and answers as an empty table whose own keys are not asked for again.
  std::optional<Table> table(const std::string& key, const std::string& example);
  std::optional<Table> maybe_table(const std::string& key);
  /// [[key]] entries in their order; a missing or empty list is a problem.
  std::vector<Table> list(const std::string& key, const std::string& example);
  /// Says what is wrong with the value of `key`.
  void problem(const std::string& key, int line, std::string what, std::string would_be_right);
  /// `elsewhere`: dotted keys of other tables, so that a key in the wrong table is sent to the right one.
  void finish(const std::vector<std::string>& elsewhere);
  bool has(const std::string& key) const { return node_ && node_->contains(key); }
  int line() const { return line_; }
  std::string dotted(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

 private:
  const toml::node* find(const std::string& key);
  void missing(const std::string& key, const std::string& example);
  void wrong_type(const std::string& key, const toml::node& node, const std::string& wanted, const std::string& example);

  File* file_;
  const toml::table* node_;
  std::string path_;
  int line_;
  std::vector<std::string> known_;
};

/// [council], required, of the file's `root`. `elsewhere`: as for Table::finish.
Council read_council(Table& root, const std::vector<std::string>& elsewhere);

/// The line a node begins on.
int line_of(const toml::node& node);

/// Lower-case letters, digits and hyphens, beginning with a letter, at most 40: an id people can read.
bool is_plain_id(std::string_view text);
/// A DNS name or an IP address, as certificates name servers: no scheme, no port, no slash.
bool is_host(std::string_view text);
/// 1..65535, or 0 when `zero_too`.
std::optional<std::uint16_t> port_from(std::string_view text, bool zero_too);

}  // namespace doorstep::config
