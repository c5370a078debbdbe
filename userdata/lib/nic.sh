# The data interface: which one it is, what the network says about it, and what must stay as it was.
# shellcheck shell=bash

# machine_id: what tells this machine from one made of its image; EC2 derives it from the instance id. Only root sees it.
machine_id() {
  cat "$RIG_SYSFS/class/dmi/id/product_uuid" 2>/dev/null || true
}

# load_port: reads port.env; returns 1 if there is none, or if it is of another machine or of a device that is gone.
load_port() {
  local machine
  if [[ ! -r $RIG_STATE/port.env ]]; then return 1; fi
  # shellcheck source=/dev/null
  . "$RIG_STATE/port.env"
  machine=$(machine_id)
  [[ -z $machine || ${RIG_PORT_MACHINE:-} == "$machine" ]] && [[ -n ${RIG_PORT_PCI:-} && -d $(pci_path "$RIG_PORT_PCI") ]]
}

# save_port: keeps what only the kernel and the metadata service know, while they still can be asked.
save_port() {
  local name
  for name in PCI MAC IPV4 PREFIX GATEWAY KERNEL_DRIVER MACHINE; do
    local -n value=RIG_PORT_$name
    printf 'RIG_PORT_%s=%q\n' "$name" "$value"
  done >"$RIG_STATE/port.env.new"
  chmod 0644 "$RIG_STATE/port.env.new"
  mv "$RIG_STATE/port.env.new" "$RIG_STATE/port.env"
}

# default_routes: the default routes that do not go through interface $1 (none given: all).
default_routes() {
  ip -4 route show default | { grep -v -w "dev ${1:-none}" || true; }
}

# management_netdev: the interface of the best default route.
management_netdev() {
  ip -4 route show default | sed -n 's/.* dev \([^ ]*\).*/\1 &/p' \
    | awk '{ metric = 0; for (i = 1; i < NF; i++) if ($i == "metric") metric = $(i + 1); print metric, $1 }' \
    | sort -n | awk 'NR == 1 { print $2 }'
}

# management_state DATA_NETDEV: what must be the same before and after the data interface is taken.
management_state() {
  local netdev
  netdev=$(management_netdev)
  default_routes "$1"
  if [[ -n $netdev && $netdev != "$1" ]]; then ip -brief -4 address show dev "$netdev" | awk '{ print $1, $3 }'; fi
}

# find_netdev MAC: prints the interface with this address that sits on the PCI bus; waits for one attached late.
find_netdev() {
  local path try
  for try in 1 2 3 4 5; do
    for path in "$RIG_SYSFS"/class/net/*; do
      if [[ -e $path/device && $(cat "$path/address") == "$1" ]]; then
        basename "$path"
        return
      fi
    done
    sleep "$try"
  done
}

# discover_port: sets RIG_PORT_* from the metadata service and sysfs. Device number 1 is the data interface of the stack.
discover_port() {
  local macs mac number data_mac='' netdev cidr base
  imds_open
  macs=$(imds_need network/interfaces/macs/)
  for mac in ${macs//\//}; do
    number=$(imds_need "network/interfaces/macs/$mac/device-number")
    if [[ $number == 1 ]]; then data_mac=$mac; fi
  done
  [[ -n $data_mac ]] || fail E_NO_SECOND_NIC "the metadata service lists ${macs//$'\n'/ }"
  netdev=$(find_netdev "$data_mac")
  [[ -n $netdev ]] || fail E_NIC_NOT_FOUND "no interface has the address $data_mac"
  RIG_PORT_MAC=$data_mac
  RIG_PORT_PCI=$(netdev_pci "$netdev")
  [[ -n $RIG_PORT_PCI ]] || fail E_NIC_NOT_FOUND "$netdev ($data_mac) is not on the PCI bus"
  RIG_PORT_KERNEL_DRIVER=$(pci_driver "$RIG_PORT_PCI")
  RIG_PORT_IPV4=$(imds_need "network/interfaces/macs/$data_mac/local-ipv4s")
  RIG_PORT_IPV4=${RIG_PORT_IPV4%%$'\n'*}
  cidr=$(imds_need "network/interfaces/macs/$data_mac/subnet-ipv4-cidr-block")
  RIG_PORT_PREFIX=${cidr#*/}
  base=${cidr%/*}
  # A VPC's router is the first address after the subnet's own.
  RIG_PORT_GATEWAY=${base%.*}.$((${base##*.} + 1))
  RIG_PORT_MACHINE=$(machine_id)
}

# refuse_legacy_virtio PCI: the core's sandbox has no I/O ports, since whoever has them has the machine. vfio-pci reads and
# writes them for it. Bit 32 of what the kernel's driver agreed on is VIRTIO_F_VERSION_1, which only modern devices have.
refuse_legacy_virtio() {
  local file features
  for file in "$(pci_path "$1")"/virtio*/features; do
    if [[ $RIG_DRIVER != igb_uio || ! -r $file ]]; then continue; fi
    features=$(<"$file")
    [[ ${features:32:1} == 1 ]] || fail E_LEGACY_VIRTIO "$1"
  done
}

# refuse_management NETDEV: binding the interface of the default route would cut SSH and Session Manager for good.
refuse_management() {
  local management
  management=$(management_netdev) # within the condition, not being able to tell would be taken for another
  if [[ -n $1 && $1 == "$management" ]]; then fail E_NIC_IS_MANAGEMENT "$1 has the default route"; fi
}

# release_netdev NETDEV IPV4: takes addresses, routes and rules from the interface and puts it down.
release_netdev() {
  local netdev=$1 left try
  ip link set dev "$netdev" down || fail E_NIC_HAS_ROUTE "$netdev does not go down"
  ip address flush dev "$netdev"
  ip -4 route flush dev "$netdev" table all
  while ip -4 rule del from "$2" 2>/dev/null; do :; done
  # More than once: a network manager that still wants the interface puts things back a moment later.
  for try in 1 2 3; do
    left=$(ip -4 route show dev "$netdev" table all)$(ip -brief -4 address show dev "$netdev" | awk '{ print $3 }')
    [[ -z $left ]] || fail E_NIC_HAS_ROUTE "$netdev: ${left//$'\n'/; }"
    sleep "0.$try"
  done
}
