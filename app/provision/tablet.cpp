#include <algorithm>

#include "app/provision/commands.h"
#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/base/sealed_copy.h"
#include "platform/config/device_config.h"
#include "platform/config/tablet_folder.h"
#include "platform/os/os.h"
#include "platform/tls/certificate.h"
#include "platform/vault/tpm2_provider.h"
#include "platform/vault/vault.h"
#include "sync/transport/calls.h"
#include "sync/transport/drain.h"
#include "sync/wire/codec.h"

namespace doorstep::provision {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnused = "The code can be used again until it expires.";
constexpr std::string_view kUntouched = "The tablet was not touched; notes on it are safe.";

/// A file that may be brought to a tablet today, and whom the tablet is to take files from.
struct Brought {
  config::DeviceFile file;
  std::string trust_pem;  ///< to be pinned in the tablet's folder; empty: nothing new
};

/// Whether a chip holds this tablet's key, or would hold the one that is made when it is enrolled.
bool has_chip(const TabletArguments& args) {
  if (args.anew) return vault::tpm_answers(vault::kTpmDevice);
  const fs::path folder = args.tablet / config::kVaultFolder;
  return vault::provider_for({folder, {}, {}}, folder / "keys", vault::kTpmDevice)->level() == vault::Level::Tpm2;
}

/// Whom a tablet takes files from, and whom it is to take them from.
struct Signers {
  config::Trust pinned, given;  ///< given: by --trust
  std::string given_pem;
};
/// Empty: `code` is the exit code, and it was said why.
std::optional<Signers> signers(const Report& report, const TabletArguments& args, int& code) {
  Signers out;
  auto pinned = config::pinned_trust(args.tablet);
  if (pinned.has_error()) {
    code = report.could_not("The pinned signing key cannot be read.", pinned.error(), kUntouched,
                            "Put the council's trust.pub there again.");
    return std::nullopt;
  }
  out.pinned = std::move(*pinned);
  if (args.trust.empty()) return out;
  auto pem = base::read_file(args.trust, limits::kKeyFileBytes);
  auto parsed = pem.has_value() ? config::parse_trust(*pem) : base::Result<config::Trust>(pem.error());
  if (parsed.has_error()) {
    code = report.could_not(args.trust.string() + " cannot be used.", parsed.error(), kUntouched,
                            "Use the trust.pub of `doorstep-provision keygen`.");
    return std::nullopt;
  }
  out.given = std::move(*parsed);
  out.given_pem = std::move(*pem);
  return out;
}

/// What root would write in somebody else's folder they could not read. False: `code` is the exit code, and it was said why.
bool may_write(const Report& report, const TabletArguments& args, int& code) {
  const auto owner = os::other_owner(args.tablet);
  if (!owner) return true;
  code = report.refused(args.tablet.string() + " belongs to " + *owner + ", who could not read what is written there now.", kUntouched,
                        "Run the same command as that account: runuser -u " + *owner + " -- doorstep-provision ...");
  return false;
}

/// Everything that speaks against a file. Empty: `code` is the exit code, and it was said why.
std::optional<Brought> bring(const Report& report, const TabletArguments& args, int& code) {
  const auto refuse = [&](std::vector<config::Problem> problems) {
    code = report.refused(args.file.string(), problems, kUntouched);
    return std::nullopt;
  };
  const std::string name = args.file.filename().string();
  if (!fs::is_regular_file(args.file)) {
    code = report.could_not("There is no file " + args.file.string() + ".", kUntouched, "Write one with: doorstep-provision new");
    return std::nullopt;
  }
  if (!may_write(report, args, code)) return std::nullopt;
  auto keys = signers(report, args, code);
  if (!keys) return std::nullopt;
  const auto& given = keys->given;
  Brought out;
  out.trust_pem = std::move(keys->given_pem);
  auto loaded = config::load_device_file(args.file, keys->pinned.empty() ? given : keys->pinned);
  if (auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) return refuse(std::move(*problems));
  out.file = std::get<config::DeviceFile>(std::move(loaded));
  if (!given.empty() && !config::is_signed(out.file.text, out.file.signatures, given)) {
    code = report.refused(args.file.string() + " is not signed by a key of " + args.trust.string() + ".", kUntouched,
                          "Sign it with that key too, or leave --trust out.");
    return std::nullopt;
  }
  const auto& server = out.file.config.server;
  if (server.ca_file.is_absolute() || std::find(server.ca_file.begin(), server.ca_file.end(), "..") != server.ca_file.end()) {
    code = report.refused(args.file.string() + ": server.ca_file lies outside the file's own folder, so it cannot travel with it.",
                          kUntouched, "Put the certificate beside " + name + ".");
    return std::nullopt;
  }
  const auto authority = tls::inspect(server.ca_pem);
  if (authority.has_error() || authority->kind != tls::Kind::Authority) {
    code = report.refused(args.file.string() + ": the certificate given as the authority is not one that Doorstep's server made.",
                          kUntouched, "Use the ca.pem that `doorstep-server init` wrote.");
    return std::nullopt;
  }
  if (auto problem = config::not_today(out.file.config, base::SystemClock().wall(), authority->not_before, name)) return refuse({*problem});
  if (auto problem = config::older_than_seen(out.file.config, config::seen_serial(args.tablet), name)) return refuse({*problem});
  if (auto problem = config::pin_without_chip(out.file, name); problem && !has_chip(args)) return refuse({*problem});
  return out;
}

/// Into the tablet's folder, so that a crash at any point leaves a file whose signature holds: both signatures lie there
/// before the new file takes the old one's place.
base::Result<void> keep(const Brought& brought, const fs::path& tablet) {
  const auto write = [&](const fs::path& name, std::string_view bytes) {
    return base::write_file_atomic(tablet / name, bytes, base::Access::Owner);
  };
  const auto& [file, trust_pem] = brought;
  const std::string toml(config::kDeviceTomlFile), sig = toml + std::string(config::kSignatureEnding);
  const auto before = base::read_file(tablet / sig, limits::kSignatures * config::kSignatureBytes);
  const auto kept = limits::kSignatures * config::kSignatureBytes -
                    std::min(file.signatures.size(), limits::kSignatures * config::kSignatureBytes);
  if (!file.signatures.empty())
    DOORSTEP_TRY(write(sig, file.signatures + (before.has_value() ? before->substr(0, kept) : std::string())));
  if (const fs::path& ca = file.config.server.ca_file; !ca.empty()) {
    DOORSTEP_TRY(base::make_private_folder((tablet / ca).parent_path()));
    DOORSTEP_TRY(write(ca, file.config.server.ca_pem));
  }
  DOORSTEP_TRY(write(toml, file.text));
  if (!file.signatures.empty()) DOORSTEP_TRY(write(sig, file.signatures));
  if (!trust_pem.empty()) DOORSTEP_TRY(write(config::kTrustFile, trust_pem));
  return config::see_serial(tablet, file.config.serial);
}

base::Result<base::Secret> read_secret(const fs::path& file) {
  DOORSTEP_TRY_ASSIGN(auto kept, base::read_file(file, limits::kKeyFileBytes));
  base::Secret key = base::Secret::copy_of(kept);
  base::wipe(kept);
  return key;
}

/// The tablet's key: the one from an attempt whose answer was lost, or a new one, kept before it is used.
base::Result<base::Secret> device_key(const fs::path& file) {
  auto kept = read_secret(file);
  if (kept.has_value() || kept.error().fault != base::Fault::NotFound) return kept;
  DOORSTEP_TRY_ASSIGN(base::Secret key, tls::make_key());
  DOORSTEP_TRY(base::write_file_atomic(file, key.view(), base::Access::Owner));
  return key;
}

bool has_slot(const fs::path& tablet) { return fs::exists(tablet / config::kVaultFolder / "slot"); }

/// Ends what only the old passphrase opened. The sealed copies stay, and so do the worker's settings.
base::Result<void> retire(const fs::path& tablet) {
  const fs::path folder = tablet / config::kVaultFolder;
  const vault::VaultPlace place{folder, {}, {}};
  const auto provider = vault::provider_for(place, folder / "keys", vault::kTpmDevice);  // it frees the counter's place
  const base::SystemClock clock;
  DOORSTEP_TRY(base::erase_file(tablet / config::kDevicePairFile));
  DOORSTEP_TRY(vault::Vault(place, *provider, clock, {}).destroy());
  std::error_code error;
  for (const char* end : {"", "-wal", "-shm", ".next", ".part", ".part-wal", ".part-shm", ".blobs"}) {
    fs::remove_all(tablet / (std::string(config::kDatabaseFile) + end), error);
    if (error) return base::Error{base::Fault::Io, "enrol.retire", error.message()};
  }
  return {};
}

transport::Endpoint endpoint_of(const config::DeviceConfig& config, const config::Endpoint& at) {
  transport::Endpoint out{at.host, at.port, config.server.name};
  if (const auto& proxy = config.server.proxy) out.proxy = transport::Proxy{proxy->host, proxy->port};
  return out;
}

/// A call that failed in a way that device.toml may be to blame for, in words for whoever wrote it: a tablet's are for its worker.
struct Blame {
  bool passes;  ///< the same may succeed later, with the file as it is
  std::string happened, to_do;
};
std::optional<Blame> blame(const base::Error& error, const config::DeviceConfig& config, const std::string& url) {
  const std::string swapped = " server.url and server.enrol_url may be the wrong way round.";
  const std::string ports = "Give server.url the port of `listen` in the server's server.toml, server.enrol_url that of `enrol_listen`.";
  if (error.where == "tls.wrong_server")
    return Blame{false,
                 "server.name says " + config.server.name + ", and the certificate of the server at " + url +
                     " does not carry that name. (A tablet would tell its worker code E62, or E64 for an address.)",
                 "Give server.name a name that `doorstep-server init` was told with --name or --also. If the address leads to another "
                 "server, mend that."};
  if (error.where == "tls.no_certificate")
    return Blame{false, url + " is where tablets sync, with their certificates. Nobody is enrolled there:" + swapped, ports};
  if (error.where == "server.not-found") return Blame{false, "Nothing of this kind is served at " + url + ":" + swapped, ports};
  if (error.where == "tls.interception")
    return Blame{true,
                 "The certificate of the server at " + url +
                     " was not made by the authority in device.toml: the network is intercepting the connection, or the authority is "
                     "another server's.",
                 "Compare it with this server's ca.pem. If it is that, use another network."};
  if (error.where == "tls.clock")
    return Blame{true, "This machine's date is wrong, or the certificate of the server at " + url + " has expired.",
                 "Check date and time here. If they are right, look at the server."};
  if (error.where == "tls.old_protocol")
    return Blame{true, "What answers at " + url + " does not speak TLS 1.3: it is not Doorstep's server.",
                 "Check the address, or use another network."};
  return std::nullopt;
}
int say(const Report& report, const Blame& blame, const base::Error& error, std::string_view safe) {
  const std::string happened = blame.happened + " [" + error.where + "]", to_do = blame.to_do + " Then run the same command again.";
  return blame.passes ? report.could_not(happened, safe, to_do) : report.refused(happened, safe, to_do);
}

/// The certificate must be this device's, for this key, from the authority that device.toml names.
bool belongs(const wire::EnrolReply& reply, const base::Secret& key, const std::string& ca_pem) {
  const auto device = tls::inspect(reply.device_certificate);
  const auto ours = tls::inspect(ca_pem), theirs = tls::inspect(reply.ca);
  return device.has_value() && device->kind == tls::Kind::Device && device->device == reply.device && reply.worker &&
         !reply.ticket.empty() && tls::matches(reply.device_certificate, key) && ours.has_value() && theirs.has_value() &&
         ours->fingerprint == theirs->fingerprint;
}

constexpr const char* kMakeAlike = "Give demonstration in device.toml and in the server's server.toml alike, or use the other server.";
std::string not_alike(const config::DeviceConfig& device) {
  return device.demonstration ? "device.toml says that this tablet is a demonstration, and its server is none."
                              : "This tablet's server is a demonstration, and device.toml does not say that the tablet is one.";
}

/// enrol --if-needed where a tablet is enrolled: nothing is brought to it, but the key that --trust names is pinned, where it
/// signed what lies there.
int leave(const Report& report, const TabletArguments& args) {
  const std::string there = args.tablet.string() + " is enrolled already. The code was not used.";
  int code = kDone;
  const auto keys = signers(report, args, code);
  if (!keys) return code;
  const auto kept = base::read_file(args.tablet / config::kTrustFile, limits::kKeyFileBytes);
  if (keys->given.empty() || (kept.has_value() && *kept == keys->given_pem))
    return report.done(there, {{"pinned", !keys->pinned.empty()}}, false);
  if (!may_write(report, args, code)) return code;
  const fs::path file = args.tablet / config::kDeviceTomlFile;
  for (const auto& trust : {keys->pinned, keys->given}) {  // the app will ask for the second, and only the first may change it
    if (trust.empty()) continue;
    const auto loaded = config::load_device_file(file, trust);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded))
      return report.refused(file.string(), *problems, std::string(kUntouched) + " The code was not used.",
                            "Bring it a file that this key signed: doorstep-provision apply, with --trust.");
  }
  const auto pinned = base::write_file_atomic(args.tablet / config::kTrustFile, keys->given_pem, base::Access::Owner);
  if (pinned.has_error())
    return report.could_not("The signing key could not be pinned.", pinned.error(), "Notes on it are safe. The code was not used.",
                            "Make room on the disk, then run the same command again.");
  return report.done(there + " The signing key is pinned there now.", {{"pinned", true}});
}

}  // namespace

