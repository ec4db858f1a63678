#include "sync/server/service.h"

#include <charconv>
#include <memory>

#include "platform/base/bytes.h"
#include "platform/base/log.h"
#include "platform/base/mutant.h"
#include "sync/rules/calendar.h"
#include "sync/rules/validate.h"
#include "sync/server/bases.h"
#include "sync/server/commands.h"
#include "sync/server/drain.h"
#include "sync/server/encoding.h"
#include "sync/server/lease.h"
#include "sync/server/pull.h"
#include "sync/server/push.h"
#include "sync/server/witness.h"

namespace doorstep::server {

namespace {

using base::Error;
using base::Fault;
using base::Millis;

/// Either the value, or the reply that refuses it.
template <class T>
using Or = std::variant<T, HttpReply>;

HttpReply later(HttpReply reply, Millis wait) {
  reply.headers.emplace_back("Retry-After", std::to_string((wait.count() + 999) / 1000));
  return reply;
}

HttpReply revoked() {
  return problem(403, "revoked", "This tablet or its worker is no longer authorised.",
                 "Everything that was received before is kept. Call IT.");
}

/// Where the errors are of what was asked about certificates. All others are the database's: "pg.", "sql.", "server.".
constexpr std::string_view kOfRequests[] = {"enrol.", "activate.", "renew.", "tls."};
bool of_database(const Error& error) {
  return std::none_of(std::begin(kOfRequests), std::end(kOfRequests), [&](auto room) { return error.where.starts_with(room); });
}

/// For what the caller cannot help.
HttpReply failure(const Error& error) {
  base::log_error("service", error);
  if (error.fault == Fault::Offline || error.fault == Fault::Untrusted)
    return later(problem(503, "unavailable", "The case server cannot reach its database.", "Nothing is lost; it is tried again."),
                 Millis(10'000));
  if (error.fault == Fault::Timeout || error.fault == Fault::Conflict)
    return busy();
  if (error.fault == Fault::Full)
    return later(problem(503, "full", "The case server has no room left.", "Nothing is lost; it is tried again."),
                 Millis(300'000));
  return problem(500, "internal", "The case server failed.", "Nothing is lost; it is tried again.");
}

HttpReply answer(std::string body) {
  HttpReply reply;
  reply.content_type = wire::kContentType;
  reply.body = std::move(body);
  return reply;
}

template <class T>
Or<T> read_body(const HttpRequest& request, const std::string& body) {
  std::string_view type = header(request, "content-type");
  type = type.substr(0, type.find(';'));
  if (type != wire::kContentType && type != "application/json")
    return problem(415, "unsupported-media", "The request is of another kind than this server reads.", wire::kContentType);
  auto value = wire::decode<T>(body);
  if (!value) return problem(400, "malformed", "The request cannot be read.", value.error().detail);
  return std::move(*value);
}

template <class T>
Or<T> read_body(const HttpRequest& request) {
  return read_body<T>(request, request.body);
}

/// The same of one that came with a prefix of what this tablet may read.
Or<wire::SyncRequest> read_prefixed_body(Repository& repository, const Actor& actor, const HttpRequest& request, Instant now) {
  const auto parts = wire::read_prefixed(request.body);
  if (!parts) return problem(400, "malformed", "The request's body is not what its header says.");
  auto unit = repository.read();
  if (!unit) return failure(unit.error());
  const auto bases = bases_of(**unit, reader_of(actor, now), parts->bases, rules::uk_date(now));
  if (!bases && bases.error().where != "bases") return failure(bases.error());
  if (bases) {
    auto plain = wire::decompress(parts->frame, limits::kBodyBytes, wire::request_prefix(*bases));
    if (plain) return read_body<wire::SyncRequest>(request, *plain);
    if (plain.error().fault == Fault::Full)
      return problem(413, "body-too-large", "The request is larger than this server accepts.", "Send it in smaller parts.");
  }
  return problem(422, "prefix-unknown", "The request leans on versions that this server does not have for this tablet.",
                 "Nothing of it was kept. It is sent again without them.");
}

/// Who asks. The rows are read anew for every request: a revocation holds from the next one on. `least`: how far the worker must
/// still be let; one whose access has ended comes with the tablet's own certificate for what waits and for commands alone.
Or<Actor> admit(Repository& repository, RateLimit& limit, const base::Clock& clock, const HttpRequest& request, tls::Kind kind,
                Access least) {
  const auto& identity = request.peer.identity;
  if (!identity) return problem(401, "no-certificate", "Set-up incomplete: no certificate was shown.");
  if (identity->kind != kind)
    return problem(
        403, "wrong-certificate",
        kind == tls::Kind::Worker ? "This needs the worker's certificate." : "This needs the tablet's own certificate.");
  // The handshake asked once; a connection that is kept open outlives it.
  if (identity->not_after <= clock.wall()) return revoked();
  if (auto wait = limit.take(identity->device.str(), clock.monotonic()))
    return later(problem(429, "too-many-requests", "Too many requests from this tablet.", "Nothing is lost; it is tried again."),
                 *wait);
  auto unit = repository.read();
  if (!unit) return failure(unit.error());
  auto known = (*unit)->has_certificate(identity->serial);
  auto device = (*unit)->device(identity->device);
  if (!known || !device) return failure(!known ? known.error() : device.error());
  if (!*known || !*device) return revoked();
  auto worker = (*unit)->worker((*device)->worker);
  if (!worker) return failure(worker.error());
  bool other = kind == tls::Kind::Worker && identity->worker != (*device)->worker;
  if (!*worker || other) return revoked();
  Access access = access_of(**worker, **device);
  if (base::mutant("revoked-tablet-reads") && (*worker)->usable()) access = Access::Full;
  if (access < least) return revoked();
  return Actor{**worker, **device};
}

/// The path of a target, without its query.
std::string_view path_of(const HttpRequest& request) {
  return std::string_view(request.target).substr(0, request.target.find('?'));
}

constexpr std::string_view kBlobPath = "/v1/blobs/";

/// A whole number without sign, and nothing else.
std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || text.front() == '-' || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

/// "bytes=a-b" or "bytes=a-", and no other form: the first byte, and how many at most.
std::optional<std::pair<std::int64_t, std::size_t>> range_of(const HttpRequest& request) {
  const auto found = request.headers.find("range");
  constexpr std::string_view kUnit = "bytes=";
  if (found == request.headers.end() || !found->second.starts_with(kUnit)) return std::nullopt;
  const std::string_view range = std::string_view(found->second).substr(kUnit.size());
  const auto dash = range.find('-');
  if (dash == range.npos) return std::nullopt;
  const auto first = number_of(range.substr(0, dash));
  if (!first) return std::nullopt;
  if (dash + 1 == range.size()) return std::pair(*first, limits::kBlobPartBytes);
  const auto last = number_of(range.substr(dash + 1));
  if (!last || *last < *first) return std::nullopt;
  return std::pair(*first, std::min(static_cast<std::size_t>(*last - *first) + 1, limits::kBlobPartBytes));
}

/// The same for one that does not exist and one that is not this worker's.
HttpReply unknown_blob() { return problem(404, "blob-unknown", "There is no such photo or drawing."); }

HttpReply bad_certificate_request(const base::Error& why) {
  return problem(400, "bad-certificate-request", "The certificate request cannot be accepted.", why.detail);
}

HttpReply not_found() { return problem(404, "not-found", "There is nothing here."); }
HttpReply wrong_method(const char* allowed) {
  HttpReply reply = problem(405, "method-not-allowed", "This is asked for in another way.", allowed);
  reply.headers.emplace_back("Allow", allowed);
  return reply;
}

}  // namespace

ValidateRecord validate_with(std::vector<rules::Form> forms) {
  auto kept = std::make_shared<std::vector<rules::Form>>(std::move(forms));
  return [kept](const model::ChildRecord& record) -> std::string {
    const rules::Form* form = kept->empty() ? nullptr : &kept->back();
    for (const rules::Form& candidate : *kept)
      if (candidate.version == record.versions.form) form = &candidate;
    if (!form) return "this server has no visit form";
    std::string out;
    for (const rules::Problem& missing : rules::validate_record(*form, record))
      out += (out.empty() ? "" : "\n") + missing.question + (missing.question.empty() ? "" : ": ") + missing.said.key;
    return out;
  };
}

Service::Service(Repository& repository, const tls::Authority& ca, const base::Clock& clock, ValidateRecord validate,
                 ServiceOptions options)
    : repository_(repository),
      ca_(ca),
      clock_(clock),
      validate_(std::move(validate)),
      options_(std::move(options)),
      requests_(options_.requests_per_minute, std::chrono::minutes(1)),
      blobs_(options_.blob_requests_per_minute, std::chrono::minutes(1)),
      failures_(options_.failed_enrolments_per_hour, std::chrono::hours(1)) {
  if (options_.outbox) options_.terms.outbox_key = options_.outbox->open;
}

HttpReply Service::handle(const HttpRequest& request) {
  std::string_view path = path_of(request);
  if (path != "/v1/sync" && request.headers.contains("content-encoding")) return unknown_encoding();  // only a sync leans on anything
  if (path == "/v1/sync") return request.method == "POST" ? sync(request) : wrong_method("POST");
  if (path == "/v1/activate") return request.method == "POST" ? activate(request) : wrong_method("POST");
  if (path == "/v1/command") return request.method == "POST" ? command(request) : wrong_method("POST");
  if (path == "/v1/renew") return request.method == "POST" ? renew(request) : wrong_method("POST");
  if (path == "/v1/witness" && options_.signer) return request.method == "POST" ? witness(request) : wrong_method("POST");
  if (path == "/v1/drain" && options_.outbox) return request.method == "POST" ? drain(request) : wrong_method("POST");
  if (path.starts_with(kBlobPath)) return request.method == "PATCH" || request.method == "GET" ? blob(request) : wrong_method("PATCH, GET");
  if (path == "/v1/meta") return request.method == "GET" ? meta() : wrong_method("GET");
  return not_found();
}

HttpReply Service::handle_enrolment(const HttpRequest& request) {
  std::string_view path = path_of(request);
  if (request.headers.contains("content-encoding")) return unknown_encoding();
  if (path == "/v1/enrol") return request.method == "POST" ? enrol(request) : wrong_method("POST");
  if (path == "/v1/meta") return request.method == "GET" ? meta() : wrong_method("GET");
  return not_found();
}

HttpReply Service::meta() const {
  wire::Meta meta;
  meta.version = options_.version;
  meta.body_bytes = limits::kBodyBytes;
  meta.server_time = clock_.wall();
  HttpReply reply;
  reply.content_type = wire::kContentType;
  reply.body = wire::encode(meta);
  return reply;
}

HttpReply Service::sync(const HttpRequest& request) {
  auto admitted = admit(repository_, requests_, clock_, request, tls::Kind::Worker, Access::Drain);
  if (auto* refused = std::get_if<HttpReply>(&admitted)) return *refused;
  const Actor& actor = std::get<Actor>(admitted);
  const Instant now = clock_.wall();
  auto read = header(request, "content-encoding") == wire::kPrefixEncoding ? read_prefixed_body(repository_, actor, request, now)
                                                                          : read_body<wire::SyncRequest>(request);
  if (auto* refused = std::get_if<HttpReply>(&read)) return *refused;
  const auto& asked = std::get<wire::SyncRequest>(read);
  if (asked.proto != wire::kProto)
    return problem(426, "unsupported-protocol", "This tablet speaks another version than this server.",
                   "Update the tablet's app.");
  if (asked.device != actor.device.id)
    return problem(403, "wrong-device", "The certificate belongs to another tablet.", "Call IT.");
  if (asked.incarnation < 1 || asked.ops.first < 1)
    return problem(400, "malformed", "The request cannot be read.", "ops.first, incarnation");
  if (auto whole = check_asked(asked); !whole)
    return problem(400, "malformed", "The request cannot be read.", whole.error().where + ": " + whole.error().detail);
  if (asked.ops.items.size() > limits::kOpsPerPush)
    return problem(413, "too-many-operations", "Too many operations in one request.", std::to_string(limits::kOpsPerPush));

  std::optional<std::vector<wire::BlobNeed>> needed;
  auto pushed = push(repository_, validate_, actor, asked.incarnation, asked.ops, now, options_.signer);
  if (!pushed) {
    if (pushed.error().where == "push.revoked") return revoked();
    if (pushed.error().where == "push.forked")
      return problem(409, "forked", "This tablet's history is not the one the server knows.",
                     "Nothing is lost: the tablet starts a new chain and sends again what was not received.");
    return failure(pushed.error());
  }
  auto pulled = pull(repository_, actor, asked, now);
  if (!pulled) return pulled.error().where == "pull.revoked" ? revoked() : failure(pulled.error());
  if (!pulled->awaited.empty()) {
    auto need = blob_needs(repository_, options_.blobs, pulled->awaited, now);
    if (!need) return failure(need.error());
    if (!need->empty()) needed = std::move(*need);
  }

  wire::SyncReply reply;
  reply.epoch = std::move(pulled->epoch);
  reply.applied_through = pushed->chain.through;
  reply.head_hash = pushed->chain.hash;
  reply.results = std::move(pushed->results);
  if (!asked.erased.value_or(false))  // it could not read a reply with a code it does not know
    for (wire::OpResult& result : reply.results)
      if (result.code == wire::Refusal::Erased) result.code = wire::Refusal::WrongState;
  const bool receipts = std::any_of(reply.results.begin(), reply.results.end(), [](const auto& r) { return r.receipt.has_value(); });
  if (receipts) reply.receipt_signer = options_.signer->cert;
  reply.need_view = pulled->need_view;
  reply.cases = std::move(pulled->cases);
  reply.drop = std::move(pulled->drop);
  reply.more = pulled->more;
  if (!pulled->lost.empty()) reply.lost = std::move(pulled->lost);
  reply.need = std::move(needed);
  reply.next_after_s = options_.next_after_s;
  reply.next_spread_s = options_.next_spread_s;
  reply.receipt = pushed->receipt;
  reply.server_time = now;
  if (pulled->drained) reply.drain = true;
  if (!pulled->drained && asked.lease && options_.signer) {
    auto lease = sign_lease(*options_.signer, actor.device.id, actor.worker.id, *asked.lease, now);
    if (!lease) return failure(lease.error());
    reply.lease = std::move(*lease);
  }
  if (options_.signer) {
    auto told = sign_command(*options_.signer, actor.device, now);
    if (!told) return failure(told.error());
    reply.command = std::move(*told);
  }
  if (header(request, "accept-encoding").find(wire::kPrefixEncoding) == std::string_view::npos) return answer(wire::encode(reply));
  return with_prefix(reply, pushed->operations);
}

/// What of it the tablet holds or said itself costs it next to nothing.
HttpReply Service::with_prefix(const wire::SyncReply& reply, const std::vector<wire::Operation>& said) {
  std::string plain = wire::encode(reply);
  if (plain.size() < wire::kWorthCompressing) return answer(std::move(plain));
  auto unit = repository_.read();
  if (!unit) return failure(unit.error());
  const auto bases = bases_held(**unit, reply.cases, said);
  if (!bases) return failure(bases.error());
  if (bases->empty() && said.empty()) return answer(std::move(plain));
  HttpReply out = answer(wire::write_prefixed(*bases, plain, wire::reply_prefix(*bases, said)));
  out.headers.emplace_back("Content-Encoding", wire::kPrefixEncoding);
  return out;
}

HttpReply Service::blob(const HttpRequest& request) {
  auto admitted = admit(repository_, blobs_, clock_, request, tls::Kind::Worker, Access::Drain);
  if (auto* refused = std::get_if<HttpReply>(&admitted)) return *refused;
  const Actor& actor = std::get<Actor>(admitted);
  const std::string sha256(path_of(request).substr(kBlobPath.size()));
  return request.method == "PATCH" ? take_blob(actor, sha256, request) : give_blob(actor, sha256, request);
}

HttpReply Service::take_blob(const Actor& actor, const std::string& sha256, const HttpRequest& request) {
  constexpr std::string_view kOffset = "?offset=";
  const auto query = std::string_view(request.target).substr(path_of(request).size());
  const auto offset = query.starts_with(kOffset) ? number_of(query.substr(kOffset.size())) : std::nullopt;
  if (!offset) return problem(400, "malformed", "The request cannot be read.", "offset");
  if (request.body.size() > limits::kBlobPartBytes)
    return problem(413, "body-too-large", "The request is larger than this server accepts.", "Send it in smaller parts.");
  auto state = take_blob_part(repository_, options_.blobs, actor, sha256, *offset, request.body, clock_.wall());
  if (state) return answer(wire::encode(*state));
  switch (state.error().fault) {
    case Fault::NotFound: return unknown_blob();
    case Fault::Invalid:
      return problem(422, "blob-differs", "What arrived is not the photo or drawing that was announced.",
                     "Nothing of it was kept. Send it again from the start.");
    default: return failure(state.error());
  }
}

HttpReply Service::give_blob(const Actor& actor, const std::string& sha256, const HttpRequest& request) {
  const auto range = range_of(request);
  if (!range) return problem(416, "range", "Say which bytes: Range: bytes=first-last.", std::to_string(limits::kBlobPartBytes));
  const Instant now = clock_.wall();
  auto part = read_blob(repository_, options_.blobs, reader_of(actor, now), sha256, range->first, range->second, now);
  if (!part) return part.error().fault == Fault::NotFound ? unknown_blob() : failure(part.error());
  if (part->bytes.empty()) return problem(416, "range", "It ends before that.", std::to_string(part->size));
  HttpReply reply;
  reply.status = 206;
  reply.content_type = wire::kBlobType;
  reply.headers.emplace_back("Content-Range", "bytes " + std::to_string(range->first) + "-" +
                                                  std::to_string(range->first + static_cast<std::int64_t>(part->bytes.size()) - 1) +
                                                  "/" + std::to_string(part->size));
  reply.body = std::move(part->bytes);
  return reply;
}

HttpReply Service::activate(const HttpRequest& request) {
  auto admitted = admit(repository_, requests_, clock_, request, tls::Kind::Device, Access::Full);
  if (auto* refused = std::get_if<HttpReply>(&admitted)) return *refused;
  auto read = read_body<wire::ActivateRequest>(request);
  if (auto* refused = std::get_if<HttpReply>(&read)) return *refused;
  auto done = insist(repository_, [&] {
    return server::activate(repository_, ca_, std::get<Actor>(admitted).device.id, std::get<wire::ActivateRequest>(read),
                            clock_.wall());
  });
  if (done) return answer(wire::encode(*done));
  if (of_database(done.error())) return failure(done.error());
  switch (done.error().fault) {
    case Fault::NotFound:
      return problem(403, "ticket-unknown", "This tablet's set-up ticket is not known.", "Enrol the tablet again.");
    case Fault::Conflict: return problem(409, "ticket-used", "This tablet's set-up ticket was used.", "Enrol the tablet again.");
    case Fault::Timeout:
      return problem(410, "ticket-expired", "This tablet's set-up ticket has expired.", "Enrol the tablet again.");
    case Fault::Invalid: return bad_certificate_request(done.error());
    case Fault::Denied: return revoked();
    default: return failure(done.error());
  }
}

HttpReply Service::command(const HttpRequest& request) {
  auto admitted = admit(repository_, requests_, clock_, request, tls::Kind::Device, Access::Drain);
  if (auto* refused = std::get_if<HttpReply>(&admitted)) return *refused;
  auto read = read_body<wire::CommandRequest>(request);
  if (auto* refused = std::get_if<HttpReply>(&read)) return *refused;
  const DeviceRow& device = std::get<Actor>(admitted).device;
  const Instant now = clock_.wall();
  const auto& obeyed = std::get<wire::CommandRequest>(read).obeyed;
  wire::CommandReply reply;
  if (obeyed) {
    auto noted = insist(repository_, [&] { return note_obeyed(repository_, device.id, *obeyed, now); });
    if (!noted) return failure(noted.error());
  }
  if (options_.signer && !(obeyed && device.command && device.command->number == *obeyed)) {
    auto told = sign_command(*options_.signer, device, now);
    if (!told) return failure(told.error());
    reply.command = std::move(*told);
  }
  return answer(wire::encode(reply));
}

HttpReply Service::renew(const HttpRequest& request) {
  const auto& shown = request.peer.identity;
  const bool worker = shown && shown->kind == tls::Kind::Worker;
  auto admitted = worker ? admit(repository_, requests_, clock_, request, tls::Kind::Worker, Access::Drain)
                         : admit(repository_, requests_, clock_, request, tls::Kind::Device, Access::Full);
  if (auto* refused = std::get_if<HttpReply>(&admitted)) return *refused;
  auto read = read_body<wire::RenewRequest>(request);
  if (auto* refused = std::get_if<HttpReply>(&read)) return *refused;
  auto done = insist(repository_, [&] {
    return server::renew(repository_, ca_, *shown, std::get<wire::RenewRequest>(read), clock_.wall());
  });
  if (done) return answer(wire::encode(*done));
  if (of_database(done.error())) return failure(done.error());
  switch (done.error().fault) {
    case Fault::Invalid: return bad_certificate_request(done.error());
    case Fault::Denied: return revoked();
    default: return failure(done.error());
  }
}

HttpReply Service::witness(const HttpRequest& request) {
  auto admitted = admit(repository_, requests_, clock_, request, tls::Kind::Worker, Access::Drain);
  if (auto* refused = std::get_if<HttpReply>(&admitted)) return *refused;
  auto read = read_body<wire::WitnessRequest>(request);
  if (auto* refused = std::get_if<HttpReply>(&read)) return *refused;
  auto done = insist(repository_, [&] {
    return server::witness(repository_, *options_.signer, ca_.cert, std::get<Actor>(admitted), std::get<wire::WitnessRequest>(read),
                           clock_.wall());
  });
  return done ? answer(wire::encode(*done)) : failure(done.error());
}

HttpReply Service::drain(const HttpRequest& request) {
  auto admitted = admit(repository_, requests_, clock_, request, tls::Kind::Device, Access::Drain);
  if (auto* refused = std::get_if<HttpReply>(&admitted)) return *refused;
  auto read = read_body<wire::DrainRequest>(request);
  if (auto* refused = std::get_if<HttpReply>(&read)) return *refused;
  const auto& copies = std::get<wire::DrainRequest>(read).copies;
  if (copies.size() > limits::kDrainItems)
    return problem(413, "too-many-operations", "Too many sealed copies in one request.", std::to_string(limits::kDrainItems));
  wire::DrainReply reply;
  for (const std::string& copy : copies) {
    const auto file = base::from_base64(copy);
    auto fate = take_copy(repository_, validate_, {*options_.outbox, ca_.cert}, file ? std::string_view(*file) : std::string_view(),
                          std::get<Actor>(admitted).device.id, clock_.wall(), options_.signer);
    if (!fate) return failure(fate.error());
    reply.fates.push_back(*fate);
  }
  return answer(wire::encode(reply));
}

HttpReply Service::enrol(const HttpRequest& request) {
  const std::string& address = request.peer.address;
  if (auto wait = failures_.wait(address, clock_.monotonic()))
    return later(problem(429, "too-many-failures", "Too many failed enrolments from this address.", "Wait, or ask IT."), *wait);
  auto failed = [&](HttpReply reply) {
    failures_.count(address, clock_.monotonic());
    return reply;
  };
  auto read = read_body<wire::EnrolRequest>(request);
  if (auto* refused = std::get_if<HttpReply>(&read)) return failed(*refused);
  auto done = insist(repository_, [&] {
    return server::enrol(repository_, ca_, options_.terms, std::get<wire::EnrolRequest>(read), clock_);
  });
  if (done) return answer(wire::encode(*done));
  if (of_database(done.error())) return failure(done.error());
  if (done.error().where == kOtherCouncil)
    return problem(409, "council", "This server is " + options_.terms.council + "'s.",
                   "The tablet's device.toml is " + *std::get<wire::EnrolRequest>(read).council + "'s.");
  if (done.error().where == kNotAlike)
    return options_.terms.demonstration
               ? problem(409, "demonstration", "This server is a demonstration, and the tablet is not.",
                         "Every family on it is invented, and a tablet of it has to say so on every screen. No real child may be written down here.")
               : problem(409, "demonstration", "The tablet is a demonstration, and this server is not.",
                         "It holds real families, and a tablet that says they are invented may not have them.");
  switch (done.error().fault) {
    case Fault::NotFound:
      return failed(problem(403, "token-unknown", "This code is not known.", "Check it, or ask IT for a new one."));
    case Fault::Conflict: return failed(problem(409, "token-used", "This code was used.", "Make a new one: doorstep-server token."));
    case Fault::Timeout: return failed(problem(410, "token-expired", "This code has expired.", "Make a new one: doorstep-server token."));
    case Fault::Invalid: return failed(bad_certificate_request(done.error()));
    case Fault::Denied: return failed(problem(403, "worker-left", "The worker this code was made for has left.", "Ask IT."));
    default: return failure(done.error());
  }
}

}  // namespace doorstep::server
