#!/usr/bin/env bats
# provision.sh: order, milestones, and the answer to the stack however it ends. The steps are stand-ins; status, signals
# and the trap are real.
load helper

setup() {
  setup_machine
  start_ec2
  expect_signals
  # A copy whose steps record their calls.
  cp -r "$USERDATA" "$BATS_TEST_TMPDIR/userdata"
  U=$BATS_TEST_TMPDIR/userdata
  for step in install-packages build-dpdk build-native build-igb-uio reserve-hugepages claim-nic start-core measure-peer; do
    make_step "$step" ':'
  done
  mkdir -p "$M/root/bin" "$M/root/dpdk"
  add_pool 512 512
  add_nic 0000:00:06.0 ens6 02:00:00:00:00:02 igb_uio
  save_port_env 0000:00:06.0
  stub pkg-config 'echo 24.11.8'
  printf '#!/bin/bash\ncase "$*" in *state*) echo running ;; *mode*) echo respond ;; *link*) echo up ;;
    *self_test*) echo passed ;; *arp*) echo answered ;; esac\n' >"$U/bin/rig-telemetry"
}

teardown() {
  stop_ec2
}

make_step() {
  cat >"$U/steps/$1.sh" <<STEP
#!/bin/bash
. "\$(dirname "\${BASH_SOURCE[0]}")/../lib/rig.sh"
begin_step $1
printf 'step $1 %s\n' "\$RIG_PHASE" >>"\$CALLS"
$2
STEP
  chmod +x "$U/steps/$1.sh"
}

provision() {
  run timeout 180 "$U/provision.sh" "$@"
  printf '%s\n' "$output"
}

@test "all steps in order, each milestone as it is reached" {
  provision
  [ "$status" -eq 0 ]
  [ "$(sed -n 's/^step //p' "$CALLS" | tr '\n' ' ')" = "install-packages all build-dpdk all build-native all \
build-igb-uio all reserve-hugepages all claim-nic all start-core all " ]
  [ "$(signal dpdk Status) $(signal port Status) $(signal core Status)" = 'SUCCESS SUCCESS SUCCESS' ]
  [ "$(signal dpdk Data)" = '|24.11.8|' ]
  [ "$(signal port Data)" = '|0000:00:06.0|igb_uio|02:00:00:00:00:02|10.0.1.23|512 x 2 MB, 512 free|' ]
  [ "$(signal core Data)" = '|running respond|up|0000:00:06.0 on igb_uio, 02:00:00:00:00:02, 10.0.1.23/24, link up, self-test passed, gateway 10.0.1.1 answered|' ]
  [ "$(signal core UniqueId)" = CoreRunning ]
  [ "$(status milestones CoreRunning)" = '"success"' ]
  [ "$(status step)" = null ]
}

@test "a core that falls silent before it is told of: FAILURE, and no empty values" {
  make_step start-core 'printf "#!/bin/bash\ncase \"\$*\" in *link*) exit 1 ;; *) echo running ;; esac\n" >"$RIG_USERDATA/bin/rig-telemetry"'
  provision
  [ "$status" -ne 0 ]
  [ "$(signal core Status)" = FAILURE ]
  [ "$(status milestones CoreRunning)" = '"failure"' ]
}

@test "a second run signals nothing again" {
  provision
  rm -r "$EC2/signals"
  provision
  [ "$status" -eq 0 ]
  [ ! -e "$EC2/signals" ]
}

@test "milestones outlive a reboot, but not another generation" {
  export RIG_GENERATION=aaaa
  provision
  rm -r "$M/run" "$EC2/signals"
  provision
  [ "$status" -eq 0 ]
  [ ! -e "$EC2/signals" ]
  RIG_GENERATION=bbbb provision
  [ "$(signal dpdk Status)" = SUCCESS ]
}

@test "a failing step: FAILURE for the next milestone with code, step, cause and fix; nothing after it" {
  make_step claim-nic 'fail E_NO_SECOND_NIC "a \"quoted\" \\ detail"'
  provision
  fails_with E_NO_SECOND_NIC claim-nic
  [ "$(signal dpdk Status)" = SUCCESS ]
  [ "$(signal port Status)" = FAILURE ]
  [[ "$(signal port Reason)" == 'E_NO_SECOND_NIC claim-nic: '*'a "quoted" \ detail; attach a data interface'* ]]
  [ ! -e "$EC2/signals/core" ]
  not_called 'step start-core'
  [ "$(status milestones PortReady)" = '"failure"' ]
  [ "$(status state)" = '"failed"' ]
}

