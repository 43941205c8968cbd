# What differs between `kubectl bgp peers` and the oracle: row and field, with a tab between.
#
# UPTIME may be off by 2 s. Where a status still contradicts the router in the last reading, CLUSTER and ADVERTISED may
# be <unknown> instead of what the agent says: nobody but the agent knows, and `peers` does not ask it. Nowhere else may
# they be, and what a dead agent left behind is never right.

def seconds: sub("\\.[0-9]+"; "") | fromdateiso8601;
def text: if . == null then "null" else tostring end;
# From and to, because of the unit that the cell does not show.
def range:
  if startswith("<") then . else
    [match("(\\d+)([smhdy])"; "g").captures | map(.string)]
    | ({s: 1, m: 60, h: 3600, d: 86400, y: 31536000}) as $unit
    | (map((.[0] | tonumber) * $unit[.[1]]) | add) as $from
    | [$from, $from + $unit[.[-1][1]] - 1]
  end;
def keyed:
  sort_by([.node, .peer, .address, .peerAS]) | group_by([.node, .peer, .address])
  | map(to_entries[] | .key as $nth | .value
    | {key: "\(.node) \(.peer) \(.address)\(if $nth > 0 then " \($nth)" else "" end)", value: .})
  | from_entries;

["node", "peer", "address", "localAS", "peerAS", "cluster", "router", "uptimeSeconds", "advertised", "accepted"]
  as $fields
| "NODE PEER ADDRESS LOCAL-AS PEER-AS CLUSTER ROUTER UPTIME ADVERTISED ACCEPTED" as $header
| def from_table:
    $table | split("\n") | map(select(. != "") | [splits(" {3,}")])
    | if length > 0 and .[0] != ($header | split(" ")) then error("the header is \(.[0])") else .[1:] end
    | map([$fields, .] | transpose | map({(.[0]): .[1]}) | add | .uptimeSeconds |= range);
  def stated: {absent: "<none>", unknown: "<unknown>"}[.known] // .state;
  def from_json:
    $json[0].items | map({node: .node, peer: .peer, address: (.peerAddress // .router.neighbor),
      localAS: .localASN, peerAS: .peerASN, cluster: (.cluster | stated), router: (.router | stated), advertised,
      accepted, uptimeSeconds: (if .establishedTime == null then null
        else (if .router.establishedTime then .router else .cluster end) as $side
          | ($side.readAt | seconds) - (.establishedTime | seconds) | [., .] end)}
      | with_entries(if .key == "uptimeSeconds" and (.value | type) == "array" then . else .value |= text end));
  # JSON says why an end is missing, and of the other fields only that they are.
  def as_json:
    map(with_entries(
      if (.key | IN("cluster", "router", "reported", "settled") | not) and (.value | IN("<none>", "<unknown>"))
      then .value = "null" else . end));

  def same($field; $expected; $actual):
    if $field == "uptimeSeconds" and ($expected | type) == "number" and ($actual | type) == "array"
    then $actual[0] - 2 <= $expected and $expected <= $actual[1] + 2
    else $expected == $actual end;
  def undecided($row; $actual; $unknown):
    $last and ($row.settled | not) and $actual.cluster == "<unknown>" and $actual.advertised == $unknown;
  def differ($view; $expected; $actual; $unknown):
    ($expected | keyed) as $expected | ($actual | keyed) as $actual
    | ($expected + $actual | keys_unsorted | unique[]) as $key
    | if $actual[$key] == null then "\($view): \($key)\tno such row"
      elif $expected[$key] == null then "\($view): \($key)\ta row that must not be"
      else $expected[$key] as $row | $actual[$key] as $is | $fields[] as $field
        | select(same($field; $row[$field]; $is[$field]) | not)
        | select(($field | IN("cluster", "advertised") | not) or (undecided($row; $is; $unknown) | not))
        | "\($view): \($key)\t\($field) is \($is[$field]), must be \($row[$field])\(
          if $field == "cluster" then " (the status says \($row.reported))" else "" end)"
      end;

  differ("table"; $oracle[0]; from_table; "<unknown>"),
  differ("json"; $oracle[0] | as_json; from_json; "null")
