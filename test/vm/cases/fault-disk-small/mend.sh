rm /var/tmp/ballast
mv /opt/dpdk-rig/dpdk.away /opt/dpdk-rig/dpdk
