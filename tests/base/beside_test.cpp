#include "platform/base/beside.h"

#include <catch2/catch_test_macros.hpp>

#include <string>

using doorstep::base::Beside;

namespace {

struct Made {
  std::string text;
  std::thread::id where;
};

std::vector<std::function<Made()>> makers(std::size_t count) {
  std::vector<std::function<Made()>> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back([i] { return Made{std::to_string(i), std::this_thread::get_id()}; });
  return out;
}

}  // namespace

TEST_CASE("beside: many values are made on another thread, few where they are taken, and each is the one that was asked for") {
  for (std::size_t count : {std::size_t{1}, Beside<Made>::kFew - 1, Beside<Made>::kFew, std::size_t{100}}) {
    CAPTURE(count);
    Beside<Made> values(makers(count));
    for (std::size_t i = count; i-- > 0;) {
      const Made made = values.take(i);
      CHECK(made.text == std::to_string(i));
      CHECK((made.where == std::this_thread::get_id()) == (count < Beside<Made>::kFew));
    }
  }
}

TEST_CASE("beside: what nobody takes is let go of") {
  Beside<Made> none({});
  Beside<Made> values(makers(50));
  CHECK(values.take(49).text == "49");
}
