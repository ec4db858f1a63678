// Requests and replies on their way, and the pump that sends them: sync/transport/sync_pump.cpp and app/work/sync.cpp without
// their threads, one exchange at a time, so that anything can happen in between.
#include "sync/server/encoding.h"
#include "sync/transport/reply.h"
#include "sync/wire/codec.h"
#include "tests/sim/world.h"

namespace doorstep::sim {

namespace {

using base::Error;
using base::Fault;

constexpr int kFreshStarts = 3;          // as app/work/sync.cpp
constexpr std::size_t kDrawer = 24;
constexpr int kLongestRound = 600;       // exchanges: more is a round that never ends
constexpr std::string_view kPhotos = "/v1/blobs/";

Error lost() { return {Fault::Offline, "http.lost", "broken off"}; }

transport::HttpResponse portal(Random& random) {
  transport::HttpResponse out;
  out.status = 200;
  if (random.percent(50)) {
    out.headers["content-type"] = "text/html";
    out.body = "<html>Welcome to the hotel</html>";
  } else {  // one that answers everything in the kind it was asked for
    out.headers["content-type"] = wire::kContentType;
    out.body = "{}";
  }
  return out;
}

transport::HttpResponse busy(Random& random) {
  transport::HttpResponse out;
  out.status = random.percent(50) ? 429 : 503;
  out.headers["content-type"] = wire::kProblemType;
  out.headers["sync-proto"] = "1";
  out.headers["retry-after"] = std::to_string(random.below(20));
  out.body = wire::encode(wire::Problem{"urn:doorstep:problem:busy", "Busy", out.status, ""});
  return out;
}

engine::BlobTask task_of(store::BlobStep step) {
  using What = engine::BlobTask::What;
  const What what = step.what == store::BlobStep::What::Send    ? What::Send
                    : step.what == store::BlobStep::What::Fetch ? What::Fetch
                                                                : What::Nothing;
  return {what, std::move(step.sha256), step.offset, std::move(step.bytes), step.most};
}

}  // namespace

std::optional<transport::HttpResponse> World::deliver(Id device, Id worker, const std::string& serial,
                                                      const transport::HttpRequest& sent, const transport::Exchange* exchange,
                                                      Random& random, bool faults) {
  ++figures.requests;
  server::HttpRequest request;
  request.method = sent.method;
  request.target = sent.target;
  for (const auto& [name, value] : sent.headers) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    request.headers[lower] = value;
  }
  request.body = sent.body;
  request.peer.address = "198.51.100.7";
  request.peer.identity = tls::Identity{tls::Kind::Worker, device, worker, serial, "", "", {}, {INT64_MAX}};

  server::HttpReply reply = server::plain_in_coded_out([this](const server::HttpRequest& r) { return service_->handle(r); }, request,
                                                       limits::kBodyBytes);
  if (server_disk_.ended()) {
    server_died(random);
    return std::nullopt;
  }
  read_server();
  transport::HttpResponse out;
  out.status = reply.status;
  out.body = std::move(reply.body);
  out.headers["content-type"] = reply.content_type;
  out.headers["sync-proto"] = "1";
  for (auto& [name, value] : reply.headers) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    out.headers[lower] = value;
  }
  trace.add("reply " + std::to_string(out.status));
  if (sent.target.starts_with(kPhotos)) check_part(worker, device, sent, out);
  else check_reply(worker, device, out, exchange);
  if (faults && drawer_.size() < kDrawer) drawer_.push_back({device, worker, serial, sent});
  return out;
}

/// A reply as the engine gets it, or what was left of it; nothing: the same is to be asked once more.
std::optional<engine::Input> World::arrives(Tablet& tablet, transport::HttpResponse answer, Random& random, bool faults) {
  tablet.stale_answer = false;
  if (faults) {
    const std::size_t luck = random.below(100);
    if (luck < 4 && !answer.body.empty()) {
      answer.body.resize(random.below(answer.body.size()));
    } else if (luck < 7 && !late_.empty()) {
      auto& [device, stale] = random.pick(late_);
      if (device == tablet.device) answer = stale, tablet.stale_answer = true;
    }
  }
  if (!tablet.moving) return tablet.exchange->take(answer);
  tablet.moving.reset();
  auto read = transport::recognise(answer);
  if (!read) return engine::Broken{read.error()};
  return std::move(*read);
}

