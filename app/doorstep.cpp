// The tablet app's main: builds the parts, wires them, runs. The only file of app/ that knows them all.
#include <CLI/CLI.hpp>
#include <string.h>

#include <csignal>
#include <iostream>
#include <memory>

#include "app/diagnose.h"
#include "app/shell/shell.h"
#include "app/state/state.h"
#include "app/view/screens.h"
#include "app/work/runner.h"
#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/base/log.h"
#include "platform/base/secret.h"
#include "platform/config/device_config.h"
#include "platform/config/tablet_folder.h"
#include "platform/os/os.h"
#include "platform/tls/certificate.h"
#include "platform/tls/context.h"
#include "platform/tls/signature.h"
#include "platform/vault/tpm2_provider.h"
#include "sync/wire/codec.h"

namespace {

using namespace doorstep;
using base::Error;
using base::Result;

Result<state::Assets> read_assets(const std::filesystem::path& folder) {
  auto text_of = [&](const char* name) { return base::read_file(folder / name, limits::kAssetBytes); };
  DOORSTEP_TRY_ASSIGN(auto words, text_of("text/en-GB.json"));
  DOORSTEP_TRY_ASSIGN(auto welsh_words, text_of("text/cy.json"));
  DOORSTEP_TRY_ASSIGN(auto form, text_of("forms/visit.json"));
  DOORSTEP_TRY_ASSIGN(auto welsh_form, text_of("text/visit.cy.json"));
  DOORSTEP_TRY_ASSIGN(auto welsh_rules, text_of("text/rules.cy.json"));
  DOORSTEP_TRY_ASSIGN(auto clocks, text_of("rules/clocks.json"));
  DOORSTEP_TRY_ASSIGN(auto calendar, text_of("rules/calendar.json"));
  DOORSTEP_TRY_ASSIGN(auto thresholds, text_of("rules/thresholds.json"));
  state::Assets assets;
  const auto in = [&](const char* name, const Error& error) {
    return Error{error.fault, (folder / name).string(), error.where + ": " + error.detail};
  };
  auto text = state::Text::parse(words);
  if (!text) return in("text/en-GB.json", text.error());
  assets.text = std::move(*text);
  auto welsh = state::Text::parse(welsh_words);
  if (!welsh) return in("text/cy.json", welsh.error());
  assets.welsh = welsh->over(assets.text);
  auto visit = rules::parse_form(form);
  if (!visit) return in("forms/visit.json", visit.error());
  assets.form = std::move(*visit);
  auto in_welsh = rules::in_words(assets.form, welsh_form);
  if (!in_welsh) return in("text/visit.cy.json", in_welsh.error());
  assets.welsh_form = std::move(*in_welsh);
  DOORSTEP_TRY_ASSIGN(assets.rules, rules::parse_rules(clocks, calendar, thresholds));
  auto rules_in_welsh = rules::in_words(assets.rules, welsh_rules);
  if (!rules_in_welsh) return in("text/rules.cy.json", rules_in_welsh.error());
  assets.welsh_rules = std::move(*rules_in_welsh);
  return assets;
}

state::Config config_of(const config::DeviceConfig& device) {
  state::Config out;
  out.council = device.council.name;
  for (const auto* list : {&device.contacts.duty, &device.contacts.out_of_hours})
    for (const auto& contact : *list) out.contacts.push_back({contact.label, contact.number});
  out.it = device.contacts.it;
  out.lock_after = base::Millis(device.policy.lock_s * 1000);
  out.curtain_after = base::Millis(device.policy.curtain_s * 1000);
  out.photos = device.photos_dir.has_value();
  out.demonstration = device.demonstration;
  out.visit_lock_after = base::Millis(device.policy.visit_lock_s * 1000);
  switch (device.theme) {
    case config::Theme::Light: out.look = state::LookChoice::Light; break;
    case config::Theme::Dark: out.look = state::LookChoice::Dark; break;
    case config::Theme::HighContrast: out.look = state::LookChoice::HighContrast; break;
  }
  out.language = device.language == config::Language::Welsh ? state::Language::Welsh : state::Language::English;
  return out;
}

work::Credentials credentials(const std::string& ca, const std::filesystem::path& folder, base::Id device) {
  return {.make_key = [] { return tls::make_key(); },
          .make_request = [](const base::Secret& key) { return tls::make_request(key); },
          .client_context = [ca](const std::string& certificate, const base::Secret& key) {
            return tls::client_context({.ca = ca, .cert = certificate, .key = &key});
          },
          .sign = [](const base::Secret& key, std::string_view bytes) { return tls::sign_with(key, bytes); },
          .valid_until = [](const std::string& certificate) {
            const auto read = tls::inspect(certificate);
            return read.has_value() ? std::optional(read->not_after) : std::nullopt;
          },
          .keep_own = [folder, device](const base::Secret& key, const std::string& certificate) -> Result<void> {
            if (!tls::is_of_device(certificate, device, key))
              return Error{base::Fault::Invalid, "device.pem", "The certificate is not this tablet's."};
            return config::keep_renewed_pair(folder, {key.clone(), certificate});
          },
          .check_signature = tls::SignatureCheck(ca)};
}

view::Look look_of(int choice) {
  switch (static_cast<state::LookChoice>(choice)) {
    case state::LookChoice::Dark: return view::Look::Dark;
    case state::LookChoice::HighContrast: return view::Look::HighContrast;
    case state::LookChoice::Light: break;
  }
  return view::Look::Light;
}

/// State on one side, window and threads on the other.
class App {
 public:
  App(state::State state, shell::Shell& shell, work::Runner& runner, const base::Clock& clock)
      : state_(std::move(state)), shell_(shell), runner_(runner), clock_(clock) {}

