#include "sync/server/blobs.h"

#include <fstream>

#include "platform/base/sealed_file.h"
#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

std::filesystem::path watched_folder;
int times_made_durable = 0;

}  // namespace

/// Every fsync of this program comes by (tests/CMakeLists.txt).
extern "C" int __real_fsync(int fd);
extern "C" int __wrap_fsync(int fd) {
  std::error_code none;
  if (std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), none) == watched_folder) ++times_made_durable;
  return __real_fsync(fd);
}

namespace {

const Id kAmara = child_id("A1");

/// Bytes that begin as a JPEG does; others for another name.
std::string photo(const std::string& name, std::size_t size = 3000) {
  std::string out = "\xFF\xD8\xFF canary " + name + " ";
  while (out.size() < size) out += base::sha256(name + std::to_string(out.size()));
  out.resize(size);
  return out;
}

model::Attachment attachment(const std::string& bytes) {
  return {any_id("attachment " + base::sha256_hex(bytes)), base::sha256_hex(bytes), static_cast<std::int64_t>(bytes.size()),
          "image/jpeg", "The bedroom", {1}};
}

model::ChildRecord record_with(const Tablet& tablet, const std::string& name, const std::vector<std::string>& photos) {
  auto out = tablet.record(any_id(name), kAmara);
  out.part.attachments.emplace();
  for (const std::string& bytes : photos) out.part.attachments->push_back(attachment(bytes));
  return out;
}

server::HttpReply ask(Tablet& tablet, const std::string& method, const std::string& target, std::string body,
                      const std::string& range = {}) {
  server::HttpRequest request;
  request.method = method;
  request.target = target;
  request.headers["content-type"] = "application/octet-stream";
  if (!range.empty()) request.headers["range"] = range;
  request.body = std::move(body);
  request.peer.identity = tablet.identity;
  return tablet.office_.service->handle(request);
}

std::string path_of(const std::string& bytes) { return "/v1/blobs/" + base::sha256_hex(bytes); }

server::HttpReply patch(Tablet& tablet, const std::string& bytes, std::size_t offset, std::size_t count = std::string::npos) {
  return ask(tablet, "PATCH", path_of(bytes) + "?offset=" + std::to_string(offset), bytes.substr(offset, count));
}
wire::BlobState state_of(const server::HttpReply& reply) {
  INFO(reply.status << reply.body);
  REQUIRE(reply.status == 200);
  return wire::decode<wire::BlobState>(reply.body).value();
}
server::HttpReply get(Tablet& tablet, const std::string& bytes, const std::string& range = "bytes=0-") {
  return ask(tablet, "GET", path_of(bytes), {}, range);
}
std::string code_of(const server::HttpReply& reply) {
  auto problem = wire::decode<wire::Problem>(reply.body);
  return std::to_string(reply.status) + " " + (problem ? problem->type.substr(std::string("urn:doorstep:problem:").size()) : "");
}

/// What the server awaits of this tablet, as its next answer says.
std::vector<wire::BlobNeed> need(Tablet& tablet) {
  tablet.sync();
  return tablet.last.need.value_or(std::vector<wire::BlobNeed>());
}

server::BlobRow row_of(Office& office, const Tablet& owner, const std::string& bytes) {
  auto unit = office.repository->read();
  auto row = (*unit)->blob_of(owner.worker, base::sha256_hex(bytes)).value();
  REQUIRE(row.has_value());
  return std::move(*row);
}
base::SealedFile file_of(Office& office, const server::BlobRow& row) {
  return {office.blobs.folder / row.id.str(), "DOORSTEP-BLOB|" + row.id.str(), row.key};
}

}  // namespace

