# What selftest falsifies of `peers`: its first row. Sourced by `selftest`.
# shellcheck shell=bash

# shellcheck disable=SC2034
ROW='NR == 2'
falsify 1 node-9 '.items[0].node = "node-9"' 'a row that must not be'
falsify 1 '<none>' 'del(.items[0])' 'no such row'
falsify 1 node-2 '.items += [.items[0]]' 'a row that must not be'
falsify 2 '<none>' '.items[0].peer = null' 'no such row'
falsify 3 10.90.254.9 '.items[0].peerAddress = "10.90.254.9"' 'no such row'
falsify 4 65011 '.items[0].localASN = 65011' 'localAS is 65011'
falsify 5 65002 '.items[0].peerASN = 65002' 'peerAS is 65002'
falsify 6 active '.items[0].cluster.state = "active"' 'cluster is active'
falsify 6 '<unknown>' '.items[0].cluster.known = "unknown"' 'cluster is <unknown>'
falsify 7 'Idle (Admin)' '.items[0].router.state = "Idle (Admin)"' 'router is Idle (Admin)'
falsify 7 '<none>' '.items[0].router.known = "absent"' 'router is <none>'
falsify 8 8y '.items[0].establishedTime |= (sub("\\.[0-9]+"; "") | fromdate - 5 | todate)' 'uptimeSeconds is'
falsify 8 '<none>' '.items[0].establishedTime = null' 'uptimeSeconds is <none>' 'uptimeSeconds is null'
falsify 9 77 '.items[0].advertised = 77' 'advertised is 77'
falsify 9 '<unknown>' '.items[0].advertised = null' 'advertised is <unknown>' 'advertised is null'
falsify 10 77 '.items[0].accepted = 77' 'accepted is 77'
falsify 10 '<none>' '.items[0].accepted = null' 'accepted is <none>' 'accepted is null'

# A dead agent's last word: no reading may repeat it.
cp "$DIR/oracle" "$DIR/right"
jq '.[0] |= (.cluster = "<unknown>" | .advertised = "<unknown>")' "$DIR/right" > "$DIR/oracle"
falsify 6 established . 'cluster is established, must be <unknown>'

# A status that contradicts the router: neither may it be repeated, and <unknown> is as good as the agent's own word.
jq '.[0] |= (.cluster = "active" | .router = "Idle" | .uptimeSeconds = "<none>" | .settled = false)' \
  "$DIR/right" > "$DIR/oracle"
print "$ROW { \$7 = \"Idle\"; \$8 = \"<none>\" } 1" '.items[0] |= (.router.state = "Idle" | .establishedTime = null)'
cp "$DIR/print.table" "$DIR/table"
cp "$DIR/print.json" "$DIR/json"
falsify 6 established . 'cluster is established, must be active'
print "$ROW { \$6 = \"<unknown>\"; \$9 = \"<unknown>\" } 1" '.items[0] |= (.cluster.known = "unknown" | .advertised = null)'
if ! judged; then
  echo "selftest: <unknown> is refused where nobody but the agent knows:"
  cat "$DIR/judgement"
  failures=$((failures + 1))
fi
