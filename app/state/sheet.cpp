#include "app/state/vm_parts.h"

namespace doorstep::state {

std::optional<SheetVm> sheet_of(const Text& text, const rules::Question& question, const model::ChildPart& part) {
  if (question.drawing == rules::Sheet::None) return std::nullopt;
  SheetVm vm;
  vm.question = {part.id, question.id, {}, {}};
  vm.key = vm.question.key() + "/sheet";
  if (question.drawing == rules::Sheet::House) vm.guide = &model::house_outline();
  for (const auto& stroke : part.strokes)
    if (stroke.page == question.id) vm.strokes.push_back(stroke);
  vm.caption = text("sheet.caption", {{"name", short_name(part)}, {"what", rules::words(question.label, &part)}});
  vm.spoken = vm.caption + ". " + text.count("sheet.spoken", static_cast<long long>(vm.strokes.size()));
  return vm;
}

}  // namespace doorstep::state
