#include <catch2/generators/catch_generators.hpp>
#include <fstream>

#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "tests/store/support.h"

using namespace doorstep;
using namespace doorstep::store;
using namespace doorstep::store::test;

namespace {

std::string photo(const std::string& name, std::size_t size = 3000) {
  std::string out = "\xFF\xD8\xFF canary " + name + " ";
  while (out.size() < size) out += base::sha256(name + std::to_string(out.size()));
  out.resize(size);
  return out;
}
std::string hash_of(const std::string& bytes) { return base::sha256_hex(bytes); }

/// The visit with this photo of its first child.
model::Visit with(Store& store, model::Visit visit, const std::string& bytes) {
  const NewBlob made = must(store.add_blob(bytes, at(2)));
  auto& list = visit.children.front().attachments;
  if (!list) list.emplace();
  list->push_back({id_of("attachment/" + made.sha256), made.sha256, made.size, made.media_type, "The bedroom", at(2)});
  return visit;
}

std::vector<fs::path> files(const fs::path& store) {
  std::vector<fs::path> out;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(store.string() + ".blobs", none)) out.push_back(entry.path());
  return out;
}

wire::SyncReply answer(Store& store, Server& server, std::vector<wire::BlobNeed> need = {}) {
  auto reply = server.answer(must(store.freeze(64, 256 * 1024, at(60))));
  if (!need.empty()) reply.need = std::move(need);
  return reply;
}

}  // namespace

TEST_CASE("blobs: a photo is an encrypted file before a draft refers to it, and read back whole", "[store]") {
  Folder folder;
  const auto path = folder / "replica.db";
  auto store = open_store(path);
  const std::string bytes = photo("a", 3 * 1024 * 1024);
  const NewBlob made = must(store.add_blob(bytes, at(1)));
  CHECK(made.sha256 == hash_of(bytes));
  CHECK(made.size == static_cast<std::int64_t>(bytes.size()));
  CHECK(made.media_type == "image/jpeg");
  CHECK(must(store.blob(made.sha256)) == bytes);
  CHECK(must(store.add_blob(bytes, at(1))).sha256 == made.sha256);
  must(store.save_draft(with(store, visit_to({"Amara"}), bytes), at(3)));
  REQUIRE(files(path).size() == 1);
  for (const auto& file : {files(path).front(), path, fs::path(path.string() + "-wal")})
    CHECK(must(base::read_file(file, 1 << 26)).find("canary") == std::string::npos);
  CHECK(must(store.caseload()).blobs.at(made.sha256).here);
  store = open_store(path);
  CHECK(must(store.blob(made.sha256)) == bytes);
}

TEST_CASE("blobs: what cannot be attached is told by its kind, and leaves nothing", "[store]") {
  Folder folder;
  const auto path = folder / "replica.db";
  auto store = open_store(path);
  CHECK(store.add_blob("%PDF-1.7", at(1)).error().where == "blob.kind");
  CHECK(store.add_blob("", at(1)).error().where == "blob.kind");
  CHECK(store.add_blob(photo("a", limits::kBlobBytes + 1), at(1)).error().where == "blob.size");
  CHECK(store.blob(hash_of("none")).error().fault == base::Fault::NotFound);
  CHECK(files(path).empty());
}

TEST_CASE("blobs: never saved in a record it goes when the store is next opened; taken off a draft, at once", "[store]") {
  Folder folder;
  const auto path = folder / "replica.db";
  auto store = open_store(path);
  must(store.add_blob(photo("never saved"), at(1)));
  const auto visit = visit_to({"Amara"});
  must(store.save_draft(with(store, visit, photo("taken off")), at(2)));
  CHECK(files(path).size() == 2);
  must(store.save_draft(visit, at(3)));
  CHECK(files(path).size() == 1);
  CHECK(store.blob(hash_of(photo("taken off"))).error().fault == base::Fault::NotFound);
  must(store.save_draft(with(store, visit, photo("kept")), at(4)));
  std::ofstream(fs::path(path.string() + ".blobs") / "rubbish.part") << "left by a crash";
  store = open_store(path);
  CHECK(files(path).size() == 1);
  CHECK(must(store.blob(hash_of(photo("kept")))) == photo("kept"));
}

