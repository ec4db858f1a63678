#include "tests/support/field.h"

#include <stdexcept>

#include "app/state/place.h"
#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/config/tablet_folder.h"
#include "platform/os/os.h"
#include "platform/tls/certificate.h"
#include "platform/tls/context.h"
#include "platform/tls/signature.h"
#include "platform/vault/vault.h"
#include "sync/rules/calendar.h"
#include "sync/server/enrolment.h"
#include "sync/server/import.h"
#include "sync/server/sqlcipher_repository.h"
#include "sync/transport/calls.h"
#include "sync/wire/codec.h"
#include "tests/support/tree.h"

namespace doorstep::support {
namespace {

/// The value, or the error as an exception: a test that cannot go on.
template <class T>
T must(base::Result<T> result) {
  if constexpr (std::is_void_v<T>) {
    if (!result) throw std::runtime_error(result.error().where + ": " + result.error().detail);
  } else {
    if (!result) throw std::runtime_error(result.error().where + ": " + result.error().detail);
    return std::move(*result);
  }
}

vault::Opened unlock(const std::filesystem::path& tablet, const wire::EnrolReply& enrolment, std::optional<vault::KdfCost> cost) {
  const base::SystemClock clock;
  vault::KeyfileProvider provider(tablet / "vault" / "keys");
  vault::Vault vault({tablet / "vault", enrolment.device, enrolment.worker}, provider, clock, os::boot_id(), cost);
  return must(vault.unlock(FieldTablet::kPassphrase));
}

store::Store open_replica(const std::filesystem::path& tablet, const vault::Opened& opened) {
  return must(store::Store::open(tablet / "replica.db", opened.key, opened.db_salt));
}

}  // namespace

store::Store open_store(const std::filesystem::path& tablet) {
  const auto enrolment = must(wire::decode<wire::EnrolReply>(read_text(tablet / config::kEnrolmentFile)));
  return open_replica(tablet, unlock(tablet, enrolment, std::nullopt));
}

std::string read_text(const std::filesystem::path& file) { return must(base::read_file(file, limits::kCsvBytes)); }

std::shared_ptr<const state::Assets> read_assets() {
  std::filesystem::path folder = support::assets();
  auto assets = std::make_shared<state::Assets>();
  assets->text = must(state::Text::parse(read_text(folder / "text/en-GB.json")));
  assets->welsh = must(state::Text::parse(read_text(folder / "text/cy.json"))).over(assets->text);
  assets->form = must(rules::parse_form(read_text(folder / "forms/visit.json")));
  assets->welsh_form = must(rules::in_words(assets->form, read_text(folder / "text/visit.cy.json")));
  assets->rules = must(rules::parse_rules(read_text(folder / "rules/clocks.json"), read_text(folder / "rules/calendar.json"),
                                          read_text(folder / "rules/thresholds.json")));
  assets->welsh_rules = must(rules::in_words(assets->rules, read_text(folder / "text/rules.cy.json")));
  return assets;
}

CaseServer::CaseServer(CaseServerOptions how) : options_(std::move(how)), key_(base::Secret::random(48)) {
  base::Instant now = clock_.wall();
  ca_ = must(tls::make_authority("Doorstep test council", now));
  auto server_key = must(tls::make_key());
  auto cert = must(tls::issue(ca_, must(tls::make_request(server_key)), tls::Subject::of_server({"localhost", "127.0.0.1"}),
                              tls::kServerDays, now));
  main_context_ = must(tls::server_context({.ca = ca_.cert, .cert = cert, .key = server_key}));
  enrol_context_ = must(tls::server_context({.ca = ca_.cert, .cert = cert, .key = server_key, .clients = tls::ClientCertificates::None}));
  repository_ = must(options_.open ? options_.open(key_) : server::open_sqlcipher_repository(database(), key_, options_.repository));
  std::vector<rules::Form> forms;
  forms.push_back(must(rules::parse_form(read_text(support::assets("forms/visit.json")))));
  server::ServiceOptions options;
  options.requests_per_minute = 100'000;
  signer_ = must(tls::make_signer(ca_, {"localhost"}, tls::kServerDays, now));
  options.signer = &signer_;
  options.outbox = &outbox_;
  service_ = std::make_unique<server::Service>(*repository_, ca_, clock_, server::validate_with(std::move(forms)), options);
  import(support::assets("demo"));
  start();
}

CaseServer::~CaseServer() { stop(); }

void CaseServer::import(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (auto name : server::kExtractFiles) files[std::string(name)] = read_text(folder / name);
  server::ImportOptions options;
  options.relative_to = rules::uk_date(clock_.wall());
  auto report = must(server::import_extract(*repository_, files, options, clock_.wall()));
  if (!report.problems.empty()) throw std::runtime_error(report.problems.front().str());
}

void CaseServer::start() {
  auto listen = [&](std::uint16_t port, const tls::Context& context, server::HttpHandler handler) {
    server::ListenerConfig config;
    config.port = port;
    config.context = context;
    config.headers = {{wire::kProtoHeader, std::to_string(wire::kProto)}};
    return must(server::HttpListener::start(std::move(config), std::move(handler)));
  };
  main_ = listen(port_, main_context_, [this](server::HttpRequest r) {
    if (options_.plain) r.headers.erase("accept-encoding");
    auto reply = service_->handle(r);
    if (options_.replied) options_.replied(r, reply);
    return reply;
  });
  enrol_ = listen(enrol_port_, enrol_context_, [this](const server::HttpRequest& r) { return service_->handle_enrolment(r); });
  port_ = main_->port();
  enrol_port_ = enrol_->port();
}

void CaseServer::stop() {
  main_.reset();
  enrol_.reset();
}

std::string CaseServer::token(const std::string& worker_ref) { return must(server::make_token(*repository_, worker_ref, {}, clock_.wall())); }

base::Id CaseServer::child(const std::string& external_ref) {
  base::Id found;
  auto unit = must(repository_->read());
  must(unit->heads(model::RecordKind::Child, [&](const server::RecordHead& head) -> base::Result<void> {
    if (head.revision.body.find("\"external_ref\":\"" + external_ref + "\"") != std::string::npos) found = head.revision.record;
    return {};
  }));
  if (found.nil()) throw std::runtime_error("no child " + external_ref);
  return found;
}

Setup Setup::enrol(const std::string& ca, std::uint16_t enrol_port, std::uint16_t port, const std::string& token) {
  Setup out;
  out.device_key = must(tls::make_key());
  auto context = must(tls::client_context({.ca = ca, .cert = {}}));
  transport::HttpClient client({"127.0.0.1", enrol_port, "localhost"}, context);
  out.enrolment = must(transport::enrol(client, {token, must(tls::make_request(out.device_key))}, base::Millis(30'000)));
  out.server = {"127.0.0.1", port, "localhost"};
  return out;
}

void Setup::write(const std::filesystem::path& folder) const {
  must(base::write_file_atomic(folder / "setup.json", wire::encode(enrolment), base::Access::Owner));
  must(base::write_file_atomic(folder / "setup.key", device_key.view(), base::Access::Owner));
  must(base::write_file_atomic(folder / "setup.port", std::to_string(server.port), base::Access::Owner));
}

Setup Setup::read(const std::filesystem::path& folder) {
  Setup out;
  out.enrolment = must(wire::decode<wire::EnrolReply>(read_text(folder / "setup.json")));
  out.device_key = base::Secret::copy_of(read_text(folder / "setup.key"));
  out.server = {"127.0.0.1", static_cast<std::uint16_t>(std::stoi(read_text(folder / "setup.port"))), "localhost"};
  return out;
}

FieldTablet::FieldTablet(Setup setup, const std::filesystem::path& folder, TabletOptions how)
    : setup_(std::move(setup)), how_(std::move(how)), folder_(folder) {
  if (folder.empty()) {
    own_folder_ = std::make_unique<Folder>();
    folder_ = own_folder_->path();
  }
  state::Config config;
  config.council = "Test council";
  config.contacts = {{"Duty manager", "0121 000 0001"}, {"Out of hours", "0121 000 0002"}};
  state_ = state::initial(read_assets(), config);
}

FieldTablet::~FieldTablet() { close(); }

work::Options FieldTablet::options() const {
  const auto& enrolled = setup_.enrolment;
  work::Options out;
  out.folder = folder_;
  out.enrolment = {enrolled.device, enrolled.worker, enrolled.worker_name, setup_.device_key.clone(), enrolled.device_certificate,
                   enrolled.ticket, base::from_hex(enrolled.outbox_key.value_or("")).value_or("")};
  out.server = setup_.server;
  out.credentials = {.make_key = [] { return tls::make_key(); },
                     .make_request = [](const base::Secret& key) { return tls::make_request(key); },
                     .client_context = [ca = enrolled.ca](const std::string& certificate, const base::Secret& key) {
                       return tls::client_context({.ca = ca, .cert = certificate, .key = &key});
                     },
                     .sign = [](const base::Secret& key, std::string_view bytes) { return tls::sign_with(key, bytes); },
                     .valid_until = [](const std::string& certificate) {
                       const auto read = tls::inspect(certificate);
                       return read.has_value() ? std::optional(read->not_after) : std::nullopt;
                     },
                     .keep_own = [folder = folder_](const base::Secret& key, const std::string& certificate) {
                       return config::keep_renewed_pair(folder, {key.clone(), certificate});
                     },
                     .check_signature = tls::SignatureCheck(enrolled.ca)};
  out.test_cost = how_.cost;
  out.vfs = how_.vfs;
  out.chip = how_.chip;
  out.pins = how_.pins;
  out.lease = how_.lease;
  return out;
}

vault::Opened FieldTablet::open_vault() const { return unlock(folder_, setup_.enrolment, how_.cost); }

store::Store FieldTablet::open_store() const { return open_replica(folder_, open_vault()); }

state::Context FieldTablet::context() {
  return {clock_.wall(), clock_.monotonic() + ahead_, [this] { return base::new_id(clock_); }};
}

void FieldTablet::carry(state::Effects effects) {
  for (auto& effect : effects)
    if (!std::holds_alternative<state::ApplyLook>(effect)) runner_->run(std::move(effect));
}

void FieldTablet::hear() {
  for (const auto& event : runner_->take()) carry(state::update(state_, event, context()));
}

void FieldTablet::until(const std::string& what, const std::function<bool(const state::State&)>& done, std::chrono::milliseconds limit) {
  auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    hear();
    if (done(state_)) return;
    std::unique_lock lock(mutex_);
    // Also where events come and come, and none of them brings it about.
    if (std::chrono::steady_clock::now() >= end || !woken_.wait_until(lock, end, [&] { return wake_; }))
      throw std::runtime_error("waited for: " + what + "; sync phase " + std::to_string(static_cast<int>(state_.sync.phase)) + ", waiting " +
                               std::to_string(state_.sync.waiting) + (state_.sync.online ? ", online" : ", offline") + (state_.sync.error ? "; sync says " + state_.sync.error->where + ": " + state_.sync.error->detail : "") +
                               (state_.unlock_problem.empty() ? "" : "; unlock says " + state_.unlock_problem));
    wake_ = false;
  }
}

bool FieldTablet::live(std::chrono::steady_clock::time_point end, const std::function<bool(const state::State&)>& done) {
  for (;;) {
    hear();
    if (done && done(state_)) return true;
    auto next = state::next_deadline(state_);
    if (next && *next <= context().mono) tick(base::Millis(0));
    auto now = std::chrono::steady_clock::now();
    if (now >= end) return false;
    next = state::next_deadline(state_);
    auto wake_at = next ? std::min(end, now + std::max(base::Millis(1), *next - context().mono)) : end;
    std::unique_lock lock(mutex_);
    woken_.wait_until(lock, wake_at, [&] { return wake_; });
    wake_ = false;
  }
}

void FieldTablet::start() {
  runner_ = std::make_unique<work::Runner>(options(), clock_, [this] {
    {
      std::lock_guard lock(mutex_);
      wake_ = true;
    }
    woken_.notify_one();
  });
  runner_->start();
  until("start", [](const auto& s) { return s.stage == state::Stage::FirstUnlock || s.stage == state::Stage::Locked; });
}

std::string FieldTablet::try_to_open(std::string_view passphrase) {
  start();
  state_.editors.text(state::kPassphrase).reset(passphrase);
  act(state::PressUnlock{});
  until("an answer", [](const auto& s) { return s.stage != state::Stage::Unlocking; });
  return state_.unlock_problem;
}

void FieldTablet::open(std::string_view passphrase) {
  start();
  bool first = state_.stage == state::Stage::FirstUnlock;
  state_.editors.text(state::kPassphrase).reset(passphrase);
  if (first) state_.editors.text(state::kPassphraseAgain).reset(passphrase);
  act(state::PressUnlock{});
  until("unlock", [](const auto& s) { return s.stage == state::Stage::Unlocked && s.caseload; });
}

void FieldTablet::close() {
  runner_.reset();
  state_ = state::initial(state_.assets, state_.config);
}

void FieldTablet::act(const state::Intent& intent) {
  hear();
  carry(state::update(state_, intent, context()));
}

void FieldTablet::type(const std::string& key, const std::string& text) {
  auto& editor = state_.editors.text(key);
  editor.select_all();
  editor.insert(text, editor::EditorState::How::Pasted, context().mono);
  act(state::FieldTyped{key});
}

void FieldTablet::append(const std::string& key, const std::string& text) {
  std::string held;
  auto place = state::Place::parse(key);
  if (place && state_.visit) {
    auto value = state::get_field(state_.assets->form, state_.visit->visit, *place);
    if (auto* words = std::get_if<std::string>(&value)) held = *words;
  }
  auto& editor = state_.editors.text(key, held);
  editor.move_to(editor.doc().end(), false);
  editor.insert(text, editor::EditorState::How::Typed, context().mono);
  act(state::FieldTyped{key});
}

void FieldTablet::tick(base::Millis later) {
  ahead_ += later;
  hear();
  carry(state::update(state_, state::Event(state::Tick{}), context()));
}

void FieldTablet::sync() {
  base::Instant asked = clock_.wall();
  act(state::PressSyncNow{});
  until("sync", [&](const auto& s) {
    return s.sync.phase == state::SyncPhase::Idle && s.sync.waiting == 0 && s.sync.last_tried && *s.sync.last_tried >= asked;
  });
}

}  // namespace doorstep::support
