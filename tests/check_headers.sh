#!/bin/sh
# check_headers.sh INCLUDE-DIR CC CXX - every installed header compiles with nothing before it, as
# C17 and as C++17, without a warning.
set -eu

include=$1
count=0
for header in "$include"/*/*.h; do
    [ -e "$header" ] || { echo "no headers in $include" >&2; exit 1; }
    name=${header#"$include"/}
    # Twice, so that a missing include guard shows too.
    printf '#include "%s"\n#include "%s"\n' "$name" "$name" |
        "$2" -x c -std=c17 -Wall -Wextra -Wpedantic -Werror -I"$include" -fsyntax-only -
    printf '#include "%s"\n#include "%s"\n' "$name" "$name" |
        "$3" -x c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -I"$include" -fsyntax-only -
    count=$((count + 1))
done
echo "$count headers"
