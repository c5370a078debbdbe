#!/usr/bin/env bash
# Makes this machine a rig: the ordered list of steps, and an answer to CloudFormation however it ends.
# Usage: provision.sh [--phase build|boot|all]. build: for an image; boot: on a machine made from one; all: both.
# shellcheck source=lib/rig.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/rig.sh"

readonly build_steps='install-packages build-dpdk build-native build-igb-uio'
readonly image_steps='seal-image'
boot_steps='reserve-hugepages claim-nic start-core'
if [[ $RIG_ROLE == generator ]]; then boot_steps+=' measure-peer'; fi
readonly boot_steps

# milestone_after STEP: prints the milestone that this step completes, or nothing.
milestone_after() {
  case $1 in
    build-igb-uio) printf DpdkReady ;;
    claim-nic) printf PortReady ;;
    start-core) printf CoreRunning ;;
    measure-peer) printf Measured ;;
  esac
}

run_steps() {
  local step milestone
  for step in "$@"; do
    RIG_STEP=$step
    # In the background, so that a signal to this script is handled at once and not after the step; in a process group
    # of its own (set -m), so that the step can be stopped with all that it started.
    set -m
    "$RIG_USERDATA/steps/$step.sh" &
    step_pid=$!
    set +m
    wait "$step_pid"
    step_pid=
    milestone=$(milestone_after "$step")
    if [[ -n $milestone && $RIG_PHASE != build ]]; then reach_milestone "$milestone"; fi
  done
}

# check_image: what --phase boot relies on.
check_image() {
  RIG_STEP=check-image
  dpdk_built || fail E_NOT_BUILT "no DPDK $RIG_DPDK_VERSION in $RIG_ROOT/dpdk"
  [[ -x $RIG_ROOT/bin/$RIG_WORKLOAD ]] || fail E_NOT_BUILT "no $RIG_ROOT/bin/$RIG_WORKLOAD"
  if [[ $RIG_DRIVER == igb_uio ]]; then verify_igb_uio; fi
  reach_milestone DpdkReady
}

# The exit trap: whatever ended the run, the status has a code and the stack an answer.
answer_failure() {
  local rc=$1 fault code step cause fix
  trap - EXIT
  trap '' TERM INT
  if ((rc == 0)); then return; fi
  if [[ -n $step_pid ]]; then
    kill -TERM -- "-$step_pid" 2>/dev/null || true
    wait "$step_pid" 2>/dev/null || true
  fi
  if ! fault=$(status_error); then
    code=E_UNEXPECTED
    if ((rc == 130 || rc == 143)); then code=E_INTERRUPTED; fi
    IFS=$'\t' read -r cause fix < <(fault_text "$code")
    cause+=" (exit $rc)"
    if [[ $code == E_UNEXPECTED ]]; then cause+="; log: $(said_where)"; fi
    fault_record "$code" "$RIG_STEP" "$cause" "$fix"
    fault=$code$'\t'$RIG_STEP$'\t'$cause$'\t'$fix
  fi
  IFS=$'\t' read -r code step cause fix <<<"$fault"
  log "FAILED $code $step: $cause"
  if [[ $RIG_PHASE != build ]]; then miss_milestone "$code" "$step" "$cause" "$fix"; fi
  exit "$rc"
}

parse_arguments() {
  if (($# == 2)) && [[ $1 == --phase && $2 =~ ^(build|boot|all)$ ]]; then
    RIG_PHASE=$2
  elif (($# != 0)); then
    printf 'provision.sh: unknown arguments "%s"; allowed is --phase build|boot|all\n' "$*" >&2
    exit 2
  fi
}

main() {
  step_pid=
  export RIG_PROVISIONING=yes
  parse_arguments "$@"
  umask 022
  mkdir -p "$RIG_RUN" "$RIG_STATE"
  exec {lock}>"$RIG_RUN/provision.lock"
  # Before the trap: the run that holds the lock is the one that answers.
  flock --nonblock "$lock" || {
    log "E_PROVISION_BUSY: another provision.sh is running; wait for it, then look at rig-status"
    exit 1
  }
  trap 'answer_failure $?' EXIT
  trap 'exit 143' TERM
  trap 'exit 130' INT
  status_update --clear-error
  check_config
  if [[ $RIG_PHASE == boot ]]; then check_image; fi
  # shellcheck disable=SC2086 # lists of words
  case $RIG_PHASE in
    build) run_steps $build_steps $image_steps ;;
    boot) run_steps $boot_steps ;;
    all) run_steps $build_steps $boot_steps ;;
  esac
  status_update --step ''
  RIG_STEP=
  log "done: phase $RIG_PHASE"
}

main "$@"
