#include "sync/server/decide.h"

#include "sync/rules/calendar.h"
#include "tests/server/office.h"
#include "tests/support/assets.h"

using namespace doorstep;
using namespace doorstep::tests;
using server::Facts;

namespace {

const server::ValidateRecord kComplete = [](const model::ChildRecord&) { return std::string(); };

/// Wren wrote and submitted a record in Amara's case; Sparrow supervises.
struct Scene {
  server::WorkerRow wren, ash, sparrow, owl;
  server::CaseRow amara, own;
  model::ChildRecord record;
  model::Revision submitted;
  Facts facts;

  Scene() {
    auto worker = [](const char* ref, model::Role role, const char* team) {
      server::WorkerRow row;
      row.id = worker_id(ref);
      row.external_ref = ref;
      row.role = role;
      row.team = any_id(team);
      return row;
    };
    wren = worker("wren", model::Role::SocialWorker, "north");
    ash = worker("ash", model::Role::SocialWorker, "north");
    sparrow = worker("sparrow", model::Role::Supervisor, "north");
    owl = worker("owl", model::Role::Supervisor, "south");
    amara.id = child_id("A1");
    amara.allocated = wren.id;
    amara.team = wren.team;
    own.id = own.owner = wren.id;
    record.id = any_id("record");
    record.author = wren.id;
    record.part.id = amara.id;
    record.part.name = "Amara";
    record.part.answers["said"] = std::string("one two three");
    submitted = revision(1, State::Submitted, wire::encode(record));
    facts.actor = wren;
    facts.device = any_id("device");
    facts.now = {1'795'000'000'000};
    facts.today = rules::uk_date(facts.now);
    facts.object = amara;
  }
  model::Revision revision(std::int64_t rev, State state, std::string body, model::RecordKind kind = RecordKind::ChildRecord) const {
    model::Revision out;
    out.record = record.id;
    out.rev = rev;
    out.kind = kind;
    out.state = state;
    out.author = wren.id;
    out.hash = base::sha256_hex(body);
    out.body = std::move(body);
    return out;
  }
  /// The record stands in the case at `state`.
  Facts standing(State state, const server::WorkerRow& actor) const {
    Facts out = facts;
    out.actor = actor;
    out.head = submitted;
    out.head->state = state;
    out.contributors = {wren.id};
    return out;
  }
  wire::Operation op(OpKind kind, std::string body = "{}") const {
    wire::Operation out = Tablet::on(kind, submitted, amara.id, std::move(body));
    out.number = 5;
    return out;
  }
  model::Decision decision(model::Verdict verdict, const server::WorkerRow& by) const {
    model::Decision out;
    out.id = any_id("decision");
    out.on = {submitted.record, submitted.rev, submitted.hash};
    out.verdict = verdict;
    out.reviewer = by.id;
    out.rationale = "Read with Wren.";
    if (verdict == model::Verdict::Returned) out.return_reason = model::ReturnReason::RiskUnclear;
    return out;
  }
  wire::Operation decide(const model::Decision& decision) const { return op(OpKind::Decide, wire::encode(decision)); }
};

wire::OpResult result(const wire::Operation& op, const Facts& facts) { return server::decide(op, facts, kComplete).result; }

}  // namespace

