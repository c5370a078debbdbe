echo RIG_DRIVER=vfio-pci >>/etc/dpdk-rig/override.env
