// Every screen's picture beside the one that is kept of it, in tests/screens/golden; and that the comparison notices what it should.
#include "tests/screens/golden.h"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <iostream>
#include <map>
#include <set>

#include "tests/support/folder.h"
#include "tests/support/tree.h"
#include "tests/support/xvfb.h"

using namespace doorstep;
using namespace doorstep::test;
namespace fs = std::filesystem;

namespace {

const fs::path kKept = support::tree("tests/screens/golden");
const fs::path kWrong = support::bin("../golden").lexically_normal();  ///< what failed, for a look
constexpr std::string_view kRenew = "If it is meant so, renew what is kept: test_screens \"[.renew]\".";
constexpr view::Look kLooks[] = {view::Look::Light, view::Look::Dark, view::Look::HighContrast};
constexpr int kPercents[] = {100, 200};

/// What kept pictures are drawn with: DejaVu Sans 2.37, the same on Debian 12 and 13. Inter is not: hardly a letter of fonts-inter
/// 4.0~beta7 is as wide as that of 4.1, so lines end elsewhere.
class Fonts {
 public:
  Fonts() {
    const fs::path dejavu = "/usr/share/fonts/truetype/dejavu";
    fs::create_symlink(dejavu / "DejaVuSans.ttf", folder_ / view::kRegularFile);
    fs::create_symlink(dejavu / "DejaVuSans-Bold.ttf", folder_ / view::kSemiboldFile);
    fs::create_symlink(dejavu / "DejaVuSans-Bold.ttf", folder_ / view::kDisplayFile);
    for (const view::FallbackFile& file : view::kFallbackFiles)
      fs::create_symlink(support::fonts() / file.name, folder_ / file.name);
  }
  const fs::path& path() const { return folder_.path(); }

 private:
  support::Folder folder_;
};

/// "light-100/children", of a screen so looked at.
std::string name_of(view::Look look, int percent, const std::string& screen) {
  return std::string(word(look)) + "-" + std::to_string(percent) + "/" + screen;
}
fs::path kept_file(const std::string& name) { return kKept / (name + ".png"); }

/// Takes every picture that is kept.
void take_all(const std::function<void(const std::string& name, const Picture&, const view::Semantics&)>& keep) {
  const support::Xvfb display(1280, 1000);
  const Fonts fonts;
  for (const int percent : kPercents)
    for (const view::Look look : kLooks)
      take(all_screens(), {.look = look, .percent = percent, .fonts = fonts.path()},
           [&](const std::string& screen, const Picture& picture, const view::Semantics& semantics) {
             keep(name_of(look, percent, screen), picture, semantics);
           });
}

/// Kept pictures, but those of these names.
std::vector<fs::path> others(const std::set<std::string>& names) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(kKept))
    if (entry.is_regular_file() && !names.contains(fs::relative(entry.path(), kKept).replace_extension().string()))
      out.push_back(entry.path());
  return out;
}

}  // namespace

TEST_CASE("golden: a picture is kept as the means of its squares, in fewer shades, and read back as it was", "[screens]") {
  const support::Folder folder;
  Picture picture{18, 9, std::vector<std::uint8_t>(18 * 9 * 3)};
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3) picture.rgb[i] = i / 3 % 18 < 2 ? 200 : 0;
  const Picture small = reduced(picture);
  CHECK(small.w == 4);
  CHECK(small.h == 2);
  CHECK(small.rgb[0] == 100);
  CHECK(small.rgb[3] == 0);
  CHECK(shaded(small).rgb[0] == 104);
  CHECK(shaded({1, 1, {3, 128, 254}}).rgb == std::vector<std::uint8_t>{0, 128, 255});
  for (const int colors : {4, 700}) {  // more than a palette holds
    INFO(colors);
    Picture many{40, 40, {}};
    for (int i = 0; i < 1600; ++i) {
      const int color = i % colors;
      many.rgb.insert(many.rgb.end(), {static_cast<std::uint8_t>(color / 32 * 8), static_cast<std::uint8_t>(color % 32 * 8), 255});
    }
    write_shaded_png(folder / "many.png", many);
    CHECK(read_png(folder / "many.png").rgb == many.rgb);
  }
}

