#!/usr/bin/env bash
# Builds native/ with sanitizers and runs all of its tests: unit tests, a short fuzz run, the whole program on virtual
# ports; first with this machine's DPDK, then with Debian 13's. Called by test/all.sh; builds are kept in .cache/native.
# The last line counts: N passed, N failed, N skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# A run through a book, or of forty buffers, costs twenty times one through a parser.
readonly cache=.cache/native fuzz_runs=1000000 slow_fuzz_runs=100000
passed=0 failed=0 skipped=0

say() { printf 'native: %s\n' "$1"; }

# What continuous integration must have may not be skipped there.
skip() {
  if [[ -n ${CI:-} ]]; then
    say "FAILED: $1"
    failed=$((failed + 1))
  else
    say "skipped: $1"
    skipped=$((skipped + 1))
  fi
}

# A step that has no count of its own: one test.
step() {
  local what=$1
  shift
  if "$@"; then
    say "$what: ok"
    passed=$((passed + 1))
  else
    say "$what: FAILED"
    failed=$((failed + 1))
    return 1
  fi
}

# build DIRECTORY PREFIX... -- MESON_OPTIONS...: PREFIX runs it elsewhere, DIRECTORY is relative to the project.
build() {
  local dir=$1 prefix=()
  shift
  while [[ $1 != -- ]]; do
    prefix+=("$1")
    shift
  done
  shift
  # Meson reconfigures by itself when a meson.build has changed, but not when an option has.
  # shellcheck disable=SC2016 # expanded by the inner shell
  "${prefix[@]}" sh -ec '
    dir=$1
    shift
    if [ -e "$dir/build.ninja" ]; then
      meson setup --reconfigure "$dir" native "$@" >"$dir/setup.log" 2>&1 || { cat "$dir/setup.log"; exit 1; }
    else
      rm -rf "$dir"
      meson setup "$dir" native "$@"
    fi
    ninja -C "$dir" >"$dir/build.log" 2>&1 || { cat "$dir/build.log"; exit 1; }
  ' build "$dir" "$@"
}

# Every case of every test program, by the TAP that meson keeps.
unit_tests() {
  local dir=$1 status=0 bad
  shift
  # Meson's half minute for a program is for machines that have nothing else to do.
  "$@" meson test -C "$dir" --timeout-multiplier 10 --print-errorlogs || status=$?
  passed=$((passed + $(grep -c '^ok [0-9]' "$dir/meson-logs/testlog.txt" || true)))
  bad=$(grep -c '^not ok' "$dir/meson-logs/testlog.txt" || true)
  # A program that died without saying "not ok" is one failure.
  if ((status != 0 && bad == 0)); then bad=1; fi
  failed=$((failed + bad))
}

# whole_program VARIABLE COMMAND FOLDER: a whole program, named to its tests by a variable. unittest counts in its last lines: "Ran 59 tests in 34.9s", "FAILED (failures=3, skipped=1)".
whole_program() {
  local log=$cache/run.log status=0 ran bad left_out
  if ((EUID != 0)); then
    skip "$3: needs root for network namespaces; run sudo npm test"
    return
  fi
  # -v: the reason of each test that is skipped.
  env "$1=$2" python3 -m unittest discover -v -s "$3" >"$log" 2>&1 || status=$?
  cat "$log"
  ran=$(sed -nE 's/^Ran ([0-9]+) tests? .*/\1/p' "$log")
  bad=$(($(unittest_count failures "$log") + $(unittest_count errors "$log")))
  left_out=$(unittest_count skipped "$log")
  if ((status != 0 && bad == 0)); then bad=1; fi
  passed=$((passed + ${ran:-0} - bad - left_out)) failed=$((failed + bad)) skipped=$((skipped + left_out))
}

unittest_count() { sed -nE "/^(OK|FAILED) /s/.*$1=([0-9]+).*/\1/p" "$2" | grep . || printf 0; }

