#!/usr/bin/env bats
# steps/build-igb-uio.sh with DKMS, modinfo and modprobe stubbed; test/vm builds and loads the real module.
load helper

setup() {
  setup_machine
  make_source
  # $M/built is the vermagic of the module that DKMS has built.
  export BUILT=$M/built DKMS=$M/dkms
  stub dkms 'case "$1" in
    status) cat "$DKMS" 2>/dev/null || true ;;
    add) echo "igb_uio/20241120: added" >"$DKMS" ;;
    install) echo "igb_uio/20241120, 6.8.0-1021-aws, x86_64: installed" >"$DKMS"; echo "6.8.0-1021-aws SMP mod_unload" >"$BUILT" ;;
    remove) rm -f "$DKMS" ;;
  esac'
  stub modinfo 'cat "$BUILT"'
  stub modprobe
  printf 'Linux version 6.8.0-1021-aws (buildd@host) (x86_64-linux-gnu-gcc-12 (Ubuntu 12.3.0) 12.3.0, GNU ld 2.38) #1\n' \
    >"$M/proc/version"
}

make_source() {
  local dir=$BATS_TEST_TMPDIR/dpdk-kmods-git/linux/igb_uio
  mkdir -p "$dir" "$M/state/sources"
  printf 'module\n' >"$dir/igb_uio.c"
  tar -C "$BATS_TEST_TMPDIR" -cJf "$M/state/sources/dpdk-kmods-20241120.tar.xz" dpdk-kmods-git
  RIG_KMODS_SHA256=$(sha256sum <"$M/state/sources/dpdk-kmods-20241120.tar.xz" | cut -d ' ' -f 1)
  export RIG_KMODS_SHA256
}

step() {
  run timeout 120 "$USERDATA/steps/build-igb-uio.sh"
}

@test "through DKMS, with write-combining asked for before the first load" {
  step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  called '^dkms install -m igb_uio -v 20241120 -k 6.8.0-1021-aws'
  grep -q '^options igb_uio wc_activate=1$' "$M/rootfs/etc/modprobe.d/dpdk-rig.conf"
  [ "$(grep -E '^mod' "$CALLS" | tail -n 2 | tr '\n' ' ')" = 'modprobe uio modprobe igb_uio ' ]
  source=$M/rootfs/usr/src/igb_uio-20241120
  grep -q '^PACKAGE_VERSION="20241120"$' "$source/dkms.conf"
  [ -x "$source/compile.sh" ]
  [ -e "$source/igb_uio.c" ]
}

@test "a second run builds nothing" {
  step
  : >"$CALLS"
  step
  [ "$status" -eq 0 ]
  not_called 'dkms (add|install|remove)'
}

@test "a new kernel: built again for that one" {
  step
  printf '6.8.0-1000-aws SMP\n' >"$BUILT"
  : >"$CALLS"
  step
  [ "$status" -eq 0 ]
  called 'dkms install'
}

@test "a newer kernel waits for the reboot: built for that one too, once, and a failure there is only told" {
  mkdir -p "$M/rootfs/boot"
  : >"$M/rootfs/boot/vmlinuz-$RIG_KERNEL"
  : >"$M/rootfs/boot/vmlinuz-6.8.0-1100-aws"
  stub modinfo 'cat "$BUILT.$2"'
  stub dkms 'case "$1" in
    status) [ ! -e "$BUILT.$7" ] || echo "igb_uio/20241120, $7, x86_64: installed" ;;
    install) [ "$7" != "$REFUSED" ] || exit 10; echo "$7 SMP mod_unload" >"$BUILT.$7" ;;
  esac'
  REFUSED=6.8.0-1100-aws step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  [[ $output == *'no igb_uio for 6.8.0-1100-aws: run provision.sh again when it has booted'* ]]
  REFUSED= step
  [ "$status" -eq 0 ]
  called '^dkms install -m igb_uio -v 20241120 -k 6.8.0-1100-aws'
  : >"$CALLS"
  REFUSED= step
  not_called 'dkms (add|install|remove)'
}

@test "the result is for another kernel: E_MODULE_VERMAGIC" {
  stub modinfo 'echo "6.8.0-9999-aws SMP"'
  step
  fails_with E_MODULE_VERMAGIC build-igb-uio
  not_called modprobe
}

@test "DKMS fails without a known reason: E_BUILD_MODULE" {
  stub dkms 'if [ "$1" = install ]; then echo "Error! Bad return status for module build"; exit 10; fi'
  step
  fails_with E_BUILD_MODULE build-igb-uio
  [[ $output == *'Bad return status'* ]]
}

@test "the wrong compiler: E_COMPILER names the right one" {
  stub dkms 'if [ "$1" = install ]; then mkdir -p "$RIG_ROOTFS/var/lib/dkms/igb_uio/20241120/build"
    echo "gcc: error: unrecognized command-line option -ftrivial-auto-var-init=zero" \
      >"$RIG_ROOTFS/var/lib/dkms/igb_uio/20241120/build/make.log"; exit 10; fi'
  step
  fails_with E_COMPILER build-igb-uio
  [[ $output == *'built by gcc-12'* ]]
}

