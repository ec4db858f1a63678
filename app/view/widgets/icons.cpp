#include "app/view/widgets/icons.h"

#include <cmath>
#include <initializer_list>

#include "app/view/widgets/draw.h"

namespace doorstep::view {

namespace {

/// A pen on a 24-unit grid.
class Pen {
 public:
  Pen(float x, float y, float px, Color color) : x_(x), y_(y), unit_(px / 24), color_(color), width_(std::max(1.25f, px * 1.8f / 24)) {}

  void line(std::initializer_list<ImVec2> points, bool closed = false) {
    for (const ImVec2& p : points) draw::list().PathLineTo(at(p));
    draw::list().PathStroke(color_, closed ? ImDrawFlags_Closed : 0, width_);
  }
  void circle(ImVec2 c, float r) { draw::list().AddCircle(at(c), r * unit_, color_, 0, width_); }
  void dot(ImVec2 c, float r) { draw::list().AddCircleFilled(at(c), r * unit_, color_); }
  /// Degrees, clockwise from the right.
  void arc(ImVec2 c, float r, float from, float to) {
    draw::list().PathArcTo(at(c), r * unit_, from * IM_PI / 180, to * IM_PI / 180);
    draw::list().PathStroke(color_, 0, width_);
  }
  void box(ImVec2 a, ImVec2 b, float r) { draw::list().AddRect(at(a), at(b), color_, r * unit_, 0, width_); }
  void curve(ImVec2 a, ImVec2 b, ImVec2 c, ImVec2 d) { draw::list().AddBezierCubic(at(a), at(b), at(c), at(d), color_, width_); }
  ImVec2 at(ImVec2 p) const { return {x_ + p.x * unit_, y_ + p.y * unit_}; }

