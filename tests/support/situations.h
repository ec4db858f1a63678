#pragma once
#include <string>
#include <vector>

#include "tests/support/field.h"

/// The thirty situations of assets/demo/situations.json, and how a person would put them into a tablet.
namespace doorstep::support {

struct SituationVisit {
  model::VisitType type{};
  model::VisitFacts facts;
  struct Part { std::string child; model::ChildPart part; };  ///< by the case system's number; "new:<name>" for one on no list
  std::vector<Part> parts;
};
struct Situation {
  int number = 0;
  std::string title, child;
  std::vector<SituationVisit> visits;  ///< the first, and what comes after
};
std::vector<Situation> read_situations();

/// Starts the visit and answers every question the form asks with what the situation says, through intents and typing.
/// The visit stays open.
void record_visit(FieldTablet& tablet, CaseServer& council, const Situation& situation, const SituationVisit& visit);
/// The same with a server elsewhere. `child`: the child's id by the case system's number.
void record_visit(FieldTablet& tablet, const std::function<base::Id(const std::string&)>& child, const Situation& situation,
                  const SituationVisit& visit);
/// Checks and submits the open visit; the ids of its records. Throws with the problems when it may not be submitted.
std::vector<base::Id> submit_visit(FieldTablet& tablet);
/// Reads the newest version and approves it with a rationale.
void approve(FieldTablet& tablet, base::Id record);

}  // namespace doorstep::support
