#!/usr/bin/env bash
# The end of an image build: verifies that the kernel which the image will boot has igb_uio, and takes out what belongs
# to this machine alone. What stays is the same for every machine made of the image.
# shellcheck source=../lib/rig.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/rig.sh"

# check_kernel: unattended upgrades may have brought another kernel while the build ran.
check_kernel() {
  local kernel
  kernel=$(newest_kernel)
  if [[ -z $kernel || $RIG_DRIVER != igb_uio ]]; then return; fi
  if ! RIG_KERNEL=$kernel igb_uio_built; then
    fail E_MODULE_VERMAGIC "the image will boot $kernel, and igb_uio is for $RIG_KERNEL"
  fi
}

# forget_machine: the settings and signal URLs of the stack that baked it, and what this machine knew of its port.
# Fetched archives go as well: what was built of them is there.
forget_machine() {
  rm -rf "$RIG_ETC/rig.env" "$RIG_ROOT/src" "$RIG_STATE/sources"
  rm -f "$RIG_STATE"/{port.env,milestones.json,measurement.json} "$RIG_STATE"/{pollcore,bookfeed}.{env,started}
  rm -f "$RIG_ROOTFS"/etc/cloud/cloud.cfg.d/99-dpdk-rig-network.cfg
}

main() {
  begin_step seal-image
  [[ $RIG_PHASE == build ]] || fail E_CONFIG "RIG_PHASE is '$RIG_PHASE', allowed here is build: a rig would lose its port"
  need_root
  check_kernel
  forget_machine
  log "sealed: DPDK $(dpdk_installed_version), pollcore, ${RIG_DRIVER}${RIG_KERNEL:+ for $RIG_KERNEL}"
}

main
