# The rig's status, for scripts: every change goes through here to lib/status.py, which alone writes file and console.
# shellcheck shell=bash
status_update() {
  python3 "$rig_lib/status.py" update "$@"
}

# Prints the fault on record as `code<TAB>step<TAB>cause<TAB>fix`; returns 1 if there is none.
status_error() {
  python3 "$rig_lib/status.py" error
}

# Prints pending, success or failure.
status_milestone() {
  python3 "$rig_lib/status.py" milestone "$1"
}
