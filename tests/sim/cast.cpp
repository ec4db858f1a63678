#include "tests/sim/cast.h"

#include "platform/base/bytes.h"

namespace doorstep::sim {

namespace {

Id worker(const std::string& ref) { return Id::from_name("worker:" + ref); }  // as sync/server/import.cpp makes them
Id child(const std::string& ref) { return Id::from_name("child:" + ref); }
Id team(const std::string& ref) { return Id::from_name("team:" + ref); }

std::string team_of(Id id) { return id == team("north") ? "north" : "south"; }

}  // namespace

const std::vector<Part>& cast() {
  static const std::vector<Part> parts = [] {
    std::vector<Part> out;
    for (const auto& [name, ref] : {std::pair("wren-1", "wren"), {"sparrow-1", "sparrow"}, {"wren-2", "wren"}, {"ash-1", "ash"}})
      out.push_back({Id::from_name(std::string("tablet:") + name), worker(ref), std::string("certificate-") + name});
    return out;
  }();
  return parts;
}

std::vector<Part> chosen_cast(int tablets, Random& random) {
  std::vector<Part> out = cast();
  if (tablets == 2 && random.percent(50)) return {out[0], out[2]};
  if (tablets == 3 && random.percent(50)) return {out[0], out[1], out[3]};
  out.resize(static_cast<std::size_t>(tablets));
  return out;
}

Council first_council() {
  Council out;
  out.workers[worker("wren")] = {"wren", false, team("north"), true, false};
  out.workers[worker("ash")] = {"ash", false, team("south"), true, false};
  out.workers[worker("sparrow")] = {"sparrow", true, team("north"), true, false};
  for (const char* ref : {"A1", "B1"}) out.cases[child(ref)] = {ref, worker("wren"), team("north"), false, {}, {}};
  out.cases[child("C1")] = {"C1", worker("ash"), team("south"), false, {}, {}};
  return out;
}

std::map<std::string, std::string> extract_of(const Council& council) {
  // No file may be without rows: a child, and a worker, of a team that no tablet of the cast belongs to.
  std::map<std::string, std::string> out = {
      {"workers.csv", "worker_ref,name,role,team_ref,team_name,social_work_qualified\nswift,swift,SOCIAL_WORKER,west,west,YES\n"},
      {"families.csv", "family_ref,name,address,postcode,phone,language\nF1,Okafor," + std::to_string(council.address) +
                           " Test Street,,,\nF2,Null,2 Test Street,,,\n"},
      {"children.csv", "child_ref,family_ref,name,called,born,born_assumed,expected,sex,language,communication,disability,ethnicity\n"
                       "Z1,F2,Z1 Child,,,,,,,,,\n"},
      {"people.csv", "person_ref,family_ref,name,relationship,born,in_household,note\n"},
      {"involvements.csv", "involvement_ref,child_ref,status,started,ended,referral,strategy,conference,plan_ref,legal_status,"
                           "placement,to_last_to_18,longterm_agreed,first_review,category,plan_every,plan_unit\n"},
      {"allocations.csv", "child_ref,worker_ref,kind,until\nZ1,swift,ALLOCATED,\n"},
      {"steps.csv", "step_ref,child_ref,what,owner,due\n"},
      {"visits.csv", "child_ref,last_visit,last_seen,last_seen_alone\n"},
      {"hazards.csv", "hazard_ref,family_ref,kind,note\n"},
  };
  for (const auto& [id, one] : council.workers)
    if (one.active)
      out["workers.csv"] += one.ref + "," + one.ref + "," + (one.supervisor ? "SUPERVISOR" : "SOCIAL_WORKER") + "," + team_of(one.team) +
                            "," + team_of(one.team) + ",YES\n";
  for (const auto& [id, one] : council.cases) {
    if (one.provisional || !one.worker) continue;  // without a worker: no longer in the extract
    out["children.csv"] += one.ref + "," + (one.ref == "C1" ? "F2" : "F1") + "," + one.ref + " Child,,,,,,,,,\n";
    out["allocations.csv"] += one.ref + "," + council.workers.at(one.worker).ref + ",ALLOCATED,\n";
    for (const auto& [covers, until] : one.cover)
      out["allocations.csv"] += one.ref + "," + council.workers.at(covers).ref + ",COVER," + base::to_iso(until) + "\n";
  }
  return out;
}

const Signers& signers() {
  static const Signers all = [] {
    const base::Instant before{1'794'900'000'000};  // a day: clocks jump
    constexpr int kDays = 365;
    auto council = tls::make_authority("A council", before), other = tls::make_authority("Another council", before);
    DOORSTEP_ASSERT(council.has_value() && other.has_value());
    auto first = tls::make_signer(*council, {"first.test"}, kDays, before), next = tls::make_signer(*council, {"next.test"}, kDays, before);
    auto foreign = tls::make_signer(*other, {"first.test"}, kDays, before);
    DOORSTEP_ASSERT(first.has_value() && next.has_value() && foreign.has_value());
    return Signers{std::move(*council), std::move(*first), std::move(*next), std::move(*foreign)};
  }();
  return all;
}

bool is_signed(const wire::SignedReceipt& receipt, base::Instant at) {
  static tls::SignatureCheck check(signers().council.cert);
  const auto signature = base::from_hex(receipt.signature);
  if (!signature || !receipt.signer) return false;
  return check(*receipt.signer, at, std::string(wire::kReceiptContext) + receipt.statement, *signature).has_value();
}

}  // namespace doorstep::sim
