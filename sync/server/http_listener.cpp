#include "sync/server/http_listener.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include "platform/base/log.h"
#include "sync/server/encoding.h"

// GCC 12 destroys some coroutine temporaries twice: nothing that owns memory is made inside a co_await expression.
namespace doorstep::server {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using net::ip::tcp;
using Stream = beast::ssl_stream<beast::tcp_stream>;
using Parser = http::request_parser<http::string_body>;
using Response = http::response<http::string_body>;

namespace {

constexpr auto kTuple = net::as_tuple(net::use_awaitable);
constexpr auto kLinger = std::chrono::seconds(2);          // for the other side to read our last words before a reset
constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // out of descriptors: let some close

HttpReply problem_of(const error_code& ec) {
  if (ec == http::error::body_limit)
    return problem(413, "body-too-large", "The request is larger than this server accepts.", "Send it in smaller parts.");
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
    return problem(431, "header-too-large", "The request's header is larger than this server accepts.");
  if (ec == http::error::partial_message || ec == net::ssl::error::stream_truncated || ec == net::error::eof)
    return problem(400, "truncated", "The request ended before it was whole.", "Nothing of it was kept. Send it again.");
  if (ec == http::error::bad_content_length || ec == http::error::bad_transfer_encoding ||
      ec == http::error::multiple_content_length)
    return problem(400, "ambiguous-length", "The request's length is stated in a way that cannot be relied on.");
  return problem(400, "malformed", "This is not a request that the server understands.");
}

// Worth an answer: a person or a program made a mistake. Not so when the connection itself is gone, or its time was up.
bool answerable(const error_code& ec) {
  static const error_code kParsing = http::error::bad_method;
  return ec.category() == kParsing.category() || ec == net::ssl::error::stream_truncated;
}

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

struct HttpListener::Impl {
  struct Session {
    Session(tcp::socket socket, net::ssl::context& ssl) : stream(std::move(socket), ssl), answered(stream.get_executor()) {}
    Stream stream;
    beast::flat_buffer buffer;
    net::steady_timer answered;  ///< cancelled when the handler has put its reply
    HttpPeer peer;
    HttpReply reply;
    bool busy = false;           ///< between a request's header and its reply
    bool answering = false;      ///< the handler has the request, or the reply is on its way
    beast::tcp_stream& link() { return beast::get_lowest_layer(stream); }
  };

  Impl(ListenerConfig c, HttpHandler h)
      : config(std::move(c)),
        handler(std::move(h)),
        ssl(share(config.context)),
        pool(config.workers),
        acceptor(io),
        stop_timer(io) {}

  base::Result<void> open();
  net::awaitable<void> accept();
  bool make_room();
  void limit_device(const Session& newest);
  bool close_oldest(const std::function<bool(const Session&)>& which);
  void admit(tcp::socket socket);
  net::awaitable<void> serve(std::shared_ptr<Session> session);
  net::awaitable<bool> one_request(Session& session, bool first);
  net::awaitable<bool> send(Session& session, HttpReply reply, bool keep);
  net::awaitable<void> handle(Session& session, HttpRequest request);
  net::awaitable<void> linger(Session& session);
  std::optional<HttpReply> refuse(const Parser& parser) const;
  bool full() const { return at_work >= config.workers + config.max_waiting; }
  HttpRequest request_of(Session& session, Parser& parser) const;
  void ended(std::uint64_t number, const std::exception_ptr& failure);
  void begin_stop();

