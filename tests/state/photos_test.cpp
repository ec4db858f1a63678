#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::state;
using namespace doorstep::tests;

namespace {

std::string hash_of(const std::string& name) { return base::sha256_hex(name); }

/// At Amara's page of a visit, where photos may be attached.
Desk recording(bool both = false) {
  Desk desk;
  desk.state.config.photos = true;
  desk.unlock();
  desk.start(both);
  desk.act(ShowChild{desk.amara});
  return desk;
}
/// As if the file had been copied.
void attach(Desk& desk, const std::string& name, Id child = {}) {
  desk.act(PressAttach{"/camera/" + name});
  desk.hear(Attached{desk.state.visit->visit.id, child ? child : desk.amara, hash_of(name), 2'140'000, "image/jpeg"});
}
const std::vector<model::Attachment>& photos(const Desk& desk, std::size_t child = 0) {
  static const std::vector<model::Attachment> kNone;
  const auto& part = desk.state.visit->visit.children.at(child);
  return part.attachments ? *part.attachments : kNone;
}

}  // namespace

TEST_CASE("photos: without a camera's folder in the council's file there is nothing about them", "[state]") {
  Desk desk;
  desk.unlock();
  desk.start();
  desk.act(ShowChild{desk.amara});
  CHECK(record_vm(desk.state).photos.heading.empty());
  desk.act(FileDropped{"/camera/a.jpg"});
  CHECK(desk.all<AttachFile>().empty());
  CHECK(desk.all<ListPhotos>().empty());
}

TEST_CASE("photos: a file is copied first, then the record refers to it and is saved", "[state]") {
  Desk desk = recording();
  CHECK(desk.all<ListPhotos>().size() == 1);
  desk.hear(PhotosFound{{{"/camera/a.jpg", "a.jpg", desk.wall}}});
  auto vm = record_vm(desk.state).photos;
  REQUIRE(vm.files.size() == 1);
  desk.act(*vm.files.front().intent);
  CHECK(desk.last<AttachFile>().child == desk.amara);
  CHECK(desk.last<AttachFile>().path == "/camera/a.jpg");
  CHECK(photos(desk).empty());
  desk.hear(Attached{desk.state.visit->visit.id, desk.amara, hash_of("a.jpg"), 2'140'000, "image/jpeg"});
  REQUIRE(photos(desk).size() == 1);
  CHECK(desk.last<SaveDraft>().visit.children.front().attachments == desk.state.visit->visit.children.front().attachments);
  vm = record_vm(desk.state).photos;
  REQUIRE(vm.photos.size() == 1);
  CHECK(vm.photos.front().title == "Photo 1, 2.1 MB");
}

TEST_CASE("photos: a caption is typed, a photo taken off again, and the same one is not attached twice", "[state]") {
  Desk desk = recording();
  attach(desk, "a.jpg");
  attach(desk, "a.jpg");
  CHECK(photos(desk).size() == 1);
  CHECK(bar_vm(desk.state).notice == desk.state.text()("attach.twice"));
  desk.type(record_vm(desk.state).photos.photos.front().caption_key, "The bedroom");
  CHECK(photos(desk).front().caption == "The bedroom");
  desk.act(FieldLeft{"x"});
  CHECK(desk.last<SaveDraft>().visit.children.front().attachments->front().caption == "The bedroom");
  desk.act(*record_vm(desk.state).photos.photos.front().remove.intent);
  CHECK(photos(desk).empty());
  CHECK_FALSE(desk.last<SaveDraft>().visit.children.front().attachments.has_value());
}

TEST_CASE("photos: a file that is dropped goes to the child whose page is open, or is asked about", "[state]") {
  Desk desk = recording(true);
  desk.act(ShowChild{Id()});
  desk.act(FileDropped{"/x.jpg"});
  CHECK(desk.all<AttachFile>().empty());
  CHECK(desk.state.visit->attach_problem == desk.state.text()("attach.which_child"));
  desk.act(ShowChild{desk.tunde});
  desk.act(FileDropped{"/x.jpg"});
  CHECK(desk.last<AttachFile>().child == desk.tunde);
  desk.act(Open{ScreenKind::MyChildren, {}});
  desk.act(FileDropped{"/x.jpg"});
  CHECK(desk.all<AttachFile>().size() == 1);
  CHECK(my_children_vm(desk.state).notice == desk.state.text()("attach.which_child"));
  Desk alone = recording();
  alone.act(ShowChild{Id()});
  alone.act(FileDropped{"/x.jpg"});
  CHECK(alone.last<AttachFile>().child == alone.amara);
}

