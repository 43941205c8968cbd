# The faults. Node 3 is the odd one out. Each fault returns when both ends show it, each heal when all is well again.
# Sourced by `lab`.
# shellcheck shell=bash

list_faults() {
  cat << 'TEXT'
neighbor-missing         the router has no neighbor line for node 3
neighbor-extra           the router has a neighbor that no node is, 10.90.3.109
admin-shutdown-router    the router has shut node 3's neighbor down
wrong-asn-router         the router expects AS 65077 of node 3
wrong-asn-cluster        the ClusterConfig expects AS 65099 of the router
md5-router-only          the router wants a password of node 3, the cluster has none
md5-cluster-only         the cluster has a password, the router none
md5-mismatch             both have a password, node 3's differs
md5-ok                   both have the same password (a state, no fault)
md5-secret-missing       the PeerConfig names a Secret that does not exist
bgpd-stopped             bgpd does not run, zebra does
frr-stopped              no FRR daemon runs
no-router-bgp            FRR runs without router bgp
prefix-list-undefined    the inbound prefix list is not defined: it denies everything
requires-policy          ebgp-requires-policy is on and there is no inbound list
vip-filtered             the inbound list admits 10.99.8.202 and .203 only
af-not-activated         no address family is active on the router
maximum-prefix           node 3 may send 2 prefixes and sends 4
listen-range             a listen range instead of neighbor lines (a state, no fault)
listen-range-node-down   the same, and node 3's agent stopped
fib-rejected             the kernel refuses the routes through node 3: B>r
fib-lost                 the kernel has lost the routes that FRR says are installed
fib-shadowed             a static route wins over 10.99.8.202's
agent-stopped            node 3's agent ended, cleanly
agent-killed             node 3's agent was killed
agent-restarted          node 3's agent was killed and runs again (a state, no fault)
agent-not-ready          node 3's agent was killed and its pod is not ready
node-link-down           node 3 is off the network for longer than the hold time
node-link-down-early     the same, a moment ago: the router has not noticed
firewall-179             the router drops TCP 179 from node 3
node-not-selected        node 3's CiliumNode has not the label that the ClusterConfig selects
node-config-missing      node 3 is selected but has no node config, and the operator does not run
operator-stopped         Cilium's operator does not run
status-report-off        node 3's agent reports no BGP status
cluster-config-conflict  a second ClusterConfig selects the same nodes
peer-config-missing      the ClusterConfig names a PeerConfig that does not exist
no-cluster-config        there is no ClusterConfig
sshd-down                nothing listens on the router's ssh port
vtysh-missing            the router has no vtysh
vtysh-denied             ssh logs in as viewer, who may not use vtysh
apiserver-down           kube-apiserver does not run
TEXT
  list_route_faults
}

