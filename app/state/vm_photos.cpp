#include <algorithm>

#include "app/state/time_words.h"
#include "app/state/vm_parts.h"
#include "sync/model/attachment.h"

namespace doorstep::state {
namespace {

std::string size_words(std::int64_t bytes) {
  constexpr std::int64_t kTenth = 100'000;  // of a megabyte
  const std::int64_t tenths = std::max<std::int64_t>((bytes + kTenth / 2) / kTenth, 1);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MB";
}

/// "today at 14:29:55": pictures follow each other quickly.
std::string to_the_second(const Text& text, Instant at, Instant now) {
  const auto seconds = at.ms / 1000 % 60;
  return when_words(text, at, now) + (seconds < 10 ? ":0" : ":") + std::to_string(seconds);
}

TagVm tag_of(const Text& text, const BlobItem& blob) {
  if (blob.damaged) return {text("photo.tag.damaged"), Mood::Danger};
  if (!blob.here) return {text("photo.tag.not_here"), Mood::Warn};
  if (blob.waiting) return {text("photo.tag.waiting"), Mood::Info};
  return {};
}

}  // namespace

BlobItem blob_of(const State& state, const std::string& sha256) {
  const auto found = state.caseload->blobs.find(sha256);
  return found == state.caseload->blobs.end() ? BlobItem() : found->second;
}

long long photos_to_send(const State& state) {
  if (!state.caseload) return 0;
  const auto& blobs = state.caseload->blobs;
  return std::count_if(blobs.begin(), blobs.end(), [](const auto& blob) { return blob.second.waiting; });
}

const model::Attachment* photo_of(const State& state, const Id& photo) {
  const auto in = [&](const model::ChildPart& part) -> const model::Attachment* {
    if (part.attachments)
      for (const auto& one : *part.attachments)
        if (one.id == photo) return &one;
    return nullptr;
  };
  if (state.visit)
    for (const auto& part : state.visit->visit.children)
      if (const auto* found = in(part)) return found;
  if (state.caseload)
    for (const auto& item : state.caseload->records)
      for (auto version = item.versions.rbegin(); version != item.versions.rend(); ++version)
        if (const auto* found = in((*version)->body.part)) return found;
  return nullptr;
}

PhotosVm photos_vm(const State& state, const model::ChildPart& part, bool editable) {
  const auto& text = state.text();
  const auto list = model::attachments_of(part);
  const bool may_add = editable && state.config.photos;
  PhotosVm vm;
  if (list.empty() && !may_add) return vm;
  vm.heading = text("photos.heading");
  long long waiting = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& photo = list[i];
    const auto blob = blob_of(state, photo.sha256);
    waiting += blob.waiting || (!blob.here && !blob.damaged);
    PhotoVm one;
    one.id = photo.id;
    const auto number = std::to_string(i + 1);
    one.title = text("photo.title", {{"n", number}, {"size", size_words(photo.size)}});
    one.tag = tag_of(text, blob);
    one.caption = photo.caption;
    one.show = {text("photo.show"), Open{ScreenKind::Photo, photo.id}, false, text("photo.show.which", {{"n", number}})};
    if (editable) {
      one.caption_key = std::string(kCaption) + photo.id.str();
      one.caption_label = text("photo.caption");
      one.caption_hint = text("photo.caption.hint");
      one.remove = {text("item.remove"), RemovePhoto{part.id, photo.id}, false, text("photo.remove.which", {{"n", number}})};
    } else if (one.caption.empty()) {
      one.caption = text("photo.no_caption");
    }
    vm.photos.push_back(std::move(one));
  }
  if (waiting > 0) vm.waiting = text.count("photos.waiting", waiting);
  if (!may_add) return vm;
  vm.hint = text("photos.hint");
  vm.files_heading = text("photos.files");
  const auto offer = [&](const PhotoFile& file) {
    const auto when = to_the_second(text, file.at, state.now);  // not its name: that may be another family's
    return ActionVm{text("photos.file", {{"when", when}}), PressAttach{file.path}};
  };
  const auto& start = state.visit->visit.facts.start;
  const auto is_older = [&](const PhotoFile& file) {
    return start ? file.at < start->at : rules::uk_date(file.at) < rules::uk_date(state.now);
  };
  vm.older_open = state.visit->older_photos;
  long long older = 0;
  for (const auto& file : state.photo_files) {
    if (!is_older(file)) vm.files.push_back(offer(file));
    else if (++older; vm.older_open) vm.older.push_back(offer(file));
  }
  if (older > 0) {
    vm.older_label = text("photos.older");
    vm.older_count = std::to_string(older);
  }
  if (vm.files.empty()) vm.files_none = text(older > 0 ? "photos.files.none_since" : "photos.files.none");
  vm.look_again = {text("photos.look_again"), FindPhotos{}};
  return vm;
}

PhotoScreenVm photo_screen_vm(const State& state, const Id& id) {
  const auto& text = state.text();
  PhotoScreenVm vm;
  const auto* photo = photo_of(state, id);
  if (!photo || !state.picture) {
    vm.title = text("photo.gone");
    return vm;
  }
  const bool described = !photo->caption.empty();
  vm.title = described ? photo->caption : text("photo.untitled");
  vm.words = (described ? std::string() : text("photo.no_caption") + ". ") + text("photo.added", {{"when", when_words(text, photo->added_at, state.now)}, {"size", size_words(photo->size)}});
  vm.spoken = text("photo.spoken", {{"caption", described ? photo->caption : text("photo.no_caption")}});
  vm.shown = state.picture->pixels != nullptr;
  if (vm.shown && state.picture->pixels->place) vm.words += " " + text("photo.place");
  vm.trouble = !state.picture->problem.empty();
  if (!vm.shown) vm.status = vm.trouble ? state.picture->problem : text("photo.opening");
  return vm;
}

}  // namespace doorstep::state
