#!/usr/bin/env bats
# steps/seal-image.sh, and that a machine made of a sealed image has nothing left to build.
load helper

setup() {
  setup_machine
  export RIG_PHASE=build
  stub pkg-config 'echo 24.11.8'
  stub modinfo 'case "$*" in *"-k $KERNEL "*) echo "$KERNEL SMP mod_unload" ;; *) exit 1 ;; esac'
  stub dkms 'printf "igb_uio/20241120, %s, x86_64: installed\n" "$KERNEL"'
  export KERNEL=$RIG_KERNEL
  mkdir -p "$M/rootfs/boot"
  : >"$M/rootfs/boot/vmlinuz-$RIG_KERNEL"
}

step() {
  run timeout 120 "$USERDATA/steps/seal-image.sh"
}

@test "nothing of the machine that baked it is left" {
  mkdir -p "$M/state/sources" "$M/root/src/dpdk" "$M/root/bin" "$M/rootfs/etc/cloud/cloud.cfg.d"
  save_port_env 0000:00:06.0
  for file in etc/rig.env state/pollcore.env state/pollcore.started state/milestones.json state/measurement.json \
    state/sources/dpdk.tar.xz root/bin/pollcore rootfs/etc/cloud/cloud.cfg.d/99-dpdk-rig-network.cfg; do
    : >"$M/$file"
  done
  printf ': "${RIG_BUILD_TIMEOUT:=7}"\n' >"$M/etc/override.env"
  step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  [ "$(cd "$M" && find etc state root -type f)" = $'etc/override.env\nroot/bin/pollcore' ]
  [ ! -e "$M/rootfs/etc/cloud/cloud.cfg.d/99-dpdk-rig-network.cfg" ]
  step
  [ "$status" -eq 0 ]
}

@test "a newer kernel that has no igb_uio: E_MODULE_VERMAGIC names both, and nothing is taken out" {
  : >"$M/etc/rig.env"
  : >"$M/rootfs/boot/vmlinuz-6.8.0-1100-aws"
  step
  fails_with E_MODULE_VERMAGIC seal-image
  [[ $output == *'the image will boot 6.8.0-1100-aws, and igb_uio is for 6.8.0-1021-aws'* ]]
  [ -e "$M/etc/rig.env" ]
  RIG_DRIVER=vfio-pci step
  [ "$status" -eq 0 ]
}

@test "on a rig it refuses: E_CONFIG" {
  save_port_env 0000:00:06.0
  RIG_PHASE=all step
  fails_with E_CONFIG seal-image
  [ -e "$M/state/port.env" ]
}

# What tools would do, as far as the steps look at it; they record their calls.
make_tools() {
  export DB=$M/dpkg
  mkdir -p "$DB" "$M/native" "$BATS_TEST_TMPDIR/src/dpdk-stable-24.11.8" "$M/state/sources"
  : >"$M/native/meson.build"
  : >"$BATS_TEST_TMPDIR/src/dpdk-stable-24.11.8/meson_options.txt"
  printf "option('enable_libs', type: 'string')\n" >"$BATS_TEST_TMPDIR/src/dpdk-stable-24.11.8/meson_options.txt"
  tar -C "$BATS_TEST_TMPDIR/src" -cJf "$M/state/sources/dpdk-24.11.8.tar.xz" dpdk-stable-24.11.8
  RIG_DPDK_SHA256=$(sha256sum <"$M/state/sources/dpdk-24.11.8.tar.xz" | cut -d ' ' -f 1)
  export RIG_DPDK_SHA256 RIG_NATIVE_SRC=$M/native
  stub dpkg-query 'test -e "$DB/${!#}" && printf installed'
  stub apt-get 'for word; do case $word in -*|*=*|install|update) ;; *) : >"$DB/$word" ;; esac; done'
  stub modprobe
  stub curl 'exit 1'
  stub meson 'case "$1" in
    setup) mkdir -p "$2/src/pollcore"; for word; do case $word in --prefix=*) printf "%s" "${word#*=}" >"$2/prefix" ;; esac; done ;;
    install) prefix=$(cat "$3/prefix"); mkdir -p "$prefix/lib/pkgconfig"; : >"$prefix/lib/pkgconfig/libdpdk.pc" ;;
  esac'
  stub ninja 'printf "#!/bin/bash\n" >"$2/src/pollcore/pollcore"; echo "[1/1] Linking"'
  # The step puts /usr/bin first, for the distribution's python; the stubs must stay before it.
  export BASH_ENV=$BATS_TEST_TMPDIR/env
  printf 'export() { builtin export "$@"; PATH=%q:${PATH#%q:}; }\n' "$STUBS" "$STUBS" >"$BASH_ENV"
}

@test "a machine made of the image builds nothing, installs nothing and asks no network" {
  make_tools
  cp -r "$USERDATA" "$BATS_TEST_TMPDIR/userdata"
  for step in reserve-hugepages claim-nic start-core; do
    printf '#!/bin/bash\n' >"$BATS_TEST_TMPDIR/userdata/steps/$step.sh"
  done
  sed -i 's/^reach_milestone() {/&\n  return/' "$BATS_TEST_TMPDIR/userdata/lib/milestone.sh"
  RIG_GENERATION=image run timeout 300 "$BATS_TEST_TMPDIR/userdata/provision.sh" --phase build
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  called '^apt-get'
  called '^ninja'
  called 'Dplatform=generic'
  # Another machine, of another stack: another processor, nothing in memory.
  rm -r "$M/run"
  : >"$CALLS"
  printf 'flags : fpu sse4_2 avx512f\n' >"$M/proc/cpuinfo"
  unset RIG_PHASE
  RIG_GENERATION=rig run timeout 300 "$BATS_TEST_TMPDIR/userdata/provision.sh"
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  not_called '^(apt-get|meson|ninja|curl)|^dkms (add|install|remove)'
  called '^modprobe igb_uio'
  [[ $output == *'every package is installed'*'DPDK 24.11.8 is built'*'pollcore is built'*'igb_uio is built for'* ]]
}
