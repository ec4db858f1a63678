#include "app/work/impl.h"

namespace doorstep::work {

namespace {

constexpr int kFreshStarts = 3;  // of the operations' chain, between two unlocks: a copied store would do it for ever

}  // namespace

/// With the worker's certificate: the pump. Without: first fetch it, when there is a network.
void Runner::Impl::begin_sync() {
  if (!db || pump) return;
  auto identity = db->identity();
  if (!identity) return fail_sync(identity.error(), std::nullopt);
  if (identity->worker_certificate.empty()) return activate(std::move(*identity));
  auto context = options.credentials.client_context(identity->worker_certificate, identity->worker_key);
  if (!context) return fail_sync(context.error(), std::nullopt);
  port = std::make_unique<Port>([this] { knock(); });
  transport::PumpOptions how{.endpoint = options.server, .context = *context, .uniform = {}};
  pump = std::make_unique<transport::SyncPump>(std::move(how), *port,
                                               [this](const transport::SyncEvent& event) { post(Synced{event}); });
  pump->set_online(online);
}

void Runner::Impl::stop_sync() {
  if (port) port->close();
  if (pump) pump->stop();
  pump.reset();
  port.reset();
}

void Runner::Impl::answer_port() {
  if (!port) return;
  for (auto& question : port->questions()) {
    std::visit([this](auto& q) { q.answer.set_value(db ? answer(q) : decltype(answer(q))(closed())); }, question);
    const auto* frozen = std::get_if<Port::Freeze>(&question);
    const bool ahead = frozen && frozen->need.after;  // a reply comes next, to be taken in while that is sent
    const bool beside = std::exchange(frozen_ahead, ahead) && std::holds_alternative<Port::Take>(question);
    if (!beside && (!frozen || ahead) && !std::holds_alternative<Port::NextBlob>(question)) continue;
    // The network has something to do: what the screens are to show is read meanwhile, and nobody waits for it.
    if (untold && clock.monotonic() >= tell_again) tell_caseload();  // else when the last reply is in
    tell_sync();
  }
}

Result<engine::Replica> Runner::Impl::answer(const Port::Freeze& question) {
  auto batch = db->freeze(question.need.max_ops, question.need.max_bytes, now(), question.need.after);
  if (!batch) return batch.error();
  engine::Replica out{batch->device, batch->incarnation, std::move(batch->epoch), std::move(batch->ops), batch->more_ops,
                      std::move(batch->cursors), std::move(batch->purged), std::move(batch->earlier), std::move(batch->bases)};
  if (!question.need.after && clock.monotonic() >= lease_ask)
    out.lease = std::chrono::duration_cast<std::chrono::days>(options.lease).count();
  return out;
}

Result<std::vector<wire::Base>> Runner::Impl::answer(const Port::Look& question) { return db->bases(question.names); }

Result<engine::Applied> Runner::Impl::answer(const Port::Take& question) {
  auto applied = db->apply(question.reply, now());
  if (!applied) return applied.error();
  clock_ahead = now() - question.reply.server_time;
  if (question.reply.lease) take_lease(*question.reply.lease);
  if (question.reply.command) take_command(*question.reply.command, question.reply.drain.value_or(false));
  for (Id visit : applied->drafts_rewritten)
    if (auto draft = db->draft(visit)) say(state::DraftChanged{std::move(draft->visit), draft->version});
  for (const store::Answer& answer : applied->answers) give_back(answer);
  untold = untold || applied->caseload_changed || applied->blobs || applied->drafts_changed || !applied->answers.empty();
  // The draft of what was just received is to go from the server too: now, not when the timer next rings.
  if (!applied->visits_submitted.empty() && pump) pump->wake(transport::Why::Changed);
  return engine::Applied{true, applied->blobs};
}

/// What somebody wrote for a decision or beside a record, and the server refused, is in no record: it goes back to them.
void Runner::Impl::give_back(const store::Answer& answer) {
  if (std::holds_alternative<std::monostate>(answer.said)) return;
  say(state::OperationFailed{{Fault::Conflict, "server.refused", {}}, answer.said, true});
}

Result<engine::BlobTask> Runner::Impl::answer(const Port::NextBlob& question) {
  DOORSTEP_TRY_ASSIGN(auto step, db->next_blob(question.max_bytes));
  if (step.purge_waited && pump) pump->wake(transport::Why::Changed);
  using What = engine::BlobTask::What;
  const What what = step.what == store::BlobStep::What::Send    ? What::Send
                    : step.what == store::BlobStep::What::Fetch ? What::Fetch
                                                                : What::Nothing;
  return engine::BlobTask{what, std::move(step.sha256), step.offset, std::move(step.bytes), step.most};
}

Result<void> Runner::Impl::answer(const Port::Moved& question) {
  const engine::BlobMoved& moved = question.moved;
  const bool sent = moved.what == engine::BlobTask::What::Send;
  auto done = sent          ? db->blob_sent(moved.sha256, moved.offset, moved.ended)
              : moved.ended ? db->blob_absent(moved.sha256)
                            : db->blob_fetched(moved.sha256, moved.offset, moved.bytes);
  untold = untold || !sent || moved.ended;  // of what was sent only that it is there
  if (sent && moved.ended && told && told->ended && pump) pump->wake(transport::Why::Changed);  // the purge waits for it
  return done;
}

void Runner::Impl::on(Synced& m) {
  if (std::get_if<transport::SyncStarted>(&m.event)) {
    sync.phase = state::SyncPhase::Sending;
    sync.last_tried = now();
    sync.next_try.reset();
  } else if (auto* done = std::get_if<transport::SyncDone>(&m.event)) {
    sync.phase = state::SyncPhase::Idle;
    synced_at = now();
    sync.error.reset();
    sync.error_code.clear();
    sync.blob_trouble = done->blob_trouble;
    sync.next_try = now() + done->next;
  } else {
    auto& failed = std::get<transport::SyncFailed>(m.event);
    fail_sync(failed.why, failed.retry);
    if (failed.why.where == "server.forked" || failed.why.where == "engine.forked") start_afresh();
  }
  if (untold && !std::holds_alternative<transport::SyncStarted>(m.event)) tell_caseload();
  tell_sync();
  if (!std::holds_alternative<transport::SyncStarted>(m.event)) keep_copies();
  if (!std::holds_alternative<transport::SyncDone>(m.event)) return;
  renew_when_due();  // the screens wait for none of them
  renew_own_when_due();
  witness_when_due();
}

/// The server knows other operations under this tablet's name: the store is an old copy, or was copied. What it has not
/// had acknowledged is numbered anew (sync.md, I9).
void Runner::Impl::start_afresh() {
  if (!db || !pump || ++fresh_starts > kFreshStarts) return;
  base::log_event("work.new_incarnation", options.enrolment.device);
  if (auto begun = db->start_incarnation(); !begun) return base::log_error("start_incarnation", begun.error());
  pump->wake(transport::Why::Asked);
}

void Runner::Impl::fail_sync(const Error& why, std::optional<base::Millis> retry) {
  base::log_error("sync_failed", why);
  constexpr std::string_view kServer = "server.";
  sync.phase = retry ? state::SyncPhase::Waiting : state::SyncPhase::Failed;
  sync.error = why;
  sync.error_code = why.where.starts_with(kServer) ? why.where.substr(kServer.size()) : std::string();
  sync.next_try = retry ? std::optional(now() + *retry) : std::nullopt;
}

void Runner::Impl::on(Network& m) {
  if (m.online == online) return;
  online = m.online;
  sync.online = online;
  say(state::NetworkChanged{online});
  if (pump) pump->set_online(online);
  else if (db && online) begin_sync();
  if (online) begin_drain();
  if (online && command_again) ask_command();
  tell_sync();
}

}  // namespace doorstep::work
