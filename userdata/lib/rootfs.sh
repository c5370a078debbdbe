# Files of rootfs/, put where the machine has them. Each step installs what belongs to it.
# shellcheck shell=bash

# install_rootfs PATH...: PATH as the machine has it, without the first slash. Prints the paths that changed.
install_rootfs() {
  local path target
  for path in "$@"; do
    target=$RIG_ROOTFS/$path
    mkdir -p "$(dirname "$target")"
    sed "s/@RIG_HUGEPAGES@/$RIG_HUGEPAGES/" "$RIG_USERDATA/rootfs/$path" >"$target.new"
    chmod 0644 "$target.new"
    if [[ -x $RIG_USERDATA/rootfs/$path ]]; then chmod 0755 "$target.new"; fi
    if cmp --quiet "$target.new" "$target"; then
      rm "$target.new"
    else
      mv "$target.new" "$target"
      printf '%s\n' "$path"
    fi
  done
}

# install_commands: what an operator types. Early, since a rig that fails is when they are wanted.
install_commands() {
  local name
  mkdir -p "$RIG_ROOTFS/usr/local/bin"
  for name in rig-status rig-doctor rig-telemetry rig-measure; do
    ln -sfn "$RIG_USERDATA/bin/$name" "$RIG_ROOTFS/usr/local/bin/$name"
  done
}

# install_unit PATH UNIT: installs and enables a unit.
install_unit() {
  local changed
  changed=$(install_rootfs "$1")
  if [[ -n $changed ]]; then systemctl daemon-reload; fi
  systemctl --quiet is-enabled "$2" 2>/dev/null || systemctl --quiet enable "$2"
}
