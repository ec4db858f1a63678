#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "app/store/store.h"
#include "platform/base/sealed_copy.h"

namespace doorstep::work {

/// The sealed copies beside a tablet's database, kept as what waits in it: every operation that the server has not acknowledged, and
/// every draft as it is now. One file each (base::seal_copy), written anew as one, gone when it is not needed any more. Copies of
/// other devices in the folder, left by an earlier enrolment, are nobody's here. One thread.
class Copies {
 public:
  /// `outbox_key`: raw; empty: this tablet was enrolled at a server that took no copies, and there are none.
  Copies(std::filesystem::path folder, std::string outbox_key, store::SignCopy sign);

  bool on() const { return !outbox_key_.empty(); }
  const std::filesystem::path& folder() const { return folder_; }

  /// Before anything is saved in a store that was opened: from here on whole() is false.
  base::Result<void> begin() { return say_whole(false); }
  /// Makes what is missing and removes what is not needed. On an Error what could be made is there.
  base::Result<void> keep(store::Store& store);
  /// The same, once, before the store is closed; another may be opened then.
  base::Result<void> end(store::Store& store);

  /// Whether end() left nothing in the store that would be lost with its key. A file says so, which is not there while the store is
  /// open: a save is durable before its copy is, and the power may go in between.
  bool whole() const;

 private:
  base::Result<bool> update(store::Store& store);  ///< false: more waits than copies can hold
  base::Result<void> say_whole(bool whole);
  base::Result<std::string> sealed(store::Store& store, const base::CopyName& name);

  std::filesystem::path folder_;
  std::string outbox_key_;
  store::SignCopy sign_;
  std::optional<std::map<base::CopyName, std::string>> made_;  ///< this device's, with their marks; empty: not looked yet
};

}  // namespace doorstep::work
