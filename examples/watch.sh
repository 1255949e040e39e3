#!/bin/sh
# Watches the domains of the fleet over plain HTTP (server-sent events): their present state, then each change.
#
#   ./watch.sh [SECONDS]
#
# Ends after so many seconds, 30 by default. A stream that breaks is not taken up again: see watch.mjs for that.
# VIRTGRAPH_URL says where the gateway is, VIRTGRAPH_TOKEN its token. Without it: that of a gateway of this account.
set -eu

url=${VIRTGRAPH_URL:-http://127.0.0.1:4000}
state=${VIRTGRAPH_STATE_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}/virtgraph}
token=${VIRTGRAPH_TOKEN:-$(cat "$state/token")}

status=0
printf 'Authorization: Bearer %s\n' "$token" |
  curl --no-buffer --silent --show-error --fail-with-body --max-time "${1:-30}" "$url/graphql" \
    --header @- \
    --header 'Content-Type: application/json' \
    --header 'Accept: text/event-stream' \
    --data '{"query": "subscription { domainChanged { host { name } name state stateReason } }"}' || status=$?

# 28: the time is over, as it should be; curl says so.
if [ "$status" -ne 28 ]; then exit "$status"; fi
