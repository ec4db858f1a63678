#include "sync/server/import.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "sync/server/csv.h"
#include "sync/server/push.h"
#include "sync/wire/codec.h"

namespace doorstep::server {

namespace {

using base::Error;
using base::Fault;
using model::Child;
using model::Family;
using model::RecordKind;

constexpr std::size_t kProblemsPerFile = 50;

/// One file: its rows by column name, and what is wrong with it.
class Sheet {
 public:
  Sheet(std::string name, const std::map<std::string, std::string>& files, std::vector<std::string_view> columns,
        const ImportOptions& options)
      : name_(std::move(name)), options_(options) {
    auto text = files.find(name_);
    if (text == files.end()) {
      wrong(0, "the file is not there");
      return;
    }
    auto table = parse_csv(text->second);
    if (!table) {
      std::int64_t line = 0;
      const base::Error error = table.error();  // a copy: the result hands out no reference
      std::string_view where = error.where;
      where.remove_prefix(std::min<std::size_t>(where.size(), 5));
      std::from_chars(where.data(), where.data() + where.size(), line);
      wrong(line, error.detail);
      return;
    }
    table_ = std::move(*table);
    for (std::string_view column : columns)
      if (std::find(table_.columns.begin(), table_.columns.end(), column) == table_.columns.end())
        wrong(1, "the column " + std::string(column) + " is missing");
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      if (std::find(columns.begin(), columns.end(), table_.columns[i]) == columns.end())
        wrong(1, "the column " + table_.columns[i] + " is not one of this file");
      if (!index_.emplace(table_.columns[i], i).second) wrong(1, "the column " + table_.columns[i] + " is there twice");
    }
  }

  const std::string& name() const { return name_; }
  /// For a file without whose rows everybody would lose what they have: then it was cut off.
  void needs_rows() {
    if (good() && table_.rows.empty()) wrong(0, "there is no row in it");
  }
  bool good() const { return problems_.empty(); }
  std::size_t size() const { return good() ? table_.rows.size() : 0; }
  /// The first of them, and how many more there are.
  std::vector<ImportProblem> problems() const {
    auto out = problems_;
    if (more_ > 0) out.push_back({name_, 0, "and " + std::to_string(more_) + " more"});
    return out;
  }
  void wrong(std::int64_t line, std::string reason) {
    if (problems_.size() < kProblemsPerFile) problems_.push_back({name_, line, std::move(reason)});
    else ++more_;
  }

  /// Calls `each` for every row, unless the columns are wrong.
  template <class Each>
  void rows(const Each& each) {
    if (!good()) return;
    for (const CsvRow& row : table_.rows) {
      row_ = &row;
      each();
    }
  }

  // Cells of the current row. Each says what is wrong with it.
  std::int64_t line() const { return row_->line; }
  void bad(const char* column, const std::string& what) { wrong(row_->line, std::string(column) + ": " + what); }
  const std::string& text(const char* column) {
    const std::string& cell = row_->cells[index_.at(column)];
    if (cell.size() > limits::kNoteBytes) bad(column, "longer than " + std::to_string(limits::kNoteBytes) + " bytes");
    return cell;
  }
  std::string needed(const char* column) {
    const std::string& cell = text(column);
    if (cell.empty()) bad(column, "is empty");
    return cell;
  }
  /// The case system's own key: needed, and unique in this file.
  std::string ref(const char* column) {
    std::string cell = needed(column);
    if (!seen_[column].insert(cell).second) bad(column, "\"" + cell + "\" is there twice");
    return cell;
  }
  std::optional<bool> yes_no(const char* column) {
    const std::string& cell = text(column);
    if (cell.empty()) return std::nullopt;
    if (cell != "YES" && cell != "NO") bad(column, "\"" + cell + "\" is neither YES nor NO");
    return cell == "YES";
  }
  template <class E>
  std::optional<E> coded(const char* column) {
    const std::string& cell = text(column);
    if (cell.empty()) return std::nullopt;
    auto value = model::from_code<E>(cell);
    if (!value) {
      std::string codes;
      for (const auto& [v, name] : model::CodeTable<E>::values) codes.append(codes.empty() ? "" : " ").append(name);
      bad(column, "\"" + cell + "\" is none of " + codes);
    }
    return value;
  }
  std::optional<std::int64_t> number(const char* column) {
    const std::string& cell = text(column);
    if (cell.empty()) return std::nullopt;
    std::int64_t value = 0;
    auto [end, code] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (code != std::errc() || end != cell.data() + cell.size() || value < 1) {
      bad(column, "\"" + cell + "\" is not a whole number from 1");
      return std::nullopt;
    }
    return value;
  }
  std::optional<Date> date(const char* column) {
    const std::string& cell = text(column);
    if (cell.empty()) return std::nullopt;
    if (cell.front() == 'T') return relative(column, cell);
    auto value = base::date_from_iso(cell);
    if (!value) bad(column, "\"" + cell + "\" is not a day (YYYY-MM-DD)");
    return value;
  }

