#!/usr/bin/env bash
# The layer that an image brings for builds without a network: its pins, and the pinned third-party archives.
# Usage: build-sources.sh OUT.tar USERDATA    (called by image.ts)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
readonly out=$1 userdata=$2

layer=$(mktemp -d "${TMPDIR:-/tmp}/rig-vm-sources.XXXXXX")
trap 'rm -rf "$layer"' EXIT
install -D -m 0644 "$here/override.env" "$layer/etc/dpdk-rig/override.env"
install -d "$layer/var/lib/dpdk-rig/sources"
RIG_ETC=$layer/etc/dpdk-rig RIG_RUN=$layer/run RIG_CONSOLE='' \
  bash "$userdata/bin/fetch-sources" "$layer/var/lib/dpdk-rig/sources" >&2
tar -C "$layer" --owner=0 --group=0 -cf "$out" etc var
