#pragma once
#include <memory>
#include <string>
#include <vector>

#include "platform/sql/db.h"
#include "tests/support/field.h"
#include "tests/support/process.h"

namespace doorstep::support {

/// The real doorstep-server in a folder of its own. One thread.
class ServerProcess {
 public:
  /// Makes the folder and imports `extract`; does not serve yet.
  explicit ServerProcess(const std::filesystem::path& extract);
  /// Serves; the first time on free ports, then on the same again. Returns when it does.
  void start();
  void kill();  ///< SIGKILL, and waits for the end
  void stop();  ///< SIGTERM, and waits for the end; throws when it does not end well
  bool running() { return process_ && process_->running(); }
  /// One of its other commands, to the end; its standard output. Throws when it was refused.
  std::string command(std::vector<std::string> arguments);
  Setup enrol(const std::string& worker_ref);
  std::uint16_t enrol_port() const { return enrol_port_; }

  const std::filesystem::path& folder() const { return folder_.path(); }
  /// Everything it has written to standard output and error so far, over all starts.
  std::string output();
  /// Its database, opened beside it with the key of its folder; throws.
  sql::Db open_database() const;
  std::unique_ptr<server::Repository> open_repository() const;

 private:
  std::vector<std::string> program(std::vector<std::string> arguments) const;
  Folder folder_;
  std::unique_ptr<Process> process_;
  std::string earlier_;  ///< output of what ended
  std::uint16_t port_ = 0, enrol_port_ = 0;
};

}  // namespace doorstep::support
