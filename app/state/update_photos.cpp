#include <algorithm>

#include "app/state/turn.h"
#include "app/state/vm_parts.h"
#include "platform/base/limits.h"
#include "sync/model/attachment.h"

namespace doorstep::state::updating {
namespace {

/// Of a photo's caption in the open visit; nullptr: there is none.
model::Attachment* captioned(Turn& turn, std::string_view key) {
  if (!key.starts_with(kCaption) || !turn.state.visit) return nullptr;
  const auto id = Id::parse(key.substr(kCaption.size()));
  for (auto& part : turn.state.visit->visit.children)
    if (part.attachments)
      for (auto& one : *part.attachments)
        if (id == one.id) return &one;
  return nullptr;
}

/// While a visit is open no other notice is in sight.
void tell(State& state, std::string words) { (state.visit ? state.visit->attach_problem : state.notice) = std::move(words); }

void copied(State& state) {
  if (state.attaching > 0) --state.attaching;
}

}  // namespace

void attach_file(Turn& turn, const std::string& path) {
  auto& state = turn.state;
  if (!state.config.photos || (state.visit && state.visit->submitting)) return;
  Id child;
  if (state.visit) {
    const auto& children = state.visit->visit.children;
    child = state.visit->child || children.size() != 1 ? state.visit->child : children.front().id;
  }
  if (!child) return tell(state, turn.text()("attach.which_child"));
  state.visit->attach_problem.clear();
  ++state.attaching;
  turn.effects.push_back(AttachFile{state.visit->visit.id, child, path});
}

void attached(Turn& turn, const Attached& attached) {
  auto& state = turn.state;
  copied(state);
  const bool open = state.visit && state.visit->visit.id == attached.visit;
  const auto* draft = !state.caseload ? nullptr : open ? &state.visit->visit : draft_of(state, attached.visit);
  const auto* stored = draft ? state.caseload->draft(attached.visit) : nullptr;
  if (!draft || (open && state.visit->submitting) || (stored && stored->submitting)) return;
  model::Visit visit = *draft;
  auto* part = part_of(visit, attached.child);
  if (!part) return;
  if (!part->attachments) part->attachments.emplace();
  auto& list = *part->attachments;
  const bool twice = std::any_of(list.begin(), list.end(), [&](const auto& one) { return one.sha256 == attached.sha256; });
  if (twice || list.size() >= limits::kBlobsPerRecord) {
    return tell(state, turn.text()(twice ? "attach.twice" : "attach.blob.count"));
  }
  list.push_back({turn.context.new_id(), attached.sha256, attached.size, attached.media_type, {}, turn.context.wall});
  if (open) {
    state.visit->visit = std::move(visit);
    changed(turn);
    return save_now(turn);
  }
  const auto version = version_of(state, visit.id);
  state.drafts[visit.id] = {visit, version};
  turn.effects.push_back(SaveDraft{std::move(visit), 0, false, version});
}

void attach_failed(Turn& turn, const AttachFailed& failed) {
  copied(turn.state);
  const auto key = "attach." + failed.error.where;
  tell(turn.state, turn.text().has(key) ? turn.text()(key) : error_words(turn.text(), failed.error));
}

void tell_not_attached(Turn& turn) {
  if (std::exchange(turn.state.not_attached, false)) tell(turn.state, turn.text()("attach.locked"));
}

void remove_photo(Turn& turn, const RemovePhoto& remove) {
  auto& state = turn.state;
  if (!state.visit || state.visit->submitting) return;
  auto* part = part_of(state.visit->visit, remove.child);
  if (!part || !part->attachments) return;
  if (std::erase_if(*part->attachments, [&](const auto& one) { return one.id == remove.photo; }) == 0) return;
  if (part->attachments->empty()) part->attachments.reset();
  state.editors.drop(std::string(kCaption) + remove.photo.str());
  state.visit->attach_problem.clear();
  changed(turn);
  save_now(turn);
}

bool caption_typed(Turn& turn, std::string_view key) {
  auto* photo = captioned(turn, key);
  if (!photo) return false;
  photo->caption = turn.state.editors.typed(key);
  changed(turn);
  return true;
}

void fetch_photos(Turn& turn, Id record, const std::vector<model::Attachment>& photos) {
  if (std::any_of(photos.begin(), photos.end(), [&](const auto& photo) { return !blob_of(turn.state, photo.sha256).here; }))
    turn.effects.push_back(FetchBlobs{record});
}

bool open_photo(Turn& turn, const Id& photo) {
  const auto* found = photo_of(turn.state, photo);
  if (!found) return false;
  turn.state.picture = OpenPicture{found->sha256, nullptr, {}};
  turn.effects.push_back(OpenPhoto{found->sha256});
  return true;
}

void photo_opened(Turn& turn, const PhotoOpened& opened) {
  auto& picture = turn.state.picture;
  if (!picture || picture->sha256 != opened.sha256) return;
  picture->pixels = opened.pixels;
  picture->problem.clear();
  if (!opened.error) return;
  const auto& text = turn.text();
  switch (opened.error->fault) {
    case base::Fault::NotFound:
      picture->problem = text(blob_of(turn.state, opened.sha256).damaged ? "photo.damaged" : "photo.not_here");
      break;
    case base::Fault::Corrupt: picture->problem = text("photo.damaged"); break;
    case base::Fault::Full: picture->problem = text("photo.too_many_pixels"); break;
    case base::Fault::Invalid: picture->problem = text("photo.not_shown"); break;
    default: picture->problem = text("photo.failed"); break;
  }
}

void photos_loaded(Turn& turn) {
  const auto& picture = turn.state.picture;
  if (!picture || picture->pixels || picture->problem.empty()) return;
  if (blob_of(turn.state, picture->sha256).here) turn.effects.push_back(OpenPhoto{picture->sha256});
}

}  // namespace doorstep::state::updating
