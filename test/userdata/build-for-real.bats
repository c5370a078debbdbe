#!/usr/bin/env bats
# The two build steps without a stand-in: Debian 12's DPDK from its pinned source, then native/ with it.
load helper

setup_file() {
  export REAL=$BATS_FILE_TMPDIR/rig
  # A folder of its own: .cache/sources belongs to `npm run sources`.
  export CACHE=$BATS_TEST_DIRNAME/../../.cache/test/sources
  mkdir -p "$CACHE" "$REAL/state"
  ln -s "$(readlink -f "$CACHE")" "$REAL/state/sources"
}

setup() {
  setup_machine
  unset http_proxy https_proxy no_proxy
  export RIG_ROOT=$REAL RIG_STATE=$REAL/state RIG_PROCFS=/proc RIG_DPDK_VERSION=22.11.11
  export RIG_NATIVE_SRC=$BATS_TEST_DIRNAME/../../native
}

@test "build-dpdk: 22.11.11 with just what the rig needs, then a run that builds nothing" {
  run "$USERDATA/steps/build-dpdk.sh"
  printf '%s\n' "$output"
  if [[ $output == *E_SOURCE_FETCH* ]]; then skip 'no mirror that this machine reaches has dpdk_22.11.11.orig.tar.xz'; fi
  [ "$status" -eq 0 ]
  [ "$(PKG_CONFIG_PATH=$REAL/dpdk/lib/pkgconfig pkg-config --modversion libdpdk)" = 22.11.11 ]
  [ -e "$REAL/dpdk/lib/librte_net_ena.a" ]
  [ "$(find "$REAL/dpdk/lib" -maxdepth 1 -name '*.a' | wc -l)" -lt 30 ]
  # The default configuration has 3500.
  [ "$(grep -cE '^\[[0-9]+/[0-9]+\]' "$M/run/log/dpdk.log")" -lt 300 ]
  printf '# %s\n' "${lines[-1]}" >&3
  run "$USERDATA/steps/build-dpdk.sh"
  [[ $output == *'DPDK 22.11.11 is built'* ]]
}

@test "build-native: pollcore with that DPDK" {
  [ -e "$REAL/dpdk/.stamp" ] || skip 'there is no DPDK, see the test before'
  run "$USERDATA/steps/build-native.sh"
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  run "$REAL/bin/pollcore" --version
  [[ $output == *22.11.11* ]]
}
