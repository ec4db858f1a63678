#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace doorstep::model {

/// The code strings of an enumeration, as they are stored, sent and exported. Specialised by DOORSTEP_CODES.
template <class E>
struct CodeTable;

#define DOORSTEP_CODES(E, ...)                                               \
  template <>                                                                \
  struct CodeTable<E> {                                                      \
    static constexpr std::pair<E, std::string_view> values[] = __VA_ARGS__;  \
  }

template <class E>
constexpr std::string_view code(E value) {
  for (const auto& [v, text] : CodeTable<E>::values)
    if (v == value) return text;
  return {};
}

/// Empty for a code this build does not know.
template <class E>
constexpr std::optional<E> from_code(std::string_view text) {
  for (const auto& [v, name] : CodeTable<E>::values)
    if (name == text) return v;
  return std::nullopt;
}

/// What a record is. A case's log holds any of them; `Visit` is a draft and lives in its author's own case.
enum class RecordKind : std::uint8_t { Family, Child, Worker, Visit, ChildRecord, Decision, Addendum, Disposition };
DOORSTEP_CODES(RecordKind, {{RecordKind::Family, "family"}, {RecordKind::Child, "child"}, {RecordKind::Worker, "worker"},
                            {RecordKind::Visit, "visit"}, {RecordKind::ChildRecord, "child_record"},
                            {RecordKind::Decision, "decision"}, {RecordKind::Addendum, "addendum"},
                            {RecordKind::Disposition, "disposition"}});

/// Where a child record stands (domain.md section 5). Never merged. `None` for reference records.
enum class State : std::uint8_t { None, Draft, Submitted, Returned, Approved };
DOORSTEP_CODES(State, {{State::None, "NONE"}, {State::Draft, "DRAFT"}, {State::Submitted, "SUBMITTED"},
                       {State::Returned, "RETURNED"}, {State::Approved, "APPROVED"}});

/// Why the service is involved with a child (domain.md section 2). Several hold at once.
enum class Status : std::uint8_t { EarlyHelp, Referral, Assessment, CinS17, S47, Cpp, Cla, CareLeaver, PrivateFostering,
                                   PlacedForAdoption, Closed };
DOORSTEP_CODES(Status, {{Status::EarlyHelp, "EARLY_HELP"}, {Status::Referral, "REFERRAL"}, {Status::Assessment, "ASSESSMENT"},
                        {Status::CinS17, "CIN_S17"}, {Status::S47, "S47"}, {Status::Cpp, "CPP"}, {Status::Cla, "CLA"},
                        {Status::CareLeaver, "CARE_LEAVER"}, {Status::PrivateFostering, "PRIVATE_FOSTERING"},
                        {Status::PlacedForAdoption, "PLACED_FOR_ADOPTION"}, {Status::Closed, "CLOSED"}});

enum class VisitType : std::uint8_t { Cin, S47, Cp, Cla, Adoption, PrivFost, CareLeaver, FamilyHelp, Other };
DOORSTEP_CODES(VisitType, {{VisitType::Cin, "CIN"}, {VisitType::S47, "S47"}, {VisitType::Cp, "CP"}, {VisitType::Cla, "CLA"},
                           {VisitType::Adoption, "ADOPTION"}, {VisitType::PrivFost, "PRIV_FOST"},
                           {VisitType::CareLeaver, "CARE_LEAVER"}, {VisitType::FamilyHelp, "FAMILY_HELP"},
                           {VisitType::Other, "OTHER"}});

/// How the visit as a whole ended. Anything after `Partial` never resets a clock.
enum class Outcome : std::uint8_t { Completed, Partial, ChildNotSeen, NoAccess, EntryRefused, CancelledFamily, CancelledService,
                                    AbandonedUnsafe };
