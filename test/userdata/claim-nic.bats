#!/usr/bin/env bats
# steps/claim-nic.sh: a fake sysfs whose drivers_probe is answered as the kernel does, and a real metadata service.
load helper

PCI=0000:00:06.0
MAC=02:00:00:00:00:02

setup() {
  setup_machine
  start_ec2
  add_nic 0000:00:05.0 ens5 02:00:00:00:00:01 ena
  add_nic "$PCI" ens6 "$MAC" ena
  mkdir -p "$M/sys/bus/pci/drivers/igb_uio" "$M/sys/module/uio" "$M/sys/module/igb_uio"
  describe_nic 02:00:00:00:00:01 0 10.0.0.5
  describe_nic "$MAC" 1 10.0.1.23
  stub systemctl 'case "$*" in *is-active*|*is-enabled*) exit 1 ;; esac'
  stub modprobe
  stub_ip
  start_kernel
}

teardown() {
  stop_ec2
  if [ -n "${KERNEL_PID:-}" ]; then kill "$KERNEL_PID" 2>/dev/null || true; fi
}

describe_nic() {
  local dir=$EC2/get/latest/meta-data/network/interfaces/macs/$1
  mkdir -p "$dir"
  printf '%s' "$2" >"$dir/device-number"
  printf '%s\n%s' "$3" 10.0.1.99 >"$dir/local-ipv4s"
  printf '%s' "${3%.*}.0/24" >"$dir/subnet-ipv4-cidr-block"
}

# The management interface has the default route; the data interface has what $M/routes says, until it is flushed.
stub_ip() {
  printf 'default via 10.0.1.1 dev ens6 proto dhcp metric 200\n' >"$M/routes"
  export ROUTES=$M/routes
  stub ip 'case "$*" in
    "-4 route show default") printf "default via 10.0.0.1 dev ens5 proto dhcp src 10.0.0.5 metric 100\n"; cat "$ROUTES" ;;
    "-brief -4 address show dev ens5") printf "ens5 UP 10.0.0.5/24\n" ;;
    "-4 route flush dev ens6 table all") : >"$ROUTES" ;;
    "-4 rule del"*) exit 2 ;;
  esac'
}

# What the kernel does on a write to drivers_probe: binds to the driver in driver_override.
start_kernel() {
  rm "$M/sys/bus/pci/drivers_probe"
  mkfifo "$M/sys/bus/pci/drivers_probe"
  {
    read -r pci <"$M/sys/bus/pci/drivers_probe" || true
    device=$M/sys/bus/pci/devices/$pci
    rm -rf "$device/driver" "$device/net"
    ln -s "../../../bus/pci/drivers/$(<"$device/driver_override")" "$device/driver"
  } 3>&- &
  KERNEL_PID=$!
}

step() {
  run timeout 120 "$USERDATA/steps/claim-nic.sh"
}

@test "first boot: found by IMDS, recorded, released, bound, verified" {
  step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  . "$M/state/port.env"
  [ "$RIG_PORT_PCI" = "$PCI" ]
  [ "$RIG_PORT_MAC" = "$MAC" ]
  [ "$RIG_PORT_IPV4" = 10.0.1.23 ]
  [ "$RIG_PORT_PREFIX" = 24 ]
  [ "$RIG_PORT_GATEWAY" = 10.0.1.1 ]
  [ "$RIG_PORT_KERNEL_DRIVER" = ena ]
  [ "$(readlink "$M/sys/bus/pci/devices/$PCI/driver")" = ../../../bus/pci/drivers/igb_uio ]
  [ "$(<"$M/sys/bus/pci/drivers/ena/unbind")" = "$PCI" ]
  called '^ip link set dev ens6 down'
  called '^ip address flush dev ens6'
  not_called 'ens5 down|flush dev ens5'
  called 'systemctl .*enable rig-bind.service'
  [ -e "$M/rootfs/etc/cloud/cloud.cfg.d/99-dpdk-rig-network.cfg" ]
  [ "$(status port driver)" = '"igb_uio"' ]
}

@test "a second run changes nothing, and asks no metadata service" {
  step
  : >"$CALLS"
  stop_ec2
  EC2_PID=
  cp "$M/state/port.env" "$BATS_TEST_TMPDIR/before"
  step
  [ "$status" -eq 0 ]
  cmp "$M/state/port.env" "$BATS_TEST_TMPDIR/before"
  not_called '^ip link'
}

@test "a later boot binds from port.env, with no interface and no metadata service" {
  save_port_env "$PCI"
  stop_ec2
  EC2_PID=
  # The kernel's driver has not taken the device yet.
  rm -r "$M/sys/bus/pci/devices/$PCI/net" "$M/sys/bus/pci/devices/$PCI/driver" "$M/sys/class/net/ens6"
  RIG_QUIET=1 step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  [ "$(readlink "$M/sys/bus/pci/devices/$PCI/driver")" = ../../../bus/pci/drivers/igb_uio ]
}

@test "port.env of another machine is not believed" {
  save_port_env 0000:00:05.0
  mkdir -p "$M/sys/class/dmi/id"
  printf 'ec2-this\n' >"$M/sys/class/dmi/id/product_uuid"
  sed -i 's/^RIG_PORT_MACHINE=.*/RIG_PORT_MACHINE=ec2-other/' "$M/state/port.env"
  step
  [ "$status" -eq 0 ]
  grep -q "^RIG_PORT_PCI=$PCI" "$M/state/port.env"
  grep -q '^RIG_PORT_MACHINE=ec2-this' "$M/state/port.env"
}