TEST_CASE("blobs: the words go first, the photo follows in parts, and whoever may read the case gets it", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow"), heron(office, "heron");
  const std::string bytes = photo("a");
  CHECK(code_of(patch(wren, bytes, 0)) == "404 blob-unknown");
  CHECK(wren.one(Tablet::submit(record_with(wren, "r", {bytes}), kAmara)).status == OpStatus::Applied);
  CHECK(wren.last.need == std::vector<wire::BlobNeed>{{base::sha256_hex(bytes), 0}});
  sparrow.sync();
  CHECK(sparrow.has(kAmara, any_id("r")));
  CHECK_FALSE(sparrow.last.need.has_value());

  CHECK(state_of(patch(wren, bytes, 0, 1000)) == wire::BlobState{1000, false});
  CHECK(need(wren) == std::vector<wire::BlobNeed>{{base::sha256_hex(bytes), 1000}});
  CHECK(code_of(get(sparrow, bytes)) == "404 blob-unknown");
  CHECK(state_of(patch(wren, bytes, 1000)) == wire::BlobState{3000, true});
  CHECK(need(wren).empty());
  CHECK(state_of(patch(wren, bytes, 0)) == wire::BlobState{3000, true});

  for (Tablet* reader : {&wren, &sparrow}) {
    const auto first = get(*reader, bytes, "bytes=0-999"), rest = get(*reader, bytes, "bytes=1000-");
    CHECK(first.status == 206);
    CHECK(first.content_type == wire::kBlobType);
    CHECK(first.headers.front() == std::pair<std::string, std::string>("Content-Range", "bytes 0-999/3000"));
    CHECK(first.body + rest.body == bytes);
  }
  CHECK(code_of(get(sparrow, bytes, "bytes=3000-")) == "416 range");
  for (const char* wrong : {"", "bytes=-5", "bytes=5-2", "bytes=0-1,3-4", "items=0-1", "bytes=a-"})
    CHECK(code_of(get(sparrow, bytes, wrong)) == "416 range");
  const auto foreign = get(heron, bytes), missing = get(heron, photo("nowhere"));
  CHECK(foreign.status == 404);
  CHECK(foreign.body == missing.body);
  CHECK(foreign.headers == missing.headers);
}

