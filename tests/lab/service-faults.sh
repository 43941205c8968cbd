# Faults of Services, of their endpoints and of the advertisements: the sessions stay up. Sourced by `lab`.
# shellcheck shell=bash

list_service_faults() {
  cat << 'TEXT'
endpoint-moved           jellyfin's endpoint has moved from node 3 to node 1 (a state, no fault)
endpoint-not-ready       jellyfin's endpoint is not ready, so no node advertises it
endpoint-terminating     jellyfin's endpoint is terminating and still serves (a state, no fault)
endpoints-not-ready      authelia's endpoints are not ready, and every node advertises it
endpoints-withdrawn      grafana has no endpoint, and the agents withdraw what has none
placeholder-endpoint     a Gateway's Service has Local policy, and Cilium's placeholder for an endpoint
policy-local             authelia's policy is Local: two of three nodes advertise it (a state, no fault)
service-label-off        authelia has the label that the advertisement excludes
class-of-l2              authelia is of the class of L2 announcements
no-services              every Service is a ClusterIP
external-ip-not-listed   default/internal has an external address, and the advertisement has none
vip-in-external-ips      authelia has its VIP as an external address too
advertisement-narrow     the advertisement selects the namespace media alone
advertisement-missing    the PeerConfig asks for advertisements that do not exist
advertisement-deleted    there is no advertisement
advertisement-unlabelled the advertisement has not the label that the PeerConfig asks for
advertisement-selectless the advertisement has no selector: it selects nothing
advertisement-of-pods    the advertisement is of pod networks, not of Services
TEXT
}

service_fault() { # NAME
  case $1 in
    endpoint-moved)
      jellyfin_at node-1 true
      reach "node 1 alone announces it" announced_by 10.99.8.201/32 10.90.3.101
      ;;
    endpoint-not-ready)
      jellyfin_at node-3 false
      reach "nobody announces it" announced_by 10.99.8.201/32
      ;;
    endpoint-terminating) jellyfin_at node-3 false true ;;
    endpoints-not-ready)
      authelia_endpoints_are false
      reach "no node serves it" nobody_serves 10.99.8.202
      authelia_is_back
      ;;
    endpoints-withdrawn)
      config enable-no-service-endpoints-routable '"false"'
      agents_start_again --enable-no-service-endpoints-routable=false
      reach "nobody announces it" announced_by "$(vip_of default grafana)/32"
      reach "the sessions are back" healthy
      ;;
    placeholder-endpoint)
      gateway_service
      reach "it has its VIP" has_vip cilium-gateway-home
      reach "nobody announces it" announced_by 10.99.8.208/32
      ;;
    policy-local)
      service authelia '{"spec": {"externalTrafficPolicy": "Local"}}'
      reach "two nodes announce it" announced_by 10.99.8.202/32 10.90.3.101 10.90.3.102
      ;;
    service-label-off)
      service authelia '{"metadata": {"labels": {"bgp": "off"}}}'
      reach "nobody announces it" announced_by 10.99.8.202/32
      ;;
    class-of-l2)
      # The class of a Service stays what it was.
      kc delete service authelia > /dev/null
      authelia_with 's/type: LoadBalancer,/& loadBalancerClass: io.cilium\/l2-announcer,/'
      reach "it has its VIP" has_vip authelia
      reach "nobody announces it" announced_by 10.99.8.202/32
      ;;
    no-services)
      sed 's/type: LoadBalancer, externalTrafficPolicy: Local/type: LoadBalancer/; s/type: LoadBalancer, loadBalancerClass[^,]*/type: LoadBalancer/
        s/type: LoadBalancer/type: ClusterIP/' "$HERE/manifests/services.yaml" | kc apply --server-side --force-conflicts -f - >> "$S/apply.log"
      reach "nothing is announced" announced_by 10.99.8.202/32
      reach "nothing is announced" accepted 0
      ;;
    external-ip-not-listed) service internal '{"spec": {"externalIPs": ["10.99.8.231"]}}' ;;
    vip-in-external-ips) service authelia '{"spec": {"externalIPs": ["10.99.8.202"]}}' ;;
    advertisement-narrow)
      bgp_objects 's/selector: .*/selector: {matchLabels: {io.kubernetes.service.namespace: media}}/'
      reach "nobody announces authelia" announced_by 10.99.8.202/32
      reach "plex is announced" announced_by 10.99.8.203/32 10.90.3.101 10.90.3.102
      ;;
    advertisement-missing)
      bgp_objects 's/matchLabels: {advertise: bgp}/matchLabels: {advertise: nothing}/'
      reach "nobody announces authelia" announced_by 10.99.8.202/32
      ;;
    advertisement-deleted)
      kc delete ciliumbgpadvertisement services > /dev/null
      reach "nobody announces authelia" announced_by 10.99.8.202/32
      ;;
    advertisement-unlabelled)
      kc label ciliumbgpadvertisement services advertise=gbp --overwrite > /dev/null
      reach "nobody announces authelia" announced_by 10.99.8.202/32
      ;;
    advertisement-selectless)
      bgp_objects '/^    selector: /d'
      reach "nobody announces authelia" announced_by 10.99.8.202/32
      ;;
    advertisement-of-pods)
      bgp_objects '/^    service: /d; /^    selector: /d; s/advertisementType: Service/advertisementType: PodCIDR/'
      reach "nobody announces authelia" announced_by 10.99.8.202/32
      ;;
  esac
}

