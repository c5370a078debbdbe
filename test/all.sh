#!/usr/bin/env bash
# Runs every suite one after the other: what `npm test` and CI call. Each suite's output is kept in .cache/test/NAME.log
# and shown when it fails; the last line counts all tests. Usage: test/all.sh [SUITE...] (default: all of them, in order)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly logs=.cache/test
readonly all=(lint infra template rigctl userdata native emulator vm)
passed=0 failed=0 skipped=0

# A suite is a function; it prints its tests' results and ends with `N passed, N failed, N skipped` or exits other than 0.
lint() {
  local check count=0
  for check in 'npm run -s typecheck' 'npm run -s lint' 'npm run -s format:check' 'bash test/lint.sh'; do
    printf '%s\n' "$check"
    $check
    count=$((count + 1))
  done
  summary "$count" 0 0
}
infra() { jest_summary test/infra; }
# One file after the other: each of the local rigs looks at what is left of hugepages and namespaces.
rigctl() { jest_summary --runInBand test/rigctl; }
template() { bash test/template.sh; }
userdata() { tap_summary bats --tap --recursive test/userdata; }
native() { bash test/native/run-all.sh; }
emulator() { jest_summary test/emulator; }
vm() { npx tsx test/vm/run.ts; }

summary() { printf '%d passed, %d failed, %d skipped\n' "$@"; }

# Jest counts on a line of its own: "Tests: 1 failed, 2 skipped, 3 passed, 6 total".
jest_summary() {
  local status=0 line
  npx jest --ci "$@" 2>&1 | tee "$logs/jest.out" || status=$?
  line=$(grep '^Tests:' "$logs/jest.out" || true)
  summary "$(count_of passed "$line")" "$(count_of failed "$line")" "$(count_of skipped "$line")"
  return "$status"
}
count_of() { sed -nE "s/.*[ ]([0-9]+) $1.*/\1/p; t; s/.*/0/p" <<<"${2:-none}" | head -n 1; }

# TAP: "ok 1 name", "not ok 2 name", "ok 3 name # skip why".
tap_summary() {
  local status=0
  "$@" | tee "$logs/tap.out" || status=$?
  summary "$(grep -c '^ok [0-9]' "$logs/tap.out")" "$(grep -c '^not ok' "$logs/tap.out")" 0 \
    | sed -E "s/, 0 skipped/, $(grep -ci '^ok .*# skip' "$logs/tap.out") skipped/"
  return "$status"
}

run_suite() {
  local name=$1 log=$logs/$1.log status=0 began=$SECONDS watcher line
  printf 'test: %s …\n' "$name"
  tell_time "$name" "$log" &
  watcher=$!
  # Not `|| status=$?`: that would switch errexit off inside the suite, and a failing check would pass.
  set +e
  (
    set -e
    "$name"
  ) >"$log" 2>&1 </dev/null
  status=$?
  set -e
  kill "$watcher" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  line=$(grep -aE '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1 || true)
  count "$name" "$status" "$line"
  grep -aiE "(# skip|skipp?ed:|^skip |\.\.\. skipped ')" "$log" | grep -v 'Skipped: *0' | sort -u | sed 's/^/test:   /' || true
  if ((status)); then
    printf 'test: %s FAILED with %d; the end of %s:\n' "$name" "$status" "$log"
    tail -n 100 "$log" | cut -c1-400
  fi
  printf 'test: %s: %s in %d s\n' "$name" "${line:-no count}" "$((SECONDS - began))"
}

# A suite that fails without counting a failure, or that counts nothing at all, is itself one failure.
count() {
  local name=$1 status=$2 line=$3 p=0 f=0 s=0
  [[ -z $line ]] || read -r p f s < <(tr -dc '0-9 \n' <<<"$line")
  if ((status != 0 && f == 0)) || ((p + f + ${s:-0} == 0)); then f=$((f + 1)); fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
}

# Long suites say every half minute that they still work, and at what.
tell_time() {
  while sleep 30; do printf 'test:   %s: %s\n' "$1" "$(tail -n 1 "$2" | cut -c1-120)"; done
}

main() {
  local suites=("$@") suite
  (($#)) || suites=("${all[@]}")
  mkdir -p "$logs"
  for suite in "${suites[@]}"; do
    [[ " ${all[*]} " == *" $suite "* ]] || {
      printf "test: suite '%s' is not known; allowed: %s\n" "$suite" "${all[*]}" >&2
      exit 2
    }
  done
  for suite in "${suites[@]}"; do run_suite "$suite"; done
  summary "$passed" "$failed" "$skipped"
  ((failed == 0))
}
main "$@"
