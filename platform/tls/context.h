#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/error.h"
#include "platform/base/secret.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX and SSL: no OpenSSL header in ours
struct ssl_st;

namespace doorstep::tls {

/// An OpenSSL SSL_CTX, fixed once made; shared by the connections made from it, on any thread.
using Context = std::shared_ptr<ssl_ctx_st>;

enum class ClientCertificates {
  Required,  ///< the main listener: no certificate, no handshake
  None,      ///< the enrolment listener: the tablet has none yet
};

struct ServerOptions {
  std::string ca;    ///< PEM of the authority that client certificates must come from
  std::string cert;  ///< PEM
  const base::Secret& key;
  ClientCertificates clients = ClientCertificates::Required;
};
/// TLS 1.3 only, no session tickets or cache (a revoked client could resume by ticket), no early data.
base::Result<Context> server_context(const ServerOptions& options);

struct ClientOptions {
  std::string ca;                          ///< PEM: the only authority believed; the system's own are not
  std::string cert;                        ///< PEM, or empty before enrolment
  const base::Secret* key = nullptr;       ///< with `cert`; copied into the context
  std::vector<std::string> spki_pins = {}; ///< hex SHA-256 of the server's public key; empty: any key under `ca`
};
base::Result<Context> client_context(const ClientOptions& options);

/// On a client connection, before its handshake: sends `name` (SNI) and demands it in the server's certificate.
/// `name` is a DNS name or an IP address. Fault::Invalid when OpenSSL refuses it.
base::Result<void> expect_server(ssl_st* session, const std::string& name);

/// The other side's certificate as PEM; empty when it showed none.
std::string peer_certificate(ssl_st* session);

/// What went wrong in a handshake, as a cause that a person can act on (security.md section 3, the table).
enum class Cause {
  Clock,          ///< the server's certificate is not yet or no longer valid by this tablet's clock
  Interception,   ///< somebody else's certificate: wrong authority or wrong pin
  WrongServer,    ///< our authority, another server's name
  NotAuthorised,  ///< the server refused our certificate: revoked, expired or not one of its own
  NoCertificate,  ///< the server wants a certificate and we showed none
  OldProtocol,    ///< the other side does not speak TLS 1.3
  Other,          ///< not TLS, or broken off
};

/// From OpenSSL's packed error (ERR_get_error) and the verify result of the session (SSL_get_verify_result).
/// In TLS 1.3 a client may finish its handshake before the refusal arrives: ask again at the first failed read.
Cause cause_of(unsigned long openssl_error, long verify_result);
/// The same as an Error: `where` is "tls.<cause>", `detail` the plain words with the code for IT.
base::Error explain(unsigned long openssl_error, long verify_result);
/// Reads the verify result from the session itself.
base::Error explain(ssl_st* session, unsigned long openssl_error);

}  // namespace doorstep::tls
