# Source archives by pinned SHA-256: shipped with the assets, kept from before, or from a mirror; the bytes decide.
# shellcheck shell=bash

# apt_pool_urls DIR/FILE: where that file would be in the pool of each mirror that apt is configured for.
apt_pool_urls() {
  local uri component
  # + and ~ are legal in a URL's path, but some mirrors sit behind stores that read + as a space.
  local path=${1//+/%2b}
  if ! command -v apt-get >/dev/null; then return; fi
  # shellcheck disable=SC2016 # apt expands these
  apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null | sort -u \
    | while read -r uri component; do
      printf '%s/pool/%s/%s\n' "${uri%/}" "$component" "$path"
    done
}

# mirror_urls MIRROR...: plain URLs, apt-pool: entries expanded.
mirror_urls() {
  local mirror
  for mirror in "$@"; do
    case $mirror in
      apt-pool:*) apt_pool_urls "${mirror#apt-pool:}" ;;
      *) printf '%s\n' "$mirror" ;;
    esac
  done
}

has_sha256() {
  [[ -f $1 && $(sha256sum <"$1") == "$2  -" ]]
}

# download URL FILE: one try with limits that a slow mirror meets and a dead one does not.
download() {
  curl --fail --silent --show-error --location --proto '=https,http,file' --connect-timeout 5 --max-time 300 \
    --speed-limit 1024 --speed-time 20 --output "$2" "$1"
}

# fetch_source FILE SHA256 MIRROR...: prints the path of the verified archive.
fetch_source() {
  local file=$1 sha256=$2 dir url wrong='' tried=''
  shift 2
  [[ $sha256 =~ ^[0-9a-f]{64}$ ]] || fail E_CONFIG "no SHA-256 is pinned for $file"
  for dir in "$RIG_USERDATA/sources" "$RIG_STATE/sources"; do
    if has_sha256 "$dir/$file" "$sha256"; then
      printf '%s\n' "$dir/$file"
      return
    fi
    if [[ -e $dir/$file ]]; then wrong+=" $dir/$file"; fi
  done
  dir=$RIG_STATE/sources
  mkdir -p "$dir"
  # shellcheck disable=SC2046 # URLs have no spaces
  for url in $(mirror_urls "$@"); do
    log "fetching $file from ${url%%/pool/*}"
    if ! download "$url" "$dir/$file.part"; then
      tried+=" ${url}"
    elif has_sha256 "$dir/$file.part" "$sha256"; then
      mv "$dir/$file.part" "$dir/$file"
      printf '%s\n' "$dir/$file"
      return
    else
      wrong+=" $url"
    fi
  done
  rm -f "$dir/$file.part"
  if disk_is_full; then fail E_DISK_FULL "fetching $file"; fi
  if [[ -n $wrong ]]; then fail E_SOURCE_HASH "$file from$wrong"; fi
  fail E_SOURCE_FETCH "$file from${tried:- nowhere, as no mirror is named}"
}

fetch_dpdk() {
  # shellcheck disable=SC2086 # a list of mirrors
  fetch_source "$RIG_DPDK_FILE" "$RIG_DPDK_SHA256" $RIG_DPDK_MIRRORS
}

fetch_kmods() {
  # shellcheck disable=SC2086
  fetch_source "$RIG_KMODS_FILE" "$RIG_KMODS_SHA256" $RIG_KMODS_MIRRORS
}

fetch_lwip() {
  # shellcheck disable=SC2086
  fetch_source "$RIG_LWIP_FILE" "$RIG_LWIP_SHA256" $RIG_LWIP_MIRRORS
}

# unpack ARCHIVE DIR: replaces DIR by the archive's only top folder, whatever that is called.
unpack() {
  rm -rf "$2"
  mkdir -p "$2"
  tar --extract --no-same-owner --strip-components=1 --directory "$2" --file "$1" \
    || { if disk_is_full; then fail E_DISK_FULL "unpacking $1"; else fail E_SOURCE_HASH "$1 does not unpack"; fi; }
}
