#!/usr/bin/env bats
# boot.sh: the stub in user data, against a real HTTP server in the place of IMDS, S3 and the signal URLs.
load helper

setup() {
  setup_machine
  start_ec2
  export RIG_NAME=DpdkRig RIG_REGION=eu-central-1 RIG_GENERATION=1a2b3c4d RIG_S3_ENDPOINT=$RIG_IMDS
  export RIG_BOOT_TRIES=2 RIG_HUGEPAGES=512
  expect_signals
  make_assets
  stub sleep
}

teardown() {
  stop_ec2
}

# Tars as lib/archive.ts makes them: files only. provision.sh of this asset shows how it was called.
make_assets() {
  local dir=$BATS_TEST_TMPDIR/assets
  mkdir -p "$dir/userdata/lib" "$dir/native/src" "$EC2/get/bucket/assets"
  printf '#!/bin/bash\nprintf "provision %%s\\n" "$#"; env | grep -c ^RIG_SIGNAL || true\n' >"$dir/userdata/provision.sh"
  chmod +x "$dir/userdata/provision.sh"
  : >"$dir/userdata/lib/rig.sh"
  : >"$dir/native/src/main.c"
  tar -C "$dir/userdata" -cf "$EC2/get/bucket/assets/user data.tar" provision.sh lib/rig.sh
  tar -C "$dir/native" -cf "$EC2/get/bucket/assets/native.tar" src/main.c
  export RIG_USERDATA_URI='s3://bucket/assets/user data.tar' RIG_NATIVE_URI=s3://bucket/assets/native.tar
  RIG_USERDATA_SHA256=$(sha256sum <"$EC2/get/bucket/assets/user data.tar" | cut -d ' ' -f 1)
  RIG_NATIVE_SHA256=$(sha256sum <"$EC2/get/bucket/assets/native.tar" | cut -d ' ' -f 1)
  export RIG_USERDATA_SHA256 RIG_NATIVE_SHA256
}

boot() {
  run bash "$USERDATA/boot.sh"
  printf '%s\n' "$output"
}

# boot_fails CODE: told three times: exit status, console and stack.
boot_fails() {
  [ "$status" -ne 0 ]
  grep -q "^rig-status: {.*\"code\": \"$1\"" "$M/console"
  [ "$(status error step)" = '"boot"' ]
  [ "$(signal dpdk Status)" = FAILURE ]
  [ "$(signal dpdk UniqueId)" = DpdkReady ]
  [[ "$(signal dpdk Reason)" == "$1 boot: "* ]]
  [ "$(wc -l <"$EC2/signals/dpdk")" -eq 1 ]
  [[ $output != *'provision 0'* ]]
}

@test "an image build says which phase, and the settings are fetched alike" {
  run bash "$USERDATA/boot.sh" --phase build
  [ "$status" -eq 0 ]
  [[ $output == *'provision 2'* ]]
}

@test "fetches, verifies, unpacks, writes rig.env for root alone, hands over" {
  boot
  [ "$status" -eq 0 ]
  [[ $output == *'provision 0'* ]]
  [ -x "$M/root/userdata/provision.sh" ]
  [ -e "$M/root/native/src/main.c" ]
  [ "$(stat -c %a "$M/etc/rig.env")" = 600 ]
  [ "$(stat -c %a "$M/root/userdata/lib")" = 755 ]
  run bash -c ". $M/etc/rig.env && printf '%s' \"\$RIG_SIGNAL_DPDK_READY\""
  [ "$output" = "$RIG_SIGNAL_DPDK_READY" ]
  [ ! -e "$EC2/signals" ]
  [ ! -e "$M/root/userdata.tar" ]
}

@test "a second run replaces what is there" {
  boot
  : >"$M/root/userdata/old"
  boot
  [ "$status" -eq 0 ]
  [ ! -e "$M/root/userdata/old" ]
}

