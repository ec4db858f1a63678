#!/usr/bin/env bash
# postgres.sh start|stop|url|run <folder>: a private PostgreSQL of one's own in <folder>, on a Unix socket there and no
# network. The folder is made for it and belongs to it alone.
#   start  makes the cluster when there is none, starts it when it does not run, and prints its url
#   stop   stops it when it runs; stop <folder> immediate: as by a power cut
#   url    prints how to reach it, as its superuser
#   run    as start, but stays in the foreground and ends with whoever called it: for tests
# What PostgreSQL says goes to <folder>/log.
# PostgreSQL refuses to run as root: root's clusters run as user postgres.
set -euo pipefail
die() { printf 'postgres: %s\n' "$*" >&2; exit 1; }

what=${1:-} folder=${2:-}
case "$what" in start | stop | url | run) ;; *) echo "postgres: start, stop, url or run, and a folder" >&2; exit 2 ;; esac
[ -n "$folder" ] || { echo "postgres: say which folder" >&2; exit 2; }
folder=$(realpath -m -- "$folder")

bin=
for dir in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V) "$(dirname "$(command -v postgres || echo /none/postgres)")"; do
  [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && bin=$dir
done
[ -n "$bin" ] || die "PostgreSQL is not installed: run platform/dev/setup.sh"
version=$("$bin/postgres" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')
[ "$version" -ge 15 ] || die "PostgreSQL $version is too old: 15 or newer"
[ ${#folder} -le 80 ] || die "$folder is too long for the name of a Unix socket; choose a shorter one"

user=$(id -un)
as() { "$@"; }
if [ "$(id -u)" = 0 ]; then
  user=postgres
  id postgres >/dev/null 2>&1 || die "there is no user postgres, which PostgreSQL runs as when root starts it"
  as() { (cd / && setpriv --reuid postgres --regid "$(id -g postgres)" --init-groups -- "$@"); }
fi
data=$folder/data
running() { [ -f "$data/postmaster.pid" ] && as "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1; }
url() { printf 'postgresql:///postgres?host=%s&user=postgres\n' "${folder//\//%2F}"; }

make() {
  mkdir -p -- "$folder"
  [ "$(stat -c %U -- "$folder")" = "$user" ] || chown "$user" -- "$folder"
  chmod 700 -- "$folder"
  as test -x "$folder" || die "user $user cannot reach $folder: a folder above it is closed to others"
  [ -f "$data/PG_VERSION" ] && return
  as "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null \
    || die "initdb failed in $folder"
  # Whoever can enter the folder may enter the cluster: the folder is its owner's alone.
  as tee -a "$data/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$folder'
max_connections = 60
shared_buffers = 32MB
log_min_messages = fatal
CONF
}

case "$what" in
  url) url ;;
  stop)
    mode=${3:-fast}
    if running; then as "$bin/pg_ctl" -D "$data" -m "$mode" -w stop >/dev/null; fi
    ;;
  start)
    make
    if ! running; then
      as "$bin/pg_ctl" -D "$data" -l "$folder/log" -w -t 60 start >/dev/null || { tail -n 5 "$folder/log" >&2; die "it did not start"; }
    fi
    url
    ;;
  run)
    make
    cd /
    who=()
    [ "$(id -u)" = 0 ] && who=(--reuid postgres --regid "$(id -g postgres)" --init-groups)
    # Not into a pipe of the caller's: once that is full PostgreSQL would wait for a reader.
    exec setpriv "${who[@]}" --pdeathsig QUIT -- "$bin/postgres" -D "$data" >>"$folder/log" 2>&1
    ;;
esac
