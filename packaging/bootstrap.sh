#!/usr/bin/env bash
# Makes .venv ready: system libraries, Python packages at the versions of the lock,
# and a llama-cpp-python that runs on every ARM processor and every x86-64 one with AVX2.
#
#   packaging/bootstrap.sh          what the program needs
#   packaging/bootstrap.sh dev      and what the tests need
#   packaging/bootstrap.sh dist     and what building the installed program needs, and testing it
#
# A second run finds its stamps and ends at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

variant=${1:-runtime}
python=.venv/bin/python
log=.venv/bootstrap.log

say() { printf '%s\n' "vademecum: $*"; }
stop() { printf '%s\n' "vademecum: $*" >&2; exit 1; }

# patiently WORDS COMMAND...: runs the command with its output in the log, says every
# few seconds how long it has been going, and shows the end of the log when it fails.
patiently() {
    local words=$1 begin=$SECONDS child
    shift
    say "$words …"
    set -m # a process group of its own, so that Ctrl-C ends the compilers too
    "$@" </dev/null >>"$log" 2>&1 &
    child=$!
    set +m
    trap 'kill -- "-$child" 2>/dev/null || true; exit 130' INT TERM
    while kill -0 "$child" 2>/dev/null; do
        sleep 1
        local gone=$((SECONDS - begin))
        if [ -t 1 ]; then
            printf '\r  %d s' "$gone"
        elif ((gone > 0 && gone % 15 == 0)); then
            printf '  %d s\n' "$gone"
        fi
    done
    trap - INT TERM
    if [ -t 1 ]; then printf '\r          \r'; fi
    if ! wait "$child"; then
        tail -n 25 "$log" >&2
        stop "that failed; the whole log is in $log"
    fi
    say "$words: done in $((SECONDS - begin)) s"
}

find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    stop "Python 3.11 or newer is needed and was not found. On Debian 12: apt-get install python3"
}

# What Debian must bring, and why.
#   g++ cmake ninja-build      compile llama.cpp
#   libgomp1                   OpenMP, used by llama.cpp and torch
#   libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libglib2.0-0   Qt, on screen and off
#   libxkbcommon-x11-0 libxcb-*   Qt on an X11 screen: the window
#   fonts-noto-cjk             Chinese on pages whose PDF does not carry its font
system_libraries() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || return 0
    local wanted="g++ cmake ninja-build libgomp1 libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1"
    wanted="$wanted libglib2.0-0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1"
    wanted="$wanted libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xkb1 fonts-noto-cjk"
    # The built program is watched, and driven on a screen of its own.
    [ "$variant" != dist ] || wanted="$wanted binutils xz-utils strace xvfb xdotool imagemagick desktop-file-utils"
    local package missing=()
    # The Python of the system comes without its venv module; one from elsewhere has it.
    "$1" -c 'import ensurepip, venv' 2>/dev/null || wanted="$wanted python3-venv"
    for package in $wanted; do
        # Newer releases call some of these differently (libglib2.0-0t64).
        { dpkg-query -W -f='${db:Status-Status}\n' "$package" "${package}t64" 2>/dev/null || true; } |
            grep -qx installed || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            stop "these system packages are missing; ask an administrator to run: apt-get install ${missing[*]}"
        as_root=(sudo)
        say "installing system packages asks for your password: ${missing[*]}"
        sudo -v || stop "please run yourself: sudo apt-get install ${missing[*]}"
    fi
    patiently "looking up system packages" "${as_root[@]}" apt-get update
    patiently "installing system packages (${missing[*]})" \
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

pip() { "$python" -m pip --disable-pip-version-check "$@"; }

pin() { grep -E "^$1==" packaging/requirements.lock; }

