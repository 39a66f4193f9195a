#!/bin/sh
# check_hardened.sh READELF PROGRAM LIBRARY - the program and the shared library were built as
# RUSTLE_HARDEN promises: addresses at random, nothing that is called through can be written once
# they are loaded, no stack can be executed, and overflows of buffers on it are noticed.
set -eu

readelf=$1 program=$2 library=$3
failed=0

# has FILE WHAT OPTIONS PATTERN - what readelf prints of the file with these options says so.
has() {
    # shellcheck disable=SC2086 # options are words
    if ! "$readelf" $3 "$1" | grep -Eq "$4"; then
        echo "$1: $2 is missing" >&2
        failed=1
    fi
}

for file in "$program" "$library"; do
    has "$file" 'RELRO' -lW '^ *GNU_RELRO '
    has "$file" 'BIND_NOW' -dW '(FLAGS).* BIND_NOW|\(BIND_NOW\)'
    has "$file" 'a stack that is not executed' -lW '^ *GNU_STACK .* RW +0x'
    has "$file" 'the stack protector' '-W --dyn-syms' ' UND __stack_chk_fail(@| |$)'
done
has "$program" 'PIE' -dW 'Flags:.* PIE'
has "$program" '_FORTIFY_SOURCE' '-W --dyn-syms' ' UND __[a-z]+_chk(@| |$)'
exit $failed
