# Addresses and prefixes, as far as the lab needs them.

def family: if contains(":") then "ipv6" else "ipv4" end;

# The prefix of an address; shorter ones of IPv4 only.
def network($length):
  if family == "ipv6" then (if $length == null then "\(.)/128" else error("no shorter prefix of \(.)") end)
  else ($length // 32) as $length
    | (split(".") | map(tonumber) | .[0] * 16777216 + .[1] * 65536 + .[2] * 256 + .[3]) as $number
    | pow(2; 32 - $length) as $size | (($number / $size | floor) * $size) as $first
    | [16777216, 65536, 256, 1] | map(($first / . | floor) % 256 | tostring) | "\(join("."))/\($length)"
  end;

# Of {v4, v6}, what `ip -j route` and `ip -j -6 route` say: the route of a prefix, BGP's before any other.
def kernel_route($prefix):
  [if $prefix == null then empty else to_entries[] end | (.key == "v6") as $v6 | .value[]
   | select($prefix == (if .dst == "default" then (if $v6 then "::/0" else "0.0.0.0/0" end)
       elif .dst | contains("/") then .dst
       elif $v6 then "\(.dst)/128" else "\(.dst)/32" end))]
  | sort_by(.protocol != "bgp")[0]
  | if . == null then {known: "absent", protocol: null, nextHops: []}
    else {known: "seen", protocol, nextHops: [(.nexthops // [.])[] | select(.flags | index("dead") == null and index("linkdown") == null)
      | .gateway // .via.host]}
    end;
