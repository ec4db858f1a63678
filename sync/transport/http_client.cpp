#include "sync/transport/http_client.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <optional>

#include "platform/base/limits.h"

// GCC 12 destroys some coroutine temporaries twice: nothing that owns memory is made inside a co_await expression.
namespace doorstep::transport {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using base::Error;
using base::Fault;
using base::Result;
using boost::system::error_code;
using net::ip::tcp;
using Stream = beast::ssl_stream<beast::tcp_stream>;

namespace {

constexpr auto kTuple = net::as_tuple(net::use_awaitable);
constexpr base::Millis kReuseWithin = limits::kIdleTimeout * 2 / 3;  // well before the server drops it

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

net::ssl::context share(const tls::Context& context) {
  SSL_CTX_up_ref(context.get());
  return net::ssl::context(context.get());
}

}  // namespace

struct HttpClient::Impl {
  Impl(Endpoint e, tls::Context c)
      : endpoint(std::move(e)), context(std::move(c)), ssl(share(context)), resolver(io), watchdog(io) {}

  net::awaitable<Result<HttpResponse>> exchange(const HttpRequest& request);
  net::awaitable<std::optional<Error>> connect();
  bool reusable();
  void drop();
  void abort();
  bool ended() const { return cancelled || timed_out; }
  Error error_of(const error_code& ec, std::string_view where);

  Endpoint endpoint;
  tls::Context context;
  net::io_context io{1};
  net::ssl::context ssl;
  tcp::resolver resolver;
  net::steady_timer watchdog;
  std::optional<Stream> stream;
  beast::flat_buffer buffer;
  base::Millis used_at{};
  std::atomic<bool> cancelled = false;
  bool timed_out = false;
};

// Nothing may be waiting to be read between requests: if something is, it is the server's goodbye.
bool HttpClient::Impl::reusable() {
  if (!stream || base::SystemClock().monotonic() - used_at > kReuseWithin) return false;
  char byte = 0;
  const auto got = ::recv(beast::get_lowest_layer(*stream).socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void HttpClient::Impl::drop() {
  stream.reset();
  buffer.clear();
}

void HttpClient::Impl::abort() {
  resolver.cancel();
  if (stream) beast::get_lowest_layer(*stream).close();
}

Error HttpClient::Impl::error_of(const error_code& ec, std::string_view where) {
  static const error_code kParsing = http::error::bad_status;
  const std::string place = "http." + std::string(where);
  if (cancelled) return {Fault::Cancelled, place, "stopped"};
  if (timed_out) return {Fault::Timeout, place, "The server did not answer in time. Your notes are safe on this tablet."};
  if (ec.category() == net::error::get_ssl_category() && stream)
    return tls::explain(stream->native_handle(), static_cast<unsigned>(ec.value()));
  if (ec == http::error::body_limit || ec == http::error::header_limit)
    return {Fault::Full, place, "The reply is larger than allowed."};
  if (ec.category() == kParsing.category() && ec != http::error::end_of_stream && ec != http::error::partial_message)
    return {Fault::Offline, "http.not_ours", "Something that is not our server answered."};
  return {Fault::Offline, place, "The server cannot be reached (" + ec.message() + "). Your notes are safe on this tablet."};
}

net::awaitable<std::optional<Error>> HttpClient::Impl::connect() {
  drop();
  const std::string port = std::to_string(endpoint.port);
  auto [resolve_ec, found] = co_await resolver.async_resolve(endpoint.host, port, kTuple);
  if (resolve_ec || ended()) co_return error_of(resolve_ec, "resolve");

  stream.emplace(io, ssl);
  auto& tcp_stream = beast::get_lowest_layer(*stream);
  tcp_stream.expires_never();
  auto [connect_ec, to] = co_await tcp_stream.async_connect(found, kTuple);
  if (connect_ec || ended()) co_return error_of(connect_ec, "connect");
  error_code ignored;
  tcp_stream.socket().set_option(tcp::no_delay(true), ignored);

  if (auto named = tls::expect_server(stream->native_handle(), endpoint.tls_name); named.has_error()) co_return named.error();
  auto [handshake_ec] = co_await stream->async_handshake(net::ssl::stream_base::client, kTuple);
  if (handshake_ec || ended()) co_return error_of(handshake_ec, "handshake");
  co_return std::nullopt;
}

net::awaitable<Result<HttpResponse>> HttpClient::Impl::exchange(const HttpRequest& request) {
  if (!reusable()) {
    if (auto failed = co_await connect()) co_return std::move(*failed);
  }
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(request.target);
  message.set(http::field::host, endpoint.tls_name);
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.body() = request.body;
  message.prepare_payload();
  auto [write_ec, written] = co_await http::async_write(*stream, message, kTuple);

  // Also after a failed write: what the server said before it closed (a refusal) is still there to be read.
  http::response_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits::kHeaderBytes));
  parser.body_limit(limits::kBodyBytes);
  if (ended()) co_return error_of(write_ec, "write");
  auto [read_ec, size] = co_await http::async_read(*stream, buffer, parser, kTuple);
  if (read_ec) co_return error_of(read_ec, "read");

  auto reply = parser.release();
  HttpResponse response;
  response.status = reply.result_int();
  for (const auto& field : reply) response.headers[lower(field.name_string())] = std::string(field.value());
  response.body = std::move(reply.body());
  used_at = base::SystemClock().monotonic();
  if (write_ec || !reply.keep_alive()) drop();
  co_return response;
}

HttpClient::HttpClient(Endpoint endpoint, tls::Context context)
    : impl_(std::make_unique<Impl>(std::move(endpoint), std::move(context))) {}
HttpClient::~HttpClient() { impl_->drop(); }

Result<HttpResponse> HttpClient::request(const HttpRequest& request, base::Millis limit) {
  Impl& it = *impl_;
  it.timed_out = false;
  if (it.cancelled) return Error{Fault::Cancelled, "http.request", "stopped"};
  it.io.restart();
  it.watchdog.expires_after(limit);
  it.watchdog.async_wait([&it](error_code ec) {
    if (ec) return;
    it.timed_out = true;
    it.abort();
  });
  Result<HttpResponse> out = Error{Fault::Io, "http.request", "The connection failed inside this program."};
  auto work = it.exchange(request);
  net::co_spawn(it.io, std::move(work), [&it, &out](std::exception_ptr failure, Result<HttpResponse> result) {
    if (!failure) out = std::move(result);
    it.watchdog.cancel();
  });
  it.io.run();
  if (out.has_error()) it.drop();
  return out;
}

void HttpClient::cancel() {
  impl_->cancelled = true;
  net::post(impl_->io, [it = impl_.get()] {
    if (it->cancelled) it->abort();
  });
}
void HttpClient::resume() { impl_->cancelled = false; }
void HttpClient::close() { impl_->drop(); }

}  // namespace doorstep::transport
