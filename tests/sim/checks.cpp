// What must hold after every step, and at the end. I1 to I10 are those of the sync design; "rules" is the reference model.
#include <algorithm>
#include <charconv>

#include "platform/base/bytes.h"
#include "sync/rules/calendar.h"
#include "sync/server/blobs.h"
#include "sync/transport/reply.h"
#include "sync/wire/codec.h"
#include "tests/sim/cast.h"
#include "tests/sim/world.h"

namespace doorstep::sim {

namespace {

template <class T>
T must(base::Result<T> result) {
  if (!result.has_value()) throw Broken("read", result.error().where + " " + result.error().detail);
  return std::move(*result);
}
void must(base::Result<void> result) {
  if (!result.has_value()) throw Broken("read", result.error().where + " " + result.error().detail);
}

std::string name(const Tablet& tablet) { return "tablet " + std::to_string(tablet.number); }
std::string brief(Id id) { return id.str().substr(0, 8); }

}  // namespace

std::string World::describe(std::size_t word) const {
  std::string out = Words::token(word) + " (";
  for (const auto& tablet : tablets_)
    if (has(tablet->words, word)) out += name(*tablet) + " ";
  if (has(log_.in_revisions, word)) out += "revisions ";
  if (has(log_.in_operations, word)) out += "operations ";
  return out + ")";
}

bool World::switched_off(Id worker, Id device) const {
  return council_.workers.at(worker).revoked || council_.devices_off.contains(device);
}

bool World::entitled(const Tablet& tablet, Id case_id) const {
  return council_.may_see(tablet.worker, case_id, rules::uk_date(server_clock_.wall()));
}

/// What the server's database says now: that its logs are dense and chained (I3), each revision stands once and is what its hash
/// says (I2), approved ones are the last (I6), and each operation had the effect the rules give it.
void World::read_server() {
  if (server_read_at_ == server_disk_.writes()) return;
  server_read_at_ = server_disk_.writes();
  Eye& db = *server_eye_;
  const std::vector<Id> gone = newly_erased();
  must(db.query("SELECT (SELECT max(rowid) FROM revisions), (SELECT max(rowid) FROM operations)", [&](const sql::Row& row) {
    if (row.integer(0) < log_.last_revision || row.integer(1) < log_.last_operation)
      throw Broken("I1", "the server no longer has what could be read from it");
  }));
  must(db.query("SELECT rowid, record, rev, kind, state, author, hash, body, merged FROM revisions WHERE rowid > ? ORDER BY rowid",
                log_.last_revision, [&](const sql::Row& row) {
    log_.last_revision = row.integer(0);
    const Id record = row.id(1);
    const std::int64_t rev = row.integer(2);
    ServerLog::Revision made;
    made.kind = model::from_code<model::RecordKind>(row.text(3)).value_or(model::RecordKind::Visit);
    made.state = row.string(4);
    made.author = row.id(5);
    made.hash = row.string(6);
    const std::string body = row.string(7);
    made.merged = row.boolean(8);
    made.conflicts = body.find("\"conflicts\":[{") != body.npos;
    made.discarded = made.kind == model::RecordKind::Visit && body.find("\"discarded\":true") != body.npos;
    if (base::sha256_hex(body) != made.hash) throw Broken("I2", "a revision's body is not what its hash says");
    auto& head = log_.heads[record];
    if (rev != head + 1) throw Broken("I2", "revision " + std::to_string(rev) + " follows " + std::to_string(head));
    const bool last = erased_.contains(record) && body.empty();
    if (erased_.contains(record) && !last) throw Broken("erasure", "record " + brief(record) + " was erased and has words again");
    if (head > 0 && log_.revisions.at({record, head}).state == "APPROVED" && !last)
      throw Broken("I6", "record " + brief(record) + " was approved and changed");
    head = rev;
    words_.find(body, log_.in_revisions);
    log_.revisions[{record, rev}] = std::move(made);
  }));

  std::vector<std::tuple<Id, std::int64_t, std::string>> heads;
  must(db.query("SELECT id, head, chain FROM cases", [&](const sql::Row& row) {
    heads.emplace_back(row.id(0), row.integer(1), row.string(2));
  }));
  for (const auto& [id, head, chain] : heads) {
    auto& log = log_.logs[id];
    if (static_cast<std::int64_t>(log.size()) == head) continue;
    must(db.query("SELECT seq, record, rev, hash, chain FROM case_log WHERE case_id = ? AND seq > ? ORDER BY seq", id,
                  static_cast<std::int64_t>(log.size()), [&](const sql::Row& row) {
      if (row.integer(0) != static_cast<std::int64_t>(log.size()) + 1) throw Broken("I3", "a case's log has a gap");
      ServerLog::Entry entry{row.id(1), row.integer(2), row.string(3), "", row.string(4)};
      auto made = log_.revisions.find({entry.record, entry.rev});
      if (made == log_.revisions.end()) throw Broken("I3", "a case's log names a revision that is not there");
      entry.state = made->second.state;
      model::Revision revision;
      revision.record = entry.record;
      revision.rev = entry.rev;
      revision.hash = entry.hash;
      revision.state = model::from_code<model::State>(entry.state).value_or(model::State::None);
      if (wire::chain_next(log.empty() ? wire::kChainStart : log.back().chain, revision) != entry.chain)
        throw Broken("I3", "a case's chain is not that of its entries");
      log.push_back(std::move(entry));
    }));
    if (static_cast<std::int64_t>(log.size()) != head || (head > 0 && log.back().chain != chain))
      throw Broken("I3", "a case's head is not the end of its log");
  }

  std::set<std::pair<Id, Id>> held;
  must(db.query("SELECT case_id, worker FROM held", [&](const sql::Row& row) { held.emplace(row.id(0), row.id(1)); }));
  std::vector<ServerLog::Operation> rows;
  must(db.query("SELECT rowid, device, incarnation, number, hash, bytes, worker, received_at, status, code, detail, rev, rev_hash"
                " FROM operations WHERE rowid > ? ORDER BY rowid", log_.last_operation, [&](const sql::Row& row) {
    log_.last_operation = row.integer(0);
    rows.push_back({row.id(1), row.integer(2), row.integer(3), row.string(4), row.string(5), row.id(6), row.integer(7), row.string(8),
                    row.string(9), row.string(10), row.integer(11), row.string(12)});
  }));
  for (const auto& row : rows) {
    ++figures.operations;
    auto before = log_.operations.find({row.device, row.incarnation, row.number - 1});
    if (row.number > 1 && before == log_.operations.end()) throw Broken("I2", "an operation was taken in before the one it follows");
    const bool emptied = row.bytes.empty() && row.status == "refused" && !erased_.empty();  // it would have brought erased words back
    if (!emptied && wire::chain_next(row.number == 1 ? wire::kChainStart : before->second, row.bytes) != row.hash)
      throw Broken("I2", "an operation's chain is not that of its bytes");
    if (!log_.operations.emplace(std::tuple(row.device, row.incarnation, row.number), row.hash).second)
      throw Broken("I2", "two operations under one number");
    words_.find(row.bytes, log_.in_operations);
    if (names_erased(row.bytes))
      if (const auto op = wire::decode<wire::Operation>(row.bytes); op && erased_.contains(op->record))
        throw Broken("erasure", "an operation on what was erased is kept");
    if (row.status == "refused")
      words_.find(row.bytes, row.bytes.starts_with(R"({"kind":"submit")") ? log_.in_refused_submissions : log_.in_refused);
    const std::string wrong = reference_.take(row, log_, council_, rules::uk_date(Instant{row.at}), held);
    if (!wrong.empty()) throw Broken("rules", wrong);
  }
  if (!gone.empty()) check_erasure(gone);
  for (const auto& [id, record] : reference_.records()) {
    auto head = log_.heads.find(id);
    const std::int64_t there = head == log_.heads.end() ? 0 : head->second;
    if (record.kind != model::RecordKind::Child && there != record.rev)
      throw Broken("I2", "record " + brief(id) + " has " + std::to_string(there) + " revisions, its operations made " +
                             std::to_string(record.rev));
  }
  read_photos();
}

/// What was erased since this was last asked.
std::vector<Id> World::newly_erased() {
  std::vector<Id> out;
  if (!erases_) return out;
  must(server_eye_->query("SELECT record FROM erased ORDER BY record", [&](const sql::Row& row) {
    if (erased_.insert(row.id(0)).second) out.push_back(row.id(0));
  }));
  return out;
}

bool World::names_erased(std::string_view text) const {
  return std::any_of(erased_.begin(), erased_.end(), [&](Id id) { return text.find(id.str()) != text.npos; });
}

/// The words of what was erased are gone from the server, its operations too, and every other word is where it was.
void World::check_erasure(const std::vector<Id>& fresh) {
  for (Id id : fresh) reference_.erased(id);
  Found before = log_.in_revisions;
  join(before, log_.in_operations);
  for (Found* found : {&log_.in_revisions, &log_.in_operations, &log_.in_refused, &log_.in_refused_submissions}) found->clear();
  must(server_eye_->query("SELECT record, body FROM revisions", [&](const sql::Row& row) {
    if (erased_.contains(row.id(0)) && !row.blob(1).empty()) throw Broken("erasure", "a version of what was erased has its words");
    words_.find(row.blob(1), log_.in_revisions);
  }));
  must(server_eye_->query("SELECT bytes, status FROM operations", [&](const sql::Row& row) {
    const std::string bytes = row.string(0);
    words_.find(bytes, log_.in_operations);
    if (row.string(1) == "refused")
      words_.find(bytes, bytes.starts_with(R"({"kind":"submit")") ? log_.in_refused_submissions : log_.in_refused);
    const auto op = wire::decode<wire::Operation>(bytes);
    if (op && erased_.contains(op->record)) throw Broken("erasure", "an operation on what was erased has its words");
    if (!op || op->kind != wire::OpKind::Submit || log_.heads.contains(op->record)) return;
    if (const auto said = wire::decode<model::ChildRecord>(op->body); said && reference_.erased_draft(said->visit, said->part.id))
      throw Broken("erasure", "a submission of what was erased, which was refused before, has its words");
  }));
  for (std::size_t word = 0; word < words_.size(); ++word) {
    if (!has(before, word) || has(log_.in_revisions, word) || has(log_.in_operations, word)) continue;
    if (!has(to_be_erased_, word)) throw Broken("erasure", "the word " + Words::token(word) + " is of nothing that was to be erased");
    if (erased_words_.size() <= word) erased_words_.resize(words_.size());
    erased_words_[word] = 1;
    words_.taken_out(word);
  }
  for (std::size_t photo : photos_to_be_erased_) photos_[photo].fate = Photos::Fate::Gone;
  for (auto& tablet : tablets_) tablet->checked_at = ~0ULL;  // what is beside it there is seen before the tablet hears
}

/// What the server says of photos: what it counts as whole is there, and is what was taken.
void World::read_photos() {
  server_photos_.clear();
  awaited_photos_.clear();
  log_.photos.clear();
  if (photos_.empty()) return;
  struct Row { Id id, owner; std::string sha256; bool verified, named; };
  std::vector<Row> rows;
  must(server_eye_->query("SELECT id, owner, sha256, verified_at IS NOT NULL, EXISTS (SELECT 1 FROM blob_refs r WHERE r.blob=blobs.id)"
                          " FROM blobs", [&](const sql::Row& row) {
    rows.push_back({row.id(0), row.id(1), row.string(2), row.boolean(3), row.boolean(4)});
  }));
  must(server_eye_->query("SELECT r.record, b.sha256 FROM blob_refs r JOIN blobs b ON b.id=r.blob WHERE b.verified_at IS NOT NULL",
                          [&](const sql::Row& row) { log_.photos.emplace(row.id(0), row.string(1)); }));
  for (const Row& row : rows) {
    const std::size_t photo = photos_.number_of(row.sha256);
    if (photo == photos_.size()) throw Broken("I2", "the server has a photo that nobody took");
    if (!row.verified) {  // its file is begun anew, or goes on
      server_spoiled_.erase(row.id);
      server_photo_files_.erase(row.id);
      if (row.named) awaited_photos_.emplace(photo, row.owner);
      continue;
    }
    if (server_spoiled_.contains(row.id)) continue;
    if (!std::filesystem::exists(server_disk_.photos() / row.id.str()))
      throw Broken("I1", "the server says that it has a photo, and has no file of it");
    server_photos_.insert(photo);
    if (server_disk_.ended() || !server_photo_files_.insert(row.id).second) continue;
    auto unit = must(repository_->read());
    const auto blob = must(unit->blob_of(row.owner, row.sha256));
    const auto bytes = server::whole_blob(photo_folder(), *blob);
    if (!bytes || *bytes != photos_[photo].bytes) throw Broken("I1", "the server says that it has a photo, and has something else");
  }
}

bool World::photo_somewhere(std::size_t photo) const {
  return server_photos_.contains(photo) ||
         std::any_of(tablets_.begin(), tablets_.end(), [&](const auto& tablet) { return tablet->photos.contains(photo); });
}

/// Every photo that was saved with its visit is whole on a tablet, or with the server.
void World::check_photos() {
  for (std::size_t photo = 0; photo < photos_.size(); ++photo) {
    if (photos_[photo].fate != Photos::Fate::Kept || photo_somewhere(photo)) continue;
    if (!photo_excused(photo)) throw Broken("I5", "photo " + std::to_string(photo) + " is nowhere");
    photos_[photo].fate = Photos::Fate::Gone;
  }
}

/// What a tablet says that it has is there, and is what was taken.
void World::check_photos_of(Tablet& tablet) {
  tablet.photos.clear();
  if (photos_.empty()) return;
  std::vector<std::pair<Id, std::string>> whole;
  must(tablet.eye->query("SELECT id, sha256, whole FROM blobs", [&](const sql::Row& row) {
    if (row.boolean(2)) whole.emplace_back(row.id(0), row.string(1));
    else tablet.spoiled.erase(row.id(0)), tablet.photo_files.erase(row.id(0));
  }));
  for (const auto& [id, sha256] : whole) {
    const std::size_t photo = photos_.number_of(sha256);
    if (photo == photos_.size()) throw Broken("I2", name(tablet) + " has a photo that nobody took");
    if (tablet.spoiled.contains(id)) continue;
    if (!std::filesystem::exists(tablet.disk.photos() / id.str()))
      throw Broken("I1", name(tablet) + " says that it has a photo, and has no file of it");
    tablet.photos.insert(photo);
    if (tablet.disk.ended() || !tablet.photo_files.insert(id).second) continue;
    const auto bytes = tablet.store->blob(sha256);
    if (!bytes || *bytes != photos_[photo].bytes)
      throw Broken("I1", name(tablet) + " says that it has a photo, and has something else");
  }
}

/// What was acknowledged of submissions and decisions has the server's signed word, which is true of what the server holds. One that
/// does not check out is told, and is none of the council's.
void World::check_receipts(Tablet& tablet, bool outdated) {
  Eye& db = *tablet.eye;
  // Of an operation that made something else in a history that is gone, the server that has it says nothing more.
  std::set<std::pair<std::int64_t, std::int64_t>> of_gone;
  if (server_restored_)
    must(db.query("SELECT incarnation, operation, record, rev, hash FROM receipts WHERE standing=0", [&](const sql::Row& row) {
      const auto revision = log_.revisions.find({row.id(2), row.integer(3)});
      if (revision == log_.revisions.end() || revision->second.hash != row.string(4)) of_gone.emplace(row.integer(0), row.integer(1));
    }));
  must(db.query("SELECT incarnation, number FROM ops o WHERE acked=1 AND kind IN ('submit','decide') AND status<>'refused' AND bytes<>''"
                " AND NOT EXISTS (SELECT 1 FROM receipts r WHERE r.incarnation=o.incarnation AND r.operation=o.number AND r.standing=1)",
                [&](const sql::Row& row) {
    if (!of_gone.contains({row.integer(0), row.integer(1)}))
      throw Broken("receipts", name(tablet) + " has none for operation " + std::to_string(row.integer(1)) + ", which was received");
  }));
  const auto twice = must(db.first<std::int64_t>("SELECT operation FROM receipts WHERE standing=1 GROUP BY incarnation, operation"
                                                 " HAVING count(*)>1"));
  if (twice) throw Broken("I8", name(tablet) + " has two that stand for operation " + std::to_string(*twice));
  must(db.query("SELECT incarnation, operation, record, kind, rev, hash, fault, statement, signature, signer FROM receipts"
                " WHERE standing=1", [&](const sql::Row& row) {
    const std::string who = name(tablet) + "'s receipt of operation " + std::to_string(row.integer(1));
    const auto said = must(wire::decode<wire::ReceiptStatement>(row.string(7)));
    auto [known, fresh] = receipts_.emplace(row.string(7) + row.string(8), false);
    if (fresh) {
      ++figures.receipts;
      known->second = is_signed({row.string(7), row.string(8), row.string(9)}, said.at);
    }
    if (row.string(6).empty() != known->second)
      throw Broken("receipts", who + (known->second ? " is good and counts as bad" : " is forged and counts as good"));
    if (!known->second && !foreign_signer_) throw Broken("receipts", who + " is signed by a stranger");
    if (!known->second || outdated) return;
    const auto operation = log_.operations.find({tablet.device, row.integer(0), row.integer(1)});
    const auto revision = log_.revisions.find({row.id(2), row.integer(4)});
    if (operation == log_.operations.end() || revision == log_.revisions.end() || revision->second.hash != row.string(5))
      throw Broken(server_restored_ ? "I8" : "receipts", who + " is of what the server does not have");
    if (said.device != tablet.device || said.incarnation != row.integer(0) || said.operation != row.integer(1) ||
        said.record != row.id(2) || said.rev != row.integer(4) || said.hash != row.string(5))
      throw Broken("receipts", who + " says something else than is shown");
  }));
}

/// I7 for photos, and that a part is a part of what was asked for.
void World::check_part(Id worker, Id device, const transport::HttpRequest& asked, const transport::HttpResponse& reply) {
  if (reply.status != 206) return;
  if (switched_off(worker, device)) throw Broken("I7", "a tablet that was switched off was given a photo");
  const std::size_t photo = photos_.number_of(asked.target.substr(asked.target.rfind('/') + 1));
  std::int64_t offset = -1;
  if (const auto range = reply.headers.find("content-range"); range != reply.headers.end()) {
    const std::string_view text = std::string_view(range->second).substr(std::string_view("bytes ").size());
    std::from_chars(text.data(), text.data() + text.size(), offset);
  }
  const auto at = static_cast<std::size_t>(offset);
  if (photo == photos_.size() || offset < 0 || photos_[photo].bytes.substr(at, reply.body.size()) != reply.body)
    throw Broken("I2", "the server gives out something else than the photo that was asked for");
  const Date today = rules::uk_date(server_clock_.wall());
  bool may = false;
  for (const auto& [case_id, log] : log_.logs) {
    if (may || !council_.may_see(worker, case_id, today)) continue;
    std::set<Id> records;
    for (const auto& entry : log) records.insert(entry.record);
    for (Id record : records)
      must(server_eye_->query("SELECT body FROM revisions WHERE record = ?", record, [&](const sql::Row& row) {
        may = may || photos_.named_in(row.text(0)).contains(photo);
      }));
  }
  if (!may) throw Broken("I7", "a photo was read outside the grant");
}

/// I7: nothing leaves the server for somebody who may not see it.
void World::check_reply(Id worker, Id device, const transport::HttpResponse& reply, const transport::Exchange* exchange) {
  if (reply.status != 200) return;
  if (switched_off(worker, device)) throw Broken("I7", "a tablet that was switched off was answered");
  const Date today = rules::uk_date(server_clock_.wall());
  std::string body;
  const auto encoding = reply.headers.find("content-encoding");
  if (encoding != reply.headers.end() && encoding->second == wire::kPrefixEncoding) {
    const auto parts = wire::read_prefixed(reply.body);
    if (!parts) throw Broken("reply", parts.error().detail);
    for (const auto& base : parts->bases)
      if (!council_.may_see(worker, base.case_id, today)) throw Broken("I7", "a reply leans on a case outside the grant");
    if (!exchange) return;  // a request from the drawer: nobody reads this
    transport::Exchange reader = *exchange;
    const auto input = reader.take(reply);
    if (!input) return;     // the tablet no longer has what it leans on, and asks again
    body = std::get<engine::Response>(*input).body;
  } else {
    auto read = transport::recognise(reply);
    if (!read.has_value()) throw Broken("I7", "the server's reply is not recognised");
    body = std::move(read->body);
  }
  auto decoded = wire::decode<wire::SyncReply>(body);
  if (!decoded) throw Broken("reply", decoded.error().detail);
  for (const auto& pull : decoded->cases) {
    if (!council_.may_see(worker, pull.case_id, today)) throw Broken("I7", "a case was read outside the grant");
    for (const auto& entry : pull.entries)
      words_.each(entry.revision.body, [&](std::size_t word) {
        if (has(erased_words_, word)) throw Broken("erasure", "the word " + Words::token(word) + " was erased, and is given out");
      });
    for (const auto& entry : pull.entries)
      if (entry.revision.kind == model::RecordKind::Visit && pull.case_id != worker) throw Broken("I7", "a draft in another's case");
  }
  for (const auto& result : decoded->results)
    if (result.number > decoded->applied_through) throw Broken("I1", "a result past what is acknowledged");
}

/// I1, I3, I4: what the tablet was told is true of the server, and what its cursors say it has is there.
void World::check_tablet(Tablet& tablet) {
  if (!tablet.store || (tablet.checked_at == tablet.disk.writes() && !settled_)) return;
  const bool outdated = server_restored_ && !settled_;  // the server went back: the tablet is told at its next sync
  tablet.checked_at = tablet.disk.writes();
  Eye& db = *tablet.eye;
  tablet.words.assign(words_.size(), 0);
  for (const char* texts : {"SELECT body FROM drafts", "SELECT unseen_body FROM drafts", "SELECT body FROM queued",
                            "SELECT bytes FROM ops", "SELECT body FROM revisions", "SELECT body FROM outlived"})
    must(db.query(texts, [&](const sql::Row& row) {
      words_.find(row.blob(0), tablet.words);
      if (!names_erased(row.blob(0))) return;
      words_.find(row.blob(0), beside_erased_);
      photos_beside_erased_.merge(photos_.named_in(row.blob(0)));
    }));
  check_photos_of(tablet);
  check_receipts(tablet, outdated);

  std::map<std::pair<Id, std::int64_t>, std::pair<std::string, std::string>> held;
  std::map<Id, std::int64_t> newest;
  std::set<Id> listed;
  must(db.query("SELECT record, rev, hash, state FROM revisions", [&](const sql::Row& row) {
    held[{row.id(0), row.integer(1)}] = {row.string(2), row.string(3)};
    newest[row.id(0)] = std::max(newest[row.id(0)], row.integer(1));
  }));
  must(db.query("SELECT record FROM record_cases", [&](const sql::Row& row) { listed.insert(row.id(0)); }));
  for (const auto& [key, value] : held)
    if (!listed.contains(key.first)) throw Broken("I7", name(tablet) + " keeps a record of no case");

  tablet.cursors.clear();
  std::set<Id> dropped;
  must(db.query("SELECT id, seq, chain, dropped FROM cases", [&](const sql::Row& row) {
    tablet.cursors[row.id(0)] = {row.integer(1), row.string(2)};
    if (row.boolean(3)) dropped.insert(row.id(0));
  }));
  for (const auto& [id, cursor] : tablet.cursors) {
    const auto& [seq, chain] = cursor;
    if (seq == 0) continue;
    const auto& log = log_.logs[id];
    const bool known = seq <= static_cast<std::int64_t>(log.size()) && log[static_cast<std::size_t>(seq - 1)].chain == chain;
    if (!known) {
      if (outdated) continue;
      throw Broken("I4", name(tablet) + "'s cursor of case " + brief(id) + " is at " + std::to_string(seq) + " of " +
                             std::to_string(log.size()) + ", in no history of the server's");
    }
    std::map<Id, std::int64_t> last;
    for (std::int64_t i = 0; i < seq; ++i) {
      const auto& entry = log[static_cast<std::size_t>(i)];
      if (erased_.contains(entry.record)) continue;
      last[entry.record] = std::max(last[entry.record], entry.rev);
      if (log_.revisions.at({entry.record, entry.rev}).kind != model::RecordKind::ChildRecord) continue;
      auto found = held.find({entry.record, entry.rev});
      if (found == held.end() && outdated) continue;
      if (found == held.end()) throw Broken("I4", name(tablet) + " has a cursor past a version it does not have");
      if (found->second != std::pair(entry.hash, entry.state) && !outdated)
        throw Broken("I4", name(tablet) + " holds another version " + std::to_string(entry.rev) + " than the server");
    }
    for (const auto& [record, rev] : last)
      if ((!newest.contains(record) || newest[record] < rev) && !outdated)
        throw Broken("I4", name(tablet) + " has a cursor past a record it does not have");
  }

  if (outdated) return;
  for (const auto& [key, value] : held) {
    auto found = log_.revisions.find(key);
    if (found == log_.revisions.end() || found->second.hash != value.first)
      throw Broken("I8", name(tablet) + " holds version " + std::to_string(key.second) + " of " + brief(key.first) +
                             ", which the server never had");
  }
  must(db.query("SELECT incarnation, number, hash FROM ops WHERE acked=1", [&](const sql::Row& row) {
    auto found = log_.operations.find({tablet.device, row.integer(0), row.integer(1)});
    if (found == log_.operations.end() || found->second != row.string(2))
      throw Broken("I1", name(tablet) + " was told that operation " + std::to_string(row.integer(1)) + " was received");
  }));
}

/// I5: every word that was saved is somewhere.
void World::check_words() {
  for (std::size_t word = 0; word < words_.size(); ++word) {
    if (words_.fate(word) != Words::Fate::Kept) continue;
    if (has(log_.in_revisions, word) || has(log_.in_operations, word)) continue;
    if (std::any_of(tablets_.begin(), tablets_.end(), [&](const auto& tablet) { return has(tablet->words, word); })) continue;
    // A purge took the tablet's copy and a restore the server's.
    if ((server_restored_ && purged_any_) || has(beside_erased_, word)) words_.taken_out(word);
    else throw Broken("I5", "the word " + Words::token(word) + " is nowhere");
  }
}

void World::check() {
  read_server();
  for (auto& tablet : tablets_) check_tablet(*tablet);
  check_words();
  check_photos();
  figures.words = words_.size();
}

/// A disk was put back to an earlier time: what it alone had is gone with it, and no program could help that. I8: nothing else.
void World::forgive_what_is_gone() {
  for (auto& tablet : tablets_) check_tablet(*tablet);
  for (std::size_t word = 0; word < words_.size(); ++word) {
    if (words_.fate(word) != Words::Fate::Kept) continue;
    if (has(log_.in_revisions, word) || has(log_.in_operations, word)) continue;
    // Where its author's tablet and the server both went back, who only read a record does not hand it in: nobody submits in another's
    // name. The author's own tablets do, also one that only read it.
    const bool set_back = set_back_.contains(word);
    if (std::any_of(tablets_.begin(), tablets_.end(), [&](const auto& tablet) {
          return has(tablet->words, word) && (!set_back || tablet->worker == typed_by_[word]);
        })) continue;
    // The server alone went back: whoever typed it must still have it, unless it was told to let go of the case.
    if (!tablet_images_used_ && !purged_any_) throw Broken("I8", "the word " + Words::token(word) + " was kept by nobody but the server");
    words_.taken_out(word);
  }
  for (std::size_t photo = 0; photo < photos_.size(); ++photo) {
    if (photos_[photo].fate != Photos::Fate::Kept || server_photos_.contains(photo)) continue;
    if (std::any_of(tablets_.begin(), tablets_.end(), [&](const auto& tablet) {  // as with words; and something there names it
          bool named = false;
          must(tablet->eye->query("SELECT sha256 FROM blob_refs",
                                  [&](const sql::Row& row) { named = named || row.string(0) == photos_[photo].sha256; }));
          return named && tablet->photos.contains(photo) &&
                 (!photos_[photo].set_back || photos_[photo].taken_by.contains(tablet->worker));
        })) continue;
    if (!tablet_images_used_ && !purged_any_ && !photos_[photo].spoiled)
      throw Broken("I8", "photo " + std::to_string(photo) + " was kept by nobody but the server");
    photos_[photo].fate = Photos::Fate::Gone;
  }
}

/// A photo belongs to whoever sent it. Where two workers took the same one, and this record's own copy was damaged before it was
/// sent, the server still awaits that, and gives nobody the other's who may read no record that names it.
bool World::only_others_sent(const Tablet& tablet, Id record, const std::string& sha256) {
  bool awaited = false;
  must(server_eye_->query("SELECT b.sha256 FROM blob_refs r JOIN blobs b ON b.id=r.blob WHERE r.record=? AND b.verified_at IS NULL", record,
                          [&](const sql::Row& row) { awaited = awaited || row.string(0) == sha256; }));
  return awaited && std::none_of(log_.photos.begin(), log_.photos.end(), [&](const auto& there) {
    return there.second == sha256 && std::any_of(log_.logs.begin(), log_.logs.end(), [&](const auto& log) {
      return entitled(tablet, log.first) &&
             std::any_of(log.second.begin(), log.second.end(), [&](const auto& entry) { return entry.record == there.first; });
    });
  });
}

/// Not empty: why the tablets and the server have not come to rest.
std::string World::left_over() {
  for (const auto& tablet : tablets_) {
    if (switched_off(tablet->worker, tablet->device)) continue;
    std::string who = name(*tablet) + ": ";
    if (!tablet->idle || tablet->stopped)
      return who + "its connection was given up: " + tablet->last_error.where + " " + tablet->last_error.detail;
    const auto status = must(tablet->store->status());
    if (status.waiting > 0) return who + std::to_string(status.waiting) + " operations wait";
    if (status.drafts_not_backed_up > 0) return who + std::to_string(status.drafts_not_backed_up) + " drafts are not backed up";
    for (const auto& [id, log] : log_.logs) {
      if (!entitled(*tablet, id) || log.empty()) continue;
      auto cursor = tablet->cursors.find(id);
      if (cursor == tablet->cursors.end() || cursor->second.first != static_cast<std::int64_t>(log.size()) ||
          cursor->second.second != log.back().chain)
        return who + "case " + brief(id) + " is not read to its end";
    }
    for (const auto& [id, cursor] : tablet->cursors)
      if (!entitled(*tablet, id)) return who + "case " + brief(id) + " is still there";
    for (std::size_t photo : tablet->photos)
      if (awaited_photos_.contains({photo, tablet->worker})) return who + "photo " + std::to_string(photo) + " waits";
    std::string missing;
    must(tablet->eye->query("SELECT sha256, record FROM blob_refs r WHERE wanted=1 AND NOT EXISTS (SELECT 1 FROM blobs b WHERE"
                            " b.sha256=r.sha256 AND b.whole=1)", [&](const sql::Row& row) {
      const std::size_t photo = photos_.number_of(row.string(0));
      if (server_photos_.contains(photo) && !only_others_sent(*tablet, row.id(1), row.string(0)))
        missing = "photo " + std::to_string(photo) + " was asked for and is not here";
    }));
    if (!missing.empty()) return who + missing;
  }
  return {};
}

void World::check_end() {
  settled_ = true;
  for (const auto& [id, record] : reference_.records()) {
    if (record.kind != model::RecordKind::ChildRecord) continue;
    const auto& log = log_.logs[record.case_id];
    if (std::none_of(log.begin(), log.end(), [&, id = id](const auto& entry) { return entry.record == id; }))
      throw Broken("I3", "record " + brief(id) + " is not in the log of its case");
  }
  std::set<std::size_t> photos_in_use;
  Found in_use = log_.in_refused;  // a person was told
  // A refused submission is a draft again, on the tablet that sent it.
  if (tablet_images_used_ || server_restored_) join(in_use, log_.in_refused_submissions);
  must(server_eye_->query("SELECT r.record, r.rev, r.body FROM revisions r JOIN records h ON h.record=r.record AND h.rev=r.rev",
                          [&](const sql::Row& row) {
    if (log_.revisions.at({row.id(0), row.integer(1)}).discarded) return;
    words_.find(row.blob(2), in_use);
    photos_.each(row.blob(2), [&](std::size_t photo) { photos_in_use.insert(photo); });
  }));
  for (std::size_t photo : photos_in_use) {
    if (photos_[photo].fate != Photos::Fate::Kept || server_photos_.contains(photo) || photos_[photo].spoiled) continue;
    const bool stays = std::any_of(tablets_.begin(), tablets_.end(), [&](const auto& tablet) {
      return switched_off(tablet->worker, tablet->device) && tablet->photos.contains(photo);
    });
    if (!stays) throw Broken("I10", "photo " + std::to_string(photo) + " of a record has not reached the server");
  }
  for (const auto& tablet : tablets_) {
    Eye& db = *tablet->eye;
    if (switched_off(tablet->worker, tablet->device)) {  // what it has not sent stays on it
      join(in_use, tablet->words);
      continue;
    }
    check_tablet(*tablet);
    must(db.query("SELECT body FROM drafts", [&](const sql::Row& row) { words_.find(row.blob(0), in_use); }));
    std::string who = name(*tablet);
    Found kept;  // a draft in which it was being written anew is its person's own, and is told to be refused
    must(db.query("SELECT body FROM revisions UNION ALL SELECT bytes FROM ops WHERE acked=1 AND status<>'refused'"
                  " UNION ALL SELECT body FROM outlived", [&](const sql::Row& row) { words_.find(row.blob(0), kept); }));
    for (std::size_t word = 0; word < words_.size(); ++word)
      if (has(erased_words_, word) && has(kept, word)) throw Broken("erasure", who + " keeps the word " + describe(word));
    if (must(db.first<std::int64_t>("SELECT 1 FROM ops o WHERE acked=1 AND status<>'refused' AND kind<>'put' AND bytes<>'' AND NOT EXISTS"
                                    " (SELECT 1 FROM cases c WHERE c.id=o.case_id) AND record NOT IN (SELECT record FROM record_cases)")))
      throw Broken("I7", who + " keeps what it sent of a case that is not here");
    if (!council_.usable(tablet->worker)) {  // left: drained
      if (must(db.first<std::int64_t>("SELECT 1 FROM drafts LIMIT 1"))) throw Broken("I7", who + " keeps a draft, and its worker has left");
      continue;
    }
    must(db.query("SELECT visit, body, stage, base_rev, dirty, await_rev FROM drafts", [&](const sql::Row& row) {
      const Id visit = row.id(0);
      if (row.integer(2) == 1) throw Broken("I10", who + " has a visit that is still being submitted");
      if (names_erased(row.text(1))) return;  // refused: the server never has it
      auto head = log_.heads.find(visit);
      if (head == log_.heads.end()) throw Broken("I1", who + " has a draft that is not on the server");
      const auto& made = log_.revisions.at({visit, head->second});
      if (row.integer(2) == 0 && (row.integer(3) != head->second || made.hash != base::sha256_hex(row.string(1))))
        throw Broken("convergence", who + "'s draft is not the server's");
    }));
    // Drafts of the server's that nobody threw away are on every tablet of their author.
    for (const auto& [record, rev] : log_.heads) {
      const auto& made = log_.revisions.at({record, rev});
      if (made.kind != model::RecordKind::Visit || made.author != tablet->worker) continue;
      const auto there = must(db.first<std::int64_t>("SELECT 1 FROM drafts WHERE visit=?", record));
      if (there.has_value() == made.discarded)
        throw Broken("convergence", who + (there ? " still has a draft that was thrown away" : " lacks a draft"));
    }
  }
  // As in check_words: then what is left in a draft's tombstone is all there is.
  if (server_restored_ && purged_any_) join(in_use, log_.in_operations);
  for (std::size_t word = 0; word < words_.size(); ++word)
    if (words_.fate(word) == Words::Fate::Kept && !has(in_use, word) && !has(beside_erased_, word))
      throw Broken("I5", "the word " + describe(word) + " is in no draft and no record");
}

std::string World::dump() {
  std::string out;
  auto say = [&](std::string_view text) { out.append(text); };
  auto words = [&](std::string_view text) {
    std::string found;
    words_.each(text, [&](std::size_t word) { found += " " + Words::token(word); });
    photos_.each(text, [&](std::size_t photo) { found += " photo " + std::to_string(photo); });
    return found;
  };
  for (const auto& tablet : tablets_) {
    if (!tablet->eye) continue;
    say(name(*tablet) + " of " + brief(tablet->worker) + (council_.usable(tablet->worker) ? "" : " (gone)"));
    for (std::size_t photo : tablet->photos) say(", photo " + std::to_string(photo));
    say("\n");
    for (const char* sql : {"SELECT 'draft', hex(substr(visit,1,4)), 'stage', stage, 'base', base_rev, 'dirty', dirty, 'await', await_rev, body FROM drafts",
                            "SELECT 'queued', kind, hex(substr(record,1,4)), 'base', base_rev, body FROM queued ORDER BY id",
                            "SELECT 'op', incarnation, number, kind, hex(substr(record,1,4)), 'acked', acked, status, code, detail, rev, bytes FROM ops"
                            " ORDER BY incarnation, number",
                            "SELECT 'case', hex(substr(id,1,4)), seq, 'dropped', dropped, '' FROM cases",
                            "SELECT 'has', kind, hex(substr(record,1,4)), rev, state, body FROM revisions"
                            " WHERE kind NOT IN ('family','worker','child')",
                            "SELECT 'outlived', kind, hex(substr(record,1,4)), state, body FROM outlived"})
      must(tablet->eye->query(sql, [&](const sql::Row& row) {
        say("  ");
        for (int i = 0; i + 1 < row.columns(); ++i) say(row.string(i) + " ");
        say(words(row.blob(row.columns() - 1)) + "\n");
      }));
  }
  say("server\n");
  for (const char* sql : {"SELECT kind, hex(substr(record,1,4)), rev, state, CASE WHEN merged THEN 'merged' ELSE '' END,"
                          " CASE WHEN instr(body,'\"discarded\":true') THEN 'discarded' ELSE '' END, body FROM revisions"
                          " WHERE kind NOT IN ('family','worker')",
                          "SELECT 'op', hex(substr(device,1,4)), incarnation, number, status, code, detail, rev, bytes FROM operations"})
    must(server_eye_->query(sql, [&](const sql::Row& row) {
      say("  ");
      for (int i = 0; i + 1 < row.columns(); ++i) say(row.string(i) + " ");
      say(words(row.blob(row.columns() - 1)) + "\n");
    }));
  return out;
}

}  // namespace doorstep::sim
