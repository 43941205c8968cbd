# More nodes than the lab has: objects only, copied from node-1's, and one kwok that answers for all of their agents.
# Sourced by `lab`.
# shellcheck shell=bash

# Their network. All of it is one address family's loopback to the control plane, where their kwok listens.
SCALED_NET=10.91

scale() { # NODES
  local nodes=${1:-}
  [[ $nodes =~ ^[0-9]+$ && $nodes -gt 3 && $nodes -le 50000 ]] || die "scale takes a number of nodes from 4 to 50000"
  [[ $CRDS != 1.16 && -z $L2_ONLY ]] || die "scale copies node-1's established sessions, and this lab has none"
  [ "$(kc get nodes -o name | wc -l)" = 3 ] || die "this lab is scaled already"
  # It would make the CiliumBGPNodeConfigs itself, one after the other. When it comes back it finds what it would make.
  stop operator
  scaled_kubelet_start
  create_copies "$nodes" "$S/scale"
  kc -n kube-system patch daemonset cilium --subresource status --type merge -p "$(jq -nc --argjson n "$nodes" '
    {status: ({desiredNumberScheduled: $n, currentNumberScheduled: $n, updatedNumberScheduled: $n, numberReady: $n,
      numberAvailable: $n})}')" >> "$S/apply.log"
  operator_start
}

# Agents that say of themselves what the first one says.
scaled_kubelet_start() {
  local answers=$S/scale/answers
  mkdir -p "$answers"
  cilium 1 bgp peers -o json > "$answers/peers.json"
  cilium 1 bgp routes advertised ipv4 unicast -o json > "$answers/routes-ipv4.json"
  cilium 1 bgp routes advertised ipv6 unicast -o json > "$answers/routes-ipv6.json"
  cat > "$answers/cilium-dbg" << SCRIPT
#!/bin/sh
case "\$*" in
  "bgp peers -o json") exec cat $answers/peers.json ;;
  "bgp routes "*ipv6*) exec cat $answers/routes-ipv6.json ;;
  "bgp routes "*) exec cat $answers/routes-ipv4.json ;;
esac
echo "the agents of a scaled lab do not know: \$*" >&2
exit 1
SCRIPT
  chmod +x "$answers/cilium-dbg"
  ln -s cilium-dbg "$answers/cilium"
  # kwok does not start without stages.
  {
    cat "$S/bin/kwok-stages.yaml"
    cat << CONF
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterExec
metadata: {name: exec}
spec: {execs: [{local: {}}]}
CONF
  } > "$S/kwok-scale.yaml"
  ip -n "${P}cp" route add local $SCALED_NET.0.0/16 dev lo
  # It serves exec and manages no node: the label is nobody's.
  daemon kubelet-scale cp env "PATH=$answers:$PATH" "$S/bin/kwok" --kubeconfig "$S/kubeconfig.node" \
    --manage-nodes-with-label-selector kubectl-bgp-lab/managed=never --node-port 10250 --tls-cert-file "$S/pki/api.crt" \
    --tls-private-key-file "$S/pki/api.key" --node-lease-duration-seconds 0 --config "$S/kwok-scale.yaml"
}

# One request an object and one for each status, some hundred at a time over one connection.
create_copies() { # NODES FOLDER
  local phase at=$2
  {
    kc get node node-1 -o json
    kc get ciliumnode node-1 -o json
    kc get ciliumbgpnodeconfig node-1 -o json
    kc -n kube-system get pod cilium-aaaaa -o json
  } > "$at/node-1.json"
  for phase in create status; do
    jq -rs --argjson nodes "$1" --arg phase $phase --arg net $SCALED_NET --arg pki "$S/pki" \
      --arg server "https://$(management cp):6443" "$COPIES" "$at/node-1.json" > "$at/$phase.curl"
    # Its progress would be shown whatever one says.
    curl --parallel --parallel-max 200 --config "$at/$phase.curl" > "$at/$phase.log" 2> /dev/null || true
    [ "$(grep -c '^20[01]$' "$at/$phase.log")" = "$(grep -c ^url "$at/$phase.curl")" ] ||
      die "not every $phase was done; HTTP said: $(sort "$at/$phase.log" | uniq -c | xargs)"
  done
}

# curl's words for the requests of one phase, from node-1's objects.
# shellcheck disable=SC2016
COPIES='
  def copy($name): .metadata |= ({name: $name, labels} + (if .namespace then {namespace} else {} end)
    + (if .ownerReferences then {ownerReferences} else {} end));
  def request($method; $path; $type):
    "next\nurl = \"\($server)\($path)\"\nrequest = \($method)\nheader = \"Content-Type: \($type)\"\ndata = \(tojson | tojson)",
    "cacert = \($pki)/ca.crt\ncert = \($pki)/admin.crt\nkey = \($pki)/admin.key\noutput = /dev/null",
    "write-out = \"%{http_code}\\n\"";
  def create($path): request("POST"; $path; "application/json");
  def status($path): {status} | request("PATCH"; $path + "/status"; "application/merge-patch+json");

  . as [$node, $ciliumnode, $config, $pod]
  | range(4; $nodes + 1) as $n
  | "node-\($n)" as $name | "\($net).\($n / 250 | floor).\($n % 250 + 1)" as $ip
  | "10.\(160 + ($n / 256 | floor)).\($n % 256).0/24" as $cidr
  | ($pod | copy("cilium-\($n)") | .spec.nodeName = $name
    | .status |= (.hostIP = $ip | .hostIPs = [{$ip}] | .podIP = $ip | .podIPs = [{$ip}])) as $pod
  | ($config | copy($name)) as $config
  | "/apis/cilium.io/v2/ciliumbgpnodeconfigs" as $configs | "/api/v1/namespaces/kube-system/pods" as $pods
  | if $phase == "create" then
      ($node | copy($name) | .metadata.labels["kubernetes.io/hostname"] = $name | .spec |= (.podCIDR = $cidr | .podCIDRs = [$cidr])
        | .status.addresses = [{type: "InternalIP", address: $ip}, {type: "Hostname", address: $name}] | create("/api/v1/nodes")),
      ($ciliumnode | copy($name) | .metadata.labels["kubernetes.io/hostname"] = $name
        | .spec |= (.addresses = [{type: "InternalIP", $ip}] | .ipam.podCIDRs = [$cidr]) | create("/apis/cilium.io/v2/ciliumnodes")),
      ($config | del(.status) | create($configs)),
      ($pod | create($pods))
    else
      ($config | status("\($configs)/\($name)")),
      ($pod | status("\($pods)/\($pod.metadata.name)"))
    end'