DOORSTEP_CODES(Outcome, {{Outcome::Completed, "COMPLETED"}, {Outcome::Partial, "PARTIAL"}, {Outcome::ChildNotSeen, "CHILD_NOT_SEEN"},
                         {Outcome::NoAccess, "NO_ACCESS"}, {Outcome::EntryRefused, "ENTRY_REFUSED"},
                         {Outcome::CancelledFamily, "CANCELLED_FAMILY"}, {Outcome::CancelledService, "CANCELLED_SERVICE"},
                         {Outcome::AbandonedUnsafe, "ABANDONED_UNSAFE"}});

enum class Sex : std::uint8_t { Male, Female, Unknown };  ///< CIN census codes; Unknown for an unborn child
DOORSTEP_CODES(Sex, {{Sex::Male, "M"}, {Sex::Female, "F"}, {Sex::Unknown, "U"}});

enum class Known : std::uint8_t { Yes, No, Unknown };  ///< is another child in the household known to the service?
DOORSTEP_CODES(Known, {{Known::Yes, "YES"}, {Known::No, "NO"}, {Known::Unknown, "UNKNOWN"}});

enum class StepStatus : std::uint8_t { Open, Done, Missed, Dropped, NotDiscussed };
DOORSTEP_CODES(StepStatus, {{StepStatus::Open, "OPEN"}, {StepStatus::Done, "DONE"}, {StepStatus::Missed, "MISSED"},
                            {StepStatus::Dropped, "DROPPED"}, {StepStatus::NotDiscussed, "NOT_DISCUSSED"}});

enum class BodyView : std::uint8_t { Front, Back, Left, Right, Head };
DOORSTEP_CODES(BodyView, {{BodyView::Front, "FRONT"}, {BodyView::Back, "BACK"}, {BodyView::Left, "LEFT"}, {BodyView::Right, "RIGHT"},
                          {BodyView::Head, "HEAD"}});

enum class RiskChange : std::uint8_t { No, Yes, NotEnoughToSay };
DOORSTEP_CODES(RiskChange, {{RiskChange::No, "NO"}, {RiskChange::Yes, "YES"}, {RiskChange::NotEnoughToSay, "NOT_ENOUGH_TO_SAY"}});

enum class Consent : std::uint8_t { SoughtGiven, Refused, NotSoughtUnsafe };
DOORSTEP_CODES(Consent, {{Consent::SoughtGiven, "SOUGHT_GIVEN"}, {Consent::Refused, "REFUSED"},
                         {Consent::NotSoughtUnsafe, "NOT_SOUGHT_UNSAFE"}});

enum class Verdict : std::uint8_t { Approved, Returned };
DOORSTEP_CODES(Verdict, {{Verdict::Approved, "APPROVED"}, {Verdict::Returned, "RETURNED"}});

enum class ReturnReason : std::uint8_t { MissingVoice, NotAnalysed, RiskUnclear, FactError, WrongChild, StepsVague, Other };
DOORSTEP_CODES(ReturnReason, {{ReturnReason::MissingVoice, "MISSING_VOICE"}, {ReturnReason::NotAnalysed, "NOT_ANALYSED"},
                              {ReturnReason::RiskUnclear, "RISK_UNCLEAR"}, {ReturnReason::FactError, "FACT_ERROR"},
                              {ReturnReason::WrongChild, "WRONG_CHILD"}, {ReturnReason::StepsVague, "STEPS_VAGUE"},
                              {ReturnReason::Other, "OTHER"}});

enum class Role : std::uint8_t { SocialWorker, Supervisor };
DOORSTEP_CODES(Role, {{Role::SocialWorker, "SOCIAL_WORKER"}, {Role::Supervisor, "SUPERVISOR"}});

enum class CallOutcome : std::uint8_t { Answered, NoAnswer };
DOORSTEP_CODES(CallOutcome, {{CallOutcome::Answered, "ANSWERED"}, {CallOutcome::NoAnswer, "NO_ANSWER"}});

}  // namespace doorstep::model
