#!/usr/bin/env bash
# prove.sh sim [--for MINUTES | --seeds N]      the sync simulator on all cores; 2,000 seeds when not told
# prove.sh mutants [NAME] [--for MINUTES]       known mistakes, put back in one by one until a seed notices each; again while there is time
# prove.sh kills [--kills N]                    kill -9 of app and server, 1,000 each when not told, of a bare store ten times as often, and of
#                                               an erasure at every system call
# prove.sh power [--seeds N]                    the power cut at every sync of so many recorded lives of tablet and server; 20 when not told
# prove.sh oracle [--for MINUTES]               servers on one PostgreSQL against plain SQL, then killed; a minute each when not told
# prove.sh fuzz [--for MINUTES]                 every fuzzer for so long; a minute each when not told
# prove.sh edits [--edits N]                    the note editor beside a plain string; 10,000,000 edits when not told
# sim, mutants, power and edits go on behind the last seed of their last run, or begin with --from SEED: on a new machine the one behind the
# last in sync/README.md. fuzz goes on from the inputs it kept. Each ends with its figures, and keeps every line of them in
# build/release/proved.txt. Not 0: something broke, or was not noticed.
set -euo pipefail
cd "$(dirname "$0")/../.."
usage() { sed -n '2,12s/^# //p' "$0" >&2; exit 2; }
what=${1:-}
shift || true
release=build/release
name='' minutes='' many='' from=''
if [ "$what" = mutants ] && [ $# -gt 0 ] && [ "${1:0:1}" != - ]; then name=$1; shift; fi
while [ $# -gt 0 ]; do
  case "$what $1" in
    "sim --for" | "mutants --for" | "oracle --for" | "fuzz --for") minutes=${2:-} ;;
    "sim --seeds" | "power --seeds" | "kills --kills" | "edits --edits") many=${2:-} ;;
    "sim --from" | "mutants --from" | "power --from" | "edits --from") from=${2:-} ;;
    *) usage ;;
  esac
  [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage
  shift 2
done

if [ -n "$from" ]; then
  mkdir -p $release
  echo "$from" >"$release/prove-$what"
fi
proved() { # the lines of figures among what a program prints, the rest to a log
  local log=$release/prove-$what.log code=0
  "$@" >"$log" 2>&1 || code=$?
  grep -E '^(app kill|server kill|store kill|power loss|oracle|servers|editor):? ' "$log" | tee -a $release/proved.txt || true
  [ $code = 0 ] || { grep -vE '^[0-9-]+T[0-9:.]+ ' "$log" | tail -n 40 >&2; echo "prove: $what broke; all of it is in $log" >&2; }
  return $code
}
build() { platform/dev/build.sh release "$@" >/dev/null; }

case "$what" in
  sim | mutants)
    options=(--jobs "$(nproc)" --resume "$release/prove-$what")
    if [ "$what" = sim ]; then options+=(--keep-going); else options+=(--mutants ${name:+"$name"}); fi
    [ -z "$minutes" ] || options+=(--for "$((minutes * 60))")
    [ -z "$many" ] || options+=(--seeds "$many")
    build doorstep_sim doorstep_sim_mutants
    [ ! -w /dev/shm ] || export TMPDIR=/dev/shm  # photos are real files: an eighth of a seed's time
    $release/bin/doorstep_sim "${options[@]}" | tee >(tail -n 1 >>$release/proved.txt) ;;
  kills)
    build test_torture test_server
    export DOORSTEP_KILLS=${many:-1000} DOORSTEP_EVERY_CALL=1
    proved $release/bin/test_server "erase: killed*","erase: on PostgreSQL killed*"
    DOORSTEP_STORE_KILLS=$((10 * DOORSTEP_KILLS)) proved $release/bin/test_torture "app kill*","server kill*","store kill*" ;;
  power)
    build test_torture
    first=$(cat $release/prove-power 2>/dev/null || echo 1)
    DOORSTEP_POWER_CUTS=$first:${many:-20} proved $release/bin/test_torture "power loss: at every*"
    echo $((first + ${many:-20})) >$release/prove-power ;;
  oracle)
    build test_oracle
    seconds=$((${minutes:-1} * 60))
    DOORSTEP_ORACLE_SECONDS=$seconds DOORSTEP_SERVERS_SECONDS=$seconds proved $release/bin/test_oracle ;;
  fuzz)
    mkdir -p $release
    platform/dev/fuzz.sh $((${minutes:-1} * 60)) | tee -a $release/proved.txt ;;
  edits)
    build test_editor
    first=$(cat $release/prove-edits 2>/dev/null || echo 1)
    DOORSTEP_EDITS=$first:${many:-10000000} proved $release/bin/test_editor "[oracle]"
    echo $((first + ${many:-10000000} / 500 + 1)) >$release/prove-edits ;;
  *) usage ;;
esac