TEST_CASE("blobs: attached once more, a photo does not go with the draft that had it before", "[store]") {
  Folder folder;
  auto store = open_store(folder / "replica.db");
  const auto first = with(store, visit_to({"Amara"}), photo("a"));
  must(store.save_draft(first, at(2)));
  const auto second = with(store, visit_to({"Ben"}), photo("a"));
  must(store.discard(first.id, at(3)));
  must(store.save_draft(visit_to({"Cai"}), at(4)));
  must(store.save_draft(second, at(5)));
  CHECK(must(store.blob(hash_of(photo("a")))) == photo("a"));
}

TEST_CASE("blobs: what the server needs is handed out smallest first, from where its copy ends", "[store]") {
  Folder folder;
  auto store = open_store(folder / "replica.db");
  Server server;
  server.child("Amara");
  sync(store, server);
  const std::string big = photo("big", 9000), small = photo("small", 2000);
  auto visit = with(store, with(store, visit_to({"Amara"}), big), small);
  must(store.submit(visit, records_of(visit), at(9)));
  CHECK(must(store.next_blob(4000)).what == BlobStep::What::Nothing);  // the words go first
  auto applied = must(store.apply(answer(store, server, {{hash_of(big), 0}, {hash_of(small), 500}, {hash_of("another's"), 0}}), at(60)));
  CHECK(applied.blobs);
  CHECK(must(store.caseload()).blobs.at(hash_of(big)).waiting);

  auto step = must(store.next_blob(4000));
  CHECK(step.what == BlobStep::What::Send);
  CHECK(step.sha256 == hash_of(small));
  CHECK(step.offset == 500);
  CHECK(step.bytes == small.substr(500));
  must(store.blob_sent(step.sha256, 2000, true));
  std::string sent;
  while ((step = must(store.next_blob(4000))).what == BlobStep::What::Send) {
    CHECK(step.offset == static_cast<std::int64_t>(sent.size()));
    sent += step.bytes;
    must(store.blob_sent(step.sha256, static_cast<std::int64_t>(sent.size()), sent.size() == big.size()));
  }
  CHECK(sent == big);
  CHECK_FALSE(must(store.caseload()).blobs.at(hash_of(big)).waiting);
  CHECK_FALSE(must(store.apply(answer(store, server), at(61))).blobs);
  // All bytes are there and were not checked: one more request, with none.
  CHECK(must(store.apply(answer(store, server, {{hash_of(big), 9000}}), at(62))).blobs);
  step = must(store.next_blob(4000));
  CHECK(step.what == BlobStep::What::Send);
  CHECK(step.bytes.empty());
}

TEST_CASE("blobs: a file that cannot be read any more is told, and keeps nothing waiting", "[store]") {
  Folder folder;
  const auto path = folder / "replica.db";
  auto store = open_store(path);
  Server server;
  server.child("Amara");
  sync(store, server);
  const std::string bytes = photo("a");
  auto visit = with(store, visit_to({"Amara"}), bytes);
  must(store.submit(visit, records_of(visit), at(9)));
  must(store.apply(answer(store, server, {{hash_of(bytes), 0}}), at(60)));
  fs::resize_file(files(path).front(), 100);
  const auto none = must(store.next_blob(4000));
  CHECK(none.what == BlobStep::What::Nothing);
  CHECK_FALSE(none.purge_waited);
  const auto view = must(store.caseload()).blobs.at(hash_of(bytes));
  CHECK(view.damaged);
  CHECK_FALSE(view.waiting);
  CHECK_FALSE(view.here);
  // Opened, it is fetched from the server, which may have it, from its first byte.
  must(store.want_blobs(records_of(visit).front().id));
  const auto step = must(store.next_blob(9000));
  CHECK(step.what == BlobStep::What::Fetch);
  CHECK(step.offset == 0);
  must(store.blob_fetched(hash_of(bytes), 0, bytes));
  CHECK(must(store.blob(hash_of(bytes))) == bytes);
  fs::resize_file(files(path).front(), 100);
  CHECK(store.blob(hash_of(bytes)).error().fault == base::Fault::Corrupt);
  // Attached again, it is there again.
  must(store.add_blob(bytes, at(70)));
  CHECK(must(store.blob(hash_of(bytes))) == bytes);
  CHECK_FALSE(must(store.caseload()).blobs.at(hash_of(bytes)).damaged);
}

