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
  net::awaitable<std::optional<Error>> tunnel();
  bool reusable();
  void drop();
  void abort();
  bool ended() const { return cancelled || timed_out; }
  Error error_of(const error_code& ec, std::string_view where);
  Error proxy_error(const error_code& ec, bool connected);

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

/// As above while it is the proxy that is spoken to.
Error HttpClient::Impl::proxy_error(const error_code& ec, bool connected) {
  if (cancelled) return {Fault::Cancelled, "proxy.connect", "stopped"};
  if (timed_out && connected)
    return {Fault::Timeout, "proxy.silent", "The network's proxy does not answer. Your notes are safe on this tablet."};
  return {Fault::Offline, "proxy.unreachable",
          "The network's proxy cannot be reached (" + (timed_out ? "no answer" : ec.message()) + "). Your notes are safe on this tablet."};
}

/// Asks the proxy for a way to the server. What it answers instead is told apart by its status.
net::awaitable<std::optional<Error>> HttpClient::Impl::tunnel() {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  const std::string to = (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
  auto& proxy = beast::get_lowest_layer(*stream);
  http::request<http::empty_body> message(http::verb::connect, to, 11);
  message.set(http::field::host, to);
  auto [write_ec, written] = co_await http::async_write(proxy, message, kTuple);
  if (write_ec || ended()) co_return proxy_error(write_ec, true);

  http::response_parser<http::empty_body> parser;
  parser.skip(true);  // what follows the header is the server's, or a page that nobody asked for
  parser.header_limit(static_cast<std::uint32_t>(limits::kHeaderBytes));
  beast::flat_buffer answer(limits::kHeaderBytes);
  auto [read_ec, size] = co_await http::async_read_header(proxy, answer, parser, kTuple);
  static const error_code kParsing = http::error::bad_status;
  const bool garbage = read_ec.category() == kParsing.category() && read_ec != http::error::end_of_stream;
  if (ended() || (read_ec && !garbage)) co_return proxy_error(read_ec, true);
  const int status = read_ec ? 0 : parser.get().result_int();
  const auto said = [&](const char* where, std::string what) {
    return Error{Fault::Offline, where, std::move(what) + " Your notes are safe on this tablet."};
  };
  if (status / 100 == 2 && answer.size() == 0) co_return std::nullopt;  // the server never speaks first
  if (status / 100 == 3 || status == 511) co_return said("proxy.log_in", "This network wants somebody to log in first.");
  if (status == 407) co_return said("proxy.password", "The network's proxy wants a name and a password, and Doorstep has none. Call IT.");
  const std::string number = std::to_string(status);
  if (status / 100 == 5) co_return said("proxy.no_way", "The network's proxy cannot reach the case server (" + number + ").");
  if (status / 100 == 4) co_return said("proxy.refused", "The network's proxy does not let Doorstep through (" + number + "). Call IT.");
  co_return said("proxy.not_a_proxy", "What answers where the network's proxy should be is no proxy. Call IT.");
}

net::awaitable<std::optional<Error>> HttpClient::Impl::connect() {
  drop();
  const auto& proxy = endpoint.proxy;
  const std::string host = proxy ? proxy->host : endpoint.host, port = std::to_string(proxy ? proxy->port : endpoint.port);
  auto [resolve_ec, found] = co_await resolver.async_resolve(host, port, kTuple);
  if (resolve_ec || ended()) co_return proxy ? proxy_error(resolve_ec, false) : error_of(resolve_ec, "resolve");

  stream.emplace(io, ssl);
  auto& tcp_stream = beast::get_lowest_layer(*stream);
  tcp_stream.expires_never();
  auto [connect_ec, to] = co_await tcp_stream.async_connect(found, kTuple);
  if (connect_ec || ended()) co_return proxy ? proxy_error(connect_ec, false) : error_of(connect_ec, "connect");
  error_code ignored;
  tcp_stream.socket().set_option(tcp::no_delay(true), ignored);
  if (proxy) {
    if (auto failed = co_await tunnel()) co_return std::move(*failed);
  }

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
