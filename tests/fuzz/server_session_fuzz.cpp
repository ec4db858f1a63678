#include "platform/base/bytes.h"
#include "sync/server/encoding.h"
#include "sync/wire/codec.h"
#include "tests/fuzz/office.h"

using namespace doorstep;
using base::Id;

namespace {

constexpr std::size_t kSteps = 24;
constexpr std::string_view kToken = "sixteen bytes it";  // of an enrolment and of a ticket; in base32 in the corpus

/// One that is enrolled; what it sent is chained as a tablet does.
struct Tablet {
  Id device, worker;
  std::string serial;
  std::vector<std::string> sent = {};
  std::vector<wire::OpResult> results = {};
  std::string chain = wire::kChainStart;
  bool spoken_for = false;  ///< a request that is written out whole may have pushed under its name: then its chain is not ours, 409
};

Id worker(const char* ref) { return Id::from_name(std::string("worker:") + ref); }
Id named(const char* name) { return Id::v7({1'795'000'000'000}, base::sha256(name)); }

/// Two of a worker's and one of her supervisor's.
std::vector<Tablet> tablets() {
  return {{named("one"), worker("W1001"), "01"}, {named("two"), worker("W1001"), "02"}, {named("three"), worker("W1009"), "03"}};
}

tls::Identity identity(const Tablet& tablet, tls::Kind kind) {
  tls::Identity out;
  out.kind = kind;
  out.device = tablet.device;
  if (kind == tls::Kind::Worker) out.worker = tablet.worker;
  out.serial = tablet.serial;
  out.not_after.ms = INT64_MAX;
  return out;
}

void furnish(server::Repository& repository) {
  const fuzz::Clock clock;
  DOORSTEP_ASSERT(server::import_extract(repository, fuzz::demo_extract(), fuzz::demo_dates(), clock.now).has_value());
  auto unit = *repository.write();
  const base::Instant later = clock.now + base::Millis(3'600'000);
  for (const Tablet& tablet : tablets()) {
    server::DeviceRow row;
    row.id = tablet.device;
    row.worker = tablet.worker;
    DOORSTEP_ASSERT(unit->put_device(row).has_value());
    DOORSTEP_ASSERT(unit->add_certificate({tablet.serial, tablet.device, tablet.worker, {}, clock.now, later}).has_value());
  }
  const std::string hash = base::sha256_hex(kToken);
  DOORSTEP_ASSERT(unit->put_token({hash, worker("W1001"), clock.now, later, std::nullopt, {}, {}}).has_value());
  DOORSTEP_ASSERT(unit->put_ticket({hash, named("one"), worker("W1001"), later, std::nullopt, {}}).has_value());
  DOORSTEP_ASSERT(unit->commit().has_value());
}

/// One server with its tablets, and requests one after another.
class Session {
 public:
  explicit Session(server::Repository& repository) : repository_(repository) {
    static const tls::Authority ca = *tls::make_authority("Northmere Council", fuzz::Clock().now);
    static const auto form = server::validate_with({*rules::parse_form(fuzz::asset("forms/visit.json"))});
    // Asked, and not listened to: no record of a few bytes is complete.
    auto validate = [](const model::ChildRecord& record) { return form(record).substr(0, 0); };
    static const auto outbox = base::outbox_keys(base::Secret::copy_of("the outbox of this test vector 1"));
    server::ServiceOptions options;
    options.outbox = &outbox;
    service_ = std::make_unique<server::Service>(repository, ca, clock_, validate, options);
  }

  void step(std::string_view text) {
    clock_.now = clock_.now + base::Millis(2000);
    clock_.up += base::Millis(2000);
    switch (const char kind = fuzz::first(text)) {
      case '1':
      case '2':
      case '3': return push(tablets_[static_cast<std::size_t>(kind - '1')], text);
      case 'S': {
        const auto reply = post("/v1/sync", std::string(text), identity(tablets_[0], tls::Kind::Worker));
        tablets_[0].spoken_for = tablets_[0].spoken_for || reply.status == 200;
        return;
      }
      case 'A': return (void)post("/v1/activate", std::string(text), identity(tablets_[0], tls::Kind::Device));
      case 'E': return (void)post("/v1/enrol", std::string(text), std::nullopt);
      case 'R': return raw(text);
      default: return;
    }
  }

  /// What was acknowledged is answered in the same way again.
  void end() {
    for (const Tablet& tablet : tablets_) {
      if (tablet.sent.empty()) continue;
      wire::SyncRequest request;
      request.device = tablet.device;
      request.ops.items = tablet.sent;
      const auto reply = post("/v1/sync", wire::encode(request), identity(tablet, tls::Kind::Worker));
      if (reply.status == 409 && tablet.spoken_for) continue;
      DOORSTEP_ASSERT(reply.status == 200 && wire::decode<wire::SyncReply>(reply.body)->results == tablet.results);
    }
    DOORSTEP_ASSERT(*(*repository_.read())->audit_intact());
  }

