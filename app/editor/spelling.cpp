#include "app/editor/spelling.h"

#include <algorithm>

namespace doorstep::editor {

namespace {

bool touches(const Span& span, std::size_t byte) { return span.begin <= byte && byte <= span.end; }
bool within(const Span& span, const Span& range) { return range.begin <= span.begin && span.end <= range.end; }

void move_by(Span& span, std::size_t by) { span.begin += by, span.end += by; }
void move_by(QuoteMark& mark, std::size_t by) { mark.at += by; }
std::size_t begin_of(const Span& span) { return span.begin; }
std::size_t begin_of(const QuoteMark& mark) { return mark.at; }

/// What begins within bytes [from, to) gives way to `now`, which counts from `from`; what is behind moves `by` (modulo 2^n: also back).
/// True: there is, or was, anything.
template <class Found>
bool put_in_place(std::vector<Found>& found, std::size_t from, std::size_t to, std::size_t by, std::vector<Found> now) {
  const auto begins_before = [](const Found& one, std::size_t byte) { return begin_of(one) < byte; };
  const auto first = std::lower_bound(found.begin(), found.end(), from, begins_before);
  const auto last = std::lower_bound(first, found.end(), to, begins_before);
  for (auto behind = last; behind != found.end(); ++behind) move_by(*behind, by);
  for (Found& one : now) move_by(one, from);
  const bool is_any = first != last || !now.empty();
  found.insert(found.erase(first, last), now.begin(), now.end());
  return is_any;
}

}  // namespace

bool Spelling::due(const Doc& doc, std::optional<Pos> typing) const {
  if (doc.version() != doc_version_) return true;
  return unfinished_ && !(typing && typing->para == unfinished_->para && touches({unfinished_->byte, unfinished_end_}, typing->byte));
}

bool Spelling::waiting() const {
  return std::any_of(paras_.begin(), paras_.end(), [](const Para& para) { return para.waiting; });
}

Spelling::Again Spelling::look(Para& para, const std::string& text, const Doc::Change& change) {
  if (para.version == 0 || para.version != change.from) {
    para.words = dictionary_words(text);
    para.quote_marks = quote_marks(text);
    return {{0, text.size()}, text.size(), true};
  }
  const std::size_t moved = change.added - change.removed;
  const auto [from, to] = between_blanks(text, change.at, change.at + change.added);
  const std::string_view run = std::string_view(text).substr(from, to - from);
  put_in_place(para.words, from, to - moved, moved, dictionary_words(run));
  const bool quotes = put_in_place(para.quote_marks, from, to - moved, moved, quote_marks(run));
  for (Span& span : para.quoted) {
    if (span.begin >= to - moved && span.begin > from) span.begin += moved;  // at `from` it goes on from the paragraph before
    if (span.end >= to - moved) span.end += moved;
  }
  return {{from, to}, to - moved, quotes};
}

void Spelling::quote_again(const Doc& doc, std::vector<std::optional<Span>>& again) {
  std::vector<const std::vector<QuoteMark>*> quote_marks_of;
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < paras_.size(); ++i) {
    quote_marks_of.push_back(&paras_[i].quote_marks);
    sizes.push_back(doc.paragraph(i).size());
  }
  auto now_quoted = quoted(quote_marks_of, sizes);
  for (std::size_t i = 0; i < paras_.size(); ++i) {
    if (now_quoted[i] == paras_[i].quoted) continue;
    again[i] = Span{0, sizes[i]};
    paras_[i].quoted = std::move(now_quoted[i]);
  }
}