fault() { # NAME
  local bgpd_log md5_before
  [ "$(sessions_expected)" != 0 ] || die "this lab has no sessions to break"
  bgpd_log=$(wc -l < "$S/udm/log/frr/frr.log")
  case ${1:-} in
    neighbor-missing)
      configure 'router bgp 65001' 'no neighbor 10.90.3.103 peer-group k8s'
      reach "node 3 is down and unknown to the router" down_at_both absent
      ;;
    neighbor-extra)
      configure 'router bgp 65001' 'neighbor 10.90.3.109 peer-group k8s'
      reach "the router has the neighbor" neighbor_is 10.90.3.109 'Active|Connect'
      ;;
    admin-shutdown-router)
      configure 'router bgp 65001' 'neighbor 10.90.3.103 shutdown'
      reach "node 3 is down" down_at_both Idle
      ;;
    wrong-asn-router)
      configure 'router bgp 65001' 'no neighbor 10.90.3.103 peer-group k8s' 'neighbor 10.90.3.103 remote-as 65077'
      reach "node 3 is refused" bgpd_logs 'OPEN receipt failed'
      reach "node 3 is down" down_at_both .
      ;;
    wrong-asn-cluster)
      bgp_objects 's/peerASN: 65001/peerASN: 65099/'
      reach "every node is down" nodes_are 1 2 3 '!established'
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    md5-router-only)
      configure 'router bgp 65001' 'neighbor 10.90.3.103 password router-only'
      reach "segments without a password arrive" md5_counts NotFound
      reach "node 3 is down" down_at_both .
      ;;
    md5-cluster-only)
      secret lab
      bgp_objects "$WITH_SECRET"
      reach "segments with a password arrive" md5_counts Unexpected
      reach "every node is down" nodes_are 1 2 3 '!established'
      ;;
    md5-mismatch | md5-ok)
      secret lab
      bgp_objects "$WITH_SECRET"
      configure 'router bgp 65001' 'neighbor k8s password lab'
      if [ "$1" = md5-ok ]; then
        reach "the sessions are back" up_with_password
      else
        configure 'router bgp 65001' 'neighbor 10.90.3.103 password other'
        reach "segments with a wrong password arrive" md5_counts Failure
        reach "node 3 is down" down_at_both .
        reach "the others are back" others_are_up
      fi
      ;;
    md5-secret-missing)
      bgp_objects "$WITH_SECRET"
      reach "the condition is there" condition_is ciliumbgppeerconfig/udm-pro MissingAuthSecret
      ;;
    bgpd-stopped) frr_stop udm bgpd; reach "the nodes are down" nodes_are 1 2 3 '!established' ;;
    frr-stopped) frr_stop udm; reach "the nodes are down" nodes_are 1 2 3 '!established' ;;
    no-router-bgp)
      configure 'no router bgp 65001'
      reach "the nodes are down" nodes_are 1 2 3 '!established'
      ;;
    prefix-list-undefined)
      # Nothing is filtered anew before a soft clear.
      configure 'no ip prefix-list k8s-services'
      vty udm 'clear bgp ipv4 unicast * soft in'
      reach "nothing is accepted" accepted 0
      ;;
    requires-policy)
      boot_with '/ebgp-requires-policy/d; /prefix-list k8s-services in/d'
      reach "nothing is accepted" accepted 0
      reach "the sessions are up" others_are_up
      ;;
    vip-filtered)
      configure 'ip prefix-list k8s-services seq 10 permit 10.99.8.202/31 le 32'
      vty udm 'clear bgp ipv4 unicast * soft in'
      reach "one route of node 3 is accepted" accepted 1
      ;;
    af-not-activated)
      boot_with '/neighbor k8s activate/d; s/^router bgp.*/&\n no bgp default ipv4-unicast/'
      reach "the nodes are down" nodes_are 1 2 3 '!established'
      ;;
    maximum-prefix)
      configure 'router bgp 65001' 'address-family ipv4 unicast' 'neighbor 10.90.3.103 maximum-prefix 2'
      reach "node 3 is down" down_at_both Idle
      ;;
    listen-range | listen-range-node-down)
      boot_with '/neighbor 10.90.3.101/s/neighbor.*/bgp listen range 10.90.3.0\/24 peer-group k8s/; /neighbor 10.90.3.10/d'
      reach "the sessions are back" healthy
      if [ "$1" = listen-range-node-down ]; then
        # If the agent ended the session, the router would keep it for a graceful restart.
        kill -STOP "$(cat "$S/agent3.pid")"
        vty udm 'clear bgp 10.90.3.103'
        reach "node 3 is gone from the router" neighbor_is 10.90.3.103 absent
        stop agent3 -KILL
      fi
      ;;
    fib-rejected)
      # The kernel checks a next hop with its device set, which no packet's look-up has, so only new routes are refused.
      on_router udm ip rule add pref 10 to 10.90.3.103 oif br3 unreachable
      # A route that exists before node 3's path joins it is not new: the order is chance.
      for _ in 1 2 3 4; do
        install_routes_again
        (wait_for 10 "a route was rejected" route_is 10.99.8.202 .failed) 2> /dev/null && break
      done
      reach "a route was rejected" route_is 10.99.8.202 .failed
      ;;
    fib-lost)
      # The kernel drops a next hop's routes without a word to zebra.
      on_router udm ip nexthop flush > /dev/null
      reach "the kernel has no route" no_kernel_routes
      ;;
    fib-shadowed)
      configure 'ip route 10.99.8.202/32 10.90.3.101'
      reach "BGP's route is not selected" route_is 10.99.8.202 '.protocol == "bgp" and (.selected | not)'
      ;;
    agent-stopped) stop agent3; reach "the router noticed" neighbor_is 10.90.3.103 '!Established' ;;
    agent-killed) stop agent3 -KILL; reach "the router noticed" neighbor_is 10.90.3.103 '!Established' ;;
    agent-restarted)
      stop agent3 -KILL
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      agent_start 3
      reach "the session is back" healthy
      ;;
    agent-not-ready)
      stop kubelet3
      stop agent3 -KILL
      pod_of_node_3 False
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    node-link-down)
      # A short hold time, or this would take 90 s.
      configure 'router bgp 65001' 'neighbor 10.90.3.103 timers 3 9'
      vty udm 'clear bgp 10.90.3.103'
      reach "the session has the short hold time" neighbor_has 10.90.3.103 '.bgpState == "Established" and .bgpTimerHoldTimeMsecs == 9000'
      reach "all is well" healthy
      ip -n "${P}n3" link set eth0 down
      node_3_is_ready Unknown
      pod_of_node_3 False
      reach "the hold timer has expired" neighbor_is 10.90.3.103 'Active|Connect'
      ;;
    node-link-down-early) ip -n "${P}n3" link set eth0 down ;;
    firewall-179)
      ns udm nft -f - << 'NFT'
