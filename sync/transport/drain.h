#pragma once
#include <filesystem>
#include <functional>

#include "platform/base/sealed_copy.h"
#include "sync/transport/http_client.h"

namespace doorstep::transport {

struct Drained {
  std::size_t taken = 0;  ///< the server has them, and their files are gone
  std::size_t kept = 0;   ///< it did not take them, or they could not be read: their files are as they were
};

/// Hands in the sealed copies of a folder that `which` says, by name, over the certificate of `client`. Again is harmless: what the
/// server has it takes once. Blocks, for at most `limit` a request. On an Error what was taken until then is gone from the folder.
base::Result<Drained> drain_folder(HttpClient& client, const std::filesystem::path& folder,
                                   const std::function<bool(const base::CopyName&)>& which, base::Millis limit);

}  // namespace doorstep::transport