TEST_CASE("blobs: cut at any offset it goes on there, and arrives once", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  for (std::size_t cut : {0u, 1u, 2u, 255u, 256u, 257u, 999u, 1998u, 1999u}) {
    const std::string bytes = photo("cut " + std::to_string(cut), 2000);
    wren.sync({Tablet::submit(record_with(wren, "r" + std::to_string(cut), {bytes}), kAmara)});
    if (cut > 0) CHECK(state_of(patch(wren, bytes, 0, cut)).have == static_cast<std::int64_t>(cut));
    CHECK(need(wren) == std::vector<wire::BlobNeed>{{base::sha256_hex(bytes), static_cast<std::int64_t>(cut)}});
    // Sent twice, because the answer was lost, and past a gap: neither is taken, and the answer says where to go on.
    if (cut > 0) CHECK(state_of(patch(wren, bytes, 0, cut)).have == static_cast<std::int64_t>(cut));
    CHECK(state_of(patch(wren, bytes, cut + 1, 0)).have == static_cast<std::int64_t>(cut));
    CHECK(state_of(patch(wren, bytes, cut)) == wire::BlobState{2000, true});
    CHECK(get(wren, bytes).body == bytes);
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(office.blobs.folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string kept{std::istreambuf_iterator<char>(in), {}};
    CHECK(kept.find("canary") == std::string::npos);
    ++files;
  }
  CHECK(files == 9);
}

TEST_CASE("blobs: what is not what was announced is not kept", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  const std::string bytes = photo("a");
  std::string other = bytes;
  other.back() = static_cast<char>(other.back() ^ 1);
  wren.sync({Tablet::submit(record_with(wren, "r", {bytes}), kAmara)});
  CHECK(state_of(patch(wren, bytes, 0, 2000)).have == 2000);
  CHECK(code_of(ask(wren, "PATCH", path_of(bytes) + "?offset=2000", other.substr(2000))) == "422 blob-differs");
  CHECK(need(wren) == std::vector<wire::BlobNeed>{{base::sha256_hex(bytes), 0}});
  CHECK(code_of(ask(wren, "PATCH", path_of(bytes) + "?offset=0", bytes + "x")) == "422 blob-differs");
  CHECK(code_of(ask(wren, "PATCH", path_of(bytes) + "?offset=9223372036854775807", "x")) == "422 blob-differs");
  CHECK(code_of(ask(wren, "PATCH", path_of(bytes) + "?offset=0", std::string(limits::kBlobPartBytes + 1, 'x'))) == "413 body-too-large");
  for (const char* wrong : {"", "?offset=", "?offset=-1", "?offset=1x", "?offset=99999999999999999999", "?at=0"})
    CHECK(code_of(ask(wren, "PATCH", path_of(bytes) + wrong, "x")) == "400 malformed");
  CHECK(ask(wren, "POST", path_of(bytes), "x").status == 405);
  CHECK(state_of(patch(wren, bytes, 0)).verified);
}

TEST_CASE("blobs: a record with an attachment that may not be is refused by the place in it", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  int n = 0;
  const auto refused = [&](const std::function<void(std::vector<model::Attachment>&)>& change) {
    auto record = record_with(wren, "r" + std::to_string(n++), {photo("a")});
    change(*record.part.attachments);
    auto result = wren.one(Tablet::submit(record, kAmara));
    CHECK(result.code == Refusal::Malformed);
    return result.detail;
  };
  CHECK(refused([](auto& list) { list.front().size = static_cast<std::int64_t>(limits::kBlobBytes) + 1; }) == "attachments: size");
  CHECK(refused([](auto& list) { list.front().size = 0; }) == "attachments: size");
  CHECK(refused([](auto& list) { list.front().sha256 = "../../../etc/passwd"; }) == "attachments: sha256");
  CHECK(refused([](auto& list) { list.front().media_type = "text/html"; }) == "attachments: media_type");
  CHECK(refused([](auto& list) { list.front().caption = std::string(2000, 'x'); }) == "attachments: caption");
  CHECK(refused([](auto& list) { list.resize(21, list.front()); }) == "attachments: too many");
  model::Visit draft;
  draft.id = any_id("draft");
  draft.author = wren.worker;
  draft.children.push_back(record_with(wren, "d", {photo("a")}).part);
  draft.children.front().attachments->front().size = -1;
  CHECK(wren.one(wren.put(draft)).code == Refusal::Malformed);
  CHECK(need(wren).empty());
}

TEST_CASE("blobs: a draft that two tablets gave more photos than a record takes goes on, and is submitted with fewer", "[server]") {
  Office office;
  Tablet first(office, "wren"), second(office, "wren"), sparrow(office, "sparrow");
  const auto some = [](const std::string& name, std::size_t count) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(photo(name + std::to_string(i), 100));
    return out;
  };
  const std::size_t each = limits::kBlobsPerRecord / 2 + 2;
  const auto check = [&](model::Visit draft, const model::ChildRecord& record, const model::Revision* revises) {
    second.sync();  // holds the merged draft
    REQUIRE(second.has(second.worker, draft.id));
    const auto merged = *second.has(second.worker, draft.id);
    draft = wire::decode<model::Visit>(merged.body).value();
    auto& part = draft.children.front();
    REQUIRE(part.attachments->size() == 2 * each);
    part.answers["words"] = std::string("Written beside them.");
    auto result = second.one(second.put(draft, merged.rev, merged.hash));
    CHECK(result.status == OpStatus::Applied);
    auto more = draft;
    more.children.front().attachments->push_back(attachment(photo("one more", 100)));
    CHECK(second.one(second.put(more, result.rev, result.hash)).detail == "attachments: too many");
    auto whole = record;
    whole.part = part;
    CHECK(second.one(Tablet::submit(whole, kAmara, revises)).detail == "attachments: too many");
    // One was taken off on the other tablet meanwhile.
    auto fewer = draft;
    fewer.children.front().attachments->pop_back();
    first.sync();
    CHECK(first.one(first.put(fewer, result.rev, result.hash)).status == OpStatus::Applied);
    part.answers["words"] = std::string("Written beside them, and on.");
    CHECK(second.one(second.put(draft, result.rev, result.hash)).status == OpStatus::Merged);
    CHECK(wire::decode<model::Visit>(office.head(draft.id)->body)->children.front().attachments->size() == 2 * each - 1);
    part.attachments->resize(1);
    whole.part.attachments = part.attachments;
    const auto head = *office.head(draft.id);
    CHECK(second.one(second.put(draft, head.rev, head.hash)).status == OpStatus::Applied);
    CHECK(second.one(Tablet::submit(whole, kAmara, revises)).status == OpStatus::Applied);
  };

  model::Visit draft;
  draft.id = any_id("draft");
  draft.author = first.worker;
  auto record = record_with(first, "r", some("a", each));
  draft.children.push_back(record.part);
  CHECK(first.one(first.put(draft)).status == OpStatus::Applied);
  draft.children.front() = record_with(second, "r", some("b", each)).part;
  CHECK(second.one(second.put(draft)).status != OpStatus::Refused);
  check(draft, record, nullptr);

  // The same of a record that was written anew on two tablets.
  sparrow.sync();
  const auto decision = sparrow.decide(*sparrow.has(kAmara, record.id), kAmara, model::Verdict::Returned, "Again.");
  CHECK(sparrow.one(decision).status == OpStatus::Applied);
  for (Tablet* tablet : {&first, &second}) tablet->sync();
  const auto returned = *first.has(kAmara, record.id);
  record.part.attachments = record_with(first, "r", some("a", each)).part.attachments;
  CHECK(first.one(Tablet::submit(record, kAmara, &returned)).status == OpStatus::Applied);
  record.part.attachments->resize(1);
  for (const std::string& bytes : some("b", each)) record.part.attachments->push_back(attachment(bytes));
  CHECK(second.one(Tablet::submit(record, kAmara, &returned)).status != OpStatus::Refused);
  const auto both = *office.head(record.id);
  CHECK(both.state == State::Returned);
  const auto body = wire::decode<model::ChildRecord>(both.body).value();
  model::Visit again;
  again.id = any_id("draft again");
  again.author = first.worker;
  again.children.push_back(body.part);
  again.children.front().revises = model::RevisionRef{both.record, both.rev, both.hash};
  CHECK(first.one(first.put(again)).status == OpStatus::Applied);
  check(again, record, &both);
}