# The package comes as source only, and its default build uses what the processor of the
# building machine has: that crashes on some.  pip's own cache does not know the difference,
# so the wheel is built explicitly and kept, with its checksum, for every later clone.
# For x86-64 Linux the kernels are compiled once more, for AVX-512 without AMX (which crashed);
# the program uses them where the processor has it and a throw-away process wrote with them.
llama_wheel() {
    local version machine cache building
    version=$(pin llama-cpp-python | sed 's/.*==//')
    machine=$("$python" -c 'import sysconfig; print(sysconfig.get_platform())')
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/vademecum/wheels/llama-cpp-python-$version-portable-and-wide-$machine
    if ! (cd "$cache" 2>/dev/null && sha256sum --status -c SHA256SUMS 2>/dev/null); then
        mkdir -p "$(dirname "$cache")"
        building=$(mktemp -d "$cache.XXXXXX")
        patiently "downloading the source of llama.cpp" pip download --no-deps --no-cache-dir \
            --no-binary llama-cpp-python --dest "$building" "llama-cpp-python==$version"
        tar -xzf "$building"/*.tar.gz -C "$building"
        rm "$building"/*.tar.gz
        local source=$building/llama_cpp_python-$version
        patiently "compiling llama.cpp once for this user (about 5 minutes on 2 cores)" \
            compile_llama "$source" "$building"
        if [ "$machine" = linux-x86_64 ]; then
            patiently "compiling its kernels for AVX-512 (about a minute on 2 cores)" \
                compile_wide_kernels "$source/vendor/llama.cpp" "$building"
        fi
        rm -rf "$source"
        (cd "$building" && sha256sum ./* >SHA256SUMS)
        chmod 755 "$building"
        rm -rf "$cache"
        mv "$building" "$cache"
    fi
    wheel=$(echo "$cache"/*.whl)
    wide=$cache/libggml-cpu.so
}

# compile_llama SOURCE INTO: the wheel
compile_llama() {
    CMAKE_ARGS="-DGGML_NATIVE=OFF" CMAKE_BUILD_PARALLEL_LEVEL="$(getconf _NPROCESSORS_ONLN)" \
        pip wheel --no-deps --no-cache-dir --wheel-dir "$2" "$1"
}

# compile_wide_kernels SOURCE INTO: libggml-cpu.so for what processors with AVX-512 have had since 2019
compile_wide_kernels() {
    local build=$1/build-avx512
    cmake -S "$1" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_NATIVE=OFF \
        -DGGML_AVX512=ON -DGGML_AVX512_VBMI=ON -DGGML_AVX512_VNNI=ON \
        -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON -DCMAKE_INSTALL_RPATH='$ORIGIN/..' \
        -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
        -DLLAMA_BUILD_SERVER=OFF
    cmake --build "$build" --target ggml-cpu
    cp -L "$build/bin/libggml-cpu.so" "$2/"
}

install_packages() {
    patiently "downloading and installing torch" pip install "$(pin torch)"
    llama_wheel
    patiently "installing llama-cpp-python" pip install --no-deps --force-reinstall "$wheel"
    if [ -f "$wide" ]; then
        install -D -m 755 "$wide" "$("$python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')/llama_cpp/lib/avx512/libggml-cpu.so"
    fi
    patiently "downloading and installing the pinned packages" pip install "$@"
    patiently "installing vademecum itself" pip install --no-deps --no-build-isolation -e .
}

stamp() {
    { cat pyproject.toml packaging/bootstrap.sh packaging/requirements*.lock && pwd && "$python" -V; } |
        sha256sum | cut -d ' ' -f 1
}

stamped() { [ -x "$python" ] && [ "$(cat ".venv/.$1.stamp" 2>/dev/null)" = "$(stamp)" ]; }

if stamped "$variant"; then exit 0; fi

# The portable build and the models' own kernels need AVX2, which x86-64 processors have had since 2013.
if [ "$(uname -m)" = x86_64 ] && [ -r /proc/cpuinfo ] && ! grep -qw avx2 /proc/cpuinfo; then
    stop "this processor has no AVX2, which the language model needs; use a computer made after 2013"
fi

base=$(find_python)
mkdir -p .venv
system_libraries "$base"
if ! "$python" -m pip --version >/dev/null 2>&1; then
    patiently "creating .venv" "$base" -m venv .venv
fi
case $variant in
    runtime) install_packages -r packaging/requirements.lock ;;
    dev) install_packages -r packaging/requirements.lock -r packaging/requirements-dev.lock ;;
    dist) install_packages -r packaging/requirements.lock -r packaging/requirements-dist.lock ;;
    *) stop "unknown variant: $variant (runtime, dev or dist)" ;;
esac
stamp >".venv/.$variant.stamp"
stamp >.venv/.runtime.stamp
say "everything is installed"
