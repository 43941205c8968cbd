# Faults of the objects that ask for sessions. Sourced by `lab`.
# shellcheck shell=bash

list_session_faults() {
  cat << 'TEXT'
wrong-asn-cluster        the ClusterConfig expects AS 65099 of the router
wrong-local-asn          the ClusterConfig gives the nodes AS 65011, and the router expects 65010
any-asn                  the ClusterConfig takes any AS of the router (a state, no fault)
wrong-peer-address       the ClusterConfig's peer address is nobody's, 10.90.254.9
other-peer-address       the ClusterConfig's peer address is another host's, 10.90.254.50
peer-port                the PeerConfig has the nodes dial port 1179
peer-twice               the ClusterConfig has a second peer with the same address
instance-twice           the ClusterConfig has two instances with the same peer
md5-cluster-only         the cluster has a password, the router none
md5-mismatch             both have a password, node 3's differs
md5-ok                   both have the same password (a state, no fault)
md5-secret-missing       the PeerConfig names a Secret that does not exist
md5-wrong-key            the router has a password, and the PeerConfig's Secret has it under another key
md5-wrong-namespace      the router has a password, and the PeerConfig's Secret is in the namespace default
auth-condition-stale     the PeerConfig has a condition MissingAuthSecret and no authSecretRef (a state, no fault)
peer-config-missing      the ClusterConfig names a PeerConfig that does not exist
cluster-multihop         the PeerConfig allows two hops (a state, no fault)
ipv6-only                the PeerConfig has the family IPv6 alone
family-missing           nobody has a session for IPv6, and three Services have such VIPs (a lab with --ipv6)
no-families              the PeerConfig has no families, so none has advertisements
no-cluster-config        there is no ClusterConfig
peering-policy           there is no ClusterConfig but a CiliumBGPPeeringPolicy of before 1.19
flux-dry-run             there is no ClusterConfig, because Flux failed to apply it
cluster-config-conflict  a second ClusterConfig selects the same nodes
selects-nothing          the ClusterConfig selects no node
selects-two              the ClusterConfig selects nodes 1 and 2
node-not-selected        node 3's CiliumNode has not the label that the ClusterConfig selects
router-id-zero           an override gives node 3 the router ID 0.0.0.0
router-id-twice          an override gives node 3 the router ID of node 1 (a state, no fault)
TEXT
}

