#include "platform/tls/context.h"

#include <openssl/x509v3.h>

#include <algorithm>

#include "platform/tls/openssl.h"

namespace doorstep::tls {

using base::Error;
using base::Fault;
using base::Result;

namespace {

Context new_context(const SSL_METHOD* method) {
  SSL_CTX* raw = SSL_CTX_new(method);
  if (!raw) return {};
  Context context(raw, SSL_CTX_free);
  SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_max_early_data(raw, 0);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  return context;
}

Result<void> believe(SSL_CTX* context, const std::string& ca_pem) {
  const auto ca = read_cert(ca_pem);
  if (!ca || X509_check_ca(ca.get()) != 1) return Error{Fault::Invalid, "tls.context", "not a certificate authority"};
  if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get()) != 1)
    return openssl_error(Fault::Invalid, "tls.context", "the authority was not accepted");
  return {};
}

Result<void> show(SSL_CTX* context, const std::string& cert_text, const base::Secret& key_pem) {
  const auto cert = read_cert(cert_text);
  const auto key = read_key(key_pem);
  if (!cert) return Error{Fault::Invalid, "tls.context", "not a certificate"};
  if (!key) return Error{Fault::Invalid, "tls.context", "not a private key"};
  if (SSL_CTX_use_certificate(context, cert.get()) != 1 || SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    return openssl_error(Fault::Invalid, "tls.context", "the certificate and the key do not belong together");
  return {};
}

// The chain and the name by OpenSSL, then the pin of the server's own key.
int verify_with_pins(X509_STORE_CTX* store, void* argument) {
  const auto& pins = *static_cast<const std::vector<std::string>*>(argument);
  if (X509_verify_cert(store) != 1) return 0;
  const std::string pin = spki_pin_of(X509_STORE_CTX_get0_cert(store));
  if (std::find(pins.begin(), pins.end(), pin) != pins.end()) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

}  // namespace

Result<Context> server_context(const ServerOptions& options) {
  Context context = new_context(TLS_server_method());
  if (!context) return openssl_error(Fault::Io, "tls.context", "OpenSSL could not start");
  DOORSTEP_TRY(show(context.get(), options.cert, options.key));
  if (options.clients == ClientCertificates::None) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    return context;
  }
  DOORSTEP_TRY(believe(context.get(), options.ca));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT);
  return context;
}

Result<Context> client_context(const ClientOptions& options) {
  Context context = new_context(TLS_client_method());
  if (!context) return openssl_error(Fault::Io, "tls.context", "OpenSSL could not start");
  DOORSTEP_TRY(believe(context.get(), options.ca));
  if (!options.cert.empty()) {
    DOORSTEP_ASSERT(options.key != nullptr);
    DOORSTEP_TRY(show(context.get(), options.cert, *options.key));
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  if (options.spki_pins.empty()) return context;
  // OpenSSL keeps only a pointer: the list lives exactly as long as the context that uses it.
  auto pins = std::make_shared<std::vector<std::string>>(options.spki_pins);
  SSL_CTX_set_cert_verify_callback(context.get(), verify_with_pins, pins.get());
  SSL_CTX* raw = context.get();
  return Context(raw, [context = std::move(context), pins](SSL_CTX*) mutable { context.reset(); });
}

Result<void> expect_server(ssl_st* session, const std::string& name) {
  X509_VERIFY_PARAM* param = SSL_get0_param(session);
  if (X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str()) == 1) return {};  // an address has no SNI (RFC 6066)
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (name.empty() || X509_VERIFY_PARAM_set1_host(param, name.c_str(), name.size()) != 1 ||
      SSL_set_tlsext_host_name(session, name.c_str()) != 1)
    return openssl_error(Fault::Invalid, "tls.name", "not a server name: '" + name + "'");
  ERR_clear_error();
  return {};
}

std::string peer_certificate(ssl_st* session) {
  X509* cert = SSL_get0_peer_certificate(session);
  return cert ? cert_pem(cert) : std::string();
}

Cause cause_of(unsigned long openssl_error, long verify_result) {
  const int reason = ERR_GET_LIB(openssl_error) == ERR_LIB_SSL ? ERR_GET_REASON(openssl_error) : 0;
  switch (reason) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      switch (verify_result) {
        case X509_V_ERR_CERT_NOT_YET_VALID:
        case X509_V_ERR_CERT_HAS_EXPIRED: return Cause::Clock;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH: return Cause::WrongServer;
        default: return Cause::Interception;
      }
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return Cause::NoCertificate;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED: return Cause::NotAuthorised;
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION: return Cause::OldProtocol;
    default: return Cause::Other;
  }
}

Error explain(unsigned long openssl_error, long verify_result) {
  const std::string code = "E" + std::to_string(verify_result);
  const std::string alert = "A" + std::to_string(ERR_GET_REASON(openssl_error) - SSL_AD_REASON_OFFSET);
  switch (cause_of(openssl_error, verify_result)) {
    case Cause::Clock:
      return {Fault::Untrusted, "tls.clock",
              "This tablet's date looks wrong, or the server's certificate has expired. Your notes are safe on this tablet. "
              "Check the date and time; if they are right, call IT, code " + code + "."};
    case Cause::Interception:
      return {Fault::Untrusted, "tls.interception",
              "This network is intercepting the connection. Your notes are safe on this tablet and were not sent. "
              "Use another network; if it goes on, call IT, code " + code + "."};
    case Cause::WrongServer:
      return {
          Fault::Untrusted, "tls.wrong_server",
          "The server's name does not match. Your notes are safe on this tablet and were not sent. Call IT, code " + code + "."};
    case Cause::NotAuthorised:
      return {Fault::Denied, "tls.not_authorised",
              "This tablet is no longer authorised. Your notes are safe on this tablet. Call IT, code " + alert + "."};
    case Cause::NoCertificate:
      return {Fault::Denied, "tls.no_certificate",
              "This tablet's set-up is not complete. Your notes are safe on this tablet. Call IT, code " + alert + "."};
    case Cause::OldProtocol:
      return {Fault::Untrusted, "tls.old_protocol",
              "The other side does not speak TLS 1.3, so it is not our server. Your notes are safe on this tablet. "
              "Use another network, or call IT."};
    case Cause::Other: break;
  }
  return {Fault::Offline, "tls.broken",
          "The secure connection broke off. Your notes are safe on this tablet; Doorstep will try again."};
}

Error explain(ssl_st* session, unsigned long openssl_error) { return explain(openssl_error, SSL_get_verify_result(session)); }

}  // namespace doorstep::tls
