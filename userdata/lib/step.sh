# The frame of a step: its name in the status while it runs, and a recorded fault however it ends.
# shellcheck shell=bash

# begin_step NAME: call first. With RIG_QUIET set (a unit at boot) only faults are published, not the step's name.
begin_step() {
  RIG_STEP=$1
  rig_failed_at=
  set -o errtrace
  trap 'rig_failed_at="${BASH_SOURCE[0]##*/} line $LINENO: $BASH_COMMAND"' ERR
  trap 'end_step $?' EXIT
  trap 'exit 143' TERM
  trap 'exit 130' INT
  mkdir -p "$RIG_RUN" "$RIG_STATE"
  if [[ -z ${RIG_QUIET:-} ]]; then status_update --step "$RIG_STEP" --clear-error; fi
  check_config
}

# The exit trap: a step that ends without success always leaves a code.
end_step() {
  local rc=$1 told
  trap - EXIT ERR
  if ((rc == 0)); then
    if [[ -n ${RIG_QUIET:-} ]]; then
      status_update --clear-error-of "$RIG_STEP" || true
    elif [[ -z ${RIG_PROVISIONING:-} ]]; then
      status_update --step '' || true # provision.sh goes on to the next step by itself
    fi
    return
  fi
  told=$(status_error 2>/dev/null) || told=
  # At boot the fault on record may be another unit's.
  if [[ -n $told && (-z ${RIG_QUIET:-} || $told == *$'\t'"$RIG_STEP"$'\t'*) ]]; then exit "$rc"; fi
  case $rc in
    130 | 143) fail E_INTERRUPTED ;;
  esac
  if disk_is_full; then fail E_DISK_FULL "$rig_failed_at"; fi
  fail E_UNEXPECTED "exit $rc at $rig_failed_at; log: $(said_where)"
}

need_root() {
  if ((EUID != 0)) && [[ -z $RIG_ROOTFS ]]; then fail E_NOT_ROOT "user id $EUID"; fi
}
