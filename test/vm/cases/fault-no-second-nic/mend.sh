# Attached: it appears on the bus, and the network of the first boot takes it.
echo 1 >/sys/bus/pci/rescan
udevadm settle
