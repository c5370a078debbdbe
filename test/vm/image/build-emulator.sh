#!/usr/bin/env bash
# Unpacks Debian 13's QEMU into the folder OUT, to be run by OUT/run PROGRAM ARGUMENT... through its own dynamic loader:
# the host keeps its libraries, and every machine emulates with the same QEMU. Debian 12's 7.2 now and then loses the
# processor's flags on an interrupt, which shows as a random oops of the guest's kernel.
# Usage: build-emulator.sh OUT    (called by image.ts)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=mirror.sh
. "$here/mirror.sh"
readonly out=$1

mmdebstrap --quiet --variant=extract --mode=root --aptopt='APT::Install-Recommends "false"' \
  --include=libc6,qemu-system-x86,qemu-utils,seabios "$suite" "$out" "$(find_mirror)"
cat >"$out/run" <<'RUN'
#!/bin/sh
# Runs one of the programs here: run qemu-img create ...
root=$(cd "$(dirname "$0")" && pwd)
program=$1
shift
case $program in
  qemu-system-*) set -- -L "$root/usr/share/qemu" -L "$root/usr/share/seabios" "$@" ;;
esac
# Without its own module path QEMU would load parts of the host's QEMU.
export QEMU_MODULE_DIR="$root/usr/lib/x86_64-linux-gnu/qemu"
exec "$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" "$root/usr/bin/$program" "$@"
RUN
chmod 0755 "$out/run"
"$out/run" qemu-system-x86_64 --version >&2
