#include <cmath>
#include <set>

#include "sync/model/body_map.h"
#include "sync/model/drawing.h"
#include "sync/model/visit.h"
#include "sync/rules/beside.h"
#include "sync/rules/calendar.h"
#include "sync/server/export.h"

namespace doorstep::server {

namespace {

using rules::Kind;

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
    "h1{font-size:1.6rem;margin:0 0 .2rem}h2{font-size:1.2rem;margin:2rem 0 .5rem;border-bottom:1px solid #767676}"
    "h3{font-size:1rem;margin:1rem 0 .1rem}.words{white-space:pre-wrap;overflow-wrap:anywhere;"
    "margin:0 0 .6rem}table{border-collapse:collapse;width:100%;margin:.3rem 0 .8rem}th,td{border:1px solid #767676;padding:.3rem .5rem;"
    "text-align:start;vertical-align:top;white-space:pre-wrap;overflow-wrap:anywhere}th{background:#f0f0f0}"
    ".box{border:2px solid #1a1a1a;padding:.5rem 1rem;margin:1rem 0}footer{margin-top:3rem;font-size:.85rem;overflow-wrap:anywhere}"
    "svg{border:1px solid #767676;max-width:24rem}.map{display:flex;flex-wrap:wrap;gap:.5rem}figure{margin:1rem 0;break-inside:avoid}"
    ".map figure{margin:0}.map svg{height:20rem}img{max-width:100%}figure p{font-size:.85rem;overflow-wrap:anywhere}"
    "@media print{body{margin:0;max-width:none}h2,h3{break-after:avoid}tr{break-inside:avoid}}";

/// Large, on A4, and no step torn apart between two sheets. What is for the office stays on its screen.
constexpr std::string_view kFamilyStyle =
    "@page{size:A4;margin:2cm}body{font:18px/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#000;"
    "background:#fff}h1{font-size:1.8rem;margin:0}h2{font-size:1.4rem;margin:1.5rem 0 .3rem}h3{font-size:1.1rem;margin:0}"
    "h2,h3,p{white-space:pre-wrap;overflow-wrap:anywhere}p{margin:.2rem 0}section{border-top:1px solid #767676;padding:.6rem 0;"
    "break-inside:avoid}.wrong{height:7rem;border:1px solid #767676;margin-top:.6rem}.office{border:2px solid #000;padding:.5rem 1rem}"
    "@media print{body{font-size:14pt;margin:0;padding:0;max-width:none}h2{break-after:avoid}.office{display:none}}";

/// Markup characters, and CR (a browser would read it as a line feed).
std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case '\r': out += "&#13;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string when(Instant at) {
  const int minutes = rules::uk_minutes(at);
  auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return base::to_iso(rules::uk_date(at)) + " " + two(minutes / 60) + ":" + two(minutes % 60);
}
std::string when(const std::optional<Instant>& at) { return at ? when(*at) : ""; }
std::string day(const std::optional<Date>& date) { return date ? base::to_iso(*date) : ""; }
std::string yes_no(const std::optional<bool>& value) { return !value ? "" : *value ? "Yes" : "No"; }

std::string_view words(model::StepStatus status) {
  switch (status) {
    case model::StepStatus::Open: return "Open";
    case model::StepStatus::Done: return "Done";
    case model::StepStatus::Missed: return "Missed";
    case model::StepStatus::Dropped: return "Dropped";
    case model::StepStatus::NotDiscussed: return "Not discussed";
  }
  return "";
}
std::string_view words(model::RiskChange change) {
  switch (change) {
    case model::RiskChange::No: return "No";
    case model::RiskChange::Yes: return "Yes";
    case model::RiskChange::NotEnoughToSay: return "Not enough to say";
  }
  return "";
}
std::string_view words(model::BodyView view) {
  switch (view) {
    case model::BodyView::Front: return "Front";
    case model::BodyView::Back: return "Back";
    case model::BodyView::Left: return "Left side";
    case model::BodyView::Right: return "Right side";
    case model::BodyView::Head: return "Head";
  }
  return "";
}
std::string_view words(model::ReturnReason reason) {
  switch (reason) {
    case model::ReturnReason::MissingVoice: return "The child's voice is missing";
    case model::ReturnReason::NotAnalysed: return "Not analysed";
    case model::ReturnReason::RiskUnclear: return "The risk is unclear";
    case model::ReturnReason::FactError: return "A fact is wrong";
    case model::ReturnReason::WrongChild: return "Wrong child";
    case model::ReturnReason::StepsVague: return "The steps are vague";
    case model::ReturnReason::Other: return "Another reason";
  }
  return "";
}

/// "3 December 2026"; empty for a day that no calendar has.
std::string long_day(Date date) {
  constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
  if (!date.ok()) return {};
  return std::to_string(unsigned(date.day())) + " " + kMonths[unsigned(date.month()) - 1] + " " + std::to_string(int(date.year()));
}

const rules::AnswerWords& english() {
  static const rules::AnswerWords words{"Not covered", "None", "Yes", "No", "out of 10", "Chosen", "Not chosen", long_day};
  return words;
}

std::string words(const rules::Question& question, const model::Answer& answer, const model::ChildPart* part = nullptr) {
  return rules::answer_words(english(), question, answer, part);
}

class Page {
 public:
  Page(const ExportedRecord& exported, const rules::Form& form, const rules::Thresholds& levels)
      : exported_(exported), record_(exported.record), form_(form), levels_(levels) {}

