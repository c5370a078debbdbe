# Faults: each has a code in faults.tsv, which also holds its cause and its fix. A fault ends the step.
# shellcheck shell=bash
declare -r rig_faults=$RIG_USERDATA/faults.tsv
rig_stopped=

# fault_text CODE: prints `cause<TAB>fix`.
fault_text() {
  local code cause fix
  while IFS=$'\t' read -r code cause fix; do
    if [[ $code == "$1" ]]; then
      printf '%s\t%s\n' "$cause" "$fix"
      return 0 # said, since inside a trap a bare return takes the status from before the trap
    fi
  done <"$rig_faults"
  printf 'a fault with the unlisted code %s\tadd it to faults.tsv\n' "$1"
}

# said_where: prints where this run's lines can be read, for a fault of which nothing else is known.
said_where() {
  local cloud_init=$RIG_ROOTFS/var/log/cloud-init-output.log
  if [[ -n ${RIG_QUIET:-} ]]; then
    printf 'journalctl -u rig-hugepages -u rig-bind'
  elif [[ -n ${RIG_USERDATA_URI:-} && $RIG_PHASE != build && -e $cloud_init ]]; then
    printf '%s' "$cloud_init"
  else
    # A build without a stack or of an image, or a run by hand: whoever started it has its lines.
    printf "this run's output, the tools' own in %s/log" "$RIG_RUN"
  fi
}

# fault_record CODE STEP CAUSE FIX: keeps the fault in the status. rig-doctor puts its own function in its place.
fault_record() {
  status_update --error "$1" "$2" "$3" "$4" || log "could not write the status to $RIG_RUN"
}

# stop_was_asked: true if this script was told to end. A stop reaches the processes of a unit one after the other, so a
# tool may end by it, and look like the cause, a moment before this shell hears of it.
stop_was_asked() {
  trap 'rig_stopped=yes' TERM INT
  sleep 0.2 || true
  [[ -n $rig_stopped ]]
}

# fail CODE [DETAIL]: records the fault with the step's name and exits 1. DETAIL says what the table cannot: names, values.
fail() {
  local code=$1 detail=${2:-} text cause fix
  if stop_was_asked; then
    code=E_INTERRUPTED
    detail=
  fi
  text=$(fault_text "$code")
  cause=${text%%$'\t'*}
  fix=${text#*$'\t'}
  # A line that people read, not a log: whatever tool said more has it in its own log.
  if [[ -n $detail ]]; then cause="$cause: ${detail:0:400}"; fi
  log "$code: $cause"
  log "what to do: $fix"
  fault_record "$code" "${RIG_STEP:-provision}" "$cause" "$fix"
  exit 1
}
