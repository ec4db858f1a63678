#pragma once
#include "sync/engine/engine.h"
#include "sync/transport/http_client.h"

/// What our server's answers look like, apart from how they came. Pure.
namespace doorstep::transport {

/// A request as our server wants it: the protocol's headers, and the body as zstd when that is worth it.
HttpRequest sync_request(std::string target, std::string body);

/// A part of a photo, up or down; its bytes as they are, because they are compressed already.
HttpRequest blob_request(const engine::BlobTask& task);

/// An answer that is ours: Sync-Proto and one of our content types, its body decompressed. Anything else (a hotel's log-in
/// page, a proxy's error) is Fault::Offline, "http.not_ours": a network failure, not an answer.
base::Result<engine::Response> recognise(const HttpResponse& response);

}  // namespace doorstep::transport