table inet lab {
  chain input {
    type filter hook input priority 0
    ip saddr 10.90.3.103 tcp dport 179 drop
  }
}
NFT
      boot_with ''
      reach "the others are back" others_are_up
      reach "node 3 is down" down_at_both .
      ;;
    node-not-selected)
      kc label ciliumnode node-3 kubernetes.io/os- > /dev/null
      reach "node 3 has no node config" node_config_is_gone
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    node-config-missing)
      stop operator
      kc delete ciliumbgpnodeconfig node-3 > /dev/null
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    operator-stopped) stop operator ;;
    status-report-off)
      stop agent3
      agent_start 3 --status-report=false
      reach "the status is blank" nodes_are 3 none
      reach "the session is up" neighbor_is 10.90.3.103 Established
      ;;
    cluster-config-conflict)
      bgp_objects 's/name: home/name: garage/'
      reach "the condition is there" condition_is ciliumbgpclusterconfig/garage ConflictingClusterConfig
      ;;
    peer-config-missing)
      bgp_objects 's/peerConfigRef: {name: udm-pro}/peerConfigRef: {name: udm-typo}/'
      reach "the condition is there" condition_is ciliumbgpclusterconfig/home MissingPeerConfigs
      reach "the nodes are down" nodes_are 1 2 3 '!established'
      ;;
    no-cluster-config)
      # Without a garbage collector the node configs would stay.
      kc delete ciliumbgpclusterconfig home > /dev/null
      kc delete ciliumbgpnodeconfig --all > /dev/null
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    sshd-down) sshd_stop udm ;;
    vtysh-missing) on_router udm mv /usr/bin/vtysh /usr/bin/vtysh.away ;;
    vtysh-denied) sed -i '/^Host udm /,/User/s/User root/User viewer/' "$S/ssh_config" ;;
    apiserver-down) stop apiserver -KILL ;; # cleanly it takes as long as its clients like
    *) route_fault "${1:-}" ;;
  esac
}

