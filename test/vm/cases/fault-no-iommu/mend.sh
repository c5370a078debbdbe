sed -i /RIG_DRIVER/d /etc/dpdk-rig/override.env