TEST_CASE("blobs: nobody approves a record before all its photos are here; returning it needs none", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  const std::string one = photo("one"), two = photo("two");
  wren.sync({Tablet::submit(record_with(wren, "r", {one, two}), kAmara), Tablet::submit(record_with(wren, "s", {one}), kAmara)});
  sparrow.sync();
  const auto decide = [&](const char* record, model::Verdict verdict, const std::string& salt) {
    auto op = sparrow.decide(*sparrow.has(kAmara, any_id(record)), kAmara, verdict, "Read.");
    auto body = wire::decode<model::Decision>(op.body).value();
    body.id = any_id(salt);
    op.body = wire::encode(body);
    return sparrow.one(op);
  };
  CHECK(decide("r", model::Verdict::Approved, "1").code == Refusal::BlobsMissing);
  CHECK(state_of(patch(wren, one, 0)).verified);
  CHECK(decide("r", model::Verdict::Approved, "2").code == Refusal::BlobsMissing);
  CHECK(decide("s", model::Verdict::Returned, "3").status == OpStatus::Applied);
  CHECK(state_of(patch(wren, two, 0)).verified);
  CHECK(decide("r", model::Verdict::Approved, "4").status == OpStatus::Applied);
}

TEST_CASE("blobs: a draft's photo is the record's photo, on whichever of the worker's tablets it was taken", "[server]") {
  Office office;
  Tablet first(office, "wren"), second(office, "wren");
  const std::string kept = photo("kept"), taken_off = photo("taken off");
  model::Visit draft;
  draft.id = any_id("draft");
  draft.author = first.worker;
  draft.children.push_back(record_with(first, "r", {kept, taken_off}).part);
  auto made = first.one(first.put(draft));
  CHECK(first.last.need->size() == 2);
  CHECK(state_of(patch(first, kept, 0)).verified);
  CHECK(need(first).size() == 1);
  draft.children.front().attachments->pop_back();
  first.one(first.put(draft, made.rev, made.hash));
  CHECK(need(first).empty());

  second.sync({Tablet::submit(record_with(second, "r", {kept}), kAmara)});
  CHECK_FALSE(second.last.need.has_value());
  CHECK(get(second, kept).body == kept);
}