TEST_CASE("decide: every refusal, with its cause alone", "[server][A46][A49][A50]") {
  const Scene s;
  struct Row {
    const char* what;
    wire::Operation op;
    Facts facts;
    Refusal code;
  };
  std::vector<Row> rows;
  auto add = [&](const char* what, Refusal code, wire::Operation op, Facts facts) {
    rows.push_back({what, std::move(op), std::move(facts), code});
  };
  auto without_case = [](Facts facts) {
    facts.object.reset();
    facts.case_free = true;
    return facts;
  };
  auto submit = [&](auto change) {
    model::ChildRecord record = s.record;
    change(record);
    wire::Operation op = Tablet::submit(record, s.amara.id);
    op.number = 5;
    return op;
  };
  const auto as_is = [](model::ChildRecord&) {};
  const auto approve = s.decide(s.decision(model::Verdict::Approved, s.sparrow));

  add("a case that is not there", Refusal::UnknownCase, s.op(OpKind::Withdraw), without_case(s.facts));
  add("another team's case", Refusal::UnknownCase, approve, s.standing(State::Submitted, s.owl));
  add("a colleague's case", Refusal::UnknownCase, submit(as_is), [&] { Facts f = s.facts; f.actor = s.ash; return f; }());
  add("a record of another case", Refusal::UnknownCase, approve, [&] { Facts f = s.facts; f.actor = s.sparrow; f.record_elsewhere = true; return f; }());
  add("no such record", Refusal::UnknownCase, approve, [&] { Facts f = s.facts; f.actor = s.sparrow; return f; }());
  add("a provisional case under a taken id", Refusal::UnknownCase, submit(as_is), [&] { Facts f = s.facts; f.object.reset(); return f; }());
  add("an alias nobody followed", Refusal::UnknownCase, submit(as_is), [&] { Facts f = s.facts; f.object->alias_of = any_id("x"); return f; }());
  add("a worker who left", Refusal::UnknownCase, submit(as_is), [&] { Facts f = s.facts; f.actor.active = false; return f; }());
  add("a revoked worker", Refusal::UnknownCase, submit(as_is), [&] { Facts f = s.facts; f.actor.revoked = true; return f; }());

  add("withdrawing another's record", Refusal::NotAuthor, s.op(OpKind::Withdraw), s.standing(State::Submitted, s.sparrow));
  add("writing in another's name", Refusal::NotAuthor, submit([&](auto& r) { r.author = s.ash.id; }), s.facts);
  add("approving one's own", Refusal::OwnRecord, s.decide(s.decision(model::Verdict::Approved, s.wren)), [&] {
    Facts f = s.standing(State::Submitted, s.wren);
    f.actor.role = model::Role::Supervisor;
    return f;
  }());
  add("approving what one helped to write", Refusal::OwnRecord, approve, [&] {
    Facts f = s.standing(State::Submitted, s.sparrow);
    f.contributors = {s.wren.id, s.sparrow.id};
    return f;
  }());
  add("approving a visit one was at", Refusal::OwnRecord, approve, [&] {
    Facts f = s.standing(State::Submitted, s.sparrow);
    model::ChildRecord joint = s.record;
    joint.second_worker = s.sparrow.id;
    f.head->body = wire::encode(joint);
    return f;
  }());
  add("deciding without being a supervisor", Refusal::NotSupervisor, s.decide(s.decision(model::Verdict::Approved, s.ash)), [&] {
    Facts f = s.standing(State::Submitted, s.ash);
    f.object->cover = {{s.ash.id, f.today}};
    return f;
  }());

  add("approving an older revision", Refusal::Stale, approve, [&] { Facts f = s.standing(State::Submitted, s.sparrow); f.head->rev = 2; return f; }());
  add("approving other words", Refusal::Stale, approve, [&] { Facts f = s.standing(State::Submitted, s.sparrow); f.head->hash = std::string(64, '0'); return f; }());
  add("a decision that names another revision than its operation", Refusal::Stale, [&] {
    auto decision = s.decision(model::Verdict::Approved, s.sparrow);
    decision.on.rev = 9;
    return s.decide(decision);
  }(), s.standing(State::Submitted, s.sparrow));
  add("withdrawing an older revision", Refusal::Stale, s.op(OpKind::Withdraw), [&] { Facts f = s.standing(State::Submitted, s.wren); f.head->rev = 2; return f; }());

  add("withdrawing what was returned", Refusal::WrongState, s.op(OpKind::Withdraw), s.standing(State::Returned, s.wren));
  add("deciding on what was returned", Refusal::WrongState, approve, s.standing(State::Returned, s.sparrow));
  add("changing what is submitted", Refusal::WrongState, [&] {
    wire::Operation op = submit([](auto& r) { r.part.answers["said"] = std::string("other"); });
    op.base_rev = 1;
    op.base_hash = s.submitted.hash;
    return op;
  }(), s.standing(State::Submitted, s.wren));
  add("an addendum before approval", Refusal::WrongState, s.op(OpKind::Addendum), s.standing(State::Submitted, s.wren));
  add("matching a listed child", Refusal::WrongState, s.op(OpKind::Match, wire::encode(wire::MatchBody{any_id("t")})), s.standing(State::Submitted, s.sparrow));

  add("submitting with open conflicts", Refusal::Unsettled, submit([](auto& r) { r.conflicts.push_back({"part/risk", {"1"}, {"2"}, {"3"}, {}, {}}); }), s.facts);
  add("approving a merge nobody confirmed", Refusal::Unsettled, approve, [&] { Facts f = s.standing(State::Submitted, s.sparrow); f.head->merged = true; return f; }());

  add("submitting over an approval", Refusal::Approved, submit([](auto& r) { r.part.name = "B"; }), s.standing(State::Approved, s.wren));
  add("deciding twice", Refusal::Approved, approve, s.standing(State::Approved, s.sparrow));
  add("withdrawing what is approved", Refusal::Approved, s.op(OpKind::Withdraw), s.standing(State::Approved, s.wren));

  add("a body that is no record", Refusal::Malformed, [&] { auto op = submit(as_is); op.body = "[]"; return op; }(), s.facts);
  add("a body that is no JSON", Refusal::Malformed, [&] { auto op = submit(as_is); op.body = "{"; return op; }(), s.facts);
  add("a record under another id", Refusal::Malformed, [&] { auto op = submit(as_is); op.record = any_id("x"); return op; }(), s.facts);
  add("a record of another child", Refusal::Malformed, submit([](auto& r) { r.part.id = child_id("B1"); }), s.facts);
  add("a record of another kind", Refusal::Malformed, [&] { auto op = submit(as_is); op.record_kind = RecordKind::Family; return op; }(), s.facts);
  add("a record in a worker's own case", Refusal::Malformed, submit(as_is), [&] { Facts f = s.facts; f.object = s.own; return f; }());
  add("a draft in a child's case", Refusal::Malformed, [&] { auto op = submit(as_is); op.kind = OpKind::Put; return op; }(), s.facts);
  add("another reviewer's name", Refusal::Malformed, s.decide(s.decision(model::Verdict::Approved, s.owl)), s.standing(State::Submitted, s.sparrow));
  add("a decision under a taken id", Refusal::Malformed, approve, [&] { Facts f = s.standing(State::Submitted, s.sparrow); f.body_id_taken = true; return f; }());

  add("returning without saying why", Refusal::RationaleMissing, [&] {
    auto decision = s.decision(model::Verdict::Returned, s.sparrow);
    decision.rationale.clear();
    return s.decide(decision);
  }(), s.standing(State::Submitted, s.sparrow));
  add("approving a disclosure without a word", Refusal::RationaleMissing, [&] {
    auto decision = s.decision(model::Verdict::Approved, s.sparrow);
    decision.rationale.clear();
    model::ChildRecord urgent = s.record;
    urgent.part.disclosures = {{any_id("d"), "he does it", "", "", {}}};
    decision.on.hash = base::sha256_hex(wire::encode(urgent));
    auto op = s.decide(decision);
    op.base_hash = decision.on.hash;
    return op;
  }(), [&] {
    Facts f = s.standing(State::Submitted, s.sparrow);
    f.head = s.revision(1, State::Submitted, [&] {
      model::ChildRecord urgent = s.record;
      urgent.part.disclosures = {{any_id("d"), "he does it", "", "", {}}};
      return wire::encode(urgent);
    }());
    return f;
  }());
  add("approving before a photo of it has arrived", Refusal::BlobsMissing, approve, [&] {
    Facts f = s.standing(State::Submitted, s.sparrow);
    f.blobs_missing = true;
    return f;
  }());
  add("anything on a record that was erased", Refusal::Erased, approve, [&] {
    Facts f = s.standing(State::Approved, s.sparrow);
    f.erased = true;
    return f;
  }());

  std::set<Refusal> met;
  for (const Row& row : rows) {
    INFO(row.what);
    auto outcome = server::decide(row.op, row.facts, kComplete);
    CHECK(outcome.result.number == 5);
    CHECK(outcome.result.status == OpStatus::Refused);
    REQUIRE(outcome.result.code.has_value());
    CHECK(model::code(*outcome.result.code) == model::code(row.code));
    CHECK(outcome.appends.empty());
    CHECK_FALSE(outcome.open.has_value());
    CHECK_FALSE(outcome.rehome.has_value());
    met.insert(*outcome.result.code);
  }
  CHECK(met.size() == std::size(model::CodeTable<Refusal>::values));
}

