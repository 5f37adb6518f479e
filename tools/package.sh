#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Packs what `cmake --install` installs: a Debian package and a tarball, below BUILD/package.
# Usage: tools/package.sh BUILD; prints the two paths. The dependencies are those that dpkg-shlibdeps
# finds in the binaries; the recorder itself needs nothing but libc.
set -euo pipefail
build=${1:?usage: tools/package.sh BUILD}
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$build" && pwd)
out=$build/package
version=$(sed -n 's/^project(dbgtrace VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
architecture=$(dpkg --print-architecture)
machine=$(uname -m)
rm -rf "$out"
mkdir -p "$out/deb/DEBIAN" "$out/debian"

stage() { # PREFIX
  cmake --install "$build" --prefix "$1" >/dev/null
  strip --strip-unneeded "$1/bin/dbgtrace"
}

# --- the tarball: unpack it anywhere, the command finds the library beside itself
name=dbgtrace-$version-linux-$machine
stage "$out/$name"
tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner -czf "$out/$name.tar.gz" "$name"

# --- the Debian package
deb=$out/deb
stage "$deb/usr"
doc=$deb/usr/share/doc/dbgtrace
mv "$doc/LICENSE" "$doc/copyright"
gzip -9n "$doc/CHANGELOG.md" "$deb/usr/share/man/man1/dbgtrace.1"
chmod 644 "$deb/usr/lib/libdbgtrace.so"
printf 'Source: dbgtrace\n\nPackage: dbgtrace\nArchitecture: any\n' >"$out/debian/control"
depends=$(cd "$out" && dpkg-shlibdeps -O deb/usr/bin/dbgtrace deb/usr/lib/libdbgtrace.so 2>/dev/null |
  sed -n 's/^shlibs:Depends=//p')
[[ -n $depends ]] || { echo "package: dpkg-shlibdeps found no dependencies" >&2; exit 1; }
cat >"$deb/DEBIAN/control" <<END
Package: dbgtrace
Version: $version
Architecture: $architecture
Maintainer: The dbgtrace developers <dbgtrace@localhost>
Installed-Size: $(du -sk --exclude=DEBIAN "$deb" | cut -f1)
Depends: $depends
Section: devel
Priority: optional
Description: flight recorder for native Linux programs
 A library to preload into an unmodified program and a command that reads what it
 recorded: where the program's memory came from and, when it dies, why. One bounded
 file that is readable at any moment, also after kill -9.
END
(cd "$deb" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
find "$deb" -type d -exec chmod 755 {} +
dpkg-deb --root-owner-group --build "$deb" "$out/dbgtrace_${version}_$architecture.deb" >/dev/null
rm -rf "$deb" "$out/debian" "${out:?}/$name"
ls "$out"/*.deb "$out"/*.tar.gz
