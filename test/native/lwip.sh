#!/usr/bin/env bash
# Prints the folder with lwIP's pinned source, which bookfeed is built with: fetched, verified and unpacked once. For
# `meson setup -Dlwip_source=…` by tests, benchmarks and the local rig.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# shellcheck source=userdata/versions.env
. userdata/versions.env
# The hash is the key: another archive, another folder. Relative to the project, which a folder with Debian 13 has too.
tree=.cache/lwip/${RIG_LWIP_SHA256:0:12}
if [[ ! -e $tree/.complete ]]; then
  bash userdata/bin/fetch-sources .cache/sources lwip >&2
  rm -rf "$tree"
  mkdir -p "$tree"
  tar --extract --strip-components=1 --directory "$tree" --file ".cache/sources/$RIG_LWIP_FILE"
  touch "$tree/.complete"
fi
printf '%s\n' "$tree"
