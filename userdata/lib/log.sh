# Lines for whoever follows a run: on stderr, so that stdout stays free for answers.
# shellcheck shell=bash
log() {
  printf 'dpdk-rig: %s%s\n' "${RIG_STEP:+$RIG_STEP: }" "$*" >&2
}
