#!/usr/bin/env bash
# Plays the machine of a rig: the rig's own provision.sh with its signals, status lines and exit trap, run with the settings
# out of the instance's user data. Only what needs the hardware is made up: the steps' work, sysfs and the core.
# Usage: machine.sh DIR [STEP=CODE:DETAIL | STEP=hang | STEP=until:FILE]...   DIR holds user-data; console, state and sysfs
# are made in it. A step does its work when the FILE is there.
set -euo pipefail
dir=$1
shift
userdata=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../userdata" && pwd)
fake_generator=$(cd "$(dirname "${BASH_SOURCE[0]}")/../userdata" && pwd)/fake-generator.py

# What boot.sh does before provision.sh, without S3: rig.env out of the user data, and userdata/ in its place.
unpack() {
  mkdir -p "$dir"/{etc,state,run,root,proc} "$dir/sys/bus/pci/devices/0000:00:06.0" "$dir/sys/bus/pci/drivers/igb_uio"
  grep -E "^RIG_[A-Z0-9_]+='" "$dir/user-data" >"$dir/etc/rig.env"
  cp -r "$userdata" "$dir/root/userdata"
  # The measurement of a pair is the real one, with a core that behaves as one of a known network would.
  find "$dir/root/userdata/steps" -type f ! -name measure-peer.sh -delete
  printf '1 1\n' >"$dir/proc/uptime"
  : >"$dir/console"
  export RIG_ROOT=$dir/root RIG_ETC=$dir/etc RIG_STATE=$dir/state RIG_RUN=$dir/run RIG_SYSFS=$dir/sys RIG_PROCFS=$dir/proc
  export RIG_ROOTFS=$dir/root RIG_CONSOLE=$dir/console RIG_TELEMETRY_SOCKET=$dir/telemetry
}

# step NAME [COMMAND]: a step that does COMMAND where the real one works on the hardware.
step() {
  local name=$1 command=${2:-:} plan
  for plan in "${plans[@]}"; do
    case $plan in
      "$name=hang") command='sleep 600' ;;
      "$name=until:"*) command="while [[ ! -e ${plan#*=until:} ]]; do sleep 0.1; done; $command" ;;
      "$name="*) command="fail $(printf '%q ' "${plan#*=}" | sed 's/:/ /; s/\\ $//')" ;;
    esac
  done
  cat >"$dir/root/userdata/steps/$name.sh" <<EOF
#!/usr/bin/env bash
. "\$(dirname "\${BASH_SOURCE[0]}")/../lib/rig.sh"
begin_step $name
$command
EOF
  chmod +x "$dir/root/userdata/steps/$name.sh"
}

# The core's side of DPDK's telemetry socket; of a generator that of a core whose peer answers.
start_core() {
  if [[ ${RIG_ROLE:-} == generator ]]; then
    python3 "$fake_generator" "$dir/telemetry" capacity=400000 >/dev/null 2>&1 &
    printf '%s\n' "$!" >"$dir/core.pid"
    while [[ ! -S $dir/telemetry ]]; do sleep 0.05; done
    return
  fi
  python3 - "$dir/telemetry" >/dev/null 2>&1 <<'PYTHON' &
import json, os, socket, sys, threading

answers = {
    "/pollcore/status": {"state": "running", "self_test": "passed", "gateway_arp": "answered", "mode": "respond",
                         "driver": "net_ena", "link": "up", "uptime_s": 1, "dpdk": "DPDK 24.11.8"},
    "/pollcore/stats": {"rx_packets": 1000, "tx_packets": 1000, "rx_dropped": 0},
}

def serve(peer):
    peer.send(json.dumps({"version": "DPDK", "pid": os.getpid(), "max_output_len": 16384}).encode())
    while command := peer.recv(1024).decode():
        peer.send(json.dumps({command: answers.get(command)}).encode())

listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
# Whoever sees the path can connect.
listener.bind(sys.argv[1] + ".new")
listener.listen()
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PYTHON
  printf '%s\n' "$!" >"$dir/core.pid"
  while [[ ! -S $dir/telemetry ]]; do sleep 0.05; done
}

plans=("$@")
unpack
export -f start_core
export dir fake_generator
step install-packages
# shellcheck disable=SC2016 # expanded in the step
step build-dpdk 'for done in 40 120 200 266; do status_update --progress "$done/266"; sleep 0.3; done
mkdir -p "$RIG_ROOT/dpdk/lib/pkgconfig"
printf "Name: libdpdk\nDescription: DPDK\nVersion: 24.11.8\n" >"$RIG_ROOT/dpdk/lib/pkgconfig/libdpdk.pc"
printf "version=24.11.8\n" >"$RIG_ROOT/dpdk/.stamp"'
step build-native
step build-igb-uio
# shellcheck disable=SC2016
step reserve-hugepages 'pool=$RIG_SYSFS/kernel/mm/hugepages/hugepages-2048kB
mkdir -p "$pool"
printf "%s\n" "$RIG_HUGEPAGES" | tee "$pool/nr_hugepages" >"$pool/free_hugepages"'
# shellcheck disable=SC2016
step claim-nic 'RIG_PORT_PCI=0000:00:06.0 RIG_PORT_MAC=02:00:00:00:00:06 RIG_PORT_IPV4=10.0.1.23 RIG_PORT_PREFIX=24
RIG_PORT_GATEWAY=10.0.1.1 RIG_PORT_KERNEL_DRIVER=ena RIG_PORT_MACHINE=$(machine_id)
save_port
ln -s ../../drivers/igb_uio "$(pci_path "$RIG_PORT_PCI")/driver"'
step start-core start_core
# As cloud-init does with user data's output.
exec "$dir/root/userdata/provision.sh" >>"$dir/console" 2>&1
