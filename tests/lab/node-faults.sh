# Faults of nodes, of what runs on them, of the network to the router, and of the operator and the API server. Sourced by
# `lab`.
# shellcheck shell=bash

list_node_faults() {
  cat << 'TEXT'
agent-stopped            node 3's agent ended, cleanly
agent-killed             node 3's agent was killed
agent-restarted          node 3's agent was killed and runs again (a state, no fault)
agent-not-ready          node 3's agent was killed and its pod is not ready
agent-crash-looping      node 3's agent was killed, and its pod says CrashLoopBackOff
agent-hangs              node 3's agent does nothing for longer than the hold time
bgp-off                  cilium-config has no BGP control plane, and operator and agents run without it
bgp-not-restarted        cilium-config has it, and node 3's agent runs without it since before
low-port-denied          the ClusterConfig wants port 179 on the nodes, and node 3's agent may not have it
status-report-off        node 3's agent reports no BGP status
second-speaker           another BGP speaker on node 3 has the session with the router
node-link-down           node 3 is off the network for longer than the hold time
node-link-down-early     the same, a moment ago: the router has not noticed
node-address-changed     node 3 has a new address, 10.90.3.123
node-cordoned            node 3 takes no new pods (a state, no fault)
node-behind-a-hop        node 3 reaches the router's address over another host
node-firewall            node 3 drops what it would send to TCP 179
firewall-179             the router drops TCP 179 from node 3
source-nat               node 3's firewall gives its session another address
node-config-missing      node 3 is selected but has no node config, and the operator does not run
operator-stopped         Cilium's operator does not run
operator-killed          Cilium's operator was killed, and its lease is not renewed
apiserver-down           kube-apiserver does not run
TEXT
}

node_fault() { # NAME
  case $1 in
    agent-stopped) stop agent3; reach "the router noticed" neighbor_is 10.90.3.103 '!Established' ;;
    agent-killed) stop agent3 -KILL; reach "the router noticed" neighbor_is 10.90.3.103 '!Established' ;;
    agent-restarted)
      stop agent3 -KILL
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      agent_start 3
      reach "the session is back" healthy
      ;;
    agent-not-ready | agent-crash-looping)
      stop kubelet3
      stop agent3 -KILL
      pod_of_node_3 False
      [ "$1" = agent-not-ready ] || crash_loop_of_node_3
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    agent-hangs)
      short_hold_time
      kill -STOP "$(cat "$S/agent3.pid")"
      reach "the hold timer has expired" neighbor_is 10.90.3.103 'Active|Connect'
      ;;
    bgp-off)
      config enable-bgp-control-plane null
      kc delete ciliumbgpclusterconfig home > /dev/null
      kc delete ciliumbgpnodeconfig --all > /dev/null
      stop operator
      operator_start enable-bgp-control-plane=false
      bgp_objects ''
      agents_start_again --bgp=false
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      reach "agents answer" agent_says 3 disabled
      ;;
    bgp-not-restarted)
      stop agent3
      agent_start 3 --bgp=false
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      reach "the agent answers" agent_says 3 disabled
      ;;
    low-port-denied)
      stop agent3
      bgp_objects 's/^    localASN: 65010/&\n    localPort: 179/'
      NO_LOW_PORTS=1 agent_start 3
      reach "the agent says so" grep -q 'bind: permission denied.*bgp-control-plane\|bgp-control-plane.*bind: permission denied' "$S/agent3.log"
      reach "the others are back" others_are_up
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    status-report-off)
      stop agent3
      agent_start 3 --status-report=false
      reach "the status is blank" nodes_are 3 none
      reach "the session is up" neighbor_is 10.90.3.103 Established
      ;;
    second-speaker)
      stop agent3
      speaker_start n3 10.90.3.103 10.99.8.240/32
      reach "the router has its session" accepted 1
      agent_start 3
      reach "node 3 has none" nodes_are 3 '!established'
      reach "the agent was refused" bgpd_logs 'OPEN receipt failed'
      ;;
    node-link-down)
      short_hold_time
      ip -n "${P}n3" link set eth0 down
      node_3_is_ready Unknown
      pod_of_node_3 False
      reach "the hold timer has expired" neighbor_is 10.90.3.103 'Active|Connect'
      ;;
    node-link-down-early) ip -n "${P}n3" link set eth0 down ;;
    node-address-changed)
      node_3_at 10.90.3.123
      reach "node 3 is down" down_at_both .
      ;;
    node-cordoned) kc cordon node-3 > /dev/null ;;
    node-behind-a-hop)
      ns vlan sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
      ip -n "${P}n3" route add 10.90.254.1/32 via 10.90.3.50
      vty udm 'clear bgp 10.90.3.103'
      reach "node 3 is down" down_at_both .
      ;;
    node-firewall)
      drop_179 n3 output 'ip daddr 10.90.254.1 tcp dport 179 drop'
      vty udm 'clear bgp 10.90.3.103'
      # The router's last word does not arrive either way: the node finds out when its hold time is over.
      reach "the router has no session" neighbor_is 10.90.3.103 '!Established'
      reach "node 3 is down" down_at_both .
      ;;
    firewall-179)
      drop_179 udm input 'ip saddr 10.90.3.103 tcp dport 179 drop'
      boot_with ''
      reach "the others are back" others_are_up
      reach "node 3 is down" down_at_both .
      ;;
    source-nat)
      ip -n "${P}n3" addr add 10.90.3.113/24 dev eth0
      ns n3 nft -f - << 'NFT'