int enrol(const Report& report, const TabletArguments& args) {
  const fs::path& tablet = args.tablet;
  const bool anew = args.anew && fs::exists(tablet / config::kEnrolmentFile);
  if (anew && has_slot(tablet) && !fs::exists(tablet / config::kOutboxFolder / config::kWholeFile))
    return report.refused("Not everything on this tablet that was not sent has a sealed copy: a photo that was not uploaded has none, "
                          "nor has what was written before the first sync.",
                          std::string(kUntouched) + " The code was not used.",
                          "Let the worker open it and sync, or choose another folder and keep this one.");
  if (!anew && fs::exists(tablet / config::kEnrolmentFile)) {
    if (args.if_needed) return leave(report, args);
    return report.refused(tablet.string() + " belongs to a tablet that is enrolled already.",
                          "It was not touched; notes on it are safe. The code was not used.",
                          "This tablet again, after a forgotten passphrase or for another worker: --anew. Another one: another folder.");
  }
  const auto token = base::from_base32(args.token);
  if (!token || token->size() != 16)
    return report.refused("This is not a whole enrolment code: 26 letters and digits, hyphens and spaces do not matter.",
                          "Nothing was changed and the code was not used.", "Type the code again as `doorstep-server token` printed it.");
  int code = kDone;
  const auto brought = bring(report, args, code);
  if (!brought) return code;
  const auto& config = brought->file.config;

  if (const auto made = base::make_private_folder(tablet); made.has_error())
    return report.could_not(tablet.string() + " could not be made.", made.error(), "The code was not used.",
                            "Check the folder's permissions.");
  const fs::path key_file = tablet / (std::string(config::kDeviceKeyFile) + (anew ? ".anew" : ""));
  const auto key = device_key(key_file);
  if (key.has_error())
    return report.could_not("The tablet's key could not be kept.", key.error(), "The code was not used.", "Check the disk.");
  const auto request = tls::make_request(*key);
  if (request.has_error())
    return report.could_not("The tablet's key cannot be used.", request.error(), "The code was not used.",
                            "Delete " + key_file.string() + " and try again.");
  const auto context = tls::client_context({config.server.ca_pem, "", nullptr, {}});
  if (context.has_error())
    return report.could_not("The authority in " + args.file.string() + " cannot be used.", context.error(), "The code was not used.",
                            "Use the ca.pem that `doorstep-server init` wrote.");

  const auto& at = config.server.enrol;
  transport::HttpClient client(endpoint_of(config, at), *context);
  wire::EnrolRequest asked{base::to_base32(*token), *request};
  if (config.demonstration) asked.demonstration = true;
  asked.council = config.council.id;
  const auto reply = transport::enrol(client, asked, limits::kReplyTimeout);
  if (reply.has_error()) {
    if (const auto because = blame(reply.error(), config, at.url()))
      return say(report, *because, reply.error(), "Nothing was enrolled. " + std::string(kUnused));
    const auto fault = reply.error().fault;  // busy or limited is not a refusal: the code still counts
    if (reply.error().where == "server.council")
      return report.refused("council.id says " + config.council.id + ", and the server at " + at.url() + " is not that council's.\n" +
                                reply.error().detail + " [" + reply.error().where + "]",
                            "Nothing was enrolled. " + std::string(kUnused),
                            "Give the tablet its own council's file, or mend council.id: the server's stands in its server.toml.");
    if (reply.error().where == "server.demonstration")
      return report.refused("The server refused.\n" + reply.error().detail + " [" + reply.error().where + "]",
                            "Nothing was enrolled. " + std::string(kUnused), kMakeAlike);
    if (reply.error().where.starts_with("server.") && fault != base::Fault::Offline && fault != base::Fault::Throttled)
      return report.refused("The server refused.\n" + reply.error().detail + " [" + reply.error().where + "]", "Nothing was enrolled.",
                            "Ask for a new code: doorstep-server token.");
    return report.could_not("The tablet could not be enrolled at " + at.url() + ".", reply.error(), kUnused,
                            "Mend what is named, then run the same command again.");
  }
  if (!belongs(*reply, *key, config.server.ca_pem))
    return report.could_not("The server's answer does not belong to this tablet or to the authority in " + args.file.string() + ".",
                            "Nothing was written but the tablet's own key.", "Call whoever runs the server.");
  if (reply->demonstration.value_or(false) != config.demonstration)
    return report.refused(not_alike(config), "Nothing was written but the tablet's own key.", kMakeAlike);
  auto kept = keep(*brought, tablet);
  if (kept.has_value() && anew) kept = retire(tablet);
  if (kept.has_value() && anew) kept = base::write_file_atomic(tablet / config::kDeviceKeyFile, key->view(), base::Access::Owner);
  if (kept.has_value())
    kept = base::write_file_atomic(tablet / config::kEnrolmentFile, wire::encode(*reply), base::Access::Owner);
  if (kept.has_error())
    return report.could_not("The tablet is enrolled at the server, but its folder could not be written.", kept.error(), kUnused,
                            "Make room on the disk, then run the same command again.");
  if (anew) (void)base::erase_file(key_file);
  const auto pinned = config::pinned_trust(tablet);
  const bool is_pinned = pinned.has_value() && !pinned->empty();
  return report.done("Enrolled. Device " + reply->device.str() + " for " + reply->worker_name + ".\n" +
                         "The worker starts Doorstep on this tablet and chooses a passphrase of at least four words" +
                         (config.policy.pin ? ", or a PIN of at least six digits." : ".") +
                         (is_pinned || config.demonstration
                              ? ""
                              : "\nNo signing key is on this tablet: it takes files that nobody signed. Put the council's trust.pub to " +
                                    std::string(config::kSystemTrustFile) + "."),
                     {{"device", reply->device.str()}, {"worker", reply->worker.str()}, {"pinned", is_pinned}});
}