TEST_CASE("blobs: a colleague's photo is fetched when somebody opens the record, in parts, and checked", "[store]") {
  Folder folder;
  const auto path = folder / "replica.db";
  auto store = open_store(path);
  Server server;
  server.child("Amara");
  const std::string bytes = photo("theirs", 5000);
  auto visit = visit_to({"Amara"});
  visit.children.front().attachments = {{id_of("a"), hash_of(bytes), 5000, "image/jpeg", "The bedroom", at(2)}};
  const auto record = records_of(visit).front();
  model::Revision revision{record.id, 1, model::RecordKind::ChildRecord, model::State::Submitted, kSupervisor, kDevice, at(3), {}, wire::encode(record), {}, {}};
  server.add(id_of("child/Amara"), revision);
  CHECK_FALSE(sync(store, server).blobs);
  CHECK(must(store.next_blob(2000)).what == BlobStep::What::Nothing);
  must(store.want_blobs(record.id));
  auto step = must(store.next_blob(2000));
  CHECK(step.what == BlobStep::What::Fetch);
  CHECK(step.offset == 0);
  CHECK(step.most == 2000);
  must(store.blob_absent(step.sha256));  // not at the server yet: asked again after its next answer
  CHECK(must(store.next_blob(2000)).what == BlobStep::What::Nothing);
  CHECK(sync(store, server).blobs);
  must(store.blob_fetched(hash_of(bytes), 0, bytes.substr(0, 2000)));
  store = open_store(path);
  step = must(store.next_blob(9000));
  CHECK(step.offset == 2000);
  CHECK(step.most == 3000);
  must(store.blob_fetched(hash_of(bytes), 2000, std::string(3000, 'x')));  // not what the record names
  CHECK(store.blob(hash_of(bytes)).error().fault == base::Fault::NotFound);
  sync(store, server);
  CHECK(must(store.next_blob(9000)).offset == 0);
  must(store.blob_fetched(hash_of(bytes), 0, bytes));
  CHECK(must(store.blob(hash_of(bytes))) == bytes);
  CHECK(must(store.next_blob(9000)).what == BlobStep::What::Nothing);
}

TEST_CASE("blobs: a case that leaves takes its photos and their keys along, but not before they were sent", "[store]") {
  Folder folder;
  const auto path = folder / "replica.db";
  auto store = open_store(path);
  Server server;
  server.child("Amara");
  server.child("Ben");
  sync(store, server);
  const std::string hers = photo("hers"), his = photo("his");
  auto one = with(store, visit_to({"Amara"}), hers), two = with(store, visit_to({"Ben"}), his);
  for (const auto& visit : {one, two}) must(store.submit(visit, records_of(visit), at(9)));
  must(store.apply(answer(store, server, {{hash_of(hers), 0}, {hash_of(his), 0}}), at(60)));
  sync(store, server);  // the drafts are gone now
  CHECK(files(path).size() == 2);
  must(store.apply(answer(store, server, {{hash_of(hers), 0}}), at(61)));
  server.dropped.insert(id_of("child/Amara"));
  CHECK(must(store.apply(answer(store, server, {{hash_of(hers), 0}}), at(62))).purged.empty());
  CHECK(must(store.next_blob(9000)).bytes == hers);
  must(store.blob_sent(hash_of(hers), 3000, true));
  CHECK(must(store.apply(answer(store, server), at(63))).purged == std::vector<Id>{id_of("child/Amara")});
  CHECK(files(path).size() == 1);
  CHECK(store.blob(hash_of(hers)).error().fault == base::Fault::NotFound);
  CHECK(must(store.blob(hash_of(his))) == his);
  CHECK(everything(store).find(hash_of(hers)) == std::string::npos);
}

TEST_CASE("blobs: a photo whose visit was submitted on the worker's other tablet stays until the server has it", "[store]") {
  Folder folder;
  const auto path = folder / "replica.db";
  auto store = open_store(path);
  Server server;
  server.child("Amara");
  const std::string bytes = photo("a");
  auto visit = with(store, visit_to({"Amara"}), bytes);
  must(store.save_draft(visit, at(3)));
  must(store.apply(answer(store, server, {{hash_of(bytes), 0}}), at(60)));
  sync(store, server);
  visit.discarded = true;
  model::Revision gone{visit.id, 2, model::RecordKind::Visit, model::State::Draft, kMe, kDevice, at(4), {}, wire::encode(visit), {}, {}};
  server.add(kMe, gone);
  must(store.apply(answer(store, server, {{hash_of(bytes), 0}}), at(61)));
  CHECK(must(store.drafts()).empty());
  CHECK(must(store.next_blob(9000)).bytes == bytes);
}

