#include "sync/transport/reply.h"

#include <charconv>

#include "platform/base/log.h"
#include "sync/wire/codec.h"

namespace doorstep::transport {

using base::Error;
using base::Fault;
using base::Result;

namespace {

std::string_view header(const HttpResponse& response, const std::string& name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? std::string_view() : std::string_view(found->second);
}

// Media types may carry parameters: "application/json; charset=utf-8".
std::string_view media_type(std::string_view value) {
  value = value.substr(0, value.find(';'));
  while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
  return value;
}

Error not_ours() {
  return {Fault::Offline, "http.not_ours",
          "Something that is not our server answered, perhaps this network's log-in page. Your notes are safe on this tablet."};
}

constexpr std::string_view kZstd = "zstd";

HttpRequest request_of(std::string target, std::string body, std::string_view encoding, std::string_view accepted) {
  HttpRequest out;
  out.target = std::move(target);
  if (body.empty()) out.method = "GET";
  out.headers = {{wire::kProtoHeader, std::to_string(wire::kProto)}, {"Accept-Encoding", std::string(accepted)}};
  if (!body.empty()) out.headers.emplace_back("Content-Type", wire::kContentType);
  if (!encoding.empty()) out.headers.emplace_back("Content-Encoding", encoding);
  out.body = std::move(body);
  return out;
}

/// Where that is worth it.
HttpRequest in_zstd(std::string target, std::string body, std::string_view accepted) {
  if (body.size() < wire::kWorthCompressing) return request_of(std::move(target), std::move(body), {}, accepted);
  return request_of(std::move(target), wire::compress(body), kZstd, accepted);
}

}  // namespace

HttpRequest sync_request(std::string target, std::string body) { return in_zstd(std::move(target), std::move(body), kZstd); }

HttpRequest blob_request(const engine::BlobTask& task) {
  HttpRequest request;
  const bool send = task.what == engine::BlobTask::What::Send;
  request.method = send ? "PATCH" : "GET";
  request.target = "/v1/blobs/" + task.sha256 + (send ? "?offset=" + std::to_string(task.offset) : "");
  request.headers = {{wire::kProtoHeader, std::to_string(wire::kProto)}};
  if (send) {
    request.headers.emplace_back("Content-Type", "application/octet-stream");
    request.body = task.bytes;
  } else {
    const std::int64_t last = task.offset + static_cast<std::int64_t>(task.most) - 1;
    request.headers.emplace_back("Range", "bytes=" + std::to_string(task.offset) + "-" + std::to_string(last));
  }
  return request;
}

Result<engine::Response> recognise(const HttpResponse& response,
                                   const std::function<Result<std::string>(std::string_view)>& prefixed) {
  const auto type = media_type(header(response, "content-type"));
  if (header(response, "sync-proto").empty() || (type != wire::kContentType && type != wire::kProblemType && type != wire::kBlobType))
    return not_ours();
  engine::Response out;
  out.status = response.status;
  const auto wait = header(response, "retry-after");
  std::int64_t seconds = 0;
  if (const auto read = std::from_chars(wait.data(), wait.data() + wait.size(), seconds);
      !wait.empty() && read.ec == std::errc() && read.ptr == wait.data() + wait.size() && seconds >= 0)
    out.retry_after_s = seconds;
  const auto encoding = header(response, "content-encoding");
  if (encoding.empty()) {
    out.body = response.body;
  } else if (encoding == kZstd) {
    auto plain = wire::decompress(response.body, limits::kBodyBytes);
    if (plain.has_error()) return plain.error().fault == Fault::Full ? plain.error() : not_ours();
    out.body = std::move(*plain);
  } else if (encoding == wire::kPrefixEncoding && prefixed) {
    DOORSTEP_TRY_ASSIGN(out.body, prefixed(response.body));
  } else {
    return not_ours();
  }
  return out;
}

Exchange::Exchange(engine::Send send, BaseLookup held, bool older)
    : send_(std::move(send)), held_(std::move(held)), older_(older), plain_(older) {}

HttpRequest Exchange::request() const {
  static const std::string kAccepted = std::string(kZstd) + ", " + std::string(wire::kPrefixEncoding);
  if (plain_) return sync_request("/v1/sync", send_.body);
  if (send_.bases.empty()) return in_zstd("/v1/sync", send_.body, kAccepted);
  return request_of("/v1/sync", wire::write_prefixed(send_.bases, send_.body, wire::request_prefix(send_.bases)), wire::kPrefixEncoding,
                    kAccepted);
}

Result<std::string> Exchange::read_prefixed(std::string_view body) const {
  DOORSTEP_TRY_ASSIGN(const auto parts, wire::read_prefixed(body));
  std::vector<wire::Base> bases;
  if (!parts.bases.empty()) {
    DOORSTEP_TRY_ASSIGN(bases, held_(parts.bases));
  }
  return wire::decompress(parts.frame, limits::kBodyBytes, wire::reply_prefix(bases, wire::read_operations(send_.operations)));
}

std::optional<engine::Input> Exchange::take(const HttpResponse& response) {
  auto answer = recognise(response, [this](std::string_view body) { return read_prefixed(body); });
  const bool leans = header(response, "content-encoding") == wire::kPrefixEncoding;
  const std::string refusal = answer.has_value() && answer->status != 200 ? engine::error_of(*answer).where : std::string();
  const bool unread = refusal == "server.unsupported-encoding";
  if (!plain_ && (unread || refusal == "server.prefix-unknown" || (leans && answer.has_error()))) {
    base::log_event("sync.without_prefix", response.status);
    older_ = older_ || unread;
    plain_ = true;
    return std::nullopt;
  }
  if (answer.has_error()) return engine::Broken{answer.error()};
  return std::move(*answer);
}

}  // namespace doorstep::transport
