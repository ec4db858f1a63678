#include "sync/server/csv.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

FUZZ(server_csv) {
  DOORSTEP_ASSERT(server::plain_cell(server::safe_cell(input)) == input);
  const auto table = server::parse_csv(input);
  if (!table) {
    const base::Error error = table.error();
    DOORSTEP_ASSERT(error.where.starts_with("line "));
    return fuzz::names_a_place(error);
  }
  std::string written = "\xEF\xBB\xBF" + server::csv_line(table->columns);  // a cell that begins with such a mark keeps it
  for (const server::CsvRow& row : table->rows) written += server::csv_line(row.cells);
  const auto again = server::parse_csv(written);
  DOORSTEP_ASSERT(again.has_value() && again->columns == table->columns && again->rows.size() == table->rows.size());
  for (std::size_t i = 0; i < table->rows.size(); ++i) DOORSTEP_ASSERT(again->rows[i].cells == table->rows[i].cells);
}
