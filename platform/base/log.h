#pragma once
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "platform/base/id.h"

namespace doorstep::base {

/// A log line is a stable code and ids or numbers; there is no way to pass a name, a note or a key.
/// Thread-safe. Goes to standard error.
void log_event(std::string_view code);
void log_event(std::string_view code, const Id& id);
void log_event(std::string_view code, const Id& id, std::int64_t number);
void log_event(std::string_view code, std::int64_t number);
void log_error(std::string_view code, const struct Error& error);  ///< fault and place only, not the detail

}  // namespace doorstep::base
