# Strict mode, paths, settings and all function files; every script of userdata/ sources this first.
# Sourcing it has no effect on the machine.
# shellcheck shell=bash
set -euo pipefail
shopt -s inherit_errexit

# Messages of tools are matched by text (lib/classify.sh), so they must be the untranslated ones.
export LC_ALL=C

rig_lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for rig_part in paths config log status fault step run fetch imds pci nic netconf kernel hugepages packages dpdk dkms core \
  measurement signal milestone rootfs; do
  # shellcheck source=/dev/null
  . "$rig_lib/$rig_part.sh"
done
unset rig_part
