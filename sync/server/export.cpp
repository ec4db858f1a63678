#include "sync/server/export.h"

#include <algorithm>
#include <map>
#include <set>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "sync/model/attachment.h"
#include "sync/model/visit.h"
#include "sync/server/csv.h"
#include "sync/wire/codec.h"

namespace doorstep::server {

namespace {

namespace json = boost::json;
using base::Error;
using base::Fault;
using model::RecordKind;
using model::State;

/// A record that stands in the returns: submitted or approved.
struct Counted {
  RecordHead head;
  model::ChildRecord record;
};

std::string day_text(const std::optional<Date>& date) { return date ? base::to_iso(*date) : std::string(); }
std::string flag(const std::optional<bool>& value) { return !value ? "" : *value ? "Y" : "N"; }

/// The day it was where the visit took place.
std::optional<Date> day_of_visit(const model::VisitFacts& facts) {
  if (!facts.start) return std::nullopt;
  using namespace std::chrono;
  constexpr std::int64_t kDay = 24 * 60;  // minutes; no zone is further away
  const auto offset = minutes(std::clamp(facts.start->offset_min, -kDay, kDay));
  return year_month_day(floor<days>(sys_time<milliseconds>(milliseconds(facts.start->at.ms) + offset)));
}

std::string bedroom(const model::ChildRecord& record) {
  auto answer = record.part.answers.find("bedroom");
  if (answer == record.part.answers.end()) return "";
  const auto* code = std::get_if<std::string>(&answer->second);
  return !code ? "" : *code == "Y" ? "Y" : "N";
}

/// The case system's number of the plan or care period a visit belongs to.
std::string plan_ref(const model::Child& child, model::Status status) {
  std::string out;
  for (const model::Involvement& involvement : child.involvements)
    if (involvement.status == status && !involvement.plan_ref.empty() && (out.empty() || !involvement.ended))
      out = involvement.plan_ref;
  return out;
}

class Export {
 public:
  Export(Unit& unit, const std::vector<rules::Form>& forms, const rules::Thresholds& levels, const BlobFolder& blobs,
         std::filesystem::path folder, Instant now)
      : unit_(unit), forms_(forms), levels_(levels), blobs_(blobs), folder_(std::move(folder)), now_(now) {}

  Result<ExportReport> run() {
    DOORSTEP_TRY(base::make_private_folder(folder_ / "records"));
    DOORSTEP_TRY(load());
    for (const Counted& counted : records_)
      if (counted.head.revision.state == State::Approved) DOORSTEP_TRY(approved(counted));
    DOORSTEP_TRY(index());
    DOORSTEP_TRY(tables());
    DOORSTEP_TRY(manifest());
    return std::move(report_);
  }

 private:
  Result<void> load() {
    DOORSTEP_TRY(unit_.heads(RecordKind::Child, [&](const RecordHead& head) -> Result<void> {
      if (head.revision.body.empty()) return {};  // erased
      DOORSTEP_TRY_ASSIGN(children_[head.revision.record], wire::decode<model::Child>(head.revision.body));
      return {};
    }));
    DOORSTEP_TRY_ASSIGN(auto workers, unit_.workers());
    for (const WorkerRow& worker : workers) names_[worker.id] = worker.name;
    DOORSTEP_TRY(unit_.heads(RecordKind::ChildRecord, [&](const RecordHead& head) -> Result<void> {
      if (head.revision.state != State::Approved && head.revision.state != State::Submitted) return {};
      DOORSTEP_TRY_ASSIGN(auto record, wire::decode<model::ChildRecord>(head.revision.body));
      records_.push_back({head, std::move(record)});
      return {};
    }));
    DOORSTEP_TRY(load_beside<model::Decision>(RecordKind::Decision, decisions_, [&](const auto& one) {
      for (const model::PlanStep& step : one.directed_steps) directed_.insert(step.id);
      return one.on.record;
    }));
    DOORSTEP_TRY(load_beside<model::Addendum>(RecordKind::Addendum, addenda_, [](const auto& one) { return one.record; }));
    return load_beside<model::Disposition>(RecordKind::Disposition, dispositions_, [](const auto& one) { return one.record; });
  }

