/** A backslash before a digit: the minifier refuses one inside a template, a tagged one too. */
const back = '\\'

/**
 * watchdogScript is what the watchdog's pod runs. It needs `sh`, `curl` and what comes with every shell (`sed`, `date`,
 * `base64`, `cat`, `sleep`). Every ten seconds it reads the release; once the release's time is over and its holder is
 * gone, it puts traffic back. A holder is gone when the Lease's renewTime stood still over a minute of this pod's own
 * sleeps: no clock of another machine is trusted. It looks first whether the safe side has the ready pods that it needs, takes the Lease by
 * compare-and-swap and sends the patches that the last holder left in the ConfigMap, with a higher fencing number.
 *
 * The environment gives NAMESPACE, CONFIG (the ConfigMap's name) and LEASE; API and ACCOUNT are for tests. The
 * kubelet replaces `$(NAME)` of variables that it knows and `$$` before the shell sees the text: neither stands here.
 */
export const watchdogScript = String.raw`
set -u
umask 077
api=${'$'}{API:-https://kubernetes.default.svc}
account=${'$'}{ACCOUNT:-/var/run/secrets/kubernetes.io/serviceaccount}
work=${'$'}{HOME:-/tmp}
me="watchdog/${'$'}{HOSTNAME:-pod}"
every=10
patience=60
config="$api/api/v1/namespaces/$NAMESPACE/configmaps/$CONFIG"
lease="$api/apis/coordination.k8s.io/v1/namespaces/$NAMESPACE/leases/$LEASE"

log() { echo "$(date -u +%H:%M:%S) $*"; }

# call METHOD URL [TYPE]: the body is read from $work/send; the answer is in $work/body, its status in $status.
call() {
  printf 'Authorization: Bearer %s\n' "$(cat "$account/token")" > "$work/header"
  set -- "$1" "$2" "${'$'}{3:-}"
  method=$1 url=$2 type=$3
  set -- -sS --max-time 10 -A shiftgate-watchdog -H "@$work/header" -H 'Accept: application/json' -X "$method"
  if [ -f "$account/ca.crt" ]; then set -- "$@" --cacert "$account/ca.crt"; fi
  if [ -n "$type" ]; then set -- "$@" -H "Content-Type: $type" --data-binary "@$work/send"; fi
  status=$(curl "$@" -o "$work/body" -w '%{http_code}' "$url") || status=000
}

# of KEY: the text of a key of the answer, escaped as JSON has it. Of several the last.
of() { sed -nE 's#.*"'"$1"'": ?"(([^"\\]|\\.)*)".*#${back}1#p' "$work/body"; }

# in_state KEY: a number or plain text of the release's state.
in_state() { printf '%s\n' "$state" | sed -nE 's#.*[{,]\\"'"$1"'\\":(\\")?([^\\,}]*).*#${back}2#p'; }

read_config() {
  call GET "$config"
  # What was there and is gone was taken away: the release has ended.
  if [ "$status" = 404 ] && [ -n "$release" ]; then log "release $release has ended"; exit 0; fi
  [ "$status" = 200 ] || return 1
  release=$(of release) holder_path=$(of holder-path) state_key=$(of state-key) safe_path=$(of safe-path) patches=$(of patches)
  i=0
  while [ "$i" -lt "$patches" ]; do
    of "path-$i" > "$work/path-$i"
    of "patch-$i" | base64 -d > "$work/patch-$i"
    of "before-$i" | base64 -d > "$work/before-$i"
    i=$((i + 1))
  done
}

# read_release: 0 with $state, $version and $fence where the release of the ConfigMap is there.
read_release() {
  call GET "$api$holder_path"
  [ "$status" = 200 ] || return 1
  state=$(of "$state_key")
  version=$(of resourceVersion)
  [ -n "$state" ] && [ "$(in_state id)" = "$release" ] || return 1
  fence=$(in_state fencingToken)
}

ended() { case $(in_state phase) in promoted | rolled-back) return 0 ;; esac; return 1; }

# due: the time that the release gave is over; none while it is paused.
due() {
  at=$(in_state watchdogAt)
  case $at in '' | *[!0-9]*) return 1 ;; esac
  [ "$(date +%s)" -ge "${'$'}{at%???}" ]
}

# watch_lease: counts in $still how long renewTime stood still over our own sleeps.
watch_lease() {
  call GET "$lease"
  case $status in
    200) seen=$(of renewTime)/$(of holderIdentity) ;;
    404) seen=none ;;
    *) return 0 ;;
  esac
  if [ "$seen" = "$last" ]; then still=$((still + every)); else still=0 last=$seen; fi
}

safe_side_ready() {
  call GET "$api$safe_path"
  [ "$status" = 200 ] || return 1
  ready=$(sed -nE 's#.*"readyReplicas": ?([0-9]+).*#${back}1#p' "$work/body")
  needed=$(in_state stableReady)
  case $needed in '' | 0 | *[!0-9]*) needed=1 ;; esac
  [ "${'$'}{ready:-0}" -ge "$needed" ]
}

# take_lease: nobody moved since we looked, or it fails.
take_lease() {
  call GET "$lease"
  now=$(date -u +%Y-%m-%dT%H:%M:%S.000000Z)
  spec='"spec":{"holderIdentity":"'$me'","leaseDurationSeconds":60,"acquireTime":"'$now'","renewTime":"'$now'"}'
  case $status in
    200)
      [ "$(of renewTime)/$(of holderIdentity)" = "$last" ] || return 1
      seen_version=$(of resourceVersion)
      printf '{"metadata":{"resourceVersion":"%s","annotations":{"shiftgate.io/run":null}},%s}' "$seen_version" "$spec" > "$work/send"
      call PATCH "$lease" application/merge-patch+json
      ;;
    404)
      printf '{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"%s"},%s}' "$LEASE" "$spec" > "$work/send"
      call POST "${'$'}{lease%/*}" application/json
      ;;
  esac
  case $status in 200 | 201) last="$now/$me"; return 0 ;; esac
  return 1
}

give_lease_back() {
  printf '{"spec":{"holderIdentity":null,"leaseDurationSeconds":1}}' > "$work/send"
  call PATCH "$lease" application/merge-patch+json
}

# send_patch FILE PATH: with our fencing number and the time; the object with the state must be as it was read.
send_patch() {
  [ -s "$1" ] || return 1
  head='['
  if [ "$2" = "$holder_path" ]; then head='[{"op":"replace","path":"/metadata/resourceVersion","value":"'$version'"},'; fi
  sed -E -e '1s#^\[#'"$head"'#' \
    -e 's#\\"fencingToken\\":[0-9]+#\\"fencingToken\\":'"$((fence + 1))"'#' \
    -e 's#\\"endedAt\\":0#\\"endedAt\\":'"$(date +%s)000"'#' \
    -e 's#\\"holder\\":\\"[^\\]*\\"#\\"holder\\":\\"'"$me"'\\"#' "$1" > "$work/send"
  call PATCH "$api$2?fieldManager=shiftgate-watchdog" application/json-patch+json
  [ "$status" = 200 ]
}

put_back() {
  failed=0 i=0
  while [ "$i" -lt "$patches" ]; do
    path=$(cat "$work/path-$i")
    # The holder may have died before the write that it had announced: then routes are as they were before it.
    send_patch "$work/patch-$i" "$path" || send_patch "$work/before-$i" "$path" || {
      failed=1
      log "patching $path failed with $status: $(cut -c 1-300 "$work/body")"
    }
    i=$((i + 1))
  done
  return "$failed"
}

look() {
  read_config && read_release || return 0
  if ended; then log "release $release has ended"; exit 0; fi
  watch_lease
  if ! due || [ "$still" -lt "$patience" ]; then return 0; fi
  if ! safe_side_ready; then log "nobody drives $release, but $safe_path has ${'$'}{ready:-0} of $needed ready pods: traffic stays"; return 0; fi
  log "nobody drives $release: taking it over"
  if ! take_lease; then log "the Lease was taken by somebody else"; still=0; return 0; fi
  # The holder may have written once more before its Lease was ours.
  read_config && read_release || return 0
  if ended || ! due; then give_lease_back; return 0; fi
  put_back || return 0
  read_release
  if ended; then give_lease_back; log "traffic of $release is back"; exit 0; fi
}

call GET "$config"
case $status in
  200 | 404) ;;
  *) log "the API server answers $status to $config"; exit 1 ;;
esac
touch "$work/ready"
log "watching $NAMESPACE/$CONFIG"
still=0 last= release=
while :; do
  look
  sleep "$every"
done
`.trimStart()
