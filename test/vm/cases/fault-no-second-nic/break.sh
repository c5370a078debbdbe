# The interface is not attached: neither the metadata nor the bus has it.
echo 1 >/sys/bus/pci/devices/0000:00:06.0/remove
