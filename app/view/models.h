#pragma once
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "app/state/view_models.h"

namespace doorstep::view {

/// The view models of one revision of the state and one minute of the clock, each made when it is first asked for: a frame in
/// which nothing was turned makes none. Ui holds it, so that a lock lets go of it with everything else that was drawn.
class Models {
 public:
  explicit Models(const state::State& state) : revision_(state.revision), found_(state.found), minute_(minute_of(state)) {}

  bool are_of(const state::State& state) const {
    return revision_ && revision_ == state.revision && found_ == state.found && minute_ == minute_of(state);
  }

  /// Takes over what `last` made when nothing but what a search lists may have changed since, and lists that anew.
  void take_over(Models& last, const state::State& state) {
    if (!revision_ || revision_ != last.revision_ || minute_ != last.minute_) return;
    made_ = std::move(last.made_);
    if (auto& list = std::get<std::optional<state::MyChildrenVm>>(made_)) state::list_children(state, *list);
    std::get<std::optional<state::MatchVm>>(made_).reset();
  }

  /// What `make` returns, a view model by its type. Valid as long as this.
  template <class Make>
  const auto& get(const Make& make) {
    auto& made = std::get<std::optional<decltype(make())>>(made_);
    if (!made) made.emplace(make());
    return *made;
  }

 private:
  static std::int64_t minute_of(const state::State& state) { return state.now.ms / 60'000; }

  std::shared_ptr<const void> revision_, found_;
  std::int64_t minute_;
  template <class... Vm>
  using Made = std::tuple<std::optional<Vm>...>;
  Made<state::UnlockVm, state::BarVm, state::MyChildrenVm, state::GoingOutVm, state::ChildVm, state::ChronologyVm,
       state::OwnWordsVm, state::StartVisitVm, state::ClosedVm, state::FamilyCopyVm,
       state::RecordVm, state::LeavingVm, state::CheckVm, state::SyncVm, state::ApprovalsVm, state::ReviewVm,
       state::ConflictsVm, state::AlertsVm, state::MatchVm, state::SettingsVm, state::PassphraseVm, state::ReadVm,
       state::DateWordsVm, state::NoteWordsVm>
      made_;
};

}  // namespace doorstep::view
