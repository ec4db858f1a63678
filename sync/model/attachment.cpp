#include "sync/model/attachment.h"

#include <algorithm>

namespace doorstep::model {
namespace {

struct Format {
  std::string_view media_type, extension, magic;
};
constexpr Format kFormats[] = {{"image/jpeg", ".jpg", "\xFF\xD8\xFF"}, {"image/png", ".png", "\x89PNG\r\n\x1A\n"}};

bool is_hash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace

std::string_view media_type_of(std::string_view bytes) {
  for (const Format& format : kFormats)
    if (bytes.starts_with(format.magic)) return format.media_type;
  return {};
}

std::string_view extension_of(std::string_view media_type) {
  for (const Format& format : kFormats)
    if (media_type == format.media_type) return format.extension;
  return {};
}

std::vector<Attachment> attachments_of(const ChildPart& part) { return part.attachments.value_or(std::vector<Attachment>()); }

std::vector<Attachment> attachments_of(const Visit& visit) {
  std::vector<Attachment> out;
  for (const ChildPart& part : visit.children)
    for (const Attachment& attachment : attachments_of(part)) out.push_back(attachment);
  return out;
}

std::string wrong_with(const ChildPart& part, std::size_t most) {
  const auto list = attachments_of(part);
  if (list.size() > most) return "attachments: too many";
  for (const Attachment& attachment : list) {
    if (!is_hash(attachment.sha256)) return "attachments: sha256";
    if (attachment.size < 1 || attachment.size > static_cast<std::int64_t>(limits::kBlobBytes)) return "attachments: size";
    if (extension_of(attachment.media_type).empty()) return "attachments: media_type";
    if (attachment.caption.size() > limits::kShortTextBytes) return "attachments: caption";
  }
  return {};
}

}  // namespace doorstep::model
