// doorstep-provision: what a council's IT does to a tablet before a worker gets it.
#include <CLI/CLI.hpp>

#include "app/provision/commands.h"
#include "platform/os/os.h"

int main(int argc, char** argv) {
  using namespace doorstep;
  CLI::App app(
      "Prepares a council's tablets for Doorstep. Asks nothing and waits for nobody.\n"
      "Exit codes: 0 done, or nothing was to be done; 1 refused, something is to be mended; 2 could not be done, try again.",
      "doorstep-provision");
  app.set_version_flag("--version", std::string(DOORSTEP_VERSION));
  app.require_subcommand(1);
  app.fallthrough();

  provision::Report report;
  app.add_flag("--json", report.json, "answer with one JSON object on standard output");
  provision::TabletArguments tablet;
  std::filesystem::path drained, with;
  std::filesystem::path file, ca, trust, key = "signing.key", new_trust = "trust.pub", passphrase_file;

  auto* command_new = app.add_subcommand("new", "write a device.toml to begin with");
  command_new->add_option("file", file, "where to; - for standard output")->default_val("device.toml");
  command_new->add_option("--ca", ca, "the authority's ca.pem, to stand in it, as in a signed file it must");
  auto* command_check = app.add_subcommand("check", "say everything that is wrong with a device.toml, and on which line");
  command_check->add_option("file", file, "the device.toml")->required();
  command_check->add_option("--trust", trust, "trust.pub its signature must fit (default: /etc/doorstep/trust.pub, if there is one)");
  auto* command_keygen = app.add_subcommand("keygen", "make the key that device.toml is signed with, and trust.pub for the tablets");
  command_keygen->add_option("--key", key, "the private key, mode 0600")->capture_default_str();
  command_keygen->add_option("--trust", new_trust, "the public key")->capture_default_str();
  command_keygen->add_option("--passphrase-file", passphrase_file, "encrypt the private key with its first line; - for standard input");
  auto* command_sign = app.add_subcommand("sign", "check a device.toml and write its signature beside it");
  command_sign->add_option("file", file, "the device.toml")->required();
  command_sign->add_option("--key", key, "the private key")->capture_default_str();
  command_sign->add_option("--passphrase-file", passphrase_file, "the key's passphrase is its first line; - for standard input");
  auto* command_enrol = app.add_subcommand("enrol", "give one tablet its key and certificate with a one-time code");
  command_enrol->add_option("--token", tablet.token, "the code that `doorstep-server token` printed")->required();
  auto* if_needed =
      command_enrol->add_flag("--if-needed", tablet.if_needed, "a tablet that is enrolled already is left as it is, and that is no failure");
  command_enrol->add_flag("--anew", tablet.anew,
                          "a forgotten passphrase: what is stored is destroyed, but for sealed copies of what was not sent")
      ->excludes(if_needed);
  auto* command_drain = app.add_subcommand("drain", "hand what a tablet could not send itself to the case server");
  command_drain->add_option("tablet", drained, "its data folder, or a copy of it")->required();
  command_drain->add_option("--with", with, "the folder of another enrolled tablet, whose certificate carries it");
  auto* command_apply = app.add_subcommand("apply", "bring a newer device.toml to an enrolled tablet; the same again changes nothing");
  for (auto* command : {command_enrol, command_apply}) {
    command->add_option("file", tablet.file, "the device.toml, with its device.toml.sig beside it when it is signed")->required();
    command->add_option("--tablet", tablet.tablet, "the tablet's data folder")->required();
    command->add_option("--trust", tablet.trust, "trust.pub to pin in that folder, where /etc/doorstep/trust.pub cannot be written");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? provision::kDone : provision::kCouldNot;
  }
  if (const auto hardened = os::harden_process(); hardened.has_error())
    return report.could_not("This process could not be protected from other programs.", hardened.error(), "", "Run it on another machine.");
  try {
    if (*command_new) return provision::make_new(report, file, ca);
    if (*command_check) return provision::check(report, file, trust);
    if (*command_keygen) return provision::make_keys(report, key, new_trust, passphrase_file);
    if (*command_sign) return provision::sign(report, file, key, passphrase_file);
    if (*command_apply) return provision::apply(report, tablet);
    if (*command_drain) return provision::drain(report, drained, with.empty() ? drained : with);
    return provision::enrol(report, tablet);
  } catch (const std::exception& error) {
    return report.could_not(std::string("Doorstep stopped: ") + error.what(), "Nothing was sent.",
                            "Run it again. If it stops again, tell whoever maintains Doorstep.");
  }
}