/// One thing more about this tablet's connection: a request sets out, reaches the server, or its reply the tablet.
void World::advance(Tablet& tablet, Random& random, bool faults) {
  if (!tablet.store) return;
  if (tablet.answer) {
    auto answer = std::exchange(tablet.answer, std::nullopt);
    if (!take_in(tablet, random)) return;
    const auto input = arrives(tablet, std::move(*answer), random, faults);
    if (!input) {
      tablet.asked = tablet.exchange->request();
      return;
    }
    tablet.engine->handle(*input);
    return carry(tablet, random);
  }
  if (tablet.asked) {
    const transport::HttpRequest request = *std::exchange(tablet.asked, std::nullopt);
    const std::size_t luck = faults ? random.below(100) : 100;
    if (luck < 8) return broke_off(tablet, random, lost());
    if (luck < 14) {  // half-open: the tablet has given up, the request arrives later
      drawer_.push_back({tablet.device, tablet.worker, tablet.serial, request});
      return broke_off(tablet, random, {Fault::Timeout, "http.timeout", ""});
    }
    if (luck < 18) {
      tablet.answer = busy(random);
      return;
    }
    if (luck < 21) {
      tablet.answer = portal(random);
      return;
    }
    const transport::Exchange* words = tablet.moving ? nullptr : &*tablet.exchange;
    auto answer = deliver(tablet.device, tablet.worker, tablet.serial, request, words, random, faults);
    if (!answer || luck < 32) {
      if (answer && faults && random.percent(50)) late_.emplace_back(tablet.device, std::move(*answer));
      if (late_.size() > kDrawer) late_.pop_front();
      return broke_off(tablet, random, lost());
    }
    tablet.answer = std::move(answer);
    return;
  }
  if (!tablet.engine)
    tablet.engine.emplace(engine::Tuning{plan_.ops_per_push, plan_.push_bytes, plan_.pull_bytes, plan_.photo_bytes}, tablet.attempt);
  tablet.idle = false;
  tablet.engine->handle(engine::Wake{});
  carry(tablet, random);
}

void World::broke_off(Tablet& tablet, Random& random, base::Error why) {
  trace.add(why.where);
  if (!take_in(tablet, random)) return;
  tablet.engine->handle(engine::Broken{std::move(why)});
  carry(tablet, random);
}

/// SyncPump::session with Runner's answers.
void World::carry(Tablet& tablet, Random& random) {
  while (tablet.engine) {
    auto output = tablet.engine->poll();
    if (!output) {
      if (!tablet.applying || !take_in(tablet, random)) return;
      continue;
    }
    if (const auto* need = std::get_if<engine::Need>(&*output)) {
      tablet.unsent = false;
      auto batch = tablet.store->freeze(need->max_ops, need->max_bytes, tablet.clock.wall(), need->after);
      if (!alive(tablet, random)) return;
      if (batch)
        tablet.engine->handle(engine::Replica{batch->device, batch->incarnation, std::move(batch->epoch), std::move(batch->ops),
                                              batch->more_ops, std::move(batch->cursors), std::move(batch->purged),
                                              std::move(batch->earlier), std::move(batch->bases)});
      else tablet.engine->handle(engine::Broken{batch.error()});
    } else if (const auto* send = std::get_if<engine::Send>(&*output)) {
      tablet.exchange.emplace(*send, [&tablet](const auto& names) { return tablet.store->bases(names); }, false);
      tablet.asked = tablet.exchange->request();
      if (!tablet.applying) return;
      trace.add("sent ahead");
      if (random.percent(50)) return;  // the store comes to it when the answer is here; else before the request is at the server
      if (!take_in(tablet, random)) return;
    } else if (auto* apply = std::get_if<engine::Apply>(&*output)) {
      tablet.applying = std::move(apply->reply);
    } else if (const auto* wanted = std::get_if<engine::NeedBlob>(&*output)) {
      if (tablet.unsent) tablet.engine->handle(engine::Wake{});
      auto step = tablet.store->next_blob(wanted->max_bytes);
      if (!alive(tablet, random)) return;
      if (step && step->purge_waited) tablet.engine->handle(engine::Wake{});
      if (step) tablet.engine->handle(task_of(std::move(*step)));
      else tablet.engine->handle(engine::Broken{step.error()});
    } else if (auto* move = std::get_if<engine::MoveBlob>(&*output)) {
      if (tablet.unsent) throw Broken("I10", "tablet " + std::to_string(tablet.number) + " sends a photo before words that wait");
      ++figures.parts;
      tablet.asked = transport::blob_request(move->task);
      tablet.moving = std::move(move->task);
      return;
    } else if (const auto* moved = std::get_if<engine::BlobMoved>(&*output)) {
      const bool sent = moved->what == engine::BlobTask::What::Send;
      const auto kept = sent          ? tablet.store->blob_sent(moved->sha256, moved->offset, moved->ended)
                        : moved->ended ? tablet.store->blob_absent(moved->sha256)
                                       : tablet.store->blob_fetched(moved->sha256, moved->offset, moved->bytes);
      if (!alive(tablet, random)) return;
      trace.add(kept ? "moved" : kept.error().where);
      if (sent && moved->ended) {
        const auto caseload = tablet.store->caseload();
        if (caseload && caseload->ended) tablet.engine->handle(engine::Wake{});  // the purge waits for it
      }
      tablet.engine->handle(engine::Applied{kept.has_value()});
    } else if (std::get_if<engine::Idle>(&*output)) {
      tablet.attempt = 0;
      tablet.idle = true;
      trace.add("idle");
    } else if (const auto* close = std::get_if<engine::Close>(&*output)) {
      return closed(tablet, *close, random);
    }
  }
}

