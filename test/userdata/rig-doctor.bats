#!/usr/bin/env bats
# bin/rig-doctor on a machine where everything is right, and then with one thing wrong at a time.
load helper

setup() {
  setup_machine
  cp -r "$USERDATA" "$BATS_TEST_TMPDIR/userdata"
  U=$BATS_TEST_TMPDIR/userdata
  export RIG_DPDK_SHA256=1 RIG_PHASE=build
  stub dpkg-query 'printf installed'
  stub modinfo 'echo "6.8.0-1021-aws SMP"'
  stub systemctl
  stub ip 'echo "default via 10.0.0.1 dev ens5"'
  stub gcc-12
  printf 'Linux version 6.8.0-1021-aws (b@h) (gcc-12 (Ubuntu) 12.3.0) #1\n' >"$M/proc/version"
  bash -c '. "$1/lib/rig.sh"; mkdir -p "$RIG_ROOT/dpdk"; { dpdk_wanted; echo platform=generic; } >"$RIG_ROOT/dpdk/.stamp"' \
    bash "$U"
  mkdir -p "$M/root/bin" "$M/sys/module/igb_uio" "$M/rootfs/etc/cloud/cloud.cfg.d"
  printf '#!/bin/bash\n' >"$M/root/bin/pollcore"
  chmod +x "$M/root/bin/pollcore"
  : >"$M/rootfs/etc/cloud/cloud.cfg.d/99-dpdk-rig-network.cfg"
  add_pool 512 400
  add_nic 0000:00:06.0 ens6 02:00:00:00:00:02 igb_uio
  save_port_env 0000:00:06.0
  printf '#!/bin/bash\ncase "$*" in *state*) echo running ;; *self_test*) echo passed ;; esac\n' >"$U/bin/rig-telemetry"
}

doctor() {
  run timeout 180 "$U/bin/rig-doctor" "$@"
  printf '%s\n' "$output"
}

# finds CODE CHECK: exactly this one fails, with a cause and a fix.
finds() {
  doctor
  [ "$status" -eq 1 ]
  [ "$(grep -c '^fail ' <<<"$output")" -eq 1 ]
  grep -qE "^fail $1 $2: .+ -> .+" <<<"$output"
}

@test "all is well: a line for each check, exit 0, and nothing is changed" {
  doctor
  [ "$status" -eq 0 ]
  [ "$(grep -c '^ok ' <<<"$output")" -eq "${#lines[@]}" ]
  [ "${#lines[@]}" -ge 13 ]
  [ ! -e "$M/run/status.json" ]
}

@test "a package is gone" {
  stub dpkg-query 'case "$*" in *meson) exit 1 ;; *) printf installed ;; esac'
  finds E_PACKAGE_MISSING packages
  [[ $output == *meson* ]]
}

@test "a check that cannot be made is not taken for passed" {
  stub sed 'case "$*" in *CONFIG_CC*|*"[^(]"*) exit 1 ;; *) exec /bin/sed "$@" ;; esac'
  doctor
  [ "$status" -eq 1 ]
  grep -q '^fail E_UNEXPECTED packages: ' <<<"$output"
}

@test "the disk is full" {
  stub df 'printf "Avail\n100\n"'
  finds E_DISK_FULL disk
}

@test "DPDK is not the pinned one" {
  sed -i 's/^version=.*/version=21.11/' "$M/root/dpdk/.stamp"
  finds E_NOT_BUILT dpdk
}

@test "the kernel's compiler is gone" {
  rm "$STUBS/gcc-12"
  hide gcc-12
  finds E_COMPILER compiler
}

@test "the kernel was upgraded" {
  stub modinfo 'echo "6.8.0-1 SMP"'
  finds E_MODULE_VERMAGIC module
}

@test "the module is not loaded, on a locked kernel" {
  rmdir "$M/sys/module/igb_uio"
  finds E_MODULE_LOAD module
  mkdir -p "$M/sys/kernel/security"
  printf 'none [integrity]\n' >"$M/sys/kernel/security/lockdown"
  finds E_SECURE_BOOT module
}

@test "too few hugepages" {
  add_pool 100 100
  finds E_HUGEPAGES_SHORT hugepages
}

@test "the port went back to the kernel's driver" {
  ln -sfn ../../../bus/pci/drivers/ena "$M/sys/bus/pci/devices/0000:00:06.0/driver"
  finds E_BIND_FAILED port
}

@test "there is no default route" {
  stub ip
  finds E_ROUTE_LOST management
}

@test "cloud-init may write the network again" {
  rm "$M/rootfs/etc/cloud/cloud.cfg.d/99-dpdk-rig-network.cfg"
  finds E_NIC_HAS_ROUTE network_config
}

@test "no write-combining on ENA's memory" {
  mkdir -p "$M/sys/kernel/debug/x86"
  printf '0x00000000febf4000 0x00000000febf7fff 0x0\n0x0 0x0 0x0\n0x00000000fe800000 0x00000000fe8fffff 0x14220c\n' \
    >"$M/sys/bus/pci/devices/0000:00:06.0/resource"
  printf 'PAT: [mem 0x00000000fe800000-0x00000000fe900000] uncached-minus\n' >"$M/sys/kernel/debug/x86/pat_memtype_list"
  finds E_WRITE_COMBINING write_combining
  printf 'write-combining @ 0xfe800000-0xfe900000\n' >"$M/sys/kernel/debug/x86/pat_memtype_list"
  doctor
  [ "$status" -eq 0 ]
}

@test "the core is down, silent, or failed its self-test" {
  add_pool 512 512
  stub systemctl 'case "$*" in *pollcore*) exit 3 ;; esac'
  finds E_CORE_FAULT core
  stub systemctl
  printf '#!/bin/bash\nexit 1\n' >"$U/bin/rig-telemetry"
  finds E_CORE_SILENT core
  printf '#!/bin/bash\necho failed\n' >"$U/bin/rig-telemetry"
  finds E_SELF_TEST core
}

@test "a generator that has not measured its peer" {
  export RIG_ROLE=generator RIG_POLLCORE_MODE=generate RIG_PEER_IPV4=10.0.1.9
  finds E_MEASURE measurement
  printf '{"result":{"loss_free_pps":1,"loss":0,"rtt_ns":{"p50":1,"p99":1}}}' >"$M/state/measurement.json"
  run "$U/bin/rig-doctor"
  [[ $output == *'ok measurement'* ]]
}

@test "the status timer does not run" {
  stub systemctl 'case "$*" in *timer*) exit 3 ;; esac'
  finds E_STATUS_SILENT status_timer
}

@test "vfio-pci without an IOMMU" {
  mkdir -p "$M/sys/module/vfio_pci"
  ln -sfn ../../../bus/pci/drivers/vfio-pci "$M/sys/bus/pci/devices/0000:00:06.0/driver"
  RIG_DRIVER=vfio-pci finds E_NO_IOMMU iommu
}

@test "a setting that is not allowed" {
  export RIG_POLLCORE_MODE=loop
  finds E_CONFIG config
}

@test "--json has the same; anything else is refused" {
  add_pool 100 100
  doctor --json
  [ "$status" -eq 1 ]
  run python3 -c 'import json, sys; print([r["code"] for r in json.loads(sys.argv[1]) if r["verdict"] == "fail"])' "$output"
  [ "$output" = "['E_HUGEPAGES_SHORT']" ]
  doctor --fix
  [ "$status" -eq 2 ]
}
