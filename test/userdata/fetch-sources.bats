#!/usr/bin/env bats
# bin/fetch-sources and the search for mirrors of lib/fetch.sh.
load helper

setup() {
  setup_machine
  printf 'dpdk' >"$M/dpdk"
  printf 'kmods' >"$M/kmods"
  printf 'lwip' >"$M/lwip"
  RIG_DPDK_SHA256=$(sha256sum <"$M/dpdk" | cut -d ' ' -f 1)
  RIG_KMODS_SHA256=$(sha256sum <"$M/kmods" | cut -d ' ' -f 1)
  RIG_LWIP_SHA256=$(sha256sum <"$M/lwip" | cut -d ' ' -f 1)
  export RIG_LWIP_SHA256 RIG_LWIP_MIRRORS=file://$M/lwip
  export RIG_DPDK_SHA256 RIG_KMODS_SHA256 RIG_DPDK_MIRRORS=file://$M/dpdk RIG_KMODS_MIRRORS=file://$M/kmods
}

fetch() {
  run timeout 120 "$USERDATA/bin/fetch-sources" "$@"
  printf '%s\n' "$output"
}

@test "puts every pinned archive into the folder" {
  fetch "$M/out"
  [ "$status" -eq 0 ]
  cmp "$M/out/dpdk-24.11.8.tar.xz" "$M/dpdk"
  cmp "$M/out/dpdk-kmods-20241120.tar.xz" "$M/kmods"
  cmp "$M/out/lwip-2.2.1.tar.xz" "$M/lwip"
  [ ! -e "$M/run/status.json" ]
}

@test "only what is named" {
  fetch "$M/out" lwip
  [ "$status" -eq 0 ]
  [ "$(ls "$M/out")" = lwip-2.2.1.tar.xz ]
}

@test "a name that is no source: usage" {
  fetch "$M/out" lwip nginx
  [ "$status" -eq 2 ]
  [ ! -e "$M/out" ]
}

@test "a second run fetches nothing" {
  fetch "$M/out"
  rm "$M/dpdk" "$M/kmods" "$M/lwip"
  fetch "$M/out"
  [ "$status" -eq 0 ]
}

@test "wrong bytes: refused, named, and not kept" {
  printf 'other' >"$M/kmods"
  fetch "$M/out"
  [ "$status" -eq 1 ]
  [[ $output == *E_SOURCE_HASH*"$M/kmods"* ]]
  [ "$(ls "$M/out")" = dpdk-24.11.8.tar.xz ]
}

@test "no pin for a version: E_CONFIG" {
  RIG_DPDK_SHA256='' RIG_DPDK_VERSION=99.9 fetch "$M/out"
  [ "$status" -eq 1 ]
  [[ $output == *'no SHA-256 is pinned for dpdk-99.9.tar.xz'* ]]
}

@test "no folder named: usage" {
  fetch
  [ "$status" -eq 2 ]
  [[ $output == *'Usage: fetch-sources DIR'* ]]
}

@test "apt-pool: the pool of each mirror that apt knows" {
  stub apt-get 'printf "http://one/debian/ main\nhttp://two/ubuntu universe\nhttp://one/debian/ main\n"'
  run bash -c '. "$1/lib/rig.sh"; mirror_urls https://up/x.tar.xz apt-pool:d/x/x_0~1+git.orig.tar.xz' bash "$USERDATA"
  [ "${lines[0]}" = https://up/x.tar.xz ]
  [ "${lines[1]}" = http://one/debian/pool/main/d/x/x_0~1%2bgit.orig.tar.xz ]
  [ "${lines[2]}" = http://two/ubuntu/pool/universe/d/x/x_0~1%2bgit.orig.tar.xz ]
  [ "${#lines[@]}" -eq 3 ]
}

@test "no apt on the machine: the other mirrors are enough" {
  hide apt-get
  RIG_DPDK_MIRRORS="apt-pool:d/x/x file://$M/dpdk" fetch "$M/out"
  [ "$status" -eq 0 ]
}
