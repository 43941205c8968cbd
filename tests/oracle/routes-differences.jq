# What differs between `kubectl bgp routes` and the oracle: row and field, with a tab between. Of STATUS only whether it
# is `ok`.

def cell($item): if . != null then tostring elif $item.prefix == null then "<none>" else "<unknown>" end;
# Of an item without Services; whether there is none, the cluster says.
def nobody: if .expected == null and .prefix != null and .services == [] then "<unknown>" else "<none>" end;
# The lab's name of a router that was found by its address.
def lab_name: if . == null then null else {"root@10.90.254.1": "udm", "root@fd00:90:254::1": "udm", "root@10.90.254.2": "udm2", "root@fd00:90:254::2": "udm2"}[.] // . end;
def names: map("\(.namespace)/\(.name)") | join(",");

# Rows {key, fields}; a key that is there twice is two rows.
def keyed:
  group_by(.key) | map(to_entries[] | .key as $nth | .value
    | {key: (.key + if $nth > 0 then " \($nth)" else "" end), value: .fields}) | from_entries;

def differ($view; $expected; $actual):
  ($expected | keyed) as $expected | ($actual | keyed) as $actual
  | ($expected + $actual | keys_unsorted | unique[]) as $key
  | if $actual[$key] == null then "\($view): \($key)\tno such row"
    elif $expected[$key] == null then "\($view): \($key)\ta row that must not be"
    else $expected[$key] as $row | $actual[$key] as $is | ($row + $is | keys_unsorted | unique[]) as $field
      | select($row[$field] != $is[$field])
      | "\($view): \($key)\t\($field) is \($is[$field] | tojson), must be \($row[$field] | tojson)"
    end;

($oracle[0] | map(.router | values) | unique | length > 1) as $several

# The table's cells, and those that the oracle wants.
| def cells_of_oracle:
    map(. as $item | def of_services(field): .services | map(field) | unique | join(",") | if . == "" then $item | nobody else . end;
      {key: "\(.services | names) \(.vip // .prefix // "<pending>") \(if $several then .router // "<none>" else "" end)",
       fields: {owner: of_services(.namespace), policy: of_services(.policy),
         expected: (.expected | cell($item)), accepted: (.accepted | cell($item)), best: (.best | cell($item)),
         fib: (.fib | cell($item)), ok}});
  def cells:
    $table | split("\n") | map(select(. != "") | [splits(" {3,}")]) | .[0] as $header
    | "NAMESPACE SERVICE VIP POLICY EXPECTED ACCEPTED BEST FIB STATUS" as $columns
    | if $header == null then []
      elif $header - ["ROUTER"] != ($columns | split(" ")) or ($header | index("ROUTER") != null) != $several
      then error("the header is \($header)") else .[1:] end
    | map([$header, .] | transpose | map({(.[0]): .[1]}) | add
      | .NAMESPACE as $namespaces
      | {key: "\(.SERVICE | if startswith("<") then "" else split(",") | map("\($namespaces)/\(.)") | join(",") end
          ) \(.VIP) \(.ROUTER // "" | lab_name)",
         fields: {owner: .NAMESPACE, policy: .POLICY, expected: .EXPECTED, accepted: .ACCEPTED, best: .BEST, fib: .FIB,
           ok: (.STATUS == "ok")}});

# The JSON's items, flat: nodes.node-3.best and the like.
  def flat($name; $by; $fields):
    {($name): (map(.[$by]) | sort)} +
    (map(.[$by] as $which | to_entries[] | select(.key | IN($fields[])) | {key: "\($name).\($which).\(.key)", value})
     | from_entries);
  def items:
    map({key: "\(.services | names) \(.vip // .prefix // "<pending>") \(.router)",
      fields: ({vip, prefix, type, services: (.services | map({namespace, name, policy})), expected, accepted, best, fib,
          healthy, ok, "kernel.known": .kernel.known, "kernel.protocol": .kernel.protocol,
          "kernel.nextHops": (.kernel.nextHops // [] | sort)}
        + (.nodes | map(.who = (.node // .neighbor))
           | flat("nodes"; "who"; ["node", "neighbor", "expected", "accepted", "best", "installed"]))
        + (.paths | map(.nextHops |= sort)
           | flat("paths"; "neighbor"; ["node", "valid", "best", "multipath", "stale", "asPath", "nextHops"])))});
  def items_of_json:
    $json[0] | if .kind != "RouteList" then error("the kind is \(.kind)") else .items end
    | map(.ok = (.status == "ok") | .router |= lab_name | .paths |= map(.nextHops |= map(.address)) | .kernel.nextHops |= (. // [] | map(.address)))
    | items;

  differ("table"; $oracle[0] | cells_of_oracle; cells),
  differ("json"; $oracle[0] | items; items_of_json)
