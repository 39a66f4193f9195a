# lib.sh - what the project's scripts share. Sourced by bash; expects `set -euo pipefail`.
# Everything here is silent unless there is something to do, and then says so in one line on
# standard error.
# shellcheck shell=bash disable=SC2034 # the variables are for those who source this

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log_dir=$root/build/log

# What is fetched lives outside the checkout, so that a clean clone need not fetch it again.
cache_dir=${RUSTLE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rustle}

say() {
    printf 'rustle: %s\n' "$*" >&2
}

die() {
    say "$*"
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# logged LOG COMMAND... - runs the command with its output in build/log/LOG, which is shown if the
# command fails.
logged() {
    local log=$log_dir/$1
    shift
    mkdir -p "$log_dir"
    if ! "$@" >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        say "failed: $*"
        return 1
    fi
}

# retry COMMAND... - up to five times, with growing pauses: for what needs the network.
retry() {
    local pause
    for pause in 2 5 10 20; do
        "$@" && return 0
        sleep "$pause"
    done
    "$@"
}

apt_install() {
    # The update may fail for the sake of some foreign repository; whether the packages can be had
    # is for the installation to say. --no-remove: never trade what the user has for what we want.
    as_root apt-get -q -o DPkg::Lock::Timeout=600 update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends --no-remove \
        -o DPkg::Lock::Timeout=600 install "$@"
}

# need PACKAGE... - installs those Debian packages that are missing.
need() {
    # Elsewhere than on Debian, the build itself tells what is missing.
    command -v dpkg-query >/dev/null || return 0
    local package installed missing=()
    installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null || true)
    for package; do
        grep -q "^ii  *$package\$" <<<"$installed" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
        die "this needs the packages ${missing[*]}; install them, or run it as root or with sudo"
    say "installing ${missing[*]}"
    logged apt.log retry apt_install "${missing[@]}"
}

# cargo_build TARGET CORPUS - builds the Cargo project in this folder, offline, against the crates in
# CORPUS/vendor, and prints the folder of its programs, which stays outside the checkout.
cargo_build() {
    [ -d "${2-}/vendor" ] || die "no folder vendor/ in '${2-}'"
    local vendor target=$cache_dir/$1
    vendor=$(cd "$2/vendor" && pwd)
    cargo build --quiet --release --offline --locked --target-dir "$target" \
        --config 'source.crates-io.replace-with="vendored"' \
        --config "source.vendored.directory=\"$vendor\"" >&2
    printf '%s\n' "$target/release"
}

# configure PRESET [CMAKE-OPTION...] - writes the build files into build/PRESET.
configure() {
    logged "configure-$1.log" cmake -S "$root" --preset "$@"
}

# build PRESET TARGET
build() {
    # A dry run is cheap, and tells whether there is anything to announce.
    if ninja -C "$root/build/$1" -n "$2" | grep -q 'no work to do'; then
        return 0
    fi
    say "building $1"
    logged "build-$1.log" cmake --build "$root/build/$1" --target "$2"
}
