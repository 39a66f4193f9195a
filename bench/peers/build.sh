#!/usr/bin/env bash
# build.sh CORPUS - builds the peers against the crates in CORPUS/vendor and prints the path of the
# program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=lib.sh
source ../../tools/lib.sh

folder=$(cargo_build peers-target "${1-}")
printf '%s/peers\n' "$folder"