service_undo() { # NAME
  case $1 in
    endpoint-*)
      jellyfin_at node-3 true
      reach "node 3 announces it" announced_by 10.99.8.201/32 10.90.3.103
      ;;
    endpoints-not-ready) authelia_endpoints_are true ;;
    endpoints-withdrawn)
      config enable-no-service-endpoints-routable null
      agents_start_again
      ;;
    placeholder-endpoint)
      kc delete service cilium-gateway-home > /dev/null
      kc delete endpointslice cilium-gateway-home > /dev/null
      ;;
    policy-local)
      service authelia '{"spec": {"externalTrafficPolicy": "Cluster"}}'
      authelia_is_back
      ;;
    service-label-off)
      service authelia '{"metadata": {"labels": {"bgp": null}}}'
      authelia_is_back
      ;;
    class-of-l2)
      kc delete service authelia > /dev/null
      authelia_with ''
      authelia_is_back
      ;;
    no-services)
      apply "$HERE/manifests/services.yaml" --force-conflicts
      apply_more_peers
      reach "every Service has its VIP again" nobody_waits
      authelia_is_back
      reach "node 3 announces jellyfin" announced_by 10.99.8.201/32 10.90.3.103
      ;;
    external-ip-not-listed) service internal '{"spec": {"externalIPs": null}}' ;;
    vip-in-external-ips) service authelia '{"spec": {"externalIPs": null}}' ;;
    advertisement-*)
      bgp_objects ''
      authelia_is_back
      ;;
  esac
}

service() { # NAME MERGE-PATCH [FLAGS...]
  kc patch service "$1" --type merge -p "$2" "${@:3}" > /dev/null
}

jellyfin_at() { # NODE true | false: whether it is ready, [true]: whether it is terminating
  kc patch endpointslice jellyfin-1 --type merge -p "{\"endpoints\": [{\"addresses\": [\"10.244.3.12\"], \"nodeName\": \"$1\",
    \"conditions\": {\"ready\": $2, \"serving\": ${3:-$2}, \"terminating\": ${3:-false}}}]}" > /dev/null
}

authelia_endpoints_are() { # true | false: whether they are ready
  kc get endpointslice authelia-1 -o json |
    jq --argjson ready "$1" '.endpoints[].conditions = {$ready, serving: $ready}' | kc replace -f - > /dev/null
}

# Applies authelia's Service, changed by a sed script.
authelia_with() {
  awk -v RS='---\n' '/kind: Service/ && /name: authelia,/' "$HERE/manifests/services.yaml" | sed "$1" |
    kc apply --server-side -f - >> "$S/apply.log"
}

# As Cilium makes it for a Gateway: Envoy's address is not told by the endpoint.
gateway_service() {
  kc apply --server-side -f - >> "$S/apply.log" << 'YAML'
apiVersion: v1
kind: Service
metadata:
  name: cilium-gateway-home
  namespace: default
  labels: {io.cilium.gateway/owning-gateway: home, gateway.networking.k8s.io/gateway-name: home}
  annotations: {lbipam.cilium.io/ips: 10.99.8.208}
spec: {type: LoadBalancer, externalTrafficPolicy: Local, ports: [{name: port-80, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: cilium-gateway-home, namespace: default, labels: {kubernetes.io/service-name: cilium-gateway-home}}
addressType: IPv4
ports: [{name: port-80, port: 9999, protocol: TCP}]
endpoints: [{addresses: [192.192.192.192], conditions: {ready: true, serving: true}}]
YAML
}

vip_of() { # NAMESPACE NAME
  kc -n "$1" get service "$2" -o json | jq -r '.status.loadBalancer.ingress[0].ip // empty'
}

has_vip() { [ -n "$(vip_of default "$1")" ]; }

nobody_serves() { # VIP
  local n
  for n in 1 2 3; do [ -z "$(ip -n "${P}n$n" addr show dev lo to "$1")" ] || return; done
}

# Sets a key of cilium-config, which nobody here reads but who looks at it.
config() { # KEY JSON-STRING | null
  kc -n kube-system patch configmap cilium-config --type merge -p "{\"data\": {\"$1\": $2}}" > /dev/null
}
