# Where Debian packages come from; sourced by the build-*.sh scripts beside it.
# shellcheck shell=bash disable=SC2034
readonly suite=trixie

# The mirror that this machine's own apt uses: no other is sure to be reachable.
find_mirror() {
  local site
  # shellcheck disable=SC2016 # apt expands these
  site=$(apt-get indextargets --format '$(SITE) $(ORIGIN) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null \
    | awk '$2 == "Debian" && $3 == "main" && $1 !~ /security/ { print $1; exit }')
  [ -n "$site" ] || {
    echo "test/vm: apt knows no Debian mirror; add one to its sources and run 'apt-get update'" >&2
    return 1
  }
  echo "$site"
}