  ListenerConfig config;
  HttpHandler handler;
  net::io_context io{1};
  net::ssl::context ssl;
  net::thread_pool pool;
  tcp::acceptor acceptor;
  net::steady_timer stop_timer;
  std::map<std::uint64_t, std::shared_ptr<Session>> open_sessions;  ///< network thread only
  std::uint64_t next_number = 0;
  std::size_t at_work = 0;                                          ///< requests with a worker, or waiting for one; network thread only
  bool stopping = false;                                            ///< network thread only
  std::atomic<std::size_t> count = 0;
  std::uint16_t bound_port = 0;
  std::once_flag stopped;
  std::thread thread;
};

base::Result<void> HttpListener::Impl::open() {
  error_code ec;
  const auto address = net::ip::make_address(config.address, ec);
  if (ec) return base::Error{base::Fault::Invalid, "http.listen", "not an IP address: '" + config.address + "'"};
  const tcp::endpoint endpoint(address, config.port);
  const std::string place = config.address + ":" + std::to_string(config.port);
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(net::socket_base::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(net::socket_base::max_listen_connections, ec);
  if (ec) return base::Error{base::Fault::Io, "http.listen", "cannot listen on " + place + ": " + ec.message()};
  bound_port = acceptor.local_endpoint(ec).port();
  return {};
}

net::awaitable<void> HttpListener::Impl::accept() {
  net::steady_timer pause(io);
  while (!stopping) {
    auto [ec, socket] = co_await acceptor.async_accept(kTuple);
    if (stopping) co_return;
    if (ec) {
      base::log_event("http.accept_failed", ec.value());
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kTuple);
      continue;
    }
    if (open_sessions.size() >= config.max_sessions && !make_room()) {
      base::log_event("http.too_many_sessions", static_cast<std::int64_t>(open_sessions.size()));
      continue;  // the socket closes; the tablet comes back later
    }
    admit(std::move(socket));
  }
}

// Whoever has shown no certificate and asks for nothing that is being answered gives way, the oldest first: connections cost
// a stranger nothing, and must not keep tablets out.
bool HttpListener::Impl::make_room() {
  return close_oldest([](const Session& session) { return !session.peer.identity; });
}

// Not even one tablet's certificate, perhaps a stolen one's, opens every place.
void HttpListener::Impl::limit_device(const Session& newest) {
  auto same = [&](const Session& session) {
    return &session != &newest && session.peer.identity && session.peer.identity->device == newest.peer.identity->device;
  };
  auto others = std::count_if(open_sessions.begin(), open_sessions.end(), [&](const auto& open) { return same(*open.second); });
  if (static_cast<std::size_t>(others) >= config.max_sessions_per_device) close_oldest(same);
}

bool HttpListener::Impl::close_oldest(const std::function<bool(const Session&)>& which) {
  auto at = std::find_if(open_sessions.begin(), open_sessions.end(),
                         [&](const auto& open) { return !open.second->answering && which(*open.second); });
  if (at == open_sessions.end()) return false;
  at->second->link().close();
  open_sessions.erase(at);
  count = open_sessions.size();
  return true;
}

// A connection that cannot be taken for want of memory is lost, not the door.
void HttpListener::Impl::admit(tcp::socket socket) {
  const std::uint64_t number = next_number++;
  try {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    auto session = std::make_shared<Session>(std::move(socket), ssl);
    open_sessions.emplace(number, session);
    auto work = serve(std::move(session));
    net::co_spawn(io, std::move(work), [this, number](std::exception_ptr failure) { ended(number, failure); });
  } catch (const std::exception&) {
    base::log_event("http.session_not_taken", static_cast<std::int64_t>(number));
    open_sessions.erase(number);
  }
  count = open_sessions.size();
}

void HttpListener::Impl::ended(std::uint64_t number, const std::exception_ptr& failure) {
  if (failure) base::log_event("http.session_failed", static_cast<std::int64_t>(number));
  open_sessions.erase(number);
  count = open_sessions.size();
  if (stopping && open_sessions.empty()) stop_timer.cancel();
}

net::awaitable<void> HttpListener::Impl::serve(std::shared_ptr<Session> session) {
  session->link().expires_after(config.handshake_limit);
  auto [ec] = co_await session->stream.async_handshake(net::ssl::stream_base::server, kTuple);
  if (ec) {
    base::log_event("http.handshake_refused", ec.value());
    if (ec.category() == net::error::get_ssl_category()) co_await linger(*session);  // our alert says why
    co_return;
  }
  error_code no_address;
  auto address = session->link().socket().remote_endpoint(no_address).address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) address = net::ip::make_address_v4(net::ip::v4_mapped, address.to_v6());
  session->peer.address = address.to_string();
  session->peer.certificate = tls::peer_certificate(session->stream.native_handle());
  if (auto identity = tls::inspect(session->peer.certificate); identity.has_value())
    session->peer.identity = std::move(*identity);
  if (session->peer.identity) limit_device(*session);

