#!/usr/bin/env bash
# pipeline.sh CORPUS - builds the program of the shape that rustle replaces, against the crates in
# CORPUS/vendor and Debian's flume, and prints its path.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=lib.sh
source ../../tools/lib.sh

need librust-flume-dev

[ -d "${1-}/vendor" ] || die "no folder vendor/ in '${1-}'"
corpus=$(cd "$1" && pwd)
crates=$cache_dir/pipeline-crates
mkdir -p "$crates/vendor"
ln -sfn "$corpus"/vendor/* /usr/share/cargo/registry/{flume,spin}-* "$crates/vendor"

# parking_lot_core and others name crates that only Windows needs and Debian's sources leave out.
stub() {
    local dir=$crates/vendor/$1-$2
    [ ! -e "$corpus/vendor/$1-$2" ] || return 0
    rm -rf "$dir" # never write through a link
    mkdir -p "$dir/src"
    printf '[package]\nname = "%s"\nversion = "%s"\n' "$1" "$2" >"$dir/Cargo.toml"
    printf '{"files":{},"package":"%064d"}\n' 0 >"$dir/.cargo-checksum.json"
    : >"$dir/src/lib.rs"
}
stub windows-targets 0.52.6

cd pipeline
folder=$(cargo_build pipeline-peer-target "$crates")
printf '%s/pipeline\n' "$folder"