TEST_CASE("decide: a missing and an unlisted case get the same answer, byte for byte", "[server][A47]") {
  const Scene s;
  for (OpKind kind : {OpKind::Withdraw, OpKind::Decide, OpKind::Addendum, OpKind::Match, OpKind::Settle, OpKind::Put,
                      OpKind::Submit}) {
    Facts missing = s.standing(State::Submitted, s.owl);
    missing.object.reset();
    missing.case_free = true;
    missing.head.reset();
    CHECK(wire::encode(result(s.op(kind), missing)) == wire::encode(result(s.op(kind), s.standing(State::Submitted, s.owl))));
  }
}

TEST_CASE("decide: what is incomplete is refused by question and key, and names nobody", "[server]") {
  const Scene s;
  auto outcome = server::decide(Tablet::submit(s.record, s.amara.id), s.facts, server::validate_with({tests::visit_form()}));
  CHECK(outcome.result.code == Refusal::Malformed);
  INFO(outcome.result.detail);
  CHECK(outcome.result.detail.find("type: rule.missing\n") != std::string::npos);
  CHECK(outcome.result.detail.find("Amara") == std::string::npos);
}

TEST_CASE("decide: an approval is a decision and the same words in another state, by their author", "[server]") {
  const Scene s;
  auto outcome = server::decide(s.decide(s.decision(model::Verdict::Approved, s.sparrow)), s.standing(State::Submitted, s.sparrow), kComplete);
  CHECK(outcome.result.status == OpStatus::Applied);
  REQUIRE(outcome.appends.size() == 2);
  CHECK(outcome.appends[0].revision.kind == RecordKind::Decision);
  CHECK(outcome.appends[0].revision.author == s.sparrow.id);
  const auto& approved = outcome.appends[1].revision;
  CHECK(approved.state == State::Approved);
  CHECK(approved.rev == 2);
  CHECK(approved.hash == s.submitted.hash);
  CHECK(approved.body == s.submitted.body);
  CHECK(approved.author == s.wren.id);
}

