# The faults: how one is made and healed, and what they have in common. Node 3 is the odd one out. Each fault returns when
# both ends show it, each heal when all is well again. causes.txt says what is to be found in them. Sourced by `lab`.
# shellcheck shell=bash

# A file for each: NAME-faults.sh with list_NAME_faults, NAME_fault and NAME_undo.
FAULTS=(router session node way filter route service pool risk)

list_faults() {
  local kind
  for kind in "${FAULTS[@]}"; do "list_${kind}_faults"; done
}

kind_of() { # FAULT
  local kind
  for kind in "${FAULTS[@]}"; do
    ! "list_${kind}_faults" | grep -q "^$1 " || { echo "$kind"; return; }
  done
  die "there is no fault $1: lab faults"
}

fault() { # NAME, or NAME+NAME for both
  local name names kind bgpd_log md5_before
  [ "$(sessions_expected)" != 0 ] || die "this lab has no sessions to break"
  IFS=+ read -ra names <<< "${1:-}"
  for name in "${names[@]}"; do
    kind=$(kind_of "$name")
    bgpd_log=$(wc -l < "$S/udm/log/frr/frr.log") md5_before=''
    "${kind}_fault" "$name"
  done
}

heal() { # NAME, or NAME+NAME for both
  local names kind i
  IFS=+ read -ra names <<< "${1:-}"
  for ((i = ${#names[@]} - 1; i >= 0; i--)); do
    kind=$(kind_of "${names[i]}")
    "${kind}_undo" "${names[i]}"
  done
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
