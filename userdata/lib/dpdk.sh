# The DPDK that the rig links with: what is installed, what should be, and how it is configured.
# shellcheck shell=bash

# dpdk_wanted: what makes one DPDK build differ from another, apart from the processor that it is for.
dpdk_wanted() {
  printf 'version=%s\nsha256=%s\ndrivers=%s\nlibs=%s\n' "$RIG_DPDK_VERSION" "$RIG_DPDK_SHA256" "$(dpdk_drivers)" \
    "$RIG_DPDK_LIBS"
}

dpdk_drivers() {
  printf '%s' "$RIG_DPDK_DRIVERS${RIG_EXTRA_DRIVERS:+,$RIG_EXTRA_DRIVERS}"
}

# this_cpu: a short name for the processor's instruction sets. A native build runs on no lesser one.
this_cpu() {
  grep -m 1 -E '^(flags|Features)' "$RIG_PROCFS/cpuinfo" | sha256sum | cut -c 1-12
}

# dpdk_platform: native where it is built on the machine that runs it, generic in an image. On arm64 always generic:
# native names the core to the compiler, and Ubuntu 22.04's gcc 11 does not know every Graviton's.
dpdk_platform() {
  case $RIG_MACHINE,${RIG_DPDK_PLATFORM:-$RIG_PHASE} in
    aarch64,* | *,build | *,generic) printf 'generic' ;;
    *) printf 'native-%s' "$(this_cpu)" ;;
  esac
}

# dpdk_built: true if what is installed is what is wanted and runs here.
dpdk_built() {
  local stamp=$RIG_ROOT/dpdk/.stamp platform
  if [[ ! -r $stamp || $(head -n 4 "$stamp") != "$(dpdk_wanted)" ]]; then return 1; fi
  platform=$(sed -n 's/^platform=//p' "$stamp")
  [[ $platform == generic || $platform == "$(dpdk_platform)" ]]
}

dpdk_from_system() {
  [[ $RIG_DPDK_SYSTEM == 1 ]]
}

# dpdk_pkgconfig: where pkg-config finds the DPDK to link with; nothing for the system's own.
dpdk_pkgconfig() {
  if ! dpdk_from_system; then printf '%s' "$RIG_ROOT/dpdk/lib/pkgconfig"; fi
}

dpdk_installed_version() {
  PKG_CONFIG_PATH=$(dpdk_pkgconfig) pkg-config --modversion libdpdk
}

# dpdk_lib_options SOURCE: prints meson's option for the libraries.
# 22.11 cannot name the libraries to build, only a few to leave out; there every other one is left out, and its list of
# those that may be is opened.
dpdk_lib_options() {
  local dir name off=''
  local base=',kvargs,log,telemetry,argparse,eal,ring,rcu,mempool,mbuf,net,meter,ethdev,pci,'
  if grep -q "option('enable_libs'" "$1/meson_options.txt"; then
    printf -- '-Denable_libs=%s\n' "$RIG_DPDK_LIBS"
    return
  fi
  sed -i 's/if not optional_libs.contains(l)/if false/' "$1/lib/meson.build"
  for dir in "$1"/lib/*/; do
    name=$(basename "$dir")
    if [[ $base,$RIG_DPDK_LIBS, != *",$name,"* ]]; then off+=${off:+,}$name; fi
  done
  printf -- '-Ddisable_libs=%s\n' "$off"
}
