#!/usr/bin/env bash
# Takes the data interface from the kernel's network and binds it to $RIG_DRIVER; the management interface stays as it is.
# On first boot the interface is found by the metadata service; later, by rig-bind.service, from port.env alone.
# shellcheck source=../lib/rig.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/rig.sh"

take_from_kernel() {
  local netdev=$1
  refuse_management "$netdev"
  log "taking $netdev ($RIG_PORT_PCI, $RIG_PORT_MAC, $RIG_PORT_IPV4/$RIG_PORT_PREFIX) from the kernel"
  forget_netdev "$netdev" "$RIG_PORT_MAC"
  release_netdev "$netdev" "$RIG_PORT_IPV4"
}

main() {
  local netdev before after
  begin_step claim-nic
  need_root
  if ! load_port; then
    discover_port
    netdev=$(pci_netdev "$RIG_PORT_PCI")
    refuse_management "$netdev"
    save_port
  fi
  refuse_legacy_virtio "$RIG_PORT_PCI"
  # Before anything changes: cloud-init must not write the interface's configuration again.
  install_rootfs etc/cloud/cloud.cfg.d/99-dpdk-rig-network.cfg >/dev/null
  install_unit etc/systemd/system/rig-bind.service rig-bind.service
  load_port_driver
  if [[ $(pci_driver "$RIG_PORT_PCI") == "$RIG_DRIVER" ]]; then
    log "$RIG_PORT_PCI is on $RIG_DRIVER"
    return
  fi
  netdev=$(pci_netdev "$RIG_PORT_PCI")
  before=$(management_state "${netdev:-none}")
  if [[ -n $netdev ]]; then take_from_kernel "$netdev"; fi
  pci_bind "$RIG_PORT_PCI" "$RIG_DRIVER"
  after=$(management_state "${netdev:-none}")
  [[ $before == "$after" ]] || fail E_ROUTE_LOST "before: ${before//$'\n'/; }; after: ${after//$'\n'/; }"
  log "$RIG_PORT_PCI is on $RIG_DRIVER"
}

main
