#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/state/state.h"
#include "sync/model/visit.h"
#include "sync/rules/validate.h"

/// What update() and the view models both need to know about State.
namespace doorstep::state {

/// What happened, what is safe and what to do, without a code.
std::string error_words(const Text& text, const base::Error& error);

std::string settings_json(const Settings& settings);
/// What cannot be read stays as `settings` has it.
Settings settings_from(std::string_view json, Settings settings);

std::optional<std::int64_t> whole_number(std::string_view text);

/// Address and postcode.
std::string address_words(const model::Family& family);

/// Plan steps of the child that are open now, with what records on this tablet have said since.
/// `directed`: with those that supervisors directed.
std::vector<model::PlanStep> open_steps_of(const State& state, const model::Child& child, bool directed = true);

/// The number to try now: the next after each that did not answer. nullptr without contacts.
const Contact* contact_for(const State& state, const model::ChildPart& part);
/// The call as it is recorded when one of the card's buttons is pressed.
model::Call call_now(const State& state, const model::ChildPart& part, bool answered, Instant at, Id id);

/// This tablet knows of a decision on exactly the record's head.
bool decided(const RecordItem& item);

/// That a record was written anew after a supervisor opened it: by whom and when. nullptr: it is gone.
std::string stale_words(const State& state, const RecordItem* item);

struct OpenAlert {
  model::Unknown person;
  const RecordItem* record = nullptr;  ///< the first that raises it
};
/// Alerts about people in a household who are not known to us, that no supervisor has settled, by when they were raised.
std::vector<OpenAlert> open_alerts(const State& state);
std::optional<OpenAlert> open_alert(const State& state, const Id& alert);

/// What Unfinished holds of the visit or record `owner` (nil: of neither) for the editor or choice of `key`; empty: nothing.
std::string held_words(const State& state, const Id& owner, std::string_view key);

/// Of the entry for a member of the family who was there: the same on each of the worker's tablets.
Id present_id(const Id& visit, const Id& member);
/// The choices of a section that are asked, have no answer and offer `code`.
std::vector<const rules::Question*> rest_of(const rules::Form& form, const rules::Section& section, const std::string& code,
                                            const model::VisitFacts& facts, const model::ChildPart* part);

/// What stands in the way of submitting the open visit: what the form misses, then what was begun and not finished.
std::vector<rules::Problem> problems_of(const State& state);

/// The app's language for rules::answer_words(). `text` outlives them.
rules::AnswerWords answer_words(const Text& text);
/// rules::answer_words() in the app's language.
std::string answer_words(const Text& text, const rules::Question& question, const model::Answer& answer,
                         const model::ChildPart* part = nullptr);

/// The lines of a text that hold something, without the blanks around them.
std::vector<std::string> lines_of(const std::string& text);

}  // namespace doorstep::state
