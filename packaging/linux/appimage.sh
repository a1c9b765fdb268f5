#!/usr/bin/env bash
# Not run: appimagetool and its runtime come from the network.  Written from the documentation of AppImage.
#
# Packs the built program as one file that is started as it is.
#
#   packaging/linux/appimage.sh FOLDER INTO    ->  INTO/Vademecum-VERSION-MACHINE.AppImage
set -euo pipefail

command -v appimagetool >/dev/null || {
    echo "appimagetool is not on PATH: get it from https://github.com/AppImage/appimagetool and start this again." >&2
    exit 1
}
folder=$(cd "$1" && pwd -P)
into=$(cd "$2" && pwd -P)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
project=$here/../../pyproject.toml
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$project" | head -n 1)
machine=$(uname -m)

room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
app=$room/Vademecum.AppDir
mkdir -p "$app/usr/lib"
cp -R -P -p "$folder" "$app/usr/lib/vademecum"
cp "$here/vademecum.desktop" "$app/vademecum.desktop"
cp "$here/../icons/vademecum-256.png" "$app/vademecum.png"
ln -s vademecum.png "$app/.DirIcon"
# Without words the window, with words the command line.
cat >"$app/AppRun" <<'RUN'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
if [ $# -eq 0 ]; then
    exec "$here/usr/lib/vademecum/vademecum-window"
fi
exec "$here/usr/lib/vademecum/vademecum" "$@"
RUN
chmod 755 "$app/AppRun"
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct 2>/dev/null || echo 0)}
ARCH=$machine VERSION=$version appimagetool "$app" "$into/Vademecum-$version-$machine.AppImage"
