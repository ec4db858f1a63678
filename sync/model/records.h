#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "platform/base/id.h"
#include "platform/base/time.h"
#include "sync/model/codes.h"

/// The domain as plain values. Field names in each() are the names on the wire, in the store and in exports: they are a
/// format. A new field goes at the end of its each(), is optional, and never changes the meaning of an old one.
///
/// each(self, f) calls f("name", member) for every field in order; codec, comparison and views are generic over it.
/// An empty optional, string or vector means "not answered": nothing is ever preselected.
namespace doorstep::model {

using base::Date;
using base::Id;
using base::Instant;

inline constexpr std::int64_t kSchema = 1;  ///< of record bodies; a push from any released schema is accepted for ever

/// JSON members this build does not know, kept as JSON text and sent on unchanged.
using Extra = std::map<std::string, std::string>;

/// A piece of JSON text carried as it is.
struct RawJson {
  std::string text;
  friend bool operator==(const RawJson&, const RawJson&) = default;
};

/// An instant with the offset and zone it was read under: "start/end: instant + zone" (domain.md section 3).
struct ZonedTime {
  Instant at;
  std::int64_t offset_min = 0;  ///< minutes east of UTC
  std::string zone;             ///< IANA name, as the tablet knew it
  template <class S, class F> static void each(S& s, F&& f) { f("at", s.at); f("offset_min", s.offset_min); f("zone", s.zone); }
  friend bool operator==(const ZonedTime&, const ZonedTime&) = default;
};

/// A mandatory question answered "Not covered", with why where the type demands the field.
struct NotCovered {
  std::string why;
  friend bool operator==(const NotCovered&, const NotCovered&) = default;
};

/// The answer to a question of assets/forms: text or a code; several codes; a number; or not covered.
using Answer = std::variant<std::string, std::vector<std::string>, std::int64_t, NotCovered>;
using Answers = std::map<std::string, Answer>;  ///< by question id; an id that is not there was not answered

// Reference records: written by the server's import, read by tablets ---------------------------------------------------

struct Member {  ///< somebody in the household, or close to it
  Id id;
  std::string name;
  std::string relationship;
  std::optional<Date> born;
  std::optional<bool> in_household;
  std::string note;
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("name", s.name); f("relationship", s.relationship); f("born", s.born);
    f("in_household", s.in_household); f("note", s.note);
  }
  friend bool operator==(const Member&, const Member&) = default;
};

struct Hazard {  ///< told before the door is reached: a dog, a weapon, "visit in pairs"
  Id id;
  std::string kind;
  std::string note;
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) { f("id", s.id); f("kind", s.kind); f("note", s.note); }
  friend bool operator==(const Hazard&, const Hazard&) = default;
};

struct Family {
  Id id;
  std::string external_ref;  ///< the case system's number
  std::string name;
  std::string address;
  std::string postcode;
  std::string phone;
  std::string safe_contact;  ///< how it is safe to make contact; never on a shared extract
  std::string language;
  std::vector<Hazard> hazards;
  std::vector<Member> members;
  std::vector<Id> children;
  Extra extra;
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("external_ref", s.external_ref); f("name", s.name); f("address", s.address); f("postcode", s.postcode);
    f("phone", s.phone); f("safe_contact", s.safe_contact); f("language", s.language); f("hazards", s.hazards);
    f("members", s.members); f("children", s.children);
  }
  friend bool operator==(const Family&, const Family&) = default;
};

