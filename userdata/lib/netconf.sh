# The network configuration that cloud-init wrote for the data interface: without it gone, the next boot would wait for
# an interface that DPDK has, or take it away from DPDK. Knows the three renderers of cloud-init on Debian and Ubuntu.
# shellcheck shell=bash

# forget_netdev NETDEV MAC
forget_netdev() {
  forget_netplan "$1" "$2"
  forget_networkd "$1" "$2"
  forget_ifupdown "$1"
}

forget_netplan() {
  local changed
  changed=$(python3 "$rig_lib/netplan.py" "$RIG_ROOTFS/etc/netplan" "$1" "$2") \
    || fail E_NIC_HAS_ROUTE "netplan's files could not be changed"
  if [[ -z $changed ]]; then return; fi
  log "took $1 out of ${changed//$'\n'/ }"
  # generate and reload leave the other interfaces alone; `netplan apply` would restart them.
  if command -v netplan >/dev/null; then netplan generate; fi
  reload_networkd
}

forget_networkd() {
  local file changed=''
  for file in "$RIG_ROOTFS"/etc/systemd/network/*.network; do
    if [[ ! -f $file ]]; then continue; fi
    if grep -qiE "^(Name=$1|MACAddress=$2)\$" "$file"; then
      rm "$file"
      changed+=" $file"
    fi
  done
  if [[ -z $changed ]]; then return; fi
  log "removed$changed"
  reload_networkd
}

reload_networkd() {
  if systemctl --quiet is-active systemd-networkd; then networkctl reload; fi
}

forget_ifupdown() {
  local file
  for file in "$RIG_ROOTFS"/etc/network/interfaces "$RIG_ROOTFS"/etc/network/interfaces.d/*; do
    if [[ ! -f $file ]] || ! grep -qwF "$1" "$file"; then continue; fi
    # ifdown ends the interface's DHCP client, which would put the address back.
    if command -v ifdown >/dev/null; then ifdown --force "$1" >/dev/null 2>&1 || true; fi
    # A stanza goes from its keyword to the next keyword at the start of a line.
    awk -v netdev="$1" '
      /^(auto|allow-[a-z]+|iface|mapping|source|source-directory|rename)[ \t]/ {
        mine = ($1 ~ /^(auto|allow-.*|iface)$/ && $2 == netdev)
      }
      !mine' "$file" >"$file.new"
    cat "$file.new" >"$file"
    rm "$file.new"
    log "took $1 out of $file"
  done
}
