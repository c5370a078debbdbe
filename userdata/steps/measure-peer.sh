#!/usr/bin/env bash
# On the generator of a pair: waits until the peer sends packets back, then takes the first measurement and keeps it in
# $RIG_STATE/measurement.json. Run by hand after that file is removed, it measures again.
# shellcheck source=../lib/rig.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/rig.sh"

# await_peer: a few packets a second until one is back. The peer is built at the same time, so it may come much later.
await_peer() {
  local deadline=$((SECONDS + RIG_PEER_TIMEOUT)) sent received
  core_ask /pollcore/rate,100 >/dev/null
  log "waiting for $RIG_PEER_IPV4"
  while :; do
    received=$(core_ask --get received /pollcore/latency)
    if ((received > 0)); then break; fi
    if ((SECONDS >= deadline)); then
      sent=$(core_ask --get sent /pollcore/latency)
      core_ask /pollcore/rate,0 >/dev/null
      if ((sent == 0)); then fail E_PEER_SILENT "nobody answers ARP for $RIG_PEER_IPV4 in $RIG_PEER_TIMEOUT s"; fi
      fail E_PEER_SILENT "$sent packets to $RIG_PEER_IPV4 in $RIG_PEER_TIMEOUT s, none came back"
    fi
    sleep 1
  done
  core_ask /pollcore/rate,0 >/dev/null
}

core_ask() {
  local answer
  answer=$("$RIG_USERDATA/bin/rig-telemetry" --file-prefix "$RIG_FILE_PREFIX" "$@" 2>&1) \
    || fail E_CORE_SILENT "${answer:0:200}"
  printf '%s\n' "$answer"
}

measure() {
  local log_file rc=0
  log_file=$(tool_log measure)
  log "measuring the way to $RIG_PEER_IPV4 and back"
  # The whole document is some kilobytes; a search of one-second trials takes less than a minute.
  timeout --foreground "$RIG_MEASURE_TIMEOUT" "$RIG_USERDATA/bin/rig-measure" --file-prefix "$RIG_FILE_PREFIX" \
    --profile search --seconds 1 --repeat 1 --output "$measurement_file.new" >>"$log_file" 2>&1 || rc=$?
  if ((rc == 124)); then fail E_MEASURE "not done after $RIG_MEASURE_TIMEOUT s; log in $log_file"; fi
  if ((rc != 0)); then fail E_MEASURE "$(tail -n 1 "$log_file" | cut -c 1-300)"; fi
  measurement_fields "$measurement_file.new" >/dev/null || fail E_MEASURE "no result in $measurement_file.new"
  chmod 0644 "$measurement_file.new"
  mv "$measurement_file.new" "$measurement_file"
}

main() {
  begin_step measure-peer
  if [[ $RIG_ROLE != generator ]]; then
    log "role ${RIG_ROLE:-alone}: nothing to measure"
    return
  fi
  if measurement_fields "$measurement_file" >/dev/null; then
    log 'the first measurement is taken'
    return
  fi
  verify_core
  await_peer
  measure
  log "$(measurement_fields "$measurement_file")"
}

main