/// One reason for involvement, with what its clocks start from (domain.md section 2). An unknown date stays empty.
struct Involvement {
  Id id;
  Status status{};
  std::optional<Date> started;
  std::optional<Date> ended;
  std::optional<Date> referral;        ///< ASSESSMENT: the 45 working days run from here
  std::optional<Date> strategy;        ///< S47: the strategy discussion
  std::optional<Date> conference;      ///< CPP: initial conference
  std::string plan_ref;                ///< cp_plan_id, cla_id of the case system, for the returns
  std::string legal_status;            ///< CLA: S20, S31, S38
  std::string placement;               ///< CLA: FOSTER, CONNECTED_TEMPORARY, PARENT_BEFORE_ASSESSMENT, HOME_FULL_ORDER, OTHERS_ARRANGE ...
  std::optional<bool> to_last_to_18;
  std::optional<Date> longterm_agreed; ///< CLA 28(3A): the child's agreement; empty again when withdrawn
  std::optional<Date> first_review;    ///< CLA: held on
  std::string category;                ///< CPP: NEG PHY SAB EMO MUL
  std::optional<std::int64_t> plan_every;  ///< the child's own plan: a visit every n units
  std::string plan_unit;               ///< WORKING_DAYS, DAYS, WEEKS, MONTHS
  Extra extra;
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("status", s.status); f("started", s.started); f("ended", s.ended); f("referral", s.referral);
    f("strategy", s.strategy); f("conference", s.conference); f("plan_ref", s.plan_ref); f("legal_status", s.legal_status);
    f("placement", s.placement); f("to_last_to_18", s.to_last_to_18); f("longterm_agreed", s.longterm_agreed);
    f("first_review", s.first_review); f("category", s.category); f("plan_every", s.plan_every); f("plan_unit", s.plan_unit);
  }
  friend bool operator==(const Involvement&, const Involvement&) = default;
};

/// What, who, by when. A step without owner or date is refused at submit.
struct PlanStep {
  Id id;
  std::string what;
  std::string owner;
  std::optional<Date> due;
  std::optional<StepStatus> status;
  std::string note;  ///< said about it at this visit
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("what", s.what); f("owner", s.owner); f("due", s.due); f("status", s.status); f("note", s.note);
  }
  friend bool operator==(const PlanStep&, const PlanStep&) = default;
};

struct Cover {  ///< somebody else's access until a day, inclusive
  Id worker;
  std::optional<Date> until;
  template <class S, class F> static void each(S& s, F&& f) { f("worker", s.worker); f("until", s.until); }
  friend bool operator==(const Cover&, const Cover&) = default;
};

struct Child {
  Id id;                     ///< also the id of the case
  std::string external_ref;  ///< LAchildID of the case system; empty for a provisional case
  Id family;
  std::string name;          ///< the whole name, as the family writes it
  std::string called;        ///< what to call the child on screen ("Amara"); empty: the name
  std::optional<Date> born;
  std::optional<bool> born_assumed;
  std::optional<Date> expected;  ///< an unborn child
  std::optional<Sex> sex;
  std::string language;
  std::string communication; ///< BSL, AAC ...
  std::vector<std::string> disability;  ///< census codes
  std::string ethnicity;     ///< census code
  std::vector<Involvement> involvements;
  Id allocated_worker;
  Id team;
  std::vector<Cover> cover;
  std::optional<Date> last_visit;
  std::optional<Date> last_seen;
  std::optional<bool> last_seen_alone;
  std::vector<PlanStep> open_steps;
  std::optional<bool> provisional;  ///< started on a tablet, not yet matched by a supervisor
  Extra extra;
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("external_ref", s.external_ref); f("family", s.family); f("name", s.name); f("called", s.called);
    f("born", s.born); f("born_assumed", s.born_assumed); f("expected", s.expected); f("sex", s.sex); f("language", s.language);
    f("communication", s.communication); f("disability", s.disability); f("ethnicity", s.ethnicity);
    f("involvements", s.involvements); f("allocated_worker", s.allocated_worker); f("team", s.team); f("cover", s.cover);
    f("last_visit", s.last_visit); f("last_seen", s.last_seen); f("last_seen_alone", s.last_seen_alone);
    f("open_steps", s.open_steps); f("provisional", s.provisional);
  }
  friend bool operator==(const Child&, const Child&) = default;
};

struct Worker {
  Id id;
  std::string external_ref;
  std::string name;
  Role role{};
  Id team;
  std::string team_name;
  std::optional<bool> social_work_qualified;
  Extra extra;
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("external_ref", s.external_ref); f("name", s.name); f("role", s.role); f("team", s.team);
    f("team_name", s.team_name); f("social_work_qualified", s.social_work_qualified);
  }
  friend bool operator==(const Worker&, const Worker&) = default;
};

