#include "tests/sim/world.h"

#include "platform/base/limits.h"
#include "platform/sql/db.h"
#include "sync/server/blobs.h"
#include "sync/server/import.h"
#include "sync/server/sqlcipher_repository.h"
#include "tests/sim/cast.h"

namespace doorstep::sim {

namespace {

constexpr std::size_t kTablets = 6;     // clones included
constexpr std::size_t kImages = 4;

base::Secret store_key() { return base::Secret::copy_of(std::string(sql::kKeyBytes, 'k')); }
std::string store_salt() { return std::string(sql::kSaltBytes, 's'); }

/// A store as it is after its first start.
Image made_store() {
  MemoryDisk disk("fresh-store");
  auto store = store::Store::open(disk.path(), store_key(), store_salt(), {.create = true, .vfs = MemoryDisk::kVfs});
  DOORSTEP_ASSERT(store.has_value());
  { auto closed = std::move(*store); }
  return disk.image();
}

/// The server with its first extract and every tablet of the cast enrolled.
Image made_server() {
  MemoryDisk disk("fresh-server");
  auto repository = server::open_sqlcipher_repository(disk.path(), server_key(), {MemoryDisk::kVfs, false});
  DOORSTEP_ASSERT(repository.has_value());
  const Instant now{1'795'000'000'000};
  auto report = server::import_extract(**repository, extract_of(first_council()), {}, now);
  DOORSTEP_ASSERT(report.has_value() && report->problems.empty());
  for (const Part& part : cast()) {
    auto unit = (*repository)->write();
    DOORSTEP_ASSERT(unit.has_value());
    DOORSTEP_ASSERT((*unit)->put_device({part.device, part.worker, true, now, now, std::nullopt}).has_value());
    DOORSTEP_ASSERT((*unit)->add_certificate({part.serial, part.device, part.worker, "", now, now}).has_value());
    DOORSTEP_ASSERT((*unit)->commit().has_value());
  }
  repository->reset();
  return disk.image();
}

struct Begun { Image store, server; };
/// What every world with pages of so many bytes begins with: made once, copied for each.
const Begun& begun(int page_bytes) {
  static std::map<int, Begun> all;
  MemoryDisk::use_pages_of(page_bytes);
  auto [at, fresh] = all.try_emplace(page_bytes);
  if (fresh) at->second = {made_store(), made_server()};
  return at->second;
}

}  // namespace

base::Secret server_key() {
  return base::Secret::copy_of(std::string(sql::kKeyBytes, 'K') + std::string(sql::kSaltBytes, 'S'));
}

World::World(const Plan& plan)
    : plan_(plan), server_disk_("server"), server_clock_(now_), signer_(&signers().first), erases_(plan.trouble.erasures),
      council_(first_council()) {
  const Begun& first = begun(plan.page_bytes);
  server_disk_.restore(first.server);
  start_server();
  read_server();
  Random random(plan.seed);
  for (const Part& part : chosen_cast(plan.tablets, random)) {
    auto tablet = std::make_unique<Tablet>(static_cast<int>(tablets_.size()), "tablet" + std::to_string(tablets_.size()), now_);
    tablet->device = part.device;
    tablet->worker = part.worker;
    tablet->serial = part.serial;
    tablet->disk.restore(first.store);
    start(*tablet);
    store::Identity identity;
    identity.device = part.device;
    identity.worker = part.worker;
    identity.worker_name = "A worker";
    if (auto set = tablet->store->set_identity(identity); !set) throw Broken("start", set.error().where);
    tablets_.push_back(std::move(tablet));
  }
  back_up();
}

World::~World() {
  for (auto& tablet : tablets_) let_go(*tablet);
  let_go_of_server();
}

// Tablets -------------------------------------------------------------------------------------------------------------

void World::start(Tablet& tablet) {
  if (tablet.store) return;
  store::StoreOptions how;
  how.create = true;
  how.vfs = MemoryDisk::kVfs;
  how.check_receipt = is_signed;
  auto open = [&] { return store::Store::open(tablet.disk.path(), store_key(), store_salt(), how); };
  auto opened = open();
  if (!opened && opened.error().fault == base::Fault::Full) {  // somebody makes room
    tablet.disk.fill_up(0);
    opened = open();
  }
  if (tablet.disk.ended()) return;  // killed while it opens
  if (!opened)
    throw Broken("I1", "tablet " + std::to_string(tablet.number) + "'s store does not open: " + opened.error().where + " " +
                           opened.error().detail);
  tablet.store.emplace(std::move(*opened));
  tablet.eye.emplace(tablet.disk.connection());
  tablet.attempt = tablet.fresh_starts = 0;
  tablet.stopped = false;
  tablet.checked_at = ~0ULL;
}

void World::let_go(Tablet& tablet) {
  tablet.engine.reset();
  tablet.asked.reset();
  tablet.answer.reset();
  tablet.applying.reset();
  tablet.moving.reset();
  tablet.unsent = false;
  tablet.editors.clear();
  tablet.idle = false;
  tablet.eye.reset();
  tablet.store.reset();
}

bool World::alive(Tablet& tablet, Random& random) {
  if (!tablet.disk.ended()) return true;
  died(tablet, random);
  return false;
}

void World::died(Tablet& tablet, Random& random) {
  ++figures.crashes;
  trace.add("tablet died");
  tablet.disk.end();
  let_go(tablet);
  const bool power = std::exchange(tablet.power_goes, false);
  tablet.disk.start(power ? &random : nullptr);
  start(tablet);
  if (power || !plan_.trouble.power || !random.percent(20)) return;
  check_tablet(tablet);  // what can be read now must be there after a power cut as well
  const Found before = tablet.words;
  const std::set<std::size_t> photos = tablet.photos;
  tablet.disk.end();  // not closed, which would sync it
  let_go(tablet);
  tablet.disk.start(&random);
  start(tablet);
  check_tablet(tablet);
  for (std::size_t word = 0; word < words_.size(); ++word)
    if (has(before, word) && !has(tablet.words, word)) throw Broken("I1", "a power cut took what could be read before it");
  for (std::size_t photo : photos)
    if (photos_[photo].fate == Photos::Fate::Kept && !tablet.photos.contains(photo))
      throw Broken("I1", "a power cut took a photo that was there before it");
}

void World::restore_tablet(Tablet& tablet, const TabletImage& image) {
  const Found before = tablet.words;
  const std::set<std::size_t> photos_before = tablet.photos;
  let_go(tablet);
  tablet.disk.restore(image.disk);
  tablet.spoiled = image.spoiled;
  tablet_images_used_ = true;
  ++figures.restores;
  start(tablet);
  check_tablet(tablet);
  for (std::size_t word = 0; word < words_.size(); ++word)
    if (has(before, word) && !has(tablet.words, word)) set_back_.insert(word);
  for (std::size_t photo : photos_before)
    if (!tablet.photos.contains(photo)) photos_[photo].set_back = true;
  forgive_what_is_gone();
}

void World::clone_tablet(Random& random) {
  if (images_.empty() || tablets_.size() >= kTablets) return;
  const TabletImage& image = random.pick(images_);
  auto tablet = std::make_unique<Tablet>(static_cast<int>(tablets_.size()), "tablet" + std::to_string(tablets_.size()), now_);
  tablet->device = image.of->device;
  tablet->worker = image.of->worker;
  tablet->serial = image.of->serial;
  tablet->spoiled = image.spoiled;
  tablet_images_used_ = true;
  tablet->disk.restore(image.disk);
  start(*tablet);
  tablets_.push_back(std::move(tablet));
}

// The server ----------------------------------------------------------------------------------------------------------

void World::start_server() {
  auto opened = server::open_sqlcipher_repository(server_disk_.path(), server_key(), {MemoryDisk::kVfs, false});
  if (!opened) throw Broken("I1", "the server's database does not open: " + opened.error().where + " " + opened.error().detail);
  repository_ = std::move(*opened);
  serve();
  server_eye_.emplace(server_disk_.connection());
  server_read_at_ = ~0ULL;
}

void World::serve() {
  auto misses = [](const model::ChildRecord& record) { return std::string(incomplete(record) ? "saw" : ""); };
  server::ServiceOptions options;
  options.blobs = photo_folder();
  options.signer = signer_;
  service_ = std::make_unique<server::Service>(*repository_, authority_, server_clock_, misses, std::move(options));
}

/// Of the photos whose files are on a disk one, chosen by its hash: the names of files are chance that no seed decides.
void World::spoil_photo(Random& random) {
  Tablet& tablet = *random.pick(tablets_);
  const bool server = random.percent(50);
  Eye* db = server ? &*server_eye_ : tablet.eye ? &*tablet.eye : nullptr;
  std::vector<std::pair<std::string, Id>> files;
  if (db)
    (void)db->query(server ? "SELECT sha256, id FROM blobs ORDER BY sha256, owner" : "SELECT sha256, id FROM blobs ORDER BY sha256",
                    [&](const sql::Row& row) { files.emplace_back(row.string(0), row.id(1)); });
  MemoryDisk& disk = server ? server_disk_ : tablet.disk;
  const std::size_t chosen = random.below(files.size());
  if (files.empty()) return;
  const auto& [sha256, id] = files[chosen];
  if (const std::size_t photo = photos_.number_of(sha256); photo < photos_.size()) photos_[photo].spoiled = true;
  (server ? server_spoiled_ : tablet.spoiled).insert(id);
  disk.spoil(id.str(), random);
}

void World::let_go_of_server() {
  server_eye_.reset();
  service_.reset();
  repository_.reset();
}

void World::server_died(Random& random) {
  ++figures.crashes;
  trace.add("server died");
  server_disk_.end();
  let_go_of_server();
  const bool power = std::exchange(server_power_goes_, false);
  server_disk_.start(power ? &random : nullptr);
  start_server();
  read_server();
  if (power || !plan_.trouble.power || !random.percent(20)) return;
  server_disk_.end();
  let_go_of_server();
  server_disk_.start(&random);
  start_server();
  read_server();
}

void World::back_up() {
  if (backups_.size() == 4) backups_.pop_front();
  backups_.push_back({server_disk_.image(), reference_, council_, log_, server_spoiled_});
}

void World::restore_server(Random& random) {
  ++figures.restores;
  for (auto& tablet : tablets_)  // what was on its way came from a server that is no more
    if (tablet->answer) tablet->answer.reset(), broke_off(*tablet, random, {base::Fault::Offline, "http.lost", ""});
  late_.clear();
  drawer_.clear();  // nor does a request come again: its TLS connection ended with that server, and no other can open it
  const BackUp& backup = random.pick(backups_);
  let_go_of_server();
  server_disk_.restore(backup.disk);
  reference_ = backup.reference;
  council_ = backup.council;
  log_ = backup.log;
  server_spoiled_ = backup.spoiled;
  server_restored_ = true;
  start_server();
  read_server();
  forgive_what_is_gone();
}

// One step ------------------------------------------------------------------------------------------------------------

void World::step(const Step& step) {
  ++figures.steps;
  Random random(step.chance);
  now_ += static_cast<std::int64_t>(random.below(20'000));
  Tablet& any = *random.pick(tablets_);
  Tablet& tablet = plan_.drawer && step.what <= Do::Dismiss ? *tablets_.front() : any;
  trace.add(name_of(step.what));
  switch (step.what) {
    case Do::Type: type(tablet, random); break;
    case Do::Submit: submit(tablet, random); break;
    case Do::Withdraw: withdraw(tablet, random); break;
    case Do::Revise: revise(tablet, random); break;
    case Do::Decide: decide(tablet, random); break;
    case Do::Addendum: addendum(tablet, random); break;
    case Do::SettleConflict: settle_conflict(tablet, random); break;
    case Do::SettleAlert: settle_alert(tablet, random); break;
    case Do::Match: match(tablet, random); break;
    case Do::Discard: discard(tablet, random); break;
    case Do::Attach: attach(tablet, random); break;
    case Do::TakeOff: take_off(tablet, random); break;
    case Do::OpenPhotos: open_photos(tablet, random); break;
    case Do::Dismiss: dismiss(tablet, random); break;
    case Do::Allocate: allocate(random); break;
    case Do::Import: import(random); break;
    case Do::WorkerLeaves: worker_leaves(random); break;
    case Do::RevokeDevice: revoke(random, false); break;
    case Do::RevokeWorker: revoke(random, true); break;
    case Do::ChangeSigner: {
      const Signers& all = signers();
      signer_ = random.percent(70) ? (signer_ == &all.first ? &all.next : &all.first) : &all.foreign;
      foreign_signer_ = foreign_signer_ || signer_ == &all.foreign;
      serve();
      break;
    }
    case Do::Erase: erase(random); break;
    case Do::Advance: advance(tablet, random, plan_.trouble.network); break;
    case Do::SyncAll: sync_all(tablet, random); break;
    case Do::Redeliver: redeliver(random); break;
    case Do::EndTablet:
    case Do::PowerCut:
      tablet.power_goes = step.what == Do::PowerCut;
      if (random.percent(30)) died(tablet, random);
      else tablet.disk.end_after(random.below(40));
      break;
    case Do::Reopen:
      let_go(tablet);
      if (!tablet.disk.ended()) start(tablet);
      alive(tablet, random);
      break;
    case Do::DiskFull:
      ++figures.full;
      if (random.percent(70)) tablet.disk.fill_up(1 + random.below(10));
      else server_disk_.fill_up(1 + random.below(10));
      break;
    case Do::EndServer:
    case Do::ServerPowerCut:
      server_power_goes_ = step.what == Do::ServerPowerCut;
      if (random.percent(20)) server_died(random);
      else server_disk_.end_after(random.below(60));
      break;
    case Do::BackUp: back_up(); break;
    case Do::RestoreServer: restore_server(random); break;
    case Do::TakeImage:
      if (images_.size() == kImages) images_.pop_front();
      images_.push_back({&tablet, tablet.disk.image(), tablet.spoiled});
      break;
    case Do::RestoreTablet:
      for (const TabletImage& image : images_)
        if (image.of == &tablet) {
          restore_tablet(tablet, image);
          break;
        }
      break;
    case Do::CloneTablet: clone_tablet(random); break;
    case Do::SpoilPhoto: spoil_photo(random); break;
    case Do::CollectPhotos:  // what serve does once a day, three months later
      (void)server::collect_blobs(*repository_, photo_folder(), server_clock_.wall() + limits::kBlobKept);
      if (server_disk_.ended()) server_died(random);
      break;
    case Do::TimePasses: now_ += static_cast<std::int64_t>(random.below(3) == 0 ? 26 * 3'600'000 : random.below(1'200'000)); break;
    case Do::ClockJumps: {
      constexpr std::int64_t kYear = 365LL * 24 * 3'600'000;
      WorldClock& clock = random.percent(80) ? tablet.clock : server_clock_;
      const std::int64_t size = &clock == &server_clock_ ? 3'600'000 : 3 * kYear;
      clock.wrong_by = static_cast<std::int64_t>(random.below(static_cast<std::size_t>(2 * size))) - size;
      break;
    }
    case Do::Count: break;
  }
  check();
}

void World::finish() {
  plan_.trouble = {};
  server_disk_.not_end();
  server_disk_.fill_up(0);
  for (auto& tablet : tablets_) {
    tablet->disk.not_end();
    tablet->disk.fill_up(0);
  }
  signer_ = &signers().first;
  serve();
  Random random(plan_.seed + 1);
  constexpr std::size_t kRounds = 12;
  std::string left;
  for (figures.rounds = 1; figures.rounds <= kRounds; ++figures.rounds) {
    now_ += 310'000;
    for (auto& tablet : tablets_) {
      // Where the server refused, a person asks once more; from a network that failed it comes back by itself.
      if (figures.rounds <= 2 && !tablet->last_error.where.starts_with("http.")) tablet->stopped = false;
      if (tablet->stopped && tablet->fresh_starts > 0) {  // a copied store waits for its person's next unlock
        let_go(*tablet);
        start(*tablet);
      }
      if (!tablet->stopped) sync_all(*tablet, random);
    }
    check();
    left = left_over();
    if (left.empty()) break;
  }
  if (!left.empty()) throw Broken("I10", "after " + std::to_string(kRounds) + " quiet rounds " + left);
  check_end();
}

}  // namespace doorstep::sim
