#!/usr/bin/env bash
# bench.sh [--each] ["[save]" "[unlock]" "[frame]" "[note]" "[search]" "[start]" "[sync]" "[edits]" "[flat]"]: installs what is
# missing, builds the release and measures, each figure beside its yardstick in the same run, as one table; without a figure all of
# them, and what an idle window does. Ends with 1 when a ratio is over its limit: tests/bench/figures.h has the limits and their reasons.
set -euo pipefail
cd "$(dirname "$0")/../.."
platform/dev/setup.sh
platform/dev/build.sh release doorstep_bench test_shell test_screens >/dev/null
code=0
# The log says that the server is away, as it is meant to be at times.
build/release/bin/doorstep_bench "$@" 2>build/release/bench.log || code=$?
if [ $# -eq 0 ]; then
  idle=$(build/release/bin/test_shell "[.idle]" 2>&1) || { echo "$idle"; code=1; }
  echo "idle, 10 s from 6 s after the last key: $(grep -o "frames built.*" <<<"$idle" || echo "not measured")"
  # Every screen, each 17 s: asleep, ten windows do not keep each other awake.
  shares=() log=build/release/idle
  for share in {0..9}; do
    DOORSTEP_SHARE=$share/10 build/release/bin/test_screens "[.idle]" >$log-$share.log 2>&1 &
    shares+=($!)
  done
  for share in {0..9}; do wait "${shares[share]}" || { cat $log-$share.log; code=1; }; done
  awk '/^idle: / { ++n; if ($3 > f) f = $3; if ($5 > s) { s = $5; at = $2 } }
       END { printf "idle, the same on %d screens: at most %d frames (limit 0), %d switches (limit 5; %s)\n", n, f, s, at }' $log-?.log
fi
exit "$code"
