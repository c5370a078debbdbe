# Answers to CloudFormation's wait conditions: one PUT to a presigned URL, with curl, bash and printf alone, so that it
# works on a machine where packages, DNS servers of others, or the disk are what is broken.
# shellcheck shell=bash

# json_text TEXT: TEXT as the inside of a JSON string.
json_text() {
  local text=$1
  text=${text//[$'\001'-$'\037\177']/ }
  text=${text//[$'\200'-$'\377']/?} # a cut in the middle of a UTF-8 character would not be JSON
  text=${text//\\/\\\\}
  printf '%s' "${text//\"/\\\"}"
}

# signal_url MILESTONE: prints the URL, or nothing where no stack waits (an image build, a machine without AWS).
signal_url() {
  case $1 in
    DpdkReady) printf '%s' "${RIG_SIGNAL_DPDK_READY:-}" ;;
    PortReady) printf '%s' "${RIG_SIGNAL_PORT_READY:-}" ;;
    CoreRunning) printf '%s' "${RIG_SIGNAL_CORE_RUNNING:-}" ;;
    Measured) printf '%s' "${RIG_SIGNAL_MEASURED:-}" ;;
  esac
}

# signal_send MILESTONE SUCCESS|FAILURE REASON DATA. Neither URL nor body is on a command line or in a file: both hold
# what only root may see, and a full disk would lose them.
signal_send() {
  local milestone=$1 status=$2 reason=$3 data=$4 url body
  url=$(signal_url "$milestone")
  if [[ -z $url ]]; then
    log "no stack waits for $milestone: $status"
    return 0
  fi
  body=$(printf '{"Status":"%s","Reason":"%s","UniqueId":"%s","Data":"%s"}' \
    "$status" "$(json_text "${reason:0:1000}")" "$milestone" "$(json_text "${data:0:4000}")")
  printf '%s' "$body" | curl --config <(printf 'url = "%s"\n' "$url") --fail --silent --show-error \
    --request PUT --header 'Content-Type:' --data-binary @- --output /dev/null \
    --connect-timeout 5 --max-time 15 --retry 4 --retry-delay 2 --retry-all-errors
}
