#!/bin/sh
# Every domain of the fleet with its state, as JSON, 500 at a time: `endCursor` of one page begins the next.
#
#   ./list-domains.sh [END-CURSOR]
#
# VIRTGRAPH_URL says where the gateway is, VIRTGRAPH_TOKEN its token. Without it: that of a gateway of this account.
set -eu

url=${VIRTGRAPH_URL:-http://127.0.0.1:4000}
state=${VIRTGRAPH_STATE_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}/virtgraph}
token=${VIRTGRAPH_TOKEN:-$(cat "$state/token")}
after=null
if [ $# -gt 0 ]; then after="\"$1\""; fi

query='query List($after: String) {
  domains(first: 500, after: $after, orderBy: { field: HOST }) {
    totalCount
    nodes { host { name } name state stale }
    pageInfo { hasNextPage endCursor }
  }
}'

# A JSON string has no line ends. The header comes from standard input, so that no list of processes shows the token.
printf 'Authorization: Bearer %s\n' "$token" |
  curl --silent --show-error --fail-with-body --max-time 30 "$url/graphql" \
    --header @- \
    --header 'Content-Type: application/json' \
    --data "{\"query\": \"$(printf %s "$query" | tr '\n' ' ')\", \"variables\": {\"after\": $after}}"
echo
