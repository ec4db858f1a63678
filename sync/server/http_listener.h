#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/base/error.h"
#include "platform/base/limits.h"
#include "platform/base/time.h"
#include "platform/tls/certificate.h"
#include "platform/tls/context.h"

namespace doorstep::server {

/// Who is at the other end of a connection. The certificate's chain was verified; whether its holder is still active is the
/// handler's to ask, on every request.
struct HttpPeer {
  std::string address;                     ///< "203.0.113.7", without the port
  std::string certificate;                 ///< PEM; empty when none was asked for
  std::optional<tls::Identity> identity;   ///< read from `certificate`
};

struct HttpRequest {
  std::string method;
  std::string target;                          ///< path and query as sent
  std::map<std::string, std::string> headers;  ///< names in lower case; a repeated header was refused before this
  std::string body;                            ///< decompressed, when it came as zstd; with a prefix it is the handler's to do so
  HttpPeer peer;
};

struct HttpReply {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};  ///< compressed by the listener when that is worth it, the client takes it and no header says it is done
};

/// RFC 9457: {"type":"urn:doorstep:problem:<code>","title":...,"status":...,"detail":...} as application/problem+json.
/// `code` is stable and lower case with hyphens; `title` and `detail` are for people and carry no case data.
HttpReply problem(int status, std::string_view code, std::string_view title, std::string_view detail = {});
/// 503 with Retry-After (limits::kBusyRetry): nothing was done, and the same may work later.
HttpReply busy();

/// Called on a worker thread, several at once, one at a time per connection. May block on the database. Must not throw.
using HttpHandler = std::function<HttpReply(const HttpRequest&)>;

struct ListenerConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                                            ///< 0: any free one; ask port()
  tls::Context context;
  std::vector<std::string> methods = {"GET", "POST", "PATCH"};                ///< others get 405
  std::vector<std::pair<std::string, std::string>> headers = {};     ///< on every reply, also our own problems
  std::size_t workers = 4;                                           ///< threads that run the handler
  std::size_t max_waiting = limits::kRequestsWaiting;                ///< for one of them; whoever comes then is told busy()
  std::size_t max_sessions = limits::kSessions;
  std::size_t max_sessions_per_device = limits::kSessionsPerDevice;
  std::size_t max_header_bytes = limits::kHeaderBytes;
  std::size_t max_body_bytes = limits::kBodyBytes;
  base::Millis handshake_limit = limits::kHandshakeTimeout;
  base::Millis header_limit = limits::kHeaderTimeout;                ///< from the handshake to the first request's header
  base::Millis read_limit = limits::kReadTimeout;                    ///< a request's body, and writing the reply
  base::Millis idle_limit = limits::kIdleTimeout;                    ///< between requests
  base::Millis stop_limit = limits::kReadTimeout;                    ///< stop() waits so long for requests in progress
};

/// HTTPS/1.1 on one port: bytes in, bytes out. One thread does the network, `workers` run the handler. Requests that break a
/// limit or the syntax are answered here with a problem document and never reach the handler; one whose time is up is closed.
/// When all workers have work and as many wait as may, a request is answered busy() before its body is decompressed or read as
/// anything, and before a large body is even received.
class HttpListener {
 public:
  /// Binds and starts. Fault::Io when the address is taken or not ours.
  static base::Result<std::unique_ptr<HttpListener>> start(ListenerConfig config, HttpHandler handler);
  ~HttpListener();  ///< stops
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  std::uint16_t port() const;
  std::size_t sessions() const;  ///< connections open now

  /// No new connections; requests in progress finish and are answered, up to stop_limit; then everything is cancelled and
  /// joined. From any thread but a worker's; twice is harmless.
  void stop();

 private:
  struct Impl;
  explicit HttpListener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace doorstep::server
