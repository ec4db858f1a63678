// What people do: with a tablet through its store, at the council through its extract.
#include <algorithm>

#include "platform/base/bytes.h"
#include "sync/model/attachment.h"
#include "sync/model/visit.h"
#include "sync/rules/calendar.h"
#include "sync/server/enrolment.h"
#include "sync/server/erase.h"
#include "sync/server/import.h"
#include "sync/wire/codec.h"
#include "tests/sim/cast.h"
#include "tests/sim/world.h"

namespace doorstep::sim {

namespace {

using model::State;

std::vector<store::Draft> writable(Tablet& tablet) {
  std::vector<store::Draft> out;
  if (!tablet.store) return out;
  if (auto drafts = tablet.store->drafts())
    for (auto& draft : *drafts)
      if (draft.stage == store::DraftStage::Writing) out.push_back(std::move(draft));
  return out;
}

std::vector<store::RecordView> records(Tablet& tablet) {
  if (!tablet.store) return {};
  auto caseload = tablet.store->caseload();
  return caseload ? std::move(caseload->records) : std::vector<store::RecordView>();
}

model::RevisionRef ref_of(const store::RecordView& view) {
  const auto& head = view.head().revision;
  return {head.record, head.rev, head.hash};
}

std::string* text_of(model::Answers& answers, const std::string& question) {
  auto& answer = answers[question];
  if (!std::holds_alternative<std::string>(answer)) answer = std::string();
  return &std::get<std::string>(answer);
}

}  // namespace

Id World::fresh_id() { return Id::v7({now_}, Id::from_name("sim:" + std::to_string(++ids_)).bytes()); }

/// After every call of a store that changes something: has it said "Saved"?
template <class T>
bool World::done(Tablet& tablet, Random& random, const base::Result<T>& result, const std::string& words) {
  if (!alive(tablet, random)) return false;
  trace.add(result.has_value() ? "saved" : result.error().where);
  if (!result.has_value()) return false;
  words_.saved(words);
  words_.each(words, [&](std::size_t word) { typed_by_.try_emplace(word, tablet.worker); });
  photos_.each(words, [&](std::size_t photo) {
    if (photos_[photo].fate == Photos::Fate::Unsaved) photos_[photo].fate = Photos::Fate::Kept;
  });
  tablet.unsent = true;
  return true;
}

// Writing -------------------------------------------------------------------------------------------------------------

std::optional<model::Visit> World::start_visit(Tablet& tablet, Random& random) {
  auto caseload = tablet.store->caseload();
  if (!caseload) return std::nullopt;
  model::Visit visit;
  visit.id = fresh_id();
  visit.author = tablet.worker;
  visit.facts.type = model::VisitType::Cin;
  visit.facts.start = model::ZonedTime{tablet.clock.wall(), 0, "Europe/London"};
  auto add = [&](Id id, const std::string& name) {
    model::ChildPart part;
    part.id = id;
    part.name = name;
    visit.children.push_back(std::move(part));
  };
  for (const auto& child : caseload->children)
    if (random.percent(60)) add(child.id, child.name);
  if (visit.children.empty() || random.percent(12)) add(fresh_id(), "On no list");
  if (random.percent(20)) visit.facts.other_children.push_back({fresh_id(), "Another", "", model::Known::No, ""});
  return visit;
}

/// New words in some place of the visit; now and then one goes.
void World::write_in(model::Visit& visit, Random& random) {
  if (visit.children.empty()) return;
  std::string* text = nullptr;
  const std::size_t place = random.below(8);
  auto& part = random.pick(visit.children);
  if (place == 0) {
    if (visit.jottings.empty() || random.percent(50)) visit.jottings.push_back({fresh_id(), {now_}, ""});
    text = &random.pick(visit.jottings).text;
  } else if (place == 1) {
    text = text_of(visit.facts.answers, "place");
  } else if (place == 2) {
    if (part.disclosures.empty()) part.disclosures.push_back({fresh_id(), "", "", "", std::nullopt});
    text = &part.disclosures.front().exact_words;
  } else {
    static const char* const kQuestions[] = {"saw", "saw", "home", "home", "said"};
    text = text_of(part.answers, kQuestions[place - 3]);
  }
  std::vector<std::size_t> gaps = {0};
  for (std::size_t at = text->find(' '); at != text->npos; at = text->find(' ', at + 1)) gaps.push_back(at + 1);
  const std::size_t count = 1 + random.below(3);
  std::string typed;
  for (std::size_t i = 0; i < count; ++i) typed += words_.make() + (random.percent(15) ? "\n " : " ");
  text->insert(random.pick(gaps), typed);
  if (random.percent(10)) {
    std::vector<std::size_t> there;
    words_.each(*text, [&](std::size_t word) { there.push_back(word); });
    const std::size_t word = random.pick(there);
    const std::string token = Words::token(word);
    text->erase(text->find(token), token.size());
    words_.taken_out(word);
  }
}

/// A person lets go of what a text holds and names, but for what is left.
void World::given_up(std::string_view text, std::string_view left) {
  Found words;
  words_.find(left, words);
  words_.each(text, [&](std::size_t word) {
    if (!has(words, word)) words_.taken_out(word);
  });
  const auto photos = photos_.named_in(left);
  photos_.each(text, [&](std::size_t photo) {
    if (!photos.contains(photo)) photos_[photo].fate = Photos::Fate::Gone;
  });
}

/// What a person has before them to write in: a draft, or a fresh one.
std::optional<Tablet::Editor> World::to_write_in(Tablet& tablet, Random& random) {
  auto drafts = writable(tablet);
  model::Visit visit;
  std::optional<std::int64_t> based_on;
  if (random.percent(8)) {  // a screen that does not know yet that the visit is being submitted
    if (auto all = tablet.store->drafts())
      for (auto& draft : *all)
        if (draft.stage == store::DraftStage::Submitting) visit = std::move(draft.visit), based_on = draft.version;
  }
  if (based_on) return Tablet::Editor{std::move(visit), *based_on};
  if (drafts.empty() || random.percent(plan_.fresh)) {
    auto fresh = start_visit(tablet, random);
    if (!fresh) return std::nullopt;
    return Tablet::Editor{std::move(*fresh), 0};
  }
  const auto& draft = random.pick(drafts);
  auto editor = tablet.editors.find(draft.visit.id);
  // The screen has taken over what the store holds, or has not.
  if (editor == tablet.editors.end() || random.percent(60)) return Tablet::Editor{draft.visit, draft.version};
  return editor->second;
}

void World::keep(Tablet& tablet, Random& random, const model::Visit& visit, std::int64_t based_on) {
  auto saved = tablet.store->save_draft(visit, tablet.clock.wall(), based_on);
  if (!done(tablet, random, saved, wire::encode(visit)) || saved->merged) tablet.editors.erase(visit.id);
  else tablet.editors[visit.id] = {visit, based_on};
}

void World::type(Tablet& tablet, Random& random) {
  if (!tablet.store) return;
  auto place = to_write_in(tablet, random);
  if (!place) return;
  write_in(place->visit, random);
  keep(tablet, random, place->visit, place->version);
}

/// A photo is on the disk first; then the visit that names it is saved. Replies may be taken in between.
void World::attach(Tablet& tablet, Random& random) {
  if (!tablet.store) return;
  const bool again = !photos_.empty() && random.percent(8);  // the same once more
  const std::size_t photo = again ? random.below(photos_.size()) : photos_.make(random.below(4 * plan_.photo_bytes));
  auto made = tablet.store->add_blob(photos_[photo].bytes, tablet.clock.wall());
  if (!alive(tablet, random)) return;
  trace.add(made ? "taken" : made.error().where);
  if (!made) return;
  ++figures.photos;
  photos_[photo].taken_by.insert(tablet.worker);
  const std::size_t crashes = figures.crashes;
  if (random.percent(25)) advance(tablet, random, plan_.trouble.network);
  if (figures.crashes != crashes) return;  // nothing names it yet
  auto place = to_write_in(tablet, random);
  if (!place || place->visit.children.empty()) return;
  auto& part = random.pick(place->visit.children);
  if (!part.attachments) part.attachments.emplace();
  part.attachments->push_back({fresh_id(), made->sha256, made->size, made->media_type, words_.make(), {now_}, {}});
  keep(tablet, random, place->visit, place->version);
}

void World::take_off(Tablet& tablet, Random& random) {
  auto drafts = writable(tablet);
  std::erase_if(drafts, [](const auto& draft) { return model::attachments_of(draft.visit).empty(); });
  if (drafts.empty()) return;
  const auto& draft = random.pick(drafts);
  model::Visit visit = draft.visit;
  std::vector<model::ChildPart*> parts;
  for (auto& part : visit.children)
    if (!model::attachments_of(part).empty()) parts.push_back(&part);
  auto& attachments = *random.pick(parts)->attachments;
  attachments.erase(attachments.begin() + static_cast<std::ptrdiff_t>(random.below(attachments.size())));
  given_up(wire::encode(draft.visit), wire::encode(visit));
  keep(tablet, random, visit, draft.version);
}

/// Somebody looks at what a record or a draft names: what is here is shown, what is not is fetched.
void World::open_photos(Tablet& tablet, Random& random) {
  std::vector<std::pair<Id, std::vector<model::Attachment>>> named;
  for (const auto& view : records(tablet)) named.emplace_back(view.head().revision.record, model::attachments_of(view.head().body.part));
  for (const auto& draft : writable(tablet)) named.emplace_back(draft.visit.id, model::attachments_of(draft.visit));
  std::erase_if(named, [](const auto& one) { return one.second.empty(); });
  if (named.empty()) return;
  const auto& [record, attachments] = random.pick(named);
  for (const auto& one : attachments) {
    const auto bytes = tablet.store->blob(one.sha256);
    if (!alive(tablet, random)) return;
    if (bytes && base::sha256_hex(*bytes) != one.sha256) throw Broken("I2", "another photo is shown than was named");
  }
  done(tablet, random, tablet.store->want_blobs(record), "");
}

void World::discard(Tablet& tablet, Random& random) {
  auto drafts = writable(tablet);
  if (drafts.empty()) return;
  const auto& draft = random.pick(drafts);
  given_up(wire::encode(draft.visit));
  auto result = tablet.store->discard(draft.visit.id, tablet.clock.wall());
  done(tablet, random, result, "");
  tablet.editors.erase(draft.visit.id);
}

void World::settle_conflict(Tablet& tablet, Random& random) {
  auto drafts = writable(tablet);
  std::erase_if(drafts, [](const auto& draft) { return draft.visit.conflicts.empty(); });
  if (drafts.empty()) return;
  const auto& draft = random.pick(drafts);
  const auto& conflict = draft.visit.conflicts[random.below(draft.visit.conflicts.size())];
  using Keep = merge::Choice::Keep;
  static constexpr Keep kChoices[] = {Keep::Mine, Keep::Theirs, Keep::Both};
  merge::Choice choice{kChoices[random.below(3)], ""};
  auto settled = tablet.store->settle_conflict(draft.visit.id, conflict.path, choice, tablet.clock.wall());
  if (!done(tablet, random, settled, "")) {
    // The process ended: either could be on the disk.
    for (const auto& open : draft.visit.conflicts)
      for (const std::string* text : {&open.base.text, &open.mine.text, &open.theirs.text}) given_up(*text);
    return;
  }
  given_up(wire::encode(draft.visit), wire::encode(settled->visit));  // the person chose
  tablet.editors.erase(draft.visit.id);
}

// Operations ----------------------------------------------------------------------------------------------------------

void World::submit(Tablet& tablet, Random& random) {
  auto drafts = writable(tablet);
  std::erase_if(drafts, [](const auto& draft) { return !draft.visit.conflicts.empty() || draft.visit.children.empty(); });
  if (drafts.empty()) return;
  const auto& draft = random.pick(drafts);
  std::vector<model::ChildRecord> records;
  for (const auto& part : draft.visit.children)
    records.push_back(model::record_of(draft.visit, part, fresh_id(), tablet.clock.wall()));
  done(tablet, random, tablet.store->submit(draft.visit, records, tablet.clock.wall()), "");
  tablet.editors.erase(draft.visit.id);
}

void World::withdraw(Tablet& tablet, Random& random) {
  auto mine = records(tablet);
  std::erase_if(mine, [&](const auto& view) {
    return view.head().body.author != tablet.worker || view.head().revision.state != State::Submitted;
  });
  if (mine.empty()) return;
  const auto& view = random.pick(mine);
  if (!done(tablet, random, tablet.store->withdraw(view.case_id, ref_of(view), tablet.clock.wall()), "")) return;
  if (!view.head().local && random.percent(50)) write_anew(tablet, view, random);  // both may wait together
}

/// A returned or withdrawn record is written anew in a draft.
void World::revise(Tablet& tablet, Random& random) {
  auto mine = records(tablet);
  std::erase_if(mine, [&](const auto& view) { return view.head().body.author != tablet.worker; });
  auto is = [](const auto& view, State state) { return view.head().revision.state == state; };
  // No screen offers an approved one: a program that was changed, or has not heard.
  const bool approved = random.percent(40) && std::any_of(mine.begin(), mine.end(), [&](const auto& v) { return is(v, State::Approved); });
  std::erase_if(mine, [&](const auto& v) { return approved ? !is(v, State::Approved) : !is(v, State::Returned) && !is(v, State::Draft); });
  if (mine.empty()) return;
  write_anew(tablet, random.pick(mine), random);
}

void World::write_anew(Tablet& tablet, const store::RecordView& view, Random& random) {
  model::Visit visit = model::visit_of(view.head().body, ref_of(view), fresh_id());
  write_in(visit, random);
  auto saved = tablet.store->save_draft(visit, tablet.clock.wall(), 0);
  done(tablet, random, saved, wire::encode(visit));
}

void World::decide(Tablet& tablet, Random& random) {
  auto others = records(tablet);
  const bool own = random.percent(5);  // the screen offers none: a program that was changed
  std::erase_if(others, [&](const auto& view) {
    return view.head().local || (view.head().body.author == tablet.worker && !own) || view.head().revision.state != State::Submitted;
  });
  if (others.empty()) return;
  const auto& view = random.pick(others);
  model::Decision decision;
  decision.id = fresh_id();
  decision.on = ref_of(view);
  decision.verdict = random.percent(55) ? model::Verdict::Approved : model::Verdict::Returned;
  decision.reviewer = tablet.worker;
  decision.at = tablet.clock.wall();
  decision.rationale = words_.make();
  if (decision.verdict == model::Verdict::Returned) decision.return_reason = model::ReturnReason::StepsVague;
  done(tablet, random, tablet.store->decide(view.case_id, decision, tablet.clock.wall()), decision.rationale);
}

void World::addendum(Tablet& tablet, Random& random) {
  auto approved = records(tablet);
  std::erase_if(approved, [](const auto& view) { return view.head().revision.state != State::Approved; });
  if (approved.empty()) return;
  const auto& view = random.pick(approved);
  model::Addendum addendum;
  addendum.id = fresh_id();
  addendum.record = view.head().revision.record;
  addendum.author = tablet.worker;
  addendum.at = tablet.clock.wall();
  addendum.text = words_.make();
  done(tablet, random, tablet.store->addendum(view.case_id, addendum, tablet.clock.wall()), addendum.text);
}

void World::settle_alert(Tablet& tablet, Random& random) {
  auto alarming = records(tablet);
  std::erase_if(alarming, [](const auto& view) { return view.head().local || view.head().body.facts.other_children.empty(); });
  if (alarming.empty()) return;
  const auto& view = random.pick(alarming);
  model::Disposition disposition;
  disposition.id = fresh_id();
  disposition.alert = view.head().body.facts.other_children.front().id;
  disposition.record = view.head().revision.record;
  disposition.by = tablet.worker;
  disposition.at = tablet.clock.wall();
  disposition.outcome = "REFERRED";
  disposition.why = words_.make();
  done(tablet, random, tablet.store->settle_alert(view.case_id, ref_of(view), disposition, tablet.clock.wall()), disposition.why);
}

void World::match(Tablet& tablet, Random& random) {
  if (!tablet.store) return;
  auto caseload = tablet.store->caseload();
  if (!caseload) return;
  std::vector<Id> provisional, listed;
  for (const auto& child : caseload->children) (child.provisional.value_or(false) ? provisional : listed).push_back(child.id);
  if (provisional.empty() || listed.empty()) return;
  const Id from = random.pick(provisional), to = random.pick(listed);
  done(tablet, random, tablet.store->match(from, to, tablet.clock.wall()), "");
}

void World::dismiss(Tablet& tablet, Random& random) {
  if (!tablet.store) return;
  auto status = tablet.store->status();
  if (!status || status->refused.empty()) return;
  done(tablet, random, tablet.store->dismiss(random.pick(status->refused).number), "");
}

// The council ---------------------------------------------------------------------------------------------------------

void World::run_import() {
  server_disk_.not_end();
  server_disk_.fill_up(0);
  auto report = server::import_extract(*repository_, extract_of(council_), {}, server_clock_.wall());
  if (!report) throw Broken("import", report.error().where + " " + report.error().detail);
  if (!report->problems.empty()) throw Broken("import", report->problems.front().str());
  read_server();
}

void World::allocate(Random& random) {
  std::vector<Id> children, workers;
  for (const auto& [id, child] : council_.cases)
    if (!child.provisional) children.push_back(id);
  for (const auto& [id, worker] : council_.workers)
    if (worker.active && !worker.supervisor) workers.push_back(id);
  Council::Case& child = council_.cases[random.pick(children)];
  child.cover.clear();
  if (workers.empty() || random.percent(15)) {
    child.worker = child.team = Id();
  } else {
    child.worker = random.pick(workers);
    child.team = council_.workers[child.worker].team;
    const Id other = random.pick(workers);
    if (other != child.worker && random.percent(50)) {
      using namespace std::chrono;
      const Date today = rules::uk_date(server_clock_.wall());
      child.cover.emplace_back(other, Date(sys_days(today) + days(random.below(4))));
    }
  }
  run_import();
}

void World::import(Random& random) {
  if (random.percent(60)) council_.address += 1;
  run_import();
}

void World::worker_leaves(Random& random) {
  std::vector<Id> workers;
  for (const auto& [id, worker] : council_.workers) workers.push_back(id);
  const Id who = random.pick(workers);
  Council::Worker& worker = council_.workers[who];
  worker.active = !worker.active;
  if (!worker.active)
    for (auto& [id, child] : council_.cases) {
      if (child.provisional) continue;
      std::erase_if(child.cover, [&](const auto& cover) { return cover.first == who; });
      if (child.worker == who) child.worker = child.team = Id(), child.cover.clear();
    }
  run_import();
}

void World::revoke(Random& random, bool worker) {
  server_disk_.not_end();
  server_disk_.fill_up(0);
  const Tablet& tablet = *random.pick(tablets_);
  if (worker) {
    const std::string ref = council_.workers[tablet.worker].ref;
    if (!server::revoke_worker(*repository_, ref, server_clock_.wall())) throw Broken("revoke", ref);
    council_.workers[tablet.worker].revoked = true;
    for (const Part& part : cast())
      if (part.worker == tablet.worker) council_.devices_off.insert(part.device);
  } else {
    if (!server::revoke_device(*repository_, tablet.device, server_clock_.wall())) throw Broken("revoke", "device");
    council_.devices_off.insert(tablet.device);
  }
  read_server();
}

/// The record, the drafts it was written in, and what was said about it: with all their words and photos that nothing else names.
void World::note_what_goes_with(Id record) {
  to_be_erased_.clear();
  photos_to_be_erased_.clear();
  if (!server_eye_) return;
  std::set<Id> related = {record};
  std::set<std::pair<Id, Id>> drafts;
  std::vector<std::pair<Id, std::string>> bodies;
  (void)server_eye_->query("SELECT record, body FROM revisions", [&](const sql::Row& row) {
    bodies.emplace_back(row.id(0), row.string(1));
    const std::string& body = bodies.back().second;
    if (row.id(0) != record && body.find(record.str()) != body.npos) related.insert(row.id(0));
    if (row.id(0) == record)
      if (const auto said = wire::decode<model::ChildRecord>(body)) {
        related.insert(said->visit);
        drafts.emplace(said->visit, said->part.id);
      }
  });
  std::set<std::size_t> others;
  for (const auto& [id, body] : bodies) {
    if (related.contains(id)) words_.find(body, to_be_erased_);
    for (std::size_t photo : photos_.named_in(body)) (related.contains(id) ? photos_to_be_erased_ : others).insert(photo);
  }
  for (std::size_t photo : others) photos_to_be_erased_.erase(photo);
  (void)server_eye_->query("SELECT bytes, status FROM operations", [&](const sql::Row& row) {
    const std::string bytes = row.string(0);
    const auto op = wire::decode<wire::Operation>(bytes);
    if (!op) return;
    bool goes = related.contains(op->record);
    if (row.string(1) == "refused" && !log_.heads.contains(op->record)) {  // and what was refused before under an id of its own
      const auto said = wire::decode<model::ChildRecord>(op->body);
      const bool submitted = op->kind == wire::OpKind::Submit && said && drafts.contains({said->visit, said->part.id});
      goes = goes || submitted || (op->kind == wire::OpKind::Put && op->body.find(record.str()) != std::string::npos);
    }
    if (goes) words_.find(bytes, to_be_erased_);
  });
}

/// Two who did not write in it order that a record be erased, wherever it stands. The server may refuse, and may end meanwhile.
void World::erase(Random& random) {
  std::vector<Id> records;
  const bool waiting = random.percent(10);  // for a supervisor: it is refused
  for (const auto& [id, record] : reference_.records())
    if (record.kind == model::RecordKind::ChildRecord && !erased_.contains(id) && (record.state == "SUBMITTED") == waiting)
      records.push_back(id);
  if (records.empty()) return;
  const Id record = random.pick(records);
  const bool anybody = random.percent(10);  // also who wrote in it, and one alone
  std::vector<std::string> people;
  for (const auto& [id, worker] : council_.workers)
    if (council_.usable(id) && (anybody || !reference_.records().at(record).writers.contains(id))) people.push_back(worker.ref);
  if (people.empty()) return;
  const std::string first = random.pick(people);
  if (!anybody) std::erase(people, first);
  if (people.empty()) return;
  const std::string second = random.pick(people);
  note_what_goes_with(record);
  const auto ordered = server::order_erasure(*repository_, record, first, "An order", server_clock_.wall());
  trace.add(ordered ? "ordered" : ordered.error().where);
  if (ordered && !server_disk_.ended()) {
    const auto done = server::confirm_erasure(*repository_, photo_folder(), record, second, server_clock_.wall());
    trace.add(done ? "erased" : done.error().where);
      figures.erased += done.has_value();
  }
  if (server_disk_.ended()) server_died(random);
}

}  // namespace doorstep::sim
