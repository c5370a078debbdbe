#!/usr/bin/env bats
# steps/measure-peer.sh with the core's telemetry and rig-measure in their place.
load helper

setup() {
  setup_machine
  cp -r "$USERDATA" "$BATS_TEST_TMPDIR/userdata"
  U=$BATS_TEST_TMPDIR/userdata
  export RIG_ROLE=generator RIG_POLLCORE_MODE=generate RIG_PEER_IPV4=10.0.1.9 RIG_PEER_TIMEOUT=0
  core_counts 9 7
  measures 'printf %s "$RESULT" >"${@: -1}"'
  export RESULT='{"schema":1,"result":{"loss_free_pps":1234567,"loss":0,"rtt_ns":{"p50":12340,"p99":45670}}}'
}

# core_counts SENT RECEIVED: what /pollcore/latency says.
core_counts() {
  printf '#!/bin/bash\nprintf "telemetry %%s\\n" "$*" >>"$CALLS"
case "$*" in *get\\ sent*) echo %s ;; *get\\ received*) echo %s ;; *self_test*) echo passed ;; *state*) echo running ;; esac\n' \
    "$1" "$2" >"$U/bin/rig-telemetry"
}

# measures BODY: rig-measure, whose last argument is the file that it writes.
measures() {
  printf '#!/bin/bash\nprintf "measure %%s\\n" "$*" >>"$CALLS"\n%s\n' "$1" >"$U/bin/rig-measure"
  chmod +x "$U/bin/rig-measure"
}

step() {
  run timeout 120 "$U/steps/measure-peer.sh"
}

@test "finds its peer, measures, keeps the document and shows it" {
  step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  [ "$(cat "$M/state/measurement.json")" = "$RESULT" ]
  called '^measure --file-prefix rte --profile search --seconds 1 --repeat 1 --output '
  [ "$(grep -o 'rate,[0-9]*' "$CALLS" | tr '\n' ' ')" = 'rate,100 rate,0 ' ]
  [[ $output == *'1234567 packets/s|0 %|12.3 us|45.7 us'* ]]
  [ "$(status role)" = '"generator"' ]
  [ "$(status peer)" = '"10.0.1.9"' ]
  RIG_CONSOLE='' python3 "$U/lib/status.py" update
  [ "$(status measurement p99_ns)" = 45670 ]
  run "$U/bin/rig-status"
  [[ $output == *'role        generator, peer 10.0.1.9'* ]]
  [[ $output == *'measured    1234567 packets/s, 0 %, 12.3 us, 45.7 us'* ]]
}

@test "a second run measures nothing again" {
  step
  : >"$CALLS"
  step
  [ "$status" -eq 0 ]
  [ ! -s "$CALLS" ]
}

@test "half a document of a run before is no measurement" {
  printf '{"schema":1' >"$M/state/measurement.json"
  step
  [ "$status" -eq 0 ]
  called '^measure '
}

@test "a peer that comes late is waited for" {
  core_counts 9 '$(if [ -e "$CALLS.late" ]; then echo 1; else : >"$CALLS.late"; echo 0; fi)'
  RIG_PEER_TIMEOUT=60 step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  called '^measure '
}

@test "a peer that sends nothing back: E_PEER_SILENT, and the generator is silent again" {
  core_counts 900 0
  step
  fails_with E_PEER_SILENT measure-peer
  [[ $output == *'900 packets to 10.0.1.9 in 0 s, none came back'* ]]
  called 'rate,0$'
  not_called '^measure '
}

@test "nobody has the peer's address: E_PEER_SILENT says that it is ARP" {
  core_counts 0 0
  step
  fails_with E_PEER_SILENT measure-peer
  [[ $output == *'nobody answers ARP for 10.0.1.9'* ]]
}

@test "no measurement: E_MEASURE with what rig-measure said last, and nothing is kept" {
  measures 'echo progress >&2; echo "rig-measure: 3 % lost at 100/s; look at the drops" >&2; exit 1'
  step
  fails_with E_MEASURE measure-peer
  [[ $output == *'3 % lost at 100/s; look at the drops'* ]]
  [ ! -e "$M/state/measurement.json" ]
  RESULT='{}'
  measures 'printf %s "$RESULT" >"${@: -1}"'
  step
  fails_with E_MEASURE measure-peer
  [ ! -e "$M/state/measurement.json" ]
}

@test "a measurement without end: E_MEASURE" {
  measures 'exec sleep 600'
  RIG_MEASURE_TIMEOUT=1 step
  fails_with E_MEASURE measure-peer
}

@test "a core that does not answer: E_CORE_SILENT" {
  printf '#!/bin/bash\nexit 1\n' >"$U/bin/rig-telemetry"
  step
  fails_with E_CORE_SILENT measure-peer
}

@test "a machine that is no generator has nothing to measure" {
  RIG_ROLE=reflector RIG_POLLCORE_MODE=reflect step
  [ "$status" -eq 0 ]
  [ ! -s "$CALLS" ]
}

@test "with the real rig-measure and a generator that loses nothing up to a known rate" {
  cp "$USERDATA/bin/rig-measure" "$U/bin/"
  # That generator is not asked for its self-test by anybody else.
  printf '#!/bin/bash\ncase "$*" in *self_test*) echo passed ;; *) exec %q/bin/rig-telemetry "$@" ;; esac\n' "$USERDATA" \
    >"$U/bin/rig-telemetry"
  export RIG_TELEMETRY_SOCKET=$BATS_TEST_TMPDIR/generator
  python3 "$BATS_TEST_DIRNAME/fake-generator.py" "$RIG_TELEMETRY_SOCKET" capacity=500000 3>&- &
  generator=$!
  await "$RIG_TELEMETRY_SOCKET"
  RIG_PEER_TIMEOUT=60 run timeout 600 "$U/steps/measure-peer.sh"
  kill "$generator"
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  rate=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["result"]["loss_free_pps"])' "$M/state/measurement.json")
  [ "$rate" -gt 450000 ] && [ "$rate" -le 500000 ]
  [[ $output == *"$rate packets/s|0 %|10."* ]]
}