  void run() {
    runner_.start();
    shell_.run({.poll = [this] { return hear(); },
                .draw = [this](view::Ui& ui) { draw(ui); },
                .notice = [this](shell::Notice notice) { on(notice); },
                .dropped = [this](const std::string& path) { happen(state::Intent(state::FileDropped{path})); },
                .deadline = [this] { return state::next_deadline(state_); }});
  }

 private:
  state::Context context() const {
    return {clock_.wall(), clock_.monotonic(), [this] { return base::new_id(clock_); }};
  }

  template <class What>
  void happen(const What& what) {
    bool locked = false;
    for (auto& effect : state::update(state_, what, context())) {
      if (auto* look = std::get_if<state::ApplyLook>(&effect)) {
        shell_.set_text_scale(look->scale);
        shell_.set_look(look_of(look->look));
      } else {
        if (std::holds_alternative<state::Lock>(effect)) {
          locked = true;
          shell_.clear_clipboard();  // copied case text goes with the lock
        }
        runner_.run(std::move(effect));
      }
    }
    if (locked) wipe_emptied();
  }

  /// What State has emptied keeps its bytes where they were: a name of a few letters, in an optional that is empty now.
  void wipe_emptied() {
    state::State kept = std::move(state_);
    std::destroy_at(&state_);
    ::explicit_bzero(static_cast<void*>(&state_), sizeof state_);
    std::construct_at(&state_, std::move(kept));
  }

  bool hear() {
    auto events = runner_.take();
    for (const auto& event : events) happen(event);
    if (state_.stage != state::Stage::Unlocked) base::wipe_stack();  // short words lie there, not on the heap
    return !events.empty();
  }

  void draw(view::Ui& ui) {
    if (state_.focus_number != focused_) {
      focused_ = state_.focus_number;
      ui.focus(state_.focus);
    }
    shell_.set_photo(state_.picture && !state_.covered ? state_.picture->pixels : nullptr);
    state::Intents intents;
    view::draw_app(ui, state_, state_.editors, intents);
    for (const auto& intent : intents) {
      happen(intent);
      if (!std::holds_alternative<state::Touched>(intent)) shell_.redraw();  // a touch alone changes nothing that is seen
    }
  }

  void on(shell::Notice notice) {
    switch (notice) {
      case shell::Notice::Cover: happen(state::Intent(state::Cover{})); break;
      case shell::Notice::FocusLost: happen(state::Event(state::WindowHidden{})); break;
      case shell::Notice::Idle: tick(); break;
      case shell::Notice::Quit: happen(state::Event(state::WindowHidden{})); break;  // saves what was typed
      case shell::Notice::FocusGained: break;
    }
  }

  void tick() {
    const auto before = state_.revision;
    happen(state::Event(state::Tick{}));
    if (state_.revision != before) shell_.redraw();
  }

