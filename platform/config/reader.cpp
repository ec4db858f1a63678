#include "platform/config/reader.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "platform/base/bytes.h"
#include "platform/config/nearest.h"

namespace doorstep::config {
namespace {

// What the example file carries where a council must decide; refused wherever it stands.
constexpr std::string_view kExampleMark = "CHANGE ME";

std::string_view type_words(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "a list";
    case toml::node_type::string: return "text";
    case toml::node_type::integer: return "a whole number";
    case toml::node_type::floating_point: return "a number with a point";
    case toml::node_type::boolean: return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time: return "a date or time";
    default: return "nothing";
  }
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

int line_of(const toml::node& node) { return std::max(1, static_cast<int>(node.source().begin.line)); }

bool is_plain_id(std::string_view text) {
  return !text.empty() && text.size() <= 40 && text[0] >= 'a' && text[0] <= 'z' &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

bool is_host(std::string_view text) {
  bool letters = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
  return !text.empty() && text.size() <= 253 && letters && text.front() != '.' && text.front() != '-' && text.back() != '.' &&
         text.find("..") == text.npos;
}

std::optional<std::uint16_t> port_from(std::string_view text, bool zero_too) {
  std::uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || (port == 0 && !zero_too)) return std::nullopt;
  return port;
}

std::optional<toml::table> File::parse(std::string_view text) {
  if (!base::is_utf8(text)) {
    std::size_t good = 0;
    int line = 1;
    for (std::size_t at = 0; at < text.size(); ++at)  // the last line whose beginning is still well-formed
      if (text[at] == '\n' && base::is_utf8(text.substr(good, at + 1 - good))) {
        good = at + 1;
        ++line;
      }
    problem(line, "", "this line is not UTF-8 text", "save the file as UTF-8");
    return std::nullopt;
  }
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    problem(std::max(1, static_cast<int>(error.source().begin.line)), "", "this is not TOML: " + std::string(error.description()),
            "a line looks like: name = \"Northmere Council\", or [server]");
    return std::nullopt;
  }
}

std::vector<Problem> File::take() {
  std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) { return a.line < b.line; });
  return std::move(problems_);
}

Table::Table(File& file, const toml::table* node, std::string path, int line)
    : file_(&file), node_(node), path_(std::move(path)), line_(line) {}

const toml::node* Table::find(const std::string& key) {
  known_.push_back(key);
  return node_ ? node_->get(key) : nullptr;
}

void Table::problem(const std::string& key, int line, std::string what, std::string would_be_right) {
  file_->problem(line, dotted(key), std::move(what), std::move(would_be_right));
}

void Table::missing(const std::string& key, const std::string& example) {
  problem(key, line_, path_.empty() ? "it is missing" : "it is missing from [" + path_ + "]", "write " + example);
}

void Table::wrong_type(const std::string& key, const toml::node& node, const std::string& wanted, const std::string& example) {
  problem(key, line_of(node), "this is " + std::string(type_words(node)) + ", not " + wanted, "write " + example);
}

std::optional<Found<std::string>> Table::maybe_text(const std::string& key, const std::string& example) {
  const auto* node = find(key);
  if (!node) return std::nullopt;
  const auto* text = node->as_string();
  if (!text) {
    wrong_type(key, *node, "text", example);
    return std::nullopt;
  }
  if (text->get().find_first_not_of(" \t\r\n") == std::string::npos) {
    problem(key, line_of(*node), "it is empty", "write " + example);
    return std::nullopt;
  }
  if (text->get().find(kExampleMark) != std::string::npos) {
    problem(key, line_of(*node), "this is still the example's", "only the council can decide it: write " + example);
    return std::nullopt;
  }
  return Found<std::string>{text->get(), line_of(*node)};
}

std::optional<Found<std::string>> Table::text(const std::string& key, const std::string& example) {
  if (!has(key)) missing(key, example);
  return maybe_text(key, example);
}

