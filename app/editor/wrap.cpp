#include "app/editor/wrap.h"

#include <algorithm>
#include <iterator>

#include "app/editor/bidi.h"
#include "platform/base/error.h"

namespace doorstep::editor {

namespace {

constexpr char32_t kBullet = 0x2022;

bool is_space(char32_t c) { return c == ' ' || c == '\t' || (c >= 0x2000 && c <= 0x200A && c != 0x2007) || c == 0x3000; }
bool is_hyphen(char32_t c) { return c == '-' || c == 0x2010 || (c >= 0x2012 && c <= 0x2014); }
bool is_cjk(char32_t c) {
  return (c >= 0x2E80 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0x20000 && c <= 0x3FFFF);
}
// Signs that may not begin a row: what they close stays with them.
bool closes(char32_t c) {
  return c == 0x3001 || c == 0x3002 || c == 0x300D || c == 0x300F || c == 0x3011 || c == 0xFF01 || c == 0xFF09 || c == 0xFF0C || c == 0xFF1A ||
         c == 0xFF1B || c == 0xFF1F;
}

float cluster_width(std::string_view text, std::size_t from, std::size_t to, const Advance& advance, bool masked) {
  if (masked) return advance(kBullet);
  const CodePoint first = decode(text, from);
  float w = advance(first.value);
  for (std::size_t i = from + first.bytes; i < to;) {
    const CodePoint c = decode(text, i);
    if (!is_behind(first.value, c.value)) w += advance(c.value);
    i += c.bytes;
  }
  return w;
}

/// Where the row that begins at `begin` ends. Depends on nothing but the text from the letter before it on.
std::size_t end_of_row(std::string_view text, std::size_t begin, float width, const Advance& advance, bool masked) {
  std::size_t chance = begin;
  float x = 0;
  char32_t before = begin > 0 ? decode(text, prev_cluster(text, begin)).value : 0;
  for (std::size_t i = begin; i < text.size();) {
    const std::size_t next = next_cluster(text, i);
    const char32_t c = decode(text, i).value;
    const float w = cluster_width(text, i, next, advance, masked);
    if (i > begin && (is_cjk(c) || is_cjk(before)) && !closes(c) && !is_space(c)) chance = i;
    if (x + w > width && !is_space(c) && i > begin) return chance > begin ? chance : i;
    x += w;
    if (is_space(c) || (is_hyphen(c) && before != 0 && !is_space(before))) chance = next;
    before = c;
    i = next;
  }
  return text.size();
}

std::vector<std::size_t> wrap_paragraph(std::string_view text, float width, const Advance& advance, bool masked) {
  std::vector<std::size_t> ends;
  do ends.push_back(end_of_row(text, ends.empty() ? 0 : ends.back(), width, advance, masked));
  while (ends.back() < text.size());
  return ends;
}

/// The same after `change`, from what they were before it: rows are made anew until one begins where one began.
void wrap_again(std::vector<std::size_t>& ends, const Doc::Change& change, std::string_view text, float width, const Advance& advance,
                bool masked) {
  // A row's end depends on the word after it, and on the letter after that where the word fills a row by itself; three bytes before
  // the change may have become one letter with it.
  constexpr std::size_t kRowsBefore = 3, kBytesBefore = 4;
  const auto there = std::lower_bound(ends.begin(), ends.end(), change.at - std::min(change.at, kBytesBefore));
  const auto first = there - std::min(there - ends.begin(), static_cast<std::ptrdiff_t>(kRowsBefore));
  const std::size_t old_end = change.at + change.removed, new_end = change.at + change.added;
  std::vector<std::size_t> made;
  auto kept = first;  // the old row that may end where the last of `made` does
  for (std::size_t begin = first == ends.begin() ? 0 : *(first - 1); begin < text.size() || made.empty();) {
    begin = made.emplace_back(end_of_row(text, begin, width, advance, masked));
    if (begin < new_end || prev_cluster(text, begin) < new_end) continue;
    while (kept != ends.end() && *kept < begin - new_end + old_end) ++kept;
    if (kept == ends.end() || *kept != begin - new_end + old_end) continue;
    ++kept;
    break;
  }
  if (made.back() == text.size()) kept = ends.end();
  for (auto end = kept; end != ends.end(); ++end) *end = *end - old_end + new_end;
  ends.insert(ends.erase(first, kept), made.begin(), made.end());
}

std::shared_ptr<const Paragraph> bidi_of(const Doc& doc, std::size_t para, bool masked) {
  if (masked || !doc.has_right_to_left(para)) return nullptr;
  auto made = std::make_shared<const Paragraph>(doc.paragraph(para));
  return made->is_reordered() ? made : nullptr;
}

}  // namespace

void Wrap::update(const Doc& doc, float width, std::uint64_t font, const Advance& advance, bool masked) {
  const bool all = width != width_ || font != font_ || masked != masked_;
  if (!all && doc.version() == doc_version_) return;
  const std::size_t n = doc.paragraphs();
  std::size_t front = 0, back = 0;
  if (!all) {  // paragraphs before and after the change keep their rows, wherever they moved
    while (front < n && front < paras_.size() && paras_[front].version == doc.version(front)) ++front;
    while (back < n - front && back < paras_.size() - front &&
           paras_[paras_.size() - 1 - back].version == doc.version(n - 1 - back)) ++back;
  }
  const Doc::Change& change = doc.last_change();
  const bool is_one = !all && front + back + 1 == n && n == paras_.size();
  if (is_one && paras_[front].version == change.from && doc.version(front) == change.to) {
    wrap_again(paras_[front].ends, change, doc.paragraph(front), width, advance, masked);
    paras_[front].version = change.to;
    paras_[front].bidi = bidi_of(doc, front, masked);
  } else {
    const auto at = [&](std::size_t i) { return paras_.begin() + static_cast<std::ptrdiff_t>(i); };
    std::vector<Para> made;
    for (std::size_t i = front; i < n - back; ++i)
      made.push_back({doc.version(i), wrap_paragraph(doc.paragraph(i), width, advance, masked), bidi_of(doc, i, masked)});
    paras_.erase(at(front), at(paras_.size() - back));
    paras_.insert(at(front), std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
  }
  first_.resize(n);
  total_ = 0;
  for (std::size_t i = 0; i < n; ++i) {
    first_[i] = total_;
    total_ += paras_[i].ends.size();
  }
  width_ = width;
  font_ = font;
  masked_ = masked;
  doc_version_ = doc.version();
}

Row Wrap::row(std::size_t i) const {
  DOORSTEP_ASSERT(i < total_);
  const std::size_t para = static_cast<std::size_t>(std::upper_bound(first_.begin(), first_.end(), i) - first_.begin()) - 1;
  const std::size_t k = i - first_[para];
  const std::vector<std::size_t>& ends = paras_[para].ends;
  return {para, k == 0 ? 0 : ends[k - 1], ends[k]};
}

std::vector<Row> Wrap::rows() const {
  std::vector<Row> out;
  out.reserve(total_);
  for (std::size_t i = 0; i < total_; ++i) out.push_back(row(i));
  return out;
}

std::size_t Wrap::row_of(Pos at, bool row_end) const {
  const std::vector<std::size_t>& ends = paras_[at.para].ends;
  const auto it = row_end ? std::lower_bound(ends.begin(), ends.end(), at.byte) : std::upper_bound(ends.begin(), ends.end(), at.byte);
  const std::size_t k = std::min(static_cast<std::size_t>(it - ends.begin()), ends.size() - 1);
  return first_[at.para] + k;
}

float width_of(std::string_view paragraph, std::size_t from, std::size_t to, const Advance& advance, bool masked) {
  float w = 0;
  for (std::size_t i = from; i < to;) {
    const std::size_t next = std::min(next_cluster(paragraph, i), to);
    w += cluster_width(paragraph, i, next, advance, masked);
    i = next;
  }
  return w;
}

std::size_t byte_at_x(std::string_view paragraph, const Row& row, float x, const Advance& advance, bool masked) {
  float at = 0;
  for (std::size_t i = row.begin; i < row.end;) {
    const std::size_t next = std::min(next_cluster(paragraph, i), row.end);
    const float w = cluster_width(paragraph, i, next, advance, masked);
    if (x < at + w / 2) return i;
    at += w;
    i = next;
  }
  return row.end;
}

}  // namespace doorstep::editor
