#include "sync/server/csv.h"

#include <algorithm>

#include "platform/base/bytes.h"

namespace doorstep::server {

namespace {

using base::Error;
using base::Fault;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kRisky = "=+-@\t\r\n'";

Error wrong(std::int64_t line, std::string what) {
  return {Fault::Invalid, "line " + std::to_string(line), std::move(what)};
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return at_ >= text_.size(); }
  std::int64_t line() const { return line_; }

  base::Result<CsvRow> row() {
    CsvRow out;
    out.line = line_;
    for (;;) {
      DOORSTEP_TRY_ASSIGN(std::string cell, quoted() ? quoted_cell() : plain());
      out.cells.push_back(std::move(cell));
      if (done()) return out;
      if (text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (end_of_line()) return out;
      return wrong(line_, "text after a closing quote");
    }
  }

 private:
  bool quoted() const { return at_ < text_.size() && text_[at_] == '"'; }

  bool end_of_line() {
    std::size_t length = text_.substr(at_, 2) == "\r\n" ? 2 : text_[at_] == '\n' ? 1 : 0;
    at_ += length;
    line_ += length > 0;
    return length > 0;
  }

  base::Result<std::string> plain() {
    std::size_t start = at_;
    while (!done() && text_[at_] != ',' && text_[at_] != '\n' && text_.substr(at_, 2) != "\r\n") {
      if (text_[at_] == '"') return wrong(line_, "a quote inside a cell that is not quoted");
      ++at_;
    }
    return std::string(text_.substr(start, at_ - start));
  }

  base::Result<std::string> quoted_cell() {
    std::string out;
    std::int64_t opened = line_;
    for (++at_; !done(); ++at_) {
      if (text_[at_] == '"') {
        if (text_.substr(at_, 2) != "\"\"") {
          ++at_;
          return out;
        }
        ++at_;
      }
      line_ += text_[at_] == '\n';
      out += text_[at_];
    }
    return wrong(opened, "a quote that is never closed");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
};

}  // namespace

base::Result<CsvTable> parse_csv(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (!base::is_utf8(text)) {
    std::int64_t line = 1;
    for (std::size_t start = 0; start < text.size(); ++line) {
      std::size_t end = std::min(text.find('\n', start), text.size());
      if (!base::is_utf8(text.substr(start, end - start))) return wrong(line, "not UTF-8");
      start = end + 1;
    }
    return wrong(line, "not UTF-8");
  }
  auto control = std::find_if(text.begin(), text.end(), [](unsigned char c) {
    return (c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f;
  });
  if (control != text.end()) return wrong(1 + std::count(text.begin(), control, '\n'), "there is a control character in it");
  Reader reader(text);
  if (reader.done()) return wrong(1, "the file is empty; the first line names the columns");
  CsvTable out;
  DOORSTEP_TRY_ASSIGN(CsvRow head, reader.row());
  out.columns = std::move(head.cells);
  while (!reader.done()) {
    DOORSTEP_TRY_ASSIGN(CsvRow row, reader.row());
    if (row.cells.size() != out.columns.size())
      return wrong(row.line,
                   std::to_string(row.cells.size()) + " cells where the first line names " + std::to_string(out.columns.size()));
    out.rows.push_back(std::move(row));
  }
  return out;
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += ',';
    if (cells[i].find_first_of(",\"\r\n") == std::string::npos) {
      out += cells[i];
      continue;
    }
    out += '"';
    for (char c : cells[i]) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
  return out + "\r\n";
}

std::string safe_cell(std::string_view text) {
  bool risky = !text.empty() && kRisky.find(text.front()) != std::string_view::npos;
  return (risky ? "'" : "") + std::string(text);
}

std::string plain_cell(std::string_view cell) {
  if (cell.starts_with('\'')) cell.remove_prefix(1);
  return std::string(cell);
}

}  // namespace doorstep::server
