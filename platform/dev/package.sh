#!/usr/bin/env bash
# package.sh [test]: builds the three Debian packages into build/package, without the switches that tests drive the programs by.
# test: goes on with package_test.sh, which installs, runs, upgrades and purges them in a clean Debian 12 (needs root).
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in '' | test) ;; *) echo "package: nothing, or test" >&2; exit 2 ;; esac
for tool in dpkg-shlibdeps file; do  # without them CPack makes packages that depend on nothing
  command -v $tool >/dev/null || { echo "package: run platform/dev/setup.sh first" >&2; exit 1; }
done
umask 022
rm -f build/package/*.deb
cmake -S . -B build/package -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DBUILD_TESTING=OFF \
  -DDOORSTEP_DRIVABLE=OFF -DDOORSTEP_SHARE_DIR=/usr/share >/dev/null
cmake --build build/package --target doorstep doorstep-provision doorstep-server >build/package/log.txt 2>&1 \
  || { tail -n 50 build/package/log.txt >&2; exit 1; }
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
for program in doorstep doorstep-provision doorstep-server; do
  platform/dev/sbom.sh "build/package/bin/$program" >"build/package/$program.cdx.json"
done
platform/dev/faults.sh build/package/*.cdx.json
(cd build/package && cpack -G DEB >cpack.txt 2>&1) || { cat build/package/cpack.txt >&2; exit 1; }
for deb in build/package/*.deb; do
  echo "package: $deb, $(($(stat -c %s "$deb") / 1024)) KiB: $(dpkg-deb -f "$deb" Depends)"
done
[ "${1:-}" != test ] || exec platform/dev/package_test.sh