// A visit -------------------------------------------------------------------------------------------------------------

struct Present {  ///< somebody who was there
  Id id;
  std::string name;          ///< or a description: "man, about 40, gave no name"
  std::string relationship;
  std::optional<bool> unknown;
  std::optional<bool> in_household;
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("name", s.name); f("relationship", s.relationship); f("unknown", s.unknown);
    f("in_household", s.in_household);
  }
  friend bool operator==(const Present&, const Present&) = default;
};

/// A child of the household who is not one of the visit's children. Not known, or nobody could say: an alert that only a
/// supervisor's Disposition closes; the alert's id is this id.
struct OtherChild {
  Id id;
  std::string name;
  std::string age;
  std::optional<Known> known_to_service;
  std::string note;
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("name", s.name); f("age", s.age); f("known_to_service", s.known_to_service); f("note", s.note);
  }
  friend bool operator==(const OtherChild&, const OtherChild&) = default;
};

struct Sharing {
  Id id;
  std::string agency;
  std::string what;
  std::optional<Consent> consent;
  std::string basis;
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("agency", s.agency); f("what", s.what); f("consent", s.consent); f("basis", s.basis);
  }
  friend bool operator==(const Sharing&, const Sharing&) = default;
};

struct Jotting {  ///< words taken in the home; the original is kept with the record, as written
  Id id;
  Instant at;
  std::string text;
  std::vector<std::string> put_into = {};  ///< fields it was put into since: "visit/purpose", "child/<id>/said"; empty: none yet
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("at", s.at); f("text", s.text); f("put_into", s.put_into);
  }
  friend bool operator==(const Jotting&, const Jotting&) = default;
};

/// A call made because of an urgent finding. An answered call takes the call card down.
struct Call {
  Id id;
  Instant at;
  std::string label;   ///< "Duty manager"
  std::string number;
  std::optional<CallOutcome> outcome;
  std::string said;
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("at", s.at); f("label", s.label); f("number", s.number); f("outcome", s.outcome); f("said", s.said);
  }
  friend bool operator==(const Call&, const Call&) = default;
};

/// What is true of the whole visit, written once and copied into every child's record.
struct VisitFacts {
  std::optional<VisitType> type;
  std::optional<ZonedTime> start;
  std::optional<ZonedTime> end;
  std::optional<Instant> recorded_at;
  std::string late_reason;
  std::optional<Outcome> outcome;
  std::vector<Present> present;
  std::vector<OtherChild> other_children;
  std::vector<Sharing> sharing;
  Answers answers;  ///< announced, place, purpose, language, interpreter, worker safety ...: questions of scope "visit"
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("type", s.type); f("start", s.start); f("end", s.end); f("recorded_at", s.recorded_at); f("late_reason", s.late_reason);
    f("outcome", s.outcome); f("present", s.present); f("other_children", s.other_children); f("sharing", s.sharing);
    f("answers", s.answers);
  }
  friend bool operator==(const VisitFacts&, const VisitFacts&) = default;
};

struct Point { double x = 0, y = 0;  ///< normalised 0-1, origin top left
  template <class S, class F> static void each(S& s, F&& f) { f("x", s.x); f("y", s.y); }
  friend bool operator==(const Point&, const Point&) = default;
};

/// Describes a mark; never dates or judges it (domain.md section 3).
struct Injury {
  Id id;
  std::optional<BodyView> view;
  std::optional<Point> at;    ///< on the outline of `view` in body_map.h
  std::string place;          ///< in words: "left ear"
  std::string kind;           ///< BRUISE BURN CUT BITE SWELLING MARK OTHER
  std::optional<std::int64_t> size_mm;
  std::string colour;
  std::string explanation;
  std::string explained_by;
  std::string health_said;
  std::string medical_sought; ///< YES NO and what
  std::string looks;          ///< what it looks like
  std::string size;           ///< in words, as seen: "about as long as a thumbnail"
  std::string child_said;     ///< what the child said about it
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("view", s.view); f("at", s.at); f("place", s.place); f("kind", s.kind); f("size_mm", s.size_mm);
    f("colour", s.colour); f("explanation", s.explanation); f("explained_by", s.explained_by); f("health_said", s.health_said);
    f("medical_sought", s.medical_sought); f("looks", s.looks); f("size", s.size); f("child_said", s.child_said);
  }
  friend bool operator==(const Injury&, const Injury&) = default;
};

