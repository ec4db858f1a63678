#include <sys/stat.h>

#include <iostream>

#include "app/provision/commands.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/config/device_config.h"
#include "platform/config/tablet_folder.h"
#include "platform/tls/certificate.h"
#include "platform/vault/passphrase.h"

namespace doorstep::provision {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::Fault;
using base::Result;
using base::Secret;

constexpr std::string_view kNothingChanged = "Nothing was changed on any tablet.";

/// The passphrase of a key file: the first line of `file`; empty for no file.
Result<Secret> read_passphrase(const fs::path& file) {
  if (file.empty()) return Secret();
  std::string text;
  if (file == "-") std::getline(std::cin, text);
  else {
    DOORSTEP_TRY_ASSIGN(text, base::read_file(file, limits::kKeyFileBytes));
  }
  Secret out = Secret::copy_of(std::string_view(text).substr(0, text.find_first_of("\r\n")));
  base::wipe(text);
  if (out.empty()) return Error{Fault::Invalid, "passphrase", "the passphrase is empty"};
  return out;
}

/// A private key that others can read is nobody's own any more.
bool only_mine(const fs::path& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 && (info.st_mode & 077) == 0;
}

Result<Secret> read_secret(const fs::path& file) {
  DOORSTEP_TRY_ASSIGN(std::string text, base::read_file(file, limits::kKeyFileBytes));
  Secret out = Secret::copy_of(text);
  base::wipe(text);
  return out;
}

}  // namespace

int make_new(const Report& report, const fs::path& file, const fs::path& ca) {
  std::string text(config::example_device_toml());
  if (!ca.empty()) {
    const auto pem = base::read_file(ca, limits::kConfigBytes);
    if (pem.has_error()) return report.could_not(ca.string() + " cannot be read.", pem.error(), "", "Name the ca.pem of the server.");
    const auto kind = tls::inspect(*pem);
    if (kind.has_error() || kind->kind != tls::Kind::Authority || pem->find("'''") != std::string::npos)
      return report.refused(ca.string() + " is no authority's certificate.", "", "Use the ca.pem that `doorstep-server init` wrote.");
    text = config::with_ca_pem(text, *pem);
  }
  if (file == "-") {
    std::cout << text;
    return kDone;
  }
  if (fs::exists(file))
    return report.refused(file.string() + " is there already.", "It was not touched.", "Name another file, or move this one away.");
  const auto written = base::write_file_atomic(file, text, base::Access::Everybody);
  if (written.has_error())
    return report.could_not(file.string() + " could not be written.", written.error(), "", "Check the folder's permissions.");
  return report.done("Wrote " + file.string() + ". Replace every CHANGE ME, then run: doorstep-provision check " + file.string(),
                     {{"file", file.string()}});
}

int check(const Report& report, const fs::path& file, const fs::path& trust_file) {
  config::Trust trust;
  if (auto pinned = config::pinned_trust("/nonexistent", trust_file.empty() ? fs::path(config::kSystemTrustFile) : trust_file);
      pinned.has_value())
    trust = std::move(*pinned);
  else return report.could_not("The signing key cannot be read.", pinned.error(), kNothingChanged, "Use the trust.pub of `keygen`.");
  if (!trust_file.empty() && trust.empty())
    return report.could_not("There is no file " + trust_file.string() + ".", kNothingChanged, "Use the trust.pub of `keygen`.");
  if (!fs::is_regular_file(file))
    return report.could_not("There is no file " + file.string() + ".", "", "Write one with: doorstep-provision new " + file.string());
  auto loaded = config::load_device_file(file, trust);
  if (auto* problems = std::get_if<std::vector<config::Problem>>(&loaded))
    return report.refused(file.string(), *problems, kNothingChanged);
  const auto& config = std::get<config::DeviceFile>(loaded).config;
  const auto authority = tls::inspect(config.server.ca_pem);
  if (authority.has_error() || authority->kind != tls::Kind::Authority)
    return report.refused(file.string() + ": the certificate given as the authority is not one that Doorstep's server made.",
                          kNothingChanged, "Use the ca.pem that `doorstep-server init` wrote.");
  if (auto problem = config::not_today(config, base::SystemClock().wall(), authority->not_before, file.filename().string()))
    return report.refused(file.string(), {*problem}, kNothingChanged);
  return report.done(file.string() + " is right. Council: " + config.council.name + ". Server: " + config.server.sync.url() +
                         ", valid until " + base::to_rfc3339(authority->not_after).substr(0, 10) + " under authority " +
                         authority->fingerprint.substr(0, 16) +
                         (trust.empty() ? ". No signature was asked for." : ". Its signature is right.") +
                         (config.policy.pin ? " It allows PINs: a tablet without a security chip refuses it." : ""),
                     {{"council", config.council.id}, {"serial", config.serial}, {"signed", !trust.empty()}});
}

