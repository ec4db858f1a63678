#include "tests/bench/notes.h"

#include <stdexcept>

#include "app/state/submit.h"
#include "tests/support/situations.h"

namespace doorstep::bench {
namespace {

/// A visit that passes the form's checks: the first situation of assets/demo, put in as a person would.
const model::Visit& complete_visit() {
  static const model::Visit visit = [] {
    support::CaseServer council;
    support::FieldTablet tablet(council, std::string(kWriter));
    tablet.open();
    tablet.sync();
    const auto situations = support::read_situations();
    const auto& first = situations.front();
    support::record_visit(tablet, council, first, first.visits.front());
    return tablet.state().visit->visit;
  }();
  return visit;
}

std::string narrative(std::size_t seed) {
  std::string out;
  for (std::size_t i = 0; i < 120; ++i) out += "word" + std::to_string((seed * 131 + i * 17) % 997) + (i % 14 ? " " : ". ");
  return out;
}

}  // namespace

void write_notes(const support::FieldTablet& tablet, support::CaseServer& council, std::size_t count) {
  const base::SystemClock clock;
  const model::Visit& whole = complete_visit();
  std::vector<base::Id> children;
  for (const char* ref : {"C0101", "C0201", "C0401", "C0701", "C0801", "C0802", "C1001", "C1002", "C1101", "C1102", "C1103",
                          "C1201", "C1202", "C1203", "C1401", "C1402"})
    children.push_back(council.child(ref));
  store::Store store = tablet.open_store();
  for (std::size_t i = 0; i < count; ++i) {
    state::Submit submit{whole, {}};
    submit.visit.id = base::new_id(clock);
    auto& part = submit.visit.children.front();
    part.id = children[i % children.size()];
    part.answers["saw"] = narrative(i);
    submit.record_ids[part.id] = base::new_id(clock);
    const auto done = store.submit(submit.visit, state::records_of(submit, clock.wall()), clock.wall());
    if (!done) throw std::runtime_error(done.error().where + ": " + done.error().detail);
  }
}

}  // namespace doorstep::bench
