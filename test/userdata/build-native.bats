#!/usr/bin/env bats
# steps/build-native.sh with meson and ninja stubbed; native/ itself is built for real by its own tests.
load helper

setup() {
  setup_machine
  mkdir -p "$M/native/src" "$M/root/dpdk"
  export RIG_NATIVE_SRC=$M/native
  printf "project('native', 'c')\n" >"$M/native/meson.build"
  printf 'version=24.11.8\n' >"$M/root/dpdk/.stamp"
  stub meson 'if [ "$1" = setup ]; then mkdir -p "$2/src/pollcore"; printf "path %s\n" "$PKG_CONFIG_PATH" >>"$CALLS"; fi'
  stub ninja 'printf "#!/bin/bash\necho pollcore 1.0\n" >"$2/src/pollcore/pollcore"; echo "[1/1] Linking"'
  stub pkg-config 'case "$*" in *modversion*) echo 24.11.8 ;; esac'
}

step() {
  run timeout 120 "$USERDATA/steps/build-native.sh"
}

@test "builds with the rig's DPDK into bin" {
  step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  called "^path $M/root/dpdk/lib/pkgconfig$"
  called 'meson setup .* -Dtests=false'
  [ -x "$M/root/bin/pollcore" ]
  [ ! -e "$M/root/src/native-build" ]
}

@test "a second run builds nothing; a changed source or another DPDK does" {
  step
  : >"$CALLS"
  step
  [ "$status" -eq 0 ]
  not_called 'meson|ninja'
  printf 'int x;\n' >"$M/native/src/x.c"
  step
  called ninja
  : >"$CALLS"
  printf 'version=24.11.9\n' >"$M/root/dpdk/.stamp"
  step
  called ninja
}

@test "bookfeed: lwIP is fetched, both programs are built, and only once" {
  mkdir -p "$BATS_TEST_TMPDIR/lwip-2.2.1/src" "$M/state/sources"
  tar -C "$BATS_TEST_TMPDIR" -cJf "$M/state/sources/lwip-2.2.1.tar.xz" lwip-2.2.1
  RIG_LWIP_SHA256=$(sha256sum <"$M/state/sources/lwip-2.2.1.tar.xz" | cut -d ' ' -f 1)
  export RIG_LWIP_SHA256 RIG_WORKLOAD=bookfeed RIG_FEED_VENUE=kraken RIG_FEED_SYMBOLS=XBT/USD
  stub meson 'test -d "$RIG_ROOT/src/lwip/src" && mkdir -p "$2/src/pollcore" "$2/src/bookfeed"'
  stub ninja 'for name in pollcore bookfeed; do printf "#!/bin/bash\n" >"$2/src/$name/$name"; done'
  step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  called "meson setup .* -Dbookfeed=true -Dlwip_source=$M/root/src/lwip$"
  [ -x "$M/root/bin/bookfeed" ] && [ -x "$M/root/bin/pollcore" ]
  [ ! -e "$M/root/src/lwip" ]
  : >"$CALLS"
  step
  [ "$status" -eq 0 ]
  not_called 'meson|ninja'
  rm "$M/root/bin/bookfeed"
  step
  called ninja
}

@test "bookfeed without lwIP: E_SOURCE_FETCH" {
  export RIG_LWIP_MIRRORS='' RIG_WORKLOAD=bookfeed RIG_FEED_VENUE=kraken RIG_FEED_SYMBOLS=XBT/USD
  step
  fails_with E_SOURCE_FETCH build-native
  not_called meson
}

@test "bookfeed: lwIP cannot be unpacked: the fault is that, and meson is not tried" {
  printf 'no archive\n' >"$BATS_TEST_TMPDIR/lwip"
  mkdir -p "$M/state/sources"
  cp "$BATS_TEST_TMPDIR/lwip" "$M/state/sources/lwip-2.2.1.tar.xz"
  RIG_LWIP_SHA256=$(sha256sum <"$BATS_TEST_TMPDIR/lwip" | cut -d ' ' -f 1)
  export RIG_LWIP_SHA256 RIG_WORKLOAD=bookfeed RIG_FEED_VENUE=kraken RIG_FEED_SYMBOLS=XBT/USD
  step
  fails_with E_SOURCE_HASH build-native
  stub mkdir 'case "$*" in */lwip) exit 1 ;; *) exec /bin/mkdir "$@" ;; esac'
  step
  fails_with E_UNEXPECTED build-native
  [[ $output == *'fetch.sh line '*': mkdir -p '* ]]
  not_called meson
}

@test "with the system's DPDK the rig's own is not looked at" {
  rm -r "$M/root/dpdk"
  RIG_DPDK_SYSTEM=1 step
  [ "$status" -eq 0 ]
  called '^path $'
}

@test "no DPDK: E_DPDK_MISSING" {
  rm -r "$M/root/dpdk"
  step
  fails_with E_DPDK_MISSING build-native
}

@test "a DPDK that is too old: E_DPDK_MISSING with its version" {
  stub pkg-config 'case "$*" in *atleast*) exit 1 ;; *modversion*) echo 21.11.9 ;; esac'
  RIG_DPDK_SYSTEM=1 step
  fails_with E_DPDK_MISSING build-native
  [[ $output == *21.11.9* ]]
}

@test "no source: E_CONFIG names the folder" {
  RIG_NATIVE_SRC=$M/none step
  fails_with E_CONFIG build-native
  [[ $output == *"$M/none"* ]]
}

@test "the compiler fails: E_BUILD_NATIVE, and the old program stays" {
  step
  printf 'int y;\n' >"$M/native/src/y.c"
  stub ninja 'echo "y.c:1: error: bad"; exit 1'
  step
  fails_with E_BUILD_NATIVE build-native
  [ -x "$M/root/bin/pollcore" ]
}

@test "a program that does not run here: E_BUILD_NATIVE" {
  stub ninja 'printf "#!/bin/bash\nexit 132\n" >"$2/src/pollcore/pollcore"'
  step
  fails_with E_BUILD_NATIVE build-native
}