  state::State state_;
  shell::Shell& shell_;
  work::Runner& runner_;
  const base::Clock& clock_;
  std::uint64_t focused_ = 0;
};

int fail(const Error& error) {
  std::cerr << "doorstep: " << error.detail << "\n";
  return 1;
}

/// Says why on standard error, and in a window, since a worker has no terminal; returns when it was closed.
int cannot_start(const state::Text& text, const std::filesystem::path& fonts, const std::string& key, std::vector<std::string> reasons) {
  const auto vm = cannot_start_vm(text, key, std::move(reasons));
  std::cerr << "doorstep: " << vm.explanation << "\n";
  for (const auto& reason : vm.reasons) std::cerr << "doorstep: " << reason << "\n";
  static const base::SystemClock clock;
  shell::Options look;
  look.fonts = fonts;
  if (auto shell = shell::Shell::open(look, clock))
    shell->run({.poll = [] { return false; },
                .draw = [&](view::Ui& ui) { if (view::draw_cannot_start(ui, vm)) shell->stop(); },
                .notice = [](shell::Notice) {},
                .deadline = [] { return std::nullopt; }});
  return 1;
}

/// What doorstep-provision left in the tablet's folder. Fault::NotFound: not enrolled.
Result<work::Enrolment> read_enrolment(const std::filesystem::path& folder) {
  DOORSTEP_TRY_ASSIGN(auto text, base::read_file(folder / config::kEnrolmentFile, limits::kKeyFileBytes));
  auto reply = wire::decode<wire::EnrolReply>(text);
  if (!reply)
    return Error{base::Fault::Corrupt, "enrolment", "This tablet's enrolment cannot be read."};
  DOORSTEP_TRY_ASSIGN(auto key, base::read_file(folder / config::kDeviceKeyFile, limits::kKeyFileBytes));
  work::Enrolment out{reply->device, reply->worker, reply->worker_name, base::Secret::copy_of(key), reply->device_certificate,
                      reply->ticket, base::from_hex(reply->outbox_key.value_or("")).value_or("")};
  base::wipe(key);
  const auto fits = [&](const auto& pair) { return tls::is_of_device(pair.certificate, out.device, pair.key); };
  if (auto renewed = config::renewed_pair(folder, fits)) {
    out.device_key = std::move(renewed->key);
    out.device_certificate = std::move(renewed->certificate);
  }
  return out;
}

int run(const std::filesystem::path& folder, const std::filesystem::path& assets_folder, const std::filesystem::path& fonts) {
  auto assets = read_assets(assets_folder);
  if (!assets) return fail(assets.error());
  auto enrolment = read_enrolment(folder);
  if (!enrolment) {
    const bool missing = enrolment.error().fault == base::Fault::NotFound;
    return cannot_start(assets->text, fonts, missing ? "cannot_start.not_set_up" : "cannot_start.set_up_file",
                        {missing ? folder.string() : enrolment.error().detail});
  }
  auto parsed = config::load_tablet_config(folder);
  if (auto* problems = std::get_if<std::vector<config::Problem>>(&parsed)) {
    std::vector<std::string> reasons;
    for (const auto& problem : *problems) reasons.push_back(problem.str());
    return cannot_start(assets->text, fonts, "cannot_start.set_up_file", std::move(reasons));
  }
  const auto* device = &std::get<config::DeviceConfig>(parsed);

  static const base::SystemClock clock;
  shell::Options look;
  look.fonts = fonts;
  look.clipboard_for = std::chrono::seconds(device->policy.clipboard_s);
  const auto settings = config_of(*device);
  look.look = look_of(static_cast<int>(settings.look));
  auto shell = shell::Shell::open(look, clock);
  if (!shell) return fail(shell.error());

  work::Options options;
  options.folder = folder;
  options.chip = vault::kTpmDevice;
  options.pins = device->policy.pin ? vault::Pins::Allowed : vault::Pins::Refused;
  options.photos = device->photos_dir.value_or("");
  options.picture_program = os::program_folder() / DOORSTEP_PICTURE;
  options.enrolment = std::move(*enrolment);
  options.server = {device->server.sync.host, device->server.sync.port, device->server.name};
  if (const auto& proxy = device->server.proxy) options.server.proxy = transport::Proxy{proxy->host, proxy->port};
  options.lease = std::chrono::days(device->policy.lease_days);
  options.credentials = credentials(device->server.ca_pem, folder, options.enrolment.device);
  auto waker = shell->waker();
  work::Runner runner(std::move(options), clock, [waker] { waker.wake(); });
  App(state::initial(std::make_shared<const state::Assets>(std::move(*assets)), settings), *shell, runner, clock).run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (auto hardened = os::harden_process(); !hardened) return fail(hardened.error());
  CLI::App cli("Doorstep: record home visits, with or without a signal.");
  std::string folder, assets = DOORSTEP_ASSETS_DIR, fonts = DOORSTEP_FONTS_DIR;
  cli.add_option("--tablet", folder, "this tablet's folder, made by doorstep-provision enrol (default: your own data folder)");
  cli.add_option("--assets", assets, "words, forms and rules")->group("");
  cli.add_option("--fonts", fonts, "typefaces")->group("");
  bool diagnose = false;
  cli.add_flag("--diagnose", diagnose, "write a report for IT, which names nobody, and end");
  cli.set_version_flag("--version", DOORSTEP_VERSION);
  CLI11_PARSE(cli, argc, argv);
  std::filesystem::path path = folder;
  if (folder.empty()) {
    auto own = os::data_folder();
    if (!own) return fail(own.error());
    path = *own;
  }
  if (diagnose) {
    std::cout << app::diagnose(path, read_assets(assets), base::SystemClock());
    return 0;
  }
  return run(path, assets, fonts);
}
