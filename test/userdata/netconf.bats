#!/usr/bin/env bats
# lib/netconf.sh: the data interface goes from each renderer's files, the management interface stays as it was.
load helper

setup() {
  setup_machine
  stub systemctl
  stub networkctl
  stub netplan
  stub ifdown
}

forget() {
  run bash -c '. "$1/lib/rig.sh" && forget_netdev ens6 02:00:00:00:00:02' bash "$USERDATA"
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
}

@test "netplan: by MAC address, whatever the entry is called; mode 0600; generate, never apply" {
  python3 -c 'import yaml' || skip 'this python has no PyYAML, which netplan and cloud-init bring'
  mkdir -p "$M/rootfs/etc/netplan"
  cat >"$M/rootfs/etc/netplan/50-cloud-init.yaml" <<'YAML'
network:
  version: 2
  ethernets:
    ens5: {dhcp4: true, match: {macaddress: "02:00:00:00:00:01"}, set-name: ens5}
    data: {dhcp4: true, match: {macaddress: "02:00:00:00:00:02"}, set-name: ens6}
YAML
  forget
  run cat "$M/rootfs/etc/netplan/50-cloud-init.yaml"
  [[ $output == *02:00:00:00:00:01* && $output != *02:00:00:00:00:02* ]]
  [ "$(stat -c %a "$M/rootfs/etc/netplan/50-cloud-init.yaml")" = 600 ]
  called '^netplan generate'
  not_called 'netplan apply'
  called '^networkctl reload'
  : >"$CALLS"
  forget
  not_called netplan
}

@test "networkd: the interface's file goes, the other one stays" {
  mkdir -p "$M/rootfs/etc/systemd/network"
  printf '[Match]\nMACAddress=02:00:00:00:00:01\nName=ens5\n' >"$M/rootfs/etc/systemd/network/10-cloud-init-ens5.network"
  printf '[Match]\nMACAddress=02:00:00:00:00:02\nName=ens6\n' >"$M/rootfs/etc/systemd/network/10-cloud-init-ens6.network"
  forget
  [ -e "$M/rootfs/etc/systemd/network/10-cloud-init-ens5.network" ]
  [ ! -e "$M/rootfs/etc/systemd/network/10-cloud-init-ens6.network" ]
  called '^networkctl reload'
}

@test "ifupdown: the interface's stanzas go, the others stay" {
  mkdir -p "$M/rootfs/etc/network/interfaces.d"
  printf '%s\n' 'auto lo' 'iface lo inet loopback' '' 'auto ens5' 'iface ens5 inet dhcp' '' 'auto ens6' \
    'iface ens6 inet dhcp' '    metric 200' '' 'iface ens60 inet dhcp' >"$M/rootfs/etc/network/interfaces.d/50-cloud-init"
  forget
  run cat "$M/rootfs/etc/network/interfaces.d/50-cloud-init"
  [[ $output == *'iface ens5 inet dhcp'* && $output == *'iface ens60 inet dhcp'* ]]
  [[ $output != *'ens6 '* && $output != *'metric 200'* ]]
  called '^ifdown --force ens6'
}

@test "nothing configured: nothing done" {
  forget
  not_called 'netplan|networkctl|ifdown'
}
