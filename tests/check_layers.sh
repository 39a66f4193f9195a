#!/bin/sh
# check_layers.sh SOURCE-DIR - the folders of the library include only what lies below them.
set -eu

cd "$1"
status=0
check() {
    folder=$1
    shift
    [ -d "$folder" ] || return 0
    # Whatever is included with quotes and does not begin with an allowed folder.
    allowed=$(printf '|%s' "$folder" "$@")
    found=$(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"' -r "$folder" \
        --include='*.[ch]' --include='*.def' --include='*.inc' |
        grep -vE "include[[:space:]]+\"(${allowed#|})/" || true)
    if [ -n "$found" ]; then
        printf '%s may not include:\n%s\n' "$folder" "$found" >&2
        status=1
    fi
}

check ds
check lexer ds
check parser lexer ds
check sched ds
check index sched parser lexer ds
exit $status