TEST_CASE("blobs: a photo that left a draft elsewhere is there for its record, which a later reply brings", "[store]") {
  Folder folder;
  const auto path = folder / "replica.db";
  std::optional<Store> store = open_store(path);
  Server server;
  server.child("Amara");
  const std::string bytes = photo("a");
  auto visit = with(*store, visit_to({"Amara", "Ben"}), bytes);
  must(store->save_draft(visit, at(3)));
  sync(*store, server);
  const model::ChildRecord record = records_of(visit).front();
  const bool submitted = GENERATE(true, false);
  if (submitted)
    server.add(record.part.id, {record.id, 1, model::RecordKind::ChildRecord, model::State::Submitted, kMe, kDevice, at(4), {},
                                wire::encode(record), {}, {}});
  visit.children.erase(visit.children.begin());
  server.add(kMe, {visit.id, 2, model::RecordKind::Visit, model::State::Draft, kMe, kDevice, at(4), {}, wire::encode(visit), {}, {}});
  auto first = answer(*store, server);
  std::erase_if(first.cases, [](const auto& pull) { return pull.case_id != kMe; });
  first.more = true;
  must(store->apply(first, at(61)));
  visit = must(store->draft(visit.id)).visit;
  REQUIRE(visit.children.size() == 1);
  observed(visit) += " Typed on.";
  must(store->save_draft(visit, at(62)));
  CHECK(store->blob(hash_of(bytes)).has_value());
  sync(*store, server);
  if (submitted) CHECK(must(store->record(record.id)).versions.size() == 1);
  store.reset();
  store = must(Store::open(path, the_key(), the_salt()));
  CHECK(store->blob(hash_of(bytes)).has_value() == submitted);
  CHECK(files(path).size() == (submitted ? 1 : 0));
}

TEST_CASE("blobs: a photo that was asked for in a draft is not asked for any more when the draft is gone", "[store]") {
  Folder folder;
  auto store = open_store(folder / "replica.db");
  Server server;
  const std::string bytes = photo("theirs", 5000);
  auto visit = visit_to({"Amara"});
  visit.children.front().attachments = {{id_of("a"), hash_of(bytes), 5000, "image/jpeg", "The bedroom", at(2)}};
  model::Revision revision{visit.id, 1, model::RecordKind::Visit, model::State::Draft, kMe, kDevice, at(3), {}, wire::encode(visit), {}, {}};
  server.add(kMe, revision);
  sync(store, server);
  must(store.want_blobs(visit.id));
  CHECK(must(store.next_blob(2000)).what == BlobStep::What::Fetch);
  visit.discarded = true;  // submitted on the worker's other tablet, of a child who is somebody else's by now
  revision.rev = 2;
  revision.body = wire::encode(visit);
  server.add(kMe, revision);
  CHECK_FALSE(sync(store, server).blobs);
  CHECK(must(store.drafts()).empty());
  CHECK(must(store.next_blob(2000)).what == BlobStep::What::Nothing);
}

TEST_CASE("blobs: a photo of a record that a restored server is without is not asked for, though it was decided on", "[store]") {
  Folder folder;
  auto store = open_store(folder / "replica.db");
  Server server;
  server.child("Amara");
  sync(store, server);
  const auto before = server;
  auto visit = visit_to({"Amara"});
  visit.author = kSupervisor;
  visit.children.front().attachments = {{id_of("a"), hash_of(photo("theirs")), 3000, "image/jpeg", "The bedroom", at(2)}};
  const auto record = records_of(visit).front();
  server.add(id_of("child/Amara"), {record.id, 1, model::RecordKind::ChildRecord, model::State::Submitted, kSupervisor, kDevice, at(3), {},
                                    wire::encode(record), {}, {}});
  sync(store, server);
  must(store.want_blobs(record.id));
  model::Decision decision;
  decision.id = id_of("decision");
  decision.on = {record.id, 1, base::sha256_hex(wire::encode(record))};
  decision.verdict = model::Verdict::Approved;
  must(store.decide(id_of("child/Amara"), decision, at(9)));
  server = before;
  server.epoch = "e2";
  server.refuse[1] = wire::Refusal::UnknownCase;
  server.child("Ben");
  for (int rounds = 0; rounds < 3; ++rounds) sync(store, server);
  CHECK(must(store.status()).waiting == 0);
  CHECK(must(store.caseload()).records.empty());
  CHECK(must(store.next_blob(2000)).what == BlobStep::What::Nothing);
  CHECK_FALSE(sync(store, server).blobs);
}