TEST_CASE("decide: a return, its correction, and the same supervisor again", "[server]") {
  const Scene s;
  auto returned = server::decide(s.decide(s.decision(model::Verdict::Returned, s.sparrow)), s.standing(State::Submitted, s.sparrow), kComplete);
  REQUIRE(returned.appends.size() == 2);
  Facts facts = s.standing(State::Returned, s.wren);
  facts.head = returned.appends[1].revision;
  model::ChildRecord corrected = s.record;
  corrected.part.answers["said"] = std::string("corrected");
  auto again = server::decide(Tablet::submit(corrected, s.amara.id, &*facts.head), facts, kComplete);
  CHECK(again.result.status == OpStatus::Applied);
  CHECK(again.result.rev == 3);
  facts.actor = s.sparrow;
  facts.head = again.appends.front().revision;
  auto decision = s.decision(model::Verdict::Approved, s.sparrow);
  decision.on = {s.record.id, 3, facts.head->hash};
  CHECK(result(Tablet::on(OpKind::Decide, *facts.head, s.amara.id, wire::encode(decision)), facts).status == OpStatus::Applied);
}

TEST_CASE("decide: two tablets of one author: far apart is merged, the same place is a conflict that keeps both", "[server]") {
  const Scene s;
  model::Visit visit;
  visit.id = s.record.id;
  visit.author = s.wren.id;
  visit.facts.answers["purpose"] = std::string("First paragraph.\n\nSecond paragraph.");
  visit.facts.late_reason = "none";
  Facts facts = s.facts;
  facts.object = s.own;
  facts.base = s.revision(1, State::Draft, wire::encode(visit), RecordKind::Visit);
  auto theirs = visit;
  theirs.facts.answers["purpose"] = std::string("First paragraph, theirs.\n\nSecond paragraph.");
  facts.head = s.revision(2, State::Draft, wire::encode(theirs), RecordKind::Visit);
  auto put = [&](const model::Visit& mine) {
    wire::Operation op;
    op.kind = OpKind::Put;
    op.number = 1;
    op.record = visit.id;
    op.case_id = s.own.id;
    op.record_kind = RecordKind::Visit;
    op.base_rev = 1;
    op.base_hash = base::sha256_hex(wire::encode(visit));
    op.body = wire::encode(mine);
    return server::decide(op, facts, kComplete);
  };
  auto mine = visit;
  mine.facts.answers["purpose"] = std::string("First paragraph.\n\nSecond paragraph, mine.");
  auto merged = put(mine);
  CHECK(merged.result.status == OpStatus::Merged);
  REQUIRE(merged.appends.size() == 1);
  CHECK(merged.appends[0].revision.merged == true);
  auto both = wire::decode<model::Visit>(merged.appends[0].revision.body);
  REQUIRE(both.has_value());
  CHECK(std::get<std::string>(both->facts.answers["purpose"]) == "First paragraph, theirs.\n\nSecond paragraph, mine.");

  mine.facts.answers["purpose"] = std::string("First paragraph, mine.\n\nSecond paragraph.");
  auto conflict = put(mine);
  CHECK(conflict.result.status == OpStatus::Conflict);
  auto kept = wire::decode<model::Visit>(conflict.appends.at(0).revision.body);
  REQUIRE(kept.has_value());
  REQUIRE(kept->conflicts.size() == 1);
  CHECK(kept->conflicts[0].path == "facts/answers/purpose");
  CHECK(kept->conflicts[0].mine.text.find("First paragraph, mine.") != std::string::npos);
  CHECK(kept->conflicts[0].theirs.text.find("First paragraph, theirs.") != std::string::npos);
  CHECK(kept->conflicts[0].mine_author == s.wren.id);

  CHECK(put(theirs).appends.empty());  // the same change twice is no change
  facts.base.reset();                  // a base this server never had: nothing is woven, nothing is lost
  auto lost = put(mine);
  CHECK(lost.result.status == OpStatus::Conflict);
}

