#!/usr/bin/env bash
# Installs what Doorstep is built from, on Debian 12 or 13. Safe to run again: it adds only what is missing.
# Says in words what it adds and why. Works as root, or through sudo.  setup.sh fuzz: also what platform/dev/fuzz.sh needs.
set -euo pipefail

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo --preserve-env=DEBIAN_FRONTEND "$@"
  else die "needs root: run as root, or install sudo"
  fi
}

[ -r /etc/os-release ] || die "this is no Debian: there is no /etc/os-release"
. /etc/os-release
case "${VERSION_CODENAME:-}" in
  bookworm | trixie) ;;
  *) die "made for Debian 12 (bookworm) and 13 (trixie); this is ${PRETTY_NAME:-unknown}" ;;
esac
export DEBIAN_FRONTEND=noninteractive

imgui_version=1.90.1+ds-1
imgui_dir=${DOORSTEP_IMGUI_DIR:-/usr/local/src/doorstep/imgui-1.90.1}
sources=/etc/apt/sources.list.d

# What, and why. One line each; the same on both releases.
plain=(
  g++ cmake ninja-build ccache pkg-config    # the build
  libsdl2-dev                                # window, input, drawing
  libatk1.0-dev libatk-bridge2.0-dev         # what is on the screen, told to screen readers; LGPL: linked dynamically
  libssl-dev                                 # TLS 1.3, certificates, HKDF
  libsodium-dev                              # Argon2id, sealed boxes, locked memory, SHA-256
  libtss2-dev                                # the TPM, where a tablet has one
  swtpm                                      # its tests: a TPM in a program
  libtomlplusplus-dev                        # device.toml and server.toml
  libcli11-dev                               # command lines
  libzstd-dev                                # compression on the wire
  libspdlog-dev                              # logging, and fmt
  libpq-dev                                  # the case server's cases on PostgreSQL, where one machine ends
  postgresql                                 # its tests run it themselves, in a private folder (platform/dev/postgres.sh)
  libbenchmark-dev                           # benchmarks
  fonts-inter                                # the typeface
  fonts-noto-ui-core fonts-droid-fallback fonts-dejavu-core  # names in Arabic, Chinese and other scripts, where Inter has no letters
  fonts-symbola                              # emoji in one colour: children answer in them
  libfribidi-dev                             # names in right-to-left scripts: their order and joined letters
  libjpeg62-turbo-dev libpng-dev             # photos: cameras' own format, and drawings that were scanned; PNG also of tests' screenshots
  libhunspell-dev hunspell-en-gb             # misspelt words in notes; the dictionary of British English
  libx11-dev libxtst-dev                     # the end-to-end driver: XTEST to press keys as a person would
  libatspi2.0-dev at-spi2-core dbus          # the tests' own screen reader, and the bus it speaks over
  xvfb xclip                                 # a display where there is none, and pasting as a person would
  libgl1-mesa-dri libegl1 libgles2           # drawing where there is no GPU
  dpkg-dev xz-utils ca-certificates          # fetching the Dear ImGui source package
  file                                       # CPack finds by it the programs whose libraries a package must depend on
)
if [ "${1:-}" = fuzz ]; then
  plain+=(clang libclang-rt-dev)             # libFuzzer, which GCC has not, with the sanitizers it runs under
fi
# From bookworm-backports on Debian 12 (12's own are too old), from the release itself on 13.
newer=(
  libsqlcipher-dev                           # the encrypted store; 3.4.1 of Debian 12 is below the floor of 4.6.1
  libboost1.83-dev                           # Asio, Beast, JSON, System, UUID
  catch2                                     # tests, version 3
)

. "$(dirname "$0")/apt_source.sh"

add_source() {  # file type suite why
  local file=$sources/$1 uri key own
  own=$(own_source "$VERSION_CODENAME")
  uri=${own%%$'\t'*} key=${own#*$'\t'}
  [ -n "$uri" ] || die "found no APT source for $VERSION_CODENAME on this machine to copy; add one and run again"
  [ -n "$key" ] || key=/usr/share/keyrings/debian-archive-keyring.gpg
  local text
  text=$(printf 'Types: %s\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$2" "$uri" "$3" "$key")
  [ -f "$file" ] && [ "$(cat "$file")" = "$text" ] && return
  say "adding an APT source for $3 ($4)"
  printf '%s\n' "$text" | as_root tee "$file" >/dev/null
  updated=
}

updated=
update() { [ -n "$updated" ] || { say "reading the package lists"; as_root apt-get update -qq; updated=yes; }; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
at_least() { installed "$1" && dpkg --compare-versions "$(dpkg-query -W -f '${Version}' "$1")" ge "$2"; }

if [ "$VERSION_CODENAME" = bookworm ]; then
  add_source doorstep-backports.sources deb bookworm-backports \
    "SQLCipher 4.6.1, Boost 1.83 and Catch2 3.7: Debian 12's own are older"
fi

missing=()
for p in "${plain[@]}"; do installed "$p" || missing+=("$p"); done
if [[ " ${missing[*]} " == *" postgresql "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
  say "telling Debian to make and start no PostgreSQL service: only the tests' own ones are used"
  as_root mkdir -p /etc/postgresql-common/createcluster.d
  printf 'create_main_cluster = false\n' | as_root tee /etc/postgresql-common/createcluster.d/doorstep.conf >/dev/null
fi
if [ ${#missing[@]} -gt 0 ]; then
  update
  say "installing: ${missing[*]}"
  as_root apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
fi

missing=()
at_least libsqlcipher-dev 4.6.1 || missing+=(libsqlcipher-dev)
installed libboost1.83-dev || missing+=(libboost1.83-dev)
at_least catch2 3.4 || missing+=(catch2)
if [ ${#missing[@]} -gt 0 ]; then
  update
  say "installing${VERSION_CODENAME:+ for $VERSION_CODENAME}: ${missing[*]} (encrypted store, network, tests)"
  target=()
  [ "$VERSION_CODENAME" = bookworm ] && target=(-t bookworm-backports)
  as_root apt-get install -qq -y --no-install-recommends "${target[@]}" "${missing[@]}" >/dev/null
fi

if [ ! -f "$imgui_dir/imgui.h" ]; then
  add_source doorstep-source.sources deb-src trixie \
    "the source of Dear ImGui 1.90.1, which Debian 13 carries as a library without the SDL2 backend we use"
  update
  say "fetching the Dear ImGui source package $imgui_version (APT verifies it) into $imgui_dir"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 755 "$work"
  (cd "$work" && apt-get source -qq --download-only "imgui=$imgui_version" >/dev/null 2>"$work/log") || { cat "$work/log" >&2; die "could not fetch the Dear ImGui source"; }
  as_root mkdir -p "$imgui_dir"
  as_root tar -xf "$work"/imgui_*.orig.tar.* -C "$imgui_dir" --strip-components=1
fi
say "everything is here"
