#!/bin/bash
# What user data runs first: fetches the stack's two assets, verifies and unpacks them, writes rig.env, and hands over to
# provision.sh. lib/provisioning.ts puts the settings in place of the marker line.
# Whatever goes wrong here is told to the console and to CloudFormation at once.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C
umask 077 # rig.env holds the signal URLs

# @RIG_ENV@

# Everything named RIG_* up to here is the stack's; the paths below are the machine's.
rig_env=$(for name in "${!RIG_@}"; do printf '%s=%q\n' "$name" "${!name}"; done)
: "${RIG_ROOT:=/opt/dpdk-rig}" "${RIG_ETC:=/etc/dpdk-rig}" "${RIG_RUN:=/run/dpdk-rig}"
: "${RIG_IMDS:=http://169.254.169.254}" "${RIG_CONSOLE=/dev/ttyS0}"
: "${RIG_BOOT_TRIES:=6}" # five seconds apart: credentials and rights may be late on a new machine

say() {
  printf 'dpdk-rig: boot: %s\n' "$*" >&2
}

# full: what most of the other faults are when there is no space.
full() {
  (($(df --output=avail -k / | tail -n 1) < 1024))
}

# die CODE CAUSE FIX: the codes are those of faults.tsv, which is in the asset that may be what is missing.
# 99 tells the exit trap of the outer shell that everything has been said.
die() {
  trap - EXIT
  case $1 in
    E_UNEXPECTED | E_ASSET_FETCH | E_ASSET_UNPACK)
      if full; then set -- E_DISK_FULL "the disk is full: $2" 'take a larger root volume (8 GiB is enough)'; fi
      ;;
  esac
  say "$1: $2"
  tell "$@" || say 'could not tell the console'
  answer "$@" || say 'the FAILURE signal did not arrive'
  exit 99
}

# One status line in the schema that lib/status.py has later.
tell() {
  local line
  line=$(
    python3 - "${RIG_NAME:-}" "${RIG_GENERATION:-}" "$@" <<'PYTHON'
import json, sys, time
rig, generation, code, cause, fix = sys.argv[1:]
pending = {"DpdkReady": "failure", "PortReady": "pending", "CoreRunning": "pending"}
print(json.dumps({
    "schema": 1, "rig": rig, "generation": generation,
    "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    "uptime_s": int(float(open("/proc/uptime").read().split()[0])),
    "state": "failed", "step": "boot", "progress": None, "milestones": pending,
    "error": {"code": code, "step": "boot", "cause": cause, "fix": fix},
    "dpdk": None, "port": None, "hugepages": None, "core": None}))
PYTHON
  ) || return # errexit is off left of ||
  mkdir -p "$RIG_RUN"
  printf '%s\n' "$line" >"$RIG_RUN/status.json"
  if [[ -n $RIG_CONSOLE ]]; then
    printf 'rig-status: %s\n' "$line" 2>/dev/null >>"$RIG_CONSOLE" || printf 'rig-status: %s\n' "$line" >>/dev/console
  fi
}

