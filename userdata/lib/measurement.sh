# The first measurement of a pair, as steps/measure-peer.sh keeps it and as the stack's outputs tell it.
# shellcheck shell=bash
declare -r measurement_file=$RIG_STATE/measurement.json

# measurement_fields FILE: prints `rate|loss|p50|p99` with their units; returns 1 if FILE holds no measurement.
measurement_fields() {
  python3 "$rig_lib/measurement.py" "$1" 2>/dev/null
}
