#!/usr/bin/env bash
# archives.sh CORPUS - builds the peer of a scan of archives against the crates in CORPUS/vendor, and
# prints the path of the program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/archives"
# shellcheck source=lib.sh
source ../../../tools/lib.sh

[ -d "${1-}/vendor" ] || die "no folder vendor/ in '${1-}'"
corpus=$(cd "$1" && pwd)
crates=$cache_dir/archive-crates
mkdir -p "$crates/vendor"
ln -sfn "$corpus"/vendor/* "$crates/vendor"

# tar's filetime names a crate that only Windows needs and Debian's sources leave out.
stub=$crates/vendor/windows-sys-0.59.0
rm -rf "$stub" # never write through a link
mkdir -p "$stub/src"
printf '[package]\nname = "windows-sys"\nversion = "0.59.0"\n[features]\n' >"$stub/Cargo.toml"
printf '%s = []\n' Win32_Foundation Win32_Storage_FileSystem >>"$stub/Cargo.toml"
printf '{"files":{},"package":"%064d"}\n' 0 >"$stub/.cargo-checksum.json"
: >"$stub/src/lib.rs"

folder=$(cargo_build archive-peers-target "$crates")
printf '%s/archive_peers\n' "$folder"