 private:
  std::optional<Date> relative(const char* column, const std::string& cell) {
    if (!options_.relative_to) {
      bad(column, "\"" + cell + "\" is relative to the day of the import: only with --relative-dates");
      return std::nullopt;
    }
    int days = 0;
    if (cell.size() > 1) {
      const char* end = cell.data() + cell.size();
      const char* start = cell.data() + (cell[1] == '+' ? 2 : 1);
      auto [stop, code] = std::from_chars(start, end, days);
      if ((cell[1] != '+' && cell[1] != '-') || code != std::errc() || stop != end || std::abs(days) > 36'500) {
        bad(column, "\"" + cell + "\" is not T, T-14 or T+3");
        return std::nullopt;
      }
    }
    return Date(std::chrono::sys_days(*options_.relative_to) + std::chrono::days(days));
  }

  std::string name_;
  const ImportOptions& options_;
  CsvTable table_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::map<std::string, std::set<std::string>> seen_;
  std::vector<ImportProblem> problems_;
  std::size_t more_ = 0;
  const CsvRow* row_ = nullptr;
};

Id id_of(const char* kind, const std::string& ref) { return Id::from_name(std::string(kind) + ":" + ref); }

/// A reference record as it stands, or as the extract wants it.
template <class T>
struct Reference {
  T body;
  std::int64_t rev = 0;  ///< 0: new
  std::string stored;    ///< its bytes
};

struct Allocation {
  std::optional<Id> worker;
  std::vector<model::Cover> cover;
};

class Import {
 public:
  Import(Unit& unit, const std::map<std::string, std::string>& files, const ImportOptions& options, Instant now)
      : unit_(unit), files_(files), options_(options), now_(now) {}

  Result<ImportReport> run() {
    DOORSTEP_TRY(load());
    workers();
    families();
    children();
    people();
    involvements();
    allocations();
    steps();
    visits();
    hazards();
    DOORSTEP_TRY(save_workers());
    DOORSTEP_TRY(save_cases());
    DOORSTEP_TRY(save_records());
    return std::move(report_);
  }

 private:
  // What stands ----------------------------------------------------------------------------------------------------------

  Result<void> load() {
    DOORSTEP_TRY_ASSIGN(auto rows, unit_.workers());
    for (WorkerRow& row : rows) {
      Id id = row.id;
      workers_[id] = std::move(row);
    }
    stored_workers_ = workers_;
    DOORSTEP_TRY(load_kind(RecordKind::Family, families_));
    DOORSTEP_TRY(load_kind(RecordKind::Child, children_));
    DOORSTEP_TRY(load_kind(RecordKind::Worker, worker_records_));
    return {};
  }
  template <class T>
  Result<void> load_kind(RecordKind kind, std::map<Id, Reference<T>>& into) {
    return unit_.heads(kind, [&](const RecordHead& head) -> Result<void> {
      if (head.revision.body.empty()) return {};  // erased
      DOORSTEP_TRY_ASSIGN(T body, wire::decode<T>(head.revision.body));
      into[head.revision.record] = {std::move(body), head.revision.rev, head.revision.body};
      return {};
    });
  }

