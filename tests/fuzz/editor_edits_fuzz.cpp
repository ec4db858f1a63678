#include "tests/editor/oracle.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

namespace {

unsigned two_bytes(std::string_view& input) {
  const auto byte = [&] { return static_cast<unsigned>(static_cast<unsigned char>(fuzz::first(input))); };
  const unsigned low = byte();
  return low | byte() << 8;
}

}  // namespace

FUZZ(editor_edits) {
  const unsigned number = two_bytes(input);
  editor::oracle::Counts counts;
  editor::oracle::Round(number, {[&] { return two_bytes(input); }, [&](std::size_t edits) { return !input.empty() && edits < 2000; }}, counts).run();
}
