#!/usr/bin/env bash
# Installs the rig's commands, and the packages that the later steps build with. With all of those there (a baked image)
# apt is never called.
# shellcheck source=../lib/rig.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/rig.sh"

main() {
  local missing log_file
  begin_step install-packages
  need_root
  install_commands
  missing=$(missing_packages)
  if [[ -z $missing ]]; then
    log 'every package is installed'
    return
  fi
  log "installing ${missing//$'\n'/ }"
  log_file=$(tool_log apt)
  # A list that is a little old is better than none, so only a failing install is a fault.
  apt_logged "$log_file" update || log 'apt-get update failed; trying with the lists that are here'
  # shellcheck disable=SC2086 # one word a package
  install_packages "$log_file" $missing || fail_from_apt "$log_file"
  missing=$(missing_packages)
  [[ -z $missing ]] || fail E_PACKAGE_INSTALL "still missing: ${missing//$'\n'/ }"
}

main