session_fault() { # NAME
  case $1 in
    wrong-asn-cluster)
      bgp_objects 's/peerASN: 65001/peerASN: 65099/'
      reach "every node is down" nodes_are 1 2 3 '!established'
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    wrong-local-asn)
      bgp_objects 's/localASN: 65010/localASN: 65011/'
      reach "the nodes are refused" bgpd_logs 'OPEN receipt failed'
      reach "every node is down" nodes_are 1 2 3 '!established'
      ;;
    any-asn)
      bgp_objects 's/peerASN: 65001/peerASN: 0/'
      reach "the sessions are back" healthy
      ;;
    wrong-peer-address | other-peer-address)
      if [ "$1" = wrong-peer-address ]; then
        bgp_objects 's/peerAddress: 10.90.254.1/peerAddress: 10.90.254.9/'
      else
        bgp_objects 's/peerAddress: 10.90.254.1/peerAddress: 10.90.254.50/'
      fi
      reach "every node is down" nodes_are 1 2 3 '!established'
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    peer-port)
      bgp_objects 's/^  timers/  transport: {peerPort: 1179}\n&/'
      reach "every node is down" nodes_are 1 2 3 '!established'
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    peer-twice)
      bgp_objects 's/peers: \[\(.*\)\]/peers: [\1, {name: udm-again, peerASN: 65001, peerAddress: 10.90.254.1, peerConfigRef: {name: udm-pro}}]/'
      reach "the condition is there" condition_is ciliumbgpnodeconfig/node-3 BGPReconcileError
      ;;
    instance-twice)
      bgp_objects 's/^    peers: .*/&\n  - name: again\n    localASN: 65010\n&/'
      reach "node 3's sessions fight" neighbor_has 10.90.3.103 '.connectionsDropped > 3'
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
    md5-wrong-key | md5-wrong-namespace)
      if [ "$1" = md5-wrong-key ]; then
        kc -n kube-system create secret generic bgp-auth --from-literal=passwort=lab > /dev/null
      else
        kc -n default create secret generic bgp-auth --from-literal=password=lab > /dev/null
      fi
      bgp_objects "$WITH_SECRET"
      configure 'router bgp 65001' 'neighbor k8s password lab'
      reach "segments without a password arrive" md5_counts NotFound
      reach "every node is down" nodes_are 1 2 3 '!established'
      ;;
    auth-condition-stale)
      kc patch ciliumbgppeerconfig udm-pro --subresource status --type merge -p '{"status": {"conditions": [{
        "type": "cilium.io/MissingAuthSecret", "status": "True", "reason": "MissingAuthSecret",
        "message": "Referenced Auth Secret \"bgp-auth\" is missing", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}' > /dev/null
      ;;
    peer-config-missing)
      bgp_objects 's/peerConfigRef: {name: udm-pro}/peerConfigRef: {name: udm-typo}/'
      reach "the condition is there" condition_is ciliumbgpclusterconfig/home MissingPeerConfigs
      reach "the nodes are down" nodes_are 1 2 3 '!established'
      ;;
    cluster-multihop)
      bgp_objects 's/^  timers/  ebgpMultihop: 2\n&/'
      reach "the sessions are back" healthy
      ;;
    ipv6-only)
      bgp_objects 's/afi: ipv4/afi: ipv6/'
      reach "every node is down" nodes_are 1 2 3 '!established'
      ;;
    family-missing)
      [ -n "$IPV6" ] || die "$1 needs a lab with --ipv6"
      kc get ciliumbgpclusterconfig home -o json |
        jq '.spec.bgpInstances[].peers |= map(select(.name != "udm-pro-v6"))' | kc replace -f - > /dev/null
      boot_with '/fd00:90:3/d; /k8s6/d; /address-family ipv6/,/exit-address-family/d'
      reach "the others are back" others_are_up
      reach "the IPv6 sessions are gone" sessions_are 3
      ;;
    no-families)
      bgp_objects '/^  families/d'
      reach "nothing is accepted" accepted 0
      ;;
    no-cluster-config | peering-policy | flux-dry-run)
      # Without a garbage collector the node configs would stay.
      kc delete ciliumbgpclusterconfig home > /dev/null
      kc delete ciliumbgpnodeconfig --all > /dev/null
      case $1 in peering-policy) peering_policy ;; flux-dry-run) flux_dry_run ;; esac
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    cluster-config-conflict)
      bgp_objects 's/name: home/name: garage/'
      reach "the condition is there" condition_is ciliumbgpclusterconfig/garage ConflictingClusterConfig
      ;;
    selects-nothing)
      bgp_objects 's/kubernetes.io\/os: linux/bgp: enabled/'
      reach "the condition is there" condition_is ciliumbgpclusterconfig/home NoMatchingNode
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    selects-two)
      bgp_objects 's/nodeSelector: .*/nodeSelector: {matchExpressions: [{key: kubernetes.io\/hostname, operator: In, values: [node-1, node-2]}]}/'
      reach "node 3 has no node config" node_config_is_gone
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    node-not-selected)
      kc label ciliumnode node-3 kubernetes.io/os- > /dev/null
      reach "node 3 has no node config" node_config_is_gone
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    router-id-zero)
      override_node_3 'routerID: 0.0.0.0'
      reach "node 3 is refused" bgpd_logs 'OPEN receipt failed'
      reach "node 3 is down" down_at_both .
      ;;
    router-id-twice)
      override_node_3 'routerID: 10.90.3.101'
      reach "node 3 has it" neighbor_has 10.90.3.103 '.bgpState == "Established" and .remoteRouterId == "10.90.3.101"'
      reach "the session is back" healthy
      ;;
  esac
}

