# The kernel: which compiler built it, its modules, and why one does not load.
# shellcheck shell=bash

# kernel_compiler: prints the compiler that built $RIG_KERNEL, as a package names it: gcc-12.
# igb_uio built with another one fails on flags that only the newer compiler knows (-ftrivial-auto-var-init).
kernel_compiler() {
  local text='' file
  for file in "$RIG_ROOTFS/lib/modules/$RIG_KERNEL/build/.config" "$RIG_ROOTFS/boot/config-$RIG_KERNEL"; do
    if [[ -z $text && -r $file ]]; then text=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\(.*\)"$/\1/p' "$file"); fi
  done
  if [[ -z $text && -r $RIG_PROCFS/version ]]; then
    # Linux version 6.8.0-aws (builder@host) (x86_64-linux-gnu-gcc-12 (Ubuntu 12.3.0) 12.3.0, GNU ld ...
    text=$(sed -n 's/^[^(]*([^)]*) (\(.*\)$/\1/p' "$RIG_PROCFS/version")
  fi
  text=${text%%[ ,]*}
  text=${text##*/}
  text=${text#*-linux-gnu-}
  printf '%s\n' "${text:-gcc}"
}

# newest_kernel: prints the kernel that the boot loader takes, or nothing where none is installed (a container).
newest_kernel() {
  local path
  for path in "$RIG_ROOTFS"/boot/vmlinuz-*; do
    if [[ -e $path ]]; then printf '%s\n' "${path##*/vmlinuz-}"; fi
  done | sort -V | tail -n 1
}

module_vermagic() {
  modinfo -k "$RIG_KERNEL" -F vermagic "$1" 2>/dev/null | awk 'NR == 1 { print $1 }'
}

module_loaded() {
  [[ -d $RIG_SYSFS/module/${1//-/_} ]]
}

# kernel_locked_down: true if the kernel says that it takes only signed modules.
kernel_locked_down() {
  local file=$RIG_SYSFS/kernel/security/lockdown
  [[ -r $file && $(<"$file") =~ \[(integrity|confidentiality)\] ]]
}

# load_module NAME: and says why not, by the kernel's own words.
load_module() {
  local text
  if module_loaded "$1"; then return; fi
  if text=$(modprobe "$1" 2>&1); then return; fi
  case $text in
    *'Key was rejected'* | *'Operation not permitted'* | *'Required key not available'*)
      fail E_SECURE_BOOT "modprobe $1: $text"
      ;;
    *'not found in directory'*)
      # A kernel that came without its headers: DKMS could not build for it.
      if [[ $1 == igb_uio ]]; then fail E_NOT_BUILT "no igb_uio for $RIG_KERNEL"; fi
      if [[ $1 == uio ]]; then fail E_UIO_MISSING "modprobe $1: $text"; fi
      ;;
    *'Unknown symbol'*) fail E_UIO_MISSING "modprobe $1: $text" ;;
    *'Invalid module format'* | *'Exec format error'*) fail E_MODULE_VERMAGIC "modprobe $1: $text" ;;
  esac
  if kernel_locked_down; then fail E_SECURE_BOOT "modprobe $1: $text"; fi
  fail E_MODULE_LOAD "modprobe $1: $text"
}

# load_port_driver: the driver that the data interface is bound to.
load_port_driver() {
  case $RIG_DRIVER in
    igb_uio)
      load_module uio
      load_module igb_uio
      ;;
    vfio-pci)
      load_module vfio-pci
      allow_noiommu
      ;;
  esac
}

# has_iommu: the kernel made groups, so a device can be given away safely.
has_iommu() {
  [[ -n $(ls -A "$RIG_SYSFS/kernel/iommu_groups" 2>/dev/null) ]]
}

# allow_noiommu: on a machine without IOMMU, such as every EC2 type that is not .metal, vfio needs this switch.
allow_noiommu() {
  local switch=$RIG_SYSFS/module/vfio/parameters/enable_unsafe_noiommu_mode
  if has_iommu; then return; fi
  [[ -e $switch ]] || fail E_NO_IOMMU 'no IOMMU group, and this kernel has no no-IOMMU mode'
  log 'no IOMMU here: vfio-pci runs in no-IOMMU mode'
  sysfs_write "$switch" Y || fail E_NO_IOMMU "cannot write $switch"
}