  /// What stands beside records, by the record and in the order the server took it in.
  template <class T>
  using Beside = std::map<Id, std::multimap<Instant, T>>;
  template <class T, class RecordOf>
  Result<void> load_beside(RecordKind kind, Beside<T>& into, const RecordOf& record_of) {
    return unit_.heads(kind, [&](const RecordHead& head) -> Result<void> {
      if (head.revision.body.empty()) return {};  // erased
      DOORSTEP_TRY_ASSIGN(T body, wire::decode<T>(head.revision.body));
      Id record = record_of(body);
      into[record].emplace(head.revision.at, std::move(body));
      return {};
    });
  }
  template <class T>
  static std::vector<T> list(const Beside<T>& beside, Id record) {
    std::vector<T> out;
    if (auto found = beside.find(record); found != beside.end())
      for (const auto& [at, one] : found->second) out.push_back(one);
    return out;
  }

  /// What the tablet offers for the family's copy, but no step that a supervisor directed: nobody chooses here, and it may be nobody in
  /// the family ever heard of it. A visit at which nobody was met agreed nothing.
  std::vector<model::PlanStep> agreed(const model::ChildRecord& record) const {
    if (!entered(record)) return {};
    auto steps = rules::for_family(record.part);
    std::erase_if(steps, [&](const model::PlanStep& step) { return directed_.contains(step.id); });
    return steps;
  }

  const model::Child& child_of(const Counted& counted) { return children_[counted.head.case_id]; }

  Result<void> write(const std::string& name, const std::string& bytes) {
    DOORSTEP_TRY(base::write_file_atomic(folder_ / name, bytes, base::Access::Owner));
    files_.push_back(json::object{{"path", name}, {"sha256", base::sha256_hex(bytes)}, {"bytes", bytes.size()}});
    report_.files.push_back(name);
    return {};
  }

  /// One that cannot be read is told and keeps nothing else back.
  Result<std::vector<ExportedBlob>> blobs_of(const Counted& counted) {
    std::vector<ExportedBlob> out;
    const auto named = model::attachments_of(counted.record.part);
    if (named.empty()) return out;
    const Id record = counted.head.revision.record;
    DOORSTEP_TRY_ASSIGN(const auto rows, unit_.blobs_of(record));
    for (const model::Attachment& attachment : named) {
      out.push_back({attachment, {}});
      const auto row = std::find_if(rows.begin(), rows.end(), [&](const BlobRow& blob) { return blob.sha256 == attachment.sha256; });
      const auto bytes = row == rows.end() ? Result<std::string>(Error{Fault::NotFound, "export.blob", {}}) : whole_blob(blobs_, *row);
      ++(bytes ? report_.blobs : report_.blobs_unread);
      if (!bytes) continue;
      out.back().file = record.str() + "-" + std::to_string(out.size()) + std::string(model::extension_of(attachment.media_type));
      DOORSTEP_TRY(write("records/" + out.back().file, *bytes));
    }
    return out;
  }

