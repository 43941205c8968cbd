# What selftest falsifies of `routes`: authelia's row, which three nodes advertise. Sourced by `selftest`.
# shellcheck shell=bash

# shellcheck disable=SC2016 # the programs are for awk
# shellcheck disable=SC2034
ROW='$3 == "10.99.8.202"'
OF='(.items[] | select(.vip == "10.99.8.202"))'
NODE="($OF.nodes[] | select(.node == \"node-3\"))"
ROUTED="($OF.paths[] | select(.neighbor == \"10.90.3.103\"))"

falsify 1 media "$OF.services[0].namespace = \"media\"" 'no such row'
falsify 2 grafana "$OF.services[0].name = \"grafana\"" 'a row that must not be'
falsify 2 authelia,grafana "$OF.services += [{namespace: \"default\", name: \"grafana\", policy: \"Cluster\"}]" 'no such row'
falsify 3 10.99.8.222 "$OF.vip = \"10.99.8.222\"" 'no such row'
falsify 3 '<pending>' "$OF |= (.vip = null | .prefix = null)" 'a row that must not be'
falsify 4 Local "$OF.services[0].policy = \"Local\"" 'policy is "Local"' 'services is \[{.*"policy":"Local"}\]'
column=5
for count in expected accepted best fib; do
  for wrong in 2 '<unknown>'; do
    falsify $column "$wrong" "$OF.$count = ${wrong/<unknown>/null}" "$count is \"$wrong\"" "$count is ${wrong/<unknown>/null}"
  done
  column=$((column + 1))
done
falsify 9 'learned by nobody' "$OF.status = \"learned by nobody\"" 'ok is false'

# Rows that are missing, there twice, or made ok.
falsify_rows() { # AWK JQ SAID
  print "$1" "$2"
  judged || true
  noticed table "$3"
  noticed json "$3"
}
falsify_rows "! ($ROW)" "del($OF)" 'no such row'
falsify_rows "1; $ROW" ".items += [$OF]" 'a row that must not be'
falsify_rows '! /<pending>/' 'del(.items[] | select(.prefix == null))' 'no such row'
falsify_rows '1; END { print "<none>", "<none>", "0.0.0.0/0", "<none>", 0, 1, 1, 1, "unowned" }' \
  ".items += [$OF | .services = [] | .vip = null | .prefix = \"0.0.0.0/0\"]" 'a row that must not be'
falsify_rows '/printer/ { $9 = "ok" } 1' '(.items[] | select(.services[0].name == "printer")).status = "ok"' 'ok is true'

# What only the JSON has.
lie() { # FILTER SAID
  print 1 "$1"
  judged || true
  noticed json "$2"
}
lie "$OF.prefix = \"10.99.8.0/24\"" 'prefix is "10.99.8.0/24"'
lie "$OF.type = \"ExternalIP\"" 'type is "ExternalIP"'
lie "$OF.router = \"udm2\"" 'no such row'
lie "$OF.healthy = false" 'healthy is false'
lie "$OF.healthy = null" 'healthy is null'
for field in expected accepted best installed; do
  lie "$NODE.$field = false" "nodes.node-3.$field is false"
  lie "$NODE.$field = null" "nodes.node-3.$field is null"
done
lie "del$NODE" 'nodes is \["node-1","node-2"\]'
lie "$OF.nodes += [$OF.nodes[0]]" 'nodes is'
lie "$NODE.node = \"node-4\"" 'nodes is'
lie "$NODE.node = null" 'nodes is \["10.90.3.103","node-1","node-2"\]'
lie "$NODE.neighbor = \"10.90.3.109\"" 'nodes.node-3.neighbor is "10.90.3.109"'
for field in valid best multipath stale; do lie "$ROUTED.$field |= not" "paths.10.90.3.103.$field is"; done
lie "$ROUTED.asPath = \"65010 65010\"" 'paths.10.90.3.103.asPath is "65010 65010"'
lie "$ROUTED.node = \"node-1\"" 'paths.10.90.3.103.node is "node-1"'
lie "$ROUTED.nextHops[0].address = \"10.90.3.109\"" 'paths.10.90.3.103.nextHops is \["10.90.3.109"\]'
lie "$ROUTED.neighbor = \"10.90.3.109\"" 'paths is'
lie "del$ROUTED" 'paths is'
lie "$OF.paths += [$ROUTED]" 'paths is'
lie "$OF.kernel.known = \"absent\"" 'kernel.known is "absent"'
lie "$OF.kernel.protocol = \"static\"" 'kernel.protocol is "static"'
lie "$OF.kernel.nextHops[0].address = \"10.90.3.109\"" 'kernel.nextHops is'
lie "del($OF.kernel.nextHops[0])" 'kernel.nextHops is'
lie "$OF.kernel.nextHops += [$OF.kernel.nextHops[0]]" 'kernel.nextHops is'

# A header or a kind that is none of ours leaves nothing to compare.
refused() { # AWK JQ
  print "$1" "$2"
  tried=$((tried + 1))
  if judged || ! grep -q '^all: ' "$DIR/judgement"; then
    echo "selftest: not refused: $1 $2"
    failures=$((failures + 1))
  fi
}
refused 'NR == 1 { $4 = "ROUTER   POLICY" } 1' .
refused 'NR == 1 { $4 = "POLICIES" } 1' .
refused 1 '.kind = "PeerList"'

# What is derived of nodes whose agents are silent would be the agents' own word.
tried=$((tried + 1))
if ! diff <(DERIVE=1 "$HERE/routes" | jq 'map({vip, router, nodes})') <(jq 'map({vip, router, nodes})' "$DIR/oracle"); then
  echo "selftest: the oracle derives what the agents do not say"
  failures=$((failures + 1))
fi
