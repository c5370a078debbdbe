rmmod igb_uio
dkms remove -m igb_uio -v 20241120 --all
cd /var/lib/dpdk-rig/sources
mv dpdk-kmods-20241120.tar.xz /var/tmp/
echo "a proxy answered with a page of its own" >dpdk-kmods-20241120.tar.xz