  Result<void> approved(const Counted& counted) {
    if (forms_.empty()) return Error{Fault::NotFound, "export.form", "there is no visit form"};
    ExportedRecord exported;
    exported.revision = counted.head.revision;
    exported.record = counted.record;
    exported.child_ref = child_of(counted).external_ref;
    exported.author_name = names_[counted.record.author];
    Id id = exported.revision.record;
    exported.decisions = list(decisions_, id);
    exported.addenda = list(addenda_, id);
    exported.dispositions = list(dispositions_, id);
    DOORSTEP_TRY_ASSIGN(exported.blobs, blobs_of(counted));
    exported.agreed = agreed(counted.record);
    // Whoever the server knows has the name it knows: what a tablet wrote beside the id is not asked.
    auto rename = [&](std::string& name, Id worker) {
      if (auto known = names_.find(worker); known != names_.end()) name = known->second;
    };
    for (auto& decision : exported.decisions) rename(decision.reviewer_name, decision.reviewer);
    for (auto& addendum : exported.addenda) rename(addendum.author_name, addendum.author);
    for (auto& disposition : exported.dispositions) rename(disposition.by_name, disposition.by);
    const rules::Form* form = &forms_.back();
    for (const rules::Form& candidate : forms_)
      if (candidate.version == counted.record.versions.form) form = &candidate;
    DOORSTEP_TRY(write("records/" + id.str() + ".html", record_html(exported, *form, levels_)));
    DOORSTEP_TRY(write("records/" + id.str() + ".json", record_json(exported)));
    const std::string family_copy = exported.agreed.empty() ? "" : "records/" + id.str() + "-family.html";
    if (!family_copy.empty()) {
      DOORSTEP_TRY(write(family_copy, family_copy_html(exported)));
      ++report_.family_copies;
    }
    const model::Revision& revision = exported.revision;
    json::object line{{"record", id.str()}, {"child_ref", exported.child_ref}, {"rev", revision.rev}, {"hash", revision.hash}};
    if (!family_copy.empty()) line["family_copy"] = family_copy;
    if (revision.filed_at) line["filed_at"] = base::to_rfc3339(*revision.filed_at);
    approved_.push_back(std::move(line));
    index_ += "<li><a href=\"records/" + id.str() + ".html\">" + exported.child_ref + " " +
              day_text(day_of_visit(counted.record.facts)) + "</a>" +
              (family_copy.empty() ? "" : ", <a href=\"" + family_copy + "\">the family's copy</a>") + "</li>\n";
    ++report_.records;
    return {};
  }

  Result<void> index() {
    return write("index.html",
                 "<!DOCTYPE html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>Approved records</title></head>"
                 "<body><h1>Approved records</h1><ul>\n" +
                     index_ + "</ul></body></html>\n");
  }

  Result<void> tables() {
    std::string cin = csv_line({"cinv_person_id", "cinv_cin_visit_id", "cinv_cin_visit_date", "cinv_cin_visit_seen",
                                "cinv_cin_visit_seen_alone", "cinv_cin_visit_bedroom"});
    std::string cp = csv_line({"cppv_person_id", "cppv_cp_plan_id", "cppv_cp_visit_id", "cppv_cp_visit_date",
                               "cppv_cp_visit_seen", "cppv_cp_visit_seen_alone", "cppv_cp_visit_bedroom"});
    std::string cla = csv_line({"clav_person_id", "clav_cla_id", "clav_cla_visit_id", "clav_cla_visit_date",
                                "clav_cla_visit_seen", "clav_cla_visit_seen_alone"});
    std::string not_seen = csv_line({"person_id", "visit_id", "date", "type", "outcome", "reason", "last_seen"});

    struct Seen { std::optional<Date> on; std::optional<bool> alone; };
    std::map<Id, Seen> last;
    for (const auto& [id, child] : children_)
      if (child.last_seen) last[id] = {child.last_seen, child.last_seen_alone};
    for (const Counted& counted : records_) {
      auto day = day_of_visit(counted.record.facts);
      Seen& seen = last[counted.head.case_id];
      if (saw(counted.record) && day && (!seen.on || *seen.on <= *day)) seen = {day, counted.record.part.alone};
    }
    for (const Counted& counted : records_) {
      const model::ChildRecord& record = counted.record;
      if (!record.part.skip_reason.empty()) continue;
      const model::Child& child = child_of(counted);
      std::string person = child.external_ref.empty() ? record.part.id.str() : child.external_ref;
      std::string id = record.id.str(), day = day_text(day_of_visit(record.facts)), alone = flag(record.part.alone);
      if (!saw(record)) {
        auto code = [](const auto& value) { return value ? std::string(model::code(*value)) : std::string(); };
        const std::string reason = model::seen_not_covered(record.part) ? "NOT_COVERED" : record.part.not_seen.reason;
        not_seen += line({person, id, day, code(record.facts.type), code(record.facts.outcome), reason,
                          day_text(last[counted.head.case_id].on)});
        ++report_.not_seen;
        continue;
      }
      if (!record.facts.type) continue;
      switch (*record.facts.type) {
        case model::VisitType::Cin: cin += line({person, id, day, "Y", alone, bedroom(record)}); break;
        case model::VisitType::Cp:
          cp += line({person, plan_ref(child, model::Status::Cpp), id, day, "Y", alone, bedroom(record)});
          break;
        case model::VisitType::Cla: cla += line({person, plan_ref(child, model::Status::Cla), id, day, "Y", alone}); break;
        default: continue;  // no table takes the other kinds
      }
      ++report_.visits;
    }
    std::string last_seen = csv_line({"person_id", "last_seen", "last_seen_alone"});
    for (const auto& [id, seen] : last)
      if (seen.on) {
        const std::string& ref = children_[id].external_ref;
        last_seen += line({ref.empty() ? id.str() : ref, day_text(seen.on), flag(seen.alone)});
      }
    DOORSTEP_TRY(write("ssd_cin_visits.csv", cin));
    DOORSTEP_TRY(write("ssd_cp_visits.csv", cp));
    DOORSTEP_TRY(write("ssd_cla_visits.csv", cla));
    DOORSTEP_TRY(write("not_seen.csv", not_seen));
    return write("last_seen.csv", last_seen);
  }

