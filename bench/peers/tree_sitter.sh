#!/usr/bin/env bash
# tree_sitter.sh - builds tree-sitter's parser of Rust, with npm's grammar on Debian's library, and
# prints the path of the program. Exit status 77 if the grammar cannot be had.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=lib.sh
source ../../tools/lib.sh

name=tree-sitter-rust-0.21.0
sha256=48c414b70e19f2bcc95bf1288bd6819c723392053d6686441324e5ca92051785

need gcc libtree-sitter-dev
command -v npm >/dev/null || need npm

grammar=$cache_dir/$name.tgz
if ! [ -f "$grammar" ]; then
    mkdir -p "$cache_dir"
    partial=$(mktemp -d "$cache_dir/npm.XXXXXX")
    trap 'rm -rf "$partial"' EXIT
    fetch() { (cd "$partial" && npm pack --silent "${name%-*}@${name##*-}"); }
    if ! logged npm.log retry fetch ||
        ! printf '%s  %s\n' "$sha256" "$partial/$name.tgz" | sha256sum --check --quiet >&2; then
        say "no grammar of tree-sitter: npm did not bring $name"
        exit 77
    fi
    mv "$partial/$name.tgz" "$grammar"
fi

built=$root/build/tree-sitter
mkdir -p "$built"
tar -xzf "$grammar" -C "$built"
# Warnings are the grammar's affair.
gcc -O3 -w -I"$built/package/src" "$built"/package/src/{parser,scanner}.c tree_sitter.c \
    -ltree-sitter -o "$built/tree_sitter"
printf '%s\n' "$built/tree_sitter"
