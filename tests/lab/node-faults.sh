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
node-gone                node 3 was killed and is no longer in the cluster
node-cordoned            node 3 takes no new pods (a state, no fault)
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
    node-gone)
      stop agent3 -KILL
      stop kubelet3
      kc delete node node-3 > /dev/null
      kc delete ciliumnode node-3 > /dev/null
      kc -n kube-system delete pod cilium-ccccc --force > /dev/null 2>&1
      reach "its node config is gone" node_config_is_gone
      reach "the router keeps its routes" path_has 10.99.8.201/32 .stale
      ;;
    node-cordoned) kc cordon node-3 > /dev/null ;;
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
    node-gone)
      apply "$HERE/manifests/cluster.yaml" --force-conflicts
      agent_start 3
      kubelet_start 3
      ;;
    node-cordoned) kc uncordon node-3 > /dev/null ;;
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
