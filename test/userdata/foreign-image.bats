#!/usr/bin/env bats
# What `npm run test:vm -- --image FILE` refuses before minutes are lost: disks that cannot boot, guests that cannot be rigs.
load helper

VM=$BATS_TEST_DIRNAME/../vm
MAC=02:ec:2a:00:00:06

setup() {
  setup_machine
  NODE=$(PATH=$OLDPATH:$PATH command -v node)
}

# why FILE: what whyNotBootable says of a disk that begins like FILE.
why() {
  run env -C "$VM/../.." "$NODE" --require tsx/cjs -e '
    const { whyNotBootable } = require("./test/vm/image/boot-sector.ts");
    const head = require("node:fs").readFileSync(process.argv[1]);
    console.log(whyNotBootable(head) ?? "boots");' "$1"
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
}

# make_disk FILE CODE TABLE GUID: 34 sectors: boot code or none, mbr or gpt, and the type of the only GPT entry.
make_disk() {
  python3 - "$@" <<'PYTHON'
import sys, uuid
file, code, table, guid = sys.argv[1:]
disk = bytearray(34 * 512)
if code == "code":
    disk[0:3] = b"\xeb\x63\x90"
disk[510:512] = b"\x55\xaa"
if table == "gpt":
    disk[512:520] = b"EFI PART"
    disk[1024 + 128:1024 + 144] = uuid.UUID(guid).bytes_le
open(file, "wb").write(disk)
PYTHON
}

@test "a disk that a BIOS starts boots: Ubuntu's GPT with a BIOS boot partition, and an MBR with code" {
  make_disk "$M/disk" code gpt 21686148-6449-6e6f-744e-656564454649
  why "$M/disk"
  [ "$output" = boots ]
  make_disk "$M/disk" code mbr 0
  why "$M/disk"
  [ "$output" = boots ]
}

@test "no boot sector, UEFI alone, no boot code: each is told" {
  printf '\xfd7zXZ\x00%1000s' '' >"$M/disk.xz"
  why "$M/disk.xz"
  [[ $output == 'it has no boot sector; a compressed image must be unpacked first'* ]]
  make_disk "$M/disk" none gpt c12a7328-f81f-11d2-ba4b-00a0c93ec93b
  why "$M/disk"
  [[ $output == 'it starts by UEFI alone'*'take one for amd64'* ]]
  make_disk "$M/disk" none mbr 0
  why "$M/disk"
  [[ $output == 'its boot sector has no code'* ]]
}

# A guest like Ubuntu's image.
make_guest() {
  mkdir -p "$M/rootfs/sys/class/net/ens6" "$M/rootfs/etc/apt/sources.list.d"
  printf '%s\n' "$MAC" >"$M/rootfs/sys/class/net/ens6/address"
  printf 'deb https://archive.example.com/ubuntu jammy main\n' >"$M/rootfs/etc/apt/sources.list"
  stub uname 'echo x86_64'
  stub cloud-id 'echo aws'
  stub df 'printf "Avail\n 12000\n"'
  for tool in apt-get dpkg-query curl ip modprobe sleep; do stub "$tool"; done
  stub systemctl 'echo active'
}

check() {
  run bash "$VM/image/check-foreign.sh" "$MAC"
  printf '%s\n' "$output"
}

@test "a guest that can be a rig: nothing is said, and apt asks by plain HTTP" {
  make_guest
  check
  [ "$status" -eq 0 ] && [ -z "$output" ]
  grep -qx 'deb http://archive.example.com/ubuntu jammy main' "$M/rootfs/etc/apt/sources.list"
}

@test "what cloud-init writes late is turned to plain HTTP too" {
  make_guest
  export LATE=$M/rootfs/etc/apt/sources.list.d/late.sources
  stub systemctl 'if [ -e "$LATE" ]; then echo failed; else echo "URIs: https://late.example.com" >"$LATE"; echo activating; fi'
  check
  [ "$status" -eq 0 ] && [ -z "$output" ]
  grep -qx 'URIs: http://late.example.com' "$LATE"
}

@test "a guest that cannot: every reason at once, and nothing is changed" {
  make_guest
  stub uname 'case "$1" in -m) echo aarch64 ;; *) echo 5.15.0-1-kvm ;; esac'
  stub modprobe 'case "$*" in *uio) exit 1 ;; esac'
  stub cloud-id 'echo nocloud'
  stub df 'printf "Avail\n 900\n"'
  rm -r "$M/rootfs/sys/class/net/ens6"
  hide apt-get
  rm "$STUBS/apt-get"
  check
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 6 ]
  for reason in 'for aarch64' 'no apt-get' 'kernel 5.15.0-1-kvm has no module uio' 'no EC2 datasource' "address $MAC" \
    'has 900 MB left and 3000 are needed'; do
    [[ $output == *"$reason"* ]]
  done
  grep -q https "$M/rootfs/etc/apt/sources.list"
}
