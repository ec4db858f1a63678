#pragma once
#include <functional>
#include <optional>

#include "sync/engine/engine.h"
#include "sync/transport/http_client.h"
#include "sync/wire/prefix.h"

/// What our server's answers look like, apart from how they came. Pure.
namespace doorstep::transport {

/// A request as our server wants it: the protocol's headers, and the body as zstd when that is worth it.
HttpRequest sync_request(std::string target, std::string body);

/// A part of a photo, up or down; its bytes as they are, because they are compressed already.
HttpRequest blob_request(const engine::BlobTask& task);

/// What these names say, of what this tablet holds; an Error when one of them is not here.
using BaseLookup = std::function<base::Result<std::vector<wire::Base>>(const std::vector<wire::BaseName>&)>;

/// An answer that is ours: Sync-Proto and one of our content types, its body decompressed. Anything else (a hotel's log-in
/// page, a proxy's error) is Fault::Offline, "http.not_ours": a network failure, not an answer.
/// `prefixed`: reads a body with a prefix; without it there can be none.
base::Result<engine::Response> recognise(const HttpResponse& response,
                                         const std::function<base::Result<std::string>(std::string_view)>& prefixed = {});

/// One request of an engine's until it is answered, with a prefix where both sides can. An older server, and a side that lacks what
/// the other leans on, gets or sends the same once more without; that is harmless, for an operation is taken once however often
/// it comes.
class Exchange {
 public:
  /// `older`: the server is known not to read prefixes.
  Exchange(engine::Send send, BaseLookup held, bool older);
  HttpRequest request() const;  ///< what is to be sent now
  /// What the answer means to the engine; nothing: request() has what is to be sent instead.
  std::optional<engine::Input> take(const HttpResponse& response);
  bool older() const { return older_; }  ///< the server does not read prefixes: known before, or found out

 private:
  base::Result<std::string> read_prefixed(std::string_view body) const;

  engine::Send send_;
  BaseLookup held_;
  bool older_;
  bool plain_;
};

}  // namespace doorstep::transport
