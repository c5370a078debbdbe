mkdir -p /run/dpdk/rte
systemd-run --quiet --unit=lock-holder python3 -c "
import fcntl, time
file = open(\"/run/dpdk/rte/config\", \"w\")
fcntl.lockf(file, fcntl.LOCK_EX)
open(\"/run/locked\", \"w\").close()
time.sleep(3600)"
until [ -e /run/locked ]; do sleep 0.2; done
