#include "sync/transport/calls.h"

#include "sync/transport/reply.h"
#include "sync/wire/codec.h"

namespace doorstep::transport {

namespace {

template <class Reply>
base::Result<Reply> call(HttpClient& client, std::string target, std::string body, base::Millis limit) {
  DOORSTEP_TRY_ASSIGN(const HttpResponse response, client.request(sync_request(std::move(target), std::move(body)), limit));
  DOORSTEP_TRY_ASSIGN(const engine::Response answer, recognise(response));
  if (answer.status != 200) return engine::error_of(answer);
  return wire::decode<Reply>(answer.body);
}

}  // namespace

base::Result<wire::EnrolReply> enrol(HttpClient& client, const wire::EnrolRequest& request, base::Millis limit) {
  return call<wire::EnrolReply>(client, "/v1/enrol", wire::encode(request), limit);
}

base::Result<wire::ActivateReply> activate(HttpClient& client, const wire::ActivateRequest& request, base::Millis limit) {
  return call<wire::ActivateReply>(client, "/v1/activate", wire::encode(request), limit);
}

base::Result<wire::RenewReply> renew(HttpClient& client, const wire::RenewRequest& request, base::Millis limit) {
  return call<wire::RenewReply>(client, "/v1/renew", wire::encode(request), limit);
}

base::Result<wire::WitnessReply> witness(HttpClient& client, const wire::WitnessRequest& request, base::Millis limit) {
  return call<wire::WitnessReply>(client, "/v1/witness", wire::encode(request), limit);
}

base::Result<wire::DrainReply> drain(HttpClient& client, const wire::DrainRequest& request, base::Millis limit) {
  return call<wire::DrainReply>(client, "/v1/drain", wire::encode(request), limit);
}

base::Result<wire::CommandReply> command(HttpClient& client, const wire::CommandRequest& request, base::Millis limit) {
  return call<wire::CommandReply>(client, "/v1/command", wire::encode(request), limit);
}

base::Result<wire::Meta> meta(HttpClient& client, base::Millis limit) { return call<wire::Meta>(client, "/v1/meta", {}, limit); }

}  // namespace doorstep::transport
