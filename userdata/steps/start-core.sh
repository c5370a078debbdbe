#!/usr/bin/env bash
# Starts the polling core under systemd, and ends well only after the core itself has said through its telemetry that the
# port is started and that the self-test passed.
# shellcheck source=../lib/rig.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/rig.sh"

# write_settings FILE: touched only if they changed, since its time tells whether the core was started with them.
write_settings() {
  core_settings >"$1.new"
  if cmp --quiet "$1.new" "$1"; then rm "$1.new"; else mv --no-target-directory "$1.new" "$1"; fi
}

start_unit() {
  local answer result status
  # A limit on how often it may start again must not hold back a start that is asked for.
  systemctl reset-failed "$rig_core_unit" 2>/dev/null || true
  if timeout --foreground "$RIG_CORE_TIMEOUT" systemctl restart "$rig_core_unit"; then return; fi
  # Both at once, before the next try resets them.
  answer=$(systemctl show --property Result --property ExecMainStatus "$rig_core_unit")
  result=$(sed -n 's/^Result=//p' <<<"$answer")
  status=$(sed -n 's/^ExecMainStatus=//p' <<<"$answer")
  # Without this, systemd would go on trying while the stack is told that it failed.
  systemctl stop "$rig_core_unit" || true
  # A unit that the core requires has failed, and has recorded its own fault.
  if status_error >/dev/null; then exit 1; fi
  case $result in
    timeout) fail E_CORE_TIMEOUT "$(core_words 1)" ;;
    exit-code | start-limit-hit) fail_from_core "$status" ;;
    success) fail E_CORE_TIMEOUT "not ready after $RIG_CORE_TIMEOUT s" ;;
    *) fail E_CORE_FAULT "systemd says $result" ;;
  esac
}

main() {
  local program=$RIG_ROOT/bin/$RIG_WORKLOAD
  local settings=$RIG_STATE/$RIG_WORKLOAD.env started=$RIG_STATE/$RIG_WORKLOAD.started
  begin_step start-core
  need_root
  [[ -x $program ]] || fail E_NOT_BUILT "no $program"
  load_port || fail E_NO_PORT "no port.env of this machine in $RIG_STATE"
  install_rootfs etc/tmpfiles.d/dpdk-rig.conf >/dev/null
  systemd-tmpfiles --create "$RIG_ROOTFS/etc/tmpfiles.d/dpdk-rig.conf"
  write_settings "$settings"
  install_unit "etc/systemd/system/$rig_core_unit" "$rig_core_unit"
  # By the files' times and not by what this run did: the run before may have been cut off between the two.
  if [[ $program -nt $started || $settings -nt $started ]] || ! core_active; then
    log "starting the core on $RIG_PORT_PCI"
    start_unit
    : >"$started"
  fi
  verify_core
  install_rootfs etc/systemd/system/rig-status.service >/dev/null
  install_unit etc/systemd/system/rig-status.timer rig-status.timer
  systemctl start rig-status.timer
  log "$(core_line)"
}

main