@test "running again after the cause is gone succeeds" {
  make_step claim-nic 'fail E_NO_SECOND_NIC'
  provision
  make_step claim-nic ':'
  provision
  [ "$status" -eq 0 ]
  [ "$(signal port Status)" = SUCCESS ]
  [ "$(status error)" = null ]
}

@test "a step that fails without a word: E_UNEXPECTED with the line" {
  make_step build-dpdk 'grep -q nothing /dev/null'
  provision
  fails_with E_UNEXPECTED build-dpdk
  [[ "$(signal dpdk Reason)" == 'E_UNEXPECTED build-dpdk: '*'grep -q nothing'* ]]
}

@test "a step that cannot even start: E_UNEXPECTED, and an answer" {
  chmod -x "$U/steps/build-native.sh"
  provision
  fails_with E_UNEXPECTED build-native
  [ "$(signal dpdk Status)" = FAILURE ]
}

@test "SIGTERM in a step: the step ends, E_INTERRUPTED is answered" {
  make_step build-dpdk ': >"$RIG_RUN/started"; sleep 120'
  "$U/provision.sh" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
  pid=$!
  await "$M/run/started"
  SECONDS=0
  kill -TERM "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$SECONDS" -lt 60 ]
  output=$(<"$BATS_TEST_TMPDIR/err")
  fails_with E_INTERRUPTED build-dpdk
  [ "$(signal dpdk Status)" = FAILURE ]
}

# stop_one_by_one FIRST...: as systemd stops a unit, but with time between two processes to make much of it.
stop_one_by_one() {
  local target
  "$U/provision.sh" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
  pid=$!
  await "$M/run/started"
  for target in "$(<"$M/run/tool")" "$(<"$M/run/started")" "$pid"; do
    kill -TERM "$target" 2>/dev/null || true
    sleep 0.05
  done
  status=0
  wait "$pid" || status=$?
  output=$(<"$BATS_TEST_TMPDIR/err")
}

@test "a stop of the whole unit: E_INTERRUPTED, though a tool ended first and the step made a fault of it" {
  make_step build-dpdk 'sleep 30 & printf "%s" $! >"$RIG_RUN/tool"; printf "%s" $$ >"$RIG_RUN/started"
    wait $! || fail E_BUILD_DPDK "the compiler ended"'
  stop_one_by_one
  fails_with E_INTERRUPTED build-dpdk
  [ "$(signal dpdk Status)" = FAILURE ]
  [[ "$(signal dpdk Reason)" == 'E_INTERRUPTED build-dpdk: '* ]]
}

@test "a stop of the whole unit: E_INTERRUPTED, though the step ended by a command that no check foresaw" {
  make_step build-dpdk 'sleep 30 & printf "%s" $! >"$RIG_RUN/tool"; printf "%s" $$ >"$RIG_RUN/started"
    wait $! || false'
  stop_one_by_one
  fails_with E_INTERRUPTED build-dpdk
}

@test "a generator measures its peer in the end, and tells the stack what it found" {
  export RIG_ROLE=generator RIG_POLLCORE_MODE=generate RIG_PEER_IPV4=10.0.1.9
  export RIG_SIGNAL_MEASURED="$RIG_IMDS/measured?sig=e"
  make_step measure-peer 'printf %s "{\"result\":{\"loss_free_pps\":1000,\"loss\":0.0125,\"rtt_ns\":{\"p50\":9000,\"p99\":10500}}}" >"$measurement_file"'
  provision
  [ "$status" -eq 0 ]
  [ "$(signal measured Status) $(signal measured UniqueId)" = 'SUCCESS Measured' ]
  [ "$(signal measured Data)" = '|1000 packets/s|1.25 %|9.0 us|10.5 us|' ]
  [ "$(status milestones Measured)" = '"success"' ]
  rm -r "$EC2/signals"
  provision
  [ "$status" -eq 0 ]
  [ ! -e "$EC2/signals" ]
}

