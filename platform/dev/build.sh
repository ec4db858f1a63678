#!/usr/bin/env bash
# build.sh [debug|release|asan|tsan|fuzz] [target ...]: configures and builds into build/<kind>; fuzz: the fuzzers, with clang.
set -euo pipefail
cd "$(dirname "$0")/../.."
kind=${1:-release}
shift || true
case "$kind" in
  release) options=(-DCMAKE_BUILD_TYPE=Release) ;;
  debug) options=(-DCMAKE_BUILD_TYPE=Debug) ;;
  asan) options=(-DCMAKE_BUILD_TYPE=Debug -DDOORSTEP_SANITIZE=address) ;;
  tsan) options=(-DCMAKE_BUILD_TYPE=Debug -DDOORSTEP_SANITIZE=thread) ;;
  fuzz)
    options=(-DCMAKE_BUILD_TYPE=Fuzz -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DDOORSTEP_SANITIZE=fuzz)
    [ $# -gt 0 ] || set -- fuzzers
    ;;
  *) echo "build: debug, release, asan, tsan or fuzz; not '$kind'" >&2; exit 2 ;;
esac
[ -f "build/$kind/build.ninja" ] || cmake -S . -B "build/$kind" -G Ninja "${options[@]}" >/dev/null
if [ $# -gt 0 ]; then cmake --build "build/$kind" --target "$@"; else cmake --build "build/$kind"; fi
