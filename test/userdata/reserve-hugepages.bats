#!/usr/bin/env bats
# steps/reserve-hugepages.sh on fake sysfs and proc trees.
load helper

setup() {
  setup_machine
  # A core that is not running, and units that are not enabled yet.
  stub systemctl 'case "$*" in *is-active*|*is-enabled*) exit 1 ;; esac'
  add_pool 512 512
}

step() {
  run "$USERDATA/steps/reserve-hugepages.sh"
}

@test "reserves, installs sysctl and unit, and says how many" {
  step
  [ "$status" -eq 0 ]
  [[ $output == *'512 x 2 MB, 512 free'* ]]
  grep -q '^vm.nr_hugepages = 512$' "$M/rootfs/etc/sysctl.d/60-dpdk-rig.conf"
  [ -e "$M/rootfs/etc/systemd/system/rig-hugepages.service" ]
  called 'systemctl .*enable rig-hugepages.service'
  [ "$(status error)" = null ]
  [ "$(status hugepages total)" = 512 ]
}

@test "a second run changes nothing" {
  step
  find "$M/rootfs" -type f -exec stat -c '%n %i %Y' {} + >"$BATS_TEST_TMPDIR/before"
  : >"$CALLS"
  step
  [ "$status" -eq 0 ]
  find "$M/rootfs" -type f -exec stat -c '%n %i %Y' {} + >"$BATS_TEST_TMPDIR/after"
  cmp "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
  not_called daemon-reload
}

@test "asks the kernel when there are too few, and compacts when it gives less" {
  add_pool 0 0
  RIG_HUGEPAGES=300 step
  # The fake pool takes the number but frees none: total is then enough, free is not.
  [ "$(<"$M/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")" = 300 ]
  fails_with E_HUGEPAGES_BUSY reserve-hugepages
}

@test "too few pages: E_HUGEPAGES_SHORT with both numbers, after compaction" {
  add_pool 100 100
  # A pool that takes the write and gives no more pages.
  stub cat 'case "$1" in */nr_hugepages) echo 100 ;; *) exec /bin/cat "$@" ;; esac'
  step
  fails_with E_HUGEPAGES_SHORT reserve-hugepages
  [[ $output == *'asked for 512, the kernel gave 100'* ]]
  [ "$(<"$M/proc/sys/vm/compact_memory")" = 1 ]
  # Given back, so that the machine has memory to go on with.
  [ "$(<"$M/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")" = 100 ]
}

@test "memory is short: E_HUGEPAGES_SHORT before asking, so that the machine can still tell" {
  add_pool 0 0
  printf 'MemAvailable: 1100000 kB\n' >"$M/proc/meminfo"
  step
  fails_with E_HUGEPAGES_SHORT reserve-hugepages
  [[ $output == *'1074 MB of memory for more'* ]]
  [ "$(<"$M/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")" = 0 ]
}

@test "no hugetlbfs: tries the mount, then E_HUGETLBFS" {
  : >"$M/proc/mounts"
  stub systemctl 'case "$*" in *is-active*|*is-enabled*|*dev-hugepages*) exit 1 ;; esac'
  step
  fails_with E_HUGETLBFS reserve-hugepages
  called 'systemctl start dev-hugepages.mount'
}

@test "removes stale files but not those of a living process" {
  add_pool 512 100
  : >"$M/hugetlbfs/rtemap_0"
  : >"$M/hugetlbfs/rtemap_1"
  flock --shared --no-fork "$M/hugetlbfs/rtemap_1" sleep 600 3>&- &
  holder=$!
  while flock --exclusive --nonblock "$M/hugetlbfs/rtemap_1" true; do sleep 0.05; done
  step
  kill "$holder"
  [ ! -e "$M/hugetlbfs/rtemap_0" ]
  [ -e "$M/hugetlbfs/rtemap_1" ]
  fails_with E_HUGEPAGES_BUSY reserve-hugepages
}

@test "names the process that holds the pages" {
  add_pool 512 100
  mkdir -p "$M/proc/4711"
  printf '7f00-7f01 rw-s 0 00:0f 1 %s/rtemap_3\n' "$M/hugetlbfs" >"$M/proc/4711/maps"
  printf 'testpmd\n' >"$M/proc/4711/comm"
  step
  fails_with E_HUGEPAGES_BUSY reserve-hugepages
  [[ $output == *'testpmd(4711)'* ]]
}

@test "pages that the running core holds are no fault" {
  add_pool 512 100
  stub systemctl 'case "$*" in *is-enabled*) exit 1 ;; esac'
  step
  [ "$status" -eq 0 ]
}

@test "systemctl failing: a recorded fault" {
  stub systemctl 'exit 1'
  step
  fails_with E_UNEXPECTED reserve-hugepages
  [[ $output == *systemctl* ]]
}

@test "a count that is no number: E_CONFIG" {
  RIG_HUGEPAGES=many step
  fails_with E_CONFIG reserve-hugepages
}

@test "at boot another unit's fault does not hide this one" {
  python3 "$USERDATA/lib/status.py" update --error E_BIND_FAILED claim-nic cause fix
  stub systemctl 'exit 1'
  RIG_QUIET=1 step
  fails_with E_UNEXPECTED reserve-hugepages
}

@test "at boot only a fault is published, and gone when the cause is" {
  export RIG_QUIET=1
  add_pool 512 1
  step
  fails_with E_HUGEPAGES_BUSY reserve-hugepages
  [ "$(status step)" = null ]
  add_pool 512 512
  step
  [ "$status" -eq 0 ]
  [ "$(status error)" = null ]
}
