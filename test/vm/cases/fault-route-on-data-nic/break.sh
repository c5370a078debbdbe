# A network manager that the rig does not know puts address and route back whenever they are gone.
cat >/run/meddle <<"LOOP"
netdev=$(basename /sys/bus/pci/devices/0000:00:06.0/net/*)
while :; do
  ip link set "$netdev" up
  ip addr replace 10.0.1.23/24 dev "$netdev"
  ip route replace 198.51.100.0/24 via 10.0.1.1 dev "$netdev"
done 2>/dev/null
LOOP
systemd-run --quiet --unit=meddle bash /run/meddle
