#!/usr/bin/env bash
# A folder with Debian 13 in it, so that native/ meets the DPDK release the rig runs without replacing this machine's
# libc. Called by run-all.sh:
#   trixie.sh prepare           make the folder unless it is there; prints its path
#   trixie.sh run COMMAND...    run COMMAND inside, with the project at /rig and this process's network and /run
set -euo pipefail

root_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
packages=gcc,libc6-dev,meson,ninja-build,pkg-config,libdpdk-dev,libssl-dev
# What makes the content is the key: another package list, another folder.
key=$(printf 'trixie minbase %s' "$packages" | sha256sum | cut -c1-12)
tree=$root_dir/.cache/trixie/$key

die() {
  printf 'trixie.sh: %s\n' "$1" >&2
  exit 1
}

# The mirror that this machine's own apt uses, so that no address is written here.
debian_mirror() {
  if [[ -n ${RIG_DEBIAN_MIRROR:-} ]]; then
    printf '%s\n' "$RIG_DEBIAN_MIRROR"
    return
  fi
  # shellcheck disable=SC2016 # apt expands it
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sed -n 's#/debian/*$#/debian#p' \
    | sort -u | head -n 1
}

prepare() {
  if [[ -e $tree/.complete ]]; then
    printf '%s\n' "$tree"
    return
  fi
  [[ $EUID -eq 0 ]] || die "user: $(id -un); a Debian 13 folder is made by root, run this with sudo"
  command -v mmdebstrap >/dev/null || die 'mmdebstrap: not found; apt-get install mmdebstrap'
  local mirror partial=$tree.partial
  mirror=$(debian_mirror)
  [[ -n $mirror ]] || die 'mirror: apt has no Debian source; set RIG_DEBIAN_MIRROR to a Debian mirror'
  rm -rf "$partial"
  mkdir -p "$(dirname "$tree")"
  printf 'trixie.sh: making %s (about 3 minutes, once)\n' "${tree#"$root_dir"/}" >&2
  mmdebstrap --quiet --variant=minbase --include="$packages" trixie "$partial" "$mirror" >&2 \
    || die "mmdebstrap: failed; check that the mirror of apt carries trixie, or set RIG_DEBIAN_MIRROR"
  rm -rf "$partial"/var/cache/apt/* "$partial"/var/lib/apt/lists/*
  mkdir -p "$partial/rig"
  touch "$partial/.complete"
  mv "$partial" "$tree"
  printf '%s\n' "$tree"
}

# Mounts live in a mount namespace of this one command, so nothing is left to take down, and every step is an exec:
# the caller's signals reach COMMAND itself.
run() {
  [[ -e $tree/.complete ]] || die "$tree: not there; run trixie.sh prepare"
  # shellcheck disable=SC2016 # expanded by the inner shell
  exec unshare --mount bash -c '
    set -e
    tree=$1 project=$2
    shift 2
    for dir in dev proc sys run tmp; do mount --rbind "/$dir" "$tree/$dir"; done
    mount --bind "$project" "$tree/rig"
    # Where tests look for what was recorded: beside the project.
    if [[ -d $project/../shared ]]; then
      mkdir -p "$tree/shared"
      mount --bind "$project/../shared" "$tree/shared"
    fi
    exec chroot "$tree" sh -c "cd /rig && exec \"\$@\"" trixie-run "$@"
  ' trixie-run "$tree" "$root_dir" "$@"
}

case ${1:-} in
  prepare) prepare ;;
  run)
    shift
    [[ $# -gt 0 ]] || die 'command: none; usage: trixie.sh run COMMAND...'
    run "$@"
    ;;
  *) die "argument: '${1:-}'; usage: trixie.sh prepare | run COMMAND..." ;;
esac
