#!/usr/bin/env bash
# Packs the built program: the same folder gives the same archive, byte for byte.
#
#   packaging/linux/archive.sh FOLDER INTO     ->  INTO/vademecum-VERSION-linux-MACHINE.tar.xz
set -euo pipefail

folder=$(cd "$1" && pwd -P)
into=$(cd "$2" && pwd -P)
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)/pyproject.toml
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$project" | head -n 1)
when=${SOURCE_DATE_EPOCH:-$(git -C "$(dirname "$project")" log -1 --format=%ct 2>/dev/null || echo 0)}
archive=$into/vademecum-$version-linux-$(uname -m).tar.xz

# Two threads, whatever the computer has: with one, xz writes its blocks differently.
LC_ALL=C tar --create --format=gnu --sort=name --mtime="@$when" --owner=0 --group=0 --numeric-owner \
    --mode=u+rwX,go+rX,go-w --directory "$(dirname "$folder")" -- "$(basename "$folder")" |
    xz -T2 -6 --stdout >"$archive.new"
mv "$archive.new" "$archive"
(cd "$into" && sha256sum "$(basename "$archive")" | tee "$archive.sha256")
