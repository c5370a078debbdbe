#!/usr/bin/env bats
# bin/rig-status and the status that is behind it, with a core that answers as pollcore does.
load helper

setup() {
  setup_machine
  export RIG_NAME=DpdkRig RIG_GENERATION=1a2b3c4d
}

teardown() {
  if [ -n "${CORE_PID:-}" ]; then kill "$CORE_PID"; fi
}

start_core() {
  python3 "$BATS_TEST_DIRNAME/fake-core.py" "$RIG_TELEMETRY_SOCKET" 3>&- &
  CORE_PID=$!
  await "$RIG_TELEMETRY_SOCKET"
}

# value KEY...: one value of the last --json output.
value() {
  python3 -c '
import json, sys
value = json.loads(sys.argv[1])
for key in sys.argv[2:]:
    value = value[key]
print(json.dumps(value))' "$output" "$@"
}

set_status() {
  python3 "$USERDATA/lib/status.py" update "$@"
}

# watch_until PATTERN [COUNT]: what --watch has shown when it had that in it, for at most a minute; it does not end by itself.
watch_until() {
  "$USERDATA/bin/rig-status" --watch >"$M/watched" 3>&- &
  for _ in {1..600}; do
    if [ "$(grep -c "$1" "$M/watched")" -ge "${2:-1}" ]; then break; fi
    sleep 0.1
  done
  kill "$!"
  wait "$!" || [ "$?" -eq 143 ]
  [ "$(grep -c "$1" "$M/watched")" -ge "${2:-1}" ]
  output=$(<"$M/watched")
}

reach_all() {
  set_status --milestone DpdkReady=success --milestone PortReady=success --milestone CoreRunning=success
}

@test "an empty machine: every key is there, and nothing is invented" {
  run "$USERDATA/bin/rig-status" --json
  [ "$status" -eq 0 ]
  [ "$(value schema) $(value rig) $(value generation)" = '1 "DpdkRig" "1a2b3c4d"' ]
  [ "$(value state)" = '"provisioning"' ]
  [ "$(value uptime_s)" = 12 ]
  for key in step progress error dpdk port hugepages core; do [ "$(value "$key")" = null ]; done
  [ ! -e "$M/run/status.json" ]
}

@test "a whole rig: port from sysfs, counters from the core" {
  add_pool 512 400
  add_nic 0000:00:06.0 ens6 02:00:00:00:00:02 igb_uio
  save_port_env 0000:00:06.0
  start_core
  reach_all
  run "$USERDATA/bin/rig-status" --json
  [ "$(value state)" = '"ready"' ]
  [ "$(value dpdk)" = '"24.11.8"' ]
  [ "$(value port driver) $(value port link) $(value port prefix)" = '"igb_uio" "up" 24' ]
  [ "$(value hugepages)" = '{"total": 512, "free": 400, "size_kb": 2048}' ]
  [ "$(value core state) $(value core rx_packets) $(value core tx_packets)" = '"running" 7 5' ]
  run "$USERDATA/bin/rig-status"
  [[ $output == *'DpdkRig: ready'*'port        0000:00:06.0 on igb_uio, 02:00:00:00:00:02, 10.0.1.23/24, link up'* ]]
}

@test "a virtual port has its driver from the core" {
  save_port_env net_af_packet0
  start_core
  run "$USERDATA/bin/rig-status" --json
  [ "$(value port pci) $(value port driver)" = '"net_af_packet0" "net_ena"' ]
}

@test "ready once, the core gone: degraded; with systemd's view and its restarts" {
  mkdir -p "$M/rootfs/etc/systemd/system"
  : >"$M/rootfs/etc/systemd/system/pollcore.service"
  stub systemctl 'printf "ActiveState=activating\nNRestarts=3\n"'
  reach_all
  run "$USERDATA/bin/rig-status" --json
  [ "$(value state) $(value core state) $(value core restarts)" = '"degraded" "starting" 3' ]
  stub systemctl 'printf "ActiveState=active\nNRestarts=3\n"'
  run "$USERDATA/bin/rig-status" --json
  [ "$(value core state)" = '"failed"' ]
}

@test "each change is one line on the console, and the file appears whole" {
  set_status --step build-dpdk
  set_status --progress 12/221
  [ "$(wc -l <"$M/console")" -eq 2 ]
  [ "$(grep -c '^rig-status: {.*}$' "$M/console")" -eq 2 ]
  [ "$(status progress)" = '{"done": 12, "total": 221}' ]
  [ "$(stat -c %a "$M/run/status.json")" = 644 ]
  [ "$(ls "$M/run")" = $'status.json\nstatus.lock' ]
}