  Sheet sheet(const char* name, std::vector<std::string_view> columns) {
    return Sheet(name, files_, std::move(columns), options_);
  }

  /// Counts the file as taken, or lists what is wrong with it.
  bool taken(const Sheet& sheet) {
    for (const ImportProblem& problem : sheet.problems()) report_.problems.push_back(problem);
    if (sheet.good()) report_.taken[sheet.name()] = static_cast<std::int64_t>(sheet.size());
    return sheet.good();
  }

  /// `ref` is in no `file`. Where that file was not taken, this one is for no fault of its own, and that is said once.
  void unknown(Sheet& sheet, const char* column, const std::string& ref, const char* file) {
    if (report_.taken.contains(file)) return sheet.bad(column, "\"" + ref + "\" is not in " + file);
    if (waiting_.insert({sheet.name(), file}).second) sheet.wrong(0, "not taken, because " + std::string(file) + " was not");
  }
  /// A child the extract or an earlier one names; null and a problem otherwise.
  Reference<Child>* child_of(Sheet& sheet, const char* column = "child_ref") {
    std::string ref = sheet.needed(column);
    auto found = children_.find(id_of("child", ref));
    if (found != children_.end()) return &found->second;
    unknown(sheet, column, ref, "children.csv");
    return nullptr;
  }
  Reference<Family>* family_of(Sheet& sheet, const char* column = "family_ref") {
    std::string ref = sheet.needed(column);
    auto found = families_.find(id_of("family", ref));
    if (found != families_.end()) return &found->second;
    unknown(sheet, column, ref, "families.csv");
    return nullptr;
  }

  // The files ------------------------------------------------------------------------------------------------------------

  void workers() {
    Sheet in = sheet("workers.csv", {"worker_ref", "name", "role", "team_ref", "team_name", "social_work_qualified"});
    in.needs_rows();
    auto next = workers_;
    for (auto& [id, row] : next) row.active = false;
    in.rows([&] {
      std::string ref = in.ref("worker_ref");
      WorkerRow& row = next[id_of("worker", ref)];
      row.id = id_of("worker", ref);
      row.external_ref = ref;
      row.name = in.needed("name");
      auto role = in.coded<model::Role>("role");
      if (!role && in.text("role").empty()) in.bad("role", "is empty");
      row.role = role.value_or(model::Role::SocialWorker);
      row.team = id_of("team", in.needed("team_ref"));
      row.team_name = in.needed("team_name");
      row.qualified = in.yes_no("social_work_qualified");
      row.active = true;
    });
    if (taken(in)) workers_ = std::move(next);
  }

  void families() {
    Sheet in = sheet("families.csv", {"family_ref", "name", "address", "postcode", "phone", "language"});
    in.needs_rows();
    auto next = families_;
    in.rows([&] {
      std::string ref = in.ref("family_ref");
      Family& body = next[id_of("family", ref)].body;
      body.id = id_of("family", ref);
      body.external_ref = ref;
      body.name = in.needed("name");
      body.address = in.text("address");
      body.postcode = in.text("postcode");
      body.phone = in.text("phone");
      body.language = in.text("language");
    });
    if (taken(in)) families_ = std::move(next);
  }

