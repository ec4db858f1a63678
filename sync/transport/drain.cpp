#include "sync/transport/drain.h"

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/base/log.h"
#include "sync/transport/calls.h"

namespace doorstep::transport {

using base::CopyName;
using base::Error;
using base::Fault;
using base::Result;

Result<Drained> drain_folder(HttpClient& client, const std::filesystem::path& folder,
                             const std::function<bool(const CopyName&)>& which, base::Millis limit) {
  Drained out;
  DOORSTEP_TRY_ASSIGN(auto names, base::copies_in(folder));
  std::erase_if(names, [&](const CopyName& name) { return !which(name); });
  for (auto next = names.begin(); next != names.end();) {
    wire::DrainRequest request;
    std::vector<CopyName> sent;
    for (std::size_t bytes = 0; next != names.end() && sent.size() < limits::kDrainItems && bytes < limits::kDrainBytes; ++next) {
      auto file = base::read_file(folder / next->file(), limits::kSealedCopyBytes);
      if (!file) {
        if (file.error().fault == Fault::NotFound) continue;  // not needed any more
        base::log_error("drain.read", {file.error().fault, "drain.read", {}});
        ++out.kept;
        continue;
      }
      if (!sent.empty() && bytes + file->size() > limits::kDrainBytes) break;
      bytes += file->size();
      request.copies.push_back(base::to_base64(*file));
      sent.push_back(*next);
    }
    if (sent.empty()) continue;
    DOORSTEP_TRY_ASSIGN(const auto reply, drain(client, request, limit));
    if (reply.fates.size() != sent.size()) return Error{Fault::Invalid, "drain.reply", "the server did not answer for each copy"};
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (reply.fates[i] != wire::CopyFate::Taken) {
        base::log_error("drain.kept", {Fault::Denied, "drain." + std::string(model::code(reply.fates[i])), {}});
        ++out.kept;
        continue;
      }
      std::error_code error;
      std::filesystem::remove(folder / sent[i].file(), error);
      ++out.taken;
    }
  }
  return out;
}

}  // namespace doorstep::transport
