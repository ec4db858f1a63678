#include "app/state/time_words.h"
#include "app/state/view_models.h"

namespace doorstep::state {
namespace {

FactVm clock_warning(const Text& text) { return {text("lease.clock"), text("lease.clock.body")}; }

}  // namespace

ClosedVm closed_vm(const State& state) {
  const auto& text = state.text();
  const auto& sync = state.sync;
  ClosedVm vm;
  vm.title = text("lease.closed.title");
  vm.headline = text("lease.closed.headline");
  vm.why = sync.lease_until ? text("lease.closed.why", {{"when", when_words(text, *sync.lease_until, state.now)}}) : std::string();
  vm.safe = text("lease.closed.safe");
  vm.to_do = text(sync.online ? "lease.closed.do.online" : "lease.closed.do");
  if (sync.clock_set_back) vm.clock = clock_warning(text);
  vm.notice = state.notice;
  vm.facts.push_back({text("sync.waiting"), sync.waiting == 0 ? text("sync.waiting.none") : text.count("sync.waiting.n", sync.waiting)});
  vm.visit_hint = text("lease.closed.visit");
  vm.start_visit = {text("children.start"), Open{ScreenKind::StartVisit, Id()}};
  vm.sync_now = {text("sync.now"), PressSyncNow{}, sync.phase == SyncPhase::Sending};
  return vm;
}

std::vector<FactVm> lease_warnings(const State& state) {
  const auto& text = state.text();
  std::vector<FactVm> out;
  if (state.sync.lease_soon && state.sync.lease_until)
    out.push_back({text("lease.soon", {{"when", when_words(text, *state.sync.lease_until, state.now)}}), text("lease.soon.body")});
  if (state.sync.clock_set_back) out.push_back(clock_warning(text));
  return out;
}

}  // namespace doorstep::state
