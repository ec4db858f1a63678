#include "tests/bench/notes.h"

#include <array>
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

std::vector<base::Id> writers_children(support::CaseServer& council) {
  std::vector<base::Id> out;
  for (const char* ref : {"C0101", "C0201", "C0401", "C0701", "C0801", "C0802", "C1001", "C1002", "C1101", "C1102", "C1103",
                          "C1201", "C1202", "C1203", "C1401", "C1402"})
    out.push_back(council.child(ref));
  return out;
}

model::Visit visit_number(std::size_t i, const std::vector<base::Id>& children) {
  model::Visit out = complete_visit();
  const auto minutes = static_cast<std::int64_t>(i);  // a person begins no two in one moment
  out.id = base::Id::v7({base::SystemClock().wall().ms - minutes * 60'000}, base::random_bytes(10));
  auto& part = out.children.front();
  part.id = children[i % children.size()];
  part.answers["saw"] = narrative(i);
  return out;
}

}  // namespace

void write_notes(const support::FieldTablet& tablet, support::CaseServer& council, std::size_t count) {
  const base::SystemClock clock;
  const auto children = writers_children(council);
  store::Store store = tablet.open_store();
  for (std::size_t i = 0; i < count; ++i) {
    state::Submit submit{visit_number(i, children), {}};
    submit.record_ids[submit.visit.children.front().id] = base::new_id(clock);
    const auto done = store.submit(submit.visit, state::records_of(submit, clock.wall()), clock.wall());
    if (!done) throw std::runtime_error(done.error().where + ": " + done.error().detail);
  }
}

std::vector<model::Visit> begin_visits(support::CaseServer& council, std::size_t count) {
  const auto children = writers_children(council);
  std::vector<model::Visit> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(visit_number(i, children));
  return out;
}

void add_sentence(model::Visit& visit, std::size_t n) {
  static constexpr std::array kWords = {"quietly", "kitchen", "afterwards", "grandmother", "window", "laughing", "yesterday", "homework",
                                        "bruise",  "nobody",  "upstairs",   "breakfast",   "careful", "whispered", "between", "neighbour",
                                        "asleep",  "twice",   "garden",     "promised",    "colder",  "teacher",   "visitor", "angry"};
  std::string sentence;
  for (std::size_t i = 0; i < 10; ++i) sentence += std::string(kWords[(n * 7 + i * (n + 5) + i * i) % kWords.size()]) + " ";
  auto& saw = std::get<std::string>(visit.children.front().answers["saw"]);
  saw.insert(saw.find(' ', saw.size() * (n % 9 + 1) / 10) + 1, sentence);
}

}  // namespace doorstep::bench
