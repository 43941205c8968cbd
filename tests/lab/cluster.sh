# The cluster: etcd, kube-apiserver and Cilium's operator in the namespace cp, an agent and a kwok on each node. Sourced
# by `lab`.
# shellcheck shell=bash

# With a cache of its own, because the next lab has other APIs at the same address.
kc() { KUBECACHEDIR=$S/kube-cache "$S/bin/kubectl" --kubeconfig "$S/kubeconfig" "$@"; }

# Starts a daemon with its log and pid in the state folder.
daemon() { # NAME NAMESPACE COMMAND...
  local name=$1 where=$2
  shift 2
  ip netns exec "$P$where" setsid "$@" >> "$S/$name.log" 2>&1 < /dev/null &
  echo $! > "$S/$name.pid"
  disown # or bash tells of its end
}

stop() { # NAME [SIGNAL]
  local pid
  pid=$(cat "$S/$1.pid" 2> /dev/null) || return 0
  kill "${2:--TERM}" "$pid" 2> /dev/null || true
  wait_for 15 "$1 has ended" is_gone "$pid"
  rm -f "$S/$1.pid"
  [ "$1" != operator ] || operator_pod delete --ignore-not-found --grace-period 0 --force
}

# A zombie is gone: the host's pid 1 may take a while to reap it.
is_gone() { ! grep -qs '^State:\s*[^ZX]' "/proc/$1/status"; }

# With a CA of its own, because Rust's TLS refuses the self-signed certificate that kube-apiserver would make.
pki() {
  mkdir "$S/pki"
  (
    cd "$S/pki"
    key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
    sign() { # NAME SUBJECT EXTENSION
      key "$1"
      openssl req -new -key "$1.key" -subj "$2" |
        openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -out "$1.crt" -extfile <(echo "$3")
    }
    key ca
    openssl req -x509 -new -key ca.key -subj /CN=lab-ca -days 3650 -out ca.crt
    sign api /CN=kube-apiserver "subjectAltName=IP:$(management cp),IP:10.90.3.10,IP:127.0.0.1,DNS:kubernetes.default"
    sign admin /O=system:masters/CN=admin extendedKeyUsage=clientAuth
    key sa
    echo viewertoken,viewer,viewer > tokens.csv
  ) > "$S/pki.log" 2>&1 || die "no keys: $(tail -3 "$S/pki.log")"
}

kubeconfig() { # SERVER
  cat << CONF
apiVersion: v1
kind: Config
clusters:
- {name: lab, cluster: {server: "https://$1:6443", certificate-authority-data: $(base64 -w0 < "$S/pki/ca.crt")}}
users:
- {name: admin, user: {client-certificate-data: $(base64 -w0 < "$S/pki/admin.crt"), client-key-data: $(base64 -w0 < "$S/pki/admin.key")}}
- {name: viewer, user: {token: viewertoken}}
contexts:
- {name: lab, context: {cluster: lab, user: admin}}
- {name: viewer, context: {cluster: lab, user: viewer}}
current-context: lab
CONF
}

apiserver_start() {
  daemon apiserver cp "$S/bin/kube-apiserver" --etcd-servers http://127.0.0.1:2379 --secure-port 6443 \
    --advertise-address 10.90.3.10 --tls-cert-file "$S/pki/api.crt" --tls-private-key-file "$S/pki/api.key" \
    --client-ca-file "$S/pki/ca.crt" --token-auth-file "$S/pki/tokens.csv" --authorization-mode RBAC --allow-privileged \
    --service-account-key-file "$S/pki/sa.key" --service-account-signing-key-file "$S/pki/sa.key" \
    --service-account-issuer https://kubernetes.default --disable-admission-plugins ServiceAccount \
    --service-cluster-ip-range "10.96.0.0/16${IPV6:+,fd00:96::/112}" --kubelet-preferred-address-types InternalIP \
    --audit-policy-file "$S/audit-policy.yaml" --audit-log-path "$S/audit.log"
}

api_ready() { kc get --raw /readyz > /dev/null 2>&1; }

control_plane_start() {
  pki
  kubeconfig "$(management cp)" > "$S/kubeconfig"
  kubeconfig 10.90.3.10 > "$S/kubeconfig.node"
  # One line a request, with user and user agent.
  printf '%s\n' 'apiVersion: audit.k8s.io/v1' 'kind: Policy' 'omitStages: [RequestReceived]' 'rules: [{level: Metadata}]' \
    > "$S/audit-policy.yaml"
  daemon etcd cp "$S/bin/etcd" --data-dir "$S/etcd" --log-level error --unsafe-no-fsync
  apiserver_start
}

apply() { # FILE-OR-FOLDER [FLAGS...]
  local from=$1
  shift
  kc apply --server-side "$@" -f "$from" >> "$S/apply.log" 2>&1 || die "cannot apply $from: $(tail -3 "$S/apply.log")"
}