TEST_CASE("photos: several that are dropped at once are all copied, and submitting waits for the last", "[state]") {
  Desk desk = recording();
  for (const char* name : {"/a.jpg", "/letter.pdf", "/b.jpg"}) desk.act(FileDropped{name});
  REQUIRE(desk.all<AttachFile>().size() == 3);
  const Id visit = desk.state.visit->visit.id;
  desk.hear(Attached{visit, desk.amara, hash_of("a"), 10, "image/jpeg"});
  desk.hear(AttachFailed{visit, {base::Fault::Invalid, "blob.kind", ""}});
  desk.act(Open{ScreenKind::Check, visit});
  desk.act(PressSubmit{});
  CHECK(check_vm(desk.state).submit_error == desk.state.text()("attach.wait"));
  desk.hear(Attached{visit, desk.amara, hash_of("b"), 10, "image/jpeg"});
  CHECK(photos(desk).size() == 2);
  CHECK(bar_vm(desk.state).notice == desk.state.text()("attach.blob.kind"));
  CHECK(desk.state.attaching == 0);
}

TEST_CASE("photos: one that was being copied when the tablet locked is told at the unlock, and its visit is as it was", "[state]") {
  for (const bool visiting : {true, false}) {
    Desk desk = recording();
    desk.type(std::string("child/") + desk.amara.str() + "/observed", "She was drawing.");
    desk.act(PressAttach{"/a.jpg"});
    const Id visit = desk.state.visit->visit.id;
    if (!visiting) desk.act(Open{ScreenKind::MyChildren, {}});
    desk.act(PressLock{});
    desk.hear(Attached{visit, desk.amara, hash_of("a.jpg"), 10, "image/jpeg"});
    desk.caseload.drafts = {{desk.last<SaveDraft>().visit, desk.wall, true, 1}};
    desk.unlock();
    CHECK(desk.state.visit.has_value() == visiting);
    CHECK((visiting ? bar_vm(desk.state).notice : my_children_vm(desk.state).notice) == desk.state.text()("attach.locked"));
    desk.act(PressLock{});
    desk.unlock();
    CHECK(bar_vm(desk.state).notice.empty());
    CHECK(my_children_vm(desk.state).notice.empty());
  }
}

TEST_CASE("photos: before submitting, one without words is pointed at, and may go", "[state]") {
  Desk desk = recording();
  attach(desk, "a.jpg");
  attach(desk, "b.jpg");
  desk.type(record_vm(desk.state).photos.photos[0].caption_key, "The bedroom");
  desk.type(record_vm(desk.state).photos.photos[1].caption_key, "  ");
  std::vector<std::string> warnings;
  for (const auto& warning : check_vm(desk.state).warnings) warnings.push_back(warning.label);
  const auto words = [&](const char* n) { return desk.state.text()("check.photo", {{"n", n}, {"name", "Amara"}}); };
  CHECK(std::count(warnings.begin(), warnings.end(), words("1")) == 0);
  CHECK(std::count(warnings.begin(), warnings.end(), words("2")) == 1);
}

TEST_CASE("photos: what cannot be attached is told where it was chosen; too many are", "[state]") {
  Desk desk = recording();
  for (const char* where : {"blob.kind", "blob.size", "blob.room", "blob.file"}) {
    desk.act(PressAttach{"/x"});
    desk.hear(AttachFailed{desk.state.visit->visit.id, {base::Fault::Invalid, where, ""}});
    CHECK(bar_vm(desk.state).notice == desk.state.text()("attach." + std::string(where)));
  }
  for (std::size_t i = 0; i <= limits::kBlobsPerRecord; ++i) attach(desk, std::to_string(i));
  CHECK(photos(desk).size() == limits::kBlobsPerRecord);
  CHECK(bar_vm(desk.state).notice == desk.state.text()("attach.blob.count"));
}

