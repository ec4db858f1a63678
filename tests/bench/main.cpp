// doorstep_bench [--quick] [--each] [figure ...]: each figure beside its yardstick, taken in the same run, as one table. Ends
// with 1 when a ratio is over its limit (figures.h). A Catch2 program, so that "[save]" measures one figure alone.
#include <catch2/catch_session.hpp>
#include <cstdio>
#include <map>

#include "tests/bench/figures.h"
#include "tests/bench/measure.h"

namespace doorstep::bench {
namespace {

struct Line {
  double ours = 0, yardstick = 0;
  std::string about;
};
std::map<std::string, Line, std::less<>> lines;
bool is_quick = false, is_each = false;

struct Verdict {
  int missing = 0, over = 0;
};
Verdict print_table() {
  Verdict out;
  std::printf("%-23s %11s %11s %-5s %7s %6s\n", "figure", "ours", "beside", "", "ratio", "limit");
  for (const Figure& figure : kFigures) {
    const auto found = lines.find(std::string_view(figure.name));
    if (found == lines.end()) {
      ++out.missing;
      continue;
    }
    const Line& line = found->second;
    const double ratio = line.ours / line.yardstick;
    const bool too_much = ratio > figure.most && !is_quick;
    out.over += too_much;
    std::printf("%-23s %11.3f %11.3f %-5s %6.2fx %5.2fx%s\n    %s; beside: %s\n", figure.name, line.ours, line.yardstick, figure.unit,
                ratio, figure.most, too_much ? "  OVER" : "", line.about.c_str(), figure.yardstick);
    if (too_much) std::printf("    why this limit: %s\n", figure.why);
  }
  if (out.missing > 0) std::printf("%d of %zu figures were not measured\n", out.missing, kFigures.size());
  return out;
}

}  // namespace

bool quick() { return is_quick; }
bool each() { return is_each; }

void tell(std::string_view figure, double ours, double yardstick, std::string about) {
  lines.insert_or_assign(std::string(figure), Line{ours, yardstick, std::move(about)});
}

}  // namespace doorstep::bench

int main(int argc, char** argv) {
  using namespace doorstep::bench;
  Catch::Session session;
  session.cli(session.cli() | Catch::Clara::Opt(is_quick)["--quick"]("only see that it runs: few rounds, no limits") |
              Catch::Clara::Opt(is_each)["--each"]("frame: every screen, not only the worst"));
  if (const int wrong = session.applyCommandLine(argc, argv)) return wrong;
  if (const int failed = session.run()) return failed;
  const Verdict verdict = print_table();
  return verdict.over > 0 || (verdict.missing > 0 && !session.config().hasTestFilters()) ? 1 : 0;
}
