# The polling core, as systemd and its telemetry see it. Which program it is says the workload: unit, settings and
# telemetry commands have its name, and all of them end with the same exit statuses.
# shellcheck shell=bash
declare -r rig_core_unit=$RIG_WORKLOAD.service

core_active() {
  systemctl --quiet is-active "$rig_core_unit" 2>/dev/null
}

# core_get KEY: one value of the core's status; returns 1 if the core does not answer.
core_get() {
  "$RIG_USERDATA/bin/rig-telemetry" --file-prefix "$RIG_FILE_PREFIX" --get "$1" "/$RIG_WORKLOAD/status"
}

# core_line: the port in one readable line, for the stack's output. No | and no quotes: they delimit.
# A core that does not answer is a fault, so nothing is asked inside an argument, where its silence would be lost.
core_line() {
  local driver link first second
  driver=$(pci_driver "$RIG_PORT_PCI")
  link=$(core_get link)
  printf '%s on %s, %s, %s/%s, link %s, ' "$RIG_PORT_PCI" "$driver" "$RIG_PORT_MAC" "$RIG_PORT_IPV4" "$RIG_PORT_PREFIX" \
    "$link"
  case $RIG_WORKLOAD in
    pollcore)
      first=$(core_get self_test)
      second=$(core_get gateway_arp)
      printf 'self-test %s, gateway %s %s' "$first" "$RIG_PORT_GATEWAY" "$second"
      ;;
    bookfeed)
      first=$(core_get good)
      second=$(core_get symbols)
      printf '%s %s: %s of %s good' "$RIG_FEED_VENUE" "$RIG_FEED_SYMBOLS" "$first" "$second"
      ;;
  esac
}

# core_state: what the core does, in two words.
core_state() {
  local state mode=bookfeed
  state=$(core_get state)
  if [[ $RIG_WORKLOAD == pollcore ]]; then mode=$(core_get mode); fi
  printf '%s %s' "$state" "$mode"
}

# core_settings: what the core's unit starts it with.
core_settings() {
  local lcores='0@0,1@1' iova=va
  # One CPU: both lcores share it, which is enough to see the rig work.
  if (($(nproc) < 2)); then lcores='(0,1)@0'; fi
  # igb_uio and vfio without an IOMMU hand physical addresses to the device.
  if [[ $RIG_DRIVER == igb_uio ]] || ! has_iommu; then iova=pa; fi
  printf '%s_EAL=--lcores %s --iova-mode %s --file-prefix %s -a %s\n' "${RIG_WORKLOAD^^}" "$lcores" "$iova" \
    "$RIG_FILE_PREFIX" "$RIG_PORT_PCI"
  "${RIG_WORKLOAD}_options"
}

pollcore_options() {
  local peer=''
  # A generator is silent until it is told to measure: it would drown what starts beside it.
  if [[ $RIG_POLLCORE_MODE == generate ]]; then peer=" --peer-ipv4 $RIG_PEER_IPV4 --rate 0"; fi
  printf 'POLLCORE_OPTIONS=--mode %s --ipv4 %s --gateway %s%s\n' "$RIG_POLLCORE_MODE" "$RIG_PORT_IPV4" \
    "$RIG_PORT_GATEWAY" "$peer"
}

bookfeed_options() {
  local host=''
  # Binance's own default is a port of its own, and the security group lets 443 out alone.
  if [[ $RIG_FEED_VENUE == binance ]]; then host=' --host stream.binance.com:443'; fi
  printf 'BOOKFEED_OPTIONS=--transport lwip --venue %s --symbols %s --ipv4 %s/%s --gateway %s --output quiet%s\n' \
    "$RIG_FEED_VENUE" "$RIG_FEED_SYMBOLS" "$RIG_PORT_IPV4" "$RIG_PORT_PREFIX" "$RIG_PORT_GATEWAY" "$host"
}

# core_words LINES: what the core printed last.
core_words() {
  journalctl --unit "$rig_core_unit" --output cat --lines "$1" --no-pager 2>/dev/null || true
}

# fail_from_core EXIT_STATUS: the core's own exit status (pollcore --help), made finer by what EAL printed.
fail_from_core() {
  local words last code
  words=$(core_words 40)
  last=$(grep -E "^$RIG_WORKLOAD: " <<<"$words" | tail -n 1 | cut -c 1-200) || true
  case $1 in
    2) code=E_CORE_USAGE ;;
    3) code=E_NO_PORT ;;
    4) code=E_CORE_MEMORY ;;
    5) code=E_SELF_TEST ;;
    6) code=E_EAL ;;
    7) code=E_CORE_LOCKED ;;
    *) code=E_CORE_FAULT ;;
  esac
  case $code,$words in
    E_EAL,*'another primary'* | E_EAL,*'Cannot create lock'*) code=E_CORE_LOCKED ;;
    E_EAL,*'IOVA as '*'not available'*) code=E_NOT_ROOT ;;
    E_[EN]*,*'insufficient ioport permissions'*) code=E_LEGACY_VIRTIO ;;
    E_[EN]*,*'error -22'*) code=E_NO_IOMMU ;;
    E_EAL,*'No free 2048 kB hugepages'* | E_EAL,*'hugepage'*) code=E_HUGEPAGES_BUSY ;;
    E_CORE_FAULT,*[Pp]'romiscuous'*'not supported'*) code=E_PROMISCUOUS ;;
  esac
  fail "$code" "${last:-exit status $1}"
}

# verify_core: says itself that the port is started and that the self-test passed.
verify_core() {
  "verify_$RIG_WORKLOAD"
}

verify_pollcore() {
  local state self_test
  if ! state=$(core_get state 2>/dev/null) || ! self_test=$(core_get self_test 2>/dev/null); then
    fail E_CORE_SILENT 'no answer to /pollcore/status'
  fi
  [[ $self_test == passed ]] || fail E_SELF_TEST "the core says self-test $self_test"
  [[ $state == running ]] || fail E_CORE_SILENT "the core says it is $state"
}

# verify_bookfeed: every book is whole. The unit's start is over when the router answers, and an exchange comes later.
verify_bookfeed() {
  local deadline=$((SECONDS + RIG_FEED_TIMEOUT)) good symbols
  while :; do
    if ! good=$(core_get good 2>/dev/null) || ! symbols=$(core_get symbols 2>/dev/null); then
      fail E_CORE_SILENT 'no answer to /bookfeed/status'
    fi
    if ((symbols > 0 && good == symbols)); then return; fi
    if ((SECONDS >= deadline)); then
      fail E_FEED "$good of $symbols after $RIG_FEED_TIMEOUT s, session $(core_get state); $(core_get why)"
    fi
    sleep 1
  done
}