  void children() {
    Sheet in = sheet("children.csv", {"child_ref", "family_ref", "name", "called", "born", "born_assumed", "expected", "sex",
                                      "language", "communication", "disability", "ethnicity"});
    in.needs_rows();
    auto next = children_;
    std::set<Id> present;
    in.rows([&] {
      std::string ref = in.ref("child_ref");
      if (ref.size() > 20 || !std::all_of(ref.begin(), ref.end(), [](unsigned char c) { return std::isalnum(c) && c < 0x80; }))
        in.bad("child_ref", "\"" + ref + "\" is not at most 20 letters and digits");
      Child& body = next[id_of("child", ref)].body;
      present.insert(id_of("child", ref));
      body.id = id_of("child", ref);
      body.external_ref = ref;
      if (auto* family = family_of(in)) body.family = family->body.id;
      body.name = in.needed("name");
      body.called = in.text("called");
      body.born = in.date("born");
      body.born_assumed = in.yes_no("born_assumed");
      body.expected = in.date("expected");
      if (body.born && body.expected) in.bad("expected", "a child who was born is not expected");
      body.sex = in.coded<model::Sex>("sex");
      body.language = in.text("language");
      body.communication = in.text("communication");
      body.disability.clear();
      std::string_view codes = in.text("disability");
      while (!codes.empty()) {
        std::string_view one = codes.substr(0, codes.find(';'));
        if (!one.empty()) body.disability.emplace_back(one);
        codes.remove_prefix(std::min(codes.size(), one.size() + 1));
      }
      body.ethnicity = in.text("ethnicity");
    });
    if (!taken(in)) {
      for (const auto& [id, child] : children_)
        if (child.body.allocated_worker) listed_.insert(id);
      return;
    }
    children_ = std::move(next);
    listed_ = std::move(present);
    for (auto& [id, family] : families_) family.body.children.clear();
    for (const auto& [id, child] : children_)
      if (auto family = families_.find(child.body.family); family != families_.end() && !child.body.provisional.value_or(false))
        family->second.body.children.push_back(id);
  }

  void people() {
    Sheet in = sheet("people.csv", {"person_ref", "family_ref", "name", "relationship", "born", "in_household", "note"});
    std::map<Id, std::vector<model::Member>> members;
    in.rows([&] {
      model::Member member;
      member.id = id_of("person", in.ref("person_ref"));
      member.name = in.needed("name");
      member.relationship = in.text("relationship");
      member.born = in.date("born");
      member.in_household = in.yes_no("in_household");
      member.note = in.text("note");
      if (auto* family = family_of(in)) members[family->body.id].push_back(std::move(member));
    });
    if (taken(in))
      for (auto& [id, family] : families_) family.body.members = std::move(members[id]);
  }

  void involvements() {
    Sheet in = sheet("involvements.csv", {"involvement_ref", "child_ref", "status", "started", "ended", "referral", "strategy",
                                          "conference", "plan_ref", "legal_status", "placement", "to_last_to_18",
                                          "longterm_agreed", "first_review", "category", "plan_every", "plan_unit"});
    std::map<Id, std::vector<model::Involvement>> found;
    in.rows([&] {
      model::Involvement one;
      one.id = id_of("involvement", in.ref("involvement_ref"));
      auto status = in.coded<model::Status>("status");
      if (!status && in.text("status").empty()) in.bad("status", "is empty");
      one.status = status.value_or(model::Status::Closed);
      one.started = in.date("started");
      one.ended = in.date("ended");
      one.referral = in.date("referral");
      one.strategy = in.date("strategy");
      one.conference = in.date("conference");
      one.plan_ref = in.text("plan_ref");
      one.legal_status = in.text("legal_status");
      one.placement = in.text("placement");
      one.to_last_to_18 = in.yes_no("to_last_to_18");
      one.longterm_agreed = in.date("longterm_agreed");
      one.first_review = in.date("first_review");
      one.category = in.text("category");
      one.plan_every = in.number("plan_every");
      one.plan_unit = in.text("plan_unit");
      static const std::set<std::string> kUnits = {"", "WORKING_DAYS", "DAYS", "WEEKS", "MONTHS"};
      if (!kUnits.contains(one.plan_unit))
        in.bad("plan_unit", "\"" + one.plan_unit + "\" is none of WORKING_DAYS DAYS WEEKS MONTHS");
      if (one.plan_every.has_value() == one.plan_unit.empty()) in.bad("plan_every", "plan_every and plan_unit go together");
      if (auto* child = child_of(in)) found[child->body.id].push_back(std::move(one));
    });
    if (taken(in))
      for (auto& [id, child] : children_)
        if (!child.body.provisional.value_or(false)) child.body.involvements = std::move(found[id]);
  }

