use super::super::canonical::{Canonical, Dialect};
use super::super::delta::Delta;
use super::super::tree::Tree;
use super::sessions::Peer;
use super::*;

const ROUTER: &str = "router bgp 65001\n neighbor k8s peer-group\n neighbor k8s remote-as 65010\n\
                      neighbor 10.0.0.1 peer-group k8s\n neighbor 10.0.0.2 peer-group k8s\n neighbor 10.0.0.2 password own\n\
                      neighbor 10.0.0.9 remote-as 65001\n bgp listen range 10.1.0.0/16 peer-group k8s\n\
                      address-family ipv4 unicast\n neighbor k8s prefix-list vips in\n exit-address-family\nexit\n\
                      ip prefix-list vips seq 5 permit 10.9.0.0/24 le 32\n";

/// What the statements do to sessions of the router.
fn impacts(version: (u32, u32), statements: &str) -> Vec<Impact> {
    let before = Canonical::of(&Tree::parse(ROUTER), &Dialect { version, ..Dialect::default() });
    let after = before.after(&Tree::parse(statements));
    Delta::between(&before, &after).commands.into_iter().map(|command| command.impact).collect()
}

fn in_instance(statement: &str) -> Vec<Impact> {
    impacts((10, 3), &format!("router bgp 65001\n{statement}\n"))
}

fn peers(names: &[&str]) -> std::collections::BTreeSet<Peer> {
    names.iter().map(|&name| Peer { vrf: None, name: name.to_owned() }).collect()
}

fn sessions(neighbors: &[&str], ranges: &[&str]) -> Sessions {
    Sessions { neighbors: peers(neighbors), ranges: peers(ranges) }
}

const RANGE: &[&str] = &["10.1.0.0/16"];

#[test]
fn a_groups_change_is_of_its_members_without_a_word_of_their_own() {
    let members = || sessions(&["10.0.0.1", "10.0.0.2"], RANGE);
    assert_eq!(in_instance("neighbor k8s update-source 10.0.0.254"), [Impact::Resets(members())]);
    assert_eq!(in_instance("neighbor k8s password other"), [Impact::Resets(sessions(&["10.0.0.1"], RANGE))]);
    assert_eq!(in_instance("neighbor k8s timers 3 9"), [Impact::NextStart(members())]);
    assert_eq!(in_instance("neighbor k8s description x"), [Impact::None]);
    assert_eq!(in_instance("neighbor 10.0.0.1 shutdown"), [Impact::Ends(sessions(&["10.0.0.1"], &[]))]);
    assert_eq!(in_instance("no neighbor 10.0.0.1"), [Impact::Ends(sessions(&["10.0.0.1"], &[]))]);
}

#[test]
fn only_the_first_port_of_a_neighbor_resets_it() {
    let with_port = format!("{ROUTER}router bgp 65001\nneighbor k8s port 1790\n");
    let before = Canonical::of(&Tree::parse(&with_port), &Dialect::default());
    let impacts = |statement: &str| {
        let after = before.after(&Tree::parse(&format!("router bgp 65001\n{statement}\n")));
        Delta::between(&before, &after).commands.into_iter().map(|command| command.impact).collect::<Vec<_>>()
    };
    let members = || sessions(&["10.0.0.1", "10.0.0.2"], RANGE);
    assert_eq!(in_instance("neighbor k8s port 1790"), [Impact::Resets(members())]);
    assert_eq!(impacts("neighbor k8s port 1791"), [Impact::NextStart(members())]);
    assert_eq!(impacts("no neighbor k8s port"), [Impact::NextStart(members())]);
    assert_eq!(impacts("neighbor 10.0.0.1 port 1791"), [Impact::NextStart(sessions(&["10.0.0.1"], &[]))]);
    assert_eq!(impacts("neighbor 10.0.0.9 port 1791"), [Impact::Resets(sessions(&["10.0.0.9"], &[]))]);
}

#[test]
fn new_neighbors_have_no_sessions_to_lose() {
    let new = "neighbor 10.0.0.3 peer-group k8s\nneighbor 10.0.0.3 password x\nneighbor 10.0.0.3 ebgp-multihop 2";
    assert_eq!(in_instance(new), [Impact::None, Impact::None, Impact::None]);
    assert_eq!(in_instance("bgp listen range 10.2.0.0/16 peer-group k8s"), [Impact::None]);
}

#[test]
fn some_commands_are_of_all_sessions() {
    let all = || sessions(&["10.0.0.1", "10.0.0.2", "10.0.0.9"], RANGE);
    assert_eq!(in_instance("bgp router-id 10.0.0.254"), [Impact::Resets(all())]);
    assert_eq!(in_instance("bgp cluster-id 10.0.0.254"), [Impact::Resets(sessions(&["10.0.0.9"], &[]))]);
    assert_eq!(in_instance("no bgp ebgp-requires-policy"), [Impact::SoftClear(all())]);
    assert_eq!(in_instance("bgp graceful-restart"), [Impact::Resets(all())]);
    assert_eq!(impacts((8, 4), "router bgp 65001\nbgp graceful-restart\n"), [Impact::NextStart(all())]);
    assert_eq!(impacts((10, 3), "no router bgp 65001\n"), [Impact::Ends(all())]);
}

#[test]
fn an_edited_list_waits_for_a_soft_clear() {
    let of_group = sessions(&["10.0.0.1", "10.0.0.2"], RANGE);
    assert_eq!(
        impacts((10, 3), "ip prefix-list vips seq 10 permit 10.8.0.0/24\n"),
        [Impact::SoftClear(of_group.clone())]
    );
    assert_eq!(impacts((10, 3), "ip prefix-list other seq 10 permit 10.8.0.0/24\n"), [Impact::None]);
    assert_eq!(impacts((10, 3), "ipv6 prefix-list vips seq 10 permit fd00::/64\n"), [Impact::None]);
    let limit = in_instance("address-family ipv4 unicast\nneighbor k8s maximum-prefix 7");
    assert_eq!(limit, [Impact::EndsAbove { limit: 7, sessions: of_group }]);
}

#[test]
fn what_is_not_known_is_said() {
    assert_eq!(in_instance("neighbor k8s future-knob 7"), [Impact::Unknown]);
    assert_eq!(impacts((10, 3), "future statement\n"), [Impact::Unknown]);
}
