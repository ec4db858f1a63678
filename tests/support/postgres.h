#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/process.h"

namespace doorstep::support {

/// A PostgreSQL cluster of a test program's own (platform/dev/postgres.sh): in a temporary folder, on a Unix socket there. It
/// ends with the program, also when that is killed. Throws, saying what to do, when PostgreSQL is not installed.
class Postgres {
 public:
  Postgres();
  ~Postgres();
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  /// The one cluster of this program, started when it is first asked for.
  static Postgres& shared();

  void start();
  void stop();    ///< as an operator does: connections are closed
  void kill();    ///< as a power cut: no process of it is left to say goodbye
  std::string url(const std::string& user, const std::string& database) const;
  /// A fresh database that `owner` owns; both roles are made when they are not there. Its name.
  std::string make_database(const std::string& owner, const std::string& other);
  /// SQL as the superuser; standard output without decoration. Throws.
  std::string sql(const std::string& database, const std::string& text) const;
  std::string dump(const std::string& database) const;  ///< pg_dump, in plain SQL
  const std::filesystem::path& folder() const { return folder_; }

 private:
  void end(int signal);
  std::filesystem::path folder_;
  std::unique_ptr<Process> process_;
  int databases_ = 0;
};

}  // namespace doorstep::support