# The answer to CloudFormation: the URL is a secret, so it is on no command line.
answer() {
  if [[ -z ${RIG_SIGNAL_DPDK_READY:-} ]]; then return; fi
  local reason="$1 boot: $2; $3"
  reason=${reason//[^[:print:]]/ }
  reason=${reason//[\\\"]/\'}
  printf '{"Status":"FAILURE","Reason":"%s","UniqueId":"DpdkReady","Data":""}' "${reason:0:1000}" \
    | curl --config <(printf 'url = "%s"\n' "$RIG_SIGNAL_DPDK_READY") -fsS -X PUT -H 'Content-Type:' -o /dev/null \
      --data-binary @- --connect-timeout 5 --max-time 15 --retry 4 --retry-delay 2 --retry-all-errors
}

trap 'rc=$?; ((rc == 99)) || die E_UNEXPECTED "boot.sh ended with $rc" "read /var/log/cloud-init-output.log"' EXIT
trap 'exit 143' TERM

imds() {
  curl -fsS --noproxy '*' --connect-timeout 2 --max-time 5 "${@:2}" "$RIG_IMDS/latest/$1"
}

# credentials: prints the role's credentials, as the metadata service has them.
credentials() {
  local token role try base=meta-data/iam/security-credentials
  for ((try = 1; ; try++)); do
    if token=$(imds api/token -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300'); then break; fi
    if ((try >= RIG_BOOT_TRIES / 2)); then
      die E_IMDS 'no token from the metadata service' 'enable IMDSv2 and keep 169.254.169.254 reachable'
    fi
    sleep "$try"
  done
  for ((try = 1; ; try++)); do
    if role=$(imds "$base/" -H "X-aws-ec2-metadata-token: $token") \
      && [[ -n $role ]] && imds "$base/${role%%$'\n'*}" -H "X-aws-ec2-metadata-token: $token"; then return; fi
    if ((try >= RIG_BOOT_TRIES)); then
      die E_ROLE_CREDENTIALS 'no credentials of a role' "attach the stack's instance profile"
    fi
    sleep 5
  done
}

# presign S3_URI: reads credentials from stdin, prints a URL that is good for five minutes (Signature Version 4).
presign() {
  python3 /dev/fd/3 "$1" "$RIG_REGION" "${RIG_S3_ENDPOINT:-}" 3<<'PYTHON'
import datetime, hashlib, hmac, json, sys
from urllib.parse import quote, urlsplit
uri, region, endpoint = sys.argv[1:]
keys = json.load(sys.stdin)
bucket, key = uri.removeprefix("s3://").split("/", 1)
path = "/" + quote(key)
if endpoint:
    base, path = endpoint.rstrip("/"), f"/{bucket}{path}"
else:
    base = f"https://{bucket}.s3.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")
now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
scope = f"{now[:8]}/{region}/s3/aws4_request"
query = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{keys['AccessKeyId']}/{scope}",
         "X-Amz-Date": now, "X-Amz-Expires": "300", "X-Amz-SignedHeaders": "host"}
if keys.get("Token"):
    query["X-Amz-Security-Token"] = keys["Token"]
text = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(query.items()))
request = f"GET\n{path}\n{text}\nhost:{urlsplit(base).netloc}\n\nhost\nUNSIGNED-PAYLOAD"
to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
sign = ("AWS4" + keys["SecretAccessKey"]).encode()
for part in (now[:8], region, "s3", "aws4_request", to_sign):
    sign = hmac.new(sign, part.encode(), hashlib.sha256).digest()
print(f"{base}{path}?{text}&X-Amz-Signature={sign.hex()}")
PYTHON
}

# fetch_asset NAME S3_URI SHA256: leaves the verified files in $RIG_ROOT/NAME.
fetch_asset() {
  local name=$1 uri=$2 sha256=$3 tar=$RIG_ROOT/$1.tar url try error keys sum
  say "fetching $name"
  for ((try = 1; ; try++)); do
    keys=$(credentials)
    url=$(presign "$uri" <<<"$keys")
    if error=$(curl --config <(printf 'url = "%s"\n' "$url") -fsS -o "$tar" --connect-timeout 5 --max-time 120 2>&1); then
      break
    fi
    if ((try >= RIG_BOOT_TRIES)); then
      die E_ASSET_FETCH "$uri: $error" "check the default route and the role's right to read this key"
    fi
    sleep 5
  done
  sum=$(sha256sum <"$tar")
  if [[ ${sum%% *} != "$sha256" ]]; then
    die E_ASSET_HASH "$uri has ${sum%% *}, the stack was made with $sha256" 'deploy again'
  fi
  rm -rf "$RIG_ROOT/$name.new"
  umask 022 # only rig.env is secret; rig-status is for every user
  mkdir -p "$RIG_ROOT/$name.new"
  if ! error=$(tar -x --no-same-owner --no-same-permissions -C "$RIG_ROOT/$name.new" -f "$tar" 2>&1); then
    die E_ASSET_UNPACK "$uri: $error" 'deploy again'
  fi
  # Swapped whole, so that a run that is cut off leaves the old files.
  rm -rf "${RIG_ROOT:?}/$name" "$tar"
  mv "$RIG_ROOT/$name.new" "$RIG_ROOT/$name"
}

mkdir -p "$RIG_ETC" "$RIG_ROOT"
chmod 0755 "$RIG_ROOT"
printf '%s\n' "$rig_env" >"$RIG_ETC/rig.env.new"
mv "$RIG_ETC/rig.env.new" "$RIG_ETC/rig.env"
fetch_asset userdata "$RIG_USERDATA_URI" "$RIG_USERDATA_SHA256"
fetch_asset native "$RIG_NATIVE_URI" "$RIG_NATIVE_SHA256"
trap - EXIT TERM
# User data has no arguments; an image build says --phase build.
exec "$RIG_ROOT/userdata/provision.sh" "$@"
