#include "app/work/impl.h"
#include "platform/image/image.h"

namespace doorstep::work {

void Runner::Impl::carry(state::AttachFile& e) {
  if (!db) return say(state::AttachFailed{e.visit, closed()});
  auto made = attach(e.path);
  if (!made) {
    base::log_error("attach", {made.error().fault, made.error().where, {}});  // its detail may hold the file's name
    return say(state::AttachFailed{e.visit, made.error()});
  }
  say(state::Attached{e.visit, e.child, std::move(made->sha256), made->size, std::move(made->media_type)});
}

Result<store::NewBlob> Runner::Impl::attach(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))  // anything else may never end
    return Error{Fault::NotFound, "blob.file", "it is not a file"};
  auto bytes = base::read_file(path, limits::kBlobBytes);
  if (!bytes) return Error{bytes.error().fault, bytes.error().fault == Fault::Full ? "blob.size" : "blob.file", bytes.error().detail};
  auto made = db->add_blob(*bytes, now());
  base::wipe(*bytes);
  return made;
}

void Runner::Impl::carry(state::FetchBlobs& e) {
  if (!db) return;
  if (auto wanted = db->want_blobs(e.record); !wanted) return base::log_error("want_blobs", wanted.error());
  if (pump) pump->wake(transport::Why::Asked);
}

void Runner::Impl::carry(state::ListPhotos&) {
  namespace fs = std::filesystem;
  state::PhotosFound found;
  std::error_code error;
  for (fs::directory_iterator at(options.photos, error), end; !error && at != end; at.increment(error)) {
    std::string kind = at->path().extension().string();
    std::transform(kind.begin(), kind.end(), kind.begin(), [](unsigned char c) { return std::tolower(c); });
    std::error_code unread;
    if ((kind != ".jpg" && kind != ".jpeg" && kind != ".png") || !at->is_regular_file(unread)) continue;
    const auto written = at->last_write_time(unread);
    if (unread) continue;  // taken away meanwhile
    const auto since = std::chrono::file_clock::to_sys(written).time_since_epoch();
    const auto ms = std::chrono::duration_cast<base::Millis>(since).count();
    found.files.push_back({at->path().string(), at->path().filename().string(), {ms}});
  }
  std::sort(found.files.begin(), found.files.end(),
            [](const auto& a, const auto& b) { return std::tie(b.at, a.path) < std::tie(a.at, b.path); });
  if (found.files.size() > limits::kPhotoFiles) found.files.resize(limits::kPhotoFiles);
  say(std::move(found));
}

/// Read here, decoded by a process apart while a thread waits for it, so that saves do not. Asked for while it does: the last one
/// comes next.
void Runner::Impl::carry(state::OpenPhoto& e) {
  if (picture.joinable()) {
    picture_next = std::move(e);
    return;
  }
  auto bytes = db && shows() ? db->blob(e.sha256) : Result<std::string>(closed());
  if (!bytes) return say(state::PhotoOpened{e.sha256, nullptr, bytes.error()});
  picture = std::thread([this, sha256 = e.sha256, bytes = std::move(*bytes)]() mutable {
    name_thread("picture");
    auto made = image::decode_apart(options.picture_program, bytes, limits::kPictureSide, limits::kPictureTime);
    base::wipe(bytes);
    if (made) {
      state::Pixels pixels{made->width, made->height, std::move(made->rgba), made->place};
      say(state::PhotoOpened{std::move(sha256), std::make_shared<const state::Pixels>(std::move(pixels)), {}});
    } else {
      base::log_error("picture", made.error());
      say(state::PhotoOpened{std::move(sha256), nullptr, made.error()});
    }
    post(Decoded{});
  });
}

void Runner::Impl::on(Decoded&) {
  picture.join();
  if (auto next = std::exchange(picture_next, {})) carry(*next);
}

}  // namespace doorstep::work
