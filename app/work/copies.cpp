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

constexpr std::size_t kWrittenAtOnce = 4 * 1024 * 1024;
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

Result<std::string> Copies::sealed(store::Store& store, const CopyName& name) {
  DOORSTEP_TRY_ASSIGN(std::string text, store.copy_text(name.number, sign_));
  auto out = base::seal_copy(name, outbox_key_, text);
  base::wipe(text);
  if (out && out->size() > limits::kSealedCopyBytes) return Error{Fault::Full, "copies.size", "a copy is larger than the server takes"};
  return out;
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
  std::vector<base::NamedBytes> files;
  std::map<CopyName, std::string> marks;  // of those
  std::size_t bytes = 0, fresh = 0;
  const auto write = [&] {
    if (auto written = base::write_files_atomic(folder_, files, base::Access::Owner); !written) failed = written.error();
    else for (auto& [name, mark] : marks) made_->insert_or_assign(name, std::move(mark));
    files.clear(), marks.clear();
    bytes = fresh = 0;
  };
  for (const store::UnsentWork& work : unsent.work) {
    const CopyName name{unsent.device, unsent.incarnation, work.number};
    needed.insert(name);
    const auto there = made_->find(name);
    if (there != made_->end() && there->second == work.mark) continue;
    if (there == made_->end() && made_->size() + fresh >= limits::kSealedCopies) {
      failed = Error{Fault::Full, "copies.count", "more waits than copies are kept of"};
      break;
    }
    auto made = sealed(store, name);
    if (!made) {
      failed = made.error();
      continue;
    }
    bytes += made->size();
    fresh += there == made_->end();
    marks.insert_or_assign(name, work.mark);
    files.push_back({name.file(), std::move(*made)});
    if (bytes >= kWrittenAtOnce) write();
  }
  write();
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