TEST_CASE("blobs: what came in part before it was taken off its draft is not kept, and comes whole when it is named again", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  const std::string off = photo("taken off"), thrown = photo("thrown away"), other = photo("also a record's");
  model::Visit draft;
  draft.id = any_id("draft");
  draft.author = wren.worker;
  draft.children.push_back(record_with(wren, "d", {off, thrown, other}).part);
  auto made = wren.one(wren.put(draft));
  for (const auto& bytes : {off, thrown, other}) CHECK(state_of(patch(wren, bytes, 0, 1000)).have == 1000);
  wren.sync({Tablet::submit(record_with(wren, "r", {other}), kAmara)});
  auto& named = *draft.children.front().attachments;
  named.erase(named.begin());
  made = wren.one(wren.put(draft, made.rev, made.hash));
  const auto known = [&](const std::string& bytes) {
    auto unit = office.repository->read();
    return (*unit)->blob_of(wren.worker, base::sha256_hex(bytes)).value().has_value();
  };
  CHECK_FALSE(known(off));
  CHECK(known(thrown));
  CHECK(code_of(patch(wren, off, 1000)) == "404 blob-unknown");
  draft.discarded = true;
  made = wren.one(wren.put(draft, made.rev, made.hash));
  CHECK_FALSE(known(thrown));
  CHECK(known(other));
  CHECK(server::collect_blobs(*office.repository, office.blobs, office.clock.now).has_value());
  CHECK(std::distance(std::filesystem::directory_iterator(office.blobs.folder), {}) == 1);

  office.clock.pass(base::Millis(1000));
  draft.discarded.reset();
  draft.children.front() = record_with(wren, "d", {off}).part;
  wren.one(wren.put(draft, made.rev, made.hash));
  CHECK(need(wren) == std::vector<wire::BlobNeed>{{base::sha256_hex(other), 1000}, {base::sha256_hex(off), 0}});
  CHECK(state_of(patch(wren, off, 0)).verified);
  CHECK(get(wren, off).body == off);
  CHECK(state_of(patch(wren, other, 1000)).verified);
}

TEST_CASE("blobs: a visit submitted on one tablet waits for the photo on the other, which is asked for it", "[server]") {
  Office office;
  Tablet first(office, "wren"), second(office, "wren"), ash(office, "ash");
  const std::string bytes = photo("on the first");
  model::Visit draft;
  draft.id = any_id("draft");
  draft.author = first.worker;
  draft.children.push_back(record_with(first, "r", {bytes}).part);
  auto made = first.one(first.put(draft));
  second.sync({Tablet::submit(record_with(second, "r", {bytes}), kAmara)});
  draft.discarded = true;
  second.one(second.put(draft, made.rev, made.hash));
  CHECK(need(first) == std::vector<wire::BlobNeed>{{base::sha256_hex(bytes), 0}});
  CHECK(need(ash).empty());
  CHECK(state_of(patch(first, bytes, 0)).verified);
  CHECK(need(first).empty());
}

TEST_CASE("blobs: who knows the hash of somebody's photo does not have the photo", "[server][A46]") {
  Office office;
  Tablet wren(office, "wren"), heron(office, "heron");
  const std::string bytes = photo("a");
  wren.sync({Tablet::submit(record_with(wren, "r", {bytes}), kAmara)});
  CHECK(state_of(patch(wren, bytes, 0)).verified);
  auto theirs = heron.record(any_id("theirs"), child_id("S1"));
  theirs.part.attachments = {attachment(bytes)};
  CHECK(heron.one(Tablet::submit(theirs, child_id("S1"))).status == OpStatus::Applied);
  CHECK(need(heron).size() == 1);
  CHECK(code_of(get(heron, bytes)) == "404 blob-unknown");
  CHECK(state_of(patch(heron, bytes, 0)).verified);
  CHECK(get(heron, bytes).body == bytes);
}

