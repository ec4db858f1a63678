#pragma once
#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/error.h"
#include "platform/config/problem.h"

/// doorstep-provision's commands and how they answer. Part of that program alone.
namespace doorstep::provision {

/// The program's exit codes; platform/PROVISIONING.md says them to device management.
inline constexpr int kDone = 0;      ///< done, or nothing was to be done
inline constexpr int kRefused = 1;   ///< something is to be mended first; the same again would be refused again
inline constexpr int kCouldNot = 2;  ///< a disk, the network or the command line; the same again may succeed

/// How a command answers: for people, or with --json as one object on one line of standard output.
class Report {
 public:
  bool json = false;

  /// `words`: one line for people. `facts`: what a program wants to know; `changed` is false when nothing was to be done.
  int done(std::string_view words, boost::json::object facts = {}, bool changed = true) const;
  /// What happened, what is safe, what to do: always these three, always in this order.
  int refused(std::string_view happened, std::string_view safe, std::string_view to_do) const;
  int could_not(std::string_view happened, std::string_view safe, std::string_view to_do) const;
  int could_not(std::string_view happened, const base::Error& error, std::string_view safe, std::string_view to_do) const;
  /// A file's problems, each on a line of its own.
  int refused(const std::string& file, const std::vector<config::Problem>& problems, std::string_view safe,
              std::string_view to_do = "Mend what is named, then run the same command again.") const;

 private:
  int say(int code, std::string_view happened, std::string_view safe, std::string_view to_do,
          const std::vector<config::Problem>& problems = {}) const;
};

}  // namespace doorstep::provision