int drain(const Report& report, const fs::path& tablet, const fs::path& with) {
  const auto waiting = base::copies_in(tablet / config::kOutboxFolder);
  if (waiting.has_error())
    return report.could_not("The sealed copies of " + tablet.string() + " cannot be read.", waiting.error(), "Nothing was changed.",
                            "Read the disk in another machine.");
  // A slip in the name must not sound like an all-clear.
  if (!fs::exists(tablet / config::kEnrolmentFile) && !fs::exists(tablet / config::kOutboxFolder))
    return report.refused(tablet.string() + " is no tablet's folder: neither an enrolment nor sealed copies are in it.",
                          "Nothing was changed.",
                          "Name the folder that was --tablet when it was enrolled; of a disk from elsewhere, where it is mounted here.");
  if (waiting->empty()) return report.done(tablet.string() + " holds no sealed copies.", {{"taken", 0}, {"kept", 0}}, false);
  const std::string left = "The sealed copies are where they were.";
  const auto text = base::read_file(with / config::kEnrolmentFile, limits::kKeyFileBytes);
  auto enrolment = text.has_value() ? wire::decode<wire::EnrolReply>(*text) : base::Result<wire::EnrolReply>(text.error());
  auto key = read_secret(with / config::kDeviceKeyFile);
  const auto fits = [&](const auto& pair) { return tls::is_of_device(pair.certificate, enrolment->device, pair.key); };
  if (enrolment.has_value())
    if (auto renewed = config::renewed_pair(with, fits)) {
      key = std::move(renewed->key);
      enrolment->device_certificate = std::move(renewed->certificate);
    }
  const auto loaded = config::load_tablet_config(with);
  const auto* config = std::get_if<config::DeviceConfig>(&loaded);
  if (enrolment.has_error() || key.has_error() || !config)
    return report.refused(with.string() + " holds no enrolled tablet whose certificate could carry them.", left,
                          "Enrol a tablet and name its folder: doorstep-provision drain " + tablet.string() + " --with FOLDER");
  const auto context = tls::client_context({.ca = config->server.ca_pem, .cert = enrolment->device_certificate, .key = &*key});
  if (context.has_error())
    return report.could_not("The tablet's certificate cannot be used.", context.error(), left,
                            "Enrol it anew, or name another's folder: --with FOLDER");
  transport::HttpClient client(endpoint_of(*config, config->server.sync), *context);
  const auto every = [](const base::CopyName&) { return true; };
  const auto done = transport::drain_folder(client, tablet / config::kOutboxFolder, every, limits::kReplyTimeout);
  if (done.has_error()) {
    const std::string url = config->server.sync.url(), taken = "What the server took is gone from the folder; the rest is where it was.";
    if (const auto because = blame(done.error(), *config, url)) return say(report, *because, done.error(), taken);
    return report.could_not("The sealed copies could not be handed in at " + url + ".", done.error(), taken,
                            "Mend what is named and run it again. Has the tablet's certificate run out, carry them with another's: "
                            "--with FOLDER");
  }
  const boost::json::object facts{{"taken", done->taken}, {"kept", done->kept}};
  if (done->kept > 0)
    return report.refused("The server took " + std::to_string(done->taken) + " sealed copies, and not " + std::to_string(done->kept) + ".",
                          "Those that it did not take are where they were. The log says why, for each.",
                          "Keep the files, and ask whoever runs the server: what a revoked tablet wrote is not taken.");
  return report.done("The server took " + std::to_string(done->taken) + " sealed copies.", facts);
}

