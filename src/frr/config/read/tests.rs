use super::super::bgp::{IPV4_UNICAST, IPV6_UNICAST, Timers};
use super::super::neighbor::{MaximumPrefix, RemoteAs};
use super::*;

const CONFIG: &str = "\
Building configuration...

Current configuration:
!
frr version 10.3
frr defaults traditional
hostname gateway
service integrated-vtysh-config
!
ip prefix-list vips seq 10 permit 10.99.8.0/24 ge 32
!
router bgp 65001
 bgp router-id 10.90.3.1
 no bgp ebgp-requires-policy
 bgp listen limit 20
 bgp listen range 10.90.4.0/24 peer-group nodes
 neighbor nodes peer-group
 neighbor nodes remote-as 65010
 neighbor nodes password s3cret
 neighbor nodes timers 3 9
 neighbor nodes timers connect 5
 neighbor nodes capability extended-nexthop
 neighbor 10.90.3.101 peer-group nodes
 neighbor 10.90.3.102 peer-group nodes
 neighbor 10.90.3.102 timers 10 30
 neighbor 10.90.3.102 shutdown message gone to the shop
 !
 address-family ipv4 unicast
  network 10.0.0.0/8 route-map out
  redistribute connected
  neighbor nodes prefix-list vips in
  neighbor nodes maximum-prefix 100 80 restart 5
  no neighbor 10.90.3.102 activate
  maximum-paths 8
 exit-address-family
 !
 address-family ipv6 unicast
  neighbor nodes activate
 exit-address-family
exit
!
router bgp 65001 vrf blue
 neighbor eth1 interface remote-as external
exit
!
ip route 10.99.8.0/24 Null0
!
line vty
 password s3cret
!
end
";

#[test]
fn a_running_config_is_read() {
    let config = Config::parse(CONFIG);
    assert_eq!(config.version.as_ref().map(|version| (version.line, version.as_str())), Some((5, "10.3")));
    assert!(config.integrated.as_ref().is_some_and(|integrated| integrated.value));
    let instance = config.instance(None).expect("the default instance");
    assert_eq!((instance.line, instance.asn), (12, Some(65001)));
    assert_eq!(instance.router_id.as_ref().map(|id| id.to_string()).as_deref(), Some("10.90.3.1"));
    assert!(!config.requires_policy(instance));
    assert_eq!(instance.listen_limit.as_deref(), Some(&20));
    let listen = instance.listens_for("10.90.4.9".parse().expect("an address")).expect("the range");
    assert_eq!((listen.line, listen.group.as_str()), (16, "nodes"));
    let family = &instance.families[IPV4_UNICAST];
    assert_eq!(family.networks[0].route_map.as_deref(), Some("out"));
    assert_eq!(family.redistributions[0].source, "connected");
    assert_eq!(family.maximum_paths.as_deref(), Some(&8));
    assert_eq!(config.static_routes[0].via, "Null0");
    let blue = config.instance(Some("blue")).expect("the VRF's instance");
    assert!(blue.neighbors[0].is_unnumbered);
    assert_eq!(blue.neighbors[0].remote_as.as_deref(), Some(&RemoteAs::External));
}

#[test]
fn a_neighbors_own_statement_comes_before_its_groups() {
    let config = Config::parse(CONFIG);
    let instance = &config.instances[0];
    let [first, second] = ["10.90.3.101", "10.90.3.102"].map(|name| instance.neighbor(name).expect("the neighbor"));
    let timers = |neighbor| instance.effective(neighbor, |neighbor| neighbor.timers.as_deref().copied());
    assert_eq!(timers(first), Some(Timers { keepalive: 3, hold: 9 }));
    assert_eq!(timers(second), Some(Timers { keepalive: 10, hold: 30 }));
    let remote_as = instance.effective(first, |neighbor| neighbor.remote_as.as_deref().copied());
    assert_eq!(remote_as, Some(RemoteAs::Number(65010)));
    let limit = instance.effective_in(first, IPV4_UNICAST, |family| family.maximum_prefix.as_deref().copied());
    assert_eq!(limit, Some(MaximumPrefix { limit: 100, warning_only: false, restart_minutes: Some(5) }));
    assert!(instance.is_activated(first, IPV4_UNICAST) && !instance.is_activated(second, IPV4_UNICAST));
    assert!(instance.is_activated(first, IPV6_UNICAST));
    assert_eq!(second.shutdown_message.as_ref().map(|message| message.as_str()), Some("gone to the shop"));
}

