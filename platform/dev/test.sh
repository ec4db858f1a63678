#!/usr/bin/env bash
# test.sh [all]: installs what is missing, builds, and runs every test of the release build, the story in real windows
# included. `all` goes on with the same tests under AddressSanitizer and UBSan, the rooms with threads under ThreadSanitizer,
# and every fuzzer for a minute.
set -euo pipefail
cd "$(dirname "$0")/../.."
platform/dev/setup.sh

step() {  # name command...
  local name=$1 start=$SECONDS
  shift
  echo "test: $name"
  "$@" || { echo "test: $name FAILED after $((SECONDS - start)) s" >&2; exit 1; }
  echo "test: $name took $((SECONDS - start)) s"
}
build() {  # kind, targets; says only what went wrong
  local log=build/$1.txt
  mkdir -p build
  platform/dev/build.sh "$@" >"$log" 2>&1 && return
  { sed -n '/^FAILED/,$p' "$log" | grep . || tail -n 50 "$log"; } | head -n 100 >&2
  echo "test: the whole of it is in $log" >&2
  return 1
}
tests() {  # build folder, ctest options
  local dir=build/$1
  shift
  ctest --test-dir "$dir" --output-on-failure --no-tests=error "$@"
}

step "build, release" build release
step "build, the bench of mistakes" build release doorstep_sim_mutants
step "tests, release" tests release -j $(($(nproc) + 1)) -E '^story$'
# It waits for real windows on a machine that may be busy, so it may be told twice; every other test passes the first time.
step "the story, in real windows" tests release -R '^story$' --repeat until-pass:2
if [ "${1:-}" != all ]; then
  echo "test: everything passed (test.sh all: also under the sanitizers)"
  exit 0
fi

step "build, AddressSanitizer and UBSan" build asan
step "tests, AddressSanitizer and UBSan" tests asan -j $(($(nproc) + 1)) -LE release-only
step "build, ThreadSanitizer" build tsan test_engine test_transport test_server test_work
step "tests, ThreadSanitizer" tests tsan -j $(($(nproc) + 1)) -R '^(engine|transport|server|work)$'
step "every fuzzer for a minute, from the kept corpus" platform/dev/fuzz.sh --seed 1 60
echo "test: everything passed"