struct Disclosure {
  Id id;
  std::string exact_words;
  std::string question_asked;
  std::string told_to;
  std::optional<Instant> at;
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("exact_words", s.exact_words); f("question_asked", s.question_asked); f("told_to", s.told_to); f("at", s.at);
  }
  friend bool operator==(const Disclosure&, const Disclosure&) = default;
};

struct NotSeen {
  std::string reason;
  std::string whereabouts;
  std::string last_seen_by;
  std::string last_seen_when;
  std::string action;
  std::optional<Instant> manager_told_at;
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("reason", s.reason); f("whereabouts", s.whereabouts); f("last_seen_by", s.last_seen_by);
    f("last_seen_when", s.last_seen_when); f("action", s.action); f("manager_told_at", s.manager_told_at);
  }
  friend bool operator==(const NotSeen&, const NotSeen&) = default;
};

/// Level, why and the document they were judged under. Never merged automatically.
struct Risk {
  std::optional<RiskChange> changed;
  std::string level;          ///< code of the risk scale in assets/rules
  std::string threshold_set;  ///< set_id and version the level belongs to; levels of different sets are never compared
  std::string threshold;      ///< code in that set
  std::string why;
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("changed", s.changed); f("level", s.level); f("threshold_set", s.threshold_set); f("threshold", s.threshold); f("why", s.why);
  }
  friend bool operator==(const Risk&, const Risk&) = default;
};

struct Stroke {  ///< one line of a drawing, as drawn
  Id id;
  std::string page;     ///< question id it belongs to
  std::vector<Point> points;
  std::int64_t width = 0;
  std::string colour;
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("page", s.page); f("points", s.points); f("width", s.width); f("colour", s.colour);
  }
  friend bool operator==(const Stroke&, const Stroke&) = default;
};

/// A photo or drawing that belongs to a child's part of a visit. Its bytes travel apart, after the words.
struct Attachment {
  Id id;
  std::string sha256;      ///< of its bytes, 64 lower-case hex digits
  std::int64_t size = 0;   ///< bytes
  std::string media_type;  ///< as attachment.h knows them
  std::string caption;     ///< what it shows, in the worker's words
  Instant added_at;        ///< the tablet's clock
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("sha256", s.sha256); f("size", s.size); f("media_type", s.media_type); f("caption", s.caption);
    f("added_at", s.added_at);
  }
  friend bool operator==(const Attachment&, const Attachment&) = default;
};

/// A revision somebody has read: what approval and re-submission are bound to.
struct RevisionRef {
  Id record;
  std::int64_t rev = 0;
  std::string hash;  ///< SHA-256 of the body's bytes, hex
  template <class S, class F> static void each(S& s, F&& f) { f("record", s.record); f("rev", s.rev); f("hash", s.hash); }
  friend bool operator==(const RevisionRef&, const RevisionRef&) = default;
};

