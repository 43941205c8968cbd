# Faults of the way between a node and the router: addresses, hops, firewalls. Sourced by `lab`.
# shellcheck shell=bash

list_way_faults() {
  cat << 'TEXT'
node-address-changed     node 3 has a new address, 10.90.3.123
node-behind-a-hop        node 3 reaches the router's address over another host
node-firewall            node 3 drops what it would send to TCP 179
firewall-179             the router drops TCP 179 from node 3
source-nat               node 3's firewall gives its session another address
source-address           an override gives node 3's session an address that the router does not know
source-interface         the PeerConfig wants an interface that no node has
source-loopback          node 3's session comes from an address that is on no link of the router's, who takes no next hop there
TEXT
}

way_fault() { # NAME
  case $1 in
    node-address-changed)
      node_3_at 10.90.3.123
      reach "node 3 is down" down_at_both .
      ;;
    node-behind-a-hop)
      ns vlan sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
      ip -n "${P}n3" route add 10.90.254.1/32 via 10.90.3.50
      vty udm 'clear bgp 10.90.3.103'
      reach "node 3 is down" down_at_both .
      ;;
    node-firewall)
      drop_179 n3 output 'ip daddr 10.90.254.1 tcp dport 179 drop'
      vty udm 'clear bgp 10.90.3.103'
      reach "node 3 is down" down_at_both .
      ;;
    firewall-179)
      drop_179 udm input 'ip saddr 10.90.3.103 tcp dport 179 drop'
      boot_with ''
      reach "the others are back" others_are_up
      reach "node 3 is down" down_at_both .
      ;;
    source-nat)
      ip -n "${P}n3" addr add 10.90.3.113/24 dev eth0
      ns n3 nft -f - << 'NFT'
table ip lab {
  chain postrouting {
    type nat hook postrouting priority 100
    tcp dport 179 snat to 10.90.3.113
  }
}
NFT
      vty udm 'clear bgp 10.90.3.103'
      reach "node 3 is down" down_at_both .
      ;;
    source-address)
      ip -n "${P}n3" addr add 10.90.3.113/24 dev eth0
      override_node_3 'peers: [{name: udm-pro, localAddress: 10.90.3.113}]'
      reach "node 3 is down" down_at_both .
      ;;
    source-interface)
      bgp_objects 's/^  timers/  transport: {sourceInterface: eth7}\n&/'
      reach "every node is down" nodes_are 1 2 3 '!established'
      reach "the router noticed" neighbor_is 10.90.3.103 '!Established'
      ;;
    source-loopback)
      ip -n "${P}n3" addr add 10.91.9.3/32 dev lo
      on_router udm ip route add 10.91.9.3/32 via 10.90.3.103
      configure 'router bgp 65001' 'no neighbor 10.90.3.103 peer-group k8s' 'neighbor 10.91.9.3 peer-group k8s'
      override_node_3 'peers: [{name: udm-pro, localAddress: 10.91.9.3}]'
      reach "the session is back" neighbor_is 10.91.9.3 Established
      reach "node 3 knows it" nodes_are 3 established
      reach "jellyfin has its route" announced_by 10.99.8.201/32 10.91.9.3
      ;;
  esac
}

way_undo() { # NAME
  case $1 in
    node-address-changed) node_3_at 10.90.3.103 ;;
    node-behind-a-hop) ip -n "${P}n3" route del 10.90.254.1/32 via 10.90.3.50 ;;
    node-firewall) ns n3 nft delete table inet lab ;;
    firewall-179)
      ns udm nft delete table inet lab
      boot_with ''
      ;;
    source-nat)
      ns n3 nft delete table ip lab
      ip -n "${P}n3" addr del 10.90.3.113/24 dev eth0
      ;;
    source-address)
      kc delete ciliumbgpnodeconfigoverride node-3 > /dev/null
      ip -n "${P}n3" addr del 10.90.3.113/24 dev eth0
      ;;
    source-interface) bgp_objects '' ;;
    source-loopback)
      kc delete ciliumbgpnodeconfigoverride node-3 > /dev/null
      ip -n "${P}n3" addr del 10.91.9.3/32 dev lo
      on_router udm ip route del 10.91.9.3/32 via 10.90.3.103
      boot_with ''
      ;;
  esac
}

drop_179() { # NAMESPACE HOOK RULE
  ns "$1" nft -f - << NFT
table inet lab {
  chain $2 {
    type filter hook $2 priority 0
    $3
  }
}
NFT
}

# Node 3 with another address, as DHCP or a new installation would leave it.
node_3_at() { # ADDRESS
  stop agent3
  stop kubelet3
  ip -n "${P}n3" -4 addr flush dev eth0
  ip -n "${P}n3" addr add "$1/24" dev eth0
  default_route n3 3
  addresses_of_node_3 "| map(select(.ip | contains(\":\"))) + [{type: \"InternalIP\", ip: \"$1\"}]"
  kc patch node node-3 --subresource status -p "{\"status\": {\"addresses\": [{\"type\": \"InternalIP\", \"address\": \"$1\"}]}}" > /dev/null
  NODE_IP=$1 agent_start 3
  NODE_IP=$1 kubelet_start 3
}
