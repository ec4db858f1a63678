#include <boost/json.hpp>

#include "sync/server/http_listener.h"

namespace doorstep::server {

HttpReply problem(int status, std::string_view code, std::string_view title, std::string_view detail) {
  boost::json::object body{{"type", "urn:doorstep:problem:" + std::string(code)}, {"title", title}, {"status", status}};
  if (!detail.empty()) body["detail"] = detail;
  HttpReply reply;
  reply.status = status;
  reply.content_type = "application/problem+json";
  reply.body = boost::json::serialize(body);
  return reply;
}

HttpReply busy() {
  HttpReply reply = problem(503, "busy", "The case server is busy.", "Nothing is lost; it is tried again.");
  reply.headers.emplace_back("Retry-After", std::to_string(std::chrono::seconds(limits::kBusyRetry).count()));
  return reply;
}

}  // namespace doorstep::server
