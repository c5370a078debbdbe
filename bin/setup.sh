#!/usr/bin/env bash
# Brings this machine what a task of the project needs: npm packages and Debian packages.
# Called by npm before `start` and `test`; says nothing and changes nothing when all is there.
# Usage: bin/setup.sh start|test
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly node_minimum=20.19

# What the local rig needs: a compiler and DPDK for native/, and the tools that make its network.
start_packages=(build-essential meson ninja-build pkg-config python3 libdpdk-dev libnuma-dev
  libpcap-dev python3-pyelftools iproute2 iputils-ping ethtool curl xz-utils libssl-dev openssl)
# What the tests need besides: linters, the second DPDK, the virtual machine.
test_packages=("${start_packages[@]}" bats shellcheck shfmt clang-format clang libclang-rt-14-dev
  gcc-aarch64-linux-gnu libc6-dev-arm64-cross mmdebstrap debian-archive-keyring openssh-client pciutils kmod dkms systemd python3-yaml python3-botocore
  e2fsprogs zstd dpdk-dev)

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  say "$1"
  say "next: $2"
  exit 1
}

check_node() {
  command -v node >/dev/null || fail 'node is not installed' "install Node.js $node_minimum or newer"
  local have
  have=$(node -p process.versions.node)
  [[ $(printf '%s\n' "$node_minimum" "$have" | sort -V | head -n 1) == "$node_minimum" ]] \
    || fail "node is $have; allowed: $node_minimum or newer" 'install a newer Node.js'
}

install_npm_packages() {
  # npm writes this file last, so it is older than the lock file exactly when something is to be done.
  [[ node_modules/.package-lock.json -nt package-lock.json ]] && return
  say 'installing npm packages'
  npm ci --no-audit --no-fund --loglevel=error >&2
  touch node_modules/.package-lock.json
}

missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || printf '%s\n' "$package"
  done
}

install_debian_packages() {
  local task=$1 missing
  shift
  command -v dpkg-query >/dev/null || fail 'this is neither Debian nor Ubuntu: no dpkg-query' \
    'use Debian 12 or newer, or Ubuntu 22.04 or newer (a virtual machine will do)'
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || fail "not root, and these packages are missing: ${missing[*]}" "sudo bash bin/setup.sh $task"
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # Another apt at work (unattended upgrades at boot) is waited for, not failed on.
  local options=(-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -q)
  apt-get "${options[@]}" update >&2
  apt-get "${options[@]}" install -y --no-install-recommends "${missing[@]}" 2>&1 \
    | awk '/^(Unpacking|Setting up)/ { n++; if (n % 20 == 0) { printf "setup: %d package operations done\n", n > "/dev/stderr" } }
         /^(E:|W:|dpkg: error)/ { print > "/dev/stderr" }'
}

task=${1:-}
case $task in
  start) packages=("${start_packages[@]}") ;;
  test) packages=("${test_packages[@]}") ;;
  *)
    say "task '$task' is not known; allowed: start, test"
    exit 2
    ;;
esac
check_node
install_npm_packages
install_debian_packages "$task" "${packages[@]}"
