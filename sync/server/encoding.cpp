#include "sync/server/encoding.h"

#include <algorithm>

#include "sync/wire/prefix.h"

namespace doorstep::server {

std::string_view header(const HttpRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string_view() : std::string_view(found->second);
}

HttpReply unknown_encoding() {
  return problem(415, "unsupported-encoding", "The request's body is encoded in a way that is not known here.");
}

HttpReply plain_in_coded_out(const HttpHandler& handler, HttpRequest& request, std::size_t max_body_bytes) {
  if (const auto encoding = header(request, "content-encoding"); encoding == "zstd") {
    auto plain = wire::decompress(request.body, max_body_bytes);
    if (plain.has_error() && plain.error().fault == base::Fault::Full)
      return problem(413, "body-too-large", "The request is larger than this server accepts.", "Send it in smaller parts.");
    if (plain.has_error()) return problem(400, "malformed", "The request's body is not what its header says.");
    request.body = std::move(*plain);
    request.headers.erase("content-encoding");
  } else if (!encoding.empty() && encoding != wire::kPrefixEncoding) {
    return unknown_encoding();
  }
  HttpReply reply = handler(request);
  const bool coded = std::any_of(reply.headers.begin(), reply.headers.end(), [](const auto& h) { return h.first == "Content-Encoding"; });
  if (!coded && reply.body.size() >= wire::kWorthCompressing && header(request, "accept-encoding").find("zstd") != std::string_view::npos) {
    reply.body = wire::compress(reply.body);
    reply.headers.emplace_back("Content-Encoding", "zstd");
  }
  return reply;
}

}  // namespace doorstep::server