int apply(const Report& report, const TabletArguments& args) {
  const fs::path& tablet = args.tablet;
  if (!fs::exists(tablet / config::kEnrolmentFile))
    return report.refused(tablet.string() + " holds no enrolled tablet.", "Nothing was changed.",
                          "Enrol it first: doorstep-provision enrol.");
  int code = kDone;
  const auto brought = bring(report, args, code);
  if (!brought) return code;
  const auto& [text, signatures] = std::tie(brought->file.text, brought->file.signatures);
  const std::string name = args.file.filename().string();
  const auto same = [&](const fs::path& file, std::string_view bytes) {
    const auto there = base::read_file(tablet / file, limits::kConfigBytes);
    return bytes.empty() || (there.has_value() && *there == bytes);
  };
  const auto& server = brought->file.config.server;
  if (same(config::kDeviceTomlFile, text) &&
      same(std::string(config::kDeviceTomlFile) + std::string(config::kSignatureEnding), signatures) &&
      same(config::kTrustFile, brought->trust_pem) && (server.ca_file.empty() || same(server.ca_file, server.ca_pem)))
    return report.done(tablet.string() + " has this file already.", {{"serial", brought->file.config.serial}}, false);

  const auto written = base::read_file(tablet / config::kEnrolmentFile, limits::kKeyFileBytes);
  const auto enrolment = written.has_value() ? wire::decode<wire::EnrolReply>(*written) : base::Result<wire::EnrolReply>(written.error());
  if (enrolment.has_value() && enrolment->demonstration.value_or(false) != brought->file.config.demonstration)
    return report.refused(not_alike(brought->file.config), kUntouched, kMakeAlike);

  // Whatever is there now, the new file may mend it; only one that the tablet believes can say what it was.
  const auto pinned = config::pinned_trust(tablet);
  auto now = config::load_device_file(tablet / config::kDeviceTomlFile, pinned.has_value() ? *pinned : config::Trust());
  if (const auto* current = std::get_if<config::DeviceFile>(&now)) {
    const auto& config = brought->file.config;
    if (current->config.council.id != config.council.id)
      return report.refused(
          "This tablet is " + current->config.council.id + "'s; " + args.file.string() + " is " + config.council.id + "'s.",
          kUntouched, "Use the file of the tablet's own council.");
    if (config.serial > 0 && current->config.serial == config.serial && current->text != text)
      return report.refused(args.file.string(),
                            {{name, config.serial_line, "serial",
                              "another file with the serial " + std::to_string(config.serial) + " is on this tablet",
                              "give each file that is handed out a serial of its own; if it was edited there, give this one a higher one"}},
                            kUntouched);
  }
  if (const auto kept = keep(*brought, tablet); kept.has_error())
    return report.could_not(tablet.string() + " could not be written.", kept.error(), "Notes on it are safe.",
                            "Make room on the disk, then run the same command again.");
  return report.done("Brought to " + tablet.string() + ". It counts from the next start of Doorstep on; the server was not asked.",
                     {{"serial", brought->file.config.serial}});
}

}  // namespace doorstep::provision
