#pragma once
#include <catch2/catch_test_macros.hpp>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "app/work/runner.h"
#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/config/tablet_folder.h"
#include "platform/tls/certificate.h"
#include "platform/tls/signature.h"
#include "sync/rules/calendar.h"
#include "sync/server/enrolment.h"
#include "sync/server/http_listener.h"
#include "sync/server/import.h"
#include "sync/server/service.h"
#include "sync/server/sqlcipher_repository.h"
#include "sync/transport/calls.h"
#include "sync/wire/codec.h"
#include "tests/support/folder.h"
#include "tests/support/tree.h"

/// A real case server on loopback, and tablets that are a Runner with somebody listening to its events.
namespace doorstep::work::test {

namespace fs = std::filesystem;

template <class T>
T must(Result<T> result) {
  INFO((result.has_value() ? std::string() : result.error().where + ": " + result.error().detail));
  REQUIRE(result.has_value());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline const base::SystemClock kClock;

using support::Folder;

class CaseServer {
 public:
  CaseServer() {
    auto server_key = must(tls::make_key());
    auto cert = must(tls::issue(ca_, must(tls::make_request(server_key)), tls::Subject::of_server({"localhost"}), 30, kClock.wall()));
    main_context_ = must(tls::server_context({.ca = ca_.cert, .cert = cert, .key = server_key}));
    enrol_context_ = must(tls::server_context({.ca = ca_.cert, .cert = cert, .key = server_key, .clients = tls::ClientCertificates::None}));
    repository = must(server::open_sqlcipher_repository(folder_ / "cases.db", key_));
    server::ServiceOptions options;
    options.requests_per_minute = options.blob_requests_per_minute = 100'000;
    options.signer = &signer_;
    options.outbox = &outbox_;
    options.blobs.folder = blobs;
    auto accept = [](const model::ChildRecord&) { return std::string(); };  // which answers are missing is the rules' matter
    service_ = std::make_unique<server::Service>(*repository, ca_, kClock, accept, options);
    std::map<std::string, std::string> files;
    for (auto name : server::kExtractFiles)
      files[std::string(name)] = must(base::read_file(support::assets("demo") / name, limits::kCsvBytes));
    server::ImportOptions how;
    how.relative_to = rules::uk_date(kClock.wall());
    auto report = must(server::import_extract(*repository, files, how, kClock.wall()));
    REQUIRE(report.problems.empty());
    start();
  }
  ~CaseServer() { stop(); }

  void start() {
    auto listen = [&](std::uint16_t port, const tls::Context& context, server::HttpHandler handler) {
      server::ListenerConfig config;
      config.port = port;
      config.context = context;
      config.headers = {{wire::kProtoHeader, std::to_string(wire::kProto)}};
      return must(server::HttpListener::start(std::move(config), std::move(handler)));
    };
    main_ = listen(port, main_context_, [this](const server::HttpRequest& request) {
      if (request.target == "/v1/sync") note(request.peer.identity->serial);
      if (request.target == "/v1/witness")
        if (auto held = wire::decode<wire::WitnessRequest>(request.body)) note(std::move(*held));  // Catch's macros are for its own thread
      if (change_reply && request.target == "/v1/sync") return changed(request);
      if (change_renewal && request.target == "/v1/renew") return change_renewal(service_->handle(request));
      if (slow_photos && request.method == "PATCH") std::this_thread::sleep_for(std::chrono::milliseconds(100));
      return service_->handle(request);
    });
    enrol_ = listen(enrol_port, enrol_context_, [this](const server::HttpRequest& request) { return service_->handle_enrolment(request); });
    port = main_->port();
    enrol_port = enrol_->port();
  }
  void stop() {
    main_.reset();
    enrol_.reset();
  }
  const std::string& ca() const { return ca_.cert; }
  /// A tablet's certificate with so many days left; below 0: it ran out.
  std::string own_certificate(Id device, const Secret& key, int days_left) {
    const auto then = kClock.wall() + -std::chrono::hours(24 * (tls::kClientDays - days_left));
    auto pem = must(tls::issue(ca_, must(tls::make_request(key)), tls::Subject::of_device(device), tls::kClientDays, then));
    const auto read = must(tls::inspect(pem));
    auto unit = must(repository->write());
    must(unit->add_certificate({read.serial, device, Id(), read.fingerprint, then, read.not_after}));
    must(unit->commit());
    return pem;
  }
  /// Of the certificates that syncs were asked with, so far.
  std::set<std::string> serials() {
    std::lock_guard lock(seen_mutex_);
    return serials_;
  }
  /// What tablets held of the audit, so far.
  std::vector<wire::WitnessRequest> witnessed() {
    std::lock_guard lock(seen_mutex_);
    return witnessed_;
  }

  std::unique_ptr<server::Repository> repository;
  std::uint16_t port = 0, enrol_port = 0;
  std::function<void(wire::SyncReply&)> change_reply;  ///< what every sync is answered with; set while it is stopped
  std::function<server::HttpReply(server::HttpReply)> change_renewal;  ///< likewise of what a certificate is answered with
  const tls::Authority& authority() const { return ca_; }
  tls::Signer& signer() { return signer_; }
  std::atomic<bool> slow_photos = false;  ///< each part that is sent takes a tenth of a second, as outside

 private:
  server::HttpReply changed(server::HttpRequest request) {
    request.headers.erase("accept-encoding");
    auto reply = service_->handle(request);
    auto said = wire::decode<wire::SyncReply>(reply.body);
    if (reply.status != 200 || !said) return reply;
    change_reply(*said);
    reply.body = wire::encode(*said);
    return reply;
  }
  void note(const std::string& serial) {
    std::lock_guard lock(seen_mutex_);
    serials_.insert(serial);
  }
  void note(wire::WitnessRequest request) {
    std::lock_guard lock(seen_mutex_);
    witnessed_.push_back(std::move(request));
  }
  std::mutex seen_mutex_;
  std::set<std::string> serials_;
  std::vector<wire::WitnessRequest> witnessed_;
  Folder folder_;

 public:
  const fs::path blobs = folder_ / "blobs";

 private:
  base::Secret key_ = base::Secret::random(48);
  tls::Authority ca_ = must(tls::make_authority("Test council", kClock.wall()));
  tls::Signer signer_ = must(tls::make_signer(ca_, {"localhost"}, tls::kServerDays, kClock.wall()));
  base::OutboxKeys outbox_ = base::outbox_keys(base::Secret::random(32));
  tls::Context main_context_, enrol_context_;
  std::unique_ptr<server::Service> service_;
  std::unique_ptr<server::HttpListener> main_, enrol_;
};

class Tablet {
 public:
  static constexpr std::string_view kPassphrase = "quiet river lantern teapot";

  Tablet(CaseServer& server, const std::string& worker_ref) : server_(server), key_(must(tls::make_key())) {
    auto token = must(server::make_token(*server.repository, worker_ref, {}, kClock.wall()));
    transport::HttpClient client({"127.0.0.1", server.enrol_port, "localhost"}, must(tls::client_context({.ca = server.ca(), .cert = {}})));
    enrolment_ = must(transport::enrol(client, {token, must(tls::make_request(key_))}, base::Millis(20'000)));
  }

  ~Tablet() { close(); }

  /// A runner that hears and does nothing yet.
  void make() {
    Options options;
    options.folder = folder.path();
    options.photos = photos;
    options.picture_program = support::bin("doorstep-picture");
    options.enrolment = {enrolment_.device, enrolment_.worker, enrolment_.worker_name, key_.clone(), enrolment_.device_certificate,
                         enrolment_.ticket, base::from_hex(enrolment_.outbox_key.value_or("")).value_or("")};
    if (days_left) options.enrolment.device_certificate = server_.own_certificate(enrolment_.device, key_, *days_left);
    const auto fits = [this](const auto& pair) { return tls::is_of_device(pair.certificate, enrolment_.device, pair.key); };
    if (auto renewed = config::renewed_pair(folder.path(), fits)) {
      options.enrolment.device_key = std::move(renewed->key);
      options.enrolment.device_certificate = std::move(renewed->certificate);
    }
    options.server = {"127.0.0.1", by_way_of ? by_way_of : server_.port, "localhost"};
    options.credentials = {.make_key = [] { return tls::make_key(); },
                           .make_request = [](const Secret& key) { return tls::make_request(key); },
                           .client_context = [ca = server_.ca()](const std::string& cert, const Secret& key) {
                             return tls::client_context({.ca = ca, .cert = cert, .key = &key});
                           },
                           .sign = [](const Secret& key, std::string_view bytes) { return tls::sign_with(key, bytes); },
                           .valid_until = [](const std::string& certificate) {
                             const auto read = tls::inspect(certificate);
                             return read.has_value() ? std::optional(read->not_after) : std::nullopt;
                           },
                           .keep_own = [this](const Secret& key, const std::string& certificate) -> Result<void> {
                             if (!tls::is_of_device(certificate, enrolment_.device, key))
                               return base::Error{base::Fault::Invalid, "device.pem", {}};
                             return config::keep_renewed_pair(folder.path(), {key.clone(), certificate});
                           },
                           .check_signature = tls::SignatureCheck(server_.ca())};
    options.lease = lease;
    options.test_cost = vault::kTestCost;
    options.chip = chip;
    options.pins = pins;
    runner = std::make_unique<Runner>(std::move(options), *clock, [this] {
      std::lock_guard lock(mutex_);
      ring_ = true;
      bell_.notify_one();
    });
  }
  void start() {
    if (!runner) make();
    runner->start();
    const auto started = wait<state::Started>();
    has_passphrase = started.has_passphrase;
    offers_pins = started.pins;
  }
  /// Starts and unlocks; the error when it did not open.
  std::optional<base::Error> open(std::string_view passphrase = kPassphrase) {
    if (!runner) start();
    if (has_passphrase) runner->run(state::Unlock{Secret::copy_of(passphrase)});
    else runner->run(state::CreatePassphrase{Secret::copy_of(passphrase)});
    auto result = wait<state::UnlockResult>();
    if (result.error) return result.error;
    has_passphrase = true;
    wait<state::Loaded>();
    return std::nullopt;
  }
  void close() {
    runner.reset();
    events_.clear();
  }

  /// Hears events until one of this kind satisfies `good`, and returns it; fails after two minutes.
  template <class E>
  E wait(const std::function<bool(const E&)>& good = [](const E&) { return true; }) {
    auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    for (;;) {
      while (!events_.empty()) {
        state::Event event = std::move(events_.front());
        events_.pop_front();
        if (auto* loaded = std::get_if<state::Loaded>(&event)) caseload = loaded->caseload;
        commands += std::holds_alternative<state::Commanded>(event);
        if (auto* status = std::get_if<state::SyncStatus>(&event)) sync = *status;
        if (auto* wanted = std::get_if<E>(&event); wanted && good(*wanted)) return std::move(*wanted);
      }
      {
        std::unique_lock lock(mutex_);
        INFO("last sync error: " << (sync.error ? sync.error->where + ": " + sync.error->detail : "none"));
        // Also where events come and come, and none of them is it.
        REQUIRE((std::chrono::steady_clock::now() < end && bell_.wait_until(lock, end, [&] { return ring_; })));
        ring_ = false;
      }
      for (auto& event : runner->take()) events_.push_back(std::move(event));
    }
  }
  /// Until everything is sent and taken in, and the caseload says so.
  void settle(const std::function<bool(const state::Caseload&)>& good = [](const auto&) { return true; }) {
    auto asked = kClock.wall();
    runner->run(state::SyncNow{});
    wait<state::SyncStatus>([&](const auto& s) {
      return s.phase == state::SyncPhase::Idle && s.waiting == 0 && s.last_tried && *s.last_tried >= asked;
    });
    if (!caseload || !good(*caseload)) wait<state::Loaded>([&](const auto& loaded) { return good(*loaded.caseload); });
  }
  void save(const model::Visit& visit, std::uint64_t edit = 1, std::int64_t based_on = 0) {
    runner->run(state::SaveDraft{visit, edit, false, based_on});
    wait<state::Saved>([&](const auto& saved) { return saved.visit == visit.id && saved.edit == edit; });
  }
  model::Visit visit_to(const model::Child& child, const std::string& text) {
    model::Visit visit;
    visit.id = base::new_id(kClock);
    visit.author = enrolment_.worker;
    visit.family = child.family;
    visit.facts.type = model::VisitType::Cin;
    visit.facts.start = model::ZonedTime{kClock.wall(), 0, "Europe/London"};
    model::ChildPart part;
    part.id = child.id;
    part.name = child.name;
    part.seen = true;
    part.answers["observed"] = text;
    visit.children.push_back(part);
    return visit;
  }
  state::Submit submission(const model::Visit& visit) {
    state::Submit out{visit, {}};
    for (const auto& part : visit.children)
      if (!part.revises) out.record_ids[part.id] = base::new_id(kClock);
    return out;
  }
  Id worker() const { return enrolment_.worker; }
  Id device() const { return enrolment_.device; }

  Folder folder;
  fs::path photos;                     ///< the camera's folder
  std::optional<int> days_left;        ///< of the certificate that enrolment left; empty: all of them
  std::uint16_t by_way_of = 0;         ///< a port that leads to the server's; 0: straight there
  const base::Clock* clock = &kClock;  ///< the runner's
  base::Millis lease = std::chrono::days(7);
  std::string chip;                    ///< a TPM; empty: none
  vault::Pins pins = vault::Pins::Refused;  ///< the council's word
  std::unique_ptr<Runner> runner;
  bool has_passphrase = false, offers_pins = false;
  state::CaseloadPtr caseload;
  state::SyncStatus sync;
  int commands = 0;  ///< heard so far

 private:
  CaseServer& server_;
  Secret key_;
  wire::EnrolReply enrolment_;
  std::deque<state::Event> events_;
  std::mutex mutex_;
  std::condition_variable bell_;
  bool ring_ = false;
};

inline std::string& observed(model::Visit& visit) { return std::get<std::string>(visit.children.at(0).answers["observed"]); }

}  // namespace doorstep::work::test
