#!/usr/bin/env bash
# Removes the program that install.sh installed for the current user.
#
#   uninstall.sh               the library, the models and the settings stay
#   uninstall.sh --with-data   asks, and then removes these, too
set -euo pipefail

case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in zh*) chinese=1 ;; *) chinese= ;; esac

# say ENGLISH CHINESE
say() { if [ -n "$chinese" ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi; }
stop() { say "$1" "$2" >&2; exit 1; }

running() {
    local link
    for link in /proc/[0-9]*/exe; do
        case $(readlink "$link" 2>/dev/null || true) in "$1"/*) return 0 ;; esac
    done
    return 1
}

# All of it is read before the first line runs: this file is among those that go.
main() {
    local with_data= target command entry data settings answer folder
    case ${1:-} in
        '') ;;
        --with-data) with_data=1 ;;
        *) stop "usage: uninstall.sh [--with-data]" "用法：uninstall.sh [--with-data]" ;;
    esac
    [ -n "${HOME:-}" ] || stop "There is no home folder." "没有主目录。"
    target=$HOME/.local/opt/vademecum
    command=$HOME/.local/bin/vademecum
    entry=${XDG_DATA_HOME:-$HOME/.local/share}/applications/vademecum.desktop
    data=${XDG_DATA_HOME:-$HOME/.local/share}/vademecum
    settings=${XDG_CONFIG_HOME:-$HOME/.config}/vademecum
    if [ -d "$target" ] && running "$(cd "$target" && pwd -P)"; then
        stop "Vademecum is running: close it and start uninstall.sh again." "Vademecum 正在运行：请先关闭，再运行 uninstall.sh。"
    fi
    if [ -n "$with_data" ]; then
        say "This removes for good, with every document, question and answer in it:" \
            "以下内容（包括其中所有文档、问题和回答）将被永久删除："
        for folder in "$data" "$settings"; do printf '    %s\n' "$folder"; done
        if [ -n "${VADEMECUM_HOME:-}" ]; then
            say "VADEMECUM_HOME ($VADEMECUM_HOME) is a folder of your choice: it is not touched." \
                "VADEMECUM_HOME（$VADEMECUM_HOME）是您自选的文件夹，不会被更改。"
        fi
        say "Libraries in other places stay. Type DELETE to go on:" "其他位置的资料库会保留。输入 DELETE 以继续："
        read -r answer || answer=
        [ "$answer" = DELETE ] || stop "Nothing was removed." "未删除任何内容。"
    fi
    # Below other programs' entries only what is ours.
    if [ "$(readlink "$command" 2>/dev/null || true)" = "$(cd "$target" 2>/dev/null && pwd -P)/vademecum" ] ||
        { [ -L "$command" ] && [ ! -e "$command" ]; }; then
        rm -f "$command"
    fi
    rm -f "$entry"
    cd /
    rm -rf "$target" "$HOME"/.local/opt/.vademecum-old "$HOME"/.local/opt/.vademecum-new.*
    if [ -n "$with_data" ]; then
        rm -rf "$data" "$settings"
        say "Vademecum, its library, models and settings were removed." "Vademecum 及其资料库、模型和设置已删除。"
    else
        say "Vademecum was removed. Your library and models are still in $data" "Vademecum 已删除。您的资料库和模型仍在 $data"
    fi
}

main "$@"
exit
