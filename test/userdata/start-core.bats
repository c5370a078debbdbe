#!/usr/bin/env bats
# steps/start-core.sh with systemd and the core's telemetry stubbed.
load helper

setup() {
  setup_machine
  cp -r "$USERDATA" "$BATS_TEST_TMPDIR/userdata"
  U=$BATS_TEST_TMPDIR/userdata
  mkdir -p "$M/root/bin"
  printf '#!/bin/bash\n' >"$M/root/bin/pollcore"
  chmod +x "$M/root/bin/pollcore"
  add_nic 0000:00:06.0 ens6 02:00:00:00:00:02 igb_uio
  save_port_env 0000:00:06.0
  export ACTIVE=$M/active
  stub systemctl 'case "$*" in
    *is-enabled*) exit 1 ;;
    *is-active*) test -e "$ACTIVE" ;;
    "restart pollcore.service") : >"$ACTIVE" ;;
  esac'
  stub systemd-tmpfiles
  stub journalctl
  stub nproc 'echo 2'
  core_says running passed
}

core_says() {
  printf '#!/bin/bash\ncase "$*" in *state*) echo %s ;; *self_test*) echo %s ;; *link*) echo up ;; *arp*) echo answered ;; esac\n' \
    "$1" "$2" >"$U/bin/rig-telemetry"
}

step() {
  run timeout 120 "$U/steps/start-core.sh"
}

# core_ends STATUS WORDS: as systemd tells it after a start that failed.
core_ends() {
  export CORE_STATUS=$1 CORE_WORDS=$2
  stub systemctl 'case "$*" in
    *is-enabled*|*is-active*|"restart pollcore.service") exit 1 ;;
    *Result*) printf "Result=exit-code\nExecMainStatus=%s\n" "$CORE_STATUS" ;;
  esac'
  stub journalctl 'printf "%s\n" "$CORE_WORDS"'
}

@test "writes the settings, starts the core, believes its telemetry" {
  step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  run cat "$M/state/pollcore.env"
  [ "${lines[0]}" = 'POLLCORE_EAL=--lcores 0@0,1@1 --iova-mode pa --file-prefix rte -a 0000:00:06.0' ]
  [ "${lines[1]}" = 'POLLCORE_OPTIONS=--mode respond --ipv4 10.0.1.23 --gateway 10.0.1.1' ]
  called 'systemctl .*enable pollcore.service'
  called 'systemctl start rig-status.timer'
}

@test "a second run does not restart a core that polls" {
  step
  : >"$CALLS"
  step
  [ "$status" -eq 0 ]
  not_called 'restart pollcore'
}

@test "a new program or other settings restart it" {
  step
  : >"$CALLS"
  RIG_POLLCORE_MODE=sink step
  called 'restart pollcore'
  : >"$CALLS"
  sleep 0.05
  touch -d '+1 minute' "$M/root/bin/pollcore"
  RIG_POLLCORE_MODE=sink step
  called 'restart pollcore'
}

@test "a run that was cut off between settings and start: the next one restarts the core" {
  step
  : >"$CALLS"
  touch -d '+1 minute' "$M/state/pollcore.env"
  step
  [ "$status" -eq 0 ]
  called 'restart pollcore'
}

@test "settings that cannot be written: a fault, and no start with half of them" {
  mkdir "$M/state/pollcore.env.new"
  step
  fails_with E_UNEXPECTED start-core
  not_called restart
}

@test "a generator knows its peer and is silent until it measures" {
  RIG_ROLE=generator RIG_POLLCORE_MODE=generate RIG_PEER_IPV4=10.0.1.9 step
  [ "$status" -eq 0 ]
  grep -qx 'POLLCORE_OPTIONS=--mode generate --ipv4 10.0.1.23 --gateway 10.0.1.1 --peer-ipv4 10.0.1.9 --rate 0' \
    "$M/state/pollcore.env"
}

@test "one CPU: both lcores share it; with an IOMMU addresses are virtual" {
  stub nproc 'echo 1'
  mkdir -p "$M/sys/kernel/iommu_groups/1"
  RIG_DRIVER=vfio-pci step
  grep -q '^POLLCORE_EAL=--lcores (0,1)@0 --iova-mode va ' "$M/state/pollcore.env"
}

@test "each exit status of the core has its code, and its words come along" {
  for pair in 1:E_CORE_FAULT 2:E_CORE_USAGE 3:E_NO_PORT 4:E_CORE_MEMORY 5:E_SELF_TEST 6:E_EAL 7:E_CORE_LOCKED; do
    core_ends "${pair%:*}" 'pollcore: mempool: 262144 mbufs; take fewer'
    step
    fails_with "${pair#*:}" start-core
    [[ $output == *'262144 mbufs; take fewer'* ]]
  done
  called 'systemctl stop pollcore.service'
}

