#!/usr/bin/env bash
# prove.sh sim [--for MINUTES | --seeds N]: the sync simulator, from where the last run stopped; one line of figures.
# prove.sh mutants [NAME]: re-introduces known mistakes one by one, until the simulator notices each.
set -euo pipefail
cd "$(dirname "$0")/../.."
what=${1:-}
shift || true
bin=build/release/bin
case "$what" in
  sim)
    platform/dev/build.sh release doorstep_sim >/dev/null
    next_file=build/release/sim-next
    from=$(cat "$next_file" 2>/dev/null || echo 1)
    options=(--seeds 2000)
    case "${1:-}" in
      "") ;;
      --for) options=(--seeds 1000000000 --for "$((${2:?minutes} * 60))") ;;
      --seeds) options=(--seeds "${2:?how many}") ;;
      *) echo "prove: sim [--for MINUTES | --seeds N]" >&2; exit 2 ;;
    esac
    # Each core takes every n-th seed.
    cores=$(nproc) failed=0 pids=()
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
    for ((core = 0; core < cores; ++core)); do
      "$bin/doorstep_sim" --from "$from" "${options[@]}" --share "$core/$cores" >"$out/$core" 2>&1 & pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
    grep -hv '^seeds ' "$out"/* || true
    awk -v cores="$cores" '/^seeds / {
        for (i = 1; i < NF; ++i) {
          if ($i == "to") last = $(i + 1) + 0 > last ? $(i + 1) + 0 : last
          if ($i == "run:") run += $(i - 1)
          if ($(i + 1) ~ /^(broken|steps|requests|operations|crashes|restores|forks|words)[;,]?$/) sum[$(i + 1)] += $i
          if ($i == "most") rounds = $(i + 1) + 0 > rounds ? $(i + 1) + 0 : rounds
        }
      }
      END {
        printf "sim: %d seeds up to %d:", run, last
        n = split("broken; steps, requests, operations, crashes, restores, forks, words;", names, " ")
        for (i = 1; i <= n; ++i) printf " %d %s", sum[names[i]], names[i]
        printf " quiet after at most %d rounds\n", rounds
        if (!sum["broken;"]) print last + 1 > "'"$next_file"'"  # a seed that breaks is run again
      }' "$out"/*
    exit "$failed" ;;
  mutants)
    platform/dev/build.sh release doorstep_sim doorstep_sim_mutants >/dev/null
    exec "$bin/doorstep_sim" --mutants "$@" ;;
  *) sed -n '2,3s/^# //p' "$0" >&2; exit 2 ;;
esac
