# What breaks nothing yet, and what a diagnosis can only read from the objects: cilium-config is an object here, and packets to
# a VIP do not pass through Cilium. Sourced by `lab`.
# shellcheck shell=bash

list_risk_faults() {
  cat << 'TEXT'
connect-retry-default    the PeerConfig has no connectRetryTimeSeconds, so nodes dial again after 120 s
restart-time-long        the PeerConfig has a graceful restart time of 600 s
hold-time-long           the PeerConfig has a hold time of 240 s
no-graceful-restart      the PeerConfig has no graceful restart, and a hold time of 9 s (a state, no fault)
filtered-but-answers     the inbound list drops authelia's VIP, and the router reaches it by ARP
lease-without-endpoint   node 1 holds the L2 leases, and jellyfin's endpoint is on node 3
orphaned-node-configs    the ClusterConfig was deleted, and its node configs stayed
foreign-host-in-vip-net  10.99.8.99, no node, is on the router's link in the VIPs' net
no-l2-policy             there is no L2 policy (a state, no fault)
hash-policy              the router's kernel chooses next hops by addresses alone
redistribute-connected   the router sends its connected networks to the nodes
source-ranges            authelia takes clients of 192.168.0.0/16 only
session-affinity         authelia wants a client to stay with an endpoint
dsr                      cilium-config has the load balancer in DSR mode, natively routed, and pods' sockets do not translate
dsr-in-tunnel            cilium-config has DSR mode, its option dispatch and a tunnel
socket-lb-host-only      cilium-config has the socket load balancer in the host's namespace only
kube-proxy-kept          cilium-config has kube-proxy replacement and socket load balancing off
TEXT
}

risk_fault() { # NAME
  case $1 in
    connect-retry-default)
      bgp_objects 's/connectRetryTimeSeconds: 5, //'
      reach "the agent has taken it over" retries_after 120
      ;;
    restart-time-long) peer_timers 's/restartTimeSeconds: 120/restartTimeSeconds: 600/' ;;
    hold-time-long) peer_timers 's/holdTimeSeconds: 90, keepAliveTimeSeconds: 30/holdTimeSeconds: 240, keepAliveTimeSeconds: 80/' ;;
    no-graceful-restart)
      peer_timers '/gracefulRestart/d; s/holdTimeSeconds: 90, keepAliveTimeSeconds: 30/holdTimeSeconds: 9, keepAliveTimeSeconds: 3/'
      ;;
    filtered-but-answers)
      filter 'ip prefix-list k8s-services seq 10 permit 10.99.8.203/32'
      on_router udm ip addr add 10.99.8.1/24 dev br3
      reach "none of node 3's routes is accepted" accepted 0
      reach "the VIP answers" router_reaches 10.99.8.202
      ;;
    lease-without-endpoint)
      kc patch ciliuml2announcementpolicy l2 --type merge \
        -p '{"spec": {"nodeSelector": {"matchLabels": {"kubernetes.io/hostname": "node-1"}}}}' > /dev/null
      reach "node 1 holds jellyfin's lease" lease_is_held_by jellyfin node-1
      ;;
    orphaned-node-configs)
      kc delete ciliumbgpclusterconfig home > /dev/null
      reach "the sessions stay" healthy
      ;;
    foreign-host-in-vip-net)
      on_router udm ip addr add 10.99.8.1/24 dev br3
      ip -n "${P}vlan" addr add 10.99.8.99/24 dev eth0
      reach "the router knows it" router_knows 10.99.8.99
      ;;
    no-l2-policy)
      kc delete ciliuml2announcementpolicy l2 > /dev/null
      reach "nobody holds a lease" lease_is_held_by jellyfin ''
      ;;
    hash-policy) ns udm sysctl -qw net.ipv4.fib_multipath_hash_policy=0 ;;
    redistribute-connected)
      configure 'router bgp 65001' 'address-family ipv4 unicast' 'redistribute connected'
      reach "node 3 receives them" neighbor_has 10.90.3.103 '.addressFamilyInfo.ipv4Unicast.sentPrefixCounter >= 7'
      ;;
    source-ranges) service authelia '{"spec": {"loadBalancerSourceRanges": ["192.168.0.0/16"]}}' ;;
    session-affinity) service authelia '{"spec": {"sessionAffinity": "ClientIP"}}' ;;
    dsr)
      config bpf-lb-mode '"dsr"'
      config routing-mode '"native"'
      config bpf-lb-sock-hostns-only '"true"'
      ;;
    dsr-in-tunnel)
      config bpf-lb-mode '"dsr"'
      config bpf-lb-dsr-dispatch '"opt"'
      ;;
    socket-lb-host-only) config bpf-lb-sock-hostns-only '"true"' ;;
    kube-proxy-kept)
      config kube-proxy-replacement '"false"'
      config bpf-lb-sock '"false"'
      ;;
  esac
}

