#include "app/editor/spelling.h"

#include <algorithm>

namespace doorstep::editor {

namespace {

bool touches(const Span& span, std::size_t byte) { return span.begin <= byte && byte <= span.end; }

}  // namespace

bool Spelling::due(const Doc& doc, std::optional<Pos> typing) const {
  if (doc.version() != doc_version_) return true;
  return unfinished_ && !(typing && typing->para == unfinished_->para && touches({unfinished_->byte, unfinished_end_}, typing->byte));
}

bool Spelling::waiting() const {
  return std::any_of(paras_.begin(), paras_.end(), [](const Para& para) { return para.waiting; });
}

bool Spelling::update(const Doc& doc, std::optional<Pos> typing, const Judge& judge) {
  paras_.resize(doc.paragraphs());
  std::vector<const std::vector<QuoteMark>*> quote_marks_of;
  std::vector<std::size_t> sizes;
  const auto finished = std::exchange(unfinished_, std::nullopt);
  std::vector<bool> again(paras_.size());
  for (std::size_t i = 0; i < paras_.size(); ++i) {
    Para& para = paras_[i];
    const std::string& text = doc.paragraph(i);
    again[i] = para.waiting || para.version != doc.version(i) || (finished && finished->para == i);
    if (para.version != doc.version(i)) {
      para.words = dictionary_words(text);
      para.quote_marks = quote_marks(text);
      para.version = doc.version(i);
    }
    quote_marks_of.push_back(&para.quote_marks);
    sizes.push_back(text.size());
  }
  auto now_quoted = quoted(quote_marks_of, sizes);
  bool differs = false;
  for (std::size_t i = 0; i < paras_.size(); ++i) {
    Para& para = paras_[i];
    if (!again[i] && now_quoted[i] == para.quoted) continue;
    para.quoted = std::move(now_quoted[i]);
    para.waiting = false;
    std::vector<Span> marks;
    for (const Span& word : para.words) {
      const auto overlaps = [&](const Span& q) { return q.begin < word.end && word.begin < q.end; };
      if (std::any_of(para.quoted.begin(), para.quoted.end(), overlaps)) continue;
      if (typing && typing->para == i && touches(word, typing->byte)) {
        unfinished_ = Pos{i, word.begin};
        unfinished_end_ = word.end;
        continue;
      }
      const Verdict verdict = judge(std::string_view(doc.paragraph(i)).substr(word.begin, word.end - word.begin));
      para.waiting = para.waiting || verdict == Verdict::Unknown;
      if (verdict == Verdict::Wrong) marks.push_back(word);
    }
    differs = differs || marks != para.marks;
    para.marks = std::move(marks);
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
  paras_.insert(paras_.erase(at(a.para), at(b.para + 1)), end.para - a.para + 1, Para());
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
