#!/usr/bin/env bats
# steps/install-packages.sh with a stub of apt whose packages are files.
load helper

setup() {
  setup_machine
  export DB=$M/dpkg
  mkdir -p "$DB"
  # $M/apt says what apt-get prints and how it ends; by default it installs.
  stub dpkg-query 'if [ -e "$DB/${!#}" ]; then printf installed; else exit 1; fi'
  stub apt-get 'for word; do case $word in -*|*=*|install|update) ;; *) : >"$DB/$word" ;; esac; done'
  stub sleep
  printf 'Linux version 6.8.0-1021-aws (buildd@host) (x86_64-linux-gnu-gcc-12 (Ubuntu 12.3.0) 12.3.0, GNU ld 2.38) #1\n' \
    >"$M/proc/version"
}

step() {
  run timeout 120 "$USERDATA/steps/install-packages.sh"
}

@test "installs what is missing, with the kernel's own compiler and headers" {
  step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  called 'apt-get .*install .* dkms linux-headers-6.8.0-1021-aws gcc-12$'
  [ "$(status error)" = null ]
}

@test "a second run never calls apt" {
  step
  : >"$CALLS"
  step
  [ "$status" -eq 0 ]
  not_called apt-get
}

@test "vfio-pci needs no DKMS, headers or second compiler" {
  RIG_DRIVER=vfio-pci step
  [ "$status" -eq 0 ]
  called 'apt-get .*install'
  not_called 'dkms|linux-headers|gcc-12'
}

@test "bookfeed needs OpenSSL's headers as well" {
  RIG_WORKLOAD=bookfeed RIG_FEED_VENUE=kraken RIG_FEED_SYMBOLS=XBT/USD step
  called 'apt-get .*install .* libssl-dev '
}

@test "the list of packages cannot be made: not taken for an empty one" {
  step
  stub sed 'exit 1'
  step
  fails_with E_UNEXPECTED install-packages
}

@test "apt locked for too long: E_APT_LOCKED names the holder" {
  stub apt-get 'echo "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)" >&2; exit 100'
  RIG_APT_LOCK_TIMEOUT=0 step
  fails_with E_APT_LOCKED install-packages
  [[ $output == *'812 (unattended-upgr)'* ]]
}

@test "apt locked for a while: waits and goes on" {
  stub apt-get 'if [ "$(grep -c ^apt-get "$CALLS")" -lt 3 ]; then
      echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 5 (apt-get)" >&2; exit 100; fi
    for word; do case $word in -*|*=*|install|update) ;; *) : >"$DB/$word" ;; esac; done'
  step
  [ "$status" -eq 0 ]
  called '^sleep 3'
}

@test "DNS down: E_MIRROR_DOWN, also when apt only says that a package is unknown" {
  stub apt-get 'case "$*" in
    *update) echo "W: Failed to fetch http://mirror/InRelease  Temporary failure resolving mirror"; exit 0 ;;
    *) echo "E: Unable to locate package meson"; exit 100 ;; esac'
  step
  fails_with E_MIRROR_DOWN install-packages
}

@test "headers gone from the mirror: E_PACKAGE_MISSING names them" {
  stub apt-get 'case "$*" in *update) ;; *) echo "E: Unable to locate package linux-headers-6.8.0-1021-aws"; exit 100 ;; esac'
  step
  fails_with E_PACKAGE_MISSING install-packages
  [[ $output == *linux-headers-6.8.0-1021-aws* ]]
}

@test "disk full: E_DISK_FULL" {
  stub apt-get 'case "$*" in *update) ;; *) echo "E: You don'\''t have enough free space in /var/cache/apt/archives/."; exit 100 ;; esac'
  step
  fails_with E_DISK_FULL install-packages
}

@test "dpkg broken: E_PACKAGE_INSTALL with its words" {
  stub apt-get 'case "$*" in *update) ;; *) echo "E: Sub-process /usr/bin/dpkg returned an error code (1)"; exit 100 ;; esac'
  step
  fails_with E_PACKAGE_INSTALL install-packages
  [[ $output == *'returned an error code'* ]]
}

@test "apt says yes and installs nothing: E_PACKAGE_INSTALL" {
  stub apt-get
  step
  fails_with E_PACKAGE_INSTALL install-packages
}

@test "dpkg was cut off by a reboot: it ends what it began, and the packages are installed" {
  export MENDED=$M/mended
  stub dpkg 'if [ "$2" = --configure ]; then : >"$MENDED"; fi'
  stub apt-get 'if [ ! -e "$MENDED" ] && [[ $* != *update ]]; then
      echo "E: dpkg was interrupted, you must manually run '\''dpkg --configure -a'\'' to correct the problem. "; exit 100; fi
    for word; do case $word in -*|*=*|install|update) ;; *) : >"$DB/$word" ;; esac; done'
  step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  called '^dpkg --force-confold --configure -a'
  called 'apt-get .*--fix-broken install$'
}

@test "dpkg was cut off and cannot go on: E_PACKAGE_INSTALL, after one more try" {
  stub dpkg 'exit 1'
  stub apt-get 'case "$*" in *update) ;; *) echo "E: dpkg was interrupted, you must manually run dpkg"; exit 100 ;; esac'
  step
  fails_with E_PACKAGE_INSTALL install-packages
  [ "$(times_called 'apt-get .*--no-install-recommends')" -eq 2 ]
}
