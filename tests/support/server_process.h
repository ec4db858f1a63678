#pragma once
#include <memory>
#include <string>
#include <vector>

#include "platform/sql/db.h"
#include "tests/support/field.h"
#include "tests/support/process.h"

namespace doorstep::support {

/// The real doorstep-server. One thread.
class ServerProcess {
 public:
  /// Makes its folder and imports `extract`; does not serve yet. `folder`: where it lies and stays; empty: one of its own,
  /// removed at the end. `demonstration`: it is one, and so are the tablets of its device_toml().
  explicit ServerProcess(const std::filesystem::path& extract, const std::filesystem::path& folder = {}, bool demonstration = false);
  /// Serves; the first time on free ports, then on the same again. Returns when it does.
  void start();
  void move() { port_ = enrol_port_ = 0; }  ///< while it does not serve: the next start is on other ports
  void kill();  ///< SIGKILL, and waits for the end
  void stop();  ///< SIGTERM, and waits for the end; throws when it does not end well
  pid_t pid() const { return process_->pid(); }  ///< while it serves
  bool running() { return process_ && process_->running(); }
  /// One of its other commands, to the end; its standard output. Throws when it was refused.
  std::string command(std::vector<std::string> arguments);
  std::uint16_t enrol_port() const { return enrol_port_; }
  std::string token(const std::string& worker_ref);  ///< a new code to enrol a tablet with
  Setup enrol(const std::string& worker_ref) {
    return Setup::enrol(read_text(folder() / "ca.pem"), enrol_port_, port_, token(worker_ref));
  }
  /// What IT hands out for it, once it serves: a council, its server, two numbers to ring.
  std::string device_toml() const;
  /// The same as a file of `folder`, with the authority's certificate beside it; its path.
  std::filesystem::path write_device_toml(const std::filesystem::path& folder) const;

  const std::filesystem::path& folder() const { return folder_; }
  /// Everything it has written to standard output and error so far, over all starts.
  std::string output();
  /// Its database, opened beside it with the key of its folder; throws.
  sql::Db open_database() const;
  std::unique_ptr<server::Repository> open_repository() const;

 private:
  std::vector<std::string> program(std::vector<std::string> arguments) const;
  std::unique_ptr<Folder> own_folder_;
  std::filesystem::path folder_;
  bool demonstration_;
  std::unique_ptr<Process> process_;
  std::string earlier_;  ///< output of what ended
  std::uint16_t port_ = 0, enrol_port_ = 0;
};

}  // namespace doorstep::support