TEST_CASE("golden: a shade more or less is no difference, a colour or a size is", "[screens]") {
  Picture kept{4, 2, std::vector<std::uint8_t>(24, 96)};
  Picture now = kept;
  for (auto& byte : now.rgb) byte += kNear;
  CHECK(differing(kept, now).empty());
  now.rgb[3] += 24;  // of the second point
  CHECK(differing(kept, now) == std::vector<std::size_t>{1});
  now.rgb[3] = 96 + kNear;
  now.w = 2, now.h = 4;
  CHECK(differing(kept, now).size() == 8);
}

TEST_CASE("golden: what differs is marked where it is", "[screens]") {
  const Picture picture{8, 8, std::vector<std::uint8_t>(8 * 8 * 3, 255)};
  const Picture shown = marked(picture, {3});
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 8; ++x) {
      const auto at = static_cast<std::size_t>((y * 8 + x) * 3);
      CHECK((shown.rgb[at + 1] == 0) == (x >= 4 && y >= 4));
    }
}

TEST_CASE("golden: every screen looks as it is kept, in every look at 100 and 200 %", "[.golden]") {
  fs::remove_all(kWrong);
  std::set<std::string> names;
  take_all([&](const std::string& name, const Picture& picture, const auto&) {
    names.insert(name);
    const fs::path kept = kept_file(name);
    if (!fs::exists(kept)) {
      FAIL_CHECK(name << ": no picture of it is kept. " << kRenew);
      return;
    }
    const auto points = differing(read_png(kept), reduced(picture));
    if (points.size() <= kMost) return;
    const std::string beside = (kWrong / name).string();
    fs::create_directories((kWrong / name).parent_path());
    fs::copy_file(kept, beside + ".expected.png");
    write_png(beside + ".got.png", picture);
    write_png(beside + ".diff.png", marked(picture, points));
    FAIL_CHECK(name << ": " << points.size() << " points differ (at most " << kMost << " may). Look at " << beside << ".expected.png, "
                    << beside << ".got.png and " << beside << ".diff.png. " << kRenew);
  });
  for (const fs::path& file : others(names)) FAIL_CHECK(file << " is of no screen. " << kRenew);
}

TEST_CASE("golden: keep every screen as it looks now", "[.renew]") {
  std::set<std::string> names;
  int written = 0;
  take_all([&](const std::string& name, const Picture& picture, const auto&) {
    names.insert(name);
    const fs::path kept = kept_file(name);
    const Picture now = reduced(picture);
    if (fs::exists(kept) && differing(read_png(kept), now).empty()) return;
    fs::create_directories(kept.parent_path());
    write_shaded_png(kept, shaded(now));
    ++written;
  });
  for (const fs::path& file : others(names)) fs::remove(file);
  std::cout << "golden: " << written << " of " << names.size() << " pictures were written anew. Look at them before they are kept.\n";
}

