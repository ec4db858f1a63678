#!/usr/bin/env bash
# What package_test.sh does inside the clean Debian: as a council's IT would, with the real programs. One line for each thing seen.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
cd /packages
programs=(doorstep doorstep-provision doorstep-server)
seen() { echo "package_test: $*"; }
shown() { sed 's/^/package_test: | /' /tmp/out; }
die() { echo "package_test: FAILED: $*" >&2; exit 1; }
expect() { local what=$1; shift; "$@" >/tmp/out 2>&1 || { cat /tmp/out >&2; die "$what"; }; }
refused() {
  local what=$1 words=$2
  shift 2
  if "$@" >/tmp/out 2>&1; then die "$what"; fi
  grep -q "$words" /tmp/out || { cat /tmp/out >&2; die "$what: other words"; }
}
until_true() { local _; for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return; read -rt 0.1 <> <(:) || true; done; return 1; }
install_all() { apt-get install -q -y --no-install-recommends "$@"; }

# Installed --------------------------------------------------------------------------------------------------------------
apt-get update -qq
before=$(dpkg-query -W | wc -l)
start=$SECONDS
expect install install_all ./*.deb
seen "installed in $((SECONDS - start)) s with $(($(dpkg-query -W | wc -l) - before - 3)) packages of Debian 12's own"
grep '^Need to get\|^After this' /tmp/out | sed 's/^/package_test: | /'
! dpkg -l | grep '^ii  *libsqlcipher' >/dev/null || die "the packages want a SQLCipher that plain Debian 12 has not"
for program in "${programs[@]}"; do
  expect "$program --version" $program --version
  [ "$(cat /tmp/out)-1" = "$(dpkg-query -W -f '${Version}' $program)" ] || die "$program says another version than its package"
  expect "$program --help" $program --help
  ! grep -aq 'DOORSTEP_SEMANTICS_FD\|DOORSTEP_NETWORK_FILE' /usr/bin/$program || die "$program can be driven by a test"
  expect "$program: its files as they were packed" dpkg --verify $program
  [ ! -s /tmp/out ] || { cat /tmp/out >&2; die "$program: its files are not as they were packed"; }
  [ -s /usr/share/doc/$program/sbom.cdx.json ] || die "$program does not say what is in it"
done
for link in /usr/share/doorstep/fonts/*; do [ -e "$link" ] || die "$link leads nowhere"; done
seen "three programs, version $(doorstep --version), none of them drivable"

# The server -------------------------------------------------------------------------------------------------------------
[ "$(stat -c %a:%U /var/lib/doorstep-server)" = 700:doorstep-server ] || die "the server's folder is not its own"
[ "$(systemctl is-enabled doorstep-server)" = enabled ] || die "the unit was not enabled"
! systemctl is-failed --quiet doorstep-server || die "the unit failed where there is nothing to serve yet"
serve() { runuser -u doorstep-server -- doorstep-server "$@"; }
council=(init --name localhost --also 127.0.0.1 --council "Northmere Council" --council-id northmere
  --listen 127.0.0.1:41843 --enrol-listen 127.0.0.1:41844)
refused "root was let write into the server's folder" 'it belongs to doorstep-server' doorstep-server "${council[@]}"
expect init serve "${council[@]}"
expect import serve import /packages/extract --relative-dates
expect start systemctl start doorstep-server
pid() { systemctl show -P MainPID doorstep-server; }
serving() { journalctl -q -o cat "_PID=$(pid)" | grep ' serving '; }
until_true serving || { journalctl -u doorstep-server >&2; die "it does not serve"; }
[ "$(stat -c %U /proc/$(pid))" = doorstep-server ] || die "it serves as another account"
killed=$(pid)
kill -KILL "$killed"
started_again() { [ "$(pid)" != "$killed" ] && [ "$(pid)" != 0 ] && serving; }
until_true started_again || die "killed, it was not started again"
! journalctl -q -o cat -u doorstep-server | grep 'ERROR\|denied\|not permitted' >&2 || die "the unit forbids what it needs"
seen "the case server serves under its unit, as doorstep-server, from a folder of mode 0700; killed, it was started again"

# A signed file, a tablet ------------------------------------------------------------------------------------------------
mkdir /tmp/it && cd /tmp/it
cp /var/lib/doorstep-server/ca.pem .
(umask 077; echo "copper meadow violin harbour" >signing.pass)
expect keygen doorstep-provision keygen --passphrase-file signing.pass
expect new doorstep-provision new --ca ca.pem
refused "the example was taken as it is" 'server.url: this is still the example' doorstep-provision check device.toml
sed -i -e 's|^id = .*|id = "northmere"|' -e '0,/^name = /s|^name = .*|name = "Northmere Council"|' \
  -e 's|^url = .*|url = "https://127.0.0.1:41843"|' -e 's|^enrol_url = .*|enrol_url = "https://127.0.0.1:41844"|' \
  -e 's|^name = "CHANGE ME".*certificate:.*|name = "localhost"|' -e 's|^label = .*|label = "Duty team"|' \
  -e 's|^number = .*|number = "01632 960101"|' device.toml
expect check doorstep-provision check device.toml
useradd -m ruth
as_ruth() { HOME=/home/ruth runuser -u ruth -- "$@"; }
tablet=/home/ruth/.local/share/doorstep
install -D -m 644 trust.pub /etc/doorstep/trust.pub
chmod a+rx /tmp/it
token=$(serve token W1001 2>/dev/null)
refused "an unsigned file was taken" 'it is not signed' as_ruth doorstep-provision enrol device.toml --token "$token" --tablet $tablet
expect sign doorstep-provision sign device.toml --passphrase-file signing.pass
expect "check of the signed file" doorstep-provision check device.toml
refused "root was let write into a worker's folder" ruth doorstep-provision enrol device.toml --token "$token" --tablet $tablet
expect enrol as_ruth doorstep-provision enrol device.toml --token "$token" --tablet $tablet
shown
printf 'worker_ref,asset\nW1002,T-17\nW1009,T-18\n' >/srv/tablets.csv
(umask 077; serve token --csv /srv/tablets.csv >codes.csv) || die "a table of codes"
[ "$(stat -c %a codes.csv)" = 600 ] && grep -q '^W1009,T-18,.*,20' codes.csv && [ "$(wc -l <codes.csv)" = 3 ] || die "codes.csv"
serve status >/tmp/status
grep -q '^tablet .* W1001 enrolled' /tmp/status || { cat /tmp/status >&2; die "the server does not know the tablet"; }
expect "the same file again" as_ruth doorstep-provision apply device.toml --tablet $tablet --json
grep -q '"unchanged"' /tmp/out || die "the same file again changed something"
seen "one tablet enrolled from a signed file, with its key in /etc/doorstep/trust.pub; unsigned and root refused"

# The app ----------------------------------------------------------------------------------------------------------------
expect diagnose as_ruth doorstep --diagnose
grep -q 'taken' /tmp/out && ! grep -qi 'Ruth\|Adeyemi\|Northmere\|960101' /tmp/out || { cat /tmp/out >&2; die "the report"; }
shown
# As the app asks it, over a socket: the longest side, then the picture; the answer begins with its width.
picture() {
  perl -MSocket -e 'socketpair(my $ours, my $its, AF_UNIX, SOCK_STREAM, 0) or die $!;
    if (!fork) { open STDIN, "<&", $its; open STDOUT, ">&", $its; exec $ARGV[0] }
    local $/; open my $file, "<:raw", $ARGV[1] or die $!; close $its;
    syswrite $ours, pack("l", 100) . <$file>; shutdown $ours, 1; print <$ours>' "$@"
}
picture /usr/libexec/doorstep-picture /packages/record.png >/tmp/pixels
[ "$(od -An -td4 -N4 /tmp/pixels)" -gt 0 ] || die "a photo is not decoded"
expect "what looks at the packages" install_all xvfb x11-utils x11-apps curl man-db desktop-file-utils appstream lintian
Xvfb :7197 -screen 0 1280x800x24 -nolisten tcp >/tmp/xvfb.log 2>&1 &
export DISPLAY=:7197
window() { xwininfo -root -tree | grep '"Doorstep"'; }
colours() { xwd -root -silent 2>/dev/null | tail -c +4000 | od -An -v -tx4 -w4 | sort -u | wc -l; }
drawn() { [ "$(colours)" -gt 20 ]; }
as_ruth doorstep >/tmp/app.log 2>&1 & app=$!
until_true window || { cat /tmp/app.log >&2; die "no window"; }
until_true drawn || die "the window shows $(colours) colours"
kill -TERM "$(pidof doorstep)"
wait $app || die "the app ended with $?"
[ ! -s /tmp/app.log ] || sed 's/^/package_test: | /' /tmp/app.log
seen "the report for IT names nobody, a photo is decoded, and the app opens its window under Xvfb"

# What Debian makes of them ----------------------------------------------------------------------------------------------
meta() { curl -sS --cacert /var/lib/doorstep-server/ca.pem https://127.0.0.1:41844/v1/meta; }
expect meta meta; echo >>/tmp/out
grep -q "\"version\":\"$(doorstep --version)\"" /tmp/out || { cat /tmp/out >&2; die "/v1/meta"; }
shown
for page in doorstep:1 doorstep-provision:1 doorstep-server:8; do
  MANWIDTH=100 man --warnings ${page#*:} ${page%:*} >/tmp/page 2>/tmp/out || die "man ${page%:*}"
  [ ! -s /tmp/out ] || { cat /tmp/out >&2; die "man ${page%:*}: it warns"; }
  # every option and command of --help stands in the page
  for word in $(${page%:*} --help | sed -n 's/^  \([a-z-][a-z,-]*\) .*/\1/p' | tr ',' '\n'); do
    grep -q -e "$word" /tmp/page || die "man ${page%:*} does not say what $word is"
  done
