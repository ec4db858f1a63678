#include "app/work/copies.h"

#include <set>

#include "platform/base/file.h"
#include "platform/base/limits.h"

namespace doorstep::work {

namespace fs = std::filesystem;
using base::CopyName;
using base::Error;
using base::Fault;
using base::Result;

namespace {

constexpr const char* kWhole = "whole";  // an empty file: see whole()

Result<void> take_away(const fs::path& file) {
  std::error_code error;
  fs::remove(file, error);
  if (error) return Error{Fault::Io, "copies.remove", error.message()};
  return {};
}

}  // namespace

Copies::Copies(fs::path folder, std::string outbox_key, store::SignCopy sign)
    : folder_(std::move(folder)), outbox_key_(std::move(outbox_key)), sign_(std::move(sign)) {}

bool Copies::whole() const {
  std::error_code error;
  return on() && fs::exists(folder_ / kWhole, error);
}

Result<void> Copies::say_whole(bool whole) {
  if (whole == this->whole()) return {};
  return whole ? base::write_file_atomic(folder_ / kWhole, {}, base::Access::Owner) : base::erase_file(folder_ / kWhole);
}

Result<void> Copies::make(store::Store& store, const CopyName& name) {
  DOORSTEP_TRY_ASSIGN(std::string text, store.copy_text(name.number, sign_));
  auto sealed = base::seal_copy(name, outbox_key_, text);
  base::wipe(text);
  if (!sealed) return sealed.error();
  if (sealed->size() > limits::kSealedCopyBytes) return Error{Fault::Full, "copies.size", "a copy is larger than the server takes"};
  return base::write_file_atomic(folder_ / name.file(), *sealed, base::Access::Owner);
}

Result<void> Copies::keep(store::Store& store) {
  if (!on()) return {};
  DOORSTEP_TRY(update(store));
  return {};
}

Result<void> Copies::end(store::Store& store) {
  if (!on()) return {};
  const auto all = update(store);
  made_.reset();
  if (!all) return all.error();
  return say_whole(*all);
}

Result<bool> Copies::update(store::Store& store) {
  DOORSTEP_TRY(base::make_private_folder(folder_));
  DOORSTEP_TRY_ASSIGN(const store::Unsent unsent, store.unsent());
  if (!made_) {
    DOORSTEP_TRY_ASSIGN(const auto found, base::copies_in(folder_));
    made_.emplace();
    for (const CopyName& name : found)  // of a draft nobody knows which state it holds: it has another mark, and is made anew
      if (name.device == unsent.device) made_->emplace(name, std::string());
  }
  std::optional<Error> failed;
  std::set<CopyName> needed;
  for (const store::UnsentWork& work : unsent.work) {
    const CopyName name{unsent.device, unsent.incarnation, work.number};
    needed.insert(name);
    const auto there = made_->find(name);
    if (there != made_->end() && there->second == work.mark) continue;
    if (there == made_->end() && made_->size() >= limits::kSealedCopies) {
      failed = Error{Fault::Full, "copies.count", "more waits than copies are kept of"};
      break;
    }
    if (auto made = make(store, name); !made) failed = made.error();
    else made_->insert_or_assign(name, work.mark);
  }
  if (failed) return *failed;
  for (auto at = made_->begin(); at != made_->end();) {
    if (needed.contains(at->first)) {
      ++at;
      continue;
    }
    DOORSTEP_TRY(take_away(folder_ / at->first.file()));
    at = made_->erase(at);
  }
  return !unsent.more;
}

}  // namespace doorstep::work
