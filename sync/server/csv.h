#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/error.h"

/// RFC 4180, in and out. Pure.
namespace doorstep::server {

struct CsvRow {
  std::int64_t line = 0;  ///< where it begins in the file, from 1
  std::vector<std::string> cells;
};
struct CsvTable {
  std::vector<std::string> columns;  ///< the first line
  std::vector<CsvRow> rows;
};

/// Reads UTF-8 with or without a byte order mark, CRLF or LF. Nothing inside a cell is changed. Fault::Invalid with
/// `where` "line 12" for text that is not UTF-8, a quote out of place or never closed, or a row with another number of cells.
base::Result<CsvTable> parse_csv(std::string_view text);

/// One line with its CRLF; a cell is quoted where it must be.
std::string csv_line(const std::vector<std::string>& cells);

/// A cell that no spreadsheet takes for a formula: text that begins with = + - @ tab, CR, LF or ' gets one ' in front.
/// plain_cell(safe_cell(x)) == x.
std::string safe_cell(std::string_view text);
std::string plain_cell(std::string_view cell);

}  // namespace doorstep::server