  bool more = co_await one_request(*session, true);
  while (more && !stopping) more = co_await one_request(*session, false);
  if (!stopping) co_await linger(*session);
}

// True: the connection is kept for another request.
net::awaitable<bool> HttpListener::Impl::one_request(Session& session, bool first) {
  session.busy = false;
  if (session.buffer.size() == 0) {
    session.link().expires_after(first ? config.header_limit : config.idle_limit);
    const auto room = session.buffer.prepare(4096);
    auto [ec, size] = co_await session.stream.async_read_some(room, kTuple);
    if (ec || stopping) co_return false;
    session.buffer.commit(size);
  }

  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(config.max_header_bytes));
  parser.body_limit(config.max_body_bytes);
  session.link().expires_after(config.header_limit);
  auto [header_ec, header_size] = co_await http::async_read_header(session.stream, session.buffer, parser, kTuple);
  if (stopping) co_return false;
  session.busy = true;
  if (header_ec) {
    if (header_ec == http::error::end_of_stream || !answerable(header_ec)) co_return false;
    HttpReply reply = problem_of(header_ec);
    co_return co_await send(session, std::move(reply), false);
  }
  if (auto refused = refuse(parser)) {
    HttpReply reply = std::move(*refused);
    co_return co_await send(session, std::move(reply), false);
  }

  if (full() && parser.content_length().value_or(0) > limits::kRefusedBodyBytes) {
    HttpReply reply = busy();
    co_return co_await send(session, std::move(reply), false);
  }

  session.link().expires_after(config.read_limit);
  auto [body_ec, body_size] = co_await http::async_read(session.stream, session.buffer, parser, kTuple);
  if (body_ec) {
    if (!answerable(body_ec)) co_return false;
    HttpReply reply = problem_of(body_ec);
    co_return co_await send(session, std::move(reply), false);
  }
  const bool keep = parser.get().keep_alive();
  if (full()) {
    HttpReply reply = busy();
    co_return co_await send(session, std::move(reply), keep && !stopping);
  }
  HttpRequest request = request_of(session, parser);
  session.answering = true;
  co_await handle(session, std::move(request));
  HttpReply reply = std::move(session.reply);
  const bool more = co_await send(session, std::move(reply), keep && !stopping);
  session.answering = false;
  co_return more;
}

std::optional<HttpReply> HttpListener::Impl::refuse(const Parser& parser) const {
  const auto& message = parser.get();
  if (message.version() != 11) return problem(505, "http-version", "Only HTTP/1.1 is spoken here.");
  const std::string method(message.method_string());
  if (std::find(config.methods.begin(), config.methods.end(), method) == config.methods.end())
    return problem(405, "method-not-allowed", "This method is not used here.");
  if (message.find(http::field::transfer_encoding) != message.end())
    return message.find(http::field::content_length) != message.end()
               ? problem(400, "ambiguous-length", "The request's length is stated in a way that cannot be relied on.")
               : problem(411, "length-required", "A request must state its Content-Length.");
  std::vector<std::string> names;
  for (const auto& field : message) names.push_back(lower(field.name_string()));
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end())
    return problem(400, "malformed", "This is not a request that the server understands.", "A header is repeated.");
  return {};
}

HttpRequest HttpListener::Impl::request_of(Session& session, Parser& parser) const {
  auto message = parser.release();
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message) request.headers.emplace(lower(field.name_string()), field.value());
  request.body = std::move(message.body());
  request.peer = session.peer;
  return request;
}

