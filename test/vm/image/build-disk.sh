#!/usr/bin/env bash
# Packs root.tar and what is laid over it (the guest's DPDK) into DISK, a bare ext4 file system: no partition table,
# no loop device. Usage: build-disk.sh DISK ROOT.tar [OVER.tar...]    (root needed; called by image.ts)
set -euo pipefail
readonly disk=$1 size=6G
shift

root=$(mktemp -d "${TMPDIR:-/tmp}/rig-vm-disk.XXXXXX")
trap 'rm -rf --one-file-system "$root"' EXIT
for layer in "$@"; do
  tar -C "$root" --numeric-owner -xpf "$layer"
done
rm -f "$disk.part"
# The journal and lazily written tables would only be written again and again in every test's overlay.
mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=0,nodiscard -L rig-root -d "$root" "$disk.part" "$size"
mv "$disk.part" "$disk"
