#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "app/shell/accessible_tree.h"
#include "app/view/widgets/semantics.h"

namespace doorstep::shell {

/// Tells a screen reader what is on the screen, and brings back what it asks: AT-SPI, through ATK and its bridge, on a thread of its own
/// ("accessibility"), which waits on D-Bus. Where there is no session bus nothing is started; where assistive technology is not
/// switched on (org.a11y.Status) the thread only waits until it is. What was published last is all that anybody can ask for.
/// One per program: ATK knows one application in a process. UI thread only, but for what it does itself.
class Accessibility {
 public:
  /// `wake`: called on the other thread when the loop has something to do: publish() anew, or take().
  explicit Accessibility(std::function<void()> wake);
  ~Accessibility();  ///< joins the thread
  Accessibility(const Accessibility&) = delete;
  Accessibility& operator=(const Accessibility&) = delete;

  /// Somebody listens. Otherwise publish() does nothing.
  bool listens() const;
  /// What is on the screen now; empty while nothing of it may be told. Costs a comparison when it is what it was.
  void publish(const view::Semantics& screen, const WindowFacts& window);
  /// The next thing that was asked.
  std::optional<view::Ask> take();

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace doorstep::shell
