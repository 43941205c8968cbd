# Faults of address pools and of what a Service asks of them. Sourced by `lab`.
# shellcheck shell=bash

list_pool_faults() {
  cat << 'TEXT'
pool-missing             there is no pool
pool-disabled            the pool is disabled, and a new Service waits for an address
pool-not-selecting       the pool selects the namespace media alone
pool-full                the pool has as many addresses as are taken, and a new Service waits
pool-conflict            a second pool overlaps the first
pool-unaligned           the pool is 10.99.8.200/28, which begins at .192
pool-widened             authelia's VIP is from a second pool, 10.99.9.0/24, which the router filters
pool-in-node-vlan        authelia's VIP is from a second pool, in the nodes' VLAN
vip-outside              authelia asks for 10.99.9.9, which is in no pool
vip-taken                a new Service asks for authelia's VIP
vip-last                 a new Service asks for the last address of a pool that does not give it
sharing-clash            a new Service shares resolver's VIP, and its port
second-controller        another controller writes authelia's VIP, again and again
TEXT
}

pool_fault() { # NAME
  case $1 in
    pool-missing)
      kc delete ciliumloadbalancerippool services > /dev/null
      reach "authelia has no VIP" has_no_vip authelia
      reach "nothing is announced" accepted 0
      ;;
    pool-disabled)
      pool_is '{"disabled": true}'
      late_service
      reach "it waits" waits late
      ;;
    pool-not-selecting)
      pool_is '{"serviceSelector": {"matchLabels": {"io.kubernetes.service.namespace": "media"}}}'
      reach "authelia waits" waits authelia
      reach "nobody announces it" announced_by 10.99.8.202/32
      ;;
    pool-full)
      pool_is "$(kc get services -A -o json | jq '{blocks: [.items[].status.loadBalancer.ingress[0]?.ip | values | select(contains(":") | not)]
        | unique | map({start: .})}')"
      late_service
      reach "it waits" waits late
      ;;
    pool-conflict)
      pool more 'start: 10.99.8.240, stop: 10.99.8.254'
      reach "the condition is there" condition_is ciliumloadbalancerippool/more PoolConflict
      ;;
    pool-unaligned) pool_is '{"blocks": [{"cidr": "10.99.8.200/28"}]}' ;;
    pool-widened)
      pool more 'cidr: 10.99.9.0/24'
      authelia_asks 10.99.9.9
      reach "it has it" vip_is authelia 10.99.9.9
      reach "the router filters it" neighbor_counts_filtered
      ;;
    pool-in-node-vlan)
      configure 'ip prefix-list k8s-services seq 20 permit 10.90.3.200/29 le 32'
      pool vlan 'start: 10.90.3.200, stop: 10.90.3.207'
      authelia_asks 10.90.3.202
      reach "every node announces it" announced_by 10.90.3.202/32 10.90.3.101 10.90.3.102 10.90.3.103
      ;;
    vip-outside)
      authelia_asks 10.99.9.9
      reach "it waits" waits authelia
      reach "nobody announces it" announced_by 10.99.8.202/32
      ;;
    vip-taken)
      late_service 'lbipam.cilium.io/ips: 10.99.8.202'
      reach "it waits" waits late
      ;;
    vip-last)
      pool more 'cidr: 10.99.9.0/24'
      kc patch ciliumloadbalancerippool more --type merge -p '{"spec": {"allowFirstLastIPs": "No"}}' > /dev/null
      late_service 'lbipam.cilium.io/ips: 10.99.9.255'
      reach "it waits" waits late
      ;;
    sharing-clash)
      late_service 'lbipam.cilium.io/ips: 10.99.8.205, lbipam.cilium.io/sharing-key: resolver' 53
      reach "it waits" waits late dns
      ;;
    second-controller)
      daemon rival cp sh -c 'while sleep .3; do "$@"; done' sh "$S/bin/kubectl" --kubeconfig "$S/kubeconfig.node" patch service authelia \
        --subresource status --type merge --field-manager metallb-controller \
        -p '{"status": {"loadBalancer": {"ingress": [{"ip": "10.90.3.240"}]}}}'
      reach "it has its way for a moment" vip_is authelia 10.90.3.240
      ;;
  esac
}

