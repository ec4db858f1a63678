#pragma once
#include <deque>

#include "app/state/view_models.h"
#include "sync/model/visit.h"
#include "tests/support/answers.h"

/// A person at a tablet without store, network or window: State, a clock that stands still until told, and what came out.
namespace doorstep::tests {

using namespace doorstep::state;

Instant instant(std::string_view text);
std::shared_ptr<const Assets> shipped_assets();

struct Desk {
  State state;
  Instant wall = instant("2026-11-23T14:05:00Z");
  Millis mono{1'000'000};
  std::deque<Id> next_ids;  ///< taken before any other
  int ids = 0;
  Effects effects;          ///< all since the last take()
  Caseload caseload;

  const Id family = Id::from_name("family"), amara = Id::from_name("amara"), tunde = Id::from_name("tunde"),
           me = Id::from_name("me"), other = Id::from_name("other worker"), boss = Id::from_name("boss");

  Desk();

  static model::Worker worker(Id id, const char* name, model::Role role);

  Context context();
  void act(const Intent& intent);
  void hear(const Event& event);
  void load();
  void later(Millis by);
  void type(const std::string& key, std::string_view text);
  template <class T>
  std::vector<const T*> all() const {
    std::vector<const T*> out;
    for (const auto& effect : effects)
      if (const auto* one = std::get_if<T>(&effect)) out.push_back(one);
    return out;
  }
  template <class T>
  const T& last() const {
    const auto found = all<T>();
    REQUIRE_FALSE(found.empty());
    return *found.back();
  }
  void saved();

  void unlock();
  void as_boss();
  /// A CIN visit to Amara, and to Tunde with `both`.
  void start(bool both = false, const std::string& type = "CIN");
  /// Answers everything the form asks of the open visit.
  void fill();
  /// A submitted record of Amara by `author`.
  RecordItem record(Id author, std::string_view name, std::string_view start, std::string said = "I like my school");
  static std::shared_ptr<model::RecordVersion> version(model::ChildRecord body, std::int64_t rev, model::State state);
  /// The item's head, to be changed for it alone.
  static model::RecordVersion& own_head(RecordItem& item);
};

}  // namespace doorstep::tests
