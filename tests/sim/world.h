#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/store/store.h"
#include "sync/engine/engine.h"
#include "sync/server/service.h"
#include "sync/transport/reply.h"
#include "tests/sim/eye.h"
#include "tests/sim/memory_disk.h"
#include "tests/sim/photos.h"
#include "tests/sim/plan.h"
#include "tests/sim/reference.h"
#include "tests/sim/words.h"

namespace doorstep::sim {

using base::Id;
using base::Instant;

/// Something that must never be: which invariant, and in words what.
struct Broken : std::runtime_error {
  Broken(std::string which, const std::string& what) : std::runtime_error(which + ": " + what), invariant(std::move(which)) {}
  std::string invariant;
};

/// A clock of one machine: the world's time, and how wrong it is.
class WorldClock final : public base::Clock {
 public:
  explicit WorldClock(const std::int64_t& now) : now_(now) {}
  Instant wall() const override { return {now_ + wrong_by}; }
  base::Millis monotonic() const override { return base::Millis(now_); }
  std::int64_t wrong_by = 0;

 private:
  const std::int64_t& now_;
};

/// One tablet: production store and engine on a disk in memory, and the person holding it.
struct Tablet {
  Tablet(int number, const std::string& disk_name, const std::int64_t& now) : number(number), disk(disk_name), clock(now) {}
  int number;
  MemoryDisk disk;
  WorldClock clock;
  Id device, worker;
  std::string serial;                          ///< of its certificate
  std::optional<store::Store> store;
  std::optional<Eye> eye;                      ///< on the store's connection
  struct Editor { model::Visit visit; std::int64_t version = 0; };
  std::map<Id, Editor> editors;                ///< what stands on its screen
  // The pump
  std::optional<engine::Engine> engine;
  int attempt = 0, fresh_starts = 0;
  bool stopped = false;                        ///< until a person asks
  base::Error last_error;
  std::optional<transport::Exchange> exchange;  ///< what is being asked
  std::optional<transport::HttpRequest> asked;  ///< a request that has not reached the server
  std::optional<transport::HttpResponse> answer;  ///< a reply that has not reached the tablet
  bool stale_answer = false;                   ///< the last that reached it was to an earlier request
  std::optional<wire::SyncReply> applying;     ///< handed to the store, which has not come to it
  std::optional<engine::BlobTask> moving;      ///< the part of a photo that is being asked for
  bool unsent = false;                         ///< somebody saved something since the connection last asked for words
  bool idle = false;                           ///< the last round ended with nothing left to do
  // For the checks
  std::uint64_t checked_at = 0;
  Found words;
  std::set<std::size_t> photos;                ///< those it has, whole
  std::set<Id> photo_files;                    ///< whose bytes were compared
  std::set<Id> spoiled;                        ///< to which something happened; the image of a disk has them as damaged as they were
  std::map<Id, std::pair<std::int64_t, std::string>> cursors;
  bool power_goes = false;                     ///< when it next ends, the power went
};

struct Figures {
  std::size_t steps = 0, requests = 0, operations = 0, crashes = 0, restores = 0, forks = 0, words = 0, rounds = 0, full = 0, photos = 0,
              parts = 0, receipts = 0, erased = 0;
};

/// Everything at once, in one thread, from one plan.
class World {
 public:
  explicit World(const Plan& plan);
  ~World();
  /// Throws Broken.
  void step(const Step& step);
  /// Faults stop: queues must empty, and all replicas agree with the server. Throws Broken.
  void finish();

  /// Everything there is, for somebody who looks for a mistake.
  std::string dump();

  Trace trace;
  Figures figures;

 private:
  struct TabletImage { const Tablet* of; Image disk; std::set<Id> spoiled; };

  // world.cpp: machines
  void start(Tablet& tablet);
  void let_go(Tablet& tablet);                 ///< nothing of the process is left
  void died(Tablet& tablet, Random& random);
  bool alive(Tablet& tablet, Random& random);  ///< false: the process ended in the last call
  void start_server();
  void serve();                                ///< a service for the repository that is open
  server::BlobFolder photo_folder() const { return {server_disk_.photos(), 0}; }
  void spoil_photo(Random& random);
  void let_go_of_server();
  void server_died(Random& random);
  void back_up();
  void restore_server(Random& random);
  void restore_tablet(Tablet& tablet, const TabletImage& image);
  void clone_tablet(Random& random);

  // network.cpp
  void advance(Tablet& tablet, Random& random, bool faults);
  void carry(Tablet& tablet, Random& random);
  bool take_in(Tablet& tablet, Random& random);  ///< false: the process ended meanwhile
  void broke_off(Tablet& tablet, Random& random, base::Error why);
  void forked(const Tablet& tablet);
  void closed(Tablet& tablet, const engine::Close& close, Random& random);
  std::optional<transport::HttpResponse> deliver(Id device, Id worker, const std::string& serial,
                                                 const transport::HttpRequest& sent, const transport::Exchange* exchange, Random& random,
                                                 bool faults);
  std::optional<engine::Input> arrives(Tablet& tablet, transport::HttpResponse answer, Random& random, bool faults);
  void sync_all(Tablet& tablet, Random& random);
  void redeliver(Random& random);

