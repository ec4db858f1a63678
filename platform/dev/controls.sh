#!/usr/bin/env bash
# controls.sh [ID ...]: switches off the control of each security requirement that tests/security/controls.txt has, one after another,
# builds the test program, and sees its tests of that id fail. One line each; ends with 1 when tests passed all the same. The edited
# file is put back after each, also when this is interrupted.
set -euo pipefail
cd "$(dirname "$0")/../.."
list=tests/security/controls.txt
edited= kept=$(mktemp)
put_back() { [ -z "$edited" ] || cp "$kept" "$edited"; edited=; }
trap 'put_back; rm -f "$kept"' EXIT
trap 'exit 130' INT TERM

missed=0 tried=0
declare -a built=()
while IFS= read -r line; do
  case "$line" in
    '#'* | '') continue ;;
    '- '*) old=${line#- } ;;
    '+ '*)
      new=${line#+ }
      [ $# -eq 0 ] || [[ " $* " == *" $id "* ]] || continue
      tried=$((tried + 1)) built+=("test_$program")
      cp "$file" "$kept"
      edited=$file
      text=$(cat "$file"; echo x)
      [[ "$text" == *"$old"* ]] || { echo "controls: $id: $file has no such line" >&2; exit 2; }
      printf %s "${text/"$old"/"$new"}" | sed '$d' >"$file"
      targets=("test_$program")
      [ "$program" != windows ] || targets+=(doorstep)
      if ! platform/dev/build.sh release "${targets[@]}" >/dev/null 2>&1; then
        echo "controls: $id: it does not build" >&2; exit 2
      fi
      if said=$("build/release/bin/test_$program" "[$id]" 2>/dev/null); then
        echo "MISSED $id: its tests pass without the control"
        missed=1
      else
        echo "$id seen failing: $(grep -c ': FAILED:' <<<"$said" || true) assertions of $(grep -oE 'test cases: +[0-9]+' <<<"$said" | grep -oE '[0-9]+' || echo ?) tests"
      fi
      put_back
      ;;
    *) IFS='|' read -r id program file <<<"${line// /}" ;;
  esac
done <$list
[ "$tried" -gt 0 ] || { echo "controls: none of these is in $list" >&2; exit 2; }
platform/dev/build.sh release "${built[@]}" >/dev/null 2>&1  # with every control again
exit $missed
