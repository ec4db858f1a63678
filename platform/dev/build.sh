#!/usr/bin/env bash
# build.sh [debug|release|asan|tsan] [target ...]: configures and builds into build/<kind>.
set -euo pipefail
cd "$(dirname "$0")/../.."
kind=${1:-release}
shift || true
case "$kind" in
  release) options=(-DCMAKE_BUILD_TYPE=Release) ;;
  debug) options=(-DCMAKE_BUILD_TYPE=Debug) ;;
  asan) options=(-DCMAKE_BUILD_TYPE=Debug -DDOORSTEP_SANITIZE=address) ;;
  tsan) options=(-DCMAKE_BUILD_TYPE=Debug -DDOORSTEP_SANITIZE=thread) ;;
  *) echo "build: debug, release, asan or tsan; not '$kind'" >&2; exit 2 ;;
esac
[ -f "build/$kind/build.ninja" ] || cmake -S . -B "build/$kind" -G Ninja "${options[@]}" >/dev/null
if [ $# -gt 0 ]; then cmake --build "build/$kind" --target "$@"; else cmake --build "build/$kind"; fi
