#!/usr/bin/env bash
# Reserves $RIG_HUGEPAGES pages of 2 MB and verifies that they are there and free. Also run at every boot by
# rig-hugepages.service; the sysctl file has asked for them by then, while memory was still in one piece.
# shellcheck source=../lib/rig.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/rig.sh"

# reserve: asks the kernel, or fails with the memory as it was before: a machine without memory could not even say why.
reserve() {
  local pool before gave try
  pool=$(hugepage_pool)
  [[ -e $pool/nr_hugepages ]] || fail E_HUGEPAGES_SHORT "this kernel has no 2 MB pages ($pool is not there)"
  before=$(hugepages_total)
  if ((before >= RIG_HUGEPAGES)); then return; fi
  if (((RIG_HUGEPAGES - before) * 2 + 128 > $(mem_available))); then
    fail E_HUGEPAGES_SHORT "asked for $RIG_HUGEPAGES, there are $before, and $(mem_available) MB of memory for more"
  fi
  for try in 1 2 3; do
    if ((try > 1)); then
      # Free memory lies in pieces: give the page cache back and move what can be moved.
      sysfs_write "$RIG_PROCFS/sys/vm/drop_caches" 3 || true
      sysfs_write "$RIG_PROCFS/sys/vm/compact_memory" 1 || true
    fi
    sysfs_write "$pool/nr_hugepages" "$RIG_HUGEPAGES" || true
    gave=$(hugepages_total)
    if ((gave >= RIG_HUGEPAGES)); then return; fi
  done
  sysfs_write "$pool/nr_hugepages" "$before" || true
  fail E_HUGEPAGES_SHORT "asked for $RIG_HUGEPAGES, the kernel gave $gave ($(mem_available) MB of memory available)"
}

main() {
  begin_step reserve-hugepages
  need_root
  install_rootfs etc/sysctl.d/60-dpdk-rig.conf >/dev/null
  install_unit etc/systemd/system/rig-hugepages.service rig-hugepages.service
  reserve
  hugetlbfs_mounted || systemctl start dev-hugepages.mount || fail E_HUGETLBFS
  if (($(hugepages_free) < RIG_HUGEPAGES)) && ! core_active; then drop_stale_pages; fi
  verify_hugepages
  log "$(hugepages_line)"
}

main