/// What one child's part of a visit says. `id` is the child's: the part of a merge by id.
struct ChildPart {
  Id id;                       ///< the child, which is the case; a new id for a child who is on no list
  std::string name;            ///< the name as it stood when the visit was started
  std::string called;
  std::vector<Status> statuses; ///< as they stood then: which mandatory rules and reason lists apply
  std::optional<Date> born;
  std::string skip_reason;     ///< code: this child is not recorded in this visit, and why
  std::optional<bool> seen;
  NotSeen not_seen;
  std::optional<bool> alone;
  std::string alone_reason;    ///< code; regulation 29's three for a child looked after, the council's list elsewhere
  std::vector<Injury> injuries;
  std::vector<Disclosure> disclosures;
  Risk risk;
  std::vector<PlanStep> open_steps;  ///< carried in from before; each must get a status
  std::vector<PlanStep> next_steps;
  std::vector<Call> calls;
  std::vector<Stroke> strokes;
  Answers answers;             ///< questions of scope "child"
  std::optional<RevisionRef> revises;  ///< the returned or withdrawn record this part re-writes
  std::optional<bool> unborn;  ///< expected, not born, when the visit was started: cannot be seen, alone or awake
  std::optional<std::vector<Attachment>> attachments;  ///< empty: none
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("name", s.name); f("called", s.called); f("statuses", s.statuses); f("born", s.born);
    f("skip_reason", s.skip_reason); f("seen", s.seen); f("not_seen", s.not_seen); f("alone", s.alone);
    f("alone_reason", s.alone_reason); f("injuries", s.injuries); f("disclosures", s.disclosures); f("risk", s.risk);
    f("open_steps", s.open_steps); f("next_steps", s.next_steps); f("calls", s.calls); f("strokes", s.strokes);
    f("answers", s.answers); f("revises", s.revises); f("unborn", s.unborn); f("attachments", s.attachments);
  }
  friend bool operator==(const ChildPart&, const ChildPart&) = default;
};

/// The same place changed twice: both texts, until a person settles it. `path` is merge's ("children/<id>/answers/saw").
struct Conflict {
  std::string path;
  RawJson base, mine, theirs;
  Id mine_author, theirs_author;
  template <class S, class F> static void each(S& s, F&& f) {
    f("path", s.path); f("base", s.base); f("mine", s.mine); f("theirs", s.theirs); f("mine_author", s.mine_author);
    f("theirs_author", s.theirs_author);
  }
  friend bool operator==(const Conflict&, const Conflict&) = default;
};

/// Under which forms and rules something was written; it opens and is checked with the same.
struct Versions {
  std::int64_t schema = kSchema;
  std::string form;
  std::string rules;
  std::string threshold_set;
  Extra extra = {};
  template <class S, class F> static void each(S& s, F&& f) {
    f("schema", s.schema); f("form", s.form); f("rules", s.rules); f("threshold_set", s.threshold_set);
  }
  friend bool operator==(const Versions&, const Versions&) = default;
};

/// A visit being recorded: the author's working copy, in the author's own case, seen by nobody else. Accepts anything.
struct Visit {
  Id id;
  Id author;
  std::optional<Id> second_worker;
  Id family;                 ///< nil: the family is not on the tablet; a supervisor matches it after sync
  std::string family_name;
  std::string address;
  Versions versions;
  VisitFacts facts;
  std::vector<ChildPart> children;
  std::vector<Jotting> jottings;
  std::optional<bool> discarded;  ///< a draft that was thrown away, or became records: kept as a tombstone
  std::vector<Conflict> conflicts;
  Extra extra;
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("author", s.author); f("second_worker", s.second_worker); f("family", s.family);
    f("family_name", s.family_name); f("address", s.address); f("versions", s.versions); f("facts", s.facts);
    f("children", s.children); f("jottings", s.jottings); f("discarded", s.discarded); f("conflicts", s.conflicts);
  }
  friend bool operator==(const Visit&, const Visit&) = default;
};

/// One child's whole record of a visit: hashed, approved, exported and purged by itself.
struct ChildRecord {
  Id id;
  Id visit;
  Id author;
  std::optional<Id> second_worker;
  Id family;
  std::string family_name;
  std::string address;
  Versions versions;
  VisitFacts facts;
  ChildPart part;
  std::vector<Jotting> jottings;
  std::optional<Instant> submitted_at;  ///< the tablet's clock: evidence, never ordering
  std::vector<Conflict> conflicts;
  Extra extra;
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("visit", s.visit); f("author", s.author); f("second_worker", s.second_worker); f("family", s.family);
    f("family_name", s.family_name); f("address", s.address); f("versions", s.versions); f("facts", s.facts); f("part", s.part);
    f("jottings", s.jottings); f("submitted_at", s.submitted_at); f("conflicts", s.conflicts);
  }
  friend bool operator==(const ChildRecord&, const ChildRecord&) = default;
};