namespace {

/// Whole pixels, the ends not among them.
struct Box {
  int x0, y0, x1, y1;
};
Box box_of(const view::Rect& r) {
  return {static_cast<int>(r.x0), static_cast<int>(r.y0), static_cast<int>(std::ceil(r.x1)), static_cast<int>(std::ceil(r.y1))};
}
std::array<std::uint8_t, 3> pixel(const Picture& picture, int x, int y) {
  const auto* at = &picture.rgb[static_cast<std::size_t>((y * picture.w + x) * 3)];
  return {at[0], at[1], at[2]};
}
void paint(Picture& picture, int x, int y, const std::array<std::uint8_t, 3>& color) {
  std::copy(color.begin(), color.end(), &picture.rgb[static_cast<std::size_t>((y * picture.w + x) * 3)]);
}
Picture cut(const Picture& picture, const Box& box) {
  Picture out{box.x1 - box.x0, box.y1 - box.y0, {}};
  out.rgb.resize(static_cast<std::size_t>(out.w * out.h * 3));
  for (int y = 0; y < out.h; ++y)
    for (int x = 0; x < out.w; ++x) paint(out, x, y, pixel(picture, box.x0 + x, box.y0 + y));
  return out;
}
/// What most of a box is painted with: what lies behind its words.
std::array<std::uint8_t, 3> ground(const Picture& picture, const Box& box) {
  std::map<std::array<std::uint8_t, 3>, int> counts;
  for (int y = box.y0; y < box.y1; ++y)
    for (int x = box.x0; x < box.x1; ++x) ++counts[pixel(picture, x, y)];
  return std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
}

/// The part of a picture around a box, where something is put wrong, beside what is kept of that part.
class Patch {
 public:
  Patch(const Picture& kept, const Picture& now, const Box& box) {
    const Box squares{std::max(box.x0 / kSquare, 0), std::max(box.y0 / kSquare, 0), std::min(box.x1 / kSquare + 1, kept.w),
                      std::min(box.y1 / kSquare + 2, kept.h)};
    const Box pixels{squares.x0 * kSquare, squares.y0 * kSquare, squares.x1 * kSquare, squares.y1 * kSquare};
    kept_ = cut(kept, squares);
    now_ = cut(now, pixels);
    box_ = {box.x0 - pixels.x0, box.y0 - pixels.y0, box.x1 - pixels.x0, box.y1 - pixels.y0};
  }
  bool notices_nothing_wrong() const { return differing(kept_, reduced(now_)).empty(); }
  bool notices_missing() const {
    Picture wrong = now_;
    const auto behind = ground(now_, box_);
    for (int y = box_.y0; y < box_.y1; ++y)
      for (int x = box_.x0; x < box_.x1; ++x) paint(wrong, x, y, behind);
    return differing(kept_, reduced(wrong)).size() > kMost;
  }
  bool notices_moved(int down) const {
    Picture wrong = now_;
    const auto behind = ground(now_, box_);
    for (int y = box_.y0; y < box_.y1 + down && y < now_.h; ++y)
      for (int x = box_.x0; x < box_.x1; ++x) paint(wrong, x, y, y < box_.y0 + down ? behind : pixel(now_, x, y - down));
    return differing(kept_, reduced(wrong)).size() > kMost;
  }

 private:
  Picture kept_, now_;
  Box box_;
};

}  // namespace

TEST_CASE("golden: any label that is missing, and any word that moved by two pixels, is noticed", "[.golden]") {
  const support::Xvfb display(1280, 1000);
  const Fonts fonts;
  int labels = 0;
  std::string unnoticed;
  take(all_screens(), {.fonts = fonts.path()}, [&](const std::string& screen, const Picture& picture, const view::Semantics& semantics) {
    const Picture kept = read_png(kept_file(name_of(view::Look::Light, 100, screen)));
    for (const view::Item& item : semantics.items()) {
      const bool words = item.role >= view::Role::Text && item.role != view::Role::Icon;
      if (!words || item.offscreen || item.name.empty() || !item.clip.contains(item.rect)) continue;
      const Patch patch(kept, picture, box_of(item.rect));
      ++labels;
      CHECK(patch.notices_nothing_wrong());
      if (!patch.notices_missing()) unnoticed += screen + ": missing " + item.name + "\n";
      if (item.name.size() > 1 && !patch.notices_moved(2)) unnoticed += screen + ": moved " + item.name + "\n";
    }
  });
  std::cout << "golden: " << labels << " labels\n";
  CHECK(labels > 1000);
  CHECK(unnoticed == "");
}

TEST_CASE("golden: a colour that changed is noticed, on a hairline by more", "[.golden]") {
  const support::Xvfb display(1280, 1000);
  const Fonts fonts;
  auto screens = all_screens();
  std::erase_if(screens, [](const Shown& s) { return s.name != "children" && s.name != "record-errors" && s.name != "settings"; });
  const auto noticed = [&](view::Color view::Tokens::*token, view::Color by) {
    std::size_t most = 0;
    take(screens, {.fonts = fonts.path(), .change = [&](view::Ui& ui) { ui.c.*token = view::tokens(ui.look).*token ^ by; }},
         [&](const std::string& screen, const Picture& picture, const auto&) {
           most = std::max(most, differing(read_png(kept_file(name_of(view::Look::Light, 100, screen))), reduced(picture)).size());
         });
    return most > kMost;
  };
  CHECK_FALSE(noticed(&view::Tokens::ink, 0));
  for (const auto token : {&view::Tokens::canvas, &view::Tokens::surface, &view::Tokens::ink, &view::Tokens::ink2, &view::Tokens::primary,
                           &view::Tokens::tint, &view::Tokens::error, &view::Tokens::header})
    CHECK(noticed(token, 0x202020));
  CHECK(noticed(&view::Tokens::edge, 0x606060));
}