TEST_CASE("decide: two authors on one returned record: both stand, and nobody can approve it unseen", "[server]") {
  const Scene s;
  Facts facts = s.standing(State::Returned, s.ash);
  facts.object->allocated = s.ash.id;
  facts.held_before = true;
  facts.base = facts.head;
  auto by_ash = s.record;
  by_ash.part.answers["said"] = std::string("one two three, Ash");
  auto first = server::decide(Tablet::submit(by_ash, s.amara.id, &*facts.base), facts, kComplete);
  REQUIRE(first.result.status == OpStatus::Applied);
  facts.head = first.appends[0].revision;
  facts.contributors.push_back(s.ash.id);
  facts.actor = s.wren;  // no longer allocated, wrote it offline
  auto by_wren = s.record;
  by_wren.part.answers["said"] = std::string("one two three, Wren");
  auto second = server::decide(Tablet::submit(by_wren, s.amara.id, &*facts.base), facts, kComplete);
  CHECK(second.result.status == OpStatus::Conflict);
  REQUIRE(second.appends.size() == 1);
  const auto& made = second.appends[0].revision;
  CHECK(made.state == State::Returned);
  auto body = wire::decode<model::ChildRecord>(made.body);
  REQUIRE(body.has_value());
  REQUIRE(body->conflicts.size() == 1);
  CHECK(body->conflicts[0].mine_author == s.wren.id);
  CHECK(body->conflicts[0].theirs_author == s.ash.id);
}

