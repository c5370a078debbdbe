#!/usr/bin/env bats
# bin/rig-measure with a core whose network has a known capacity: what it finds, what it takes for a fault, what it leaves.
load helper

setup() {
  setup_machine
  # Trials of a fifth of a second; what is not back after a tenth is lost.
  QUICK=(--seconds 0.2 --settle 0 --drain 0.1 --precision 0.05 --quiet)
}

teardown() {
  if [ -n "${CORE_PID:-}" ]; then kill "$CORE_PID"; fi
}

# start_generator [KEY=VALUE]...: see fake-generator.py.
start_generator() {
  python3 "$BATS_TEST_DIRNAME/fake-generator.py" "$RIG_TELEMETRY_SOCKET" "$@" 3>&- &
  CORE_PID=$!
  await "$RIG_TELEMETRY_SOCKET"
}

measure() {
  run --separate-stderr timeout 300 "$USERDATA/bin/rig-measure" "${QUICK[@]}" "$@"
  printf '%s\n' "$stderr"
}

# value EXPRESSION: of the last document, which is d.
value() {
  python3 -c 'import json, sys; d = json.loads(sys.argv[1]); print(json.dumps(eval(sys.argv[2])))' "$output" "$1"
}

rate() {
  "$USERDATA/bin/rig-telemetry" --get rate /pollcore/rate
}

bats_require_minimum_version 1.5.0

@test "search: the highest rate without loss lies within its precision, and so do the loads" {
  start_generator capacity=400000
  measure --repeat 2
  [ "$status" -eq 0 ]
  [ "$(value '380000 <= d["result"]["loss_free_pps"] <= 400000 * 1.01')" = true ]
  [ "$(value 'd["result"]["limit"]')" = '"loss"' ]
  [ "$(value 'len(d["result"]["searches_pps"])')" = 2 ]
  [ "$(value '[load["share"] for load in d["loads"]]')" = '[0.1, 0.5, 0.8, 0.9]' ]
  [ "$(value '[load["lost"] for load in d["loads"]]')" = '[0, 0, 0, 0]' ]
  [ "$(value 'd["result"]["at_pps"] == d["loads"][2]["rate_pps"]')" = true ]
  [ "$(value 'd["warnings"]')" = '[]' ]
  # Of two searches no rate in between, which neither has tried.
  [ "$(value 'd["result"]["loss_free_pps"] == min(d["result"]["searches_pps"])')" = true ]
  # What was lost is what the network could not carry, to a packet.
  [ "$(value 'all(abs(t["lost"] - t["sent"] + 400000 * t["sent"] / t["rate_pps"]) <= 2
              for t in d["trials"] if t["lost"] and (t["rate_pps"] or 8e5) < 7e5)')" = true ]
}

@test "search: a sender that is slower than the network is told apart from loss" {
  start_generator capacity=900000 limit=300000
  measure --repeat 1 --max-rate 600000
  [ "$status" -eq 0 ]
  [ "$(value 'd["result"]["limit"]')" = '"sender"' ]
  [ "$(value '285000 <= d["result"]["loss_free_pps"] <= 303000')" = true ]
  [ "$(value 'sum(t["lost"] for t in d["trials"])')" = 0 ]
  [ "$(value 'd["trials"][0]["unsent"] > 0 and d["trials"][0]["offered_pps"] < 303000')" = true ]
}

@test "search: a rate at which the poller went away is none, although it lost nothing" {
  start_generator away=1
  measure --repeat 1 --max-rate 50000
  [ "$(value '[d["result"]["loss_free_pps"] < 100, d["result"]["limit"]]')" = '[true, "sender"]' ]
  # All that was due in its time, but for a twentieth of a second; on a busy machine that time is longer than was asked for.
  [ "$(value '[t["unsent"] > 6000 and abs(t["unsent"] - 50000 * t["seconds"] + t["sent"]) < 10 for t in d["trials"][:1]]')" = '[true]' ]
}

@test "search: the limit that was given is the limit" {
  start_generator
  measure --repeat 1 --max-rate 50000
  [ "$(value '[d["result"]["loss_free_pps"], d["result"]["limit"]]')" = '[50000, "max-rate"]' ]
}

@test "search: where every rate loses something there is none, and no load" {
  start_generator capacity=1
  measure --repeat 1 --max-rate 10000
  [ "$status" -eq 0 ]
  [ "$(value '[d["result"]["loss_free_pps"], d["loads"]]')" = '[0, []]' ]
  [ "$(value 'd["result"]["loss"] > 0.9')" = true ]
}