  // people.cpp
  void type(Tablet& tablet, Random& random);
  void keep(Tablet& tablet, Random& random, const model::Visit& visit, std::int64_t based_on);
  std::optional<Tablet::Editor> to_write_in(Tablet& tablet, Random& random);
  void attach(Tablet& tablet, Random& random);
  void take_off(Tablet& tablet, Random& random);
  void open_photos(Tablet& tablet, Random& random);
  void given_up(std::string_view text, std::string_view left = {});
  void write_in(model::Visit& visit, Random& random);
  std::optional<model::Visit> start_visit(Tablet& tablet, Random& random);
  void submit(Tablet& tablet, Random& random);
  void withdraw(Tablet& tablet, Random& random);
  void revise(Tablet& tablet, Random& random);
  void write_anew(Tablet& tablet, const store::RecordView& view, Random& random);
  void decide(Tablet& tablet, Random& random);
  void addendum(Tablet& tablet, Random& random);
  void settle_conflict(Tablet& tablet, Random& random);
  void settle_alert(Tablet& tablet, Random& random);
  void match(Tablet& tablet, Random& random);
  void discard(Tablet& tablet, Random& random);
  void dismiss(Tablet& tablet, Random& random);
  void allocate(Random& random);
  void import(Random& random);
  void worker_leaves(Random& random);
  void revoke(Random& random, bool worker);
  void erase(Random& random);
  void note_what_goes_with(Id record);
  void run_import();
  Id fresh_id();
  template <class T>
  bool done(Tablet& tablet, Random& random, const base::Result<T>& result, const std::string& words);

  // checks.cpp
  void check();
  void check_tablet(Tablet& tablet);
  void read_server();
  void check_words();
  void check_photos();
  void check_photos_of(Tablet& tablet);
  void check_receipts(Tablet& tablet, bool outdated);
  void read_photos();
  std::vector<Id> newly_erased();
  void check_erasure(const std::vector<Id>& fresh);
  bool names_erased(std::string_view text) const;
  bool photo_somewhere(std::size_t photo) const;
  bool photo_excused(std::size_t photo) {
    return photos_[photo].spoiled || (server_restored_ && purged_any_) || photos_beside_erased_.contains(photo);
  }
  void check_reply(Id worker, Id device, const transport::HttpResponse& reply, const transport::Exchange* exchange);
  void check_part(Id worker, Id device, const transport::HttpRequest& asked, const transport::HttpResponse& reply);
  void forgive_what_is_gone();
  bool switched_off(Id worker, Id device) const;  ///< refused; who only left is drained
  bool entitled(const Tablet& tablet, Id case_id) const;
  bool only_others_sent(const Tablet& tablet, Id record, const std::string& sha256);
  std::string left_over();
  void check_end();
  std::string describe(std::size_t word) const;

  Plan plan_;
  std::int64_t now_ = 1'795'000'000'000;  // 2026-11-18
  std::int64_t ids_ = 0;
  Words words_;
  Photos photos_;
  std::set<std::size_t> server_photos_;        ///< those the server has, whole
  std::set<std::pair<std::size_t, Id>> awaited_photos_;  ///< those it wants, and of whom
  std::set<Id> server_photo_files_;            ///< whose bytes were compared
  std::set<Id> server_spoiled_;                ///< photos' files on the server's disk that something happened to
  std::vector<std::unique_ptr<Tablet>> tablets_;
  std::deque<TabletImage> images_;
  bool tablet_images_used_ = false;
  std::map<std::size_t, Id> typed_by_;         ///< the worker who first saved a word
  std::set<std::size_t> set_back_;             ///< words that a tablet lost when it was put back to an image

  MemoryDisk server_disk_;
  WorldClock server_clock_;
  std::unique_ptr<server::Repository> repository_;
  std::unique_ptr<server::Service> service_;
  std::optional<Eye> server_eye_;              ///< on the repository's first connection
  tls::Authority authority_;
  const tls::Signer* signer_ = nullptr;
  bool foreign_signer_ = false;                ///< there was one
  std::set<Id> erased_;                        ///< records, drafts and what stood beside them
  const bool erases_;                          ///< something may be
  Found to_be_erased_;                         ///< words of what was last to be erased, and of nothing else
  std::set<std::size_t> photos_to_be_erased_;
  Found erased_words_;                         ///< that the server must never give out again
  Found beside_erased_;                        ///< words on tablets that belong to what was erased, and may go with it
  std::set<std::size_t> photos_beside_erased_;
  std::map<std::string, bool> receipts_;       ///< signatures seen on tablets: whether they are the council's
  struct Request { Id device, worker; std::string serial; transport::HttpRequest http; };
  std::deque<Request> drawer_;                 ///< requests the network may deliver once more
  std::deque<std::pair<Id, transport::HttpResponse>> late_;  ///< replies it may deliver too late, by device
  Council council_;
  Reference reference_;
  struct BackUp { Image disk; Reference reference; Council council; ServerLog log; std::set<Id> spoiled; };
  std::deque<BackUp> backups_;
  ServerLog log_;                              ///< what the server's database says, as last read
  std::uint64_t server_read_at_ = ~0ULL;
  bool server_restored_ = false;
  bool server_power_goes_ = false, purged_any_ = false;
  bool settled_ = false;  ///< all came to rest: nothing is outdated any more
};

}  // namespace doorstep::sim