# kubectl wait fails at once where a new CRD has no conditions yet.
crds_established() { kc wait crd --all --for condition=established --timeout 5s >> "$S/apply.log" 2>&1; }

cluster_up() {
  local n m=$HERE/manifests
  wait_for 30 "kube-apiserver is ready" api_ready
  if [ "$CRDS" = 1.16 ]; then apply "$S/bin/crds-1.16.yaml"; else apply "$S/bin/crds.yaml"; fi
  wait_for 30 "every kind is served" crds_established
  apply "$m/cluster.yaml"
  if [ "$CRDS" = 1.16 ]; then
    old_cilium
  else
    apply "$m/l2.yaml"
    [ -n "$L2_ONLY" ] || apply "$m/bgp.yaml"
    # LB-IPAM gives a Service without a request any address, also one that another is about to ask for.
    awk -v RS='---\n' -v ORS='---\n' '!/name: grafana,/' "$m/services.yaml" > "$S/services-that-ask.yaml"
    apply "$S/services-that-ask.yaml"
    operator_start
    for n in 1 2 3; do agent_start $n; done
    wait_for 30 "every address that is asked for is given" requests_are_granted
    apply "$m/services.yaml"
    apply_more_peers
  fi
  for n in 1 2 3; do kubelet_start $n; done
  # Without a kube-controller-manager nobody counts a DaemonSet's pods.
  kc -n kube-system patch daemonset cilium --subresource status --type merge -p '{"status": {"observedGeneration": 1,
    "desiredNumberScheduled": 3, "currentNumberScheduled": 3, "updatedNumberScheduled": 3, "numberReady": 3,
    "numberAvailable": 3, "numberMisscheduled": 0}}' >> "$S/apply.log"
  [ -z "$MANIFESTS" ] || apply "$MANIFESTS"
}

requests_are_granted() {
  kc get services -A -o json | jq -e '[.items[] | select(.metadata.annotations["lbipam.cilium.io/ips"]) | .status.loadBalancer.ingress] | all' \
    > /dev/null
}

# As other field managers, so that applying the other files again leaves their fields alone.
apply_more_peers() {
  [ -z "$IPV6" ] || apply "$HERE/manifests/ipv6.yaml" --field-manager ipv6 --force-conflicts
  [ "${#ROUTERS[@]}" = 1 ] || apply "$HERE/manifests/router2.yaml" --field-manager router2
}

# Nobody acts on the objects of a 1.16: 1.19's operator and agents want v2.
old_cilium() {
  local m=$HERE/manifests namespace service vip
  apply "$m/cilium-1.16.yaml"
  apply "$m/services.yaml"
  kc -n kube-system set image daemonset/cilium cilium-agent=quay.io/cilium/cilium:v1.16.9 >> "$S/apply.log"
  kc -n kube-system set image pod -l k8s-app=cilium cilium-agent=quay.io/cilium/cilium:v1.16.9 >> "$S/apply.log"
  kc get services -A -o json |
    jq -r '.items[].metadata | [.namespace, .name, .annotations["lbipam.cilium.io/ips"] // empty] | select(.[2]) | @tsv' |
    while read -r namespace service vip; do
      kc -n "$namespace" patch service "$service" --subresource status --type merge \
        -p "{\"status\": {\"loadBalancer\": {\"ingress\": [{\"ip\": \"$vip\"}]}}}" >> "$S/apply.log" < /dev/null
    done
}

# The operator reads cilium-config as its pod would: a folder with a file for each key.
operator_start() { # [KEY=VALUE...]
  local key
  mkdir -p "$S/config"
  for key in enable-bgp-control-plane=true enable-bgp-control-plane-status-report=true bgp-secrets-namespace=kube-system \
    enable-lb-ipam=true enable-l2-announcements=true ipam=kubernetes identity-allocation-mode=crd enable-ipv4=true \
    enable-ipv6=true skip-crd-creation=true operator-api-serve-addr=127.0.0.1:9234 unmanaged-pod-watcher-interval=0 \
    enable-gops=false "k8s-kubeconfig-path=$S/kubeconfig.node" "$@"; do
    printf %s "${key#*=}" > "$S/config/${key%%=*}"
  done
  operator_pod apply --server-side
  daemon operator cp "$HERE/container-log" env CILIUM_K8S_NAMESPACE=kube-system K8S_NODE_NAME=cp "$S/bin/operator" \
    --config-dir "$S/config" --shell-sock-path "$S/operator.sock"
}

operator_pod() { # apply | delete, FLAGS...
  kc "$@" -f "$HERE/manifests/operator.yaml" >> "$S/apply.log" 2>&1
}

