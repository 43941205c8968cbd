# Namespaces and links. Everything of a lab is in namespaces named after its index; only the far ends of three links are
# on the host, in 10.90.255.0/24. Sourced by `lab`.
# shellcheck shell=bash

# Runs a command in a namespace of this lab: udm, udm2, lan, vlan, cp, n1 to n3.
ns() { local where=$1; shift; ip netns exec "$P$where" "$@"; }

# The address by which the host reaches a router or the control plane.
host_side() { # udm | udm2 | cp
  local at
  case $1 in udm) at=1 ;; udm2) at=5 ;; cp) at=9 ;; esac
  echo "10.90.255.$((16 * INDEX + at))"
}
management() { local host; host=$(host_side "$1"); echo "${host%.*}.$((${host##*.} + 1))"; }

wire() {
  local n
  for n in "${ROUTERS[@]}" lan vlan cp n1 n2 n3; do
    ip netns add "$P$n"
    ip -n "$P$n" link set lo up
    # No duplicate address detection: an address would be of no use for its first second or two.
    ns "$n" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv6.conf.default.accept_dad=0 \
      net.ipv6.conf.default.keep_addr_on_down=1
  done

  # The first router is also the switch of both networks: br0 is the LAN, br3 the nodes' VLAN.
  for n in br0 br3; do ip -n "${P}udm" link add $n type bridge; done
  ip -n "${P}udm" link set br0 up
  ip -n "${P}udm" link set br3 up
  address udm br0 10.90.254.1/24 fd00:90:254::1/64
  address udm br3 10.90.3.1/24 fd00:90:3::1/64
  # Without BGP the router asks for the VIPs by ARP, so it needs an address in their net.
  [ -z "$L2_ONLY" ] || address udm br3 10.99.8.1/24 fd00:99:8::1/112
  plug lan br0 10.90.254.50/24 fd00:90:254::50/64
  default_route lan 254
  plug vlan br3 10.90.3.50/24 fd00:90:3::50/64
  plug cp br3 10.90.3.10/24 fd00:90:3::10/64
  for n in 1 2 3; do
    plug "n$n" br3 "10.90.3.10$n/24" "fd00:90:3::10$n/64"
    # A node answers ARP only for what is on the asked device, and asks with its own address: see agent/dataplane.go.
    ns "n$n" sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
  done
  for n in vlan cp n1 n2 n3; do default_route "$n" 3; done
  if [ "${#ROUTERS[@]}" = 2 ]; then wire_second_router; fi

  for n in "${ROUTERS[@]}"; do
    host_link "$n" mgmt0
    # Hash policy 1 looks at ports too. With the kernel's 0 one client always lands on one node and ECMP looks broken.
    ns "$n" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.fib_multipath_hash_policy=1 \
      net.ipv6.fib_multipath_hash_policy=1
  done
  host_link cp host0
}

# Like any second gateway it has an address in both networks, so a node's session needs no second hop.
wire_second_router() {
  local n
  plug udm2 br0 10.90.254.2/24 fd00:90:254::2/64 lan0
  plug udm2 br3 10.90.3.2/24 fd00:90:3::2/64 vlan0
  for n in 1 2 3; do ip -n "${P}n$n" route add 10.90.254.2/32 via 10.90.3.2; done
}

address() { # NAMESPACE DEVICE IPV4 IPV6
  ip -n "$P$1" addr add "$3" dev "$2"
  [ -z "$IPV6" ] || ip -n "$P$1" addr add "$4" dev "$2"
}

# Connects a namespace to a bridge of the first router.
plug() { # NAMESPACE BRIDGE IPV4 IPV6 [DEVICE]
  local device=${5:-eth0}
  ip link add "$device" netns "$P$1" type veth peer name "$1-$2" netns "${P}udm"
  ip -n "${P}udm" link set "$1-$2" master "$2" up
  ip -n "$P$1" link set "$device" up
  address "$1" "$device" "$3" "$4"
}

default_route() { # NAMESPACE SUBNET
  ip -n "$P$1" route add default via "10.90.$2.1"
  [ -z "$IPV6" ] || ip -n "$P$1" -6 route add default via "fd00:90:$2::1"
}

host_link() { # NAMESPACE DEVICE
  ip link add "$P$1" type veth peer name "$2" netns "$P$1"
  ip addr add "$(host_side "$1")/30" dev "$P$1"
  ip link set "$P$1" up
  ip -n "$P$1" addr add "$(management "$1")/30" dev "$2"
  ip -n "$P$1" link set "$2" up
}

# Ends every process in the lab's namespaces and removes them. Nothing is found by a daemon's name: the host may run its
# own.
unwire() {
  local n
  for n in udm udm2 lan vlan cp n1 n2 n3; do
    [ -e "/run/netns/$P$n" ] || continue
    for _ in {1..50}; do
      # shellcheck disable=SC2046
      kill -KILL $(ip netns pids "$P$n") 2> /dev/null || break
      sleep .1
    done
    ip link del "$P$n" 2> /dev/null || true
    ip netns del "$P$n"
  done
}