# What reads bytes from a wire or a capture, under libFuzzer with a fixed seed: the same run every time.
fuzz() {
  local dir=$cache/fuzz
  if ! command -v clang >/dev/null || [[ ! -e $(clang -print-file-name=libclang_rt.fuzzer-x86_64.a) ]]; then
    skip 'fuzzing: no clang with libFuzzer; apt-get install clang libclang-rt-14-dev'
    return
  fi
  step 'build of the fuzzer' build "$dir" env CC=clang -- -Dfuzzers=true -Db_lundef=false || return 0
  rm -rf "$dir/corpus" "$dir/captures"
  python3 test/native/seeds.py test/native/vectors/respond.txt "$dir/corpus" "$dir/captures"
  step "fuzzing the respond path, $fuzz_runs runs" "$dir/src/pollcore/fuzz_respond" -runs=$fuzz_runs -seed=1 \
    -max_len=1600 -verbosity=0 -artifact_prefix="$dir/" "$dir/corpus" || true
  step "fuzzing bursts, $slow_fuzz_runs runs" "$dir/src/pollcore/fuzz_burst" -runs=$slow_fuzz_runs -seed=1 \
    -max_len=1600 -verbosity=0 -artifact_prefix="$dir/" "$dir/corpus" || true
  step "fuzzing captures, $fuzz_runs runs" "$dir/src/pollcore/fuzz_capture" -runs=$fuzz_runs -seed=1 -max_len=1600 \
    -verbosity=0 -artifact_prefix="$dir/" "$dir/captures" || true
  fuzz_bookfeed "$dir"
}

# What an exchange sends: HTTP and WebSocket, then JSON and each venue's messages.
fuzz_bookfeed() {
  local dir=$1 name
  for name in http ws; do
    rm -rf "$dir/corpus-$name"
    python3 test/native/bookfeed/seeds.py "test/native/bookfeed/vectors/$name.lines" "$dir/corpus-$name"
    step "fuzzing $name, $fuzz_runs runs" "$dir/src/bookfeed/fuzz_bookfeed_$name" -runs=$fuzz_runs -seed=1 \
      -max_len=1600 -verbosity=0 -artifact_prefix="$dir/" "$dir/corpus-$name" || true
  done
  for name in json binance coinbase kraken; do
    rm -rf "$dir/corpus-$name"
    python3 test/native/bookfeed/seeds.py "test/native/bookfeed/vectors/$name.txt" "$dir/corpus-$name"
    step "fuzzing bookfeed's $name, $slow_fuzz_runs runs" "$dir/src/bookfeed/fuzz_bookfeed_$name" \
      -runs=$slow_fuzz_runs -seed=1 -max_len=2000 -verbosity=0 -artifact_prefix="$dir/" "$dir/corpus-$name" || true
  done
}

# test_against NAME PROGRAM_PREFIX PREFIX...
test_against() {
  local name=$1 program_prefix=$2 programs
  shift 2
  say "against $name"
  # Relative to native/, so that it fits inside the folder with Debian 13 too.
  local options=(-Dbookfeed=true -Dlwip_source="../$lwip")
  step "build as it is shipped, $name" build "$cache/$name" "$@" -- -Dtests=false "${options[@]}" || return 0
  step "build with sanitizers, $name" build "$cache/$name-sanitized" "$@" -- \
    -Dtests=true -Db_sanitize=address,undefined "${options[@]}" || return 0
  unit_tests "$cache/$name-sanitized" "$@"
  programs=$program_prefix$cache/$name-sanitized/src
  whole_program POLLCORE "$programs/pollcore/pollcore" test/native/run
  whole_program BOOKFEED "$programs/bookfeed/bookfeed" test/native/bookfeed/run
}

main() {
  local lwip
  mkdir -p "$cache"
  lwip=$(test/native/lwip.sh)
  if pkg-config --exists 'libdpdk >= 22.11'; then
    test_against "host-$(pkg-config --modversion libdpdk)" "$PWD/"
  else
    skip "this machine's DPDK: libdpdk 22.11 or newer not found; apt-get install libdpdk-dev"
  fi
  fuzz
  if ((EUID != 0)) || ! command -v mmdebstrap >/dev/null; then
    skip 'DPDK of Debian 13: needs root and mmdebstrap; apt-get install mmdebstrap, run sudo npm test'
  elif step 'folder with Debian 13' test/native/trixie.sh prepare; then
    test_against trixie "$PWD/test/native/trixie.sh run /rig/" test/native/trixie.sh run
  fi
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  ((failed == 0))
}
main
