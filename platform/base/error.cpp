#include "platform/base/error.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace doorstep::base {

std::string_view fault_word(Fault fault) {
  switch (fault) {
    case Fault::NotFound: return "not_found";
    case Fault::Conflict: return "conflict";
    case Fault::Invalid: return "invalid";
    case Fault::Denied: return "denied";
    case Fault::Locked: return "locked";
    case Fault::Throttled: return "throttled";
    case Fault::Corrupt: return "corrupt";
    case Fault::Unsupported: return "unsupported";
    case Fault::Offline: return "offline";
    case Fault::Untrusted: return "untrusted";
    case Fault::Timeout: return "timeout";
    case Fault::Cancelled: return "cancelled";
    case Fault::Full: return "full";
    case Fault::Io: return "io";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, const Error& error) {
  return out << error.where << ": " << fault_word(error.fault) << ": " << error.detail;
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  throw std::logic_error(std::string(where.file_name()) + ": unchecked result: " + error.where + ": " +
                         std::string(fault_word(error.fault)) + ": " + error.detail);
}

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace doorstep::base