// Oversight -----------------------------------------------------------------------------------------------------------

/// A supervisor's decision on exactly one revision (domain.md section 5).
struct Decision {
  Id id;
  RevisionRef on;
  Verdict verdict{};
  Id reviewer;
  std::string reviewer_name;
  std::optional<bool> reviewer_qualified;
  Instant at;
  std::string rationale;
  std::optional<ReturnReason> return_reason;
  std::optional<bool> agree_risk;
  std::string disagree_why;
  std::optional<bool> discussed_in_person;
  std::optional<Date> next_visit_confirmed;
  std::vector<PlanStep> directed_steps;
  Extra extra;
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("on", s.on); f("verdict", s.verdict); f("reviewer", s.reviewer); f("reviewer_name", s.reviewer_name);
    f("reviewer_qualified", s.reviewer_qualified); f("at", s.at); f("rationale", s.rationale);
    f("return_reason", s.return_reason); f("agree_risk", s.agree_risk); f("disagree_why", s.disagree_why);
    f("discussed_in_person", s.discussed_in_person); f("next_visit_confirmed", s.next_visit_confirmed);
    f("directed_steps", s.directed_steps);
  }
  friend bool operator==(const Decision&, const Decision&) = default;
};

/// Text added after approval; the approved text stays as it is.
struct Addendum {
  Id id;
  Id record;
  Id author;
  std::string author_name;
  Instant at;
  std::string reason;
  std::string text;
  Extra extra;
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("record", s.record); f("author", s.author); f("author_name", s.author_name); f("at", s.at);
    f("reason", s.reason); f("text", s.text);
  }
  friend bool operator==(const Addendum&, const Addendum&) = default;
};

/// How a supervisor settled the alert about a child nobody knew.
struct Disposition {
  Id id;
  Id alert;   ///< OtherChild::id
  Id record;  ///< the child record that raised it
  Id by;
  std::string by_name;
  Instant at;
  std::string outcome;  ///< code: REFERRED, ALREADY_KNOWN, NOT_IN_HOUSEHOLD, OTHER
  std::string why;
  Extra extra;
  template <class S, class F> static void each(S& s, F&& f) {
    f("id", s.id); f("alert", s.alert); f("record", s.record); f("by", s.by); f("by_name", s.by_name); f("at", s.at);
    f("outcome", s.outcome); f("why", s.why);
  }
  friend bool operator==(const Disposition&, const Disposition&) = default;
};

/// One kept version of one record. Revisions are immutable and never collected. Where a record was erased on an order, none of its
/// versions has a body; each keeps its hash, and one more that says nothing stands at the end.
struct Revision {
  Id record;
  std::int64_t rev = 0;   ///< 1 for the first
  RecordKind kind{};
  State state = State::None;
  Id author;              ///< the worker whose operation made it; nil: the server (import)
  Id device;
  Instant at;             ///< when the server accepted it
  std::string hash;       ///< SHA-256 of `body`, hex
  std::string body;       ///< exact bytes (JSON); empty: erased
  std::optional<bool> merged;  ///< made by the server out of two: carries nobody's signature until the author confirms it
  std::optional<Instant> filed_at;  ///< the case system acknowledged it
  template <class S, class F> static void each(S& s, F&& f) {
    f("record", s.record); f("rev", s.rev); f("kind", s.kind); f("state", s.state); f("author", s.author);
    f("device", s.device); f("at", s.at); f("hash", s.hash); f("body", s.body); f("merged", s.merged); f("filed_at", s.filed_at);
  }
  friend bool operator==(const Revision&, const Revision&) = default;
};

/// One revision of a child record, read. Whoever keeps it shares it: a tablet has a thousand, and all of them in each snapshot.
struct RecordVersion {
  Revision revision;   ///< with its exact body
  ChildRecord body;
  bool local = false;  ///< not at the server yet: `rev` is the next number, `at` the tablet's clock
};
using RecordVersionPtr = std::shared_ptr<const RecordVersion>;  ///< never null

}  // namespace doorstep::model
