#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "platform/base/error.h"

/// What differs between operating systems, one interface each; the implementation is chosen by CMake (linux/).
namespace doorstep::os {

/// Where this user's Doorstep data lies when the configuration names no other place:
/// $XDG_DATA_HOME/doorstep, else ~/.local/share/doorstep. Fault::NotFound: the user has no home. Makes nothing.
base::Result<std::filesystem::path> data_folder();

/// The account that owns the folder, or the nearest one above it that is there, when it is another's and this process is
/// root's, who could write there all the same. Its name, or its number.
std::optional<std::string> other_owner(const std::filesystem::path& folder);

/// Keeps what the process holds in memory from other programs: no core dumps, no ptrace by the same user
/// (security.md section 5). Called first in main. Fault::Denied when the system refuses.
base::Result<void> harden_process();

/// Differs after every reboot; a constant word where the system does not say.
std::string boot_id();

struct Battery {
  int percent = 0;        ///< of what it holds now, 0 to 100
  bool charging = false;  ///< or full, at a socket
};
/// The machine's battery, of several the one with least in it; empty: it has none, or the system does not say. `supplies`: where Linux
/// tells of them; tests have a folder of their own.
std::optional<Battery> battery(const std::filesystem::path& supplies = "/sys/class/power_supply");

/// Tells whether there is a network, and when that changes. One thread; the descriptor may be polled by another.
class NetworkWatch {
 public:
  virtual ~NetworkWatch() = default;
  /// Readable when something may have changed; then call refresh(). -1: this watch never changes.
  virtual int descriptor() const = 0;
  /// Takes in what the descriptor announced; true when online() now says something else than before.
  virtual bool refresh() = 0;
  /// True when an interface other than loopback is up and has an address that somebody gave it. No promise that the server
  /// is reachable.
  virtual bool online() const = 0;
};

/// The machine's network. In drivable builds (DOORSTEP_DRIVABLE), where the environment names DOORSTEP_NETWORK_FILE, that
/// file decides instead: "off" is no network, anything else or no file is a network. So a test can take the network away
/// from the real program on a machine whose only network is loopback. Never null; a machine that cannot be watched counts
/// as always online, so that sync is tried.
std::unique_ptr<NetworkWatch> watch_network();

/// Where this program's file lies; the programs it starts lie beside it. Empty when the system does not say.
std::filesystem::path program_folder();

}  // namespace doorstep::os
