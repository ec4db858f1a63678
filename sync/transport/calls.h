#pragma once
#include "sync/transport/http_client.h"
#include "sync/wire/messages.h"

/// The calls beside a sync: one request, one reply, no engine. Each blocks for at most `limit`.
/// An Error is HttpClient's when no answer came, else the server's own words ("server.token-used").
namespace doorstep::transport {

/// Over the enrolment listener, without a certificate: the device's certificate for a one-time token.
base::Result<wire::EnrolReply> enrol(HttpClient& client, const wire::EnrolRequest& request, base::Millis limit);

/// Over the main listener with the device's certificate: the worker's certificate for the ticket that enrol() brought.
base::Result<wire::ActivateReply> activate(HttpClient& client, const wire::ActivateRequest& request, base::Millis limit);

/// Over the main listener: another certificate for whom the client's own names, with another key.
base::Result<wire::RenewReply> renew(HttpClient& client, const wire::RenewRequest& request, base::Millis limit);

/// Over the main listener with the worker's certificate: where the server's audit ends by now.
base::Result<wire::WitnessReply> witness(HttpClient& client, const wire::WitnessRequest& request, base::Millis limit);

/// Over the main listener with any tablet's own certificate: sealed copies.
base::Result<wire::DrainReply> drain(HttpClient& client, const wire::DrainRequest& request, base::Millis limit);

/// Over the main listener with the device's certificate: what this tablet is to do, and what it has done.
base::Result<wire::CommandReply> command(HttpClient& client, const wire::CommandRequest& request, base::Millis limit);

/// What the server speaks and allows.
base::Result<wire::Meta> meta(HttpClient& client, base::Millis limit);

}  // namespace doorstep::transport
