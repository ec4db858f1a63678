#!/usr/bin/env bash
# bare_root.sh run|test [bookworm|trixie] [folder]: proves that one command is enough. Makes a bare Debian 12 or 13
# (debootstrap, with only its own APT sources), clones the committed tree into it and runs platform/dev/run.sh or
# platform/dev/test.sh there, as root. Needs root. Leaves the folder (default: a new one in the temporary directory) for a
# look afterwards; one that is there already is used again, with what an earlier run installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
which=${1:-}
case "$which" in run | test) ;; *) echo "bare_root: run or test" >&2; exit 2 ;; esac
release=bookworm
case "${2:-}" in bookworm | trixie) release=$2; shift ;; esac
root=${2:-$(mktemp -d /tmp/doorstep-bare.XXXXXX)}
[ "$(id -u)" = 0 ] || { echo "bare_root: needs root, for debootstrap and chroot" >&2; exit 1; }
command -v debootstrap >/dev/null || apt-get install -qq -y debootstrap >/dev/null

own=$(. /etc/os-release; echo "${VERSION_CODENAME:-}")
uri=$(. platform/dev/apt_source.sh; own_source "$own" | cut -f1)
[ -n "$uri" ] || { echo "bare_root: found no APT source of this machine's to copy" >&2; exit 1; }

if [ ! -x "$root/usr/bin/apt-get" ]; then
  echo "bare_root: making a bare Debian ($release) in $root"
  debootstrap --variant=minbase "$release" "$root" "$uri" >"$root.log" 2>&1 || { tail -n 5 "$root.log" >&2; exit 1; }
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp /etc/hosts "$root/etc/hosts"
mounted=()
leave() { for m in "${mounted[@]}"; do umount -l "$m" || true; done; }
trap leave EXIT
for m in proc sys dev dev/pts; do
  mkdir -p "$root/$m"
  mount --bind "/$m" "$root/$m"
  mounted=("$root/$m" "${mounted[@]}")
done
# /dev/shm of its own: the programs of this machine are not seen there
mkdir -p "$root/dev/shm"

rm -rf "$root/root/doorstep"
git clone -q --no-hardlinks . "$root/root/doorstep"
echo "bare_root: platform/dev/$which.sh in a root that holds $(ls "$root/var/lib/dpkg/info"/*.list | wc -l) packages"
start=$SECONDS
if chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    bash -c "cd /root/doorstep && platform/dev/$which.sh"; then
  echo "bare_root: platform/dev/$which.sh succeeded in $((SECONDS - start)) s"
else
  code=$?
  echo "bare_root: platform/dev/$which.sh failed ($code) after $((SECONDS - start)) s; look in $root" >&2
  exit "$code"
fi