int make_keys(const Report& report, const fs::path& key_file, const fs::path& trust_file, const fs::path& passphrase_file) {
  for (const auto& file : {key_file, trust_file})
    if (fs::exists(file))
      return report.refused(file.string() + " is there already.", "It was not touched.", "Name other files: --key and --trust.");
  const auto passphrase = read_passphrase(passphrase_file);
  if (passphrase.has_error())
    return report.could_not("The passphrase cannot be read.", passphrase.error(), "", "Write it as the first line of a file.");
  if (!passphrase->empty())
    if (auto weak = vault::check_passphrase(passphrase->view()))
      return report.refused("This passphrase is too weak. " + weak->words, "", "Choose at least four words that do not belong together.");
  const auto key = config::make_signing_key(*passphrase);
  auto opened = key.has_value() ? config::open_signing_key(*key, *passphrase) : base::Result<Secret>(key.error());
  auto pub = opened.has_value() ? config::public_key(*opened) : base::Result<std::string>(opened.error());
  base::Result<void> written = pub.has_value() ? base::write_file_atomic(key_file, key->view(), base::Access::Owner)
                                               : base::Result<void>(pub.error());
  if (written.has_value()) written = base::write_file_atomic(trust_file, *pub, base::Access::Everybody);
  if (written.has_error())
    return report.could_not("The signing key could not be made.", written.error(), "", "Check the folder's permissions.");
  const std::string name = config::key_name(config::parse_trust(*pub)->front());
  return report.done("Wrote " + key_file.string() +
                         (passphrase->empty() ? " (not encrypted: keep it where only you can read it)" : " (encrypted)") +
                         " and " + trust_file.string() + ". The key's name is " + name + ". Put " +
                         trust_file.filename().string() + " on every tablet as " + std::string(config::kSystemTrustFile) + ".",
                     {{"key", key_file.string()}, {"trust", trust_file.string()}, {"name", name}});
}

int sign(const Report& report, const fs::path& file, const fs::path& key_file, const fs::path& passphrase_file) {
  const auto pem = read_secret(key_file);
  if (pem.has_error())
    return report.could_not("The signing key cannot be read.", pem.error(), kNothingChanged,
                            "Make one with: doorstep-provision keygen");
  if (!only_mine(key_file))
    return report.refused(key_file.string() + " can be read by others than its owner.", kNothingChanged,
                          "Run: chmod 600 " + key_file.string() + ". If somebody may have copied it, make a new key.");
  const auto passphrase = read_passphrase(passphrase_file);
  if (passphrase.has_error())
    return report.could_not("The passphrase cannot be read.", passphrase.error(), kNothingChanged,
                            "Name its file with --passphrase-file.");
  const auto key = config::open_signing_key(*pem, *passphrase);
  if (key.has_error())
    return report.refused(key_file.string() + " cannot be used: " + key.error().detail + ".", kNothingChanged,
                          "Give the right key, with --passphrase-file where it is encrypted.");
  const auto trust = config::parse_trust(config::public_key(*key).value()).value();

  // What is signed is what is checked: the bytes in memory. A tablet will ask for nothing else.
  const auto text = base::read_file(file, limits::kConfigBytes);
  const auto signature = text.has_value() ? config::sign(*text, *key) : base::Result<base::Bytes>(text.error());
  if (signature.has_error())
    return report.could_not(file.string() + " cannot be signed.", signature.error(), kNothingChanged, "Name the device.toml.");
  auto checked = config::check_device_text(file, *text, *signature, trust);
  if (auto* problems = std::get_if<std::vector<config::Problem>>(&checked))
    return report.refused(file.string(), *problems, "It was not signed.");
  const auto& config = std::get<config::DeviceFile>(checked).config;
  const auto authority = tls::inspect(config.server.ca_pem);
  if (authority.has_error() || authority->kind != tls::Kind::Authority)
    return report.refused(file.string() + ": server.ca_pem is not an authority's certificate.", "It was not signed.",
                          "Use the ca.pem that `doorstep-server init` wrote.");
  const fs::path beside = file.string() + std::string(config::kSignatureEnding);
  if (auto written = base::write_file_atomic(beside, *signature, base::Access::Everybody); written.has_error())
    return report.could_not(beside.string() + " could not be written.", written.error(), kNothingChanged,
                            "Check the folder's permissions.");
  const std::string name = config::key_name(trust.front());
  return report.done("Signed " + file.string() + ", serial " + std::to_string(config.serial) + ", with key " + name + ". Hand out both " +
                         file.filename().string() + " and " + beside.filename().string() + ".",
                     {{"signature", beside.string()}, {"serial", config.serial}, {"name", name}});
}

}  // namespace doorstep::provision