/// What the store's thread does with a reply, where one was handed to it.
bool World::take_in(Tablet& tablet, Random& random) {
  if (!tablet.applying) return true;
  const auto reply = *std::exchange(tablet.applying, std::nullopt);
  if (plan_.trouble.disk_full && random.percent(10)) tablet.disk.fill_up(1);  // for this moment
  auto applied = tablet.store->apply(reply, tablet.clock.wall());
  if (!alive(tablet, random)) return false;
  if (applied) {
    purged_any_ = purged_any_ || !applied->purged.empty();
    trace.add("applied " + std::to_string(applied->answers.size()));
    for (const auto& answer : applied->answers)  // what was said beside a record, and refused, is with whoever wrote it
      std::visit([&](const auto& said) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(said)>, std::monostate>)
          words_.each(wire::encode(said), [&](std::size_t word) { words_.taken_out(word); });
      }, answer.said);
    // A draft that left takes its screen with it.
    std::erase_if(tablet.editors, [&](const auto& editor) { return !tablet.store->draft(editor.first).has_value(); });
  } else {
    trace.add(applied.error().where);
    if (applied.error().where == "store.forked") forked(tablet);
  }
  tablet.engine->handle(engine::Applied{applied.has_value(), applied && applied->blobs});
  return true;
}

/// I9: a fork is seen where a disk was put back or copied, or a server went back; never elsewhere. A reply to an earlier request, which
/// names no request, looks like a server that went back, and in the incarnation after that like another's chain; HTTP in one TLS
/// connection gives none. It costs an incarnation and no words.
void World::forked(const Tablet& tablet) {
  ++figures.forks;
  if (!tablet_images_used_ && !server_restored_ && !tablet.stale_answer)
    throw Broken("I9", "tablet " + std::to_string(tablet.number) + " is told that it forked, and nothing was put back or copied");
}

void World::closed(Tablet& tablet, const engine::Close& close, Random& random) {
  trace.add("closed " + close.why.where);
  tablet.last_error = close.why;
  tablet.engine.reset();
  tablet.asked.reset();
  tablet.answer.reset();
  tablet.applying.reset();
  tablet.moving.reset();
  tablet.stopped = close.final;
  if (!close.final) ++tablet.attempt;
  if (close.why.where == "server.forked" || close.why.where == "engine.forked") {
    forked(tablet);
    if (++tablet.fresh_starts > kFreshStarts) return;
    (void)tablet.store->start_incarnation();
    if (alive(tablet, random)) tablet.stopped = false;
  }
}

void World::sync_all(Tablet& tablet, Random& random) {
  for (int exchange = 0; exchange < kLongestRound; ++exchange) {
    now_ += 600;
    const bool resting = !tablet.engine;
    advance(tablet, random, false);
    if (tablet.idle && !tablet.asked && !tablet.answer) return;
    if (!tablet.engine && !(resting && exchange == 0)) return;
  }
  throw Broken("I10", "tablet " + std::to_string(tablet.number) + " has not come to rest after " + std::to_string(kLongestRound) +
                          " exchanges");
}

/// The network delivers once more what it delivered, or was thought to have lost; nobody waits for the reply.
void World::redeliver(Random& random) {
  if (drawer_.empty()) return;
  const std::size_t at = random.below(drawer_.size());
  const Request request = drawer_[at];
  if (random.percent(50)) drawer_.erase(drawer_.begin() + static_cast<std::ptrdiff_t>(at));
  auto reply = deliver(request.device, request.worker, request.serial, request.http, nullptr, random, false);
  if (reply && random.percent(50)) late_.emplace_back(request.device, std::move(*reply));
  if (late_.size() > kDrawer) late_.pop_front();
}

}  // namespace doorstep::sim