@test "a disturbed trial is made again, and what was lost in it is not held against the rate" {
  start_generator disturbed=2
  measure --profile latency --rates 10000 --repeat 1
  [ "$status" -eq 0 ]
  [ "$(value '[t["attempt"] for t in d["trials"]]')" = '[1, 2, 3]' ]
  [ "$(value '[t["disturbed"] is not None for t in d["trials"]]')" = '[true, true, false]' ]
  [ "$(value '[t["lost"] for t in d["trials"]]')" = '[1, 1, 0]' ]
  [ "$(value '[d["loads"][0]["lost"], d["warnings"]]')" = '[0, []]' ]
}

@test "a machine that disturbs every trial is named, and not tried for ever" {
  start_generator disturbed=99
  measure --profile latency --rates 10000 --repeat 1 --retries 1
  [ "$(value 'len(d["trials"])')" = 2 ]
  [[ "$(value 'd["warnings"]')" == *'disturbed by the machine: 2 of 2 trials, 1 of them for good'* ]]
  measure --profile latency --rates 10000 --repeat 1 --retries 9 --budget 0
  [ "$(value 'len(d["trials"])')" = 1 ]
}

@test "latency: percentiles of all repeats together, from a histogram in pages" {
  start_generator capacity=100000
  measure --profile latency --rates 50000,1000 --repeat 3
  [ "$(value '[load["rate_pps"] for load in d["loads"]]')" = '[50000, 1000]' ]
  [ "$(value 'd["loads"][0]["sent"] == sum(t["sent"] for t in d["trials"] if t["rate_pps"] == 50000)')" = true ]
  # Of 1000, 2.5 % are three times as slow, and a tenth of those ten times.
  [ "$(value '[d["loads"][0]["rtt_ns"][name] for name in ("min", "p50", "p90", "p99", "p99_9", "max")]')" = \
    '[9999, 10000, 10000, 30000, 99995, 99995]' ]
  [ "$(value 'd["loads"][0]["curve"] == sorted(d["loads"][0]["curve"]) and len(d["loads"][0]["repeats"])')" = 3 ]
  [ "$(value 'd["result"]["at_pps"]')" = 50000 ]
}

@test "soak: a row an interval that add up to all, and the loss when the last is back" {
  start_generator capacity=9000
  measure --profile soak --rates 10000 --seconds 1.2 --interval 0.3
  [ "$status" -eq 0 ]
  [ "$(value 'len(d["intervals"])')" = 4 ]
  [ "$(value 'abs(sum(r["sent"] for r in d["intervals"]) - d["loads"][0]["sent"]) < 1000')" = true ]
  [ "$(value '0.08 < d["result"]["loss"] < 0.12')" = true ]
  [ "$(value 'd["intervals"][-1]["outstanding"] > 0')" = true ]
}

@test "soak: a rate that could not be sent is no result without a word" {
  start_generator limit=5000
  measure --profile soak --rates 10000 --seconds 0.3
  [ "$(value '[d["result"]["loss"], d["loads"][0]["unsent"] > 1000]')" = '[0.0, true]' ]
  [[ "$(value 'd["warnings"]')" == *'could not send all that a load asked for; see unsent'* ]]
}

@test "where packets were lost is told: at this port, or on the way" {
  start_generator capacity=5000 missed=1
  measure --profile latency --rates 10000 --repeat 1
  [ "$(value 'd["trials"][0]["lost_here"] == d["trials"][0]["lost"] > 0 and d["trials"][0]["lost_at_peer"] is None')" = true ]
}

@test "all that is needed to measure again is in the document" {
  start_generator alarms=pps
  start_ec2
  mkdir -p "$EC2/get/latest/meta-data/placement"
  printf c7i.large >"$EC2/get/latest/meta-data/instance-type"
  printf eu-west-1a >"$EC2/get/latest/meta-data/placement/availability-zone"
  RIG_IMDS=$RIG_IMDS measure --profile latency --rates 1000 --repeat 1
  stop_ec2
  [ "$(value '[d["setup"]["instance"][name] for name in ("type", "zone", "placement_group")]')" = '["c7i.large", "eu-west-1a", null]' ]
  [ "$(value '[d["setup"]["core"][name] for name in ("dpdk", "driver", "version")]')" = '["24.11.8", "net_ena", "0.1.0"]' ]
  [ "$(value 'd["setup"]["kernel"]')" = "\"$(uname -r)\"" ]
  [ "$(value 'd["counters"]["after"]["pps_allowance_exceeded"] > d["counters"]["before"]["pps_allowance_exceeded"]')" = true ]
  [ "$(value '"rx_q0_packets" in d["counters"]["after"]')" = false ]
  [[ "$(value 'd["warnings"]')" == *"allowances were exceeded: pps"* ]]
}