session_undo() { # NAME
  case $1 in
    md5-*)
      bgp_objects ''
      kc -n kube-system delete secret bgp-auth --ignore-not-found > /dev/null
      kc -n default delete secret bgp-auth --ignore-not-found > /dev/null
      boot_with ''
      ;;
    auth-condition-stale)
      kc patch ciliumbgppeerconfig udm-pro --subresource status --type merge -p '{"status": {"conditions": null}}' > /dev/null
      ;;
    family-missing)
      apply_more_peers
      boot_with ''
      ;;
    instance-twice)
      bgp_objects ''
      # Nobody knows which of the two got the agents' tables.
      boot_with ''
      ;;
    peering-policy)
      kc delete crd ciliumbgppeeringpolicies.cilium.io > /dev/null
      bgp_objects ''
      ;;
    flux-dry-run)
      kc delete crd kustomizations.kustomize.toolkit.fluxcd.io > /dev/null
      bgp_objects ''
      ;;
    cluster-config-conflict) kc delete ciliumbgpclusterconfig garage > /dev/null ;;
    node-not-selected) kc label ciliumnode node-3 kubernetes.io/os=linux > /dev/null ;;
    router-id-*) kc delete ciliumbgpnodeconfigoverride node-3 > /dev/null ;;
    *) bgp_objects '' ;;
  esac
}

override_node_3() { # FIELD
  kc apply --server-side -f - >> "$S/apply.log" << YAML
apiVersion: cilium.io/v2
kind: CiliumBGPNodeConfigOverride
metadata: {name: node-3}
spec: {bgpInstances: [{name: main, $1}]}
YAML
}

# The kind is not Cilium 1.19's, but its CRD stays in a cluster that was upgraded.
peering_policy() {
  awk -v RS='---\n' '/ciliumbgppeeringpolicies.cilium.io/' "$S/bin/crds-1.16.yaml" | kc apply --server-side -f - >> "$S/apply.log"
  kc wait crd ciliumbgppeeringpolicies.cilium.io --for condition=established >> "$S/apply.log"
  kc apply --server-side -f - >> "$S/apply.log" << 'YAML'
apiVersion: cilium.io/v2alpha1
kind: CiliumBGPPeeringPolicy
metadata: {name: home}
spec:
  nodeSelector: {matchLabels: {kubernetes.io/os: linux}}
  virtualRouters:
  - localASN: 65010
    neighbors: [{peerAddress: 10.90.254.1/32, peerASN: 65001}]
    serviceSelector: {matchExpressions: [{key: bgp, operator: NotIn, values: ["off"]}]}
YAML
}

# What Flux leaves behind; nobody acts on it here.
flux_dry_run() {
  kc apply --server-side -f - >> "$S/apply.log" << 'YAML'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: kustomizations.kustomize.toolkit.fluxcd.io}
spec:
  group: kustomize.toolkit.fluxcd.io
  scope: Namespaced
  names: {kind: Kustomization, listKind: KustomizationList, plural: kustomizations, singular: kustomization}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
YAML
  kc wait crd kustomizations.kustomize.toolkit.fluxcd.io --for condition=established >> "$S/apply.log"
  kc apply --server-side -f - >> "$S/apply.log" << 'YAML'
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: cilium-bgp, namespace: kube-system}
spec: {interval: 1h, path: ./kubernetes/apps/kube-system/cilium/bgp, prune: true, sourceRef: {kind: GitRepository, name: home}}
status:
  conditions:
  - type: Ready
    status: "False"
    reason: ReconciliationFailed
    message: 'CiliumBGPClusterConfig/home dry-run failed: no matches for kind "CiliumBGPClusterConfig" in version "cilium.io/v2beta1"'
    lastTransitionTime: "2026-01-01T00:00:00Z"
YAML
}
