dpkg --remove --force-depends pciutils
rm -f /etc/apt/sources.list.d/*
echo "deb [trusted=yes] file:/var/cache/rig-vm/mirror ./" >/etc/apt/sources.list
# The rig would wait for ten minutes, as unattended upgrades take their time on a new machine.
echo RIG_APT_LOCK_TIMEOUT=5 >>/etc/dpdk-rig/override.env
systemd-run --quiet --unit=apt-holder python3 -c "
import fcntl, time
files = [open(path, \"w\") for path in (\"/var/lib/apt/lists/lock\", \"/var/lib/dpkg/lock-frontend\", \"/var/lib/dpkg/lock\")]
for file in files:
    fcntl.lockf(file, fcntl.LOCK_EX)
open(\"/run/locked\", \"w\").close()
time.sleep(3600)"
until [ -e /run/locked ]; do sleep 0.2; done
