#!/usr/bin/env bats
# The table of faults against the scripts that use it, and the rules that all files of userdata/ keep.
load helper

setup() {
  setup_machine
  cd "$USERDATA"
}

# Codes that scripts name; `E_[` is a pattern in a case.
used_codes() {
  grep -hoE '\bE_[A-Z][A-Z0-9_]+' boot.sh provision.sh lib/*.sh steps/*.sh bin/* | sort -u
}

@test "each code has one row with cause and fix, and nothing that would break a signal" {
  [ "$(head -n 1 faults.tsv)" = $'code\tcause\tfix' ]
  awk -F '\t' 'NR > 1 && (NF != 3 || $1 !~ /^E_[A-Z0-9_]+$/ || $2 == "" || $3 == "" || /[|"\\]/) { print; bad = 1 }
    END { exit bad }' faults.tsv
  [ -z "$(cut -f 1 faults.tsv | sort | uniq -d)" ]
}

@test "a fix that sends to the core's unit or help knows both workloads" {
  run grep -E 'journalctl -u pollcore|restart pollcore|pollcore --help|/pollcore/' faults.tsv
  [ "${#lines[@]}" -ge 4 ]
  for line in "${lines[@]}"; do [[ $line == *bookfeed* ]] || { printf '%s\n' "$line" && return 1; }; done
}

@test "each code that a script uses is in the table, and the other way round" {
  run diff <(used_codes) <(tail -n +2 faults.tsv | cut -f 1 | sort -u)
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
}

@test "a code that is not in the table is still reported" {
  run bash -c '. "$1/lib/rig.sh"; RIG_STEP=x; fail E_NEW detail' bash "$USERDATA"
  fails_with E_NEW x
}

@test "every step begins with its own file's name, so that a status names it" {
  for file in steps/*.sh; do
    grep -q "^  begin_step $(basename "$file" .sh)$" "$file"
    [ -x "$file" ]
  done
}

@test "no file is longer than 300 lines, and none names a moving version" {
  for file in boot.sh provision.sh versions.env lib/* steps/* bin/*; do
    [ -f "$file" ] || continue
    [ "$(wc -l <"$file")" -le 300 ]
  done
  ! grep -rnwi 'latest' versions.env steps
}

@test "units: a core may do and call little more than it needs" {
  [[ $(systemd-analyze --help 2>/dev/null) == *--offline* ]] || skip 'no systemd-analyze of systemd 250 or newer here'
  mkdir -p "$M/units"
  for unit in pollcore bookfeed; do
    sed 's|^ExecStart=[^ ]*|ExecStart=/bin/true|' "rootfs/etc/systemd/system/$unit.service" >"$M/units/$unit.service"
    run systemd-analyze security --offline=true --threshold=30 --no-pager "$M/units/$unit.service"
    printf '%s\n' "$output"
    [ "$status" -eq 0 ]
  done
}

@test "units: each ExecStart is a file of the rig, and systemd finds no fault" {
  for file in $(sed -n 's|^ExecStart=/opt/dpdk-rig/userdata/\([^ ]*\).*|\1|p' rootfs/etc/systemd/system/*); do
    [ -x "$file" ]
  done
  command -v systemd-analyze >/dev/null || skip 'no systemd-analyze here'
  mkdir -p "$M/units"
  # verify wants the programs to exist.
  for unit in rootfs/etc/systemd/system/*; do
    sed 's|^ExecStart=[^ ]*|ExecStart=/bin/true|' "$unit" >"$M/units/$(basename "$unit")"
  done
  run systemd-analyze verify "$M"/units/*
  printf '%s\n' "$output"
  [ "$status" -eq 0 ]
  [ -z "$(grep -F "$M/units" <<<"$output")" ]
}

# unexpected: the log that a command which fails unforeseen is looked for in.
unexpected() {
  rm -rf "$M/run"
  printf '. %q\nbegin_step x\nfalse\n' "$USERDATA/lib/rig.sh" >"$M/step.sh"
  run bash "$M/step.sh"
  fails_with E_UNEXPECTED x
}

@test "E_UNEXPECTED names the log that is there: of user data, of a unit, or of whoever ran it" {
  mkdir -p "$M/rootfs/var/log"
  : >"$M/rootfs/var/log/cloud-init-output.log"
  unexpected
  [[ $output == *"log: this run's output, the tools' own in $M/run/log"* && $output != *cloud-init* ]]
  RIG_USERDATA_URI=s3://bucket/key unexpected
  [[ $output == *"log: $M/rootfs/var/log/cloud-init-output.log"* ]]
  RIG_USERDATA_URI=s3://bucket/key RIG_PHASE=build unexpected
  [[ $output == *"log: this run's output"* ]]
  RIG_QUIET=1 RIG_USERDATA_URI=s3://bucket/key unexpected
  [[ $output == *'log: journalctl -u rig-hugepages -u rig-bind'* ]]
}
