# Faults of what the router takes of the routes, and puts into its kernel: the sessions stay up. Sourced by `lab`.
# shellcheck shell=bash

list_filter_faults() {
  cat << 'TEXT'
requires-policy          ebgp-requires-policy is on and there is no inbound list
prefix-list-undefined    the inbound prefix list is not defined: it denies everything
vip-filtered             the inbound list admits 10.99.8.202 and .203 only
vip-filtered-unseen      the same, and the router does not keep what it filtered
no-soft-reconfiguration  the router does not keep what it filters, and filters nothing (a state, no fault)
list-without-le          the inbound list admits 10.99.8.0/24 and nothing longer
list-other-net           the inbound list admits 10.98.8.0/24
route-map-undefined      an inbound route map that is not defined: it denies everything
route-map-deny           an inbound route map without a permit
route-map-narrow         an inbound route map that permits 10.99.8.202 and .203 only
aggregate-filtered       the advertisement aggregates to /24, and the inbound list wants /32
as-path-loop             the router's own AS is the nodes', and it calls itself 65001 towards them
next-hop-away            an inbound route map gives node 3's routes a next hop that is not there
fib-rejected             the kernel refuses the routes through node 3: B>r
fib-lost                 the kernel has lost the routes that FRR says are installed
fib-shadowed             a static route wins over 10.99.8.202's
fib-blackholed           a static route to nowhere wins over 10.99.8.202's
vip-on-router            the router has 10.99.8.202 itself
TEXT
}

filter_fault() { # NAME
  case $1 in
    requires-policy)
      boot_with '/ebgp-requires-policy/d; /prefix-list k8s-services in/d'
      reach "nothing is accepted" accepted 0
      reach "the sessions are up" others_are_up
      ;;
    prefix-list-undefined)
      filter 'no ip prefix-list k8s-services'
      reach "nothing is accepted" accepted 0
      ;;
    vip-filtered)
      filter 'ip prefix-list k8s-services seq 10 permit 10.99.8.202/31 le 32'
      reach "one route of node 3 is accepted" accepted 1
      ;;
    vip-filtered-unseen)
      boot_with '/soft-reconfiguration/d; s/permit 10.99.8.0\/24/permit 10.99.8.202\/31/'
      reach "the sessions are up" others_are_up
      reach "one route of node 3 is accepted" accepted 1
      ;;
    no-soft-reconfiguration)
      boot_with '/soft-reconfiguration/d'
      reach "the sessions are back" healthy
      ;;
    list-without-le)
      filter 'ip prefix-list k8s-services seq 10 permit 10.99.8.0/24'
      reach "nothing is accepted" accepted 0
      ;;
    list-other-net)
      filter 'ip prefix-list k8s-services seq 10 permit 10.98.8.0/24 le 32'
      reach "nothing is accepted" accepted 0
      ;;
    route-map-undefined)
      filter 'router bgp 65001' 'address-family ipv4 unicast' 'neighbor k8s route-map nodes in'
      reach "nothing is accepted" accepted 0
      ;;
    route-map-deny)
      filter 'route-map nodes deny 10' 'router bgp 65001' 'address-family ipv4 unicast' 'neighbor k8s route-map nodes in'
      reach "nothing is accepted" accepted 0
      ;;
    route-map-narrow)
      filter 'ip prefix-list few permit 10.99.8.202/31 le 32' 'route-map nodes permit 10' 'match ip address prefix-list few' \
        'router bgp 65001' 'address-family ipv4 unicast' 'neighbor k8s route-map nodes in'
      reach "one route of node 3 is accepted" accepted 1
      ;;
    aggregate-filtered)
      filter 'ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 ge 32 le 32'
      bgp_objects 's/addresses: \[LoadBalancerIP\]/&, aggregationLengthIPv4: 24/'
      reach "authelia is not announced" announced_by 10.99.8.202/32
      reach "the aggregate is not accepted" announced_by 10.99.8.0/24
      ;;
    as-path-loop)
      boot_with 's/^router bgp 65001/router bgp 65010/
        s/^ neighbor k8s remote-as .*/&\n neighbor k8s local-as 65001 no-prepend replace-as/'
      reach "nothing is accepted" accepted 0
      reach "the sessions are up" others_are_up
      ;;
    next-hop-away)
      filter 'route-map away permit 10' 'set ip next-hop 192.0.2.1' 'router bgp 65001' 'address-family ipv4 unicast' \
        'neighbor 10.90.3.103 route-map away in'
      reach "jellyfin's path is not valid" path_has 10.99.8.201/32 '.valid | not'
      ;;
    fib-rejected)
      # The kernel checks a next hop with its device set, which no packet's look-up has, so only new routes are refused.
      on_router udm ip rule add pref 10 to 10.90.3.103 oif br3 unreachable
      # A route that exists before node 3's path joins it is not new: the order is chance.
      for _ in 1 2 3 4; do
        install_routes_again
        (wait_for 10 "a route was rejected" route_is 10.99.8.202 .failed) 2> /dev/null && break
      done
      reach "a route was rejected" route_is 10.99.8.202 .failed
      ;;
    fib-lost)
      # The kernel drops a next hop's routes without a word to zebra.
      on_router udm ip nexthop flush > /dev/null
      reach "the kernel has no route" no_kernel_routes
      ;;
    fib-shadowed)
      configure 'ip route 10.99.8.202/32 10.90.3.101'
      reach "BGP's route is not selected" route_is 10.99.8.202 "$NOT_SELECTED"
      ;;
    fib-blackholed)
      configure 'ip route 10.99.8.202/32 Null0'
      reach "BGP's route is not selected" route_is 10.99.8.202 "$NOT_SELECTED"
      ;;
    vip-on-router)
      on_router udm ip addr add 10.99.8.202/32 dev br3
      reach "BGP's route is not selected" route_is 10.99.8.202 "$NOT_SELECTED"
      ;;
  esac
}

filter_undo() { # NAME
  case $1 in
    prefix-list-undefined | vip-filtered | list-*) filter "$FIRST_LIST" ;;
    route-map-*)
      filter 'router bgp 65001' 'address-family ipv4 unicast' 'no neighbor k8s route-map nodes in'
      # They may not be there.
      configure 'no route-map nodes' > /dev/null || true
      configure 'no ip prefix-list few' > /dev/null || true
      ;;
    next-hop-away)
      filter 'router bgp 65001' 'address-family ipv4 unicast' 'no neighbor 10.90.3.103 route-map away in'
      configure 'no route-map away'
      ;;
    aggregate-filtered)
      bgp_objects ''
      filter "$FIRST_LIST"
      authelia_is_back
      ;;
    fib-rejected)
      on_router udm ip rule del pref 10
      install_routes_again
      ;;
    fib-lost) install_routes_again ;;
    fib-shadowed) configure 'no ip route 10.99.8.202/32 10.90.3.101' ;;
    fib-blackholed) configure 'no ip route 10.99.8.202/32 Null0' ;;
    vip-on-router) on_router udm ip addr del 10.99.8.202/32 dev br3 ;;
    *) boot_with '' ;;
  esac
}

FIRST_LIST='ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 le 32'
NOT_SELECTED='.protocol == "bgp" and (.selected | not)'

# Nothing is filtered anew before a soft clear.
filter() { # CONFIGURATION...
  configure "$@"
  vty udm 'clear bgp ipv4 unicast * soft in'
}

path_has() { # PREFIX FILTER
  vty udm 'show bgp ipv4 unicast json' | jq -e ".routes[\"$1\"][]? | $2" > /dev/null
}