TEST_CASE("decide: unknown members of a body stay in its exact bytes", "[server]") {
  const Scene s;
  auto op = Tablet::submit(s.record, s.amara.id);
  op.body.insert(1, "\"from_the_future\":{\"a\":[1,2]},");
  auto outcome = server::decide(op, s.facts, kComplete);
  REQUIRE(outcome.result.status == OpStatus::Applied);
  CHECK(outcome.appends[0].revision.body == op.body);
  CHECK(outcome.result.hash == base::sha256_hex(op.body));
}

TEST_CASE("decide: a draft thrown away on one tablet and written on at another keeps what was written", "[server]") {
  const Scene s;
  model::Visit visit;
  visit.id = s.record.id;
  visit.author = s.wren.id;
  visit.facts.answers["purpose"] = std::string("One.");
  auto written = visit, gone = visit;
  written.facts.answers["purpose"] = std::string("One. Two.");
  gone.discarded = true;
  Facts facts = s.facts;
  facts.object = s.own;
  facts.base = s.revision(1, State::Draft, wire::encode(visit), RecordKind::Visit);
  auto put = [&](const model::Visit& mine, const model::Visit& theirs) {
    facts.head = s.revision(2, State::Draft, wire::encode(theirs), RecordKind::Visit);
    wire::Operation op;
    op.kind = OpKind::Put;
    op.number = 1;
    op.record = visit.id;
    op.case_id = s.own.id;
    op.record_kind = RecordKind::Visit;
    op.base_rev = 1;
    op.base_hash = base::sha256_hex(wire::encode(visit));
    op.body = wire::encode(mine);
    return server::decide(op, facts, kComplete);
  };
  auto late_words = put(written, gone);
  CHECK(late_words.result.status == OpStatus::Merged);
  REQUIRE(late_words.appends.size() == 1);
  auto kept = wire::decode<model::Visit>(late_words.appends[0].revision.body);
  REQUIRE(kept.has_value());
  CHECK_FALSE(kept->discarded.has_value());
  CHECK(std::get<std::string>(kept->facts.answers["purpose"]) == "One. Two.");

  auto late_discard = put(gone, written);
  CHECK(late_discard.appends.empty());  // the words stand as they are
  CHECK(late_discard.result.hash == base::sha256_hex(wire::encode(written)));
}

TEST_CASE("decide: a record without an id is refused", "[server]") {
  const Scene s;
  auto record = s.record;
  record.id = {};
  CHECK(result(Tablet::submit(record, s.amara.id), s.facts).code == Refusal::Malformed);
  Facts own = s.facts;
  own.object = s.own;
  wire::Operation put;
  put.kind = OpKind::Put;
  put.case_id = s.own.id;
  put.record_kind = RecordKind::Visit;
  put.body = wire::encode(model::Visit());
  CHECK(result(put, own).code == Refusal::Malformed);
}

TEST_CASE("decide: an approved record that is handed in again as it is, is no news", "[server]") {
  const Scene s;
  auto again = server::decide(Tablet::submit(s.record, s.amara.id), s.standing(State::Approved, s.wren), kComplete);
  CHECK(again.result.status == OpStatus::Applied);
  CHECK(again.appends.empty());
  CHECK(again.result.hash == s.submitted.hash);
  auto other = s.record;
  other.part.answers["said"] = std::string("something else");
  CHECK(result(Tablet::submit(other, s.amara.id), s.standing(State::Approved, s.wren)).code == Refusal::Approved);
}

