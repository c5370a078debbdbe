#!/usr/bin/env bats
# steps/build-dpdk.sh on a small stand-in for DPDK's source, with meson and ninja stubbed; the real build is
# build-for-real.bats.
load helper

setup() {
  setup_machine
  make_source "option('enable_libs', type: 'string')"
  stub meson 'case "$1" in
    setup) mkdir -p "$2"; for word; do case $word in --prefix=*) printf "%s" "${word#*=}" >"$2/prefix" ;; esac; done ;;
    install) prefix=$(cat "$3/prefix"); mkdir -p "$prefix/lib/pkgconfig"
      printf "prefix=%s\n" "$prefix" >"$prefix/lib/pkgconfig/libdpdk.pc" ;;
  esac'
  stub ninja 'printf "[1/2] Compiling a\n[2/2] Linking b\n"'
  stub pkg-config 'echo 24.11.8'
  # The step puts /usr/bin first, for the distribution's python; the stubs must stay before it.
  export BASH_ENV=$BATS_TEST_TMPDIR/env
  printf 'export() { builtin export "$@"; PATH=%q:${PATH#%q:}; }\n' "$STUBS" "$STUBS" >"$BASH_ENV"
}

# make_source OPTIONS: an archive in the shipped place, with its hash pinned.
make_source() {
  local dir=$BATS_TEST_TMPDIR/dpdk-stable-24.11.8
  mkdir -p "$dir"/lib/{eal,timer,acl} "$M/state/sources"
  printf '%s\n' "$1" >"$dir/meson_options.txt"
  printf 'if not optional_libs.contains(l)\n' >"$dir/lib/meson.build"
  tar -C "$BATS_TEST_TMPDIR" -cJf "$M/state/sources/dpdk-24.11.8.tar.xz" dpdk-stable-24.11.8
  RIG_DPDK_SHA256=$(sha256sum <"$M/state/sources/dpdk-24.11.8.tar.xz" | cut -d ' ' -f 1)
  export RIG_DPDK_SHA256
}

step() {
  run timeout 120 "$USERDATA/steps/build-dpdk.sh"
}

@test "builds the smallest set for this processor, and leaves nothing but the prefix" {
  step
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  called 'meson setup .* -Dplatform=native .*-Dtests=false -Ddisable_apps=\* .*net/ena.* -Denable_libs=timer'
  grep -q "^prefix=$M/root/dpdk$" "$M/root/dpdk/lib/pkgconfig/libdpdk.pc"
  [ ! -e "$M/root/src/dpdk" ]
  [ ! -e "$M/root/dpdk.new" ]
  [ "$(status dpdk)" = '"24.11.8"' ]
}

@test "the set of libraries cannot be made: that is the fault, and not another set is built" {
  make_source "option('disable_libs', type: 'string')"
  stub sed 'case "$*" in *optional_libs*) exit 1 ;; *) exec /bin/sed "$@" ;; esac'
  step
  fails_with E_UNEXPECTED build-dpdk
  [[ $output == *'lib_options='* ]]
  not_called '^(meson|ninja) '
}

@test "a second run builds nothing" {
  step
  : >"$CALLS"
  step
  [ "$status" -eq 0 ]
  not_called 'meson|ninja'
}

@test "another driver, another version or a lesser processor: builds again" {
  step
  : >"$CALLS"
  RIG_EXTRA_DRIVERS=net/e1000 step
  called 'meson setup .*net/null,net/e1000'
  : >"$CALLS"
  printf 'flags : fpu\n' >"$M/proc/cpuinfo"
  RIG_EXTRA_DRIVERS=net/e1000 step
  called 'meson setup'
}

@test "an image's generic build is taken by any machine" {
  RIG_PHASE=build step
  called 'meson setup .* -Dplatform=generic'
  : >"$CALLS"
  printf 'flags : another\n' >"$M/proc/cpuinfo"
  step
  [ "$status" -eq 0 ]
  not_called meson
}

@test "arm64 is built for any of its cores" {
  printf 'Features\t: fp asimd sve\n' >"$M/proc/cpuinfo"
  RIG_MACHINE=aarch64 step
  [ "$status" -eq 0 ]
  called 'meson setup .* -Dplatform=generic'
}

@test "22.11 has no enable_libs: everything else is left out by name" {
  make_source "option('disable_libs', type: 'string')"
  step
  called 'meson setup .* -Ddisable_libs=acl$'
}

@test "the shipped source is used before the network, and a wrong one never" {
  printf 'x' >>"$M/state/sources/dpdk-24.11.8.tar.xz"
  RIG_DPDK_MIRRORS=file://$M/nowhere step
  fails_with E_SOURCE_HASH build-dpdk
  not_called meson
}

@test "no mirror: E_SOURCE_FETCH names them" {
  rm "$M/state/sources/dpdk-24.11.8.tar.xz"
  RIG_DPDK_MIRRORS="file://$M/one file://$M/two" step
  fails_with E_SOURCE_FETCH build-dpdk
  [[ $output == *"$M/one"*"$M/two"* ]]
}

@test "a mirror with other bytes is passed over for the next" {
  mv "$M/state/sources/dpdk-24.11.8.tar.xz" "$M/good"
  printf 'other' >"$M/bad"
  RIG_DPDK_MIRRORS="file://$M/bad file://$M/good" step
  [ "$status" -eq 0 ]
}

@test "the compiler fails: E_BUILD_DPDK with its words and the log, and no half of a prefix" {
  stub ninja 'echo "[1/2] Compiling a"; echo "FAILED: ../lib/eal/a.c: error: unknown type"; exit 1'
  step
  fails_with E_BUILD_DPDK build-dpdk
  [[ $output == *'error: unknown type'*"$M/run/log/dpdk.log"* ]]
  [ ! -e "$M/root/dpdk" ]
}

@test "meson fails: E_BUILD_DPDK" {
  stub meson 'echo "ERROR: Problem encountered: missing python module: elftools"; exit 1'
  step
  fails_with E_BUILD_DPDK build-dpdk
  [[ $output == *elftools* ]]
}

@test "over time: E_BUILD_TIMEOUT" {
  stub ninja 'exec sleep 600'
  RIG_BUILD_TIMEOUT=1 step
  fails_with E_BUILD_TIMEOUT build-dpdk
}

@test "disk full while compiling: E_DISK_FULL" {
  stub ninja 'echo "fatal error: error writing to a.o: No space left on device"; exit 1'
  step
  fails_with E_DISK_FULL build-dpdk
}

@test "no room to begin: E_DISK_FULL with both numbers" {
  stub df 'printf "Avail\n 300\n"'
  step
  fails_with E_DISK_FULL build-dpdk
  not_called meson
}

@test "the system's own DPDK: nothing to build" {
  RIG_DPDK_SYSTEM=1 step
  [ "$status" -eq 0 ]
  not_called meson
}

@test "progress is in the status" {
  # It is told every five seconds: until then this build stands still.
  stub ninja 'until grep -qs "\"done\": 5," "$RIG_RUN/status.json"; do printf "[5/9] b\n"; sleep 0.2; done'
  run timeout 180 "$USERDATA/steps/build-dpdk.sh"
  grep -q '"progress": {"done": 5, "total": 9}' "$M/console"
}
