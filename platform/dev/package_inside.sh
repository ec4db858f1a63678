#!/usr/bin/env bash
# What package_test.sh does inside the clean root: as a council's IT would, with the real programs. One line for each thing seen.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
cd /packages
seen() { echo "package_test: $*"; }
die() { echo "package_test: FAILED: $*" >&2; exit 1; }
expect() { local what=$1; shift; "$@" >/tmp/out 2>&1 || { cat /tmp/out >&2; die "$what"; }; }
refused() { local what=$1; shift; if "$@" >/tmp/out 2>&1; then die "$what"; fi; }

# Installed --------------------------------------------------------------------------------------------------------------
apt-get update -qq
before=$(dpkg-query -W -f '${Package}\n' | sort)
apt-get install -qq -y --no-install-recommends ./*.deb >/tmp/apt.log 2>&1 || { tail -n 20 /tmp/apt.log >&2; die "install"; }
! dpkg -l | grep '^ii  *libsqlcipher' >/dev/null || die "the packages want a SQLCipher that plain Debian 12 has not"
seen "installed with $(($(dpkg-query -W | wc -l) - $(wc -l <<<"$before"))) packages of Debian 12's own"
for program in doorstep doorstep-provision doorstep-server; do
  expect "$program --version" $program --version
  [ "$(cat /tmp/out)" = "$(dpkg-query -W -f '${Version}' $program | sed 's/-[^-]*$//')" ] || die "$program says another version than its package"
  ! grep -aq 'DOORSTEP_SEMANTICS_FD\|DOORSTEP_NETWORK_FILE' /usr/bin/$program || die "$program can be driven by a test"
done
seen "three programs, version $(doorstep --version), none of them drivable"

# The server -------------------------------------------------------------------------------------------------------------
[ "$(stat -c %a:%U /var/lib/doorstep-server)" = 700:doorstep-server ] || die "the server's folder is not its own"
serve() { setpriv --reuid doorstep-server --regid doorstep-server --clear-groups -- doorstep-server "$@"; }
refused "root was let write into the server's folder" doorstep-server init --name localhost
expect "init" serve init --name localhost --also 127.0.0.1 --council "Northmere Council" --council-id northmere \
  --listen 127.0.0.1:41843 --enrol-listen 127.0.0.1:41844
expect "import" serve import /packages/extract --relative-dates
setpriv --reuid doorstep-server --regid doorstep-server --clear-groups -- doorstep-server serve >/tmp/server.log 2>&1 & server=$!
trap 'kill $server 2>/dev/null || true' EXIT
for _ in $(seq 100); do grep -q ' serving ' /tmp/server.log && break; read -rt 0.1 <> <(:) || true; done
grep -q ' serving ' /tmp/server.log || { cat /tmp/server.log >&2; die "it does not serve"; }
seen "the case server serves as doorstep-server, from a folder of mode 0700"

# A signed file, a tablet ------------------------------------------------------------------------------------------------
mkdir /tmp/it && cd /tmp/it
cp /var/lib/doorstep-server/ca.pem .
expect keygen doorstep-provision keygen
expect new doorstep-provision new --ca ca.pem
refused "the example was taken as it is" doorstep-provision check device.toml
grep -q 'server.url: this is still the example' /tmp/out || die "the example's own words"
sed -i -e 's|^id = .*|id = "northmere"|' -e '0,/^name = /s|^name = .*|name = "Northmere Council"|' \
  -e 's|^url = .*|url = "https://127.0.0.1:41843"|' -e 's|^enrol_url = .*|enrol_url = "https://127.0.0.1:41844"|' \
  -e 's|^name = "CHANGE ME".*certificate:.*|name = "localhost"|' -e 's|^label = .*|label = "Duty team"|' \
  -e 's|^number = .*|number = "01632 960101"|' device.toml
expect check doorstep-provision check device.toml
useradd -m ruth
as_ruth() { setpriv --reuid ruth --regid ruth --clear-groups -- env HOME=/home/ruth "$@"; }
tablet=/home/ruth/.local/share/doorstep
install -D -m 644 trust.pub /etc/doorstep/trust.pub
chmod a+rx /tmp/it
token=$(serve token W1001 2>/dev/null)
refused "an unsigned file was taken" as_ruth doorstep-provision enrol device.toml --token "$token" --tablet $tablet
grep -q 'it is not signed' /tmp/out || { cat /tmp/out >&2; die "the words for an unsigned file"; }
expect sign doorstep-provision sign device.toml
expect "check of the signed file" doorstep-provision check device.toml
refused "root was let write into a worker's folder" doorstep-provision enrol device.toml --token "$token" --tablet $tablet
expect enrol as_ruth doorstep-provision enrol device.toml --token "$token" --tablet $tablet
cat /tmp/out | sed 's/^/package_test: | /'
serve status >/tmp/status
grep -q '^tablet .* W1001 enrolled' /tmp/status || { cat /tmp/status >&2; die "the server does not know the tablet"; }
expect "the same file again" as_ruth doorstep-provision apply device.toml --tablet $tablet --json
grep -q '"unchanged"' /tmp/out || die "the same file again changed something"
seen "one tablet enrolled from a signed file, with its key in /etc/doorstep/trust.pub; unsigned and root refused"

# The app ----------------------------------------------------------------------------------------------------------------
apt-get install -qq -y --no-install-recommends xvfb xauth x11-utils x11-apps >/tmp/apt.log 2>&1 || { tail -n 20 /tmp/apt.log >&2; die "xvfb"; }
Xvfb :7197 -screen 0 1280x800x24 -nolisten tcp >/tmp/xvfb.log 2>&1 & xvfb=$!
trap 'kill $server $xvfb 2>/dev/null || true' EXIT
window() {  # name: waits until a window of that title is there
  for _ in $(seq 300); do DISPLAY=:7197 xwininfo -root -tree 2>/dev/null | grep "\"$1\"" >/dev/null && return; read -rt 0.1 <> <(:) || true; done
  return 1
}
first_screen() {  # runs the app until its window has drawn more than one colour, then ends it
  setpriv --reuid ruth --regid ruth --clear-groups -- env HOME=/home/ruth DISPLAY=:7197 doorstep >/tmp/app.log 2>&1 & local app=$!
  window Doorstep || { cat /tmp/app.log >&2; die "no window"; }
  local colours=0
  for _ in $(seq 200); do
    colours=$(DISPLAY=:7197 xwd -root -silent 2>/dev/null | tail -c +4000 | od -An -v -tx4 -w4 | sort -u | wc -l)
    [ "$colours" -gt 20 ] && break
    read -rt 0.1 <> <(:) || true
  done
  [ "$colours" -gt 20 ] || die "the window shows $colours colours"
  kill -TERM $app
  wait $app || die "the app ended with $?"
}
first_screen
[ ! -s /tmp/app.log ] || sed 's/^/package_test: | /' /tmp/app.log
expect diagnose as_ruth doorstep --diagnose
grep -q 'taken' /tmp/out && ! grep -qi 'Ruth\|Adeyemi\|Northmere\|960101' /tmp/out || { cat /tmp/out >&2; die "the report"; }
sed 's/^/package_test: | /' /tmp/out
seen "the app opens its window under Xvfb; the report for IT names nobody"

# Upgraded, removed, purged ----------------------------------------------------------------------------------------------
sum() { (cd /var/lib/doorstep-server && find . -type f ! -name 'cases.db-*' -exec sha256sum {} + | sort; sha256sum /etc/doorstep/trust.pub; cd $tablet && find . -type f -exec sha256sum {} + | sort) }
kill $server; wait $server || true
sum >/tmp/sums
expect upgrade apt-get install -qq -y --reinstall --no-install-recommends /packages/*.deb
sum | diff /tmp/sums - >&2 || die "the upgrade changed something of the council's"
expect remove apt-get remove -qq -y doorstep doorstep-provision doorstep-server
for program in doorstep doorstep-provision doorstep-server; do [ ! -e /usr/bin/$program ] || die "$program is still there"; done
sum | diff /tmp/sums - >&2 || die "removing took something of the council's"
expect "install again" apt-get install -qq -y --no-install-recommends /packages/*.deb
expect status serve status
expect "purge, nobody answers" apt-get purge -qq -y doorstep doorstep-provision doorstep-server
sum | diff /tmp/sums - >&2 || die "a purge that nobody answered took the council's cases"
expect "install again" apt-get install -qq -y --no-install-recommends /packages/*.deb
# Somebody who answers: yes.
yes yes | DEBIAN_FRONTEND=teletype apt-get purge -y doorstep-server >/tmp/out 2>&1 || { cat /tmp/out >&2; die "purge with an answer"; }
[ ! -e /var/lib/doorstep-server ] || { cat /tmp/out >&2; die "a purge that was answered with yes left the cases"; }
apt-get purge -qq -y doorstep doorstep-provision >/dev/null 2>&1
left=$(find / -xdev \( -name '*doorstep*' -o -name '*Doorstep*' \) ! -path '/packages/*' ! -path '/proc/*' ! -path '/sys/*' ! -path '/home/*' ! -path '/tmp/*' \
  ! -path '/etc/doorstep*' ! -path '/var/cache/*' ! -path '/var/log/*' ! -path '/etc/passwd*' 2>/dev/null)
[ -z "$left" ] || die "left behind: $left"
seen "kept on upgrade, removal and a purge that nobody answered; a purge that was answered with yes left nothing but what the worker and root own"
