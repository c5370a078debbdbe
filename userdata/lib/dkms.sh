# igb_uio through DKMS, so that a new kernel brings the module with it.
# shellcheck shell=bash

igb_uio_source() {
  printf '%s/usr/src/igb_uio-%s' "$RIG_ROOTFS" "$RIG_KMODS_VERSION"
}

# verify_igb_uio: built for the kernel that will load it.
verify_igb_uio() {
  local vermagic
  vermagic=$(module_vermagic igb_uio)
  [[ -n $vermagic ]] || fail E_NOT_BUILT "no igb_uio for $RIG_KERNEL"
  [[ $vermagic == "$RIG_KERNEL" ]] || fail E_MODULE_VERMAGIC "igb_uio is for $vermagic, the kernel is $RIG_KERNEL"
}

igb_uio_built() {
  [[ $(module_vermagic igb_uio) == "$RIG_KERNEL" ]] \
    && [[ $(dkms status -m igb_uio -v "$RIG_KMODS_VERSION" -k "$RIG_KERNEL" 2>/dev/null) == *installed* ]]
}

# build_for_next_boot LOG: unattended upgrades may have installed a newer kernel before DKMS knew of igb_uio, and nothing
# would build it for that one. What runs now does not need it, so that it fails is said and no more.
build_for_next_boot() {
  local next
  next=$(newest_kernel)
  if [[ -z $next || $next == "$RIG_KERNEL" ]] || RIG_KERNEL=$next igb_uio_built; then return; fi
  log "the next boot takes $next: building igb_uio for it as well"
  run_logged "$1" dkms install -m igb_uio -v "$RIG_KMODS_VERSION" -k "$next" \
    || log "no igb_uio for $next: run provision.sh again when it has booted"
}

# prepare_igb_uio ARCHIVE: the pinned source with the rig's dkms.conf and compile script, where DKMS looks for it.
prepare_igb_uio() {
  local source
  source=$(igb_uio_source)
  unpack "$1" "$RIG_ROOT/src/dpdk-kmods"
  rm -rf "$source"
  mkdir -p "$source"
  cp "$RIG_ROOT/src/dpdk-kmods/linux/igb_uio"/* "$source/"
  rm -rf "$RIG_ROOT/src/dpdk-kmods"
  sed "s/@RIG_KMODS_VERSION@/$RIG_KMODS_VERSION/" "$RIG_USERDATA/rootfs/usr/src/igb_uio/dkms.conf" >"$source/dkms.conf"
  install -m 0755 "$RIG_USERDATA/rootfs/usr/src/igb_uio/compile.sh" "$source/compile.sh"
}

# fail_from_dkms LOG: DKMS keeps the compiler's words in a log of its own.
fail_from_dkms() {
  local make_log=$RIG_ROOTFS/var/lib/dkms/igb_uio/$RIG_KMODS_VERSION/build/make.log
  if [[ -r $make_log ]]; then cat "$make_log" >>"$1"; fi
  if log_says "$1" "ftrivial-auto-var-init|compiler .* is not installed|gcc-[0-9]+: (command )?not found"; then
    fail E_COMPILER "the kernel was built by $(kernel_compiler)"
  fi
  if log_says "$1" 'pci_set_dma_mask'; then fail E_KMODS_OLD "dpdk-kmods $RIG_KMODS_VERSION on $RIG_KERNEL"; fi
  if log_says "$1" 'kernel headers .*(cannot be found|not be found)|kernel source .*cannot'; then
    fail E_PACKAGE_MISSING "linux-headers-$RIG_KERNEL"
  fi
  fail_from_log "$1" E_BUILD_MODULE
}