TEST_CASE("photos: one that is copied when the visit was left goes into its draft", "[state]") {
  Desk desk = recording();
  desk.act(PressAttach{"/a.jpg"});
  const Id visit = desk.state.visit->visit.id;
  desk.act(Open{ScreenKind::MyChildren, {}});
  REQUIRE_FALSE(desk.state.visit.has_value());
  desk.hear(Attached{visit, desk.amara, hash_of("a.jpg"), 10, "image/jpeg"});
  CHECK(desk.last<SaveDraft>().visit.children.front().attachments->size() == 1);
}

TEST_CASE("photos: what waits, is elsewhere or damaged is said of each, and counted", "[state]") {
  Desk desk = recording();
  for (const char* name : {"sent", "waits", "elsewhere", "damaged"}) attach(desk, name);
  desk.caseload.blobs = {{hash_of("sent"), {true, false, false}}, {hash_of("waits"), {true, true, false}},
                         {hash_of("damaged"), {false, false, true}}};
  desk.load();
  const auto vm = record_vm(desk.state).photos;
  CHECK(vm.photos[0].tag == TagVm());
  CHECK(vm.photos[1].tag.words == desk.state.text()("photo.tag.waiting"));
  CHECK(vm.photos[2].tag.words == desk.state.text()("photo.tag.not_here"));
  CHECK(vm.photos[3].tag.words == desk.state.text()("photo.tag.damaged"));
  CHECK(vm.waiting == desk.state.text().count("photos.waiting", 2));
  // Each can be opened, and says there what has become of it.
  for (const auto& [at, words] : {std::pair{2, "photo.not_here"}, std::pair{3, "photo.damaged"}}) {
    const auto& photo = photos(desk)[static_cast<std::size_t>(at)];
    desk.act(*vm.photos[static_cast<std::size_t>(at)].show.intent);
    desk.hear(PhotoOpened{photo.sha256, nullptr, base::Error{base::Fault::NotFound, "store.blob", ""}});
    CHECK(photo_screen_vm(desk.state, photo.id).status == desk.state.text()(words));
    desk.act(Back{});
  }
}

TEST_CASE("photos: nothing says that everything was sent while one waits to be", "[state]") {
  Desk desk;
  desk.unlock();
  SyncStatus status;
  status.online = true;
  status.receipt = SyncReceipt{3, desk.wall, 3};
  desk.hear(status);
  const auto& text = desk.state.text();
  CHECK(sync_vm(desk.state).headline == text("sync.headline.sent"));
  CHECK(bar_vm(desk.state).status == text("bar.status.sent"));
  desk.caseload.blobs = {{hash_of("waits"), {true, true, false}}, {hash_of("sent"), {true, false, false}}};
  desk.load();
  CHECK(sync_vm(desk.state).headline == text("sync.headline.photos"));
  CHECK(sync_vm(desk.state).facts.front().value == text.count("sync.waiting.photos", 1));
  CHECK(bar_vm(desk.state).status == text.count("photos.waiting", 1));
}

TEST_CASE("photos: the camera's folder is told by time, and what was there before the visit only when it is asked for", "[state]") {
  Desk desk = recording();
  desk.state.visit->visit.facts.start.emplace().at = instant("2026-11-23T14:00:00Z");
  desk.hear(PhotosFound{{{"/camera/3.jpg", "drawing by Amara.jpg", instant("2026-11-23T14:04:05Z")},
                         {"/camera/2.jpg", "2.jpg", instant("2026-11-23T14:00:00Z")},
                         {"/camera/1.jpg", "drawing by Tobias.jpg", instant("2026-11-23T13:59:59Z")}}});
  const auto labels = [](const std::vector<ActionVm>& actions) {
    std::vector<std::string> out;
    for (const auto& one : actions) out.push_back(one.label);
    return out;
  };
  auto vm = record_vm(desk.state).photos;
  CHECK(labels(vm.files) == std::vector<std::string>{"Add the photo taken today at 14:04:05", "Add the photo taken today at 14:00:00"});
  CHECK(vm.older_label == "Older pictures");
  CHECK(vm.older_count == "1");
  CHECK_FALSE(vm.older_open);
  CHECK(vm.older.empty());
  desk.act(TurnOlderPhotos{});
  vm = record_vm(desk.state).photos;
  CHECK(vm.older_open);
  CHECK(labels(vm.older) == std::vector<std::string>{"Add the photo taken today at 13:59:59"});

  // While nobody has said when it began: since midnight.
  desk.state.visit->visit.facts.start.reset();
  desk.hear(PhotosFound{{{"/camera/2.jpg", "2.jpg", instant("2026-11-23T00:00:00Z")}, {"/camera/1.jpg", "1.jpg", instant("2026-11-22T23:59:59Z")}}});
  vm = record_vm(desk.state).photos;
  CHECK(vm.files.size() == 1);
  CHECK(labels(vm.older) == std::vector<std::string>{"Add the photo taken yesterday at 23:59:59"});
}

