#pragma once
#include <catch2/catch_test_macros.hpp>

#include "platform/base/time.h"
#include "platform/tls/certificate.h"
#include "platform/tls/context.h"

/// A council's authority with one server and one tablet, made fresh: real keys, real certificates.
namespace doorstep::support {

inline base::Instant now() { return base::SystemClock().wall(); }

struct Holder {
  std::string cert;
  base::Secret key;
};

inline Holder certified(const tls::Authority& ca, const tls::Subject& subject, base::Instant at = now(), int days = 30) {
  auto key = tls::make_key();
  REQUIRE(key.has_value());
  auto request = tls::make_request(*key);
  REQUIRE(request.has_value());
  auto cert = tls::issue(ca, *request, subject, days, at);
  REQUIRE(cert.has_value());
  return {*cert, std::move(*key)};
}

struct Council {
  tls::Authority ca = *tls::make_authority("Test council", now());
  Holder server = certified(ca, tls::Subject::of_server({"cases.example.gov.uk", "127.0.0.1"}));
  Holder device = certified(ca, tls::Subject::of_device(base::Id::from_name("device")));

  tls::Context listener(tls::ClientCertificates clients = tls::ClientCertificates::Required) const {
    auto context = tls::server_context({ca.cert, server.cert, server.key, clients});
    REQUIRE(context.has_value());
    return *context;
  }
  tls::Context tablet() const {
    auto context = tls::client_context({ca.cert, device.cert, &device.key, {}});
    REQUIRE(context.has_value());
    return *context;
  }
  /// Knows the authority, has no certificate yet.
  tls::Context stranger() const {
    auto context = tls::client_context({ca.cert, "", nullptr, {}});
    REQUIRE(context.has_value());
    return *context;
  }
};

}  // namespace doorstep::support
