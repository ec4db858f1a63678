#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sync/server/repository.h"

namespace doorstep::server {

/// The files of the nightly extract; what is in them says assets/demo/README.md.
inline constexpr std::string_view kExtractFiles[] = {"workers.csv", "families.csv",     "children.csv",
                                                     "people.csv",  "involvements.csv", "allocations.csv",
                                                     "steps.csv",   "visits.csv",       "hazards.csv"};

struct ImportOptions {
  std::optional<Date> relative_to;  ///< accepts T, T-14, T+3 in dates, counted from this day; a demonstration only
};

/// A line that cannot be taken.
struct ImportProblem {
  std::string file;
  std::int64_t line = 0;  ///< 0: about the whole file
  std::string reason;     ///< column, what is there, what would be right
  std::string str() const { return file + (line ? ":" + std::to_string(line) : "") + ": " + reason; }
};

struct ImportReport {
  std::vector<ImportProblem> problems;           ///< of the files named here nothing was taken
  std::map<std::string, std::int64_t> taken;     ///< file -> rows
  std::int64_t workers_changed = 0, workers_left = 0, families_changed = 0, children_changed = 0, cases_moved = 0;
};

/// Brings the cases in line with an extract, in one transaction. `files`: name -> text; a missing file is a problem of its own.
/// A file with a bad row is not taken at all, and what it would have said stays as it was; the others are. Running it again
/// with the same files changes nothing. Who is not in workers.csv has left; a child without an allocation leaves every tablet.
base::Result<ImportReport> import_extract(Repository& repository, const std::map<std::string, std::string>& files,
                                          const ImportOptions& options, Instant now);

/// The case system's acknowledgement: record,hash,filed_at,reference (hash: of the approved text; filed_at: RFC 3339).
/// All lines or none. A line that was taken before changes nothing. The number of records newly filed.
struct FiledReport {
  std::vector<ImportProblem> problems;
  std::int64_t filed = 0;
};
base::Result<FiledReport> import_filed(Repository& repository, const std::string& name, const std::string& text, Instant now);

}  // namespace doorstep::server
