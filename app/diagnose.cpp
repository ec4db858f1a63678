#include "app/diagnose.h"

#include <openssl/crypto.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <SDL.h>
#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "app/work/spelling.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/config/tablet_folder.h"
#include "platform/os/os.h"
#include "platform/sql/db.h"
#include "platform/tls/certificate.h"
#include "platform/vault/slot.h"
#include "platform/vault/tpm2_provider.h"
#include "sync/wire/codec.h"

namespace doorstep::app {
namespace {

namespace fs = std::filesystem;

std::string system_name() {
  const auto text = base::read_file("/etc/os-release", limits::kConfigBytes);
  const std::string key = "PRETTY_NAME=\"";
  const auto at = text.has_value() ? text->find(key) : std::string::npos;
  if (at == std::string::npos) return "unknown";
  return text->substr(at + key.size(), text->find('"', at + key.size()) - at - key.size());
}

std::string set(const char* variable) { return std::getenv(variable) ? "set" : "not set"; }

void machine(std::ostream& out, const base::Clock& clock) {
  utsname kernel{};
  ::uname(&kernel);
  SDL_version sdl{};
  SDL_GetVersion(&sdl);
  out << "program: doorstep " DOORSTEP_VERSION "\n"
      << "libraries: SQLCipher " << sql::cipher_version() << ", " << OpenSSL_version(OPENSSL_VERSION) << ", SDL " << int(sdl.major) << '.'
      << int(sdl.minor) << '.' << int(sdl.patch) << "\n"
      << "system: " << system_name() << ", Linux " << kernel.release << ", " << kernel.machine << "\n"
      << "display: DISPLAY " << set("DISPLAY") << ", WAYLAND_DISPLAY " << set("WAYLAND_DISPLAY") << "\n"
      << "clock: " << base::to_rfc3339(clock.wall()) << "\n"
      << "security chip: " << (vault::tpm_answers(vault::kTpmDevice) ? "answers" : "none that this account may use") << "\n"
      << "network: " << (os::watch_network()->online() ? "there is one" : "none") << "\n";
}

/// Only names that the program itself gives. Anything else may be a person's, and is counted.
void files(std::ostream& out, const fs::path& tablet) {
  std::size_t others = 0;
  struct stat info {};
  std::error_code error;
  const auto line = [&](const fs::path& file, const std::string& name) {
    if (::lstat(file.c_str(), &info) != 0) return out << "file: " << name << ": not there\n", void();
    std::ostringstream mode;
    mode << std::oct << (info.st_mode & 07777);
    out << (S_ISDIR(info.st_mode) ? "folder: " : "file: ") << name << ": mode " << mode.str() << ", "
        << (info.st_uid == ::geteuid() ? "this account's" : "another account's");
    if (S_ISREG(info.st_mode)) out << ", " << info.st_size << " bytes";
    out << "\n";
  };
  line(tablet, "the tablet's");
  const std::vector<std::string> known = {std::string(config::kDeviceTomlFile),
                                          std::string(config::kDeviceTomlFile) + std::string(config::kSignatureEnding),
                                          std::string(config::kSerialFile),
                                          std::string(config::kTrustFile),
                                          std::string(config::kDeviceKeyFile),
                                          std::string(config::kDevicePairFile),
                                          std::string(config::kEnrolmentFile),
                                          "settings.json",
                                          "vault",
                                          "vault/slot",
                                          "vault/throttle",
                                          "replica.db",
                                          "replica.db-wal"};
  for (const auto& name : known) line(tablet / name, name);
  for (const auto& entry : fs::directory_iterator(tablet, error))
    if (std::find(known.begin(), known.end(), entry.path().filename().string()) == known.end()) ++others;
  out << "files of other names: " << others << "\n";
  if (const auto space = fs::space(tablet, error); !error) out << "disk: " << space.available / (1024 * 1024) << " MiB free\n";
}

void set_up(std::ostream& out, const fs::path& tablet, const base::Clock& clock) {
  const auto trust = config::pinned_trust(tablet);
  out << "signing key: ";
  if (trust.has_error()) out << "trust.pub cannot be used\n";
  else if (trust->empty()) out << "none pinned\n";
  else {
    for (const auto& key : *trust) out << config::key_name(key) << ' ';
    std::error_code error;
    out << (fs::exists(config::kSystemTrustFile, error) ? "(this machine's)\n" : "(this folder's)\n");
  }
  auto loaded = config::load_tablet_config(tablet);
  if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
    out << "set-up file: refused";  // where, not what: a slip may be in a name or a number
    for (const auto& problem : *problems) out << "; line " << problem.line;
    out << "\n";
    return;
  }
  const auto& config = std::get<config::DeviceConfig>(loaded);
  const auto authority = tls::inspect(config.server.ca_pem);
  out << "set-up file: taken, serial " << config.serial << "\n"
      << "authority: "
      << (authority.has_value()
              ? authority->fingerprint.substr(0, 16) + ", until " + base::to_rfc3339(authority->not_after).substr(0, 10)
              : "unreadable")
      << "\n";
  if (authority.has_value())
    if (const auto problem = config::not_today(config, clock.wall(), authority->not_before, ""))
      out << "dates: " << problem->what << "\n";
}

void enrolment(std::ostream& out, const fs::path& tablet) {
  const auto text = base::read_file(tablet / config::kEnrolmentFile, limits::kKeyFileBytes);
  const auto reply = text.has_value() ? wire::decode<wire::EnrolReply>(*text) : base::Result<wire::EnrolReply>(text.error());
  auto device = reply.has_value() ? tls::inspect(reply->device_certificate) : base::Result<tls::Identity>(reply.error());
  const auto fits = [&](const auto& pair) { return tls::is_of_device(pair.certificate, reply->device, pair.key); };
  if (device.has_value())
    if (const auto renewed = config::renewed_pair(tablet, fits)) device = tls::inspect(renewed->certificate);
  if (device.has_error()) out << "enrolment: " << base::fault_word(device.error().fault) << "\n";
  else out << "enrolment: device " << device->device << ", certificate until " << base::to_rfc3339(device->not_after).substr(0, 10) << "\n";
}

void vault_state(std::ostream& out, const fs::path& tablet) {
  const auto slot = base::read_file(tablet / "vault" / "slot", limits::kKeyFileBytes);
  if (slot.has_error()) {
    out << "vault: " << base::fault_word(slot.error().fault) << "\n";
    return;
  }
  const auto header = vault::read_slot_header(*slot, vault::kTestCost);
  if (header.has_error()) {
    out << "vault: " << base::fault_word(header.error().fault) << "\n";
    return;
  }
  out << "vault: " << (header->level == vault::Level::Tpm2 ? "TPM" : "key file") << ", written " << header->sequence << " times, Argon2id "
      << header->cost.memory_mib << " MiB x " << header->cost.passes << "\n";
}

}  // namespace

std::string diagnose(const fs::path& tablet, const base::Result<state::Assets>& assets, const base::Clock& clock) {
  std::ostringstream out;
  machine(out, clock);
  if (assets.has_error()) out << "words, form and rules: cannot be read\n";
  else
    out << "form: " << assets->form.version << "; rules: " << assets->rules.version
        << "; calendar: " << assets->rules.calendar.version << "\n";
  files(out, tablet);
  set_up(out, tablet, clock);
  enrolment(out, tablet);
  vault_state(out, tablet);
  out << "spelling: " << (work::Speller::is_in(work::kDictionaries) ? "en_GB" : "no dictionary (package hunspell-en-gb): no word is marked") << "\n";
  out << "sync: known only to the worker, under Sync\n";
  return out.str();
}

}  // namespace doorstep::app
