#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/limits.h"
#include "sync/model/records.h"

/// What may be attached to a child's record: photos and drawings, as JPEG or PNG. Few formats, because every one is a decoder that
/// reads other people's bytes.
namespace doorstep::model {

/// "image/jpeg" or "image/png" by the first bytes, whatever the file is called; empty for anything else. Pure.
std::string_view media_type_of(std::string_view bytes);

/// ".jpg" for "image/jpeg"; empty for a media type that is not accepted. Pure.
std::string_view extension_of(std::string_view media_type);

/// Of a record or a draft, over all its children. Pure.
std::vector<Attachment> attachments_of(const ChildPart& part);
std::vector<Attachment> attachments_of(const Visit& visit);

/// The first thing that may not be so (limits.h has the numbers), as the place in the record: "attachments: size". Empty: none.
/// `most`: how many there may be. Pure.
std::string wrong_with(const ChildPart& part, std::size_t most = limits::kBlobsPerRecord);

}  // namespace doorstep::model