 private:
  /// An operation by its JSON, its number put right; where it says @H the head's hash is meant. Any other bytes are sent as they are.
  void push(Tablet& tablet, std::string_view text) {
    std::string bytes(text);
    if (!base::is_utf8(bytes)) return;  // cannot stand in a request: that is for 'S'
    if (auto op = wire::decode<wire::Operation>(text)) {
      op->number = static_cast<std::int64_t>(tablet.sent.size()) + 1;
      if (const auto head = *(*repository_.read())->head(op->record)) {
        if (op->base_hash == "@H") op->base_rev = head->rev, op->base_hash = head->hash;
        if (const auto at = op->body.find("@H"); at != std::string::npos) op->body.replace(at, 2, head->hash);
      }
      bytes = wire::encode(*op);
    }
    wire::SyncRequest request;
    request.device = tablet.device;
    request.ops = {static_cast<std::int64_t>(tablet.sent.size()) + 1, tablet.chain, {bytes}};
    const auto reply = post("/v1/sync", wire::encode(request), identity(tablet, tls::Kind::Worker));
    if (reply.status == 409 && tablet.spoken_for) return;
    tablet.chain = wire::chain_next(tablet.chain, bytes);
    tablet.sent.push_back(std::move(bytes));
    DOORSTEP_ASSERT(reply.status == 200);
    const auto read = wire::decode<wire::SyncReply>(reply.body);
    DOORSTEP_ASSERT(read.has_value() && read->head_hash == tablet.chain && read->results.size() == 1);
    tablet.results.push_back(read->results.front());
  }

  /// Who ('0' nobody, '1' to '3' a worker, 'd' a tablet, 'e' at the door), then "POST /v1/sync", headers, an empty line, the body.
  void raw(std::string_view text) {
    const char who = fuzz::first(text);
    auto line = [&] {
      const auto end = std::min(text.find('\n'), text.size());
      const std::string out(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      return out;
    };
    server::HttpRequest request;
    const std::string begin = line();
    request.method = begin.substr(0, begin.find(' '));
    request.target = begin.substr(std::min(begin.size(), request.method.size() + 1));
    for (std::string header = line(); !header.empty(); header = line()) {
      const auto colon = std::min(header.find(": "), header.size());
      request.headers.emplace(header.substr(0, colon), header.substr(std::min(header.size(), colon + 2)));
    }
    request.body = text;
    Tablet* tablet = who >= '1' && who <= '3' ? &tablets_[static_cast<std::size_t>(who - '1')] : nullptr;
    if (tablet) request.peer.identity = identity(*tablet, tls::Kind::Worker);
    if (who == 'd') request.peer.identity = identity(tablets_[0], tls::Kind::Device);
    const auto reply = send(std::move(request), who == 'e');
    if (tablet) tablet->spoken_for = tablet->spoken_for || reply.status == 200;
  }

  server::HttpReply post(const std::string& target, std::string body, std::optional<tls::Identity> who) {
    server::HttpRequest request{"POST", target, {{"content-type", wire::kContentType}}, std::move(body), {}};
    request.peer = {"198.51.100.7", {}, std::move(who)};
    return send(std::move(request), target == "/v1/enrol");
  }

  server::HttpReply send(server::HttpRequest request, bool door) {
    auto reply = server::plain_in_coded_out(
        [&](const server::HttpRequest& plain) { return door ? service_->handle_enrolment(plain) : service_->handle(plain); }, request,
        door ? limits::kEnrolBodyBytes : limits::kBodyBytes);
    DOORSTEP_ASSERT(reply.status >= 200 && reply.status < 500);  // nothing that is sent makes the server fail
    if (reply.status != 200) {
      const auto problem = wire::decode<wire::Problem>(reply.body);
      DOORSTEP_ASSERT(problem.has_value() && problem->status == reply.status && problem->type.starts_with("urn:doorstep:problem:"));
    }
    return reply;
  }

  server::Repository& repository_;
  fuzz::Clock clock_;
  std::unique_ptr<server::Service> service_;
  std::vector<Tablet> tablets_ = tablets();
};

}  // namespace

FUZZ(server_session) {
  static fuzz::Office office(furnish);
  const auto repository = office.begin();
  Session session(*repository);
  for (const auto step : fuzz::parts(input, kSteps)) session.step(step);
  session.end();
}
