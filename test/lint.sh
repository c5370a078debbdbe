#!/usr/bin/env bash
# Checks every shell script and C file of the project by shellcheck, shfmt and clang-format. Called by test/all.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Scripts are known by their first line, since commands carry no ending; bats files have a syntax of their own.
mapfile -t scripts < <(git ls-files -co --exclude-standard bin userdata test .ci \
  | xargs grep -lE '^#!.*(bash|/sh)$|^# shellcheck shell=' | grep -vE '\.(bats|ts)$' | sort -u)
mapfile -t bats < <(git ls-files -co --exclude-standard 'test/*.bats')
mapfile -t c_files < <(git ls-files -co --exclude-standard 'native/*.[ch]' 'test/native/*.[ch]')

shellcheck -x "${scripts[@]}"
shfmt -d "${scripts[@]}" "${bats[@]}"
clang-format --style=file:native/.clang-format --dry-run -Werror "${c_files[@]}"
printf '%d scripts, %d bats files, %d C files\n' "${#scripts[@]}" "${#bats[@]}" "${#c_files[@]}"