table ip lab {
  chain postrouting {
    type nat hook postrouting priority 100
    tcp dport 179 snat to 10.90.3.113
  }
}
NFT
      vty udm 'clear bgp 10.90.3.103'
      reach "node 3 is down" down_at_both .
      ;;
    node-config-missing)
      stop operator
      kc delete ciliumbgpnodeconfig node-3 > /dev/null
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    operator-stopped) stop operator ;;
    operator-killed)
      stop operator -KILL
      reach "its lease has run out" operator_lease_is_old
      ;;
    apiserver-down) stop apiserver -KILL ;; # cleanly it takes as long as its clients like
  esac
}

node_undo() { # NAME
  case $1 in
    agent-stopped | agent-killed) agent_start 3 ;;
    agent-restarted) ;;
    agent-not-ready | agent-crash-looping)
      agent_start 3
      pod_of_node_3 True
      kubelet_start 3
      ;;
    agent-hangs)
      kill -CONT "$(cat "$S/agent3.pid")"
      boot_with ''
      ;;
    bgp-off)
      config enable-bgp-control-plane '"true"'
      stop operator
      operator_start
      agents_start_again
      ;;
    bgp-not-restarted | status-report-off)
      stop agent3
      agent_start 3
      ;;
    low-port-denied)
      bgp_objects ''
      stop agent3
      agent_start 3
      ;;
    second-speaker) stop speaker ;;
    node-link-down | node-link-down-early)
      ip -n "${P}n3" link set eth0 up
      default_route n3 3
      [ "${#ROUTERS[@]}" = 1 ] || ip -n "${P}n3" route add 10.90.254.2/32 via 10.90.3.2
      node_3_is_ready True
      pod_of_node_3 True
      boot_with ''
      ;;
    node-address-changed) node_3_at 10.90.3.103 ;;
    node-cordoned) kc uncordon node-3 > /dev/null ;;
    node-behind-a-hop) ip -n "${P}n3" route del 10.90.254.1/32 via 10.90.3.50 ;;
    node-firewall) ns n3 nft delete table inet lab ;;
    firewall-179)
      ns udm nft delete table inet lab
      boot_with ''
      ;;
    source-nat)
      ns n3 nft delete table ip lab
      ip -n "${P}n3" addr del 10.90.3.113/24 dev eth0
      ;;
    node-config-missing | operator-stopped | operator-killed) operator_start ;;
    apiserver-down)
      apiserver_start
      wait_for 30 "kube-apiserver is ready" api_ready
      # It ends without its lease; a kubelet would start it again.
      stop operator
      operator_start
      ;;
  esac
}

# Without it the end of a hold time would take 90 s.
short_hold_time() {
  configure 'router bgp 65001' 'neighbor 10.90.3.103 timers 3 9'
  vty udm 'clear bgp 10.90.3.103'
  reach "the session has the short hold time" neighbor_has 10.90.3.103 '.bgpState == "Established" and .bgpTimerHoldTimeMsecs == 9000'
  reach "all is well" healthy
}

drop_179() { # NAMESPACE HOOK RULE
  ns "$1" nft -f - << NFT
table inet lab {
  chain $2 {
    type filter hook $2 priority 0
    $3
  }
}
NFT
}

agents_start_again() { # [FLAGS...]
  local n
  for n in 1 2 3; do
    stop "agent$n"
    agent_start $n "$@"
  done
}

agent_says() { # N WORD
  cilium "$1" bgp peers 2>&1 | grep -q "$2"
}

# Node 3 with another address, as DHCP or a new installation would leave it.
node_3_at() { # ADDRESS
  stop agent3
  stop kubelet3
  ip -n "${P}n3" -4 addr flush dev eth0
  ip -n "${P}n3" addr add "$1/24" dev eth0
  default_route n3 3
  addresses_of_node_3 "| map(select(.ip | contains(\":\"))) + [{type: \"InternalIP\", ip: \"$1\"}]"
  kc patch node node-3 --subresource status -p "{\"status\": {\"addresses\": [{\"type\": \"InternalIP\", \"address\": \"$1\"}]}}" > /dev/null
  NODE_IP=$1 agent_start 3
  NODE_IP=$1 kubelet_start 3
}

# What the kubelet would write of a container that ends again and again.
crash_loop_of_node_3() {
  kc -n kube-system patch pod cilium-ccccc --subresource status --type json -p '[
    {"op": "replace", "path": "/status/containerStatuses/0/restartCount", "value": 57},
    {"op": "replace", "path": "/status/containerStatuses/0/state",
     "value": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=cilium-agent"}}}]' > /dev/null
}

operator_lease_is_old() {
  kc -n kube-system get lease cilium-operator-resource-lock -o json | jq -e '.spec
    | (now - (.renewTime | sub("\\..*"; "Z") | fromdate)) > .leaseDurationSeconds + 2' > /dev/null
}