TEST_CASE("blobs: a case that moves takes its photos along; who sent half of one may still end it", "[server]") {
  Office office;
  Tablet wren(office, "wren"), ash(office, "ash");
  const std::string bytes = photo("a");
  wren.sync({Tablet::submit(record_with(wren, "r", {bytes}), kAmara)});
  CHECK(state_of(patch(wren, bytes, 0, 100)).have == 100);
  auto moved = extract();
  moved["allocations.csv"] = "child_ref,worker_ref,kind,until\nA1,ash,ALLOCATED,\nB1,wren,ALLOCATED,\nS1,heron,ALLOCATED,\n";
  office.import(moved);
  CHECK(need(wren).size() == 1);
  CHECK(state_of(patch(wren, bytes, 100)).verified);
  CHECK(code_of(get(wren, bytes)) == "404 blob-unknown");
  CHECK(get(ash, bytes).body == bytes);
  REQUIRE(server::revoke_worker(*office.repository, "ash", office.clock.now).has_value());
  CHECK(get(ash, bytes).status == 403);
}

TEST_CASE("blobs: killed between the last byte and the rename, or before it was noted, it is brought to its end", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  const std::string one = photo("one"), two = photo("two");
  wren.sync({Tablet::submit(record_with(wren, "r", {one, two}), kAmara)});
  std::filesystem::create_directory(office.blobs.folder);
  REQUIRE(file_of(office, row_of(office, wren, one)).append(0, one).has_value());  // on disk; killed here
  auto whole = file_of(office, row_of(office, wren, two));
  REQUIRE(whole.append(0, two).has_value());
  REQUIRE(whole.finish().has_value());  // renamed; killed here
  CHECK(need(wren) == std::vector<wire::BlobNeed>{{base::sha256_hex(one), 3000}});
  CHECK(get(sparrow, two).body == two);
  CHECK(state_of(patch(wren, one, 3000)) == wire::BlobState{3000, true});
  CHECK(need(wren).empty());
  CHECK(get(sparrow, one).body == one);
}

TEST_CASE("blobs: no photo is noted as here while a power cut could still take its name", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  const std::string bytes = photo("one");
  wren.sync({Tablet::submit(record_with(wren, "r", {bytes}), kAmara)});
  std::filesystem::create_directory(office.blobs.folder);
  REQUIRE(file_of(office, row_of(office, wren, bytes)).append(0, bytes).has_value());
  const auto file = office.blobs.folder / row_of(office, wren, bytes).id.str();
  std::filesystem::rename(file.string() + ".part", file);  // killed here
  watched_folder = office.blobs.folder;
  times_made_durable = 0;
  CHECK(need(wren).empty());
  CHECK(times_made_durable == 1);
  need(wren);
  CHECK(times_made_durable == 1);  // once is enough
  watched_folder.clear();
}

TEST_CASE("blobs: a file that is gone or damaged is not given, and is asked for again", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  for (const bool damaged : {false, true}) {
    const std::string bytes = photo(damaged ? "damaged" : "gone");
    wren.sync({Tablet::submit(record_with(wren, damaged ? "d" : "g", {bytes}), kAmara)});
    CHECK(state_of(patch(wren, bytes, 0)).verified);
    const auto file = office.blobs.folder / row_of(office, wren, bytes).id.str();
    if (damaged) std::filesystem::resize_file(file, 200);
    else std::filesystem::remove(file);
    CHECK(code_of(get(wren, bytes)) == "404 blob-unknown");
    CHECK(need(wren) == std::vector<wire::BlobNeed>{{base::sha256_hex(bytes), 0}});
    CHECK(state_of(patch(wren, bytes, 0)).verified);
    CHECK(get(wren, bytes).body == bytes);
  }
}

