# Running tools that talk much: their output goes to a log in $RIG_RUN (memory, so a full disk does not silence it),
# and what went wrong is read from there.
# shellcheck shell=bash

# run_logged LOG COMMAND...: appends the output to LOG; on failure shows its end and returns the command's status.
run_logged() {
  local log_file=$1 rc=0
  shift
  mkdir -p "$(dirname "$log_file")"
  "$@" >>"$log_file" 2>&1 </dev/null || rc=$?
  if ((rc != 0)); then
    log "$1 ended with $rc; the end of $log_file:"
    tail -n 12 "$log_file" >&2
  fi
  return "$rc"
}

# tool_log NAME: prints the path of a fresh log.
tool_log() {
  mkdir -p "$RIG_RUN/log"
  : >"$RIG_RUN/log/$1.log"
  printf '%s\n' "$RIG_RUN/log/$1.log"
}

# ninja_logged LOG BUILD_DIR: builds within $RIG_BUILD_TIMEOUT seconds, with n/m in the status every few seconds.
# Returns ninja's status, 124 when the time was over.
ninja_logged() {
  local log_file=$1 build_dir=$2 line shown=0
  # --foreground: Ctrl-C must reach ninja; ninja itself stops its compilers on a signal.
  NINJA_STATUS='[%f/%t] ' timeout --foreground "$RIG_BUILD_TIMEOUT" ninja -C "$build_dir" 2>&1 </dev/null \
    | while IFS= read -r line; do
      printf '%s\n' "$line" >>"$log_file"
      if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] && ((SECONDS - shown >= 5)); then
        shown=$SECONDS
        log "${BASH_REMATCH[1]} of ${BASH_REMATCH[2]}"
        status_update --progress "${BASH_REMATCH[1]}/${BASH_REMATCH[2]}"
      fi
    done
}

# disk_is_full: true if a place that steps write to has less than 4 MB left.
disk_is_full() {
  local dir avail
  for dir in "$RIG_STATE" "$RIG_ROOT" "${RIG_ROOTFS:-/}" "${TMPDIR:-/tmp}"; do
    if [[ ! -d $dir ]]; then continue; fi
    avail=$(df --output=avail -k "$dir" 2>/dev/null | tail -n 1) || continue
    if [[ $avail =~ ^\ *[0-9]+$ ]] && ((avail < 4096)); then return 0; fi
  done
  return 1
}

# need_space DIR MEGABYTES: a build that cannot end should not begin.
need_space() {
  local avail
  avail=$(df --output=avail -m "$1" | tail -n 1)
  if ((avail < $2)); then fail E_DISK_FULL "$1 has ${avail// /} MB left, this step needs $2 MB"; fi
}

log_says() {
  grep -qiE -e "$2" "$1"
}

# fail_from_log LOG CODE: CODE, unless the log names a known cause.
fail_from_log() {
  local log_file=$1 code=$2 last
  if log_says "$log_file" 'no space left on device|enough free space' || disk_is_full; then code=E_DISK_FULL; fi
  last=$(grep -iE 'error|fail|unable|cannot|not found' "$log_file" | tail -n 1 | cut -c 1-160) || true
  fail "$code" "${last:+$last; }log in $log_file"
}

# cpu_seconds: user and system time of all that this script has waited for. `times` counts only its own shell's
# children, so it may not run in a pipe.
cpu_seconds() {
  times >"$RIG_RUN/times"
  awk -F '[ms ]+' 'NR == 2 { print int($1 * 60 + $2 + $3 * 60 + $4 + 0.5) }' "$RIG_RUN/times"
}