  void allocations() {
    Sheet in = sheet("allocations.csv", {"child_ref", "worker_ref", "kind", "until"});
    in.needs_rows();
    std::map<Id, Allocation> found;
    in.rows([&] {
      auto* child = child_of(in);
      std::string ref = in.needed("worker_ref");
      auto worker = workers_.find(id_of("worker", ref));
      if (worker == workers_.end() || !worker->second.active) unknown(in, "worker_ref", ref, "workers.csv");
      std::string kind = in.needed("kind");
      auto until = in.date("until");
      if (kind != "ALLOCATED" && kind != "COVER") in.bad("kind", "\"" + kind + "\" is neither ALLOCATED nor COVER");
      if (kind == "COVER" && in.text("until").empty()) in.bad("until", "cover needs its last day");
      if (kind == "ALLOCATED" && until) in.bad("until", "an allocation has no last day");
      if (!child || worker == workers_.end()) return;
      Allocation& allocation = found[child->body.id];
      if (kind == "COVER") {
        for (const model::Cover& cover : allocation.cover)
          if (cover.worker == worker->first) in.bad("worker_ref", "\"" + ref + "\" covers this child twice");
        allocation.cover.push_back({worker->first, until});
      } else if (allocation.worker) {
        in.bad("kind", "the child is allocated twice");
      } else {
        allocation.worker = worker->first;
      }
    });
    if (in.good())
      for (Id id : listed_)
        if (!found[id].worker) in.wrong(0, "the child " + children_[id].body.external_ref + " is allocated to nobody");
    if (!taken(in)) return;
    for (auto& [id, child] : children_) {
      if (child.body.provisional.value_or(false)) continue;
      Allocation& allocation = found[id];
      if (!listed_.contains(id)) allocation = {};  // no longer in the extract
      child.body.allocated_worker = allocation.worker.value_or(Id());
      child.body.team = allocation.worker ? workers_[*allocation.worker].team : Id();
      std::sort(allocation.cover.begin(), allocation.cover.end(),
                [](const auto& a, const auto& b) { return a.worker < b.worker; });
      child.body.cover = std::move(allocation.cover);
    }
  }

  void steps() {
    Sheet in = sheet("steps.csv", {"step_ref", "child_ref", "what", "owner", "due"});
    std::map<Id, std::vector<model::PlanStep>> found;
    in.rows([&] {
      model::PlanStep step;
      step.id = id_of("step", in.ref("step_ref"));
      step.what = in.needed("what");
      step.owner = in.text("owner");
      step.due = in.date("due");
      if (auto* child = child_of(in)) found[child->body.id].push_back(std::move(step));
    });
    if (taken(in))
      for (auto& [id, child] : children_) child.body.open_steps = std::move(found[id]);
  }

  void visits() {
    Sheet in = sheet("visits.csv", {"child_ref", "last_visit", "last_seen", "last_seen_alone"});
    struct Last { std::optional<Date> visit, seen; std::optional<bool> alone; };
    std::map<Id, Last> found;
    in.rows([&] {
      auto* child = child_of(in);
      Last last{in.date("last_visit"), in.date("last_seen"), in.yes_no("last_seen_alone")};
      if (last.seen && last.visit && *last.seen > *last.visit) in.bad("last_seen", "is after last_visit");
      if (child && !found.emplace(child->body.id, last).second) in.bad("child_ref", "the child is there twice");
    });
    if (!taken(in)) return;
    for (auto& [id, child] : children_) {
      child.body.last_visit = found[id].visit;
      child.body.last_seen = found[id].seen;
      child.body.last_seen_alone = found[id].alone;
    }
  }

