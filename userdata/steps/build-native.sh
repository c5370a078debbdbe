#!/usr/bin/env bash
# Builds the rig's own programs ($RIG_NATIVE_SRC) against the DPDK of build-dpdk, or the system's with RIG_DPDK_SYSTEM=1,
# and puts them in $RIG_ROOT/bin. Runs without root wherever RIG_ROOT, RIG_STATE and RIG_RUN can be written.
# shellcheck source=../lib/rig.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/rig.sh"

# wanted: what the program is made of: its sources, and the DPDK that is linked in.
wanted() {
  local sources
  sources=$(cd "$RIG_NATIVE_SRC" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
  printf 'sources=%s\n' "${sources%% *}"
  if dpdk_from_system; then
    printf 'dpdk=%s\n' "$(dpdk_installed_version)"
  else
    cat "$RIG_ROOT/dpdk/.stamp"
  fi
}

check_dpdk() {
  local pkgconfig
  pkgconfig=$(dpdk_pkgconfig)
  if [[ -n $pkgconfig && ! -r $RIG_ROOT/dpdk/.stamp ]]; then fail E_DPDK_MISSING "nothing in $RIG_ROOT/dpdk"; fi
  PKG_CONFIG_PATH=$pkgconfig pkg-config --atleast-version=22.11 libdpdk \
    || fail E_DPDK_MISSING "found: $(dpdk_installed_version 2>/dev/null || printf none)"
}

main() {
  local log_file build=$RIG_ROOT/src/native-build stamp=$RIG_ROOT/bin/.stamp want rc=0
  begin_step build-native
  [[ -r $RIG_NATIVE_SRC/meson.build ]] || fail E_CONFIG "RIG_NATIVE_SRC is $RIG_NATIVE_SRC, where no meson.build is"
  check_dpdk
  want=$(wanted)
  if [[ -x $RIG_ROOT/bin/pollcore && -r $stamp && $(<"$stamp") == "$want" ]]; then
    log 'pollcore is built'
    return
  fi
  mkdir -p "$RIG_ROOT/src" "$RIG_ROOT/bin"
  log_file=$(tool_log native)
  rm -rf "$build"
  PKG_CONFIG_PATH=$(dpdk_pkgconfig) run_logged "$log_file" meson setup "$build" "$RIG_NATIVE_SRC" -Dtests=false \
    || fail_from_log "$log_file" E_BUILD_NATIVE
  ninja_logged "$log_file" "$build" || rc=$?
  if ((rc == 124)); then fail E_BUILD_TIMEOUT "native after $RIG_BUILD_TIMEOUT s"; fi
  if ((rc != 0)); then fail_from_log "$log_file" E_BUILD_NATIVE; fi
  rm -f "$stamp"
  # Renamed over the old one: a core that runs keeps its file.
  install -m 0755 "$build/src/pollcore/pollcore" "$RIG_ROOT/bin/pollcore.new"
  mv "$RIG_ROOT/bin/pollcore.new" "$RIG_ROOT/bin/pollcore"
  run_logged "$log_file" "$RIG_ROOT/bin/pollcore" --version || fail_from_log "$log_file" E_BUILD_NATIVE
  printf '%s\n' "$want" >"$stamp"
  rm -rf "$build"
  log "pollcore built in $SECONDS s"
}

main
