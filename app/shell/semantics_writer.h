#pragma once
#include <string>
#include <string_view>

namespace doorstep::shell {

/// Writes lines to a descriptor that somebody else reads, without ever waiting for them: whole lines, in order, and when the
/// reader is slow the newest instead of all. Owns the descriptor. UI thread.
class SemanticsWriter {
 public:
  /// In drivable builds the descriptor that DOORSTEP_SEMANTICS_FD names; otherwise, or when it names none, nothing is written.
  static SemanticsWriter from_environment();
  explicit SemanticsWriter(int fd);  ///< -1: none
  SemanticsWriter(SemanticsWriter&& other) noexcept;
  SemanticsWriter& operator=(SemanticsWriter&&) = delete;
  ~SemanticsWriter();

  bool open() const { return fd_ >= 0; }
  void offer(std::string_view line);  ///< without its newline
  /// Something is still to be written: call flush() again soon.
  bool pending() const { return !writing_.empty() || !next_.empty(); }
  void flush();

 private:
  int fd_ = -1;
  std::string writing_;  ///< what is left of a line that was begun
  std::string next_;     ///< the newest line not begun
};

}  // namespace doorstep::shell