pool_undo() { # NAME
  case $1 in
    pool-missing) apply "$HERE/manifests/l2.yaml" ;;
    pool-disabled | pool-not-selecting | pool-full | pool-unaligned)
      pool_is '{"disabled": false, "serviceSelector": null, "blocks": [{"start": "10.99.8.200", "stop": "10.99.8.250"}]}'
      no_late_service
      ;;
    pool-conflict) kc delete ciliumloadbalancerippool more > /dev/null ;;
    pool-widened)
      authelia_asks 10.99.8.202
      kc delete ciliumloadbalancerippool more > /dev/null
      ;;
    pool-in-node-vlan)
      authelia_asks 10.99.8.202
      kc delete ciliumloadbalancerippool vlan > /dev/null
      configure 'no ip prefix-list k8s-services seq 20'
      ;;
    vip-outside) authelia_asks 10.99.8.202 ;;
    vip-taken | sharing-clash) no_late_service ;;
    vip-last)
      no_late_service
      kc delete ciliumloadbalancerippool more > /dev/null
      ;;
    second-controller)
      stop rival
      # Cilium's operator looks at a Service when it changes.
      service authelia '{"status": {"loadBalancer": {"ingress": null}}}' --subresource status
      ;;
  esac
  reach "every Service has its VIP again" nobody_waits
  authelia_is_back
}

pool() { # NAME BLOCK
  kc apply --server-side -f - >> "$S/apply.log" << YAML
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: $1}
spec: {blocks: [{$2}]}
YAML
}

pool_is() { # SPEC
  kc patch ciliumloadbalancerippool services --type merge -p "{\"spec\": $1}" > /dev/null
}

authelia_asks() { # VIP
  service authelia "{\"metadata\": {\"annotations\": {\"lbipam.cilium.io/ips\": \"$1\"}}}"
}

# Sharing an address takes the same namespace.
late_service() { # [ANNOTATIONS] [PORT]
  local namespace=default
  [ -z "${2:-}" ] || namespace=dns
  kc apply --server-side -f - >> "$S/apply.log" << YAML
apiVersion: v1
kind: Service
metadata: {name: late, namespace: $namespace, annotations: {${1:-}}}
spec: {type: LoadBalancer, selector: {app: late}, ports: [{name: http, port: ${2:-80}, protocol: TCP}]}
YAML
}

no_late_service() { kc delete service -n default late --ignore-not-found > /dev/null; kc delete service -n dns late --ignore-not-found > /dev/null; }

# Whether LB IPAM says that it cannot give what the Service asks for.
waits() { # NAME [NAMESPACE]
  [ -z "$(vip_of "${2:-default}" "$1")" ] && kc -n "${2:-default}" get service "$1" -o json | jq -e '.status.conditions[]?
    | select(.type == "cilium.io/IPAMRequestSatisfied").status == "False"' > /dev/null
}

nobody_waits() {
  kc get services -A -o json | jq -e 'all(.items[] | select(.spec.type == "LoadBalancer" and .spec.loadBalancerClass == null);
    (.metadata.annotations["lbipam.cilium.io/ips"] // .status.loadBalancer.ingress[0].ip) as $asked
    | [.status.loadBalancer.ingress[]?.ip | select(inside($asked // ""))] != [])' > /dev/null
}

has_no_vip() { [ -z "$(vip_of default "$1")" ]; }

vip_is() { [ "$(vip_of default "$1")" = "$2" ]; }

# What node 1 says that it advertises is more than the router accepts.
neighbor_counts_filtered() {
  cilium 1 bgp routes advertised ipv4 unicast | grep -q 10.99.9.9/32 && announced_by 10.99.8.202/32
}