 private:
  float x_, y_, unit_;
  Color color_;
  float width_;
};

void cloud(Pen& p) {
  p.arc({9, 11}, 5, 155, 335);
  p.arc({16.5f, 14}, 4, 250, 450);
  p.arc({7, 14.5f}, 3.5f, 90, 230);
  p.line({{7, 18}, {16.5f, 18}});
}

void eye(Pen& p) {
  p.curve({2, 12}, {6, 4.5f}, {18, 4.5f}, {22, 12});
  p.curve({2, 12}, {6, 19.5f}, {18, 19.5f}, {22, 12});
  p.circle({12, 12}, 3);
}

}  // namespace

void draw_icon(Ui& ui, Icon icon, float x, float y, float px, Color color) {
  if (draw::unseen({x, y, x + px, y + px})) return;
  Pen p(std::round(x), std::round(y), px, color);
  switch (icon) {
    case Icon::None: return;
    case Icon::Check: return p.line({{4, 12.5f}, {9.5f, 18}, {20, 6.5f}});
    case Icon::Cloud: return cloud(p);
    case Icon::CloudOff:
      cloud(p);
      return p.line({{3, 3}, {21, 21}});
    case Icon::Clock:
      p.circle({12, 12}, 9);
      return p.line({{12, 6.5f}, {12, 12}, {15.5f, 14}});
    case Icon::Pin:
      p.arc({12, 10}, 7, 160, 380);
      p.line({{5.4f, 12.4f}, {12, 22}, {18.6f, 12.4f}});
      return p.circle({12, 10}, 2.5f);
    case Icon::Person:
      p.circle({12, 8}, 4);
      return p.arc({12, 21.5f}, 7.5f, 190, 350);
    case Icon::People:
      p.circle({9, 8}, 3.5f);
      p.arc({9, 20.5f}, 6.5f, 190, 350);
      p.arc({16, 8}, 3.5f, 250, 450);
      return p.arc({15.5f, 20.5f}, 6.5f, 280, 350);
    case Icon::Search:
      p.circle({10, 10}, 6.5f);
      return p.line({{15, 15}, {21, 21}});
    case Icon::Back: return p.line({{15, 5}, {8, 12}, {15, 19}});
    case Icon::Next: return p.line({{9, 5}, {16, 12}, {9, 19}});
    case Icon::Down: return p.line({{5, 9}, {12, 16}, {19, 9}});
    case Icon::Undo:
      p.line({{8, 4}, {3.5f, 8.5f}, {8, 13}});
      p.line({{3.5f, 8.5f}, {15, 8.5f}});
      return p.arc({15, 13.5f}, 5, -90, 90);
    case Icon::Redo:
      p.line({{16, 4}, {20.5f, 8.5f}, {16, 13}});
      p.line({{20.5f, 8.5f}, {9, 8.5f}});
      return p.arc({9, 13.5f}, 5, 90, 270);
    case Icon::Warning:
      p.line({{12, 3}, {22, 20.5f}, {2, 20.5f}}, true);
      p.line({{12, 9.5f}, {12, 14.5f}});
      return p.dot({12, 17.5f}, 1.2f);
    case Icon::Info:
      p.circle({12, 12}, 9);
      p.line({{12, 11}, {12, 16.5f}});
      return p.dot({12, 7.8f}, 1.2f);
    case Icon::Phone:
      return p.line({{5, 3.5f}, {9, 3.5f}, {10.5f, 8.5f}, {8, 10.5f}, {10, 14}, {13.5f, 16}, {15.5f, 13.5f}, {20.5f, 15}, {20.5f, 19},
                     {18, 20.8f}, {11, 18.5f}, {5.5f, 13}, {3.2f, 6}}, true);
    case Icon::Lock:
      p.box({5, 10.5f}, {19, 21}, 2);
      p.arc({12, 8}, 4, 180, 360);
      p.line({{8, 8}, {8, 10.5f}});
      p.line({{16, 8}, {16, 10.5f}});
      return p.dot({12, 15.7f}, 1.4f);
    case Icon::Eye: return eye(p);
    case Icon::EyeOff:
      eye(p);
      return p.line({{4, 3}, {20, 21}});
    case Icon::Plus:
      p.line({{12, 5}, {12, 19}});
      return p.line({{5, 12}, {19, 12}});
    case Icon::Cross:
      p.line({{6, 6}, {18, 18}});
      return p.line({{18, 6}, {6, 18}});
    case Icon::Home:
      p.line({{3, 11.5f}, {12, 4}, {21, 11.5f}});
      return p.line({{5.5f, 9.5f}, {5.5f, 20}, {18.5f, 20}, {18.5f, 9.5f}});
    case Icon::Sync:
      p.arc({12, 12}, 8, 200, 340);
      p.arc({12, 12}, 8, 20, 160);
      p.line({{20.8f, 4.5f}, {19.8f, 9.3f}, {15, 8.3f}});
      return p.line({{3.2f, 19.5f}, {4.2f, 14.7f}, {9, 15.7f}});
    case Icon::Inbox:
      p.line({{3, 13}, {6, 5}, {18, 5}, {21, 13}, {21, 19}, {3, 19}}, true);
      return p.line({{3, 13}, {8.5f, 13}, {10, 15.5f}, {14, 15.5f}, {15.5f, 13}, {21, 13}});
    case Icon::Pencil:
      p.line({{4, 20}, {5, 15.5f}, {16, 4.5f}, {19.5f, 8}, {8.5f, 19}}, true);
      return p.line({{13.5f, 7}, {17, 10.5f}});
    case Icon::Calendar:
      p.box({3.5f, 5.5f}, {20.5f, 20.5f}, 2);
      p.line({{3.5f, 10}, {20.5f, 10}});
      p.line({{8, 3}, {8, 7}});
      return p.line({{16, 3}, {16, 7}});
    case Icon::Logo: {
      const ImVec2 a = p.at({0, 0}), b = p.at({24, 24});
      draw::list().AddRectFilled(a, b, ui.look == Look::HighContrast ? ui.c.primary : tokens(Look::Dark).primary, px / 5);
      Pen(std::round(x + px * 0.17f), std::round(y + px * 0.17f), px * 0.66f, tokens(Look::Dark).on_primary).line({{4, 12.5f}, {9.5f, 18}, {20, 6.5f}});
      return;
    }
  }
}

}  // namespace doorstep::view
