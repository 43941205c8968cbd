# What both oracles make of the ends that ends.sh has read: neighbors and sessions.

def text: if . == null then "<none>" else tostring end;
def total: map(. // 0) | add // 0 | tostring;
def is_v6: contains(":");

def matches($labels):
  . == null or (
    all(.matchLabels // {} | to_entries[]; $labels[.key] == .value) and
    all(.matchExpressions // [] | .[]; $labels[.key] as $value | .values as $values | {
      In: ($value != null and any($values[]?; . == $value)),
      NotIn: all($values[]?; . != $value),
      Exists: ($value != null),
      DoesNotExist: ($value == null)
    }[.operator]));

# Of the ends: the cluster's objects of a kind.
def of($kind): [.cluster.items[]? | select(.kind == $kind)];
def named($name): first(.[] | select(.metadata.name == $name)) // null;
def instance($name): first(.bgpInstances[]? | select(.name == $name)) // null;
def peer($name): first(.peers[]? | select(.name == $name)) // null;

# Every neighbor of every router that could be asked.
def neighbors:
  [.routers[] | select(.readable) | . as $router | .neighbors | to_entries[] | select(.value | type == "object")
    | .key as $vrf | .value | to_entries[] | select(.value | type == "object")
    | .key as $address | [$router.summary[$vrf] | objects | .[] | objects | .peers[$address]? // empty] as $summary
    | {id: [$router.name, $vrf, $address], router: $router.name, $address,
       remote: .value.remoteAs, local: .value.localAs, state: ($summary[0].state // .value.bgpState),
       accepted: ($summary | map(.pfxRcd) | total),
       up: (($summary[0].peerUptimeMsec // .value.bgpTimerUpMsec // 0) / 1000)}
    | .uptime = if .state == "Established" then .up else "<none>" end];

# Every session that the cluster asks for: the peers of a node's CiliumBGPNodeConfig, then those of the ClusterConfigs
# that select the CiliumNode. `from` is the node's address, `router` the one that has the peer's, `agent` what the node's
# agent says of the session now.
def sessions:
  . as $ends
  | [of("CiliumNode")[], of("CiliumBGPNodeConfig")[] | .metadata.name] | unique | map(. as $node | $ends
    | (of("CiliumNode") | named($node)) as $cilium_node
    | (of("CiliumBGPNodeConfig") | named($node)) as $config
    | (of("CiliumBGPNodeConfigOverride") | named($node)) as $override
    | [$config.spec.bgpInstances[]?, (of("CiliumBGPClusterConfig")[]
        | select($cilium_node != null and (.spec.nodeSelector | matches($cilium_node.metadata.labels // {})))
        | .spec.bgpInstances[])]
    | [.[] | . as $instance | .peers[]? | {instance: $instance.name, asn: $instance.localASN, peer: .}]
    | reduce .[] as $one ({}; .["\($one.instance) \($one.peer.name)"] |= (. // $one)) | .[]
    | .instance as $instance | .peer as $peer
    | ($override.spec // {} | instance($instance) // {}) as $override
    | ($override.localASN // .asn) as $asn
    | [$peer.localAddress, ($override | peer($peer.name)).localAddress,
        ($cilium_node.spec.addresses[]? | select(.type == "InternalIP").ip
          | select(($peer.peerAddress // "") == "" or is_v6 == ($peer.peerAddress | is_v6)))]
      | map(values)[0] as $from
    | {$node, $instance, $peer, $asn, $from,
       router: (first($ends.routers[] | select(.addresses | index($peer.peerAddress))) // null),
       status: ($config.status // {} | instance($instance) // {} | peer($peer.name)),
       agent: ([$ends.agents[$node].peers[]? | select(.["peer-address"] == $peer.peerAddress and .["local-asn"] == $asn)][0])});