risk_undo() { # NAME
  case $1 in
    filtered-but-answers)
      on_router udm ip addr del 10.99.8.1/24 dev br3
      filter "$FIRST_LIST"
      ;;
    lease-without-endpoint)
      kc patch ciliuml2announcementpolicy l2 --type merge -p '{"spec": {"nodeSelector": null}}' > /dev/null
      ;;
    orphaned-node-configs)
      # They would block the new one.
      kc delete ciliumbgpnodeconfig --all > /dev/null
      bgp_objects ''
      ;;
    foreign-host-in-vip-net)
      ip -n "${P}vlan" addr del 10.99.8.99/24 dev eth0
      on_router udm ip addr del 10.99.8.1/24 dev br3
      ;;
    no-l2-policy)
      apply "$HERE/manifests/l2.yaml"
      reach "somebody holds the lease" lease_is_held_by jellyfin .
      ;;
    hash-policy) ns udm sysctl -qw net.ipv4.fib_multipath_hash_policy=1 ;;
    redistribute-connected)
      configure 'router bgp 65001' 'address-family ipv4 unicast' 'no redistribute connected'
      ;;
    source-ranges) service authelia '{"spec": {"loadBalancerSourceRanges": null}}' ;;
    session-affinity) service authelia '{"spec": {"sessionAffinity": "None"}}' ;;
    dsr*)
      config bpf-lb-mode '"snat"'
      config routing-mode '"tunnel"'
      config bpf-lb-dsr-dispatch null
      config bpf-lb-sock-hostns-only null
      ;;
    socket-lb-host-only) config bpf-lb-sock-hostns-only null ;;
    connect-retry-default)
      bgp_objects ''
      reach "the agent has taken it over" retries_after 5
      ;;
    kube-proxy-kept)
      config kube-proxy-replacement '"true"'
      config bpf-lb-sock null
      ;;
    *) bgp_objects '' ;;
  esac
}

router_reaches() { # VIP
  on_router udm timeout 1 bash -c "exec 3<> /dev/tcp/$1/80" 2> /dev/null
}

# Nobody listens there, so it is the neighbor's answer that counts.
router_knows() { # ADDRESS
  router_reaches "$1" || true
  on_router udm ip -j neigh show to "$1" | jq -e 'any(.[]; .lladdr)' > /dev/null
}

retries_after() { # SECONDS
  cilium 3 bgp peers -o json | jq -e --argjson seconds "$1" 'all(.[]; .["connect-retry-time-seconds"] == $seconds)' > /dev/null
}

# A change of these resets the sessions.
peer_timers() { # SED-SCRIPT
  local before
  before=$(neighbor_started)
  bgp_objects "$1"
  reach "the session is another" another_session "$before"
  reach "the sessions are back" healthy
}

neighbor_started() { vty udm 'show bgp neighbors 10.90.3.103 json' | jq '.[].connectionsEstablished'; }

another_session() { [ "$(neighbor_started)" -gt "$1" ]; }

# A node as a pattern; nobody if it is empty.
lease_is_held_by() { # SERVICE NODE
  local holder
  holder=$(kc -n kube-system get lease "cilium-l2announce-default-$1" -o json 2> /dev/null | jq -r '.spec.holderIdentity // empty') || true
  if [ -n "$2" ]; then [[ $holder =~ $2 ]]; else [ -z "$holder" ]; fi
}
