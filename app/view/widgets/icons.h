#pragma once
#include "app/view/widgets/ui.h"

namespace doorstep::view {

enum class Icon {
  None, Check, Cloud, CloudOff, Clock, Pin, Person, People, Search, Back, Next, Down, Undo, Redo, Warning, Info, Phone, Lock, Eye, EyeOff,
  Plus, Cross, Home, Sync, Inbox, Pencil, Calendar, Logo,
};

/// Strokes on a 24-unit grid, drawn `px` (window pixels) high with its top left at x, y. Decoration: no record is written.
void draw_icon(Ui& ui, Icon icon, float x, float y, float px, Color color);

}  // namespace doorstep::view
