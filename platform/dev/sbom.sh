#!/usr/bin/env bash
# sbom.sh PROGRAM: what is in a built program, as CycloneDX 1.5 JSON on standard output: the Debian packages of every shared
# library it loads, theirs included, and those it was compiled or linked from. The same program on the same machine gives the
# same bytes: sorted, no time but SOURCE_DATE_EPOCH's, a serial number made from the contents.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${1:?sbom: which program}
name=$(basename "$program")
die() { echo "sbom: $*" >&2; exit 1; }
[ -x "$program" ] || die "$program is no program"
. /etc/os-release

# Compiled in: headers and archives. CMakeLists.txt says which program has which.
inside=(libboost1.83-dev libcli11-dev libspdlog-dev libfmt-dev libstdc++-12-dev)
programs=("$program")
case "$name" in
  doorstep) inside+=(libtomlplusplus-dev libsqlcipher-dev) programs+=("$program-picture") ;;
  doorstep-server) inside+=(libtomlplusplus-dev libsqlcipher-dev) ;;
  doorstep-provision) inside+=(libtomlplusplus-dev) ;;
  *) die "$name is none of the three programs" ;;
esac

# The packages, one a line. Debian's manager reads the lists of every package for each question, so it is asked once for all
# files, under each of the names that a file may have there: a folder at the top can be a link into /usr.
packages() {
  local file name p
  local -A owner=()
  local files names=()
  mapfile -t files < <(for file in "${programs[@]}"; do ldd "$file"; done |
    awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }' | sort -u)
  for file in "${files[@]}"; do names+=("$file" "$(realpath "$file")" "${file#/usr}" "/usr$file"); done
  while IFS=: read -r p name; do owner["${name##*: }"]=$p; done < <(dpkg -S "${names[@]}" 2>/dev/null | grep -v '^diversion by' || true)
  for file in "${files[@]}"; do
    for name in "$file" "$(realpath "$file")" "${file#/usr}" "/usr$file"; do
      [ -z "${owner[$name]:-}" ] || { echo "${owner[$name]}"; continue 2; }
    done
    die "no package has $file"
  done
  dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${inside[@]}" 2>/dev/null | sed -n 's/^installed //p' || true
}
component() {  # type name version purl
  printf '    {"type":"%s","bom-ref":"%s","name":"%s","version":"%s","purl":"%s"}' "$1" "$4" "$2" "$3" "$4"
}
version=$("$program" --version)
list=$(packages | sort -u | xargs -r dpkg-query -W -f '${Package} ${Version} ${Architecture}\n' | sort -u -k1,1)
body() {
  echo '  "components": ['
  first=yes
  while read -r package v arch; do
    [ "$first" = yes ] || echo ','
    first=
    component library "$package" "$v" "pkg:deb/$ID/$package@${v//+/%2B}?arch=$arch&distro=$ID-$VERSION_ID"
  done <<<"$list"
  if [ "$name" = doorstep ]; then
    echo ','
    component library imgui 1.90.1 "pkg:deb/debian/imgui@1.90.1%2Bds-1?arch=source"
  fi
  printf '\n  ]\n'
}
text=$(body)
made=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || true)}
stamp=  # a bare machine that was given the sources has no git, and a bill needs no time
[ -z "$made" ] || printf -v stamp ',\n    "timestamp": "%s"' "$(date -u -d "@$made" +%Y-%m-%dT%H:%M:%SZ)"
sum=$(printf '%s %s %s' "$name" "$version" "$text" | sha256sum)
serial="${sum:0:8}-${sum:8:4}-8${sum:13:3}-8${sum:17:3}-${sum:20:12}"
cat <<JSON
{
  "bomFormat": "CycloneDX",
  "specVersion": "1.5",
  "serialNumber": "urn:uuid:$serial",
  "version": 1,
  "metadata": {
    "component": {"type":"application","bom-ref":"$name","name":"$name","version":"$version"}$stamp
  },
$text
}
JSON