@test "a fault's text may hold anything" {
  text=$'quote " backslash \\ tab \t newline \n bell \a umlaut \xc3\xa4 bad \xff end'
  set_status --error E_UNEXPECTED boot "$text" "it's \$(fine)"
  run "$USERDATA/bin/rig-status" --json
  [ "$(value state)" = '"failed"' ]
  [[ "$(value error cause)" == '"quote \" backslash \\ tab \t newline \n bell \u0007'* ]]
  [ "$(wc -l <"$M/console")" -eq 1 ]
  run "$USERDATA/bin/rig-status"
  [[ $output == *"what to do  it's \$(fine)"* ]]
}

@test "no console, or none at all: no fault" {
  RIG_CONSOLE=$M/none/console set_status --step a
  RIG_CONSOLE='' set_status --step b
  [ "$(status step)" = '"b"' ]
}

@test "a full disk keeps no milestone, but the status is published" {
  RIG_STATE=/dev/full/state run set_status --milestone DpdkReady=failure --error E_DISK_FULL x y z
  [ "$status" -eq 0 ]
  [ "$(status error code)" = '"E_DISK_FULL"' ]
}

@test "twenty writers at once: the file is always whole" {
  for i in {1..20}; do set_status --step "step-$i" 3>&- & done
  wait
  [[ "$(status step)" == '"step-'* ]]
  [ "$(grep -c '^rig-status: {.*}$' "$M/console")" -eq 20 ]
}

@test "--console repeats the line; --watch goes on until it is stopped; anything else is refused" {
  run "$USERDATA/bin/rig-status" --console
  [ "$(wc -l <"$M/console")" -eq 1 ]
  watch_until ': provisioning' 2
  run "$USERDATA/bin/rig-status" --verbose
  [ "$status" -eq 2 ]
  [[ $output == *"unknown arguments \"--verbose\"; allowed"* ]]
  run "$USERDATA/bin/rig-status" --help
  [[ $output == 'Usage: rig-status'*--watch* ]]
}

@test "--watch shows what the counters did, by reason, and the round trips" {
  start_core
  watch_until 'round trip  p50'
  [[ $output == *'rates       rx 0 packets/s 0bit/s, tx 0 packets/s 0bit/s'* ]]
  [[ $output == *'drops       short 2 (0/s)'* && $output != *vlan* ]]
  [[ $output == *'buffers     1000 of 4000 in use (25 %)'* ]]
  [[ $output == *'generated   sent 9, back 8, missing 1'* ]]
  [[ $output == *'round trip  p50 900 ns, p90 15.0 us, p99 20.0 ms'* ]]
}

@test "rig-telemetry: the answer, one key, and a message when nobody is there" {
  run "$USERDATA/bin/rig-telemetry" /pollcore/stats
  [ "$status" -eq 1 ]
  [[ $output == *'nobody answers'* ]]
  start_core
  run "$USERDATA/bin/rig-telemetry" /pollcore/stats
  [ "$(value rx_packets)" = 7 ]
  run "$USERDATA/bin/rig-telemetry" --get state /pollcore/status
  [ "$output" = running ]
  run "$USERDATA/bin/rig-telemetry" --get nothing /pollcore/status
  [ "$status" -eq 1 ]
  run "$USERDATA/bin/rig-telemetry" /no/such
  [ "$status" -eq 1 ]
}

@test "a core that hangs is silent, not awaited" {
  python3 -c '
import os, socket, sys, time
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.bind(sys.argv[1] + ".new")
server.listen()
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(600)' "$RIG_TELEMETRY_SOCKET" 3>&- &
  CORE_PID=$!
  await "$RIG_TELEMETRY_SOCKET"
  run timeout 120 "$USERDATA/bin/rig-status" --json
  [ "$status" -eq 0 ]
}

@test "bookfeed: known by its unit, its books in the status, its messages in --watch" {
  mkdir -p "$M/rootfs/etc/systemd/system"
  : >"$M/rootfs/etc/systemd/system/bookfeed.service"
  stub systemctl 'printf "ActiveState=active\nNRestarts=4\n"'
  start_core
  run "$USERDATA/bin/rig-status" --json
  [ "$(value feed)" = '{"venue": "kraken", "state": "open", "symbols": 2, "good": 1}' ]
  [ "$(value core state) $(value core mode) $(value core rx_packets) $(value core rx_dropped) $(value core restarts)" = \
    '"running" "bookfeed" 70 1 4' ]
  called 'systemctl show bookfeed.service'
  watch_until 'feed  *0 messages/s'
  [[ $output == *'feed        kraken open, 1 of 2 books good'* ]]
  [[ $output == *'feed        0 messages/s, 0 updates/s, resyncs 3, connects 2'* ]]
}
