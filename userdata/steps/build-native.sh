#!/usr/bin/env bash
# Builds the rig's own programs ($RIG_NATIVE_SRC) against the DPDK of build-dpdk, or the system's with RIG_DPDK_SYSTEM=1,
# and puts them in $RIG_ROOT/bin: pollcore always, bookfeed (and lwIP for it) where it is the workload. Runs without
# root wherever RIG_ROOT, RIG_STATE and RIG_RUN can be written.
# shellcheck source=../lib/rig.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/rig.sh"

# wanted: what the program is made of: its sources, and the DPDK that is linked in.
wanted() {
  local sources
  sources=$(cd "$RIG_NATIVE_SRC" && find . -type f ! -path '*/__pycache__/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum)
  printf 'sources=%s\n' "${sources%% *}"
  if dpdk_from_system; then
    printf 'dpdk=%s\n' "$(dpdk_installed_version)"
  else
    cat "$RIG_ROOT/dpdk/.stamp"
  fi
  if [[ $RIG_WORKLOAD == bookfeed ]]; then printf 'lwip=%s\n' "$RIG_LWIP_SHA256"; fi
}

# wanted_programs: prints what this workload needs.
wanted_programs() {
  printf 'pollcore\n'
  if [[ $RIG_WORKLOAD == bookfeed ]]; then printf 'bookfeed\n'; fi
}

is_built() {
  local program
  for program in $(wanted_programs); do
    if [[ ! -x $RIG_ROOT/bin/$program ]]; then return 1; fi
  done
  [[ -r $1 && $(<"$1") == "$2" ]]
}

configure() {
  local build=$1 log_file=$2 archive options=(-Dbookfeed=false)
  if [[ $RIG_WORKLOAD == bookfeed ]]; then
    archive=$(fetch_lwip)
    unpack "$archive" "$RIG_ROOT/src/lwip"
    options=(-Dbookfeed=true -Dlwip_source="$RIG_ROOT/src/lwip")
  fi
  PKG_CONFIG_PATH=$(dpdk_pkgconfig) run_logged "$log_file" meson setup "$build" "$RIG_NATIVE_SRC" -Dtests=false \
    "${options[@]}" || fail_from_log "$log_file" E_BUILD_NATIVE
}

# install_programs BUILD LOG: renamed over the old ones, since a core that runs keeps its file.
install_programs() {
  local program
  for program in $(wanted_programs); do
    install -m 0755 "$1/src/$program/$program" "$RIG_ROOT/bin/$program.new"
    mv "$RIG_ROOT/bin/$program.new" "$RIG_ROOT/bin/$program"
    run_logged "$2" "$RIG_ROOT/bin/$program" --version || fail_from_log "$2" E_BUILD_NATIVE
  done
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
  if is_built "$stamp" "$want"; then
    log "$RIG_WORKLOAD is built"
    return
  fi
  mkdir -p "$RIG_ROOT/src" "$RIG_ROOT/bin"
  log_file=$(tool_log native)
  rm -rf "$build"
  configure "$build" "$log_file"
  ninja_logged "$log_file" "$build" || rc=$?
  if ((rc == 124)); then fail E_BUILD_TIMEOUT "native after $RIG_BUILD_TIMEOUT s"; fi
  if ((rc != 0)); then fail_from_log "$log_file" E_BUILD_NATIVE; fi
  rm -f "$stamp"
  install_programs "$build" "$log_file"
  printf '%s\n' "$want" >"$stamp"
  rm -rf "$build" "$RIG_ROOT/src/lwip"
  log "$RIG_WORKLOAD built in $SECONDS s"
}

main
