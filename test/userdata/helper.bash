# What every test of userdata/ starts from: a machine of its own in a temporary folder (paths, sysfs, proc, settings), and
# stubs before the real tools that record how they were called.
# shellcheck shell=bash disable=SC2034,SC2154

setup_machine() {
  USERDATA=$(cd "$BATS_TEST_DIRNAME/../../userdata" && pwd)
  M=$BATS_TEST_TMPDIR/machine
  STUBS=$BATS_TEST_TMPDIR/stubs
  CALLS=$BATS_TEST_TMPDIR/calls
  mkdir -p "$STUBS" "$M"/{root,etc,state,run,sys,proc,rootfs,hugetlbfs}
  : >"$CALLS"
  export CALLS
  unset "${!RIG_@}"
  export RIG_ROOT=$M/root RIG_ETC=$M/etc RIG_STATE=$M/state RIG_RUN=$M/run RIG_SYSFS=$M/sys RIG_PROCFS=$M/proc
  export RIG_ROOTFS=$M/rootfs RIG_HUGETLBFS=$M/hugetlbfs RIG_CONSOLE=$M/console
  export RIG_MACHINE=x86_64 RIG_KERNEL=6.8.0-1021-aws RIG_TELEMETRY_SOCKET=$M/telemetry
  # Nothing answers on port 9 of this machine: a test that would reach the network fails at once.
  export RIG_IMDS=http://127.0.0.1:9 http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 no_proxy=127.0.0.1
  : >"$M/console"
  printf '12.34 1.00\n' >"$M/proc/uptime"
  printf 'flags : fpu sse4_2\n' >"$M/proc/cpuinfo"
  printf 'MemAvailable: 3072000 kB\n' >"$M/proc/meminfo"
  # The system's own tools, not what a developer put before them.
  OLDPATH=$PATH
  PATH=$STUBS:/usr/bin:/bin:/usr/sbin:/sbin
}

# stub NAME [BODY]: a command that records its call and runs BODY.
stub() {
  # shellcheck disable=SC2016 # expanded when the stub runs
  printf '#!/bin/bash\nprintf "%%s\\n" "%s $*" >>"$CALLS"\n%s\n' "$1" "${2:-}" >"$STUBS/$1"
  chmod +x "$STUBS/$1"
}

# hide NAME: as if the tool were not installed.
hide() {
  local hidden=$BATS_TEST_TMPDIR/path
  mkdir -p "$hidden"
  ln -sf /bin/* /usr/bin/* /sbin/* /usr/sbin/* "$hidden/"
  rm -f "$hidden/$1"
  PATH=$STUBS:$hidden
}

# await PATH: until something is there, for at most a minute.
await() {
  local _
  for _ in {1..1200}; do
    if [ -e "$1" ]; then return; fi
    sleep 0.05
  done
  printf 'not there after a minute: %s\n' "$1"
  return 1
}

called() {
  grep -qE -e "$1" "$CALLS" || {
    printf 'not called: %s; calls were:\n' "$1"
    cat "$CALLS"
    return 1
  }
}

not_called() {
  ! grep -E -e "$1" "$CALLS"
}

times_called() {
  grep -cE -e "$1" "$CALLS" || true
}

# status KEY...: one value of status.json, as JSON.
status() {
  python3 -c '
import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]:
    value = None if value is None else value[key]
print(json.dumps(value))' "$M/run/status.json" "$@"
}

# fails_with CODE STEP: what every fault must leave: a non-zero exit, and a status that names code and step.
fails_with() {
  printf '%s\n' "$output"
  [ "$status" -ne 0 ]
  [ "$(status error code)" = "\"$1\"" ] || { status error && return 1; }
  [ "$(status error step)" = "\"$2\"" ]
  [ "$(status error fix)" != '""' ]
  grep -q "rig-status: .*\"code\": \"$1\"" "$M/console"
}

# start_ec2: the metadata service, S3 and the stack's signal URLs; $EC2 is its folder.
start_ec2() {
  EC2=$BATS_TEST_TMPDIR/ec2
  mkdir -p "$EC2/get/latest/meta-data/iam/security-credentials"
  python3 "$BATS_TEST_DIRNAME/fake-ec2.py" "$EC2" 3>&- &
  EC2_PID=$!
  await "$EC2/port"
  RIG_IMDS=http://127.0.0.1:$(<"$EC2/port")
  printf '{"AccessKeyId":"AKID","SecretAccessKey":"secret/+key","Token":"session+token=="}' \
    >"$EC2/get/latest/meta-data/iam/security-credentials/the-role"
}

stop_ec2() {
  if [ -n "${EC2_PID:-}" ]; then kill "$EC2_PID"; fi
}

# signal NAME KEY: one value of the last body that came to the signal URL NAME.
signal() {
  tail -n 1 "$EC2/signals/$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"
}

# expect_signals: the three URLs in the environment.
expect_signals() {
  export RIG_SIGNAL_DPDK_READY="$RIG_IMDS/dpdk?sig=a%2Bb&x=1"
  export RIG_SIGNAL_PORT_READY="$RIG_IMDS/port?sig=c" RIG_SIGNAL_CORE_RUNNING="$RIG_IMDS/core?sig=d"
}

# add_nic PCI NETDEV MAC DRIVER [VENDOR_DIR]: a device in sysfs with the kernel's interface on it.
add_nic() {
  local device=$M/sys/devices/pci0000:00/$1
  mkdir -p "$device/net/$2" "$M/sys/bus/pci/devices" "$M/sys/bus/pci/drivers/$4" "$M/sys/class/net"
  printf '%s\n' "$3" >"$device/net/$2/address"
  ln -s ../../../"$1" "$device/net/$2/device"
  ln -s ../../../bus/pci/drivers/"$4" "$device/driver"
  ln -s ../../../devices/pci0000:00/"$1" "$M/sys/bus/pci/devices/$1"
  ln -s ../../devices/pci0000:00/"$1"/net/"$2" "$M/sys/class/net/$2"
  : >"$device/driver_override"
  : >"$M/sys/bus/pci/drivers/$4/unbind"
  : >"$M/sys/bus/pci/drivers_probe"
}

# add_pool TOTAL FREE: hugepages of 2 MB, and hugetlbfs.
add_pool() {
  local pool=$M/sys/kernel/mm/hugepages/hugepages-2048kB
  mkdir -p "$pool" "$M/proc/sys/vm"
  printf '%s\n' "$1" >"$pool/nr_hugepages"
  printf '%s\n' "$2" >"$pool/free_hugepages"
  printf 'hugetlbfs %s hugetlbfs rw 0 0\n' "$M/hugetlbfs" >"$M/proc/mounts"
}

# save_port_env PCI: as claim-nic leaves it.
save_port_env() {
  printf '%s\n' "RIG_PORT_PCI=$1" RIG_PORT_MAC=02:00:00:00:00:02 RIG_PORT_IPV4=10.0.1.23 RIG_PORT_PREFIX=24 \
    RIG_PORT_GATEWAY=10.0.1.1 RIG_PORT_KERNEL_DRIVER=ena "RIG_PORT_MACHINE=''" >"$M/state/port.env"
}