bool Spelling::update(const Doc& doc, std::optional<Pos> typing, const Judge& judge, bool answered) {
  paras_.resize(doc.paragraphs());
  const auto finished = std::exchange(unfinished_, std::nullopt);
  std::vector<std::optional<Span>> again(paras_.size());
  bool quotes_differ = false;
  for (std::size_t i = 0; i < paras_.size(); ++i) {
    Para& para = paras_[i];
    const std::string& text = doc.paragraph(i);
    const Span whole{0, text.size()};
    if (answered && para.waiting) again[i] = whole;
    if (para.version != doc.version(i)) {
      const bool is_last = doc.version(i) == doc.last_change().to;
      const Again looked = look(para, text, is_last ? doc.last_change() : Doc::Change());
      para.version = doc.version(i);
      quotes_differ = quotes_differ || looked.quotes;
      const bool is_elsewhere =
          finished && finished->para == i && (finished->byte < looked.now.begin || finished->byte >= looked.end_before);
      again[i] = again[i] || is_elsewhere ? whole : looked.now;
    } else if (finished && finished->para == i) {
      again[i] = whole;
    }
  }
  if (quotes_differ) quote_again(doc, again);
  bool differs = false;
  for (std::size_t i = 0; i < paras_.size(); ++i) {
    Para& para = paras_[i];
    if (!again[i]) continue;
    para.waiting = para.waiting && *again[i] != Span{0, doc.paragraph(i).size()};
    std::vector<Span> marks;
    const auto first = std::lower_bound(para.words.begin(), para.words.end(), again[i]->begin,
                                        [](const Span& word, std::size_t byte) { return word.begin < byte; });
    for (auto word = first; word != para.words.end() && within(*word, *again[i]); ++word) {
      const auto overlaps = [&](const Span& q) { return q.begin < word->end && word->begin < q.end; };
      if (std::any_of(para.quoted.begin(), para.quoted.end(), overlaps)) continue;
      if (typing && typing->para == i && touches(*word, typing->byte)) {
        unfinished_ = Pos{i, word->begin};
        unfinished_end_ = word->end;
        continue;
      }
      const Verdict verdict = judge(std::string_view(doc.paragraph(i)).substr(word->begin, word->end - word->begin));
      para.waiting = para.waiting || verdict == Verdict::Unknown;
      if (verdict == Verdict::Wrong) marks.push_back(*word);
    }
    const auto is_within = [&](const Span& mark) { return within(mark, *again[i]); };
    const auto from = std::find_if(para.marks.begin(), para.marks.end(), [&](const Span& mark) { return mark.begin >= again[i]->begin; });
    const auto to = std::find_if_not(from, para.marks.end(), is_within);
    differs = differs || !std::equal(from, to, marks.begin(), marks.end());
    para.marks.insert(para.marks.erase(from, to), marks.begin(), marks.end());
  }
  doc_version_ = doc.version();
  return differs;
}

void Spelling::replaced(Pos a, Pos b, Pos end) {
  if (b < a) std::swap(a, b);
  if (b.para >= paras_.size()) return;  // never looked at
  std::vector<Span> before, after;
  for (const Span& mark : paras_[a.para].marks)
    if (mark.end < a.byte) before.push_back(mark);
  for (const Span& mark : paras_[b.para].marks)
    if (mark.begin > b.byte) after.push_back({mark.begin - b.byte + end.byte, mark.end - b.byte + end.byte});
  const auto at = [&](std::size_t i) { return paras_.begin() + static_cast<std::ptrdiff_t>(i); };
  if (a.para != b.para || b.para != end.para) paras_.insert(paras_.erase(at(a.para), at(b.para + 1)), end.para - a.para + 1, Para());
  paras_[a.para].marks = std::move(before);
  auto& last = paras_[end.para].marks;
  last.insert(last.end(), after.begin(), after.end());
}

void Spelling::forget() { *this = {}; }

const std::vector<Span>& Spelling::marks(std::size_t para) const {
  static const std::vector<Span> none;
  return para < paras_.size() ? paras_[para].marks : none;
}

std::optional<Span> Spelling::mark_at(Pos at) const {
  for (const Span& mark : marks(at.para))
    if (touches(mark, at.byte)) return mark;
  return std::nullopt;
}

}  // namespace doorstep::editor
