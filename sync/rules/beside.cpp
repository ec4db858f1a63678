#include "sync/rules/beside.h"

#include <algorithm>

#include "sync/model/visit.h"

namespace doorstep::rules {
namespace {

using model::ChildPart;
using model::VisitFacts;

/// A member of an entry that holds words; empty: it has no such member.
template <class T>
std::string member(const T& entry, std::string_view name) {
  std::string out;
  T::each(entry, [&](std::string_view is, const auto& value) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>)
      if (is == name) out = value;
  });
  return out;
}

/// {n} in the words of the form: which of several it is.
std::string numbered(std::string text, std::size_t n) {
  constexpr std::string_view kHole = "{n}";
  if (const auto at = text.find(kHole); at != std::string::npos) text.replace(at, kHole.size(), std::to_string(n));
  return text;
}

template <class List>
void add_entries(const AccountRule& rule, const ChildPart& part, const List& list, std::vector<Account>& out) {
  std::size_t n = 0;
  for (const auto& entry : list) {
    ++n;
    auto said = member(entry, rule.field);
    if (said.empty()) continue;
    auto who = rule.who_from.empty() ? std::string() : member(entry, rule.who_from);
    if (who.empty()) who = words(rule.who, &part);
    out.push_back({part.id, rule.question, entry.id, rule.field, numbered(words(rule.label, &part), n), std::move(who), std::move(said)});
  }
}

const std::string* words_at(const model::Answers& answers, const std::string& id) {
  const auto found = answers.find(id);
  const auto* text = found == answers.end() ? nullptr : std::get_if<std::string>(&found->second);
  return text && !text->empty() ? text : nullptr;
}

/// An answer that was given: not "Not covered", which says nothing.
std::optional<model::Answer> given(const Question& question, const VisitFacts& facts, const ChildPart* part) {
  auto answer = answer_of(question, facts, part);
  if (answer && std::holds_alternative<model::NotCovered>(*answer)) answer.reset();
  return answer;
}

Account account(const Question& question, const ChildPart* part, std::string who, std::string said) {
  const bool of_child = question.scope == Scope::Child && part;
  return {of_child ? part->id : Id(), question.id, Id(), {}, words(question.label, part), std::move(who), std::move(said)};
}

void add_apart(const AnswerWords& said, const Form& form, const VisitFacts& facts, const ChildPart& part, std::vector<Beside>& out) {
  for (const ApartRule& rule : form.beside.apart) {
    Beside beside{words(rule.about, &part), {}};
    std::int64_t low = 0, high = 0;
    for (const std::string& id : rule.questions) {
      const Question* question = form.find(id);
      const auto answer = question ? given(*question, facts, &part) : std::nullopt;
      const auto* number = answer ? std::get_if<std::int64_t>(&*answer) : nullptr;
      if (!number) continue;
      low = beside.accounts.empty() ? *number : std::min(low, *number);
      high = beside.accounts.empty() ? *number : std::max(high, *number);
      // Each of these questions says whose answer it is.
      beside.accounts.push_back(account(*question, &part, words(question->label, &part), answer_words(said, *question, *answer, &part)));
    }
    if (beside.accounts.size() > 1 && high - low >= rule.by) out.push_back(std::move(beside));
  }
}

void add_ticked(const Form& form, const ChildPart& part, std::vector<Beside>& out) {
  for (const Section& section : form.sections)
    for (const Question& question : section.questions) {
      if (!question.from_accounts) continue;
      if (auto ticked = ticked_of(form, question, part); ticked.size() > 1) out.push_back({{}, std::move(ticked)});
    }
}

bool chose(const model::Answer& answer, const std::string& code) {
  const auto* several = std::get_if<std::vector<std::string>>(&answer);
  return several && std::find(several->begin(), several->end(), code) != several->end();
}

}  // namespace

std::string Account::code() const { return item.nil() ? question : question + "/" + item.str() + "/" + field; }

std::vector<Account> accounts_of(const Form& form, const ChildPart& part) {
  std::vector<Account> out;
  for (const AccountRule& rule : form.accounts) {
    const Question* question = form.find(rule.question);
    if (!question) continue;
    if (question->kind == Kind::Disclosures) {
      add_entries(rule, part, part.disclosures, out);
    } else if (question->kind == Kind::Injuries) {
      add_entries(rule, part, part.injuries, out);
    } else if (const auto* said = words_at(part.answers, rule.question)) {
      const auto* who = words_at(part.answers, rule.who_from);
      out.push_back(account(*question, &part, who ? *who : words(rule.who, &part), *said));
    }
  }
  return out;
}

std::vector<Account> ticked_of(const Form& form, const Question& question, const ChildPart& part) {
  const auto found = part.answers.find(question.id);
  if (found == part.answers.end()) return {};
  auto out = accounts_of(form, part);
  std::erase_if(out, [&](const Account& one) { return !chose(found->second, one.code()); });
  return out;
}

std::vector<Beside> beside_of(const AnswerWords& said, const Form& form, const VisitFacts& facts, const ChildPart& part) {
  std::vector<Beside> out;
  if (!part.skip_reason.empty()) return out;
  add_ticked(form, part, out);
  add_apart(said, form, facts, part, out);
  return out;
}

std::vector<Beside> beside_children(const AnswerWords& said, const Form& form, const VisitFacts& facts,
                                    std::span<const ChildPart* const> children) {
  std::vector<Beside> out;
  for (const ChildrenRule& rule : form.beside.children) {
    const Question* question = form.find(rule.question);
    if (!question) continue;
    std::vector<std::pair<const ChildPart*, model::Answer>> answered;
    for (const ChildPart* part : children) {
      if (!part->skip_reason.empty()) continue;
      if (auto answer = given(*question, facts, part)) answered.emplace_back(part, std::move(*answer));
    }
    const auto add = [&](std::string about, const auto& as_words) {
      const bool differ = std::any_of(answered.begin(), answered.end(), [&](const auto& one) {
        return as_words(one.second) != as_words(answered.front().second);
      });
      if (!differ) return;
      Beside beside{std::move(about), {}};
      for (const auto& [part, answer] : answered)
        beside.accounts.push_back(account(*question, part, model::display_name(*part), as_words(answer)));
      out.push_back(std::move(beside));
    };
    using model::Answer;
    if (rule.codes.empty())
      add(words(question->label, nullptr), [&](const Answer& answer) { return answer_words(said, *question, answer); });
    for (const std::string& code : rule.codes)
      add(option_label(*question, code), [&](const Answer& answer) { return chose(answer, code) ? said.chosen : said.not_chosen; });
  }
  return out;
}

std::vector<Beside> beside_last(const AnswerWords& said, const Form& form, const model::ChildRecord& last, const VisitFacts& facts,
                                const ChildPart& part) {
  std::vector<Beside> out;
  if (!part.skip_reason.empty()) return out;
  for (const std::string& id : form.beside.last_visit) {
    const Question* question = form.find(id);
    if (!question) continue;
    const bool of_child = question->scope == Scope::Child;
    const auto before = given(*question, last.facts, of_child ? &last.part : nullptr);
    const auto now = given(*question, facts, of_child ? &part : nullptr);
    if (!before || !now || *before == *now) continue;
    out.push_back({words(question->label, &part),
                   {account(*question, &part, {}, answer_words(said, *question, *before, &part)),
                    account(*question, &part, {}, answer_words(said, *question, *now, &part))}});
  }
  return out;
}

}  // namespace doorstep::rules