#[test]
fn what_is_not_understood_is_kept_without_its_secrets() {
    let config = Config::parse(CONFIG);
    let texts: Vec<&str> = config.others.iter().map(|other| other.text.as_str()).collect();
    assert_eq!(texts, ["hostname gateway", "neighbor nodes capability extended-nexthop", "line vty", "password"]);
    assert_eq!(config.others[1].context, ["router bgp 65001"]);
    assert_eq!(config.others[3].context, ["line vty"]);
    assert!(config.instances[0].neighbor("nodes").is_some_and(|group| group.password.is_some()));
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn people_write_it_in_other_ways() {
    let config = Config::parse(
        "\u{feff}router bgp 1.10\r\n\tneigh  k8s   peer-group\r\n  # a comment\r\nneigh k8s remote 65010\r\n\
         neigh k8s soft in\r\n neighbor 10.0.0.1 peer-group k8s\r\naddress-family ipv4\r\nneighbor k8s activate\r\n\
         ip prefix-list a permit any\r\nrouter bgp 1.10\r\n bgp router-id 10.0.0.9\r\n",
    );
    assert_eq!((config.others.len(), config.instances.len()), (0, 1), "{:?}", config.others);
    let instance = &config.instances[0];
    assert_eq!((instance.asn, instance.neighbors.len()), (Some(65546), 2));
    let member = instance.neighbor("10.0.0.1").expect("the member");
    let soft = instance.effective_in(member, IPV4_UNICAST, |family| family.soft_reconfiguration.as_deref().copied());
    assert_eq!(soft, Some(true));
    assert!(instance.router_id.is_some() && config.prefix_lists.len() == 1);
}

#[test]
fn a_statement_of_the_block_around_leaves_the_family() {
    let config = Config::parse(
        "router bgp 1\n address-family ipv6 unicast\n  neighbor a activate\n  neighbor a remote-as 2\n  neighbor a allowas-in\n",
    );
    let neighbor = &config.instances[0].neighbors[0];
    assert!(neighbor.families[IPV6_UNICAST].activate.is_some());
    assert_eq!(neighbor.families[IPV4_UNICAST].allowas_in.as_deref(), Some(&3));
}

#[test]
fn ipv4_is_active_unless_it_was_switched_off() {
    let active = |statements: &str| {
        let config = Config::parse(&format!("router bgp 1\n neighbor 10.0.0.1 remote-as 2\n{statements}"));
        config.instances[0].is_activated(&config.instances[0].neighbors[0], IPV4_UNICAST)
    };
    assert!(active(""));
    assert!(!active(" no bgp default ipv4-unicast\n"));
    assert!(active(" no bgp default ipv4-unicast\n neighbor 10.0.0.1 activate\n"));
}

#[test]
fn what_a_no_takes_away_is_gone() {
    let config = Config::parse(
        "router bgp 1\n neighbor 10.0.0.1 remote-as 2\n neighbor 10.0.0.1 password x\n no neighbor 10.0.0.1 password\n\
         neighbor 10.0.0.2 remote-as 2\n no neighbor 10.0.0.2\nno ip prefix-list a\nip prefix-list a permit any\n\
         ip prefix-list a deny any\nno ip prefix-list a seq 5 permit any\n",
    );
    assert_eq!(config.instances[0].neighbors.len(), 1);
    assert!(config.instances[0].neighbors[0].password.is_none());
    assert_eq!(config.prefix_lists[0].entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [10]);
}

#[test]
fn networks_and_routes_may_have_masks() {
    let config = Config::parse(
        "router bgp 1\n network 10.0.0.0 mask 255.0.0.0\nip route 10.1.0.0 255.255.0.0 10.0.0.9\nvrf blue\n ip route 10.2.0.0/16 eth0\nexit-vrf\n",
    );
    let network = config.instances[0].families[IPV4_UNICAST].networks[0].prefix;
    assert_eq!(network.to_string(), "10.0.0.0/8");
    assert_eq!(config.static_routes[0].prefix.to_string(), "10.1.0.0/16");
    assert_eq!(config.static_routes[1].vrf.as_deref(), Some("blue"));
}

#[test]
fn every_text_is_read() {
    for text in
        ["", "no", "router bgp", "neighbor", "ip prefix-list a", "route-map", "exit\nexit\nend", "\u{feff}", "!"]
    {
        Config::parse(text);
    }
    for rule in
        ["permit 10.0.0.0/24 le 20", "permit 10.0.0.0/24 le", "permit 10.0.0.0", "permit fd00::/8", "seq x permit any"]
    {
        let config = Config::parse(&format!("ip prefix-list a {rule}\n"));
        assert!(config.prefix_lists.is_empty() && config.others.len() == 1, "{rule}");
    }
}
