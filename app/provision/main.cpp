// doorstep-provision: what a council's IT does to a tablet before a worker gets it.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/config/device_config.h"
#include "platform/config/tablet_folder.h"
#include "platform/os/os.h"
#include "platform/tls/certificate.h"
#include "sync/transport/calls.h"
#include "sync/wire/codec.h"

namespace {

using namespace doorstep;
namespace fs = std::filesystem;

constexpr int kDone = 0, kRefused = 1, kCouldNot = 2;  // the programs' exit codes

/// What happened, what is safe, what to do: always these three, always in this order.
int say(int code, std::string_view happened, std::string_view safe, std::string_view todo) {
  std::cerr << happened << '\n';
  if (!safe.empty()) std::cerr << "Safe: " << safe << '\n';
  if (!todo.empty()) std::cerr << "To do: " << todo << '\n';
  return code;
}

int failed(std::string_view happened, const base::Error& error, std::string_view safe, std::string_view todo) {
  return say(kCouldNot, std::string(happened) + "\n" + error.detail + " [" + error.where + "]", safe, todo);
}

// new -------------------------------------------------------------------------------------------------------------------

int make_new(const fs::path& file) {
  if (file == "-") {
    std::cout << config::example_device_toml();
    return kDone;
  }
  if (fs::exists(file))
    return say(kRefused, file.string() + " is there already.", "It was not touched.",
               "Name another file, or move this one away.");
  const auto written = base::write_file_atomic(file, config::example_device_toml(), base::Access::Everybody);
  if (written.has_error())
    return failed(file.string() + " could not be written.", written.error(), "", "Check the folder's permissions.");
  std::cout << "Wrote " << file.string() << ". Replace every CHANGE ME, then run: doorstep-provision check " << file.string()
            << '\n';
  return kDone;
}

// check -----------------------------------------------------------------------------------------------------------------

void print_json(const std::vector<config::Problem>& problems) {
  boost::json::array list;
  for (const auto& problem : problems)
    list.push_back({{"file", problem.file}, {"line", problem.line}, {"key", problem.key}, {"what", problem.what},
                    {"right", problem.would_be_right}});
  std::cout << boost::json::serialize(list) << '\n';
}

/// Reads the file and says all that is wrong with it. Empty: `code` is the exit code.
std::optional<config::DeviceConfig> read_config(const fs::path& file, bool json, int& code) {
  if (!fs::is_regular_file(file)) {
    code =
        say(kCouldNot, "There is no file " + file.string() + ".", "", "Write one with: doorstep-provision new " + file.string());
    return {};
  }
  auto parsed = config::load_device_config(file);
  if (auto* good = std::get_if<config::DeviceConfig>(&parsed)) {
    if (json) print_json({});
    return std::move(*good);
  }
  const auto& problems = std::get<std::vector<config::Problem>>(parsed);
  if (json) print_json(problems);
  else for (const auto& problem : problems) std::cout << problem << '\n';
  code = say(kRefused,
             file.string() + " has " + std::to_string(problems.size()) + (problems.size() == 1 ? " problem." : " problems."),
             "Nothing was changed on any tablet.", "Mend the lines named, then check again.");
  return {};
}

int check(const fs::path& file, bool json) {
  int code = kDone;
  const auto good = read_config(file, json, code);
  if (!good) return code;
  const auto authority = tls::inspect(good->server.ca_pem);
  if (authority.has_error() || authority->kind != tls::Kind::Authority)
    return say(kRefused, file.string() + ": the certificate given as the authority is not one that Doorstep's server made.",
               "Nothing was changed on any tablet.", "Use the ca.pem that `doorstep-server init` wrote.");
  if (!json)
    std::cout << file.string() << " is right. Council: " << good->council.name << ". Server: " << good->server.sync.url()
              << ", valid until " << base::to_rfc3339(authority->not_after).substr(0, 10) << " under authority "
              << authority->fingerprint.substr(0, 16) << ".\n";
  return kDone;
}

// enrol -----------------------------------------------------------------------------------------------------------------

/// The tablet's key: the one from an attempt whose answer was lost, or a new one, kept before it is used.
base::Result<base::Secret> device_key(const fs::path& tablet) {
  const fs::path file = tablet / config::kDeviceKeyFile;
  if (auto kept = base::read_file(file, limits::kKeyFileBytes); kept.has_value()) {
    base::Secret key = base::Secret::copy_of(*kept);
    base::wipe(*kept);
    return key;
  } else if (kept.error().fault != base::Fault::NotFound) {
    return kept.error();
  }
  DOORSTEP_TRY_ASSIGN(base::Secret key, tls::make_key());
  DOORSTEP_TRY(base::write_file_atomic(file, key.view(), base::Access::Owner));
  return key;
}

/// device.toml and the authority it names, as they are: a signature over the file must still hold on the tablet.
base::Result<void> copy_config(const fs::path& file, const config::DeviceConfig& config, const fs::path& tablet) {
  DOORSTEP_TRY_ASSIGN(const std::string text, base::read_file(file, limits::kConfigBytes));
  if (const fs::path& ca = config.server.ca_file; !ca.empty() && ca.is_relative()) {
    DOORSTEP_TRY(base::make_private_folder((tablet / ca).parent_path()));
    DOORSTEP_TRY(base::write_file_atomic(tablet / ca, config.server.ca_pem, base::Access::Owner));
  }
  return base::write_file_atomic(tablet / config::kDeviceTomlFile, text, base::Access::Owner);
}

/// The certificate must be this device's, for this key, from the authority that device.toml names.
bool belongs(const wire::EnrolReply& reply, const base::Secret& key, const std::string& ca_pem) {
  const auto device = tls::inspect(reply.device_certificate);
  const auto ours = tls::inspect(ca_pem), theirs = tls::inspect(reply.ca);
  return device.has_value() && device->kind == tls::Kind::Device && device->device == reply.device && reply.worker &&
         !reply.ticket.empty() && tls::matches(reply.device_certificate, key) && ours.has_value() && theirs.has_value() &&
         ours->fingerprint == theirs->fingerprint;
}

int enrol(const fs::path& file, const std::string& typed_token, const fs::path& tablet) {
  const auto token = base::from_base32(typed_token);
  if (!token || token->size() != 16)
    return say(kRefused, "This is not a whole enrolment code: 26 letters and digits, hyphens and spaces do not matter.",
               "Nothing was changed and the code was not used.", "Type the code again as `doorstep-server token` printed it.");
  int code = kDone;
  const auto config = read_config(file, false, code);
  if (!config) return code;
  const fs::path& ca_file = config->server.ca_file;
  if (ca_file.is_absolute() || std::find(ca_file.begin(), ca_file.end(), "..") != ca_file.end())
    return say(kRefused, file.string() + ": server.ca_file lies outside the file's own folder, so it cannot travel with it.",
               "Nothing was changed and the code was not used.", "Put the certificate beside " + file.filename().string() + ".");
  if (fs::exists(tablet / config::kEnrolmentFile))
    return say(kRefused, tablet.string() + " belongs to a tablet that is enrolled already.",
               "It was not touched; notes on it are safe. The code was not used.", "Choose another folder.");

  constexpr std::string_view kUnused = "The code can be used again until it expires.";
  if (const auto made = base::make_private_folder(tablet); made.has_error())
    return failed(tablet.string() + " could not be made.", made.error(), "The code was not used.",
                  "Check the folder's permissions.");
  const auto key = device_key(tablet);
  if (key.has_error())
    return failed("The tablet's key could not be kept.", key.error(), "The code was not used.", "Check the disk.");
  const auto request = tls::make_request(*key);
  if (request.has_error())
    return failed("The tablet's key cannot be used.", request.error(), "The code was not used.",
                  "Delete " + (tablet / config::kDeviceKeyFile).string() + " and try again.");
  const auto context = tls::client_context({config->server.ca_pem, "", nullptr, {}});
  if (context.has_error())
    return failed("The authority in " + file.string() + " cannot be used.", context.error(), "The code was not used.",
                  "Use the ca.pem that `doorstep-server init` wrote.");

  const auto& at = config->server.enrol;
  transport::Endpoint endpoint{at.host, at.port, config->server.name};
  if (const auto& proxy = config->server.proxy) endpoint.proxy = transport::Proxy{proxy->host, proxy->port};
  transport::HttpClient client(std::move(endpoint), *context);
  const auto reply = transport::enrol(client, {base::to_base32(*token), *request}, limits::kReplyTimeout);
  if (reply.has_error()) {
    const auto fault = reply.error().fault;  // busy or limited is not a refusal: the code still counts
    const bool refused =
        reply.error().where.starts_with("server.") && fault != base::Fault::Offline && fault != base::Fault::Throttled;
    const int result =
        failed(refused ? "The server refused." : "The tablet could not be enrolled at " + at.url() + ".", reply.error(),
               refused ? "Nothing was enrolled." : kUnused,
               refused ? "Ask for a new code: doorstep-server token." : "Mend what is named, then run the same command again.");
    return refused ? kRefused : result;
  }
  if (!belongs(*reply, *key, config->server.ca_pem))
    return say(kCouldNot, "The server's answer does not belong to this tablet or to the authority in " + file.string() + ".",
               "Nothing was written but the tablet's own key.", "Call whoever runs the server.");
  auto kept = copy_config(file, *config, tablet);
  if (kept.has_value())
    kept = base::write_file_atomic(tablet / config::kEnrolmentFile, wire::encode(*reply), base::Access::Owner);
  if (kept.has_error())
    return failed("The tablet is enrolled at the server, but its folder could not be written.", kept.error(), kUnused,
                  "Make room on the disk, then run the same command again.");
  std::cout << "Enrolled. Device " << reply->device << " for " << reply->worker_name << ".\n"
            << "The worker starts Doorstep on this tablet and chooses a passphrase of at least four words.\n";
  return kDone;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Prepares a council's tablets for Doorstep.\n"
      "Exit codes: 0 done, 1 refused (something is to be mended), 2 could not be done.",
      "doorstep-provision");
  app.set_version_flag("--version", std::string(DOORSTEP_VERSION));
  app.require_subcommand(1);

