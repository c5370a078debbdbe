# The instance metadata service, version 2: a token first, then paths. Answers of version 1 are never asked for.
# shellcheck shell=bash

# imds_open: gets the token that imds_get needs. The service may not answer in the first seconds of a boot.
imds_open() {
  local answer try
  for try in 1 2 3; do
    answer=$(curl --silent --noproxy '*' --connect-timeout 2 --max-time 5 --request PUT --write-out '\n%{http_code}' \
      --header 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$RIG_IMDS/latest/api/token") || answer=$'\n000'
    case ${answer##*$'\n'} in
      200)
        rig_imds_token=${answer%$'\n'*}
        return
        ;;
      000) sleep "$try" ;; # no answer at all
      *) break ;;          # refused: asking again does not help
    esac
  done
  fail E_IMDS "PUT /latest/api/token answered ${answer##*$'\n'} (000: nothing)"
}

# imds_get PATH: prints the value; returns 1 if there is none.
imds_get() {
  curl --fail --silent --noproxy '*' --connect-timeout 2 --max-time 5 --retry 2 --retry-connrefused \
    --header "X-aws-ec2-metadata-token: $rig_imds_token" "$RIG_IMDS/latest/meta-data/$1"
}

imds_need() {
  imds_get "$1" || fail E_IMDS "no answer to /latest/meta-data/$1"
}