  /// A child behind a door that stayed shut was not seen, whatever else was ticked.
  static bool saw(const model::ChildRecord& record) { return record.part.seen.value_or(false) && entered(record); }
  static bool entered(const model::ChildRecord& record) {
    return !record.facts.outcome || model::counts_as_visit(*record.facts.outcome);
  }
  static std::string line(std::vector<std::string> cells) {
    for (std::string& cell : cells) cell = safe_cell(cell);
    return csv_line(cells);
  }

  Result<void> manifest() {
    json::object out{{"made_at", base::to_rfc3339(now_)}, {"records", approved_}, {"files", files_}};
    return base::write_file_atomic(folder_ / "manifest.json", json::serialize(out) + "\n", base::Access::Owner);
  }

  Unit& unit_;
  const std::vector<rules::Form>& forms_;
  const rules::Thresholds& levels_;
  const BlobFolder& blobs_;
  std::filesystem::path folder_;
  Instant now_;
  ExportReport report_;
  std::map<Id, model::Child> children_;
  std::map<Id, std::string> names_;
  std::set<Id> directed_;  ///< steps that a supervisor directed
  std::vector<Counted> records_;
  Beside<model::Decision> decisions_;
  Beside<model::Addendum> addenda_;
  Beside<model::Disposition> dispositions_;
  json::array files_, approved_;
  std::string index_;
};

template <class T>
json::array parsed(const std::vector<T>& list) {
  json::array out;
  for (const T& one : list) out.push_back(json::parse(wire::encode(one)));
  return out;
}

}  // namespace

std::string record_json(const ExportedRecord& record) {
  const model::Revision& revision = record.revision;
  json::object out{{"record", revision.record.str()},
                   {"child", record.record.part.id.str()},
                   {"child_ref", record.child_ref},
                   {"rev", revision.rev},
                   {"hash", revision.hash},
                   {"author", record.record.author.str()},
                   {"author_name", record.author_name},
                   {"received_at", base::to_rfc3339(revision.at)},
                   {"body", revision.body},
                   {"decisions", parsed(record.decisions)},
                   {"addenda", parsed(record.addenda)},
                   {"dispositions", parsed(record.dispositions)}};
  json::array attachments;
  for (const ExportedBlob& blob : record.blobs)
    attachments.push_back(json::object{{"id", blob.attachment.id.str()}, {"sha256", blob.attachment.sha256}, {"file", blob.file}});
  if (!attachments.empty()) out["attachments"] = std::move(attachments);
  if (revision.filed_at) out["filed_at"] = base::to_rfc3339(*revision.filed_at);
  return json::serialize(out) + "\n";
}

Result<ExportReport> export_records(Repository& repository, const std::vector<rules::Form>& forms,
                                    const rules::Thresholds& levels, const BlobFolder& blobs, const std::filesystem::path& folder,
                                    Instant now) {
  ExportReport report;
  {
    DOORSTEP_TRY_ASSIGN(auto unit, repository.read());
    DOORSTEP_TRY_ASSIGN(report, Export(*unit, forms, levels, blobs, folder, now).run());
  }
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
  DOORSTEP_TRY(unit->audit({now, {}, {}, "export", {}, std::to_string(report.records)}));
  DOORSTEP_TRY(unit->commit());
  return report;
}

}  // namespace doorstep::server