heal() { # NAME
  case ${1:-} in
    neighbor-* | admin-shutdown-router | wrong-asn-router | md5-router-only | bgpd-stopped | frr-stopped | no-router-bgp | \
      prefix-list-undefined | requires-policy | vip-filtered | af-not-activated | maximum-prefix | listen-range | fib-shadowed)
      boot_with ''
      ;;
    fib-rejected)
      on_router udm ip rule del pref 10
      install_routes_again
      ;;
    fib-lost) install_routes_again ;;
    firewall-179)
      ns udm nft delete table inet lab
      boot_with ''
      ;;
    wrong-asn-cluster | peer-config-missing | no-cluster-config) bgp_objects '' ;;
    cluster-config-conflict) kc delete ciliumbgpclusterconfig garage > /dev/null ;;
    md5-cluster-only | md5-mismatch | md5-ok | md5-secret-missing)
      bgp_objects ''
      kc -n kube-system delete secret bgp-auth --ignore-not-found > /dev/null
      boot_with ''
      ;;
    agent-stopped | agent-killed) agent_start 3 ;;
    agent-restarted) ;;
    agent-not-ready)
      agent_start 3
      pod_of_node_3 True
      kubelet_start 3
      ;;
    listen-range-node-down)
      agent_start 3
      boot_with ''
      ;;
    node-link-down | node-link-down-early)
      ip -n "${P}n3" link set eth0 up
      default_route n3 3
      [ "${#ROUTERS[@]}" = 1 ] || ip -n "${P}n3" route add 10.90.254.2/32 via 10.90.3.2
      node_3_is_ready True
      pod_of_node_3 True
      boot_with ''
      ;;
    node-not-selected) kc label ciliumnode node-3 kubernetes.io/os=linux > /dev/null ;;
    node-config-missing | operator-stopped) operator_start ;;
    status-report-off)
      stop agent3
      agent_start 3
      ;;
    sshd-down) sshd_start udm ;;
    vtysh-missing) on_router udm mv /usr/bin/vtysh.away /usr/bin/vtysh ;;
    vtysh-denied) sed -i '/^Host udm /,/User/s/User viewer/User root/' "$S/ssh_config" ;;
    apiserver-down)
      apiserver_start
      wait_for 30 "kube-apiserver is ready" api_ready
      # It ends without its lease; a kubelet would start it again.
      stop operator
      operator_start
      ;;
    *) route_heal "${1:-}" ;;
  esac
  wait_until_healthy
}

reach() { wait_for 60 "$@"; }

# Changing one thing.

configure() { vty udm 'configure terminal' "$@"; }

# Restarts FRR with the first configuration, changed by a sed script.
boot_with() { sed "$1" "$S/udm/frr.conf" | frr_boot udm; }

# Applies the BGP objects, changed by a sed script.
bgp_objects() {
  sed "$1" "$HERE/manifests/bgp.yaml" | kc apply --server-side --force-conflicts -f - >> "$S/apply.log"
  [ -n "$1" ] || apply_more_peers
}

WITH_SECRET='/name: udm-pro}$/,/timers/s/^  timers/  authSecretRef: bgp-auth\n&/'

secret() { # PASSWORD
  kc -n kube-system create secret generic bgp-auth --from-literal=password="$1" > /dev/null
}

# What the kubelet, or the node controller for a lost node, would write.
pod_of_node_3() { # True | False
  local ready=true count=3
  [ "$1" = True ] || ready=false count=2
  kc -n kube-system patch pod cilium-ccccc --subresource status -p "{\"status\": {
    \"conditions\": [{\"type\": \"Ready\", \"status\": \"$1\"}, {\"type\": \"ContainersReady\", \"status\": \"$1\"}]}}" > /dev/null
  kc -n kube-system patch pod cilium-ccccc --subresource status --type json \
    -p "[{\"op\": \"replace\", \"path\": \"/status/containerStatuses/0/ready\", \"value\": $ready}]" > /dev/null
  kc -n kube-system patch daemonset cilium --subresource status --type merge \
    -p "{\"status\": {\"numberReady\": $count, \"numberAvailable\": $count}}" > /dev/null
}

