mv /var/tmp/dpdk-kmods-20241120.tar.xz /var/lib/dpdk-rig/sources/
