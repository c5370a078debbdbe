# Hugepages of 2 MB: how many there are, how many are free, who holds them.
# shellcheck shell=bash
hugepage_pool() {
  printf '%s/kernel/mm/hugepages/hugepages-2048kB' "$RIG_SYSFS"
}

hugepages_total() {
  cat "$(hugepage_pool)/nr_hugepages"
}

hugepages_free() {
  cat "$(hugepage_pool)/free_hugepages"
}

hugepages_line() {
  local total free
  total=$(hugepages_total)
  free=$(hugepages_free)
  printf '%s x 2 MB, %s free' "$total" "$free"
}

# hugepage_holders: the processes that map hugepages, of a file or anonymous, as `name(pid)`.
hugepage_holders() {
  local maps pid
  for maps in "$RIG_PROCFS"/[0-9]*/maps; do
    if ! grep -qF -e "$RIG_HUGETLBFS/" -e /anon_hugepage "$maps" 2>/dev/null; then continue; fi
    pid=${maps%/maps}
    printf '%s(%s) ' "$(cat "$pid/comm" 2>/dev/null || printf unknown)" "${pid##*/}"
  done
}

# drop_stale_pages: removes files that a killed DPDK process left; a living one holds a shared lock on each of its own.
drop_stale_pages() {
  local file
  for file in "$RIG_HUGETLBFS"/*map_*; do
    if [[ -f $file ]] && flock --nonblock --exclusive "$file" true; then
      log "removing the stale $file"
      rm -f "$file"
    fi
  done
}

hugetlbfs_mounted() {
  grep -qE "^[^ ]+ $RIG_HUGETLBFS hugetlbfs " "$RIG_PROCFS/mounts"
}

# verify_hugepages: enough in all, and free unless the core has them.
verify_hugepages() {
  local total free holders
  total=$(hugepages_total)
  free=$(hugepages_free)
  ((total >= RIG_HUGEPAGES)) \
    || fail E_HUGEPAGES_SHORT "asked for $RIG_HUGEPAGES, the kernel gave $total ($(mem_available) MB of memory available)"
  hugetlbfs_mounted || fail E_HUGETLBFS
  if ((free >= RIG_HUGEPAGES)) || core_active; then return; fi
  holders=$(hugepage_holders)
  fail E_HUGEPAGES_BUSY "$total in all, $free free, held by ${holders:-no process, so by files in $RIG_HUGETLBFS}"
}

mem_available() {
  awk '$1 == "MemAvailable:" { print int($2 / 1024) }' "$RIG_PROCFS/meminfo"
}
