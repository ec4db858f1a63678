#include "tests/fuzz/office.h"

using namespace doorstep;

// The files of the extract in the order of kExtractFiles; then, perhaps, one of records that were filed.
FUZZ(server_import) {
  static const fuzz::Clock clock;
  static fuzz::Office office([](server::Repository& repository) {
    DOORSTEP_ASSERT(server::import_extract(repository, fuzz::demo_extract(), fuzz::demo_dates(), clock.now).has_value());
  });
  const auto repository = office.begin();
  const auto given = fuzz::parts(input, std::size(server::kExtractFiles) + 1);
  std::map<std::string, std::string> files;
  for (std::size_t i = 0; i < given.size() && i < std::size(server::kExtractFiles); ++i)
    files[std::string(server::kExtractFiles[i])] = given[i];

  const auto report = server::import_extract(*repository, files, fuzz::demo_dates(), clock.now);
  DOORSTEP_ASSERT(report.has_value());
  for (const auto& problem : report->problems)
    DOORSTEP_ASSERT(!problem.reason.empty() && problem.line >= 0 && !report->taken.contains(problem.file));
  const auto again = server::import_extract(*repository, files, fuzz::demo_dates(), clock.now);
  DOORSTEP_ASSERT(again.has_value() && again->problems.size() == report->problems.size() && again->taken == report->taken);
  DOORSTEP_ASSERT(again->workers_changed + again->workers_left + again->families_changed == 0);
  DOORSTEP_ASSERT(again->children_changed + again->cases_moved == 0);

  if (given.size() > std::size(server::kExtractFiles)) {
    const auto filed = server::import_filed(*repository, "filed.csv", std::string(given.back()), clock.now);
    DOORSTEP_ASSERT(filed.has_value() && (filed->problems.empty() || filed->filed == 0));
  }
  DOORSTEP_ASSERT(*(*repository->read())->audit_intact());
}
