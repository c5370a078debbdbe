# PCI devices and their drivers, read from and written to sysfs, never through dpdk-devbind: that one reports
# success when it did nothing.
# shellcheck shell=bash

pci_path() {
  printf '%s/bus/pci/devices/%s' "$RIG_SYSFS" "$1"
}

# pci_driver PCI: prints the driver that the device is bound to, or nothing.
pci_driver() {
  local link
  link=$(pci_path "$1")/driver
  if [[ -L $link ]]; then basename "$(readlink "$link")"; fi
}

# pci_netdev PCI: prints the kernel's interface on the device, or nothing. virtio has one folder more in between.
pci_netdev() {
  local path
  for path in "$(pci_path "$1")"/net/* "$(pci_path "$1")"/virtio*/net/*; do
    if [[ -d $path ]]; then
      basename "$path"
      return
    fi
  done
}

# netdev_pci NETDEV: prints the PCI address that the interface sits on, or nothing for a virtual one.
netdev_pci() {
  local path
  path=$(readlink -f "$RIG_SYSFS/class/net/$1/device") || return 0
  while [[ $path == */* && -n $path ]]; do
    if [[ ${path##*/} =~ ^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$ ]]; then
      printf '%s\n' "${path##*/}"
      return
    fi
    path=${path%/*}
  done
}

sysfs_write() {
  printf '%s' "$2" >"$1" 2>/dev/null
}

# pci_bind PCI DRIVER: driver_override makes the device match this driver and no other, now and when it is probed again.
pci_bind() {
  local pci=$1 driver=$2 device current try
  device=$(pci_path "$pci")
  current=$(pci_driver "$pci")
  if [[ $current == "$driver" ]]; then return; fi
  sysfs_write "$device/driver_override" "$driver" || fail E_BIND_FAILED "cannot write $device/driver_override"
  if [[ -n $current ]]; then
    sysfs_write "$device/driver/unbind" "$pci" || fail E_BIND_FAILED "$pci does not leave $current"
  fi
  # The write fails if the driver's probe does; the link decides, and it is there when the write returns.
  sysfs_write "$RIG_SYSFS/bus/pci/drivers_probe" "$pci" || log "the probe of $pci by $driver failed"
  for try in 1 2 3 4 5; do
    if [[ $(pci_driver "$pci") == "$driver" ]]; then return; fi
    sleep "0.$try"
  done
  current=$(pci_driver "$pci")
  fail E_BIND_FAILED "$pci is on ${current:-no driver} and not on $driver"
}
