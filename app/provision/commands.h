#pragma once
#include <filesystem>
#include <string>

#include "app/provision/report.h"

namespace doorstep::provision {

// Where IT writes the file ------------------------------------------------------------------------------------------------

/// Writes a device.toml to begin with, never over another file; "-" is standard output. `ca`: the authority's certificate,
/// which then stands in it as ca_pem; empty: it names ca.pem.
int make_new(const Report& report, const std::filesystem::path& file, const std::filesystem::path& ca);

/// Says all that is wrong. `trust`: a trust.pub its signature must fit; empty: as this machine has pinned one.
int check(const Report& report, const std::filesystem::path& file, const std::filesystem::path& trust);

/// Makes a signing key of mode 0600 and its trust.pub. `passphrase_file`: encrypts the key; "-" is standard input.
int make_keys(const Report& report, const std::filesystem::path& key, const std::filesystem::path& trust,
              const std::filesystem::path& passphrase_file);

/// Checks the file as a tablet would, and writes its signature beside it.
int sign(const Report& report, const std::filesystem::path& file, const std::filesystem::path& key,
         const std::filesystem::path& passphrase_file);

// On a tablet -------------------------------------------------------------------------------------------------------------

struct TabletArguments {
  std::filesystem::path file;    ///< device.toml
  std::filesystem::path tablet;  ///< the data folder
  std::filesystem::path trust;   ///< a trust.pub to pin in that folder; may be empty
  std::string token;             ///< enrol
  bool if_needed = false;        ///< enrol: a tablet that is enrolled already is as wanted
  bool anew = false;             ///< enrol: also one that is enrolled already, whose passphrase nobody knows any more
};

/// Gives one tablet its key and certificate with a one-time code.
int enrol(const Report& report, const TabletArguments& arguments);

/// Hands the sealed copies in a tablet's folder to the case server. `with`: the folder of the tablet whose certificate carries them.
int drain(const Report& report, const std::filesystem::path& tablet, const std::filesystem::path& with);

/// Brings a newer device.toml to an enrolled tablet; the same one again changes nothing.
int apply(const Report& report, const TabletArguments& arguments);

}  // namespace doorstep::provision
