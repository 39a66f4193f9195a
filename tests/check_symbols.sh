#!/bin/sh
# check_symbols.sh NM ARCHIVE - every global symbol that the archive defines begins with rsl_: a C
# library shares one name space with all the others in a program.
set -eu

defined=$("$1" --defined-only --extern-only --format=posix "$2" | awk 'NF >= 3 { print $1 }')
if ! printf '%s\n' "$defined" | grep -q '^rsl_'; then
    echo "$2 defines no rsl_ symbol at all" >&2
    exit 1
fi
if printf '%s\n' "$defined" | grep -v '^rsl_'; then
    echo "symbols above do not begin with rsl_" >&2
    exit 1
fi
printf '%s symbols\n' "$(printf '%s\n' "$defined" | wc -l)"