  std::string run() {
    const std::string& name = record_.part.name;
    out_ =
        "<!DOCTYPE html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\"><title>" +
        escaped(name) + "</title><style>" + std::string(kStyle) + "</style></head>\n<body>\n<header><h1 dir=\"auto\">" +
        escaped(name) + "</h1>\n";
    field("Case system's number", exported_.child_ref);
    field("Born", day(record_.part.born));
    field("Family", record_.family_name);
    field("Address", record_.address);
    field("Recorded by", exported_.author_name);
    field("Submitted", when(record_.submitted_at));
    out_ += "</header>\n";
    decisions();
    said_differently();
    for (const rules::Section& section : form_.sections) questions(section);
    others("Other answers about the visit", record_.facts.answers);
    others("Other answers", record_.part.answers);
    drawings();
    photos();
    jottings();
    addenda();
    dispositions();
    footer();
    return out_ + "</body></html>\n";
  }

 private:
  void heading(std::string_view text) { out_ += "<h2 dir=\"auto\">" + escaped(text) + "</h2>\n"; }
  void field(std::string_view label, std::string_view value) {
    if (value.empty()) return;
    out_ += "<h3 dir=\"auto\">" + escaped(label) + "</h3><div class=\"words\" dir=\"auto\">" + escaped(value) + "</div>\n";
  }
  /// A table with the columns in which anything stands.
  void table(std::string_view label, const std::vector<std::string>& columns, const std::vector<std::vector<std::string>>& rows) {
    if (rows.empty()) return;
    std::vector<std::size_t> used;
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return !row[i].empty(); })) used.push_back(i);
    out_ += "<h3 dir=\"auto\">" + escaped(label) + "</h3><table><thead><tr>";
    for (std::size_t i : used) out_ += "<th scope=\"col\">" + escaped(columns[i]) + "</th>";
    out_ += "</tr></thead><tbody>\n";
    for (const auto& row : rows) {
      out_ += "<tr>";
      for (std::size_t i : used) out_ += "<td dir=\"auto\">" + escaped(row[i]) + "</td>";
      out_ += "</tr>\n";
    }
    out_ += "</tbody></table>\n";
  }

  void steps(std::string_view label, const std::vector<model::PlanStep>& list) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& step : list)
      rows.push_back({step.what, step.owner, day(step.due), step.status ? std::string(words(*step.status)) : "", step.note});
    table(label, {"What", "Who", "By when", "Status", "Note"}, rows);
  }

  void decisions() {
    for (const model::Decision& decision : exported_.decisions) {
      bool approved = decision.verdict == model::Verdict::Approved;
      out_ += "<section class=\"box\">\n";
      field((approved ? "Approved by " : "Returned by ") + decision.reviewer_name, when(decision.at));
      field("Why", decision.rationale);
      if (decision.return_reason) field("Reason of the return", words(*decision.return_reason));
      field("Agrees with risk and threshold", yes_no(decision.agree_risk));
      field("Where not, why", decision.disagree_why);
      field("Child discussed in person", yes_no(decision.discussed_in_person));
      field("Reviewer is a qualified social worker", yes_no(decision.reviewer_qualified));
      field("Next visit confirmed for", day(decision.next_visit_confirmed));
      steps("Steps directed", decision.directed_steps);
      out_ += "</section>\n";
    }
  }

  void questions(const rules::Section& section) {
    const model::ChildPart* part = section.scope == rules::Scope::Child ? &record_.part : nullptr;
    bool headed = false;
    auto head = [&] {
      if (!headed) heading(rules::words(section.title, &record_.part));
      headed = true;
    };
    for (const rules::Question& question : section.questions) {
      // Whatever was answered is shown, also where a later answer hid the question.
      auto answer = rules::answer_of(question, record_.facts, part);
      (part ? shown_part_ : shown_facts_).insert(question.id);
      if (!answer || question.from_accounts) continue;
      head();
      if (beside_.contains(question.id)) out_ += "<span id=\"q-" + escaped(question.id) + "\"></span>";
      std::string label = rules::words(question.label, &record_.part);
      bool said_none = !std::holds_alternative<std::int64_t>(*answer);
      switch (question.kind) {
        case Kind::People: said_none ? field(label, words(question, *answer)) : people(label); break;
        case Kind::OtherChildren: said_none ? field(label, words(question, *answer)) : other_children(label); break;
        case Kind::Sharing: said_none ? field(label, words(question, *answer)) : sharing(label); break;
        case Kind::Injuries: said_none ? field(label, words(question, *answer)) : injuries(label); break;
        case Kind::Disclosures: said_none ? field(label, words(question, *answer)) : disclosures(label); break;
        case Kind::OpenSteps:
          said_none ? field(label, words(question, *answer)) : steps(label, record_.part.open_steps);
          break;
        case Kind::NextSteps:
          said_none ? field(label, words(question, *answer)) : steps(label, record_.part.next_steps);
          break;
        case Kind::Calls: said_none ? field(label, words(question, *answer)) : calls(label); break;
        case Kind::Risk:
          std::holds_alternative<model::NotCovered>(*answer) ? field(label, words(question, *answer)) : risk(label);
          break;
        default: field(label, words(question, *answer, &record_.part));
      }
    }
  }

  /// Each account in a column of its own, with the way to where it stands on this page.
  void said_differently() {
    const auto all = rules::beside_of(english(), form_, record_.facts, record_.part);
    if (all.empty()) return;
    heading("Said differently");
    out_ += "<p>Set beside each other as it was said. What it means is for people to judge.</p>\n";
    for (const rules::Beside& one : all) {
      out_ += "<h3 dir=\"auto\">" + escaped(one.about.empty() ? exported_.author_name + " ticked these as said differently" : one.about) +
              "</h3><table><tbody><tr>";
      for (const rules::Account& account : one.accounts) {
        beside_.insert(account.question);
        out_ += "<td dir=\"auto\"><strong>" + escaped(account.who) + "</strong>\n" + escaped(account.words) + "\n<a href=\"#q-" +
                escaped(account.question) + "\">" + escaped(account.label) + "</a></td>";
      }
      out_ += "</tr></tbody></table>\n";
    }
  }

  void people(std::string_view label) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& person : record_.facts.present)
      rows.push_back({person.name, person.relationship, person.unknown.value_or(false) ? "Not known to us" : "",
                      yes_no(person.in_household)});
    table(label, {"Who", "Relationship", "Known", "Lives there"}, rows);
  }
  void other_children(std::string_view label) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& child : record_.facts.other_children) {
      std::string known = !child.known_to_service                                ? ""
                          : *child.known_to_service == model::Known::Yes ? "Yes"
                          : *child.known_to_service == model::Known::No  ? "No"
                                                                         : "Not known";
      rows.push_back({child.name, child.age, known, child.note});
    }
    table(label, {"Name", "Age", "Known to the service", "Note"}, rows);
  }
  void sharing(std::string_view label) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& share : record_.facts.sharing) {
      std::string consent = !share.consent                                          ? ""
                            : *share.consent == model::Consent::SoughtGiven ? "Sought and given"
                            : *share.consent == model::Consent::Refused     ? "Refused"
                                                                            : "Not sought: unsafe";
      rows.push_back({share.agency, share.what, consent, share.basis});
    }
    table(label, {"Agency", "What", "Consent", "Basis"}, rows);
  }
  void injuries(std::string_view label) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& injury : record_.part.injuries) {
      std::string place = injury.place;
      if (injury.view) place += (place.empty() ? "" : " ") + ("(" + std::string(words(*injury.view)) + ")");
      std::string size = injury.size;
      if (injury.size_mm) size += (size.empty() ? "" : ", ") + std::to_string(*injury.size_mm) + " mm";
      rows.push_back({std::to_string(rows.size() + 1), place, injury.kind, injury.looks, size, injury.colour, injury.child_said,
                      injury.explanation, injury.explained_by, injury.health_said, injury.medical_sought});
    }
    table(label,
          {"No.", "Where", "Kind", "What it looks like", "Size", "Colour as seen", "What the child said", "Explanation given", "By whom",
           "What a health professional said", "Medical sought"},
          rows);
    body_map();
  }

  /// The figures on which a mark was shown, each mark by its number in the table.
  void body_map() {
    std::string figures;
    for (const auto& [view, code] : model::CodeTable<model::BodyView>::values) figures += figure(view);
    if (figures.empty()) return;
    out_ += "<p>Left and right are the child's own.</p><div class=\"map\">" + figures + "</div>\n";
  }
  std::string figure(model::BodyView view) const {
    constexpr double kHeight = 1000;
    const model::BodyOutline& outline = model::body_outline(view);
    const double width = kHeight * outline.aspect;
    auto number = [](double at) { return std::to_string(static_cast<int>(std::lround(at))); };
    auto place = [&](const model::Point& point) {
      const model::Point at = model::within_frame(point);
      return std::pair(number(at.x * width), number(at.y * kHeight));
    };
    std::string marks, names;
    for (std::size_t i = 0; i < record_.part.injuries.size(); ++i) {
      const model::Injury& injury = record_.part.injuries[i];
      if (injury.view != view || !injury.at) continue;
      const auto [x, y] = place(*injury.at);
      const std::string no = std::to_string(i + 1);
      names += ", mark " + no;
      marks += "<circle cx=\"" + x + "\" cy=\"" + y + "\" r=\"32\" fill=\"#1a1a1a\"/><text x=\"" + x + "\" y=\"" + y +
               "\" dy=\".35em\" text-anchor=\"middle\" font-size=\"40\" fill=\"#fff\">" + no + "</text>";
    }
    if (marks.empty()) return {};
    std::string lines;
    for (const auto& line : outline.lines) {
      lines += "<polyline points=\"";
      for (const model::Point& point : line) {
        const auto [x, y] = place(point);
        lines += x + "," + y + " ";
      }
      lines += "\"/>";
    }
    const std::string name(words(view));
    return "<figure><svg viewBox=\"0 0 " + number(width) + " " + number(kHeight) + "\" role=\"img\" aria-label=\"" + name + names +
           "\"><g fill=\"none\" stroke=\"#1a1a1a\" stroke-width=\"5\">" + lines + "</g>" + marks + "</svg><figcaption>" + name +
           "</figcaption></figure>\n";
  }
  void disclosures(std::string_view label) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& told : record_.part.disclosures)
      rows.push_back({told.exact_words, told.question_asked, told.told_to, when(told.at)});
    table(label, {"Exact words", "Question asked", "Told to", "When"}, rows);
  }
  void calls(std::string_view label) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& call : record_.part.calls) {
      std::string outcome = !call.outcome ? "" : *call.outcome == model::CallOutcome::Answered ? "Answered" : "No answer";
      rows.push_back({when(call.at), call.label, call.number, outcome, call.said});
    }
    table(label, {"When", "Whom", "Number", "Outcome", "What was said"}, rows);
  }

  std::string level_words(const std::vector<rules::Level>& levels, const std::string& code) const {
    if (record_.part.risk.threshold_set == levels_.key())
      for (const rules::Level& level : levels)
        if (level.code == code) return level.label + " (" + code + ")";
    return code;
  }
  void risk(std::string_view label) {
    const model::Risk& risk = record_.part.risk;
    if (risk.changed) field(label, words(*risk.changed));
    field("Risk", level_words(levels_.risk, risk.level));
    field("Threshold level", level_words(levels_.levels, risk.threshold));
    field("Threshold document", risk.threshold_set);
    field("Why", risk.why);
  }

  /// Answers to questions this form does not have: shown under their ids, so that no word is left out.
  void others(std::string_view title, const model::Answers& answers) {
    const auto& shown = &answers == &record_.facts.answers ? shown_facts_ : shown_part_;
    bool headed = false;
    for (const auto& [id, answer] : answers) {
      if (shown.contains(id)) continue;
      if (!headed) heading(title);
      headed = true;
      field(id, words(rules::Question{}, answer));
    }
  }

  void drawings() {
    std::map<std::string, std::vector<const model::Stroke*>> pages;
    for (const auto& stroke : record_.part.strokes) pages[stroke.page].push_back(&stroke);
    if (pages.empty()) return;
    heading("Drawings");
    for (const auto& [page, strokes] : pages) {
      const rules::Question* question = form_.find(page);
      const std::string label = question ? rules::words(question->label, &record_.part) : page;
      const std::string caption = escaped(model::display_name(record_.part) + ": " + label);
      out_ += "<figure><svg viewBox=\"0 0 1000 750\" role=\"img\" aria-label=\"" + caption +
              "\"><g fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n";
      if (question && question->drawing == rules::Sheet::House) out_ += polyline(model::house_outline(), "#c8c8c8", 4);
      for (const model::Stroke* stroke : strokes)
        out_ += polyline(stroke->points, stroke->colour.empty() ? model::kInks[0] : std::string_view(stroke->colour),
                         std::max<std::int64_t>(stroke->width, 1));
      out_ += "</g></svg><figcaption dir=\"auto\">" + caption + "</figcaption></figure>\n";
    }
  }
  void photos() {
    if (exported_.blobs.empty()) return;
    heading("Photos and drawings");
    for (const ExportedBlob& blob : exported_.blobs) {
      const std::string caption = escaped(blob.attachment.caption);
      out_ += "<figure>";
      if (blob.file.empty()) out_ += "<p>It could not be read when this was exported.</p>";
      else out_ += "<img src=\"" + escaped(blob.file) + "\" alt=\"" + caption + "\">";
      out_ += "<figcaption class=\"words\" dir=\"auto\">" + caption + "</figcaption><p>Added " + when(blob.attachment.added_at) +
              ", SHA-256 " + escaped(blob.attachment.sha256) + "</p></figure>\n";
    }
  }
  static std::string polyline(const std::vector<model::Point>& points, std::string_view colour, std::int64_t width) {
    std::string out = "<polyline stroke=\"" + escaped(colour) + "\" stroke-width=\"" + std::to_string(width) + "\" points=\"";
    for (const model::Point& point : points) {
      const model::Point at = model::within_frame(point);
      out += std::to_string(std::lround(at.x * 1000)) + "," + std::to_string(std::lround(at.y * 1000 / model::kPaperAspect)) + " ";
    }
    return out + "\"/>\n";
  }
  void jottings() {
    std::vector<std::vector<std::string>> rows;
    for (const auto& jotting : record_.jottings) rows.push_back({when(jotting.at), jotting.text});
    if (rows.empty()) return;
    heading("Jottings, as written in the home");
    table("In the order they were taken", {"When", "Words"}, rows);
  }
  void addenda() {
    if (exported_.addenda.empty()) return;
    heading("Addenda, written after the approval");
    for (const model::Addendum& addendum : exported_.addenda) {
      field(addendum.author_name + ", " + when(addendum.at), addendum.text);
      field("Reason", addendum.reason);
    }
  }
  void dispositions() {
    std::vector<std::vector<std::string>> rows;
    for (const auto& one : exported_.dispositions) rows.push_back({when(one.at), one.by_name, one.outcome, one.why});
    if (rows.empty()) return;
    heading("People in the household who were not known");
    table("Settled", {"When", "By", "Outcome", "Why"}, rows);
  }
  void footer() {
    const model::Revision& revision = exported_.revision;
    out_ += "<footer><p>Times are UK time. Record " + revision.record.str() + ", revision " + std::to_string(revision.rev) +
            ", SHA-256 " + revision.hash + ". Form " + escaped(record_.versions.form) + ", rules " +
            escaped(record_.versions.rules) + ". Received by the case server " + when(revision.at) + "." +
            (revision.filed_at ? " Filed in the case system " + when(*revision.filed_at) + "." : "") + "</p></footer>\n";
  }

  const ExportedRecord& exported_;
  const model::ChildRecord& record_;
  const rules::Form& form_;
  const rules::Thresholds& levels_;
  std::set<std::string> shown_facts_, shown_part_;
  std::set<std::string> beside_;  ///< questions that are led to from what is said differently
  std::string out_;
};

}  // namespace

