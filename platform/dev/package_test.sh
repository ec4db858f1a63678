#!/usr/bin/env bash
# package_test.sh [folder]: the packages of build/package, from nothing to nothing, on a clean Debian 12 that runs under its own
# systemd and has only its own APT source: installed with what they depend on, run, upgraded, removed, purged. What is seen
# there is package_inside.sh's. Needs root. Keeps an archive of the clean Debian in /var/tmp (or TMPDIR), so that the next
# run begins in seconds, and after a failure the folder it ran in.
set -euo pipefail
cd "$(dirname "$0")/../.."
die() { echo "package_test: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die "needs root, to make and start a Debian of its own"
ls build/package/*.deb >/dev/null 2>&1 || die "run platform/dev/package.sh first"
command -v debootstrap >/dev/null || apt-get install -qq -y debootstrap >/dev/null
groups=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)
[ -n "$groups" ] || die "no cgroup2 is mounted here, which systemd needs"
root=${1:-$(mktemp -d "${TMPDIR:-/var/tmp}/doorstep-package.XXXXXX")}
clean=${TMPDIR:-/var/tmp}/doorstep-package-bookworm.tar
uri=$(. platform/dev/apt_source.sh; own_source bookworm | cut -f1)
[ -n "$uri" ] || die "found no APT source for bookworm on this machine to copy"
mkdir -p "$root"
chmod 755 "$root"
if [ ! -f "$clean" ]; then
  echo "package_test: making a clean Debian 12"
  debootstrap --variant=minbase --include=systemd-sysv,dbus,systemd-container bookworm "$root" "$uri" >"$root.log" 2>&1 \
    || { tail -n 5 "$root.log" >&2; exit 1; }
  rm -f "$root.log" "$root"/var/cache/apt/archives/*.deb
  tar -C "$root" -cf "$clean.new" . && mv "$clean.new" "$clean"
else
  tar -C "$root" -xpf "$clean"
fi
cp /etc/resolv.conf /etc/hosts "$root/etc/"
mkdir -p "$root/packages/extract"
cp build/package/*.deb platform/dev/package_inside.sh "$root/packages/"
cp assets/demo/*.csv "$root/packages/extract/"
cp assets/demo/pictures/record.png "$root/packages/"
: >"$root/packages/seen"
cat >"$root/etc/systemd/system/package-test.service" <<'UNIT'
[Unit]
After=multi-user.target
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
Environment=HOME=/root LANG=C.UTF-8
ExecStart=/usr/bin/bash /packages/package_inside.sh
StandardOutput=append:/packages/seen
StandardError=append:/packages/seen
UNIT
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../package-test.service "$root/etc/systemd/system/multi-user.target.wants/"

# The Debian's own systemd-nspawn starts it, so that this machine needs none. In namespaces of its own: its mounts are never
# this machine's and go with its last process. pivot_root: in a chroot the kernel refuses the unit's PrivateUsers. @memlock:
# nspawn forbids what every real machine allows its services.
group=$groups/doorstep-package.$$
mkdir "$group"
leave() {
  echo 1 >"$group/cgroup.kill"
  wait
  rmdir $(find "$group" -depth -type d)
}
trap leave EXIT
boot() {
  echo "$BASHPID" >"$group/cgroup.procs"
  exec unshare --mount --cgroup --pid --fork --kill-child bash -euc '
    mount --make-rprivate /
    mount --bind "$0" "$0"
    cd "$0"
    mount -t proc proc proc
    mount -t sysfs sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount --rbind /dev dev
    mount -t tmpfs tmpfs run
    mkdir run/clean
    mount --bind . run/clean
    pivot_root . mnt
    umount -l /mnt
    exec env -i PATH=/usr/sbin:/usr/bin systemd-nspawn --quiet --directory=/run/clean --boot --console=pipe --register=no --keep-unit \
      --hostname=clean --link-journal=no --resolv-conf=off --system-call-filter=@memlock </dev/null >/packages/console 2>&1' "$root"
}
echo "package_test: on a Debian 12 of $(ls "$root"/var/lib/dpkg/info/*.list | wc -l) packages"
start=$SECONDS
boot &
tail -n +1 -f --pid=$! "$root/packages/seen"
wait $! || die "failed; look in $root"
echo "package_test: succeeded in $((SECONDS - start)) s"
[ $# -gt 0 ] || rm -rf --one-file-system "$root"
