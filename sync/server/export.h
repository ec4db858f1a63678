#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "sync/rules/clocks.h"
#include "sync/rules/form.h"
#include "sync/server/blobs.h"
#include "sync/server/repository.h"

namespace doorstep::server {

/// A photo or drawing of an exported record.
struct ExportedBlob {
  model::Attachment attachment;
  std::string file;  ///< its name, beside the page; empty: it could not be read
};

/// An approved record with everything that stands beside it.
struct ExportedRecord {
  model::Revision revision;         ///< the approved one
  model::ChildRecord record;
  std::string child_ref;            ///< the case system's key; empty for a provisional case
  std::string author_name;
  std::vector<model::Decision> decisions;  ///< oldest first; the last is the approval
  std::vector<model::Addendum> addenda;    ///< oldest first
  std::vector<model::Disposition> dispositions;
  std::vector<ExportedBlob> blobs;
  std::vector<model::PlanStep> agreed;     ///< what the family may be given to read, by day
};

/// The whole record as one HTML page: opens without Doorstep or a network, prints, and every word stands in it as written.
/// `levels`: the words for risk and threshold codes of its own set; other sets' codes stand as they are.
std::string record_html(const ExportedRecord& record, const rules::Form& form, const rules::Thresholds& levels);
/// What was agreed, as one HTML page that prints on A4, for the child's family: each step of `agreed`, who sees to it and by when,
/// the worker and the day, and how to say that something is wrong. Nothing else of the record stands in it.
std::string family_copy_html(const ExportedRecord& record);
/// The same as JSON; `body` is the approved text's exact bytes, as a string, so that its hash can be checked.
std::string record_json(const ExportedRecord& record);

struct ExportReport {
  std::int64_t records = 0, visits = 0, not_seen = 0, blobs = 0;
  std::int64_t family_copies = 0;
  std::int64_t blobs_unread = 0;  ///< their files are gone or damaged; the pages say so
  std::vector<std::string> files;
};

/// Writes into `folder` (made, 0700): records/<id>.html and .json for every approved record, with its photos as
/// records/<id>-<n>.jpg or .png, and records/<id>-family.html where its visit agreed anything with the family; index.html;
/// ssd_cin_visits.csv, ssd_cp_visits.csv, ssd_cla_visits.csv, not_seen.csv and last_seen.csv for what was submitted or approved;
/// and manifest.json with every file's SHA-256. In the three tables stand visits that saw the child; attempts stand in
/// not_seen.csv, so that nobody takes an attempt for a sighting. Cells of CSV files are safe_cell()s.
base::Result<ExportReport> export_records(Repository& repository, const std::vector<rules::Form>& forms,
                                          const rules::Thresholds& levels, const BlobFolder& blobs, const std::filesystem::path& folder,
                                          Instant now);

}  // namespace doorstep::server
