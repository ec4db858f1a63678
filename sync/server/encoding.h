#pragma once
#include "sync/server/http_listener.h"

namespace doorstep::server {

/// Calls `handler` with the body as it was before zstd (Content-Encoding), and sends its reply as zstd to a client that accepts
/// it. Nothing may grow past `max_body_bytes`: 413. Another encoding: 415. Not what it says it is: 400. zstd-prefix is the
/// handler's own, both ways: only it knows what a tablet holds.
HttpReply plain_in_coded_out(const HttpHandler& handler, HttpRequest& request, std::size_t max_body_bytes);

/// The value of a header, named in lower case; empty when there is none.
std::string_view header(const HttpRequest& request, const std::string& name);
/// 415 unsupported-encoding.
HttpReply unknown_encoding();

}  // namespace doorstep::server
