#!/usr/bin/env bash
# Sets up an unpacked root tree as EC2's images are: cloud-init with the EC2 datasource, netplan, a serial console.
# What costs boot time under emulation and has no part in the rig is turned off. Called by build-root.sh.
set -euo pipefail
readonly root=$1

cat >"$root/etc/cloud/cloud.cfg.d/99-rig-vm.cfg" <<'CFG'
datasource_list: [Ec2]
# Locale, partition and file system are as the image has them; host keys were made with the packages.
locale: false
growpart: {mode: 'off'}
resize_rootfs: false
ssh_deletekeys: false
ssh_genkeytypes: []
apt: {preserve_sources_list: true}
CFG

echo '/dev/vda / ext4 defaults 0 0' >"$root/etc/fstab"
echo rig-vm >"$root/etc/hostname"
# The harness moves snapshots and reboots often: a journal on the disk helps nobody, a status console does.
mkdir -p "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\n' >"$root/etc/systemd/journald.conf.d/rig-vm.conf"
# Name resolution over user space takes its time for an address that has no name.
printf 'UseDNS no\nGSSAPIAuthentication no\nPermitRootLogin prohibit-password\n' >"$root/etc/ssh/sshd_config.d/rig-vm.conf"

for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer \
  e2scrub_reap.service man-db.timer motd-news.timer; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
ln -sf /run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
