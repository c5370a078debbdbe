#!/usr/bin/env bash
# DPDK for the guest, built by the rig's own step in the guest's release: a chroot of its root tree.
# Usage: build-dpdk.sh OUT.tar ROOT.tar SOURCES.tar USERDATA EXTRA_DRIVERS    (root needed; called by image.ts)
set -euo pipefail
readonly out=$1 root_tar=$2 sources_tar=$3 userdata=$4 drivers=$5

root=$(mktemp -d "${TMPDIR:-/tmp}/rig-vm-dpdk.XXXXXX")
trap 'rm -rf --one-file-system "$root"' EXIT
tar -C "$root" -xpf "$root_tar"
tar -C "$root" -xpf "$sources_tar"
mkdir -p "$root/opt/dpdk-rig"
cp -r "$userdata" "$root/opt/dpdk-rig/userdata"
# Namespaces of its own, so that /proc in the chroot goes away with the build.
unshare --mount --pid --fork --mount-proc="$root/proc" chroot "$root" \
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin RIG_PHASE=build RIG_CONSOLE= RIG_EXTRA_DRIVERS="$drivers" \
  bash /opt/dpdk-rig/userdata/steps/build-dpdk.sh >&2
tar -C "$root" --owner=0 --group=0 -cf "$out" opt/dpdk-rig/dpdk