std::string family_copy_html(const ExportedRecord& exported) {
  const model::ChildRecord& record = exported.record;
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><title>What we agreed</title><style>" +
      std::string(kFamilyStyle) +
      "</style></head>\n<body>\n<p class=\"office\">Before this is given to the family: read every step as they will, and check that it is "
      "safe for whoever may see it. This box is not printed.</p>\n<h1>What we agreed</h1>\n";
  if (record.facts.start) out += "<p>Visit on " + long_day(rules::uk_date(record.facts.start->at)) + "</p>\n";
  out += "<h2 dir=\"auto\">" + escaped(model::display_name(record.part)) + "</h2>\n";
  for (const model::PlanStep& step : exported.agreed)
    out += "<section><h3 dir=\"auto\">" + escaped(step.what) + "</h3><p>Who sees to it: <bdi>" +
           escaped(step.owner.empty() ? "Nobody named" : step.owner) + "</bdi></p><p>To be done by: " +
           (step.due ? long_day(*step.due) : "no date yet") + "</p></section>\n";
  return out + "<section><h2>If something here is not right</h2><p>Tell <bdi>" + escaped(exported.author_name) +
         "</bdi>, or write it here and give this page back.</p><div class=\"wrong\"></div></section>\n</body></html>\n";
}

std::string record_html(const ExportedRecord& record, const rules::Form& form, const rules::Thresholds& levels) {
  return Page(record, form, levels).run();
}

}  // namespace doorstep::server