TEST_CASE("blobs: what is taken off a draft is neither kept nor sent, though the server awaits it", "[store]") {
  Folder folder;
  const auto path = folder / "replica.db";
  auto store = open_store(path);
  Server server;
  server.child("Amara");
  const std::string bytes = photo("a");
  const auto visit = visit_to({"Amara"});
  must(store.save_draft(with(store, visit, bytes), at(3)));
  must(store.apply(answer(store, server, {{hash_of(bytes), 0}}), at(60)));
  must(store.save_draft(visit, at(61)));
  CHECK(must(store.next_blob(9000)).what == BlobStep::What::Nothing);
  CHECK(files(path).empty());
}

TEST_CASE("blobs: a restored server gets the photos again with their words", "[store]") {
  Folder folder;
  auto store = open_store(folder / "replica.db");
  Server server;
  server.child("Amara");
  sync(store, server);
  const std::string bytes = photo("a");
  auto visit = with(store, visit_to({"Amara"}), bytes);
  const auto before = server;
  must(store.submit(visit, records_of(visit), at(9)));
  sync(store, server);
  sync(store, server);
  server = before;
  server.epoch = "e2";
  sync(store, server);
  sync(store, server);
  must(store.apply(answer(store, server, {{hash_of(bytes), 0}}), at(70)));
  CHECK(must(store.next_blob(9000)).bytes == bytes);
}

TEST_CASE("blobs: a worker whose access ended sends the photos of drafts too, before everything is purged", "[store]") {
  Folder folder;
  Server server;
  const auto path = folder / "replica.db";
  auto store = open_store(path);
  const std::string bytes = photo("a");
  must(store.save_draft(with(store, visit_to({"Amara"}), bytes), at(3)));
  const auto drained = [&](std::vector<wire::BlobNeed> need) {
    auto reply = answer(store, server, std::move(need));
    reply.cases.clear();
    reply.drain = true;
    must(store.apply(reply, at(61)));
  };
  drained({{hash_of(bytes), 0}});
  drained({{hash_of(bytes), 0}});  // its words are there, the photo is not
  CHECK(must(store.caseload()).ended);
  CHECK(must(store.status()).waiting == 1);
  auto step = must(store.next_blob(1 << 20));
  CHECK(step.what == BlobStep::What::Send);
  CHECK(step.bytes == bytes);
  must(store.blob_sent(hash_of(bytes), static_cast<std::int64_t>(bytes.size()), true));
  drained({});
  CHECK(files(path).empty());
  CHECK(must(store.drafts()).empty());
}

TEST_CASE("blobs: a photo that cannot be read any more does not keep what a worker had whose access ended, and says so", "[store]") {
  Folder folder;
  Server server;
  const auto path = folder / "replica.db";
  auto store = open_store(path);
  const std::string bytes = photo("a"), other = photo("b", 5000);
  must(store.save_draft(with(store, with(store, visit_to({"Amara"}), other), bytes), at(3)));
  const auto drained = [&](std::vector<wire::BlobNeed> need) {
    auto reply = answer(store, server, std::move(need));
    reply.cases.clear();
    reply.drain = true;
    must(store.apply(reply, at(61)));
  };
  drained({{hash_of(bytes), 0}, {hash_of(other), 0}});
  for (const auto& file : files(path))
    if (fs::file_size(file) < other.size()) fs::resize_file(file, 100);
  auto step = must(store.next_blob(1 << 20));
  CHECK(step.purge_waited);
  CHECK(step.bytes == other);  // whatever else can be read is sent
  must(store.blob_sent(hash_of(other), static_cast<std::int64_t>(other.size()), true));
  step = must(store.next_blob(1 << 20));
  CHECK(step.what == BlobStep::What::Nothing);
  CHECK_FALSE(step.purge_waited);  // it is said once
  drained({{hash_of(bytes), 0}});
  CHECK(must(store.drafts()).empty());
  CHECK(files(path).empty());
}

TEST_CASE("blobs: a photo that was taken off after its submission was refused is not kept for that submission", "[store]") {
  Folder folder;
  Server server;
  server.child("Amara");
  Store store = open_store(folder / "a.db");
  sync(store, server);
  const auto bytes = photo("taken off");
  auto visit = with(store, visit_to({"Amara"}), bytes);
  must(store.submit(visit, records_of(visit), at(3)));
  server.refuse[1] = wire::Refusal::Malformed;
  sync(store, server);
  REQUIRE(store.blob(hash_of(bytes)).has_value());
  visit.children[0].attachments.reset();
  must(store.save_draft(visit, at(4)));
  CHECK(store.blob(hash_of(bytes)).has_error());
  CHECK(files(folder / "a.db").empty());
}