node_3_is_ready() { # True | Unknown
  kc patch node node-3 --subresource status -p "{\"status\": {\"conditions\": [{\"type\": \"Ready\", \"status\": \"$1\"}]}}" > /dev/null
}

# Has zebra give the kernel every BGP route anew.
install_routes_again() {
  configure 'ip prefix-list k8s-services seq 5 deny any' 'end' 'clear bgp ipv4 unicast * soft in'
  reach "the routes are gone" no_routes_in_rib
  on_router udm ip nexthop flush > /dev/null
  configure 'no ip prefix-list k8s-services seq 5' 'end' 'clear bgp ipv4 unicast * soft in'
}

# What the ends say.

neighbor_has() { vty udm 'show bgp neighbors json' | jq -e ".\"$1\" // {bgpState: \"absent\"} | $2" > /dev/null; }

# A state as a pattern, or ! and a state.
neighbor_is() { # ADDRESS STATE
  case $2 in
    !*) ! neighbor_has "$1" ".bgpState == \"${2#!}\"" ;;
    *) neighbor_has "$1" ".bgpState | test(\"^($2)\$\")" ;;
  esac
}

node_is() { # N STATE
  local state
  state=$(kc get ciliumbgpnodeconfig "node-$1" -o json |
    jq -r '[.status.bgpInstances[]?.peers[]? | select(.name == "udm-pro").peeringState][0] // "none"') || return
  case $2 in
    !*) [ "$state" != "${2#!}" ] ;;
    *) [ "$state" = "$2" ] ;;
  esac
}

nodes_are() { # N... STATE
  local n
  for n in "${@:1:$#-1}"; do node_is "$n" "${!#}" || return; done
}

down_at_both() { # STATE-AT-THE-ROUTER
  node_is 3 !established && neighbor_is 10.90.3.103 !Established && { [ "$1" = . ] || neighbor_is 10.90.3.103 "$1"; }
}

others_are_up() {
  nodes_are 1 2 established && neighbor_is 10.90.3.101 Established && neighbor_is 10.90.3.102 Established
}

up_with_password() {
  cilium 3 bgp peers -o json | jq -e 'any(.["tcp-password-enabled"])' > /dev/null && healthy
}

accepted() { # COUNT
  neighbor_has 10.90.3.103 ".bgpState == \"Established\" and .addressFamilyInfo.ipv4Unicast.acceptedPrefixCounter == $1"
}

bgpd_logs() { tail -n "+$((bgpd_log + 1))" "$S/udm/log/frr/frr.log" | grep -q "$1"; }

# Whether a TCP MD5 counter of the router's kernel has risen since the fault began.
md5_counts() { # NotFound | Unexpected | Failure
  local now
  now=$(ns udm nstat -asz "TcpExtTCPMD5$1" | awk '/MD5/ { print $2 }')
  [ "$now" -gt "${md5_before:=$now}" ]
}

condition_is() { # OBJECT CONDITION
  kc get "$1" -o json | jq -e --arg type "cilium.io/$2" '.status.conditions[]? | select(.type == $type) | .status == "True"' > /dev/null
}

node_config_is_gone() { ! kc get ciliumbgpnodeconfig node-3 > /dev/null 2>&1; }

route_is() { # VIP FILTER
  vty udm 'show ip route bgp json' | jq -e ".[\"$1/32\"][]? | $2" > /dev/null
}

no_routes_in_rib() { [ "$(vty udm 'show ip route bgp json' | jq length)" = 0 ]; }

no_kernel_routes() { [ -z "$(on_router udm ip route show 10.99.8.202)" ]; }
