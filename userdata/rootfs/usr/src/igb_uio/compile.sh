#!/usr/bin/env bash
# Usage: compile.sh KERNEL BUILD_DIR. Compiles igb_uio with the compiler that KERNEL was built with. Called by DKMS,
# also long after provisioning, so it stands alone.
set -euo pipefail
kernel=$1
build=$2
compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ "]*\).*/\1/p' "$build/.config" 2>/dev/null) || compiler=
compiler=${compiler##*/}
compiler=${compiler#*-linux-gnu-}
: "${compiler:=gcc}"
if ! command -v "$compiler" >/dev/null; then
  printf 'igb_uio: the compiler %s of kernel %s is not installed\n' "$compiler" "$kernel" >&2
  exit 1
fi
exec make -C "$build" M="$PWD" CC="$compiler" modules
