// Photos from one tablet over the real server to another, and what becomes of them when the link breaks.
#include "platform/base/sealed_file.h"
#include "tests/support/cutting_proxy.h"
#include "tests/work/support.h"

using namespace doorstep;
using namespace doorstep::work;
using namespace doorstep::work::test;

namespace {

std::string photo(std::size_t size) { return "\xFF\xD8\xFF canary " + base::random_bytes(size - 11); }

const model::Child& a_child(const Tablet& tablet) {
  for (const auto& child : tablet.caseload->children)
    if (child.allocated_worker == tablet.worker()) return child;
  FAIL("no child is allocated to this worker");
  return tablet.caseload->children.front();
}
const state::RecordItem* record_with(const state::Caseload& caseload, std::string_view text) {
  for (const auto& item : caseload.records)
    if (item.head().revision.body.find(text) != std::string::npos) return &item;
  return nullptr;
}

/// The visit with the file attached, as update() does it.
model::Visit attached(Tablet& tablet, model::Visit visit, const fs::path& file) {
  tablet.runner->run(state::AttachFile{visit.id, visit.children.front().id, file.string()});
  const auto made = tablet.wait<state::Attached>();
  auto& list = visit.children.front().attachments;
  if (!list) list.emplace();
  list->push_back({base::new_id(kClock), made.sha256, made.size, made.media_type, "The bedroom", kClock.wall()});
  return visit;
}

void write(const fs::path& path, const std::string& bytes) { must(base::write_file_atomic(path, bytes, base::Access::Owner)); }

/// What the server has of a photo: its only file there.
std::size_t at_server(const CaseServer& server) {
  std::size_t size = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(server.blobs, none)) size += entry.file_size();
  return size;
}

}  // namespace

