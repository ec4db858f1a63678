#include "sync/transport/reply.h"

#include <charconv>

#include "sync/wire/codec.h"

namespace doorstep::transport {

using base::Error;
using base::Fault;
using base::Result;

namespace {

constexpr std::size_t kWorthCompressing = 512;  // bytes; smaller ones fit one packet anyway

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

}  // namespace

HttpRequest sync_request(std::string target, std::string body) {
  HttpRequest request;
  request.target = std::move(target);
  if (body.empty()) request.method = "GET";
  request.headers = {{wire::kProtoHeader, std::to_string(wire::kProto)}, {"Accept-Encoding", "zstd"}};
  if (!body.empty()) request.headers.emplace_back("Content-Type", wire::kContentType);
  if (body.size() >= kWorthCompressing) {
    request.headers.emplace_back("Content-Encoding", "zstd");
    body = wire::compress(body);
  }
  request.body = std::move(body);
  return request;
}

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

Result<engine::Response> recognise(const HttpResponse& response) {
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
  } else if (encoding == "zstd") {
    auto plain = wire::decompress(response.body, limits::kBodyBytes);
    if (plain.has_error()) return plain.error().fault == Fault::Full ? plain.error() : not_ours();
    out.body = std::move(*plain);
  } else {
    return not_ours();
  }
  return out;
}

}  // namespace doorstep::transport