TEST_CASE("photos: one is opened, shown, and leaves memory with its screen or the lock", "[state]") {
  Desk desk = recording();
  attach(desk, "a.jpg");
  desk.caseload.blobs = {{hash_of("a.jpg"), {true, false, false}}};
  desk.load();
  desk.act(*record_vm(desk.state).photos.photos.front().show.intent);
  const Id photo = photos(desk).front().id;
  CHECK(desk.last<OpenPhoto>().sha256 == hash_of("a.jpg"));
  CHECK_FALSE(photo_screen_vm(desk.state, photo).shown);
  const auto pixels = std::make_shared<const Pixels>(Pixels{1, 1, "abcd"});
  desk.hear(PhotoOpened{hash_of("another"), pixels, {}});
  CHECK_FALSE(photo_screen_vm(desk.state, photo).shown);
  desk.hear(PhotoOpened{hash_of("a.jpg"), pixels, {}});
  CHECK(photo_screen_vm(desk.state, photo).shown);
  const std::string place = desk.state.text()("photo.place");
  CHECK_FALSE(photo_screen_vm(desk.state, photo).words.ends_with(place));
  desk.hear(PhotoOpened{hash_of("a.jpg"), std::make_shared<const Pixels>(Pixels{1, 1, "abcd", true}), {}});
  CHECK(photo_screen_vm(desk.state, photo).words.ends_with(place));
  desk.act(Back{});
  CHECK_FALSE(desk.state.picture.has_value());
  desk.hear(PhotoOpened{hash_of("a.jpg"), pixels, {}});
  CHECK_FALSE(desk.state.picture.has_value());
  desk.act(Open{ScreenKind::Photo, photo});
  desk.act(PressLock{});
  CHECK_FALSE(desk.state.picture.has_value());
  CHECK(desk.state.photo_files.empty());
}

TEST_CASE("photos: one that is not here yet is fetched while its record is read, and opens when it has come", "[state]") {
  Desk desk;
  desk.unlock();
  auto visit = [&] {
    Desk other = recording();
    attach(other, "a.jpg");
    return other.state.visit->visit;
  }();
  model::ChildRecord body = model::record_of(visit, visit.children.front(), Id::from_name("record"), desk.wall);
  RecordItem item;
  item.case_id = desk.amara;
  item.versions = {Desk::version(body, 1, model::State::Submitted)};
  desk.caseload.records = {item};
  desk.load();
  desk.act(Open{ScreenKind::ReadRecord, body.id});
  CHECK(desk.last<FetchBlobs>().record == body.id);
  CHECK(read_vm(desk.state, body.id).photos.waiting == desk.state.text().count("photos.waiting", 1));
  CHECK(read_vm(desk.state, body.id).photos.look_again.label.empty());
  const Id photo = body.part.attachments->front().id;
  desk.act(Open{ScreenKind::Photo, photo});
  desk.hear(PhotoOpened{hash_of("a.jpg"), nullptr, base::Error{base::Fault::NotFound, "store.blob", ""}});
  CHECK(photo_screen_vm(desk.state, photo).status == desk.state.text()("photo.not_here"));
  const auto asked = desk.all<OpenPhoto>().size();
  desk.load();
  CHECK(desk.all<OpenPhoto>().size() == asked);
  desk.caseload.blobs = {{hash_of("a.jpg"), {true, false, false}}};
  desk.load();
  CHECK(desk.all<OpenPhoto>().size() == asked + 1);
}
