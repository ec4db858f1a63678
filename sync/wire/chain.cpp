#include <algorithm>

#include "sync/wire/codec.h"

namespace doorstep::wire {

std::string chain_next(const std::string& previous, std::string_view bytes) {
  return base::sha256_hex(previous + std::string(bytes));
}

std::string chain_next(const std::string& previous, const model::Revision& revision) {
  return base::sha256_hex(previous + revision.record.str() + std::to_string(revision.rev) + revision.hash +
                          std::string(model::code(revision.state)));
}

std::string view_digest(std::vector<Cursor> cursors) {
  std::sort(cursors.begin(), cursors.end(), [](const Cursor& a, const Cursor& b) { return a.case_id < b.case_id; });
  std::string text;
  for (const Cursor& cursor : cursors) text += cursor.case_id.str() + " " + std::to_string(cursor.seq) + " " + cursor.chain + "\n";
  return base::sha256_hex(text);
}

}  // namespace doorstep::wire
