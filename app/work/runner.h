#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/state/effects.h"
#include "app/state/events.h"
#include "app/work/spelling.h"
#include "platform/base/error.h"
#include "platform/base/secret.h"
#include "platform/vault/passphrase.h"
#include "platform/vault/slot.h"
#include "sync/transport/sync_pump.h"

/// The threads behind the app: "store" owns the encrypted database and the vault, "sync" (the pump's) talks to the server,
/// "network" watches whether there is one, "certificate" runs while the worker's is fetched or renewed, and while the
/// audit is witnessed, "drain" while sealed copies go over the tablet's own certificate, "command" while the server is asked
/// over it what this tablet is to do, or for the certificate that is to follow it, "spelling" owns the dictionary. They
/// exchange values.
namespace doorstep::work {

using base::Id;
using base::Instant;
using base::Result;
using base::Secret;

/// What enrolment left in the tablet's folder.
struct Enrolment {
  Id device;
  Id worker;
  std::string worker_name;
  Secret device_key;               ///< PEM
  std::string device_certificate;  ///< PEM
  std::string ticket;              ///< exchanged once for the worker's certificate
  std::string outbox_key = {};     ///< raw: what copies are sealed to; empty: the server took none when this tablet was enrolled
};

/// Keys, requests and TLS contexts: made by platform/tls, which the mains wire in. Called on work's threads.
struct Credentials {
  std::function<Result<Secret>()> make_key;
  std::function<Result<std::string>(const Secret& key)> make_request;
  std::function<Result<tls::Context>(const std::string& certificate, const Secret& key)> client_context;
  std::function<Result<std::string>(const Secret& key, std::string_view bytes)> sign;
  /// The moment a certificate ends; empty: it cannot be read.
  std::function<std::optional<Instant>(const std::string& certificate)> valid_until;
  /// Keeps what follows the tablet's own key and certificate, for every later start; both or neither, durably. Fault::Invalid: not this
  /// tablet's, or the one was not made for the other.
  std::function<Result<void>(const Secret& key, const std::string& certificate)> keep_own;
  /// Whether `signature` over `bytes` is that of a receipt signer's, which the council's authority certified for the time `at`.
  std::function<Result<void>(const std::string& signer, Instant at, std::string_view bytes, std::string_view signature)> check_signature;
};

struct Options {
  std::filesystem::path folder;   ///< the tablet's: vault/, replica.db, outbox/, settings.json
  std::filesystem::path photos;           ///< of the camera: what is offered to be attached; empty: nothing
  std::filesystem::path picture_program;  ///< doorstep-picture, which photos are decoded by
  std::filesystem::path dictionaries = kDictionaries;  ///< none there: no word is marked
  std::string chip;                       ///< the TPM that new passphrases are bound to, as vault::Tpm2Provider has it; empty: none
  vault::Pins pins = vault::Pins::Refused;  ///< the council's word on them, where the key is in that chip
  Enrolment enrolment;
  transport::Endpoint server;
  base::Millis lease = std::chrono::hours(24 * 7);  ///< without a word from the server cases are shown so long; whole days
  Credentials credentials;
  std::optional<vault::KdfCost> test_cost;  ///< tests only: see vault::Vault
  std::string vfs;                          ///< tests only: see store::StoreOptions
  bool sync_off = false;                    ///< tests only: see store::StoreOptions
};

/// Carries State's effects to the threads and their events back. The UI thread calls every function; none of them blocks.
class Runner {
 public:
  /// `clock` must outlive this. `wake`: called from any thread when take() has something.
  Runner(Options options, const base::Clock& clock, std::function<void()> wake);
  ~Runner();  ///< closes the store and joins every thread; what was saved stays saved
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Begins: a Started event follows.
  void start();
  void run(state::Effect effect);
  std::vector<state::Event> take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace doorstep::work