@test "the presigned URL is the one that botocore makes" {
  # The developer's python, not the system's: botocore comes with the tools for AWS.
  python=$(PATH=$OLDPATH:$PATH command -v python3)
  "$python" -c 'import botocore' || skip 'this python has no botocore to compare with'
  # shellcheck disable=SC1090
  presign=$(sed -n '/^presign() {/,/^}/p' "$USERDATA/boot.sh")
  for endpoint in '' http://10.0.2.100:9000; do
    url=$(RIG_S3_ENDPOINT=$endpoint bash -c "$presign"'; presign "s3://bucket/assets/a b+c=d.tar"' \
      <"$EC2/get/latest/meta-data/iam/security-credentials/the-role")
    run "$python" "$BATS_TEST_DIRNAME/presign-with-botocore.py" "$url" "$endpoint"
    [ "$status" -eq 0 ]
    # The order of the parameters is free; the signature covers them sorted.
    [ "$(tr '?&' '\n' <<<"$output" | sort)" = "$(tr '?&' '\n' <<<"$url" | sort)" ]
  done
}

@test "the rendered stub is valid, and leaves half of EC2's 16 KB to the settings" {
  bash -n "$USERDATA/boot.sh"
  [ "$(grep -c '^# @RIG_ENV@$' "$USERDATA/boot.sh")" -eq 1 ]
  [ "$(wc -c <"$USERDATA/boot.sh")" -lt 8192 ]
  [ "$(head -c 2 "$USERDATA/boot.sh")" = '#!' ]
}

@test "a status that cannot be made is not written: the stack is told, and no empty line" {
  : >"$EC2/refuse-token"
  stub python3 'exit 1'
  boot
  [ "$status" -eq 99 ]
  [[ $output == *'could not tell the console'* ]]
  [ ! -s "$M/console" ] && [ ! -e "$M/run/status.json" ]
  [ "$(/usr/bin/python3 -c 'import json, sys; print(json.loads(sys.stdin.readline())["Status"])' <"$EC2/signals/dpdk")" = FAILURE ]
}

@test "every code of boot.sh is in the table of faults" {
  for code in $(grep -oE '\bE_[A-Z0-9_]+' "$USERDATA/boot.sh" | sort -u); do
    grep -q "^$code"$'\t' "$USERDATA/faults.tsv" || { printf '%s is missing\n' "$code" && return 1; }
  done
}

@test "IMDS refuses a token: E_IMDS" {
  : >"$EC2/refuse-token"
  boot
  boot_fails E_IMDS
}

@test "no role: E_ROLE_CREDENTIALS" {
  rm "$EC2/get/latest/meta-data/iam/security-credentials/the-role"
  boot
  boot_fails E_ROLE_CREDENTIALS
}

@test "an asset is not there: E_ASSET_FETCH" {
  rm "$EC2/get/bucket/assets/native.tar"
  boot
  boot_fails E_ASSET_FETCH
  [[ "$(signal dpdk Reason)" == *s3://bucket/assets/native.tar*404* ]]
}

@test "an asset with other bytes: E_ASSET_HASH, nothing of it unpacked" {
  printf 'x' >>"$EC2/get/bucket/assets/user data.tar"
  boot
  boot_fails E_ASSET_HASH
  [ ! -e "$M/root/userdata" ]
}

@test "an asset that is no archive: E_ASSET_UNPACK" {
  printf 'not a tar' >"$EC2/get/bucket/assets/native.tar"
  RIG_NATIVE_SHA256=$(printf 'not a tar' | sha256sum | cut -d ' ' -f 1) boot
  boot_fails E_ASSET_UNPACK
}

@test "a full disk is told as such, whatever it broke" {
  stub df 'printf "Avail\n0\n"'
  stub tar 'exit 2'
  boot
  boot_fails E_DISK_FULL
}

@test "a tool that fails unforeseen: E_UNEXPECTED" {
  stub sha256sum 'exit 3'
  boot
  boot_fails E_UNEXPECTED
}

@test "quotes and control characters in a message stay inside the JSON" {
  RIG_NATIVE_URI=$'s3://bucket/a"b\\c\td' boot
  boot_fails E_ASSET_FETCH
}

@test "no secret is on a command line" {
  stub curl 'exec /usr/bin/curl "$@"'
  boot
  [ "$status" -eq 0 ]
  not_called 'Signature|sig=|session'
}