TEST_CASE("blobs: a photo of 1 MB over a link that is cut again and again arrives once, its words first", "[work]") {
  CaseServer server;
  support::CuttingProxy proxy(server.port);
  Tablet worker(server, "W1001"), supervisor(server, "W1009");
  worker.by_way_of = proxy.port();
  REQUIRE_FALSE(worker.open());
  REQUIRE_FALSE(supervisor.open());
  worker.settle([](const auto& caseload) { return !caseload.children.empty(); });
  Folder camera;
  const std::string bytes = photo(1024 * 1024);
  write(camera / "IMG_1.jpg", bytes);
  auto visit = attached(worker, worker.visit_to(a_child(worker), "There is a hole in the ceiling."), camera / "IMG_1.jpg");
  const std::string sha256 = base::sha256_hex(bytes);
  // Each session from here on is cut after some 300 KB more, in the middle of a part: a reset, then a close, and so on.
  proxy.cut_each(support::CuttingProxy::ToServer, 300'000);
  worker.save(visit);
  worker.runner->run(worker.submission(visit));
  worker.wait<state::Submitted>();
  for (bool arrived = false; !arrived;) {
    worker.runner->run(state::SyncNow{});
    worker.wait<state::SyncStatus>([&](const auto& s) {
      arrived = s.phase == state::SyncPhase::Idle && s.waiting == 0;
      return arrived || s.phase == state::SyncPhase::Waiting;
    });
    REQUIRE(proxy.cuts() < 40);
    // The words are there since the first.
    if (!arrived) supervisor.settle([](const auto& caseload) { return record_with(caseload, "hole in the ceiling"); });
  }
  CHECK(proxy.cuts() >= 3);
  CHECK(at_server(server) < bytes.size() + 40 * 64);  // each byte was kept once

  supervisor.settle([](const auto& caseload) { return record_with(caseload, "hole in the ceiling"); });
  const Id record = record_with(*supervisor.caseload, "hole in the ceiling")->id();
  CHECK_FALSE(supervisor.caseload->blobs.contains(sha256));
  supervisor.runner->run(state::FetchBlobs{record});
  supervisor.wait<state::Loaded>([&](const auto& loaded) {
    const auto found = loaded.caseload->blobs.find(sha256);
    return found != loaded.caseload->blobs.end() && found->second.here;
  });
  CHECK_FALSE(worker.caseload->blobs.at(sha256).waiting);

  // Nothing of it lies about in plain.
  for (const fs::path& folder : {worker.folder.path(), supervisor.folder.path(), server.blobs})
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (entry.is_regular_file()) CHECK(must(base::read_file(entry.path(), 1 << 26)).find("canary") == std::string::npos);
}

TEST_CASE("blobs: words saved while photos are sent do not wait for them", "[work]") {
  CaseServer server;
  server.slow_photos = true;
  Tablet worker(server, "W1001");
  REQUIRE_FALSE(worker.open());
  worker.settle([](const auto& caseload) { return !caseload.children.empty(); });
  Folder camera;
  auto visit = worker.visit_to(a_child(worker), "Many photos.");
  for (int i = 0; i < 3; ++i) {
    write(camera / "x.jpg", photo(8 * 1024 * 1024));
    visit = attached(worker, visit, camera / "x.jpg");
  }
  worker.save(visit);
  worker.runner->run(worker.submission(visit));
  worker.wait<state::Loaded>([](const auto& loaded) {
    return std::any_of(loaded.caseload->blobs.begin(), loaded.caseload->blobs.end(), [](const auto& b) { return b.second.waiting; });
  });
  auto urgent = worker.visit_to(a_child(worker), "Said while they were going.");
  worker.save(urgent);
  worker.runner->run(worker.submission(urgent));
  worker.wait<state::Submitted>();
  bool words_there = false, photos_wait = false;
  worker.wait<state::Loaded>([&](const auto& loaded) {
    const auto* item = record_with(*loaded.caseload, "Said while they were going.");
    words_there = item && !item->waiting;
    photos_wait = std::any_of(loaded.caseload->blobs.begin(), loaded.caseload->blobs.end(), [](const auto& b) { return b.second.waiting; });
    return words_there;
  });
  CHECK(words_there);
  CHECK(photos_wait);
  server.slow_photos = false;
  worker.settle([](const auto& caseload) {
    return std::none_of(caseload.blobs.begin(), caseload.blobs.end(), [](const auto& b) { return b.second.waiting; });
  });
}

TEST_CASE("blobs: a photo that cannot be read does not keep a tablet from purging itself when its worker's access ended", "[work]") {
  CaseServer server;
  Tablet worker(server, "W1001");
  REQUIRE_FALSE(worker.open());
  worker.settle([](const auto& caseload) { return !caseload.children.empty(); });
  const auto child = a_child(worker);
  server.stop();
  Folder camera;
  write(camera / "x.jpg", photo(3000));
  worker.save(attached(worker, worker.visit_to(child, "There is a hole in the ceiling."), camera / "x.jpg"));
  const auto photos = [&] {
    std::vector<fs::path> out;
    for (const auto& entry : fs::recursive_directory_iterator(worker.folder.path()))
      if (entry.is_regular_file() && entry.path().parent_path().extension() == ".blobs") out.push_back(entry.path());
    return out;
  };
  REQUIRE(photos().size() == 1);
  fs::resize_file(photos().front(), 100);
  must(server::disable_worker(*server.repository, "W1001", true, kClock.wall()));
  server.start();
  worker.runner->run(state::SyncNow{});
  worker.wait<state::SyncStatus>([&](const auto& s) { return s.phase == state::SyncPhase::Idle && photos().empty(); });
  CHECK(worker.caseload->ended);
}

TEST_CASE("blobs: what is not a photo, too large, or no file at all is told by its name", "[work]") {
  CaseServer server;
  Tablet worker(server, "W1001");
  server.stop();
  REQUIRE_FALSE(worker.open());
  Folder camera;
  write(camera / "letter.pdf", "%PDF-1.7");
  write(camera / "large.jpg", photo(limits::kBlobBytes + 1));
  const auto failed = [&](const fs::path& path) {
    worker.runner->run(state::AttachFile{base::new_id(kClock), base::new_id(kClock), path.string()});
    return worker.wait<state::AttachFailed>().error.where;
  };
  CHECK(failed(camera / "letter.pdf") == "blob.kind");
  CHECK(failed(camera / "large.jpg") == "blob.size");
  CHECK(failed(camera / "gone.jpg") == "blob.file");
  CHECK(failed(camera.path()) == "blob.file");
  CHECK(failed("/dev/zero") == "blob.file");
}

TEST_CASE("blobs: the camera's newest photos are offered; one that is attached is shown, a damaged one told", "[work]") {
  CaseServer server;
  Tablet worker(server, "W1001");
  server.stop();
  Folder camera;
  worker.photos = camera.path();
  REQUIRE_FALSE(worker.open());
  constexpr std::string_view kPng(  // one red pixel
      "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xDE\0\0\0\x0C" "IDATx\xDA" "c\xF8\xCF\xC0\0\0\x03\x01\x01\0"
      "\xF7\x03\x41\x43\0\0\0\0IEND\xAE" "B`\x82", 69);
  write(camera / "pixel.PNG", std::string(kPng));
  write(camera / "letter.pdf", "%PDF");
  write(camera / "broken.jpg", "\xFF\xD8\xFF nothing more");
  fs::create_directory(camera / "folder.jpg");
  worker.runner->run(state::ListPhotos{});
  std::set<std::string> names;
  for (const auto& file : worker.wait<state::PhotosFound>().files) names.insert(file.name);
  CHECK(names == std::set<std::string>{"pixel.PNG", "broken.jpg"});

  model::Child child;
  child.id = base::new_id(kClock);
  auto visit = worker.visit_to(child, "Photos.");
  for (const char* name : {"pixel.PNG", "broken.jpg"}) visit = attached(worker, visit, camera / name);
  worker.save(visit);
  const auto& list = *visit.children.front().attachments;
  worker.runner->run(state::OpenPhoto{list[1].sha256});
  worker.runner->run(state::OpenPhoto{list[0].sha256});  // while the first is being looked at
  CHECK(worker.wait<state::PhotoOpened>().error->fault == base::Fault::Invalid);
  auto opened = worker.wait<state::PhotoOpened>();
  REQUIRE(opened.pixels);
  CHECK(opened.pixels->width == 1);
  CHECK(opened.pixels->rgba.substr(0, 3) == std::string("\xFF\0\0", 3));
  worker.runner->run(state::OpenPhoto{std::string(64, 'a')});
  CHECK(worker.wait<state::PhotoOpened>().error->fault == base::Fault::NotFound);
}
