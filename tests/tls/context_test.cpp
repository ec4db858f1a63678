#include "platform/tls/context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <catch2/catch_test_macros.hpp>

#include "tests/support/council.h"

using namespace doorstep;
using namespace doorstep::support;
using tls::Cause;

namespace {

// What each side ended with.
struct Outcome {
  bool server_done = false, client_read = false;
  unsigned long client_error = 0;
  long verify = 0;
  std::string peer;  ///< what the server saw
  bool resumable = false, resumed = false;
  std::shared_ptr<SSL_SESSION> session;  ///< the client's
  int version = 0;
  base::Error words() const { return tls::explain(client_error, verify); }
};

// Both ends in one thread over memory: handshake, then the server says one byte, then the client tries to read it.
Outcome meet(const tls::Context& server_context, const tls::Context& client_context, const std::string& name,
             SSL_SESSION* session = nullptr) {
  SSL* server = SSL_new(server_context.get());
  SSL* client = SSL_new(client_context.get());
  BIO *a = nullptr, *b = nullptr;
  BIO_new_bio_pair(&a, 0, &b, 0);
  SSL_set_bio(server, a, a);
  SSL_set_bio(client, b, b);
  SSL_set_accept_state(server);
  SSL_set_connect_state(client);
  if (session) SSL_set_session(client, session);
  REQUIRE(tls::expect_server(client, name).has_value());
  Outcome out;
  bool server_failed = false, client_failed = false;
  for (int i = 0; i < 20 && !(server_failed && client_failed) && !out.client_read; ++i) {
    ERR_clear_error();
    char byte = 0;
    if (!client_failed) {
      const int got = SSL_read(client, &byte, 1);
      if (got == 1) out.client_read = true;
      else if (SSL_get_error(client, got) == SSL_ERROR_SSL) {
        client_failed = true;
        out.client_error = ERR_get_error();
      }
    }
    ERR_clear_error();
    if (server_failed) continue;
    if (!out.server_done) {
      const int done = SSL_do_handshake(server);
      if (done == 1) {
        out.server_done = true;
        out.peer = tls::peer_certificate(server);
        SSL_write(server, "x", 1);
      } else if (SSL_get_error(server, done) == SSL_ERROR_SSL) server_failed = true;
    }
    if (client_failed && !out.server_done) {
      SSL_do_handshake(server);
      server_failed = true;
    }
  }
  out.verify = SSL_get_verify_result(client);
  out.resumable = SSL_get0_session(client) && SSL_SESSION_is_resumable(SSL_get0_session(client));
  out.resumed = SSL_session_reused(client) == 1;
  out.session = {SSL_get1_session(client), SSL_SESSION_free};
  out.version = SSL_version(client);
  // Freed without a goodbye, OpenSSL calls the session one that may not be resumed.
  for (SSL* side : {server, client}) SSL_set_shutdown(side, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(server);
  SSL_free(client);
  return out;
}

}  // namespace

TEST_CASE("context: a tablet and its server meet, by name and by address", "[tls]") {
  const Council council;
  for (const char* name : {"cases.example.gov.uk", "127.0.0.1"}) {
    const auto out = meet(council.listener(), council.tablet(), name);
    CHECK(out.server_done);
    CHECK(out.client_read);
    CHECK(out.version == TLS1_3_VERSION);
    const auto peer = tls::inspect(out.peer);
    REQUIRE(peer.has_value());
    CHECK(peer->device == base::Id::from_name("device"));
  }
}

TEST_CASE("context: nothing is left to resume a session with", "[tls][T44]") {
  const Council council;
  const auto out = meet(council.listener(), council.tablet(), "127.0.0.1");
  REQUIRE(out.client_read);
  CHECK_FALSE(out.resumable);
  CHECK(SSL_CTX_get_num_tickets(council.listener().get()) == 0);
  CHECK(SSL_CTX_get_session_cache_mode(council.listener().get()) == SSL_SESS_CACHE_OFF);

  // Who keeps a session all the same, and shows it, is asked for a certificate as if it were the first time.
  const auto server = council.listener(), client = council.tablet();
  const auto first = meet(server, client, "127.0.0.1");
  REQUIRE(first.session);
  const auto again = meet(server, client, "127.0.0.1", first.session.get());
  CHECK(again.client_read);
  CHECK_FALSE(again.resumed);
  const auto stranger = council.stranger();
  const auto without = meet(server, stranger, "127.0.0.1", first.session.get());
  CHECK_FALSE(without.client_read);
  CHECK(tls::cause_of(without.client_error, without.verify) == Cause::NoCertificate);
}

TEST_CASE("context: each refusal has its own cause and words", "[tls][T42][T43][P40][A51]") {
  const Council council;
  const Council stranger;
  const base::Instant last_year{now().ms - 400LL * 86'400'000};
  const base::Instant next_year{now().ms + 400LL * 86'400'000};

  struct Row {
    const char* what;
    tls::Context server, client;
    std::string name;
    Cause cause;
    base::Fault fault;
    const char* words;
  };
  const auto serving = [&](const Holder& holder) {
    auto context = tls::server_context({council.ca.cert, holder.cert, holder.key, tls::ClientCertificates::Required});
    REQUIRE(context.has_value());
    return *context;
  };
  const auto showing = [&](const std::string& ca, const std::string& cert, const base::Secret* key,
                           std::vector<std::string> pins = {}) {
    auto context = tls::client_context({ca, cert, key, std::move(pins)});
    REQUIRE(context.has_value());
    return *context;
  };
  const Holder expired_server = certified(council.ca, tls::Subject::of_server({"127.0.0.1"}), last_year);
  auto future_ca = tls::make_authority("Test council", last_year);  // an authority that is valid, a server that is not yet
  const Holder future_server = certified(*future_ca, tls::Subject::of_server({"127.0.0.1"}), next_year);
  const Holder expired_device = certified(council.ca, tls::Subject::of_device(base::Id::from_name("device")), last_year);
  const Holder foreign_device = certified(stranger.ca, tls::Subject::of_device(base::Id::from_name("device")));
  const Holder device_as_server = certified(council.ca, tls::Subject::of_device(base::Id::from_name("device")));
  const std::string right_pin = tls::inspect(council.server.cert)->spki_pin;
  const std::string wrong_pin = tls::inspect(stranger.server.cert)->spki_pin;

  const std::vector<Row> rows = {
      {"wrong authority", stranger.listener(), council.tablet(), "127.0.0.1", Cause::Interception, base::Fault::Untrusted,
       "intercepting"},
      {"wrong pin", council.listener(), showing(council.ca.cert, council.device.cert, &council.device.key, {wrong_pin}),
       "127.0.0.1", Cause::Interception, base::Fault::Untrusted, "intercepting"},
      {"a tablet's certificate used as a server's", serving(device_as_server), council.tablet(), "127.0.0.1", Cause::Interception,
       base::Fault::Untrusted, "intercepting"},
      {"wrong name", council.listener(), council.tablet(), "other.example.gov.uk", Cause::WrongServer, base::Fault::Untrusted,
       "code E62"},
      {"wrong address", council.listener(), council.tablet(), "127.0.0.2", Cause::WrongServer, base::Fault::Untrusted,
       "code E64"},
      {"server expired", serving(expired_server), council.tablet(), "127.0.0.1", Cause::Clock, base::Fault::Untrusted, "date"},
      {"server not yet valid", serving(future_server), showing(future_ca->cert, council.device.cert, &council.device.key),
       "127.0.0.1", Cause::Clock, base::Fault::Untrusted, "date"},
      {"no certificate", council.listener(), showing(council.ca.cert, "", nullptr), "127.0.0.1", Cause::NoCertificate,
       base::Fault::Denied, "set-up is not complete"},
      {"a foreign certificate", council.listener(), showing(council.ca.cert, foreign_device.cert, &foreign_device.key),
       "127.0.0.1", Cause::NotAuthorised, base::Fault::Denied, "no longer authorised"},
      {"an expired certificate", council.listener(), showing(council.ca.cert, expired_device.cert, &expired_device.key),
       "127.0.0.1", Cause::NotAuthorised, base::Fault::Denied, "no longer authorised"},
      {"a server's certificate used as a tablet's", council.listener(),
       showing(council.ca.cert, council.server.cert, &council.server.key), "127.0.0.1", Cause::NotAuthorised, base::Fault::Denied,
       "no longer authorised"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto out = meet(row.server, row.client, row.name);
    CHECK_FALSE(out.client_read);
    CHECK(tls::cause_of(out.client_error, out.verify) == row.cause);
    CHECK(out.words().fault == row.fault);
    INFO(out.words().detail);
    CHECK(out.words().detail.find(row.words) != std::string::npos);
  }
  CHECK(meet(council.listener(), showing(council.ca.cert, council.device.cert, &council.device.key, {wrong_pin, right_pin}),
             "127.0.0.1").client_read);  // the second pin is the spare
}

TEST_CASE("context: the enrolment listener asks for no certificate", "[tls]") {
  const Council council;
  auto bare = tls::client_context({council.ca.cert, "", nullptr, {}});
  REQUIRE(bare.has_value());
  const auto out = meet(council.listener(tls::ClientCertificates::None), *bare, "127.0.0.1");
  CHECK(out.client_read);
  CHECK(out.peer.empty());
}

TEST_CASE("context: TLS 1.2 is refused, as server and as client", "[tls][T41]") {
  const Council council;
  tls::Context old_client(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_max_proto_version(old_client.get(), TLS1_2_VERSION);
  const auto refused = meet(council.listener(tls::ClientCertificates::None), old_client, "127.0.0.1");
  CHECK_FALSE(refused.client_read);
  CHECK(tls::cause_of(refused.client_error, refused.verify) == Cause::OldProtocol);

  auto old_server = council.listener();
  SSL_CTX_set_min_proto_version(old_server.get(), TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(old_server.get(), TLS1_2_VERSION);
  const auto out = meet(old_server, council.tablet(), "127.0.0.1");
  CHECK_FALSE(out.client_read);
  CHECK(tls::cause_of(out.client_error, out.verify) == Cause::OldProtocol);
}

TEST_CASE("context: halves that do not belong together are refused when made", "[tls]") {
  const Council council;
  CHECK(tls::server_context({council.ca.cert, council.server.cert, council.device.key}).has_error());
  CHECK(tls::server_context({council.server.cert, council.server.cert, council.server.key}).has_error());  // not an authority
  CHECK(tls::server_context({council.ca.cert, "", council.server.key}).has_error());
  CHECK(tls::client_context({"", "", nullptr, {}}).has_error());
  CHECK(tls::client_context({council.ca.cert, council.device.cert, &council.server.key, {}}).has_error());
  CHECK(tls::client_context({council.ca.cert, "junk", &council.device.key, {}}).has_error());
}
