#!/usr/bin/env bash
# Makes the guest's root tree from Debian packages alone: OUT/root.tar, and per kernel OUT/<release>/{vmlinux,initrd}.
# The kernel before the newest is installed; the newest lies in /var/cache/rig-vm as packages, for an upgrade inside.
# Usage: build-root.sh OUT    (root needed; run by image.ts, which caches OUT by the content of this folder)
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
readonly here next_kernel=/var/cache/rig-vm
# shellcheck source-path=SCRIPTDIR source=mirror.sh
. "$here/mirror.sh"

# The two newest kernels of the flavour that EC2 images use, oldest first.
find_kernels() {
  local mirror=$1
  curl -fsS --retry 3 --max-time 120 "$mirror/dists/$suite/main/binary-amd64/Packages.xz" | xz -dc \
    | sed -n 's/^Package: linux-image-\(.*-cloud-amd64\)$/\1/p' | sort -V | uniq | tail -n 2
}

# Boot files as a boot loader would find them; uncompressed, since unpacking a kernel is slow under emulation.
extract_boot_files() {
  local root=$1 release=$2 out=$3/$2 image="$1/boot/vmlinuz-$2" offset
  mkdir -p "$out"
  offset=$(LC_ALL=C grep -abo -m 1 -P '\x28\xb5\x2f\xfd' "$image" | head -n 1 | cut -d : -f 1)
  # What follows the payload is no zstd frame: zstd complains after it has written the kernel.
  tail -c "+$((offset + 1))" "$image" | zstd -dq >"$out/vmlinux" 2>/dev/null || true
  [ "$(head -c 4 "$out/vmlinux" | tail -c 3)" = ELF ] || {
    echo "build-root.sh: $image holds no zstd-packed ELF kernel at byte $offset" >&2
    return 1
  }
  chroot "$root" mkinitramfs -o /tmp/initrd "$release"
  mv "$root/tmp/initrd" "$out/initrd"
}

# A package mirror in a folder (apt's flat repository format), for the cases in which one is down and comes back.
make_mirror() {
  local file
  cd "$1"
  for file in *.deb; do
    dpkg-deb --field "$file"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$file")" "$(sha256sum <"$file" | cut -d ' ' -f 1)"
  done >Packages
  cd - >/dev/null
}

main() {
  local out=$1 mirror old new packages root
  mirror=$(find_mirror)
  { read -r old && read -r new; } < <(find_kernels "$mirror")
  root=$(mktemp -d "${TMPDIR:-/tmp}/rig-vm-root.XXXXXX")
  # shellcheck disable=SC2064 # the folder of now is the one to remove
  trap "rm -rf --one-file-system '$root'" EXIT
  packages=$(grep -v '^#' "$here/packages.txt" | paste -sd ,)

  mmdebstrap --variant=minbase --mode=root --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --include="$packages,linux-image-$old,linux-headers-$old" \
    --essential-hook="mkdir -p \"\$1/etc/initramfs-tools/conf.d\"" \
    --essential-hook="printf 'MODULES=list\nCOMPRESS=lz4\n' >\"\$1/etc/initramfs-tools/conf.d/rig-vm\"" \
    --customize-hook="upload /dev/null /etc/machine-id" \
    --customize-hook="chroot \"\$1\" sh -c 'mkdir -p $next_kernel && cd $next_kernel && apt-get download \
      linux-image-$new linux-headers-$new linux-headers-${new%-cloud-amd64}-common linux-kbuild-${new%-cloud-amd64} && \
      mkdir mirror && cd mirror && apt-get download pciutils'" \
    "$suite" "$root" "$mirror"
  echo virtio_blk >>"$root/etc/initramfs-tools/modules"
  "$here/configure-root.sh" "$root"
  make_mirror "$root$next_kernel/mirror"

  mkdir -p "$out"
  extract_boot_files "$root" "$old" "$out"
  # The newest kernel is unpacked only for its boot files; the guest installs the packages itself.
  dpkg-deb -x "$root$next_kernel"/linux-image-*.deb "$root/tmp/next"
  mv "$root/tmp/next/boot/vmlinuz-$new" "$root/tmp/next/boot/config-$new" "$root/boot/"
  mv "$root/tmp/next/usr/lib/modules/$new" "$root/usr/lib/modules/"
  chroot "$root" depmod "$new"
  extract_boot_files "$root" "$new" "$out"
  rm -rf "$root/tmp/next" "$root/boot/vmlinuz-$new" "$root/boot/config-$new" "$root/usr/lib/modules/$new"
  rm -rf "$root"/var/lib/apt/lists/* "$root"/boot/initrd.img-*

  tar -C "$root" --numeric-owner -cf "$out/root.tar" .
  printf '%s\n%s\n' "$old" "$new" >"$out/kernels"
}

main "$@"