@test "a generator that cannot measure: FAILURE for Measured alone" {
  export RIG_ROLE=generator RIG_POLLCORE_MODE=generate RIG_PEER_IPV4=10.0.1.9
  export RIG_SIGNAL_MEASURED="$RIG_IMDS/measured?sig=e"
  make_step measure-peer 'fail E_PEER_SILENT "9 packets"'
  provision
  fails_with E_PEER_SILENT measure-peer
  [ "$(signal core Status) $(signal measured Status)" = 'SUCCESS FAILURE' ]
  [ "$(status state)" = '"failed"' ]
}

@test "nobody else measures" {
  provision
  not_called 'step measure-peer'
  [ "$(status milestones)" = '{"DpdkReady": "success", "PortReady": "success", "CoreRunning": "success"}' ]
}

@test "a role that does not fit the mode: E_CONFIG says what does" {
  RIG_ROLE=generator provision
  [[ "$(signal dpdk Reason)" == *"RIG_POLLCORE_MODE is 'respond', allowed for a generator is generate"* ]]
  RIG_ROLE=generator RIG_POLLCORE_MODE=generate RIG_PEER_IPV4=peer provision
  [[ "$(signal dpdk Reason)" == *"RIG_PEER_IPV4 is 'peer', a generator needs"* ]]
  RIG_ROLE=reflector RIG_POLLCORE_MODE=sink provision
  [[ "$(signal dpdk Reason)" == *'allowed for a reflector are respond and reflect'* ]]
  RIG_POLLCORE_MODE=generate provision
  [[ "$(signal dpdk Reason)" == *'allowed are respond, sink and reflect'* ]]
  RIG_ROLE=leader provision
  [[ "$(signal dpdk Reason)" == *"RIG_ROLE is 'leader', allowed are alone, generator and reflector"* ]]
}

@test "a workload that is not known or has no feed: E_CONFIG says what is" {
  RIG_WORKLOAD=testpmd provision
  [[ "$(signal dpdk Reason)" == *"RIG_WORKLOAD is 'testpmd', allowed are pollcore and bookfeed"* ]]
  RIG_WORKLOAD=bookfeed provision
  [[ "$(signal dpdk Reason)" == *"RIG_FEED_VENUE is '', allowed are binance"* ]]
  RIG_WORKLOAD=bookfeed RIG_FEED_VENUE=kraken RIG_FEED_SYMBOLS='XBT/USD ETH/USD' provision
  [[ "$(signal dpdk Reason)" == *"RIG_FEED_SYMBOLS is 'XBT/USD ETH/USD', allowed is a comma list"* ]]
}

@test "the stack does not take the answer: E_SIGNAL" {
  : >"$EC2/refuse-signals"
  stub sleep
  stub curl 'exec /usr/bin/curl "$@" --retry 0'
  provision
  fails_with E_SIGNAL build-igb-uio
}

@test "phase build: the build steps alone, no milestone, no signal" {
  provision --phase build
  [ "$status" -eq 0 ]
  called 'step build-igb-uio build'
  not_called 'step reserve-hugepages'
  [ ! -e "$EC2/signals" ]
  [ "$(status milestones DpdkReady)" = '"pending"' ]
}

@test "phase boot: what is not built is a fault at once" {
  provision --phase boot
  fails_with E_NOT_BUILT check-image
  not_called step
}

@test "a second provision.sh at the same time goes away without an answer" {
  exec 8>"$M/run/provision.lock"
  flock 8
  provision
  exec 8>&-
  [ "$status" -eq 1 ]
  [[ $output == *E_PROVISION_BUSY* ]]
  [ ! -e "$EC2/signals" ]
  not_called step
}

@test "a setting that is not allowed: E_CONFIG names it" {
  RIG_DRIVER=uio_pci_generic provision
  [ "$status" -ne 0 ]
  [[ "$(signal dpdk Reason)" == *"RIG_DRIVER is 'uio_pci_generic', allowed are igb_uio and vfio-pci"* ]]
}

@test "override.env is before versions.env" {
  printf ': "${RIG_BUILD_TIMEOUT:=7}"\n' >"$M/etc/override.env"
  make_step build-dpdk 'printf "limit %s\n" "$RIG_BUILD_TIMEOUT" >>"$CALLS"'
  provision
  called 'limit 7'
}

@test "an unknown argument: 2, and what is allowed" {
  provision --phase fast
  [ "$status" -eq 2 ]
  [[ $output == *'build|boot|all'* ]]
}
