//! A configuration of the built-in snapshot's router that has all that its cluster needs.

/// As the guide has it.
pub const GUIDE: &str = "router bgp 65001
 no bgp ebgp-requires-policy
 neighbor k8s peer-group
 neighbor k8s remote-as 65010
 neighbor 10.90.3.101 peer-group k8s
 neighbor 10.90.3.102 peer-group k8s
 neighbor 10.90.3.103 peer-group k8s
 !
 address-family ipv4 unicast
  neighbor k8s activate
  neighbor k8s soft-reconfiguration inbound
  neighbor k8s prefix-list k8s-services in
 exit-address-family
!
ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 le 32
";
