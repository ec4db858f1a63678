#!/usr/bin/env bash
# controls.sh [ID ...]: switches off the control of each security requirement that tests/security/controls.txt has, one after another,
# builds the test program, and sees its tests of that id fail; at the end, with every control again, sees the same tests pass. One line
# each; ends with 1 when tests passed without their control, failed with it, or did not end. An edited file is put back after each, also
# when this is interrupted.
set -euo pipefail
cd "$(dirname "$0")/../.."
list=tests/security/controls.txt
limit=300  # seconds for the tests of one id; the longest that was seen took half of it
edited= kept=$(mktemp)
put_back() { [ -z "$edited" ] || cp "$kept" "$edited"; edited=; }
trap 'put_back; rm -f "$kept"' EXIT
trap 'exit 130' INT TERM

build() { platform/dev/build.sh release "$@" 2>&1; }
tests() { timeout -k 10 "$limit" "build/release/bin/test_$1" "$2" 2>/dev/null; }  # program, tags; 124 and 137: did not end
count() { grep -oE "$1: +[0-9]+" <<<"$2" | grep -oE '[0-9]+' | tail -n 1 || true; }

missed=0 tried=0 id=
declare -a olds=() news=()
declare -A tags=()  # of each program, what was tried

edit() {  # makes every edit of the entry
  cp "$file" "$kept"
  edited=$file
  local text i
  text=$(cat "$file"; echo x)
  for i in "${!olds[@]}"; do
    local after=${text#*"${olds[i]}"}
    [ "$after" != "$text" ] || { echo "controls: $id: $file has no such line: ${olds[i]}" >&2; exit 2; }
    [ "$after" = "${after#*"${olds[i]}"}" ] || { echo "controls: $id: $file has it twice: ${olds[i]}" >&2; exit 2; }
    text=${text/"${olds[i]}"/"${news[i]}"}
  done
  printf %s "${text%x}" >"$file"
}
try() {  # the entry that was read
  local said rc=0 failed start
  tried=$((tried + 1)) tags[$program]+=",[$id]"
  edit
  if ! said=$(build "test_$program"); then
    echo "BROKEN $id: it does not build: $(grep -m 1 ' error: ' <<<"$said" || true)"
    missed=1
    put_back
    return
  fi
  start=$SECONDS
  said=$(tests "$program" "[$id]") || rc=$?
  failed=$(grep -c ': FAILED:' <<<"$said" || true)
  if [ $rc -eq 0 ]; then
    echo "MISSED $id: its tests pass without the control"
    missed=1
  elif [ $rc -eq 124 ] || [ $rc -eq 137 ] || [ "$failed" -eq 0 ]; then
    echo "BROKEN $id: no test says what is wrong, the program ended with $rc after $((SECONDS - start)) s"
    missed=1
  else
    echo "$id seen failing: $failed assertions of $(count 'test cases' "$said") tests, $((SECONDS - start)) s"
  fi
  put_back
}
end_of_entry() {
  [ ${#olds[@]} -eq 0 ] || [ "$wanted" = no ] || try
  olds=() news=()
}

mapfile -t lines <$list
for line in "${lines[@]}"; do
  case "$line" in
    '#'* | '') ;;
    '- '*) olds+=("${line#- }") ;;
    '+' | '+ '*) line=${line#+}; news+=("${line# }") ;;
    *)
      end_of_entry
      IFS='|' read -r id program file <<<"${line// /}"
      wanted=yes
      [ $# -eq 0 ] || [[ " $* " == *" $id "* ]] || wanted=no
      ;;
  esac
done
end_of_entry
[ "$tried" -gt 0 ] || { echo "controls: none of these is in $list" >&2; exit 2; }

targets=()
for program in "${!tags[@]}"; do targets+=("test_$program"); done
build "${targets[@]}" >/dev/null || { echo "controls: with every control again it does not build" >&2; exit 2; }
for program in "${!tags[@]}"; do
  said=$(tests "$program" "${tags[$program]#,}") && continue
  echo "UNSOUND: with every control again tests of $program fail"
  grep ': FAILED:' <<<"$said" | head -n 5 || true
  missed=1
done
exit $missed
