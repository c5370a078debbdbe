# Milestones: what a rig reaches, in this order, and what it tells the stack then.
# shellcheck shell=bash
declare rig_milestones='DpdkReady PortReady CoreRunning'
if [[ $RIG_ROLE == generator ]]; then rig_milestones+=' Measured'; fi
readonly rig_milestones

# milestone_data NAME: the signal's Data; the leading and trailing | make every field a clean Fn::Select of Fn::Split.
# Whatever does not answer ends the run: a stack is not told empty values.
milestone_data() {
  local driver pages state link line
  case $1 in
    DpdkReady) line=$(dpdk_installed_version) ;;
    PortReady)
      load_port
      driver=$(pci_driver "$RIG_PORT_PCI")
      pages=$(hugepages_line)
      line="$RIG_PORT_PCI|$driver|$RIG_PORT_MAC|$RIG_PORT_IPV4|$pages"
      ;;
    CoreRunning)
      load_port
      state=$(core_state)
      link=$(core_get link)
      line="$state|$link|$(core_line)"
      ;;
    Measured) line=$(measurement_fields "$measurement_file") ;;
  esac
  printf '|%s|' "$line"
}

# reach_milestone NAME: tells the stack once in the life of this machine; a wait condition never fires twice.
reach_milestone() {
  local name=$1 state data
  state=$(status_milestone "$name")
  if [[ $state == success ]]; then return; fi
  data=$(milestone_data "$name")
  signal_send "$name" SUCCESS "$name" "$data" || fail E_SIGNAL "$name"
  log "$name $data"
  status_update --milestone "$name=success"
}

# pending_milestone: prints the first that is not reached, or nothing.
pending_milestone() {
  local name
  for name in $rig_milestones; do
    if [[ $(status_milestone "$name") != success ]]; then
      printf '%s' "$name"
      return 0 # inside the exit trap a bare return would return the fault's own status
    fi
  done
}

# miss_milestone CODE STEP CAUSE FIX: tells the stack that the next milestone will not be reached.
miss_milestone() {
  local name
  name=$(pending_milestone)
  if [[ -z $name ]]; then return 0; fi
  status_update --milestone "$name=failure" || true
  signal_send "$name" FAILURE "$1 $2: $3; $4" '' || log "the FAILURE signal for $name did not arrive"
}
