#!/usr/bin/env bash
# fuzz.sh [--seed N] [seconds] [harness ...]: builds the fuzzers (clang; ASan and UBSan) and runs each for so long, 60 s by
# default, as many at once as there are cores. Each begins with the corpus that is kept in tests/fuzz and goes on from its own in
# build/fuzz/corpus; with a seed it begins with the kept one alone, so that a run of the tests tries what the last one tried.
# One line of figures for each; ends with 1 when one fell over, and says what replays it.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=60 seed=
[ "${1:-}" != --seed ] || { seed=${2:?fuzz: which seed?}; shift 2; }
[[ ${1:-} =~ ^[0-9]+$ ]] && { seconds=$1; shift; }
platform/dev/setup.sh fuzz
targets=()
for harness in "$@"; do
  [ -f "tests/fuzz/${harness}_fuzz.cpp" ] || { echo "fuzz: there is no harness $harness in tests/fuzz" >&2; exit 2; }
  targets+=("fuzz_$harness")
done
mkdir -p build
platform/dev/build.sh fuzz ${targets[@]+"${targets[@]}"} >build/fuzz.txt 2>&1 || { tail -n 50 build/fuzz.txt >&2; exit 1; }
[ $# -gt 0 ] || set -- $(cd tests/fuzz && ls *_fuzz.cpp | sed 's/_fuzz.cpp$//')

export ASAN_OPTIONS=detect_stack_use_after_return=1:allocator_may_return_null=0 UBSAN_OPTIONS=print_stacktrace=1
one() { # seconds, harness, seed
  local seconds=$1 harness=$2 seed=$3 ended=0 file
  local own=build/fuzz/corpus${seed:+-$seed}/$harness crashes=build/fuzz/crashes/$harness log=build/fuzz/$harness.log
  [ -z "$seed" ] || rm -rf "$own"
  mkdir -p "$own" "$crashes"
  local options=(-max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=65536 -use_value_profile=1 -print_final_stats=1
    -dict=tests/fuzz/words.dict)
  [ -z "$seed" ] || options+=(-seed="$seed")
  "build/fuzz/bin/fuzz_$harness" "${options[@]}" -artifact_prefix="$crashes/" "$own" "tests/fuzz/corpus/$harness" >"$log" 2>&1 || ended=$?
  stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -n 1; }
  printf 'fuzz: %-18s %10s executions, %6s a second, %5s new units, %s\n' "$harness" "$(stat number_of_executed_units)" \
    "$(stat average_exec_per_sec)" "$(stat new_units_added)" "$([ $ended = 0 ] && echo "no crash" || echo "FELL OVER")"
  [ $ended = 0 ] && return
  grep -m 3 -E 'assertion failed|runtime error:|ERROR:' "$log" | sed 's/^/  /'
  file=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
  echo "  again: build/fuzz/bin/fuzz_$harness ${file:-(no input was kept; see $log)}"
  return 1
}
export -f one
printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' bash -c 'one "$@"' one "$seconds" '{}' "$seed" || exit 1
