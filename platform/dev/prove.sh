#!/usr/bin/env bash
# prove.sh sim [--for MINUTES | --seeds N]      the sync simulator on all cores; 2,000 seeds when not told
# prove.sh mutants [NAME] [--for MINUTES]       known mistakes, put back in one by one until a seed notices each; again while there is time
# Each goes on behind the last seed of its last run, and ends with one line of figures. Not 0: something broke, or was not noticed.
set -euo pipefail
cd "$(dirname "$0")/../.."
usage() { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
what=${1:-}
shift || true
options=(--jobs "$(nproc)" --resume "build/release/prove-$what")
case "$what" in
  sim) options+=(--keep-going) ;;
  mutants)
    options+=(--mutants)
    if [ $# -gt 0 ] && [ "${1:0:1}" != - ]; then options+=("$1"); shift; fi ;;
  *) usage ;;
esac
while [ $# -gt 0 ]; do
  case "$1" in
    --for) options+=(--for "$((${2:?minutes} * 60))") ;;
    --seeds) options+=(--seeds "${2:?how many}") ;;
    *) usage ;;
  esac
  shift 2
done
platform/dev/build.sh release doorstep_sim doorstep_sim_mutants >/dev/null
exec build/release/bin/doorstep_sim "${options[@]}"