  void hazards() {
    Sheet in = sheet("hazards.csv", {"hazard_ref", "family_ref", "kind", "note"});
    std::map<Id, std::vector<model::Hazard>> found;
    std::map<Id, std::string> contact;
    static const std::set<std::string> kKinds = {"DOG", "WEAPON", "LONE_WORKING", "VISIT_IN_PAIRS", "OTHER", "SAFE_CONTACT"};
    in.rows([&] {
      model::Hazard hazard;
      hazard.id = id_of("hazard", in.ref("hazard_ref"));
      hazard.kind = in.needed("kind");
      hazard.note = in.text("note");
      if (!kKinds.contains(hazard.kind))
        in.bad("kind", "\"" + hazard.kind + "\" is none of DOG WEAPON LONE_WORKING VISIT_IN_PAIRS OTHER SAFE_CONTACT");
      auto* family = family_of(in);
      if (!family) return;
      if (hazard.kind != "SAFE_CONTACT") found[family->body.id].push_back(std::move(hazard));
      else if (!contact.emplace(family->body.id, hazard.note).second) in.bad("kind", "the family has a safe contact already");
    });
    if (!taken(in)) return;
    for (auto& [id, family] : families_) {
      family.body.hazards = std::move(found[id]);
      family.body.safe_contact = std::move(contact[id]);
    }
  }

  // Saving ---------------------------------------------------------------------------------------------------------------

  Result<void> save_workers() {
    for (const auto& [id, row] : workers_) {
      auto stored = stored_workers_.find(id);
      if (stored != stored_workers_.end() && stored->second == row) continue;
      DOORSTEP_TRY(unit_.put_worker(row));
      ++(row.active ? report_.workers_changed : report_.workers_left);
      DOORSTEP_TRY(unit_.audit({now_, {}, {}, row.active ? "import-worker" : "worker-left", id, "applied"}));
    }
    return {};
  }

  Result<void> save_cases() {
    for (const auto& [id, child] : children_) {
      if (child.body.provisional.value_or(false)) continue;
      DOORSTEP_TRY_ASSIGN(auto stored, unit_.case_row(id));
      CaseRow row = stored.value_or(CaseRow());
      row.id = id;
      row.allocated = child.body.allocated_worker;
      row.team = child.body.team;
      row.cover.clear();
      for (const model::Cover& cover : child.body.cover)
        if (cover.until) row.cover.push_back(cover);
      if (stored && *stored == row) continue;
      DOORSTEP_TRY(unit_.put_case(row));
      ++report_.cases_moved;
      DOORSTEP_TRY(unit_.audit({now_, {}, {}, "allocate", id, "applied"}));
    }
    return {};
  }

  Result<void> save_records() {
    for (auto& [id, child] : children_) {
      DOORSTEP_TRY_ASSIGN(bool changed, save(RecordKind::Child, id, child, {id}));
      report_.children_changed += changed;
    }
    for (auto& [id, family] : families_) {
      const auto& cases = family.body.children;
      DOORSTEP_TRY_ASSIGN(bool changed, save(RecordKind::Family, id, family, {cases.begin(), cases.end()}));
      report_.families_changed += changed;
    }
    std::map<Id, std::set<Id>> cases;  // a worker is known to the whole team, and wherever they are allocated or cover
    for (const auto& [id, worker] : workers_)
      for (const auto& [other, colleague] : workers_)
        if (colleague.team == worker.team) cases[id].insert(other);
    for (const auto& [id, child] : children_) {
      if (child.body.allocated_worker) cases[child.body.allocated_worker].insert(id);
      for (const model::Cover& cover : child.body.cover) cases[cover.worker].insert(id);
    }
    for (const auto& [id, row] : workers_) {
      Reference<model::Worker>& reference = worker_records_[id];
      model::Worker& body = reference.body;
      body.id = id;
      body.external_ref = row.external_ref;
      body.name = row.name;
      body.role = row.role;
      body.team = row.team;
      body.team_name = row.team_name;
      body.social_work_qualified = row.qualified;
      DOORSTEP_TRY(save(RecordKind::Worker, id, reference, cases[id]));
    }
    return {};
  }