@test "a metadata service that does not answer is not awaited" {
  start_generator
  # It takes the connection and never answers.
  python3 -c '
import os, socket, sys, time
server = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(server.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(600)' "$M/silent-port" 3>&- &
  silent=$!
  await "$M/silent-port"
  SECONDS=0
  RIG_IMDS=http://127.0.0.1:$(<"$M/silent-port") measure --profile latency --rates 1000 --repeat 1
  kill "$silent"
  [ "$(value 'd["setup"]["instance"]')" = null ]
  [ "$SECONDS" -lt 60 ]
}

@test "a peer that is silent, unknown or not set is a fault with the next step" {
  start_generator silent=1
  measure
  [ "$status" -eq 1 ]
  [[ $stderr == *'nothing came back of '*' packets: the peer is silent; see that it runs'* ]]
  [ "$(rate)" = 0 ]
  kill "$CORE_PID"
  rm "$RIG_TELEMETRY_SOCKET"
  start_generator mute=1
  measure
  [ "$status" -eq 1 ]
  [[ $stderr == *'nothing to generate: no peer; start it with --peer-ipv4'* ]]
}

@test "a core in another mode, or none at all" {
  measure
  [ "$status" -eq 1 ]
  [[ $stderr == *'the core does not answer: '*'; start it'* ]]
  start_generator mode=respond
  measure
  [ "$status" -eq 1 ]
  [[ $stderr == *'the core is in mode respond; allowed: generate'* ]]
}

@test "two at once are refused, and the core has its rate back when one is interrupted" {
  start_generator
  "$USERDATA/bin/rig-telemetry" /pollcore/rate,777
  "$USERDATA/bin/rig-measure" "${QUICK[@]}" --profile soak --rates 5000 --seconds 60 3>&- &
  first=$!
  until [ "$(rate)" = 5000 ]; do sleep 0.05; done
  measure --profile latency --rates 1000
  [ "$status" -eq 1 ]
  [[ $stderr == *'another rig-measure works with '*'; wait for its end'* ]]
  kill -TERM "$first"
  code=0
  wait "$first" || code=$?
  [ "$code" -eq 130 ]
  [ "$(rate)" = 777 ]
}

@test "another frame size than the core sends: the unit is started with it, and as before in the end" {
  start_generator "pid=$$"
  stub systemctl "case \$1 in
    show) printf '$$\n' ;;
    restart) cat '$M'/rootfs/run/systemd/system/pollcore.service.d/* >>'$BATS_TEST_TMPDIR/drop-ins' 2>/dev/null || printf 'none\n' >>'$BATS_TEST_TMPDIR/drop-ins' ;;
  esac"
  printf 'POLLCORE_EAL=-a x\nPOLLCORE_OPTIONS=--mode generate --frame-size 64 --rate 0\n' >"$M/state/pollcore.env"
  measure --profile latency --rates 1000 --repeat 1 --frame-size 512
  [ "$status" -eq 0 ]
  [ "$(value 'd["settings"]["frame_size"]')" = '"512"' ]
  grep -q '^POLLCORE_OPTIONS=--mode generate --rate 0 --frame-size 512$' "$BATS_TEST_TMPDIR/drop-ins"
  [ "$(tail -n 1 "$BATS_TEST_TMPDIR/drop-ins")" = none ]
  [ "$(times_called 'systemctl restart pollcore.service')" -eq 2 ]
  # What a killed measurement has left is undone by the next, before it looks at the size.
  printf '[Service]\n' >"$M/rootfs/run/systemd/system/pollcore.service.d/measure.conf"
  measure --profile latency --rates 1000 --repeat 1
  [ "$status" -eq 0 ]
  [ ! -e "$M/rootfs/run/systemd/system/pollcore.service.d/measure.conf" ]
  [ "$(times_called 'systemctl restart pollcore.service')" -eq 3 ]
  # A core that systemd does not run is its owner's.
  stub systemctl 'printf "1\n"'
  measure --profile latency --rates 1000 --frame-size 512
  [ "$status" -eq 1 ]
  [[ $stderr == *'the core sends frames of 64, and 512 is asked for; start it with --frame-size 512'* ]]
}

@test "--output appears whole or not at all; wrong usage exits 2 and says what is allowed" {
  start_generator
  measure --profile latency --rates 1000 --repeat 1 --output "$M/out.json"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  python3 -m json.tool "$M/out.json" >/dev/null
  measure --profile latency --rates 1000 --repeat 1 --output "$M/none/out.json"
  [ "$status" -eq 1 ]
  while read -r arguments; do
    # shellcheck disable=SC2086 # words
    measure $arguments
    [ "$status" -eq 2 ]
    [[ $stderr == *allowed* || $stderr == *needs* || $stderr == *choose* ]]
  done <<'END'
--profile latency
--profile soak --rates 1,2
--profile search --rates 1
--profile flood
--rates 0
--frame-size 63
--seconds never
END
}
