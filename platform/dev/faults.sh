#!/usr/bin/env bash
# faults.sh BILL...: compares bills of materials (sbom.sh) with the known faults of faults.txt; asks no network. One line for each
# part that is older than a fix: ends with 1 when one of them is not taken with a reason. Also tells what this machine's APT lists have
# newer from the security archive: a program loads that from the tablet's own system, so this refuses nothing.
set -euo pipefail
list="$(dirname "$0")/faults.txt"
[ $# -gt 0 ] || { echo "faults: which bills of materials" >&2; exit 2; }
for bill; do [ -s "$bill" ] || { echo "faults: there is no $bill" >&2; exit 2; }; done

# name version release: one line for each part
parts=$(for bill; do
  grep -o '"name":"[^"]*","version":"[^"]*","purl":"pkg:deb/[^"]*"' "$bill" || { echo "faults: $bill names no Debian package" >&2; exit 2; }
done | sed -E 's/"name":"([^"]*)","version":"([^"]*)","purl":"[^"]*(distro=[a-z]*-([0-9]*))?"/\1 \2 \4/' | sort -u)
trim() { local t=${1#"${1%%[![:space:]]*}"}; printf %s "${t%"${t##*[![:space:]]}"}"; }

bad=0
while IFS='|' read -r package release fault fixed why; do
  package=$(trim "$package") release=$(trim "$release") fault=$(trim "$fault") fixed=$(trim "$fixed") why=$(trim "$why")
  case "$package" in '' | '#'*) continue ;; esac
  [ -n "$release" ] && [ -n "$fault" ] && [ -n "$fixed" ] || { echo "faults: a line about $package is cut short" >&2; exit 2; }
  while read -r name version of; do
    [ "$name" = "$package" ] || [ "$name" = "${package}t64" ] || continue  # as Debian 13 calls some
    [ "$release" = '*' ] || [ "$release" = "$of" ] || continue
    dpkg --compare-versions "$version" lt "$fixed" || continue
    if [ -n "$why" ]; then
      echo "taken: $name $version has $fault, fixed in $fixed: $why"
    else
      echo "REFUSED: $name $version has $fault, fixed in $fixed"
      bad=1
    fi
  done <<<"$parts"
done <"$list"

# shellcheck disable=SC2046  # one word for each part
apt-cache policy $(cut -d' ' -f1 <<<"$parts") 2>/dev/null | awk -v parts="$parts" '
  BEGIN { n = split(parts, lines, "\n"); for (i = 1; i <= n; i++) { split(lines[i], w, " "); have[w[1]] = w[2] } }
  /^[^ ]/ { name = substr($1, 1, length($1) - 1); candidate = "" }
  $1 == "Candidate:" { candidate = $2 }
  ($1 == candidate || $2 == candidate) && /^ [ *]/ { at = 1; next }
  at && /^      / { if ($2 ~ /-security/ || $3 ~ /-security/) if (have[name] != candidate) print "newer: " name " " have[name] ", " candidate " in the security archive"; next }
  { at = 0 }' || true
exit $bad
