#pragma once
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "app/state/state.h"
#include "app/store/store.h"
#include "app/work/runner.h"
#include "platform/vault/slot.h"
#include "sync/server/http_listener.h"
#include "sync/server/service.h"
#include "sync/server/sqlcipher_repository.h"
#include "tests/support/folder.h"

/// A council and its tablets in one process, with the real parts: encrypted stores, threads, TLS, case server. Only windows are
/// missing: a test is the person.
namespace doorstep::support {

/// What enrolment gave a tablet, and where its server is.
struct Setup {
  wire::EnrolReply enrolment;
  base::Secret device_key;
  transport::Endpoint server;

  /// A fresh tablet enrols at a council's loopback ports.
  static Setup enrol(const std::string& ca, std::uint16_t enrol_port, std::uint16_t port, const std::string& token);
  /// As files of a folder, for another process.
  void write(const std::filesystem::path& folder) const;
  static Setup read(const std::filesystem::path& folder);
};

struct CaseServerOptions {
  server::RepositoryOptions repository;
  /// Opens the cases under a key, elsewhere than in a file of its own.
  std::function<base::Result<std::unique_ptr<server::Repository>>(const base::Secret& key)> open;
  /// Called on the thread that answered, after the service has and before anything is sent.
  std::function<void(const server::HttpRequest&, const server::HttpReply&)> replied;
  bool plain = false;  ///< replies are not made with prefixes: `replied` can read them
};

/// The case server with the caseload of assets/demo.
class CaseServer {
 public:
  explicit CaseServer(CaseServerOptions options = {});
  ~CaseServer();

  void stop();   ///< the network is gone: nobody listens
  void start();  ///< on the same ports
  server::Repository& repository() { return *repository_; }
  const base::Secret& database_key() const { return key_; }
  std::filesystem::path database() const { return folder_ / "cases.db"; }
  const tls::Authority& authority() const { return ca_; }
  std::uint16_t port() const { return port_; }
  std::uint16_t enrol_port() const { return enrol_port_; }
  std::string token(const std::string& worker_ref);
  Setup enrol(const std::string& worker_ref) { return Setup::enrol(ca_.cert, enrol_port_, port_, token(worker_ref)); }
  /// The child's id by the case system's number.
  base::Id child(const std::string& external_ref);
  void import(const std::filesystem::path& folder);

 private:
  CaseServerOptions options_;
  Folder folder_;
  base::SystemClock clock_;
  base::Secret key_;
  tls::Authority ca_;
  tls::Signer signer_;
  base::OutboxKeys outbox_ = base::outbox_keys(base::Secret::random(32));
  tls::Context main_context_, enrol_context_;
  std::unique_ptr<server::Repository> repository_;
  std::unique_ptr<server::Service> service_;
  std::unique_ptr<server::HttpListener> main_, enrol_;
  std::uint16_t port_ = 0, enrol_port_ = 0;
};

/// How a tablet of these tests differs from one that is shipped.
struct TabletOptions {
  std::optional<vault::KdfCost> cost = vault::kTestCost;  ///< of unlocking; empty: what a shipped one costs
  std::string vfs;                                        ///< as work::Options
  std::string chip = {};                                       ///< a TPM that holds the key; empty: none
  vault::Pins pins = vault::Pins::Refused;                ///< the council's word
  base::Millis lease = std::chrono::days(7);              ///< the same
};

/// A tablet without a window: State, and the Runner with its threads.
class FieldTablet {
 public:
  /// Enrols a fresh tablet for the worker.
  FieldTablet(CaseServer& council, const std::string& worker_ref) : FieldTablet(council.enrol(worker_ref)) {}
  /// One that was enrolled before. `folder`: where it lies and stays; empty: one of its own, removed at the end.
  explicit FieldTablet(Setup setup, const std::filesystem::path& folder = {}, TabletOptions how = {});
  ~FieldTablet();

  static constexpr std::string_view kPassphrase = "quiet river lantern teapot";

  /// Starts the threads and unlocks; at first it is a new passphrase, or PIN.
  void open(std::string_view passphrase = kPassphrase);
  /// Starts the threads of a tablet that was opened before, and tries a passphrase: what the screen says, empty when it opens.
  std::string try_to_open(std::string_view passphrase);
  void close();  ///< as the program ending
  /// Hears events until `done`; throws with `what` after the limit.
  void until(const std::string& what, const std::function<bool(const state::State&)>& done,
             std::chrono::milliseconds limit = std::chrono::seconds(30));
  void act(const state::Intent& intent);
  /// As the shell does: hears events, and says Tick when a deadline comes, until `done` or the time; whether it was done.
  bool live(std::chrono::steady_clock::time_point end, const std::function<bool(const state::State&)>& done = {});
  void type(const std::string& key, const std::string& text);  ///< all of it at once, as by paste
  void append(const std::string& key, const std::string& text);  ///< typed at the end of what the field holds
  void tick(base::Millis later);                               ///< the clock of the state moves on, and Tick is said
  void sync();                                                 ///< asks for it, and waits until all is sent and taken in
  const state::State& state() const { return state_; }
  const std::filesystem::path& folder() const { return folder_; }
  work::Options options() const;
  vault::Opened open_vault() const;  ///< of a closed tablet, under its passphrase; throws
  store::Store open_store() const;   ///< the same
  std::filesystem::path database() const { return folder_ / "replica.db"; }

 private:
  void start();
  void hear();
  void carry(state::Effects effects);
  state::Context context();

  Setup setup_;
  TabletOptions how_;
  std::unique_ptr<Folder> own_folder_;
  std::filesystem::path folder_;
  base::SystemClock clock_;
  base::Millis ahead_{0};
  state::State state_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool wake_ = false;
  std::unique_ptr<work::Runner> runner_;
};

/// What a tablet that doorstep-provision enrolled holds, decrypted under FieldTablet::kPassphrase. Its program must not run.
store::Store open_store(const std::filesystem::path& tablet);
/// All of assets/, as the program reads it.
std::shared_ptr<const state::Assets> read_assets();
std::string read_text(const std::filesystem::path& file);

}  // namespace doorstep::support
