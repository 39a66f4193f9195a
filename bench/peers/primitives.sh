#!/usr/bin/env bash
# primitives.sh CORPUS - builds the programs that bench/primitives compares ours with, and prints the
# folder that they are in. The libraries in C and C++ are Debian's; the crates are those in
# CORPUS/vendor or, if they are not there, Debian's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=lib.sh
source ../../tools/lib.sh

need g++ libboost-dev libck-dev libconcurrentqueue-dev libcuckoo-dev libreaderwriterqueue-dev \
    libtbb-dev liburcu-dev libxxhash-dev librust-flume-dev librust-xxhash-rust-dev

[ -d "${1-}/vendor" ] || die "no folder vendor/ in '${1-}'"
corpus=$(cd "$1" && pwd)
crates=$cache_dir/primitive-crates
mkdir -p "$crates/vendor"
ln -sfn "$corpus"/vendor/* /usr/share/cargo/registry/{flume,spin,xxhash-rust}-* "$crates/vendor"

# DashMap's parking_lot_core names a crate that only Windows needs and Debian's sources leave out.
stub=$crates/vendor/windows-targets-0.52.6
rm -rf "$stub" # never write through a link
mkdir -p "$stub/src"
printf '[package]\nname = "windows-targets"\nversion = "0.52.6"\n' >"$stub/Cargo.toml"
printf '{"files":{},"package":"%064d"}\n' 0 >"$stub/.cargo-checksum.json"
: >"$stub/src/lib.rs"

programs=$root/build/primitive-peers
logged configure-primitive-peers.log cmake -S . -B "$programs" -G Ninja -DCMAKE_BUILD_TYPE=Release
logged build-primitive-peers.log cmake --build "$programs"

cd primitives
folder=$(cargo_build primitive-peers-target "$crates")
ln -sf "$folder/primitive_peers" "$programs/"
printf '%s\n' "$programs"