// Runs the handler on a worker; `session` outlives it, because this coroutine waits.
net::awaitable<void> HttpListener::Impl::handle(Session& session, HttpRequest request) {
  session.answered.expires_at(net::steady_timer::time_point::max());
  ++at_work;
  net::post(pool, [this, &session, &request] {
    HttpReply reply;
    try {
      reply = plain_in_coded_out(handler, request, config.max_body_bytes);
    } catch (const std::exception&) {
      base::log_event("http.handler_failed");
      reply = problem(500, "internal", "The server failed to answer.", "What was not acknowledged is still on the tablet.");
    }
    net::post(io, [this, &session, reply = std::move(reply)]() mutable {
      --at_work;
      session.reply = std::move(reply);
      session.answered.cancel();
    });
  });
  co_await session.answered.async_wait(kTuple);
}

net::awaitable<bool> HttpListener::Impl::send(Session& session, HttpReply reply, bool keep) {
  Response response(static_cast<http::status>(reply.status), 11);
  response.set(http::field::content_type, reply.content_type);
  response.set(http::field::cache_control, "no-store");
  for (const auto& [name, value] : config.headers) response.set(name, value);
  for (const auto& [name, value] : reply.headers) response.set(name, value);
  response.keep_alive(keep);
  response.body() = std::move(reply.body);
  response.prepare_payload();
  session.link().expires_after(config.read_limit);
  auto [ec, size] = co_await http::async_write(session.stream, response, kTuple);
  co_return keep && !ec;
}

// Says goodbye and waits a little for the other side to do so: closing at once would reset the connection and could destroy
// our last words (an alert, a problem document) before they were read.
net::awaitable<void> HttpListener::Impl::linger(Session& session) {
  session.busy = false;
  session.link().expires_after(kLinger);
  if (SSL_is_init_finished(session.stream.native_handle())) co_await session.stream.async_shutdown(kTuple);
  error_code ignored;
  session.link().socket().shutdown(tcp::socket::shutdown_send, ignored);
  std::vector<char> sink(16 * 1024);
  std::size_t drained = 0;
  while (!stopping && drained < 2 * config.max_body_bytes) {
    auto [ec, size] = co_await session.link().async_read_some(net::buffer(sink), kTuple);
    if (ec) break;
    drained += size;
  }
  session.link().close();
}

void HttpListener::Impl::begin_stop() {
  stopping = true;
  error_code ignored;
  acceptor.close(ignored);
  for (auto& [number, session] : open_sessions)
    if (!session->busy) session->link().close();
  if (open_sessions.empty()) return;
  stop_timer.expires_after(config.stop_limit);
  stop_timer.async_wait([this](error_code ec) {
    if (ec) return;
    for (auto& [number, session] : open_sessions) session->link().close();
  });
}

base::Result<std::unique_ptr<HttpListener>> HttpListener::start(ListenerConfig config, HttpHandler handler) {
  auto impl = std::make_unique<Impl>(std::move(config), std::move(handler));
  DOORSTEP_TRY(impl->open());
  Impl& it = *impl;
  auto accepting = it.accept();
  net::co_spawn(it.io, std::move(accepting), [](std::exception_ptr failure) {
    if (failure) base::log_event("http.accept_ended");
  });
  it.thread = std::thread([&it] { it.io.run(); });
  return std::unique_ptr<HttpListener>(new HttpListener(std::move(impl)));
}

HttpListener::HttpListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpListener::~HttpListener() { stop(); }
std::uint16_t HttpListener::port() const { return impl_->bound_port; }
std::size_t HttpListener::sessions() const { return impl_->count; }

void HttpListener::stop() {
  std::call_once(impl_->stopped, [this] {
    net::post(impl_->io, [this] { impl_->begin_stop(); });
    impl_->thread.join();
    impl_->pool.join();
  });
}

}  // namespace doorstep::server