TEST_CASE("blobs: a photo that was damaged between its rename and the note of it is asked for again", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  const std::string bytes = photo("one");
  wren.sync({Tablet::submit(record_with(wren, "r", {bytes}), kAmara)});
  std::filesystem::create_directory(office.blobs.folder);
  const auto row = row_of(office, wren, bytes);
  auto file = file_of(office, row);
  REQUIRE(file.append(0, bytes).has_value());
  REQUIRE(file.finish().has_value());  // renamed; killed here
  std::fstream damaged(office.blobs.folder / row.id.str(), std::ios::in | std::ios::out | std::ios::binary);
  damaged.seekp(500) << "other bytes";
  damaged.close();
  CHECK(need(wren) == std::vector<wire::BlobNeed>{{base::sha256_hex(bytes), 0}});
  CHECK(state_of(patch(wren, bytes, 0)).verified);
  CHECK(get(wren, bytes).body == bytes);
}

TEST_CASE("blobs: a disk without room refuses photos, takes words, and loses nothing", "[server]") {
  server::ServiceOptions options;
  options.blobs.keep_free = std::int64_t{1} << 60;
  Office office(options);
  Tablet wren(office, "wren");
  const std::string bytes = photo("a");
  wren.sync({Tablet::submit(record_with(wren, "r", {bytes}), kAmara)});
  const auto full = patch(wren, bytes, 0);
  CHECK(code_of(full) == "503 full");
  CHECK(full.headers.front().first == "Retry-After");
  CHECK(wren.one(Tablet::submit(record_with(wren, "s", {}), kAmara)).status == OpStatus::Applied);
  CHECK(need(wren) == std::vector<wire::BlobNeed>{{base::sha256_hex(bytes), 0}});
}

TEST_CASE("blobs: what nothing names any more goes after 90 days and the tablet's next word; a record's never", "[server]") {
  Office office;
  Tablet wren(office, "wren");
  const std::string drafted = photo("drafted"), submitted = photo("submitted");
  model::Visit draft;
  draft.id = any_id("draft");
  draft.author = wren.worker;
  draft.children.push_back(record_with(wren, "d", {drafted}).part);
  auto made = wren.one(wren.put(draft));
  wren.sync({Tablet::submit(record_with(wren, "r", {submitted}), kAmara)});
  for (const auto& bytes : {drafted, submitted}) CHECK(state_of(patch(wren, bytes, 0)).verified);
  const auto collect = [&] { return server::collect_blobs(*office.repository, office.blobs, office.clock.now).value(); };
  office.clock.pass(std::chrono::hours(24 * 100));
  wren.renew();
  wren.sync();
  CHECK(collect() == 0);  // the draft still names it
  draft.discarded = true;
  wren.one(wren.put(draft, made.rev, made.hash));
  office.clock.pass(std::chrono::hours(24 * 89));
  wren.sync();
  CHECK(collect() == 0);
  office.clock.pass(std::chrono::hours(24 * 2));
  wren.renew();
  const Id gone = row_of(office, wren, drafted).id;
  std::ofstream(office.blobs.folder / (base::new_id(office.clock).str() + ".part")) << "of no row";
  CHECK(collect() == 1);
  CHECK(collect() == 0);
  CHECK_FALSE(std::filesystem::exists(office.blobs.folder / gone.str()));
  CHECK(std::distance(std::filesystem::directory_iterator(office.blobs.folder), {}) == 1);
  CHECK(get(wren, submitted).body == submitted);
}

TEST_CASE("blobs: a tablet that was silent since keeps what it may still name", "[server]") {
  Office office;
  Tablet wren(office, "wren"), other(office, "wren");
  const std::string bytes = photo("a");
  model::Visit draft;
  draft.id = any_id("draft");
  draft.author = wren.worker;
  draft.children.push_back(record_with(wren, "d", {bytes}).part);
  auto made = wren.one(wren.put(draft));
  CHECK(state_of(patch(wren, bytes, 0)).verified);
  office.clock.pass(std::chrono::minutes(5));
  draft.discarded = true;
  other.one(other.put(draft, made.rev, made.hash));
  office.clock.pass(std::chrono::hours(24 * 200));
  wren.renew();
  CHECK(server::collect_blobs(*office.repository, office.blobs, office.clock.now).value() == 0);
  wren.sync();
  CHECK(server::collect_blobs(*office.repository, office.blobs, office.clock.now).value() == 1);
}
