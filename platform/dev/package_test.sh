#!/usr/bin/env bash
# package_test.sh [folder]: the packages of build/package, from nothing to nothing, in a clean Debian 12 that has only its own
# APT source: installed with what they depend on, run, upgraded, removed, purged. Needs root (debootstrap, chroot). The bare
# root is kept beside it as an archive, so that the next run begins in seconds.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "package_test: needs root, for debootstrap and chroot" >&2; exit 1; }
ls build/package/*.deb >/dev/null 2>&1 || { echo "package_test: run platform/dev/package.sh first" >&2; exit 1; }
command -v debootstrap >/dev/null || apt-get install -qq -y debootstrap >/dev/null
root=${1:-$(mktemp -d /tmp/doorstep-package.XXXXXX)}
bare=${TMPDIR:-/tmp}/doorstep-bare-bookworm.tar
uri=$(. platform/dev/apt_source.sh; own_source bookworm | cut -f1)
[ -n "$uri" ] || { echo "package_test: found no APT source for bookworm on this machine to copy" >&2; exit 1; }
mkdir -p "$root"
chmod 755 "$root"
if [ ! -f "$bare" ]; then
  echo "package_test: making a bare Debian 12"
  debootstrap --variant=minbase bookworm "$root" "$uri" >"$root.log" 2>&1 || { tail -n 5 "$root.log" >&2; exit 1; }
  tar -C "$root" -cf "$bare.new" . && mv "$bare.new" "$bare"
else
  tar -C "$root" -xpf "$bare"
fi
cp /etc/resolv.conf /etc/hosts "$root/etc/"
mounted=()
leave() { for m in "${mounted[@]}"; do umount -l "$m" || true; done; }
trap leave EXIT
for m in proc sys dev dev/pts; do
  mount --bind "/$m" "$root/$m"
  mounted=("$root/$m" "${mounted[@]}")
done
mkdir -p "$root/packages"
cp build/package/*.deb "$root/packages/"
mkdir -p "$root/packages/extract"
cp assets/demo/*.csv "$root/packages/extract/"
cp platform/dev/package_inside.sh "$root/packages/"
echo "package_test: in a root that holds $(ls "$root"/var/lib/dpkg/info/*.list | wc -l) packages"
chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 bash /packages/package_inside.sh
leave
mounted=()
[ $# -gt 0 ] || rm -rf "$root"
