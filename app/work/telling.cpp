#include "app/work/impl.h"
#include "app/work/caseload.h"

namespace doorstep::work {

namespace {

constexpr int kTellShare = 10;  // while replies follow one another, reading the caseload takes no more than a tenth of the time

}  // namespace

void Runner::Impl::tell_sync() {
  sync.online = online;
  sync.lease_until = lease_until;
  sync.lease_soon = lease_soon();
  sync.clock_set_back = lease_clock.set_back();
  if (db)
    if (auto read = read_sync(*db, sync); !read) base::log_error("read_sync", read.error());
  say(sync);
}

void Runner::Impl::tell_caseload() {
  if (!db) return;
  const base::Millis start = clock.monotonic();
  auto caseload = read_caseload(*db, options.enrolment.worker, options.enrolment.worker_name);
  if (!caseload) return base::log_error("read_caseload", caseload.error());
  told = orders.pending > 0                    ? bare_caseload(Bare::Wiping)
         : lease_over && !(*caseload)->ended ? bare_caseload(Bare::LeaseOver)
                                             : *caseload;
  const base::Millis end = clock.monotonic();
  tell_again = end + kTellShare * (end - start);
  untold = false;
  say(state::Loaded{told});
}

/// Of a tablet on which nothing that was written may be read.
state::CaseloadPtr Runner::Impl::bare_caseload(Bare why) const {
  auto out = std::make_shared<state::Caseload>();
  out->me.id = options.enrolment.worker;
  out->me.name = options.enrolment.worker_name;
  out->ended = out->wiping = why == Bare::Wiping;
  out->lease_over = why == Bare::LeaseOver;
  return out;
}

/// A save changes one draft and nothing else: no need to read everything again for each.
void Runner::Impl::tell_draft(state::DraftItem item) {
  if (!told) return tell_caseload();  // it could not be read until now
  if (told->lease_over || told->ended) return;
  auto next = std::make_shared<state::Caseload>(*told);
  auto at = std::find_if(next->drafts.begin(), next->drafts.end(), [&](const auto& d) { return d.visit.id == item.visit.id; });
  if (at == next->drafts.end()) next->drafts.insert(next->drafts.begin(), std::move(item));
  else *at = std::move(item);
  told = next;
  say(state::Loaded{told});
}

void Runner::Impl::tell_unfinished() {
  auto kept = db->unfinished();
  if (!kept) return base::log_error("unfinished", kept.error());
  state::UnfinishedFound found;
  for (auto& one : *kept) found.words.emplace(std::move(one.key), std::move(one.text));
  say(std::move(found));
}

/// After something that is to be sent: the caseload shows it, and the pump hears of it.
void Runner::Impl::changed(transport::Why why) {
  tell_caseload();
  tell_sync();
  if (pump) pump->wake(why);
  else begin_sync();
}

}  // namespace doorstep::work