std::optional<Found<std::int64_t>> Table::maybe_number(const std::string& key, std::int64_t low, std::int64_t high,
                                                       const std::string& unit) {
  const auto* node = find(key);
  if (!node) return std::nullopt;
  std::string example = key + " = " + std::to_string(low);
  std::string range = low == high ? example : "write a whole number from " + std::to_string(low) + " to " + std::to_string(high) + unit;
  const auto* number = node->as_integer();
  if (!number) {
    problem(key, line_of(*node), "this is " + std::string(type_words(*node)) + ", not a whole number", range);
    return std::nullopt;
  }
  if (number->get() < low || number->get() > high) {
    problem(key, line_of(*node), std::to_string(number->get()) + (number->get() < low ? " is too small" : " is too large"), range);
    return std::nullopt;
  }
  return Found<std::int64_t>{number->get(), line_of(*node)};
}

std::optional<Found<std::int64_t>> Table::number(const std::string& key, std::int64_t low, std::int64_t high, const std::string& unit) {
  if (!has(key)) missing(key, key + " = " + std::to_string(low));
  return maybe_number(key, low, high, unit);
}

bool Table::flag(const std::string& key) {
  const auto* node = find(key);
  if (!node) return false;
  const auto* flag = node->as_boolean();
  if (!flag) wrong_type(key, *node, "true or false", key + " = true, without quotes");
  return flag && flag->get();
}

std::optional<Found<base::Date>> Table::maybe_date(const std::string& key) {
  const auto* node = find(key);
  if (!node) return std::nullopt;
  const auto* date = node->as_date();
  if (!date) {
    wrong_type(key, *node, "a date", key + " = 2027-03-31, without quotes");
    return std::nullopt;
  }
  const toml::date day = date->get();
  return Found<base::Date>{std::chrono::year(day.year) / std::chrono::month(day.month) / std::chrono::day(day.day), line_of(*node)};
}

std::optional<Table> Table::maybe_table(const std::string& key) {
  const auto* node = find(key);
  if (!node) return std::nullopt;
  const auto* table = node->as_table();
  if (!table) {
    wrong_type(key, *node, "a table", "a line of its own: [" + dotted(key) + "]");
    return std::nullopt;
  }
  return Table(*file_, table, dotted(key), line_of(*table));
}

std::optional<Table> Table::table(const std::string& key, const std::string& example) {
  if (!has(key)) problem(key, line_, "the table [" + dotted(key) + "] is missing", "write " + example);
  return maybe_table(key);
}

std::vector<Table> Table::list(const std::string& key, const std::string& example) {
  const auto* node = find(key);
  std::vector<Table> out;
  if (!node) {
    problem(key, line_, "there is no [[" + dotted(key) + "]]", "write " + example);
    return out;
  }
  const auto* array = node->as_array();
  if (!array) {
    wrong_type(key, *node, "a list", example);
    return out;
  }
  if (array->empty()) problem(key, line_of(*array), "the list is empty", "write " + example);
  for (std::size_t i = 0; i < array->size(); ++i) {
    const auto& entry = *array->get(i);
    std::string name = key + "[" + std::to_string(i + 1) + "]";
    if (const auto* table = entry.as_table()) out.emplace_back(*file_, table, dotted(name), line_of(*table));
    else wrong_type(name, entry, "a table", example);
  }
  return out;
}

void Table::finish(const std::vector<std::string>& elsewhere) {
  if (!node_) return;
  for (const auto& [key, node] : *node_) {
    std::string name(key.str());
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    std::string right;
    for (const auto& path : elsewhere)  // the right key in the wrong table
      if (path.size() > name.size() && path.ends_with("." + name) && path != dotted(name))
        right = "it belongs in [" + path.substr(0, path.size() - name.size() - 1) + "]";
    if (auto near = nearest(name, known_); right.empty() && !near.empty()) right = "did you mean \"" + near + "\"?";
    if (right.empty()) right = "known here: " + join(known_);
    problem(name, std::max(1, static_cast<int>(key.source().begin.line)), "there is no such key", right);
  }
}

Council read_council(Table& root, const std::vector<std::string>& elsewhere) {
  Council council;
  auto table = root.table("council", "[council] with id and name");
  if (!table) return council;
  if (auto id = table->text("id", "id = \"northmere\"")) {
    if (is_plain_id(id->value)) council.id = id->value;
    else table->problem("id", id->line, "\"" + id->value + "\" is no id", "use lower-case letters, digits and hyphens: id = \"northmere\"");
  }
  if (auto name = table->text("name", "name = \"Northmere Council\"")) council.name = name->value;
  table->finish(elsewhere);
  return council;
}

}  // namespace doorstep::config
