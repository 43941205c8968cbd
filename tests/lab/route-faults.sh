# Faults of paths: how many there are, which is best, and who else announces. The sessions stay up. Sourced by `lab`.
# shellcheck shell=bash

list_route_faults() {
  cat << 'TEXT'
aggregated               the advertisement aggregates to /24 (a state, no fault)
external-ip              the advertisement has external addresses too, and default/internal has one (a state, no fault)
single-path              the router uses one path of each prefix
node-preferred           the router prefers node 3's paths
host-announces           10.90.3.50, no node, announces 10.99.8.202, .205 with a next hop that is not there, and nobody's VIP
node-announces-more      from a second address node 3 announces a default route, the nodes' net, sonarr's VIP and nobody's
TEXT
}

route_fault() { # NAME
  case $1 in
    aggregated)
      bgp_objects 's/addresses: \[LoadBalancerIP\]/&, aggregationLengthIPv4: 24/'
      reach "the aggregate is announced" announced_by 10.99.8.0/24 10.90.3.101 10.90.3.102 10.90.3.103
      reach "authelia itself is not" announced_by 10.99.8.202/32
      ;;
    external-ip)
      service internal '{"spec": {"externalIPs": ["10.99.8.231"]}}'
      bgp_objects 's/addresses: \[LoadBalancerIP\]/addresses: [LoadBalancerIP, ExternalIP]/'
      reach "it is announced" announced_by 10.99.8.231/32 10.90.3.101 10.90.3.102 10.90.3.103
      ;;
    single-path)
      configure 'router bgp 65001' 'address-family ipv4 unicast' 'maximum-paths 1'
      reach "the kernel has one next hop" kernel_hops 10.99.8.202 1
      ;;
    node-preferred)
      configure 'route-map prefer permit 10' 'set local-preference 200' 'router bgp 65001' 'address-family ipv4 unicast' \
        'neighbor 10.90.3.103 route-map prefer in' 'end' 'clear bgp ipv4 unicast * soft in'
      reach "the kernel has one next hop" kernel_hops 10.99.8.202 1
      ;;
    host-announces)
      configure 'router bgp 65001' 'neighbor 10.90.3.50 peer-group k8s'
      speaker_start vlan 10.90.3.50 10.99.8.202/32 10.99.8.205/32 10.99.8.232/32
      reach "its route is there" announced_by 10.99.8.232/32 10.90.3.50
      ;;
    node-announces-more)
      ip -n "${P}n3" addr add 10.90.3.113/24 dev eth0
      addresses_of_node_3 '+ [{type: "InternalIP", ip: "10.90.3.113"}]'
      # Without the inbound list of the others.
      configure 'router bgp 65001' 'neighbor 10.90.3.113 remote-as 65010'
      speaker_start n3 10.90.3.113 0.0.0.0/0 10.90.3.0/24 10.99.8.206/32 10.99.8.232/32
      reach "its routes are there" announced_by 0.0.0.0/0 10.90.3.113
      ;;
  esac
}

route_undo() { # NAME
  case $1 in
    aggregated)
      bgp_objects ''
      reach "the aggregate is gone" announced_by 10.99.8.0/24
      authelia_is_back
      ;;
    external-ip)
      bgp_objects ''
      service internal '{"spec": {"externalIPs": null}}'
      reach "its external address is gone" announced_by 10.99.8.231/32
      ;;
    single-path) configure 'router bgp 65001' 'address-family ipv4 unicast' 'no maximum-paths 1' ;;
    node-preferred)
      configure 'router bgp 65001' 'address-family ipv4 unicast' 'no neighbor 10.90.3.103 route-map prefer in' 'end' \
        'configure terminal' 'no route-map prefer' 'end' 'clear bgp ipv4 unicast * soft in'
      ;;
    host-announces)
      stop speaker
      configure 'router bgp 65001' 'no neighbor 10.90.3.50 peer-group k8s'
      ;;
    node-announces-more)
      stop speaker
      configure 'router bgp 65001' 'no neighbor 10.90.3.113'
      addresses_of_node_3 '| map(select(.ip != "10.90.3.113"))'
      ip -n "${P}n3" addr del 10.90.3.113/24 dev eth0
      ;;
  esac
}

addresses_of_node_3() { # FILTER
  kc get ciliumnode node-3 -o json | jq ".spec.addresses |= (. $1)" | kc replace -f - > /dev/null
}

# Another BGP speaker for AS 65010. It has no zebra, so it only announces. The next hop of 10.99.8.205 is on no link.
speaker_start() { # NAMESPACE ADDRESS PREFIX...
  local namespace=$1 address=$2
  shift 2
  mkdir -p "$S/speaker"
  {
    cat << CONF
ip prefix-list away permit 10.99.8.205/32
route-map out permit 10
 match ip address prefix-list away
 set ip next-hop 192.0.2.1
route-map out permit 20
router bgp 65010
 bgp router-id $address
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor 10.90.254.1 remote-as 65001
 neighbor 10.90.254.1 disable-connected-check
 neighbor 10.90.254.1 timers connect 1
 neighbor 10.90.254.1 update-source $address
 address-family ipv4 unicast
  neighbor 10.90.254.1 route-map out out
CONF
    printf '  network %s\n' "$@"
  } > "$S/speaker/bgpd.conf"
  daemon speaker "$namespace" /usr/lib/frr/bgpd -n -S -Z -P 0 -l "$address" -f "$S/speaker/bgpd.conf" -i "$S/speaker/pid" \
    --vty_socket "$S/speaker" --log stdout
}

# Whether these neighbors of the router have a path to it, and no other.
announced_by() { # PREFIX NEIGHBOR...
  vty udm 'show bgp ipv4 unicast json' |
    jq -e '[.routes[$ARGS.positional[0]][]?.peerId] | sort == $ARGS.positional[1:]' --args "$@" > /dev/null
}

authelia_is_back() {
  reach "every node announces authelia" announced_by 10.99.8.202/32 10.90.3.101 10.90.3.102 10.90.3.103
}

kernel_hops() { # VIP COUNT
  [ "$(on_router udm ip -j route show "$1" | jq '[.[] | (.nexthops // [.])[]] | length')" = "$2" ]
}
