# The settings: rig.env (written by boot.sh), then override.env, then the pins of versions.env. First set wins for pins.
# shellcheck shell=bash
load_config() {
  local file
  for file in "$RIG_ETC/rig.env" "$RIG_ETC/override.env" "$RIG_USERDATA/versions.env"; do
    # shellcheck source=/dev/null
    if [[ -r $file ]]; then . "$file"; fi
  done
  : "${RIG_NAME:=}" "${RIG_REGION:=}" "${RIG_GENERATION:=}"
  : "${RIG_DRIVER:=igb_uio}" "${RIG_HUGEPAGES:=512}"
  : "${RIG_WORKLOAD:=pollcore}" "${RIG_POLLCORE_MODE:=respond}" "${RIG_EXTRA_DRIVERS:=}"
  # Empty is alone: whoever may not read rig.env must not overrule what root has published.
  : "${RIG_ROLE:=}" "${RIG_PEER_IPV4:=}"
  : "${RIG_FEED_VENUE:=}" "${RIG_FEED_SYMBOLS:=}"
  : "${RIG_FILE_PREFIX:=rte}" "${RIG_DPDK_SYSTEM:=}"
  export RIG_NAME RIG_GENERATION RIG_ROLE RIG_PEER_IPV4 RIG_DRIVER RIG_POLLCORE_MODE RIG_FILE_PREFIX
}

# Ends the step if a setting is not one that the steps know. Needs lib/fault.sh.
check_config() {
  case "$RIG_DRIVER" in
    igb_uio | vfio-pci) ;;
    *) fail E_CONFIG "RIG_DRIVER is '$RIG_DRIVER', allowed are igb_uio and vfio-pci" ;;
  esac
  check_role
  check_workload
  [[ $RIG_HUGEPAGES =~ ^[1-9][0-9]{0,5}$ ]] \
    || fail E_CONFIG "RIG_HUGEPAGES is '$RIG_HUGEPAGES', allowed is a count of 2 MB pages from 1 to 999999"
  [[ $RIG_EXTRA_DRIVERS =~ ^([a-z]+/[a-z0-9_]+(,[a-z]+/[a-z0-9_]+)*)?$ ]] \
    || fail E_CONFIG "RIG_EXTRA_DRIVERS is '$RIG_EXTRA_DRIVERS', allowed is a comma list such as net/e1000,net/virtio"
}

check_workload() {
  case $RIG_WORKLOAD in
    pollcore) return ;;
    bookfeed) ;;
    *) fail E_CONFIG "RIG_WORKLOAD is '$RIG_WORKLOAD', allowed are pollcore and bookfeed" ;;
  esac
  case $RIG_FEED_VENUE in
    binance | binance-futures | kraken | coinbase) ;;
    *) fail E_CONFIG "RIG_FEED_VENUE is '$RIG_FEED_VENUE', allowed are binance, binance-futures, kraken and coinbase" ;;
  esac
  [[ $RIG_FEED_SYMBOLS =~ ^[A-Za-z0-9/_.:-]+(,[A-Za-z0-9/_.:-]+)*$ ]] \
    || fail E_CONFIG "RIG_FEED_SYMBOLS is '$RIG_FEED_SYMBOLS', allowed is a comma list such as XBT/USD,ETH/USD"
}

# check_role: only a generator generates, and it does nothing else.
check_role() {
  case $RIG_ROLE,$RIG_POLLCORE_MODE in
    generator,generate)
      [[ $RIG_PEER_IPV4 =~ ^([0-9]{1,3}\.){3}[0-9]{1,3}$ ]] \
        || fail E_CONFIG "RIG_PEER_IPV4 is '$RIG_PEER_IPV4', a generator needs its peer's IPv4 address"
      ;;
    generator,*) fail E_CONFIG "RIG_POLLCORE_MODE is '$RIG_POLLCORE_MODE', allowed for a generator is generate" ;;
    ,respond | ,sink | ,reflect | alone,respond | alone,sink | alone,reflect) ;;
    reflector,respond | reflector,reflect) ;;
    reflector,*)
      fail E_CONFIG "RIG_POLLCORE_MODE is '$RIG_POLLCORE_MODE', allowed for a reflector are respond and reflect"
      ;;
    ,* | alone,*)
      fail E_CONFIG "RIG_POLLCORE_MODE is '$RIG_POLLCORE_MODE', allowed are respond, sink and reflect"
      ;;
    *) fail E_CONFIG "RIG_ROLE is '$RIG_ROLE', allowed are alone, generator and reflector" ;;
  esac
}

load_config