  fs::path file, tablet;
  std::string token;
  bool json = false;
  auto* command_new = app.add_subcommand("new", "write a device.toml to begin with");
  command_new->add_option("file", file, "where to; - for standard output")->default_val("device.toml");
  auto* command_check = app.add_subcommand("check", "say everything that is wrong with a device.toml, and on which line");
  command_check->add_option("file", file, "the device.toml")->required();
  command_check->add_flag("--json", json, "problems as a JSON list on standard output");
  auto* command_enrol = app.add_subcommand("enrol", "give one tablet its key and certificate with a one-time code");
  command_enrol->add_option("file", file, "the device.toml")->required();
  command_enrol->add_option("--token", token, "the code that `doorstep-server token` printed")->required();
  command_enrol->add_option("--tablet", tablet, "the tablet's data folder; made when it is not there")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kCouldNot;
  }
  if (const auto hardened = os::harden_process(); hardened.has_error())
    return failed("This process could not be protected from other programs.", hardened.error(), "", "Call IT.");
  try {
    if (*command_new) return make_new(file);
    if (*command_check) return check(file, json);
    return enrol(file, token, tablet);
  } catch (const std::exception& error) {
    return say(kCouldNot, std::string("Doorstep stopped: ") + error.what(), "Nothing was sent.", "Call IT.");
  }
}
