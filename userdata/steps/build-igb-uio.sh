#!/usr/bin/env bash
# Builds igb_uio for $RIG_KERNEL through DKMS, loads it, and sees that it is what the kernel takes. With driver vfio-pci
# there is nothing to build: that module comes with the kernel.
# shellcheck source=../lib/rig.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/rig.sh"

build_module() {
  local archive log_file
  archive=$(fetch_kmods)
  log_file=$(tool_log dkms)
  log "building igb_uio $RIG_KMODS_VERSION for $RIG_KERNEL with $(kernel_compiler)"
  # What is left of an attempt before would be taken for this one.
  if [[ -n $(dkms status -m igb_uio -v "$RIG_KMODS_VERSION" 2>/dev/null) ]]; then
    run_logged "$log_file" dkms remove -m igb_uio -v "$RIG_KMODS_VERSION" --all || true
  fi
  prepare_igb_uio "$archive"
  run_logged "$log_file" dkms add -m igb_uio -v "$RIG_KMODS_VERSION" || fail_from_dkms "$log_file"
  run_logged "$log_file" dkms install -m igb_uio -v "$RIG_KMODS_VERSION" -k "$RIG_KERNEL" || fail_from_dkms "$log_file"
}

main() {
  local changed
  begin_step build-igb-uio
  if [[ $RIG_DRIVER != igb_uio ]]; then
    log "driver $RIG_DRIVER comes with the kernel: nothing to build"
    return
  fi
  need_root
  # Before the first load: the module reads its options only then, and cannot be asked for them later.
  changed=$(install_rootfs etc/modprobe.d/dpdk-rig.conf etc/modules-load.d/dpdk-rig.conf)
  if igb_uio_built; then log "igb_uio is built for $RIG_KERNEL"; else build_module; fi
  verify_igb_uio
  build_for_next_boot "$RIG_RUN/log/dkms.log"
  # An image is built under another kernel than it will run.
  if [[ $RIG_PHASE == build ]]; then return; fi
  load_port_driver
  log "igb_uio is loaded${changed:+; installed ${changed//$'\n'/ }}"
}

main
