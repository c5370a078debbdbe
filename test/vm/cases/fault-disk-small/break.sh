mv /opt/dpdk-rig/dpdk /opt/dpdk-rig/dpdk.away
free=$(df --output=avail -B 1M / | tail -n 1)
fallocate -l "$((free - 100))M" /var/tmp/ballast
