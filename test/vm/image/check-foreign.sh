#!/usr/bin/env bash
# Runs in a guest of somebody's cloud image, before anything is built: what a rig would need and meet only after an hour.
# Prints every reason why this image cannot be a rig and exits 1, or nothing. Usage: check-foreign.sh MAC  (of the data port)
set -uo pipefail
readonly mac=$1 root=${RIG_ROOTFS:-}
readonly need_mb=3000
reasons=0

refuse() {
  printf 'this image cannot be a rig: %s\n' "$*"
  reasons=$((reasons + 1))
}

[ "$(uname -m)" = x86_64 ] || refuse "it is for $(uname -m); the emulator is x86_64"
for tool in apt-get dpkg-query systemctl python3 curl ip tar; do
  command -v "$tool" >/dev/null || refuse "it has no $tool; a rig is Ubuntu 22.04 or newer, or Debian 12 or newer"
done
for module in uio vmxnet3; do
  modprobe --dry-run --quiet "$module" || refuse "its kernel $(uname -r) has no module $module; take an image with the generic kernel"
done
[ "$(cloud-id 2>/dev/null)" = aws ] || refuse "cloud-init found no EC2 datasource; see datasource_list in /etc/cloud"
modprobe --quiet vmxnet3
grep -qsix "$mac" "$root"/sys/class/net/*/address || refuse "no interface has the data port's address $mac"
free=$(df --output=avail -B 1M "${root:-/}" | tail -n 1)
[ "$free" -ge "$need_mb" ] \
  || refuse "its root file system has ${free// /} MB left and $need_mb are needed; cloud-init's growpart makes it as large as the disk"
if ((reasons > 0)); then exit 1; fi

# cloud-init may yet write apt's sources, in its stage "config"; its last stage is what waits for us.
for ((i = 0; i < 600; i++)); do
  [[ $(systemctl show --property=ActiveState --value cloud-config.service) =~ ^(active|failed)$ ]] && break
  sleep 1
done

# Only plain HTTP gets out of here, and apt checks signatures anyway.
find "$root"/etc/apt -type f \( -name '*.list' -o -name '*.sources' \) -exec sed -i 's|https://|http://|' {} +