# With NODE_IP the node is there instead, with NO_LOW_PORTS the agent may not bind ports below 1024.
agent_start() { # N [FLAGS...]
  local n=$1 limits=()
  shift
  [ -z "${NO_LOW_PORTS:-}" ] || limits=(setpriv --bounding-set -net_bind_service --inh-caps -net_bind_service)
  # A killed agent leaves its VIPs behind; in a real node the next agent would set the eBPF maps right.
  ip -n "${P}n$n" addr flush dev lo scope global
  ip -n "${P}n$n" -4 addr flush dev eth0 to 10.99.0.0/16
  # A uts namespace for each node: GoBGP sends the host name in its OPEN, and the router shows it.
  daemon "agent$n" "n$n" "${limits[@]}" unshare -u sh -c 'hostname "$1"; shift; exec "$@"' sh "node-$n" \
    "$S/bin/agent" --node "node-$n" --node-ip "${NODE_IP:-10.90.3.10$n}${IPV6:+,fd00:90:3::10$n}" --socket "$S/agent$n.sock" \
    --k8s-kubeconfig-path "$S/kubeconfig.node" "$@"
}

cilium() { # N ARGS...
  local n=$1
  shift
  CILIUM_SOCK=$S/agent$n.sock "$S/bin/cilium-dbg" "$@"
}

# kwok in the node's own namespace: what is run in a pod of this node runs there, with cilium-dbg on its PATH. Without
# leases, because with them a kwok that is started again would first wait for its predecessor's to expire.
kubelet_start() { # N
  local n=$1
  {
    cat "$S/bin/kwok-stages.yaml"
    cat << CONF
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterExec
metadata: {name: exec}
spec: {execs: [{local: {envs: [{name: CILIUM_SOCK, value: "$S/agent$n.sock"}]}}]}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterLogs
metadata: {name: logs}
spec: {selector: {matchNamespaces: [kube-system]}, logs: [
  {containers: [cilium-agent], logsFile: "$S/agent$n.log", follow: true},
  {containers: [cilium-operator], logsFile: "$S/operator.log", follow: true}]}
CONF
  } > "$S/kwok$n.yaml"
  daemon "kubelet$n" "n$n" env "PATH=$S/bin:$PATH" "$S/bin/kwok" --kubeconfig "$S/kubeconfig.node" \
    --manage-single-node "node-$n" --node-name "node-$n" --node-ip "${NODE_IP:-10.90.3.10$n}" --node-port 10250 \
    --tls-cert-file "$S/pki/api.crt" --tls-private-key-file "$S/pki/api.key" --node-lease-duration-seconds 0 \
    --cidr "10.244.$n.0/24" --config "$S/kwok$n.yaml"
}

# The sessions that are established, one a line: peer, node, routes. Both ends must print the same.
sessions_of_cluster() {
  kc get ciliumbgpnodeconfigs -o json 2> /dev/null | jq -r '.items[] | .metadata.name as $node
    | .status.bgpInstances[]?.peers[]? | select(.peeringState == "established")
    | "\(.name) \($node) \(.routeCount[]?.advertised // 0)"' | sort
}

sessions_of_routers() {
  local r
  for r in "${ROUTERS[@]}"; do
    vty "$r" 'show bgp summary json' 2> /dev/null | jq -r --arg router "$r" '
      ({udm: "udm-pro", udm2: "udm-2"}[$router]) as $peer
      | to_entries[] | (if .key == "ipv6Unicast" then "-v6" else "" end) as $family
      | .value.peers // {} | to_entries[] | select(.value.state == "Established")
      | "\($peer)\($family) \(.key | sub(".*10"; "node-")) \(.value.pfxRcd)"'
  done | sort
}

sessions_expected() {
  if [ -n "$L2_ONLY" ] || [ "$CRDS" = 1.16 ]; then echo 0; else echo $((3 * (${#ROUTERS[@]} + ${IPV6:-0}))); fi
}

show_sessions() {
  echo "sessions (peer, node, routes), the cluster's and the routers':"
  diff --side-by-side --width=80 <(sessions_of_cluster) <(sessions_of_routers) || true
}

wait_until_healthy() {
  (wait_for 60 "every session is established" healthy) && return
  {
    show_sessions
    kc get nodes,pods -A || true
    dead_daemons
  } >&2
  exit 1
}

dead_daemons() {
  local file
  for file in "$S"/*.pid; do
    ! is_gone "$(cat "$file")" || (echo "$(basename "$file" .pid) has ended:"; tail -n 3 "${file%.pid}.log")
  done
}

pods_ready() {
  [ "$(kc -n kube-system get pods -l k8s-app=cilium -o json 2> /dev/null |
    jq '[.items[].status.conditions[]? | select(.type == "Ready" and .status == "True")] | length')" = 3 ]
}

healthy() {
  local cluster
  [ -z "$(dead_daemons)" ] && pods_ready || return
  cluster=$(sessions_of_cluster)
  [ "$(grep -c . <<< "$cluster")" = "$(sessions_expected)" ] && [ "$cluster" = "$(sessions_of_routers)" ]
}
