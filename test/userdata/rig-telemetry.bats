#!/usr/bin/env bats
# bin/rig-telemetry's text: each layout from an answer that is known, and words that make no sense.

load helper

setup() {
  setup_machine
  export RIG_TELEMETRY_SOCKET=$M/telemetry
  # Answers each command named in the arguments with the JSON after it.
  serve \
    /pollcore/status '{"port": 0, "mode": "respond", "driver": "net_ena"}' \
    /pollcore/stats '{"rx_packets": 7, "tx_packets": 5, "rx_dropped": 2, "drop_short": 2, "drop_vlan": 0,
      "udp_replies": 5, "bursts_1": 0, "bursts_4_7": 1, "cycles_per_burst": 350}' \
    /pollcore/queues '{"queues": 2, "rx_packets": [3, 4], "cycles_per_packet": [50, 60]}' \
    /pollcore/latency '{"sent": 9, "received": 8, "p50_ns": 900, "p99_99_ns": 20000000}' \
    /pollcore/xstats '{"rx_good_packets": 7}'
}

serve() {
  rm -f "$RIG_TELEMETRY_SOCKET"
  python3 - "$RIG_TELEMETRY_SOCKET" "$@" 3>&- <<'PY' &
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
# Whoever sees the path can connect.
server.bind(sys.argv[1] + ".new")
server.listen()
os.rename(sys.argv[1] + ".new", sys.argv[1])
answers = dict(zip(sys.argv[2::2], map(json.loads, sys.argv[3::2])))
while True:
    client, _ = server.accept()
    client.send(json.dumps({"max_output_len": 16384}).encode())
    name = client.recv(1024).decode().split(",")[0]
    client.send(json.dumps({name: answers.get(name)}).encode())
    client.close()
PY
  CORE_PID=$!
  await "$RIG_TELEMETRY_SOCKET"
}

teardown() { kill "$CORE_PID"; }

@test "show stats: what came, went and was dropped, without what is zero" {
  run "$USERDATA/bin/rig-telemetry" show stats
  [ "$status" -eq 0 ]
  [[ $output == *'# NIC statistics for port 0 #'* ]]
  [[ $output == *'  RX-packets:   7 '*'TX-packets:   5 '*'Cycles/burst: 350'* ]]
  [[ $output == *'  Replies:'*'    udp_replies: 5'*'  Drops:'*'    short: 2'*'  Burst sizes:'*'    4-7: 1'* ]]
  [[ $output != *vlan* && $output != *' 1: 0'* ]]
}

@test "show port, queues, latency, xstats" {
  run "$USERDATA/bin/rig-telemetry" show port
  [[ $output == *'# Infos for port 0 #'*'  mode:   respond'* ]]
  run "$USERDATA/bin/rig-telemetry" show queues
  [[ $output == *'queue 0'*'queue 1'*'all'* ]]
  [[ $output =~ rx_packets:\ +3\ +4\ +7 ]]
  run "$USERDATA/bin/rig-telemetry" show latency
  [[ $output == *'  sent:     9'*'    p50:    0.900'*'    p99.99: 20000.000'* ]]
  run "$USERDATA/bin/rig-telemetry" show xstats
  [ "$output" = '  rx_good_packets: 7' ]
}

@test "show port, stats, latency of bookfeed" {
  kill "$CORE_PID"
  serve /bookfeed/status '{"venue": "kraken", "good": 10}' /bookfeed/stats '{"messages": 12}' \
    /bookfeed/latency '{"tcp_count": 5, "tcp_p50_ns": 170, "tcp_p90_ns": 280, "tcp_p99_ns": 430, "tcp_p999_ns": 690,
      "tcp_max_ns": 3190}'
  run "$USERDATA/bin/rig-telemetry" show port
  [ "$status" -eq 0 ]
  [[ $output == *'  venue: kraken'*'  good:  10'* ]]
  run "$USERDATA/bin/rig-telemetry" show stats
  [[ $output == '  messages: 12' ]]
  run "$USERDATA/bin/rig-telemetry" show latency
  [[ $output =~ count.*p50.*p999.*max.*tcp:\ +5\ +170\ +280\ +430\ +690\ +3190 ]]
  # Nothing of what it has, and nothing that was asked for by its name.
  for words in 'show queues' '/pollcore/stats'; do
    # shellcheck disable=SC2086 # words of their own
    run "$USERDATA/bin/rig-telemetry" $words
    [ "$status" -eq 1 ]
    [[ $output == *'no command /pollcore/'* ]]
  done
}

@test "--text lays any answer out; JSON stays what is printed without" {
  run "$USERDATA/bin/rig-telemetry" --text /pollcore/xstats
  [ "$output" = '  rx_good_packets: 7' ]
  run "$USERDATA/bin/rig-telemetry" /pollcore/xstats
  [ "$output" = '{"rx_good_packets": 7}' ]
}

@test "words that make no sense are told, and nobody is asked" {
  for words in 'show' 'show nothing' '--get mode show port' '/pollcore/stats port' '--text --get mode /pollcore/status'; do
    # shellcheck disable=SC2086 # words of their own
    run "$USERDATA/bin/rig-telemetry" $words
    [ "$status" -eq 2 ]
  done
  run "$USERDATA/bin/rig-telemetry" show
  [[ $output == *'show and one of port, stats, xstats, queues, latency'* ]]
}