@test "EAL's own words make the code finer" {
  core_ends 6 'EAL: Cannot create lock on /var/run/dpdk/rte/config. Is another primary process running?'
  step
  fails_with E_CORE_LOCKED start-core
  core_ends 6 "EAL: FATAL: Cannot use IOVA as 'PA' since physical addresses are not available; IOVA as 'PA' is not available"
  step
  fails_with E_NOT_ROOT start-core
  core_ends 3 'EAL: 0000:00:06.0 failed to select IOMMU type; error -22'
  step
  fails_with E_NO_IOMMU start-core
  core_ends 3 'EAL: pci_uio_ioport_map(): insufficient ioport permissions for PCI device 0000:00:06.0'
  step
  fails_with E_LEGACY_VIRTIO start-core
  core_ends 1 'Port 0: promiscuous mode not supported, ending'
  step
  fails_with E_PROMISCUOUS start-core
}

@test "never ready: E_CORE_TIMEOUT" {
  stub systemctl 'case "$*" in *is-enabled*|*is-active*) exit 1 ;; *Result*) printf "Result=success\nExecMainStatus=0\n" ;; "restart pollcore.service") exec sleep 9 ;; esac'
  RIG_CORE_TIMEOUT=1 step
  fails_with E_CORE_TIMEOUT start-core
}

@test "active but silent: E_CORE_SILENT; a self-test that failed: E_SELF_TEST" {
  printf '#!/bin/bash\nexit 1\n' >"$U/bin/rig-telemetry"
  step
  fails_with E_CORE_SILENT start-core
  core_says running failed
  step
  fails_with E_SELF_TEST start-core
}

@test "a required unit that failed has its own code" {
  stub systemctl 'case "$*" in
    *is-enabled*|*is-active*) exit 1 ;;
    "restart pollcore.service") python3 "$RIG_STATUS_PY" update --error E_BIND_FAILED claim-nic cause fix; exit 1 ;;
    *Result*) printf "Result=success\nExecMainStatus=0\n" ;;
  esac'
  RIG_STATUS_PY=$U/lib/status.py step
  fails_with E_BIND_FAILED claim-nic
}

@test "nothing built, or no port: a code for each" {
  rm "$M/root/bin/pollcore"
  step
  fails_with E_NOT_BUILT start-core
  printf '#!/bin/bash\n' >"$M/root/bin/pollcore"
  chmod +x "$M/root/bin/pollcore"
  rm "$M/state/port.env"
  step
  fails_with E_NO_PORT start-core
}

# A bookfeed whose telemetry says how many of two books are whole.
bookfeed_says() {
  export RIG_WORKLOAD=bookfeed RIG_FEED_VENUE=kraken RIG_FEED_SYMBOLS=XBT/USD,ETH/USD
  cp "$M/root/bin/pollcore" "$M/root/bin/bookfeed"
  stub systemctl 'case "$*" in
    *is-enabled*) exit 1 ;;
    *is-active*) test -e "$ACTIVE" ;;
    "restart bookfeed.service") : >"$ACTIVE" ;;
  esac'
  printf '#!/bin/bash\ncase "$*" in *get\ good*/bookfeed/status) echo %s ;; *get\ symbols*) echo 2 ;; *get\ state*) echo open ;;
    *get\ why*) echo %q ;; *link*) echo up ;; esac\n' "$1" "${2:-}" >"$U/bin/rig-telemetry"
}

@test "bookfeed: its own unit and settings; believed when every book is whole" {
  bookfeed_says 2
  step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  run cat "$M/state/bookfeed.env"
  [ "${lines[0]}" = 'BOOKFEED_EAL=--lcores 0@0,1@1 --iova-mode pa --file-prefix rte -a 0000:00:06.0' ]
  [ "${lines[1]}" = 'BOOKFEED_OPTIONS=--transport lwip --venue kraken --symbols XBT/USD,ETH/USD --ipv4 10.0.1.23/24 --gateway 10.0.1.1 --output quiet' ]
  called 'systemctl .*enable bookfeed.service'
  not_called 'pollcore.service'
  run bash -c '. "$1/lib/rig.sh"; milestone_data CoreRunning' bash "$U"
  [ "$output" = '|open bookfeed|up|0000:00:06.0 on igb_uio, 02:00:00:00:00:02, 10.0.1.23/24, link up, kraken XBT/USD,ETH/USD: 2 of 2 good|' ]
}

@test "bookfeed: Binance by the port that is let out" {
  bookfeed_says 2
  RIG_FEED_VENUE=binance step
  [ "$status" -eq 0 ]
  grep -q -- '--host stream.binance.com:443$' "$M/state/bookfeed.env"
}

@test "bookfeed: a book that does not come: E_FEED says how many did and what the session met" {
  bookfeed_says 1 'certificate: expired'
  RIG_FEED_TIMEOUT=0 step
  fails_with E_FEED start-core
  [[ $output == *'1 of 2 after 0 s, session open; certificate: expired'* ]]
}
