#pragma once
#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <vector>

#include "app/state/view_models.h"
#include "sync/rules/beside.h"
#include "sync/rules/clocks.h"

/// Pieces that several view models share.
namespace doorstep::state {

std::string person_name(const State& state, const Id& worker);
/// The page at hand has a place for what just happened: neither the bar nor the list beside it says it too.
bool page_tells(const State& state);
/// Of a case: the child's, or the name written in its records when the child is on no list.
std::string child_name(const State& state, const Id& case_id);
const std::string& short_name(const model::ChildPart& part);
/// Wrote it, or went along: somebody else decides on it.
inline bool was_there(const model::ChildRecord& body, const Id& worker) { return body.author == worker || body.second_worker == worker; }
/// That the draft's visit is submitted already, and of whom: a submission does not take with it what was written elsewhere since,
/// nor what a restored tablet or server brought back. Empty: it is not.
std::string submitted_already(const State& state, const model::Visit& draft);
/// What a list of people is sorted by: accents folded, and of a name in another script its Latin form in brackets, if there is one.
/// In Welsh by the Welsh alphabet, whose ch, dd, ff, ng, ll, ph, rh and th are letters of their own, after c, d, f, g, l, p, r and t.
std::string name_order(const State& state, std::string_view name);
/// What the server did not take, and is to be told on the screen as it is now.
std::vector<Refused> refusals_told(const State& state);
/// Why, by the code words of the operation and of the refusal; empty: an answer this program does not know.
std::string refusal_words(const Text& text, std::string_view kind, std::string_view code);
TagVm state_tag(const State& state, const RecordItem& item);
std::vector<HazardVm> hazards_of(const State& state, const model::Family* family);
/// Calls still to be made; of one visit, or all.
std::vector<CallCardVm> call_cards(const State& state, const std::optional<Id>& visit);
/// "Who does it? Ruth Adeyemi", "Colour: blue": a label that asks needs no colon.
std::string labelled(const std::string& label, const std::string& words);
/// The whole, or at most so many bytes of it, cut between words, with an ellipsis.
std::string beginning(std::string_view text, std::size_t bytes);
/// beginning() of the first line, with an ellipsis when there are more.
std::string first_line(std::string_view text, std::size_t bytes);

/// As this tablet has it; nothing is true of one it does not know.
BlobItem blob_of(const State& state, const std::string& sha256);
/// How many the server wants and this tablet has not sent yet.
long long photos_to_send(const State& state);
/// By its id, in the open visit or a record that is here; nullptr: none refers to it.
const model::Attachment* photo_of(const State& state, const Id& photo);
/// Of one child; `editable`: captions may be written, and photos taken off and added.
PhotosVm photos_vm(const State& state, const model::ChildPart& part, bool editable);

/// Every clock of the child as of today, by what records on this tablet say: the most pressing first.
std::vector<rules::Due> dues_of(const State& state, const model::Child& child);
TagVm due_tag(const State& state, const rules::Due& due);
/// When a record's visit began; of one that does not say, when it was written.
Instant visit_at(const RecordItem& item);
/// The five lines about a child.
std::vector<SummaryLineVm> summary_of(const State& state, const model::Child& child);

/// What is looked for in the editor of `key`, without blanks before it.
std::string query_in(const State& state, std::string_view key);
/// Whether a child is looked for: by name, address or postcode.
bool is_found(const State& state, const model::Child& child, std::string_view query);
/// How many children the list has under Today.
std::size_t due_today(const State& state);

/// Date as an answer is read: "Thu 3 Dec" for steps due.
std::string due_words(const State& state, const std::optional<base::Date>& due);
std::vector<StepVm> step_vms(const State& state, const std::vector<model::PlanStep>& steps);

/// Keys of the controls of a body map: a mark on it, and a figure. `list`, `item`: of a question about injuries.
std::string mark_key(const Place& item);
std::string figure_key(const Place& list, model::BodyView view);
/// "2. Bruise": a mark by its number, as the body map has it.
std::string mark_title(const Text& text, std::size_t number, const model::Injury& injury);
/// "31 across and 42 down, of 100".
std::string point_words(const Text& text, const model::Point& at);
/// "Left forearm, front": where on the body map; empty when it is not there.
std::string mark_place(const Text& text, const std::optional<model::BodyView>& view, const std::optional<model::Point>& at);
/// The figures of the body map with the marks of `part`, which tell their point too: for whoever moves one by keys. `list`: the question; `placing`: see OpenVisit.
std::vector<FigureVm> figures_of(const Text& text, const Place& list, const model::ChildPart& part, const Id& placing = {});
/// Those with a mark, for whoever reads.
std::vector<FigureVm> figures_read(const Text& text, const Place& list, const model::ChildPart& part);

/// The sheet of a question with what was drawn on it; empty: none belongs to it.
std::optional<SheetVm> sheet_of(const Text& text, const rules::Question& question, const model::ChildPart& part);

/// "Taken in the home at 14:05": only what the visit's own times and place bear out.
std::string taken_words(const Text& text, const model::VisitFacts& facts, const model::Jotting& jotting);
/// The questions a jotting was put into, with the child's name where there are several. Of fields that are not in `children`: nothing.
std::string put_words(const Text& text, const rules::Form& form, const std::vector<model::ChildPart>& children,
                      const model::Jotting& jotting);

/// What is said differently in a visit that is being written: with the last visit to each child, and between its children.
BesidesVm beside_of_draft(const State& state, const model::Visit& visit);
/// ... and in a record, with the siblings' of the same visit that are here. Lines of `blocks` that it names lead back to it.
BesidesVm beside_of_record(const State& state, const model::ChildRecord& record, std::vector<ReadBlockVm>& blocks);

/// Who wrote it, of whom, where, and when it was received.
std::vector<FactVm> record_facts(const State& state, const RecordItem& item);
/// Everything a record says, section by section, in the form's words.
std::vector<ReadBlockVm> read_blocks(const State& state, const model::ChildRecord& record);
/// What was said of the risk: words, or a label and words.
std::vector<FactVm> risk_facts(const State& state, const model::ChildPart& part);
/// A line for each; pressed, it leads to its control.
std::vector<ActionVm> problem_lines(const std::vector<PressProblem>& problems);
/// What is said at the control `key`; empty: nothing.
std::string error_at(const std::vector<PressProblem>& problems, std::string_view key);
/// One child's part of a visit in short lines: seen, alone, risk, what was said, steps. Each names the question it answers.
std::vector<FactVm> summary_lines(const State& state, const model::VisitFacts& facts, const model::ChildPart& part);
/// "Child in need visit: Amara": the visit's type, and whom it is to.
std::string visit_title(const State& state, const model::VisitFacts& facts, const std::string& name);
/// The same of a draft: with the whole name of its child, or what its children are called.
std::string draft_title(const State& state, const model::Visit& visit);
/// What differs between two bodies of the same child, in the form's words.
std::vector<ChangeVm> changes_between(const State& state, const model::RecordVersion& before, const model::RecordVersion& after,
                                      bool same_record);
/// The question a path of a body or draft is about; nullptr for what no question asks.
const rules::Question* question_at(const rules::Form& form, std::string_view path);
/// The same in the form's words; empty: none.
std::string place_words(const State& state, std::string_view path, const model::ChildPart* part);
/// One value of a body as a person reads it; `part`: of the child it is about, or nullptr.
std::string value_words(const State& state, const rules::Question* question, const model::ChildPart* part, std::string_view member,
                        const boost::json::value& value);
/// The member an entry of such a list is called by; the others stand below it. Empty: it is no list, or its entries have no name.
std::string_view title_member(rules::Kind kind);
/// What accounts are called, a line each.
std::string labels_of(const std::vector<rules::Account>& accounts);

}  // namespace doorstep::state
