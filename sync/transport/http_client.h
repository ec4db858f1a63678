#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/base/error.h"
#include "platform/base/time.h"
#include "platform/tls/context.h"

namespace doorstep::transport {

/// An HTTP proxy that is asked to CONNECT. It is told where to, and sees nothing of what then goes through it.
struct Proxy {
  std::string host;
  std::uint16_t port = 0;
};

struct Endpoint {
  std::string host;      ///< where to connect: a name or an address
  std::uint16_t port = 0;
  std::string tls_name;  ///< the name its certificate must carry; usually `host`
  std::optional<Proxy> proxy = {};  ///< looks the name up, and connects
};

struct HttpRequest {
  std::string method = "POST";
  std::string target;  ///< "/v1/sync"
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// One HTTPS/1.1 connection to one server, kept alive between requests and made again when it was lost. No retries: a request
/// that may have reached the server is the caller's to repeat. Blocks; one thread calls request(), any thread may cancel().
class HttpClient {
 public:
  HttpClient(Endpoint endpoint, tls::Context context);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Sends, and waits at most `limit` for the whole reply. Any status is a reply; it is an Error only when none came:
  /// Offline (no name, no route, refused, broken off, or something that is not HTTP answered), Timeout, Cancelled,
  /// Untrusted (the server is not ours, or the clock is wrong), Denied (the server refused our certificate),
  /// Full (a reply past limits::kBodyBytes). `where` tells more: "tls.clock", "http.connect", ... With a proxy, what went wrong
  /// before the server was reached is "proxy.<what>": unreachable, silent, log_in, password, refused, no_way (it cannot reach the
  /// server either), not_a_proxy; all Offline or Timeout, for another network may have none of it.
  /// Name look-up belongs to the system and may outlast `limit` by its own time.
  base::Result<HttpResponse> request(const HttpRequest& request, base::Millis limit);

  /// From any thread: the request in progress returns Cancelled, and so does every later one until resume().
  void cancel();
  void resume();

  /// Drops the connection; the next request makes a new one. Only between requests, on the requesting thread.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace doorstep::transport
