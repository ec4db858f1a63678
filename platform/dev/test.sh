#!/usr/bin/env bash
# test.sh [all]: installs what is missing, builds, and runs every test of the release build, the story in real windows
# included. `all` goes on with the same tests under AddressSanitizer and UBSan, then the rooms with threads under
# ThreadSanitizer.
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
tests() {  # build folder, ctest options
  local dir=build/$1
  shift
  ctest --test-dir "$dir" --output-on-failure --no-tests=error "$@"
}

step "build, release" platform/dev/build.sh release
step "tests, release" tests release -E '^story$'
# It waits for real windows on a machine that may be busy, so it may be told twice; every other test passes the first time.
step "the story, in real windows" tests release -R '^story$' --repeat until-pass:2
if [ "${1:-}" != all ]; then
  echo "test: everything passed (test.sh all: also under the sanitizers)"
  exit 0
fi

step "build, AddressSanitizer and UBSan" platform/dev/build.sh asan
step "tests, AddressSanitizer and UBSan" env \
  ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
  ctest --test-dir build/asan --output-on-failure --no-tests=error -LE release-only

threads=(test_engine test_transport test_server test_work)
step "build, ThreadSanitizer" platform/dev/build.sh tsan "${threads[@]}"
step "tests, ThreadSanitizer" env TSAN_OPTIONS=halt_on_error=1:suppressions=$PWD/tests/support/tsan.supp \
  ctest --test-dir build/tsan --output-on-failure --no-tests=error -R '^(engine|transport|server|work)$'
echo "test: everything passed"
