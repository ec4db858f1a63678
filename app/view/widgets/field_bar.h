#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/view/widgets/ui.h"

namespace doorstep::view {

/// A row of buttons inside a field's box, below one of its rows: what the keyboard and the pointer are to find in it. Of the current
/// window; its controls have keys of their own, "field/bar/control".
class FieldBar {
 public:
  FieldBar(std::string_view field, std::string_view bar);
  /// To be called for all that the bar may ever hold.
  void add(std::string_view control);
  std::string key_of(std::string_view control) const;
  bool has(std::uint32_t id) const;
  const std::string& key() const { return key_; }

 private:
  std::string key_;
  std::vector<std::uint32_t> ids_;
};

/// Its buttons follow, from the left and top of `at`, wrapping.
void begin_field_bar(Ui& ui, const FieldBar& bar, std::string_view name, Rect at);
/// How high it has become.
float end_field_bar(Ui& ui, Rect at);

}  // namespace doorstep::view