done
expect "the desktop entry" desktop-file-validate /usr/share/applications/uk.doorstep.Doorstep.desktop
expect "the metainfo" appstreamcli validate --no-net /usr/share/metainfo/uk.doorstep.Doorstep.metainfo.xml
# no-manual-page: doorstep-picture is started by doorstep alone. closes-no-bugs: these do not go to Debian's archive.
# calls-systemctl: daemon-reload, as debhelper's own scripts have it.
expect lintian runuser -u ruth -- lintian --no-cfg --fail-on error,warning \
  --suppress-tags no-manual-page,initial-upload-closes-no-bugs,maintainer-script-calls-systemctl /packages/*.deb
seen "/v1/meta answers; man pages, desktop entry, metainfo and lintian find nothing wrong"

# Upgraded, removed, purged ----------------------------------------------------------------------------------------------
newer() {  # the same packages under the next number
  local deb
  for deb in /packages/*.deb; do
    dpkg-deb -R "$deb" /tmp/newer
    sed -i 's/^\(Version: .*\)-1$/\1-2/' /tmp/newer/DEBIAN/control
    dpkg-deb -Znone -b /tmp/newer "/tmp/$(basename "$deb")"
    rm -rf /tmp/newer
  done
}
sum() {
  (cd /var/lib/doorstep-server && find . -type f ! -name 'cases.db-*' -exec sha256sum {} + | sort
   sha256sum /etc/doorstep/trust.pub; cd $tablet && find . -type f -exec sha256sum {} + | sort)
}
expect stop systemctl stop doorstep-server
sum >/tmp/sums
kept() { sum | diff /tmp/sums - >&2 || die "$1"; }
expect start systemctl start doorstep-server
until_true serving || die "it does not serve again"
expect newer newer
killed=$(pid)
expect upgrade install_all /tmp/doorstep*.deb
[ "$(dpkg-query -W -f '${Version}' doorstep-server)" = "$(doorstep --version)-2" ] || die "it was not upgraded"
until_true started_again || die "after the upgrade the old server serves, or none"
expect "meta after the upgrade" meta
expect status serve status
grep -q '^tablet .* W1001 enrolled' /tmp/out || { cat /tmp/out >&2; die "after the upgrade the server does not know the tablet"; }
expect disable systemctl disable --now doorstep-server
kept "the upgrade changed something of the council's"
expect "upgrade, disabled" install_all --reinstall /tmp/doorstep*.deb
[ "$(systemctl is-enabled doorstep-server || true)" = disabled ] || die "an upgrade enabled what the council had disabled"
[ "$(systemctl is-active doorstep-server || true)" = inactive ] || die "an upgrade started what the council had stopped"
expect enable systemctl enable --now doorstep-server
until_true serving || die "it does not serve again"
seen "upgraded while serving: nothing of the council's changed, the new one serves; what was disabled stayed so"

expect remove apt-get remove -qq -y "${programs[@]}"
for program in "${programs[@]}"; do [ ! -e /usr/bin/$program ] || die "$program is still there"; done
[ -z "$(pidof doorstep-server)" ] || die "removed, the server serves on"
kept "removing took something of the council's"
expect "install again" install_all /packages/*.deb
until_true serving || die "installed again, it does not serve"
expect status serve status
expect "purge, nobody answers" apt-get purge -qq -y "${programs[@]}"
kept "a purge that nobody answered took the council's cases"
expect "install again" install_all /packages/*.deb
DEBIAN_FRONTEND=teletype expect "purge, answered with yes" apt-get purge -y doorstep-server <<<yes
[ ! -e /var/lib/doorstep-server ] || { cat /tmp/out >&2; die "a purge that was answered with yes left the cases"; }
expect purge apt-get purge -qq -y doorstep doorstep-provision
left=$(find / -xdev -iname '*doorstep*' ! -path '/packages/*' ! -path '/home/*' ! -path '/etc/doorstep' 2>/dev/null)
[ -z "$left" ] || die "left behind: $left"
! grep -q doorstep-server /var/cache/debconf/config.dat || die "left behind: an answer in debconf"
seen "kept on removal and on a purge that nobody answered; a purge that was answered with yes left nothing but what the worker and root own"

# On PostgreSQL ----------------------------------------------------------------------------------------------------------
mkdir -p /etc/postgresql-common/createcluster.d
echo "listen_addresses = ''" >/etc/postgresql-common/createcluster.d/clean.conf  # its network is the machine's that this runs on
expect "PostgreSQL and the server" install_all postgresql /packages/doorstep-server*.deb
as_postgres() { (cd / && runuser -u postgres -- "$@"); }
expect owner as_postgres createuser doorstep_owner
expect application as_postgres createuser doorstep_app
expect database as_postgres createdb -O doorstep_owner doorstep
into=/etc/postgresql/*/main
sed -i '1i local doorstep doorstep_owner,doorstep_app peer map=doorstep' $into/pg_hba.conf
printf 'doorstep doorstep-server doorstep_%s\n' app owner >>$(echo $into/pg_ident.conf)
reload() { as_postgres psql -qc 'SELECT pg_reload_conf()'; }
may() { (cd / && runuser -u doorstep-server -- psql -d doorstep -U "$1" -c ''); }
may_not() { ! may "$1"; }
expect reload reload
until_true may doorstep_owner || die "PostgreSQL does not let the server's account in"
at='@/doorstep?host=/run/postgresql'
expect "init on PostgreSQL" serve "${council[@]}" --postgres "postgresql://doorstep_app$at" --owner "postgresql://doorstep_owner$at"
sed -i '/doorstep_owner$/d' $into/pg_ident.conf  # only for as long as the schema is made
expect reload reload
until_true may_not doorstep_owner || die "the server's account may still become the schema's owner"
expect "import on PostgreSQL" serve import /packages/extract --relative-dates
expect start systemctl start doorstep-server
until_true serving || { journalctl -u doorstep-server >&2; die "on PostgreSQL it does not serve"; }
expect "meta on PostgreSQL" meta
expect "a code on PostgreSQL" serve token W1001
expect status serve status
grep -qx 'cases 28 (provisional 0)' /tmp/out && grep -qx 'audit intact' /tmp/out \
  || { cat /tmp/out >&2; die "on PostgreSQL the status is another"; }
[ ! -e /var/lib/doorstep-server/cases.db ] || die "on PostgreSQL there are cases in a file"
! journalctl -q -o cat -b -u doorstep-server | grep 'ERROR\|denied\|not permitted' >&2 || die "the unit forbids what PostgreSQL needs"
seen "the case server serves under its unit with its cases on PostgreSQL, let in by its account, as a role that owns nothing"
