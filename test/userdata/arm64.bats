#!/usr/bin/env bats
# What a rig on Graviton builds: native/ compiles for arm64, as far as it can be seen without DPDK's arm64 headers.

setup() {
  cd "$BATS_TEST_DIRNAME/../.."
  if ! command -v aarch64-linux-gnu-gcc >/dev/null; then
    [ -z "${CI:-}" ] || {
      printf 'CI must have aarch64-linux-gnu-gcc: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross\n'
      return 1
    }
    skip 'no aarch64-linux-gnu-gcc here; apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross'
  fi
}

# compile FILE OPTION...: with the warnings of native/meson.build, and the instructions of the oldest Graviton. Some files
# are built with _GNU_SOURCE, others define it themselves, as empty as here.
compile() {
  aarch64-linux-gnu-gcc -std=gnu17 -D_GNU_SOURCE= -Wall -Wextra -Wshadow -Wundef -Wpointer-arith -Werror \
    -march=armv8-a -iquote native/src/common -iquote native/src/pollcore "${@:2}" "$1"
}

# Files that no header of DPDK, lwIP or OpenSSL reaches: -MG lists the missing ones in place of failing.
plain_files() {
  local file
  for file in native/src/*/*.c; do
    if ! compile "$file" -M -MG 2>/dev/null | grep -qE '(rte_[a-z_]+|lwip/[a-z_/]+|openssl/[a-z]+)\.h'; then
      printf '%s\n' "$file"
    fi
  done
}

@test "what works on bytes, text and numbers compiles for arm64 without a warning" {
  local file count=0
  for file in $(plain_files); do
    compile "$file" -fsyntax-only
    count=$((count + 1))
  done
  printf '%d files\n' "$count"
  # Parsers, replies, histogram, generator, book: were it few, the list above would be wrong.
  [ "$count" -ge 15 ]
}

@test "no source asks for an x86 header unconditionally" {
  run grep -rnE '^#include <(x86intrin|[a-z]*mmintrin|cpuid)\.h>' native/src
  for line in "${lines[@]}"; do
    # The file must say what other processors do.
    grep -qE '__x86_64__|__SSE' "${line%%:*}"
  done
}
