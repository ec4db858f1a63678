#pragma once
#include <boost/system/result.hpp>
#include <ostream>
#include <string>
#include <string_view>

namespace doorstep::base {

/// What kind of thing went wrong; what a caller may branch on.
enum class Fault {
  NotFound,    ///< it is not there, or the caller may not know that it is
  Conflict,    ///< somebody else changed it first
  Invalid,     ///< input that cannot be accepted; `detail` names the place
  Denied,      ///< not allowed
  Locked,      ///< needs unlocking, or a wrong secret
  Throttled,   ///< too many tries; wait
  Corrupt,     ///< stored data is not what was written
  Unsupported, ///< a version, library or platform below the floor
  Offline,     ///< no network, or nobody answered
  Untrusted,   ///< the other side is not who it should be
  Timeout,
  Cancelled,
  Full,        ///< disk, queue or limit
  Io,          ///< the operating system refused
};

/// Stable lower-case word for logs and messages between programs ("not_found").
std::string_view fault_word(Fault fault);

/// An expected failure. Never carries names, notes or keys: it may be logged.
struct Error {
  Fault fault{};
  std::string where;   ///< the operation or place: "vault.open", "device.toml:12"
  std::string detail;  ///< for people: what happened, and what would be right

  friend bool operator==(const Error&, const Error&) = default;
};
std::ostream& operator<<(std::ostream& out, const Error& error);

template <class T>
using Result = boost::system::result<T, Error>;

/// Needed by boost::system::result for `.value()` on an error: a bug, so it throws std::logic_error.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

/// Returns the error of `expr` from the enclosing function, or goes on. For Result<T> whose value is not needed.
#define DOORSTEP_TRY(expr)                                  \
  do {                                                      \
    if (auto&& doorstep_r = (expr); !doorstep_r.has_value()) \
      return doorstep_r.error();                            \
  } while (false)

#define DOORSTEP_CAT2(a, b) a##b
#define DOORSTEP_CAT(a, b) DOORSTEP_CAT2(a, b)
/// `DOORSTEP_TRY_ASSIGN(auto x, f());` binds the value, or returns the error. Not for coroutines.
#define DOORSTEP_TRY_ASSIGN(decl, expr)                                    \
  auto&& DOORSTEP_CAT(doorstep_r_, __LINE__) = (expr);                     \
  if (!DOORSTEP_CAT(doorstep_r_, __LINE__).has_value())                    \
    return DOORSTEP_CAT(doorstep_r_, __LINE__).error();                    \
  decl = std::move(*DOORSTEP_CAT(doorstep_r_, __LINE__))

/// A broken assumption of ours, never bad input: says where and aborts, in every build.
#define DOORSTEP_ASSERT(cond) \
  ((cond) ? void() : ::doorstep::base::assertion_failed(#cond, __FILE__, __LINE__))
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace doorstep::base
