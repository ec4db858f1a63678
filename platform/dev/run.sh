#!/usr/bin/env bash
# run.sh [--as worker|supervisor]: does the main job with the real programs. With a display: starts a case server on
# loopback in a fresh folder, enrols a worker's and a supervisor's tablet and opens the app. Without one: tells the whole
# story under Xvfb, one line and one picture per step (build/demo).
set -euo pipefail
cd "$(dirname "$0")/../.."
who=worker
while [ $# -gt 0 ]; do
  case "$1" in
    --as) who=${2:-}; shift 2 ;;
    *) echo "run: unknown word $1; try: run.sh [--as worker|supervisor]" >&2; exit 2 ;;
  esac
done
case "$who" in worker) ref=W1001 ;; supervisor) ref=W1009 ;; *) echo "run: --as worker or --as supervisor" >&2; exit 2 ;; esac

platform/dev/setup.sh
echo "run: building (5 to 15 minutes the first time; build/run.txt says how far it is)"
mkdir -p build
platform/dev/build.sh release doorstep doorstep-server doorstep-provision doorstep_story >build/run.txt 2>&1 ||
  { tail -n 50 build/run.txt >&2; exit 1; }
bin=$PWD/build/release/bin

if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  echo "run: no display here, so the story is told under Xvfb; pictures go to build/demo"
  exec "$bin/doorstep_story" --out build/demo
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/doorstep-demo.XXXXXX")
server() { "$bin/doorstep-server" --data "$folder/server" "$@"; }
server init --name localhost --also 127.0.0.1 --council "Northmere Council" --council-id northmere --demonstration >/dev/null
server import "$PWD/assets/demo" --relative-dates >/dev/null
server serve --listen 127.0.0.1:0 --enrol-listen 127.0.0.1:0 --ports-file "$folder/ports" >"$folder/server.log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; wait $pid 2>/dev/null || true' EXIT
for _ in $(seq 100); do [ -s "$folder/ports" ] && grep -q enrol "$folder/ports" && break; read -rt 0.1 <> <(:) || true; done
cp "$folder/server/ca.pem" "$folder/ca.pem"
cat >"$folder/device.toml" <<TOML
version = 1
[council]
id = "northmere"
name = "Northmere Council"
[server]
url = "https://$(awk '$1 == "sync" { print $2 }' "$folder/ports")"
enrol_url = "https://$(awk '$1 == "enrol" { print $2 }' "$folder/ports")"
name = "localhost"
ca_file = "ca.pem"
[contacts]
it = "01632 960903"
[[contacts.duty]]
label = "Duty manager"
number = "01632 960901"
[[contacts.out_of_hours]]
label = "Emergency duty team"
number = "01632 960902"
[tablet]
demonstration = true
TOML
for pair in worker:W1001 supervisor:W1009; do
  "$bin/doorstep-provision" enrol "$folder/device.toml" --token "$(server token "${pair#*:}" 2>/dev/null | head -n 1)" \
    --tablet "$folder/${pair%%:*}" >/dev/null
done
echo "run: server and two enrolled tablets are in $folder"
echo "run: at the first unlock choose a passphrase, for example"
echo "run:   worker Ruth Adeyemi       quiet river lantern teapot"
echo "run:   supervisor Helen Price    amber window orchard piano"
echo "run: the other tablet, in another terminal: $bin/doorstep --tablet $folder/$([ "$who" = worker ] && echo supervisor || echo worker)"
"$bin/doorstep" --tablet "$folder/$who"
