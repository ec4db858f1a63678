#include "app/editor/wrap.h"

#include <algorithm>

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
  float w = 0;
  for (std::size_t i = from; i < to;) {
    const CodePoint c = decode(text, i);
    w += advance(c.value);
    i += c.bytes;
  }
  return w;
}

std::vector<std::size_t> wrap_paragraph(std::string_view text, float width, const Advance& advance, bool masked) {
  std::vector<std::size_t> breaks;
  std::size_t row = 0, chance = 0;
  float x = 0, x_at_chance = 0;
  char32_t before = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t next = next_cluster(text, i);
    const char32_t c = decode(text, i).value;
    const float w = cluster_width(text, i, next, advance, masked);
    if (i > row && (is_cjk(c) || is_cjk(before)) && !closes(c) && !is_space(c)) {
      chance = i;
      x_at_chance = x;
    }
    if (x + w > width && !is_space(c) && i > row) {
      if (chance > row) {
        row = chance;
        x -= x_at_chance;
      } else {
        row = i;
        x = 0;
      }
      breaks.push_back(row);
      if (row < i && x + w > width) {  // what was carried over fills the new row by itself
        row = i;
        x = 0;
        breaks.push_back(row);
      }
    }
    x += w;
    if (is_space(c) || (is_hyphen(c) && before != 0 && !is_space(before))) {
      chance = next;
      x_at_chance = x;
    }
    before = c;
    i = next;
  }
  return breaks;
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
  std::vector<Para> now(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (i < front) {
      now[i] = std::move(paras_[i]);
    } else if (i >= n - back) {
      now[i] = std::move(paras_[paras_.size() - (n - i)]);
    } else {
      now[i] = {doc.version(i), wrap_paragraph(doc.paragraph(i), width, advance, masked)};
    }
    if (now[i].breaks.empty() || now[i].breaks.back() != doc.paragraph(i).size()) now[i].breaks.push_back(doc.paragraph(i).size());
  }
  paras_ = std::move(now);
  first_.resize(n);
  total_ = 0;
  for (std::size_t i = 0; i < n; ++i) {
    first_[i] = total_;
    total_ += paras_[i].breaks.size();
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
  const std::vector<std::size_t>& ends = paras_[para].breaks;
  return {para, k == 0 ? 0 : ends[k - 1], ends[k]};
}

std::vector<Row> Wrap::rows() const {
  std::vector<Row> out;
  out.reserve(total_);
  for (std::size_t i = 0; i < total_; ++i) out.push_back(row(i));
  return out;
}

std::size_t Wrap::row_of(Pos at, bool row_end) const {
  const std::vector<std::size_t>& ends = paras_[at.para].breaks;
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