TEST_CASE("decide: what was taken and is handed in again by a chain begun anew is taken once, not refused", "[server]") {
  const Scene s;
  const auto said = [&](const wire::Operation& op, Id id, const server::WorkerRow& by, model::RecordKind kind) {
    auto out = s.revision(1, State::None, op.body, kind);
    out.record = id;
    out.author = by.id;
    return out;
  };
  const auto taken = [](const wire::Operation& op, const Facts& facts) {
    const auto outcome = server::decide(op, facts, kComplete);
    return outcome.result.status == OpStatus::Applied && outcome.appends.empty() && !outcome.rehome;
  };
  const auto decision = s.decision(model::Verdict::Approved, s.sparrow);
  const auto decide = s.decide(decision);
  Facts facts = s.standing(State::Approved, s.sparrow);
  facts.head->rev = 2;
  facts.body_id_taken = true;
  facts.said = said(decide, decision.id, s.sparrow, RecordKind::Decision);
  CHECK(taken(decide, facts));
  auto other = decision;
  other.rationale = "Other words under the same number.";
  CHECK(result(s.decide(other), facts).code == Refusal::Approved);
  facts.said->author = s.owl.id;
  CHECK(result(decide, facts).code == Refusal::Approved);

  model::Addendum addendum;
  addendum.id = any_id("addendum");
  addendum.record = s.record.id;
  addendum.author = s.wren.id;
  addendum.text = "The date was wrong.";
  const auto add = s.op(OpKind::Addendum, wire::encode(addendum));
  facts = s.standing(State::Approved, s.wren);
  facts.body_id_taken = true;
  CHECK(result(add, facts).code == Refusal::Malformed);
  facts.said = said(add, addendum.id, s.wren, RecordKind::Addendum);
  CHECK(taken(add, facts));

  facts = s.standing(State::Submitted, s.wren);  // taken back, and submitted again since
  facts.head->rev = 3;
  facts.base = s.submitted;
  CHECK(result(s.op(OpKind::Withdraw), facts).code == Refusal::Stale);
  facts.after_base = s.revision(2, State::Draft, s.submitted.body);
  CHECK(result(s.op(OpKind::Withdraw), facts).code == Refusal::Stale);  // by another tablet
  facts.after_base->device = facts.device;
  CHECK(taken(s.op(OpKind::Withdraw), facts));

  wire::Operation match = s.op(OpKind::Match, wire::encode(wire::MatchBody{s.amara.id}));
  match.record = match.case_id = any_id("provisional");
  facts = s.facts;
  facts.actor = s.sparrow;
  facts.record_elsewhere = true;
  CHECK(taken(match, facts));
  match.body = wire::encode(wire::MatchBody{any_id("another child")});
  CHECK_FALSE(taken(match, facts));
}

TEST_CASE("decide: somebody else's submitted record is not taken out of a supervisor's hands", "[server]") {
  const Scene s;
  auto by_ash = s.record;
  by_ash.author = s.ash.id;
  by_ash.part.answers["said"] = std::string("words of Ash");
  Facts facts = s.standing(State::Submitted, s.ash);
  facts.object->allocated = s.ash.id;
  auto op = Tablet::submit(by_ash, s.amara.id);  // as if it were new
  CHECK(result(op, facts).code == Refusal::WrongState);
  op.base_rev = 7;  // a base that never was
  op.base_hash = std::string(64, '7');
  CHECK(result(op, facts).code == Refusal::WrongState);
  facts.head = s.revision(2, State::Submitted, s.submitted.body);  // read while it was submitted
  facts.base = s.submitted;
  CHECK(result(Tablet::submit(by_ash, s.amara.id, &s.submitted), facts).code == Refusal::WrongState);
  facts.actor = s.wren;  // its own author: both texts come back, as ever
  facts.held_before = true;
  auto by_wren = s.record;
  by_wren.part.answers["said"] = std::string("other words of Wren");
  CHECK(result(Tablet::submit(by_wren, s.amara.id), facts).status == OpStatus::Conflict);
}