  /// A new revision when the body changed; and the record listed in every case of `cases`. A family is told of no more where
  /// none of its children is; the name of who wrote a record goes wherever it ever went. True: it changed.
  template <class T>
  Result<bool> save(RecordKind kind, Id id, const Reference<T>& reference, std::set<Id> cases) {
    std::string body = wire::encode(reference.body);
    DOORSTEP_TRY_ASSIGN(auto already, unit_.cases_listing(id));
    std::set<Id> listed(already.begin(), already.end());
    if (kind == RecordKind::Family)
      for (Id left : already)
        if (!cases.contains(left)) DOORSTEP_TRY(unit_.unlist(id, left));
    if (body == reference.stored) {
      for (Id case_id : cases)
        if (!listed.contains(case_id)) DOORSTEP_TRY(unit_.list_again(id, reference.rev, case_id));
      return false;
    }
    if (reference.rev == 0 && cases.empty()) return false;  // a family none of whose children is here
    model::Revision revision;
    revision.record = id;
    revision.rev = reference.rev + 1;
    revision.kind = kind;
    revision.at = now_;
    revision.hash = base::sha256_hex(body);
    revision.body = std::move(body);
    if (kind != RecordKind::Family) cases.insert(listed.begin(), listed.end());
    DOORSTEP_TRY(unit_.append(revision, {cases.begin(), cases.end()}));
    return true;
  }

  Unit& unit_;
  const std::map<std::string, std::string>& files_;
  const ImportOptions& options_;
  Instant now_;
  ImportReport report_;
  std::set<std::pair<std::string, std::string>> waiting_;  ///< files, each with one that was not taken and that it names
  std::map<Id, WorkerRow> workers_, stored_workers_;
  std::map<Id, Reference<Family>> families_;
  std::map<Id, Reference<Child>> children_;
  std::map<Id, Reference<model::Worker>> worker_records_;
  std::set<Id> listed_;  ///< children of this extract
};

}  // namespace

Result<ImportReport> import_extract(Repository& repository, const std::map<std::string, std::string>& files,
                                    const ImportOptions& options, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
  DOORSTEP_TRY_ASSIGN(ImportReport report, Import(*unit, files, options, now).run());
  DOORSTEP_TRY(unit->audit({now, {}, {}, "import", {}, report.problems.empty() ? "applied" : "partly"}));
  DOORSTEP_TRY(unit->commit());
  return report;
}

Result<FiledReport> import_filed(Repository& repository, const std::string& name, const std::string& text, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto unit, repository.write());
  FiledReport report;
  ImportOptions options;
  Sheet in(name, {{name, text}}, {"record", "hash", "filed_at", "reference"}, options);
  base::Result<void> failed;
  in.rows([&] {
    if (!failed) return;
    auto take = [&]() -> Result<void> {
      std::string written = in.ref("record");
      auto id = Id::parse(written);
      auto at = base::from_rfc3339(in.needed("filed_at"));
      if (!at) in.bad("filed_at", "is not a time (RFC 3339)");
      std::string reference = in.needed("reference");
      std::optional<model::Revision> head;
      if (id) {
        DOORSTEP_TRY_ASSIGN(head, unit->head(*id));
      }
      if (!head || head->kind != RecordKind::ChildRecord || head->state != model::State::Approved) {
        in.bad("record", "\"" + written + "\" is no approved record");
        return {};
      }
      if (head->hash != in.text("hash")) in.bad("hash", "is not the approved text's");
      if (!in.good() || head->filed_at) return {};
      DOORSTEP_TRY(unit->set_filed(*id, head->rev, *at, reference));
      DOORSTEP_TRY_ASSIGN(auto cases, unit->cases_listing(*id));
      for (Id case_id : cases) {
        DOORSTEP_TRY_ASSIGN(auto row, unit->case_row(case_id));
        if (row && !row->alias_of) DOORSTEP_TRY(unit->list_again(*id, head->rev, case_id));
      }
      DOORSTEP_TRY(unit->audit({now, {}, {}, "filed", *id, "applied"}));
      ++report.filed;
      return {};
    };
    failed = take();
  });
  DOORSTEP_TRY(failed);
  report.problems = in.problems();
  if (!report.problems.empty()) {
    report.filed = 0;
    return report;  // rolled back
  }
  DOORSTEP_TRY(unit->commit());
  return report;
}

}  // namespace doorstep::server
