#!/usr/bin/env bash
# Builds the pinned DPDK with the smallest set of drivers and libraries that the rig uses, into $RIG_ROOT/dpdk.
# Runs without root wherever RIG_ROOT, RIG_STATE and RIG_RUN can be written.
# shellcheck source=../lib/rig.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/rig.sh"

configure() {
  local source=$1 build=$2 log_file=$3 platform lib_options
  platform=$(dpdk_platform)
  lib_options=$(dpdk_lib_options "$source")
  # Libraries that happen to be installed must not change what is built, so pkg-config is shown none of them.
  # apps and tests are most of DPDK's 3000 objects. enable_apps with no match would mean all of them.
  PKG_CONFIG_LIBDIR=$RIG_ROOT/none run_logged "$log_file" meson setup "$build" "$source" --prefix="$RIG_ROOT/dpdk.new" --libdir=lib \
    -Dplatform="${platform%%-*}" -Ddefault_library=static -Dtests=false '-Ddisable_apps=*' \
    -Denable_drivers="$(dpdk_drivers)" "$lib_options" || fail_from_log "$log_file" E_BUILD_DPDK
}

# A prefix appears whole or not at all: installed aside, stamped, then renamed.
install_build() {
  local build=$1 log_file=$2
  rm -rf "$RIG_ROOT/dpdk.new"
  run_logged "$log_file" meson install -C "$build" --no-rebuild || fail_from_log "$log_file" E_BUILD_DPDK
  sed -i "s|$RIG_ROOT/dpdk\.new|$RIG_ROOT/dpdk|g" "$RIG_ROOT"/dpdk.new/lib/pkgconfig/*.pc
  {
    dpdk_wanted
    printf 'platform=%s\n' "$(dpdk_platform)"
  } >"$RIG_ROOT/dpdk.new/.stamp"
  rm -rf "$RIG_ROOT/dpdk"
  mv "$RIG_ROOT/dpdk.new" "$RIG_ROOT/dpdk"
}

main() {
  local archive log_file source=$RIG_ROOT/src/dpdk rc=0
  begin_step build-dpdk
  if dpdk_from_system; then
    log "using the system's DPDK $(dpdk_installed_version || true)"
    return
  fi
  if dpdk_built; then
    log "DPDK $RIG_DPDK_VERSION is built"
    return
  fi
  # meson must find the distribution's python, which has pyelftools.
  export PATH=/usr/bin:$PATH
  mkdir -p "$RIG_ROOT/src"
  need_space "$RIG_ROOT/src" 400
  archive=$(fetch_dpdk)
  log "building DPDK $RIG_DPDK_VERSION ($(dpdk_platform))"
  log_file=$(tool_log dpdk)
  unpack "$archive" "$source"
  configure "$source" "$source/build" "$log_file"
  ninja_logged "$log_file" "$source/build" || rc=$?
  if ((rc == 124)); then fail E_BUILD_TIMEOUT "DPDK after $RIG_BUILD_TIMEOUT s"; fi
  if ((rc != 0)); then fail_from_log "$log_file" E_BUILD_DPDK; fi
  install_build "$source/build" "$log_file"
  # 250 MB of objects and sources that nobody needs again.
  rm -rf "$source"
  [[ $(dpdk_installed_version) == "$RIG_DPDK_VERSION"* ]] || fail E_BUILD_DPDK "pkg-config finds another version"
  cpu_seconds >"$RIG_RUN/build-dpdk.cpu"
  log "DPDK $RIG_DPDK_VERSION built in $SECONDS s, with $(<"$RIG_RUN/build-dpdk.cpu") s of CPU"
}

main
