#!/bin/sh
# build_with_pkg_config.sh PKGCONFIG-DIR OUT-DIR CC CXX [FLAG...] - builds and runs both consumers
# with nothing but what rustle.pc says.
set -eu

here=$(dirname "$0")
out=$2
cc=$3
cxx=$4
PKG_CONFIG_PATH=$1
export PKG_CONFIG_PATH
shift 4

cflags=$(pkg-config --cflags rustle)
libs=$(pkg-config --libs rustle)
# shellcheck disable=SC2086 # lists of flags, to be split
{
    "$cc" -std=c17 "$@" $cflags "$here/consumer.c" $libs -o "$out/pkg_config_c"
    "$cxx" -std=c++17 "$@" $cflags "$here/consumer.cc" $libs -o "$out/pkg_config_cc"
}
"$out/pkg_config_c"
"$out/pkg_config_cc"
