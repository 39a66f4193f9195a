#!/usr/bin/env bash
# build.sh CORPUS - builds the oracle against the crates in CORPUS/vendor and prints the path of the
# program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=lib.sh
source ../../tools/lib.sh

folder=$(cargo_build oracle-target "${1-}")
printf '%s/oracle\n' "$folder"