@test "an old source: E_KMODS_OLD" {
  stub dkms 'if [ "$1" = install ]; then echo "error: implicit declaration of function pci_set_dma_mask"; exit 10; fi'
  step
  fails_with E_KMODS_OLD build-igb-uio
}

@test "no headers: E_PACKAGE_MISSING names them" {
  stub dkms 'if [ "$1" = install ]; then echo "Error! Your kernel headers for kernel 6.8.0-1021-aws cannot be found."; exit 1; fi'
  step
  fails_with E_PACKAGE_MISSING build-igb-uio
  [[ $output == *linux-headers-6.8.0-1021-aws* ]]
}

# modprobe_says TEXT CODE
modprobe_says() {
  stub modprobe "if [ \$1 = igb_uio ]; then echo \"modprobe: ERROR: could not insert 'igb_uio': $1\" >&2; exit 1; fi"
  step
  fails_with "$2" build-igb-uio
}

@test "Secure Boot: E_SECURE_BOOT" { modprobe_says 'Key was rejected by service' E_SECURE_BOOT; }
@test "lockdown: E_SECURE_BOOT" { modprobe_says 'Operation not permitted' E_SECURE_BOOT; }
@test "uio not there: E_UIO_MISSING" { modprobe_says 'Unknown symbol in module' E_UIO_MISSING; }
@test "another kernel's module: E_MODULE_VERMAGIC" { modprobe_says 'Exec format error' E_MODULE_VERMAGIC; }
@test "a kernel that came without its headers: E_NOT_BUILT names it" {
  stub modprobe 'echo "modprobe: FATAL: Module $1 not found in directory /lib/modules/6.8.0-1021-aws" >&2; exit 1'
  mkdir -p "$M/sys/module/uio"
  step
  fails_with E_NOT_BUILT build-igb-uio
  [[ $output == *'no igb_uio for 6.8.0-1021-aws'* ]]
  rmdir "$M/sys/module/uio"
  step
  fails_with E_UIO_MISSING build-igb-uio
}

@test "anything else: E_MODULE_LOAD with the words" { modprobe_says 'Cannot allocate memory' E_MODULE_LOAD; }

@test "lockdown that modprobe does not name: E_SECURE_BOOT" {
  mkdir -p "$M/sys/kernel/security"
  printf 'none [integrity] confidentiality\n' >"$M/sys/kernel/security/lockdown"
  modprobe_says 'Invalid argument' E_SECURE_BOOT
}

@test "no source: E_SOURCE_FETCH" {
  rm "$M/state/sources/"*
  RIG_KMODS_MIRRORS=file://$M/nowhere step
  fails_with E_SOURCE_FETCH build-igb-uio
}

@test "in an image: built, not loaded" {
  RIG_PHASE=build step
  [ "$status" -eq 0 ]
  not_called modprobe
}

@test "vfio-pci: nothing to do, and said so" {
  RIG_DRIVER=vfio-pci step
  [ "$status" -eq 0 ]
  [[ $output == *'nothing to build'* ]]
  not_called dkms
  [ ! -e "$M/rootfs/etc/modules-load.d/dpdk-rig.conf" ]
}

@test "compile.sh takes the compiler of the kernel it builds for" {
  mkdir -p "$M/build"
  printf 'CONFIG_CC_VERSION_TEXT="x86_64-linux-gnu-gcc-99 (Ubuntu) 99.1.0"\n' >"$M/build/.config"
  stub make
  run "$USERDATA/rootfs/usr/src/igb_uio/compile.sh" 6.8.0 "$M/build"
  [ "$status" -eq 1 ]
  [[ $output == *'compiler gcc-99 of kernel 6.8.0 is not installed'* ]]
  stub gcc-99
  run "$USERDATA/rootfs/usr/src/igb_uio/compile.sh" 6.8.0 "$M/build"
  [ "$status" -eq 0 ]
  called '^make .* CC=gcc-99 modules'
}

@test "kernel_compiler reads config before /proc/version, in each distribution's words" {
  compiler() { bash -c '. "$1/lib/rig.sh" && kernel_compiler' bash "$USERDATA"; }
  [ "$(compiler)" = gcc-12 ]
  printf 'Linux version 6.12.1+deb13 (debian-kernel@lists.debian.org) (x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0) #1\n' \
    >"$M/proc/version"
  [ "$(compiler)" = gcc-14 ]
  printf 'Linux version 6.18 (builder@host) (gcc (GCC) 15.3.0, GNU ld 2.46) #1\n' >"$M/proc/version"
  [ "$(compiler)" = gcc ]
  mkdir -p "$M/rootfs/boot"
  printf 'CONFIG_CC_VERSION_TEXT="gcc-13 (Ubuntu 13.2.0) 13.2.0"\n' >"$M/rootfs/boot/config-$RIG_KERNEL"
  [ "$(compiler)" = gcc-13 ]
}
