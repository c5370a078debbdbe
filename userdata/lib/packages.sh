# apt: what the rig needs from it, and why it does not give it.
# shellcheck shell=bash

# needed_packages: prints the list. The compiler is the one that built the kernel; its headers do not pull it in.
needed_packages() {
  local compiler
  printf '%s\n' ca-certificates gcc make libc6-dev meson ninja-build pkg-config python3-pyelftools libnuma-dev \
    xz-utils pciutils kmod iproute2
  if [[ $RIG_WORKLOAD == bookfeed ]]; then printf '%s\n' libssl-dev; fi
  if [[ $RIG_DRIVER == igb_uio ]]; then
    compiler=$(kernel_compiler)
    printf '%s\n' dkms "linux-headers-$RIG_KERNEL" "$compiler"
  fi
}

# missing_packages: prints those of the list that are not installed.
missing_packages() {
  local needed package state
  needed=$(needed_packages) # the status of a process substitution would be lost
  while read -r package; do
    state=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null) || state=none
    if [[ $state != installed ]]; then printf '%s\n' "$package"; fi
  done <<<"$needed"
}

# apt_logged LOG ARGUMENT...: runs apt-get, and again while another process holds one of its locks.
# apt's own waiting (DPkg::Lock::Timeout) covers only one of them.
apt_logged() {
  local log_file=$1 deadline=$((SECONDS + RIG_APT_LOCK_TIMEOUT)) rc said=''
  shift
  while :; do
    rc=0
    : >"$log_file.part"
    DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 timeout --foreground "$RIG_APT_TIMEOUT" \
      apt-get --quiet --yes -o Acquire::Retries=1 -o Acquire::http::Timeout=10 -o Acquire::https::Timeout=10 \
      -o DPkg::Lock::Timeout=0 -o Dpkg::Options::=--force-confold "$@" >>"$log_file.part" 2>&1 </dev/null || rc=$?
    cat "$log_file.part" >>"$log_file"
    if ((rc == 0)) || ! log_says "$log_file.part" 'could not get lock|unable to (acquire|lock)'; then return "$rc"; fi
    if ((SECONDS >= deadline)); then
      fail E_APT_LOCKED "after $RIG_APT_LOCK_TIMEOUT s: $(grep -iE -m 1 'could not get lock' "$log_file.part")"
    fi
    if [[ -z $said ]]; then
      log "another process holds apt's lock; waiting up to $RIG_APT_LOCK_TIMEOUT s"
      said=yes
    fi
    sleep 3
  done
}

# install_packages LOG PACKAGE...: once more if dpkg was cut off before, by a reboot or by what ended a run.
install_packages() {
  local log_file=$1
  shift
  if apt_logged "$log_file" install --no-install-recommends "$@"; then return; fi
  if ! log_says "$log_file.part" 'dpkg was interrupted|fix-broken'; then return 1; fi
  log 'dpkg was interrupted: letting it end what it began'
  # Neither waits for a lock; the last install does, and its words are what is told.
  DEBIAN_FRONTEND=noninteractive run_logged "$log_file" timeout --foreground "$RIG_APT_TIMEOUT" \
    dpkg --force-confold --configure -a || true
  apt_logged "$log_file" --fix-broken install || true
  apt_logged "$log_file" install --no-install-recommends "$@"
}

# fail_from_apt LOG: the mirror first, since a package is also missing when its list could not be fetched.
fail_from_apt() {
  local line
  if log_says "$1" 'no space left on device|enough free space' || disk_is_full; then
    fail E_DISK_FULL "installing packages"
  fi
  if line=$(grep -iE -m 1 'temporary failure resolving|could not (resolve|connect)|failed to fetch|unable to connect' \
    "$1"); then
    fail E_MIRROR_DOWN "${line:0:200}"
  fi
  if line=$(grep -iE -m 1 'unable to locate package|has no installation candidate|couldn.t find any package' "$1"); then
    fail E_PACKAGE_MISSING "${line#E: }"
  fi
  fail_from_log "$1" E_PACKAGE_INSTALL
}
