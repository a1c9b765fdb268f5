#!/usr/bin/env bash
# Installs Vademecum for the current user, or puts this version in the place of an earlier one:
#
#   ~/.local/opt/vademecum                            the program
#   ~/.local/bin/vademecum                            its command
#   ~/.local/share/applications/vademecum.desktop     its entry in the menu
#
# Needs no administrator and no network.  Libraries and models lie elsewhere and are not touched.
set -euo pipefail

case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in zh*) chinese=1 ;; *) chinese= ;; esac

# say ENGLISH CHINESE
say() { if [ -n "$chinese" ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi; }
stop() { say "$1" "$2" >&2; exit 1; }

# Whether a program below that folder is running.
running() {
    local link
    for link in /proc/[0-9]*/exe; do
        case $(readlink "$link" 2>/dev/null || true) in "$1"/*) return 0 ;; esac
    done
    return 1
}

# The value of Exec for a path: quoted as the specification of desktop entries asks.
quoted() { printf '"%s"' "$(printf '%s' "$1" | sed -e 's/[\\"`$]/\\&/g' -e 's/\\/\\\\/g' -e 's/%/%%/g')"; }

main() {
    local here opt target bin menu new old entry line
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
    [ -n "${HOME:-}" ] && [ -d "$HOME" ] ||
        stop "There is no home folder to install into." "没有可供安装的主目录。"
    for line in vademecum vademecum-window; do
        [ -x "$here/$line" ] && [ -d "$here/_internal" ] ||
            stop "$here does not hold the whole program: unpack the archive again." "$here 中的程序不完整，请重新解压。"
    done
    opt=$HOME/.local/opt
    bin=$HOME/.local/bin
    menu=${XDG_DATA_HOME:-$HOME/.local/share}/applications
    mkdir -p "$opt" "$bin" "$menu"
    target=$(cd "$opt" && pwd -P)/vademecum
    opt=$(dirname "$target")
    old=$opt/.vademecum-old
    [ "$here" != "$target" ] ||
        stop "This is the installed program; start install.sh of the version that you unpacked." \
            "这就是已安装的程序；请运行新解压版本中的 install.sh。"
    if running "$target"; then
        stop "Vademecum is running: close it and start install.sh again." "Vademecum 正在运行：请先关闭，再运行 install.sh。"
    fi
    # An installation that was cut off between its two renames.
    if [ -d "$old" ] && [ ! -e "$target" ]; then mv "$old" "$target"; fi
    rm -rf "$old" "$opt"/.vademecum-new.*

    say "Copying the program to $target …" "正在将程序复制到 $target ……"
    new=$(mktemp -d "$opt/.vademecum-new.XXXXXX")
    trap 'rm -rf "$new"' EXIT
    trap 'exit 130' INT TERM
    cp -R -P -p "$here/." "$new/" ||
        stop "The program could not be copied; nothing was changed. Is the disk full?" "无法复制程序，未作任何更改。磁盘是否已满？"
    chmod 755 "$new"
    if [ -f "$new/MANIFEST.sha256" ]; then
        "$new/vademecum" self-test --files >/dev/null ||
            stop "The copy is damaged; nothing was changed. Fetch the archive again." "副本已损坏，未作任何更改。请重新获取安装包。"
    fi
    if [ -e "$target" ]; then mv "$target" "$old"; fi
    if ! mv "$new" "$target"; then
        if [ -d "$old" ]; then mv "$old" "$target"; fi
        stop "The program could not be put in its place; the earlier one is still there." "无法完成安装，原来的版本仍在。"
    fi
    trap - EXIT
    rm -rf "$old"

    if [ -e "$bin/vademecum" ] && [ ! -L "$bin/vademecum" ]; then
        say "$bin/vademecum is something else and was left alone." "$bin/vademecum 是其他文件，未作更改。"
    else
        ln -sfn "$target/vademecum" "$bin/vademecum"
    fi
    entry=$menu/.vademecum.desktop.new
    while IFS= read -r line; do
        case $line in
            Exec=*) printf 'Exec=%s\n' "$(quoted "$target/vademecum-window")" ;;
            Icon=*) printf 'Icon=%s\n' "${target//\\/\\\\}/vademecum.png" ;;
            *) printf '%s\n' "$line" ;;
        esac
    done <"$target/vademecum.desktop" >"$entry"
    mv "$entry" "$menu/vademecum.desktop"

    say "Vademecum is installed. It is in the menu; in a terminal: vademecum --help" \
        "Vademecum 已安装，可从菜单启动；在终端中：vademecum --help"
    case :$PATH: in
        *":$bin:"*) ;;
        *) say "($bin is not on your PATH yet: log in again, or call $bin/vademecum.)" \
            "（$bin 尚未加入 PATH：请重新登录，或直接运行 $bin/vademecum。）" ;;
    esac
}

main "$@"
exit
