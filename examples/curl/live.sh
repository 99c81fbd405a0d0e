#!/usr/bin/env bash
# Follows a ranking with nothing but bash and curl: a line of JSON per event, and after a lost connection on from the last revision.
#
#   examples/curl/live.sh PROVINCE-2026 3      # three events, then it ends; without the number it goes on
set -euo pipefail
url=${DTI_URL:-http://127.0.0.1:4000}
round=${1:?usage: live.sh ROUND [EVENTS]}
left=${2:--1}
since=null
# Ends the curl of the stream, whatever ends this script.
trap 'kill $! 2>/dev/null || true' EXIT

while true; do
  body=$(printf '{"query":"%s","variables":{"round":"%s","since":%s}}' \
    'subscription ($round: String!, $since: String) { rankingUpdates(round: $round, since: $since) { revision previousRevision complete rows { rank value entity { code } } } }' \
    "$round" "$since")
  # -N shows each event at once. The stream says something every 12 s at the least, so 40 s of silence are a dead connection.
  while IFS= read -r line; do
    case $line in
    'data: {"errors"'*) printf '%s\n' "$line" >&2; exit 1 ;;
    'data: {'*) ;;
    *) continue ;;
    esac
    printf '%s\n' "${line#data: }"
    revision=${line#*'"revision":"'}
    since=\"${revision%%\"*}\"
    left=$((left - 1))
    [ "$left" -eq 0 ] && exit 0
  done < <(exec curl -sSN --connect-timeout 10 --speed-limit 1 --speed-time 40 "$url/graphql" \
    -H 'accept: text/event-stream' -H 'content-type: application/json' -d "$body")
  echo "the connection was lost: again since revision $since" >&2
  sleep 0.$((RANDOM % 900 + 100))
done