@test "no second interface: E_NO_SECOND_NIC, nothing bound" {
  rm -r "$EC2/get/latest/meta-data/network/interfaces/macs/$MAC"
  step
  fails_with E_NO_SECOND_NIC claim-nic
  [ ! -e "$M/state/port.env" ]
}

@test "IMDS refuses a token: E_IMDS at once" {
  : >"$EC2/refuse-token"
  SECONDS=0
  step
  fails_with E_IMDS claim-nic
  [[ $output == *403* ]]
  [ "$SECONDS" -lt 5 ]
}

@test "the interface of the metadata service is not in the machine: E_NIC_NOT_FOUND" {
  rm "$M/sys/class/net/ens6"
  stub sleep
  step
  fails_with E_NIC_NOT_FOUND claim-nic
}

@test "the interface with the default route is never taken" {
  stub ip 'case "$*" in "-4 route show default") printf "default via 10.0.1.1 dev ens6 metric 50\ndefault via 10.0.0.1 dev ens5 metric 100\n" ;; esac'
  step
  fails_with E_NIC_IS_MANAGEMENT claim-nic
  not_called 'link set|flush'
  [ ! -s "$M/sys/bus/pci/drivers/ena/unbind" ]
}

@test "who has the default route cannot be told: nothing is taken" {
  stub ip 'case "$*" in "-4 route show default") exit 1 ;; esac'
  step
  fails_with E_UNEXPECTED claim-nic
  not_called 'ip link set'
  [ ! -e "$M/state/port.env" ]
}

@test "routes that stay: E_NIC_HAS_ROUTE" {
  stub ip 'case "$*" in
    "-4 route show default") printf "default via 10.0.0.1 dev ens5\n" ;;
    "-4 route show dev ens6 table all") printf "10.0.1.0/24 proto static\n" ;;
    "-4 rule del"*) exit 2 ;;
  esac'
  step
  fails_with E_NIC_HAS_ROUTE claim-nic
  [[ $output == *'10.0.1.0/24 proto static'* ]]
}

@test "the kernel's driver keeps the device: E_BIND_FAILED, by sysfs and not by an exit code" {
  kill "$KERNEL_PID"
  rm "$M/sys/bus/pci/drivers_probe"
  : >"$M/sys/bus/pci/drivers_probe"
  step
  fails_with E_BIND_FAILED claim-nic
  [[ $output == *"$PCI is on ena and not on igb_uio"* ]]
}

@test "the default route moves: E_ROUTE_LOST with both" {
  stub ip 'case "$*" in
    "-4 route show default") if [ ! -e "$ROUTES.gone" ]; then printf "default via 10.0.0.1 dev ens5 metric 100\n"; fi ;;
    "link set dev ens6 down") : >"$ROUTES.gone" ;;
    "-4 rule del"*) exit 2 ;;
  esac'
  step
  fails_with E_ROUTE_LOST claim-nic
  [[ $output == *'before: default via 10.0.0.1'* ]]
}

@test "modprobe refused by Secure Boot: E_SECURE_BOOT" {
  rmdir "$M/sys/module/igb_uio"
  stub modprobe 'if [ "$1" = igb_uio ]; then
    echo "modprobe: ERROR: could not insert igb_uio: Key was rejected by service"; exit 1; fi'
  step
  fails_with E_SECURE_BOOT claim-nic
}

@test "vfio-pci without an IOMMU uses the no-IOMMU mode, and says E_NO_IOMMU without one" {
  mkdir -p "$M/sys/module/vfio_pci" "$M/sys/bus/pci/drivers/vfio-pci" "$M/sys/module/vfio/parameters"
  export RIG_DRIVER=vfio-pci
  step
  fails_with E_NO_IOMMU claim-nic
  printf 'N\n' >"$M/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
  step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  [ "$(<"$M/sys/module/vfio/parameters/enable_unsafe_noiommu_mode")" = Y ]
  [ "$(readlink "$M/sys/bus/pci/devices/$PCI/driver")" = ../../../bus/pci/drivers/vfio-pci ]
}

# virtio FEATURES: the data interface is a virtio one, which agreed on these, the lowest bit first.
virtio() {
  mkdir -p "$M/sys/bus/pci/devices/$PCI/virtio1/net"
  mv "$M/sys/bus/pci/devices/$PCI/net/ens6" "$M/sys/bus/pci/devices/$PCI/virtio1/net/"
  rmdir "$M/sys/bus/pci/devices/$PCI/net"
  ln -sfn "../../devices/pci0000:00/$PCI/virtio1/net/ens6" "$M/sys/class/net/ens6"
  ln -sfn "../../../../$PCI/virtio1" "$M/sys/bus/pci/devices/$PCI/virtio1/net/ens6/device"
  printf '%s\n' "$1" >"$M/sys/bus/pci/devices/$PCI/virtio1/features"
}

@test "a legacy virtio interface under igb_uio: E_LEGACY_VIRTIO before it is taken; vfio-pci takes it" {
  virtio 0000010000000101111101010000110000000000000000000000000000000000
  step
  fails_with E_LEGACY_VIRTIO claim-nic
  not_called 'ip link set'
  [ ! -s "$M/sys/bus/pci/drivers/ena/unbind" ]
  mkdir -p "$M/sys/module/vfio_pci" "$M/sys/bus/pci/drivers/vfio-pci" "$M/sys/kernel/iommu_groups/1"
  RIG_DRIVER=vfio-pci step
  [ "$status" -eq 0 ]
}

@test "a modern virtio interface is taken under igb_uio" {
  virtio 0000010000000101111101010000110010000000000000000000000000000000
  step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  called '^ip link set dev ens6 down'
}
