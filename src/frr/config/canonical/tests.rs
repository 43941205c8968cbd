use super::super::delta::Delta;
use super::super::generated::Generated;
use super::run::Refusal;
use super::*;

const EIGHT: (u32, u32) = (8, 4);
const TEN: (u32, u32) = (10, 3);

fn on(version: (u32, u32)) -> Dialect {
    Dialect { version, multipath: Some(256), ..Dialect::default() }
}

fn read(text: &str, version: (u32, u32)) -> Canonical {
    Canonical::of(&Tree::parse(text), &on(version))
}

fn instance(lines: &[&str]) -> String {
    format!("router bgp 65001\n{}\n", lines.join("\n"))
}

/// What is written, and what FRR prints of it.
const SAME: &[(&[&str], &[&str])] = &[
    (&["neighbor g peer-group", "neighbor g activate"], &["neighbor g peer-group"]),
    (&["bgp default ipv4-unicast", "timers bgp 60 180", "bgp ebgp-requires-policy"], &[]),
    (&["no bgp log-neighbor-changes", "bgp listen limit 100", "bgp default local-preference 100"], &[]),
    (&["maximum-paths 256"], &[]),
    (&["maximum-paths 4"], &["address-family ipv4 unicast", "maximum-paths 4"]),
    (&["network 10.1.0.0 mask 255.255.0.0"], &["address-family ipv4", "network 10.1.0.0/16"]),
    (&["network 10.50.0.7/16"], &["address-family ipv4 unicast", "network 10.50.0.0/16"]),
    (
        &["neighbor 10.0.0.1 remote-as 2", "neighbor 10.0.0.1 ebgp-multihop"],
        &["neighbor 10.0.0.1 remote-as 2", "neighbor 10.0.0.1 ebgp-multihop 255"],
    ),
    (&["neighbor FD00::0:1 remote-as 2"], &["neighbor fd00::1 remote-as 2"]),
    (
        &[
            "neighbor 10.0.0.1 remote-as 2",
            "neighbor 10.0.0.1 send-community both",
            "neighbor 10.0.0.1 maximum-prefix 9 75",
        ],
        &["neighbor 10.0.0.1 remote-as 2", "address-family ipv4 unicast", "neighbor 10.0.0.1 maximum-prefix 9"],
    ),
    (&["neighbor 10.0.0.1 remote-as 2", "no neighbor 10.0.0.1 remote-as 2"], &[]),
    (&["neighbor eth0 interface remote-as external"], &["neighbor eth0 interface", "neighbor eth0 remote-as external"]),
    (
        &[
            "neighbor g peer-group",
            "neighbor g remote-as 2",
            "neighbor 10.0.0.1 remote-as 2",
            "neighbor 10.0.0.1 peer-group g",
        ],
        &["neighbor g peer-group", "neighbor g remote-as 2", "neighbor 10.0.0.1 peer-group g"],
    ),
    // It holds for neighbors that come after it.
    (
        &["neighbor 10.0.0.1 remote-as 2", "no bgp default ipv4-unicast"],
        &[
            "no bgp default ipv4-unicast",
            "neighbor 10.0.0.1 remote-as 2",
            "address-family ipv4 unicast",
            "neighbor 10.0.0.1 activate",
        ],
    ),
    // A member takes its group's word when it joins, and whenever that changes.
    (
        &[
            "neighbor g peer-group",
            "neighbor g remote-as 2",
            "neighbor 10.0.0.1 peer-group g",
            "no neighbor 10.0.0.1 activate",
            "no neighbor g activate",
            "neighbor g activate",
        ],
        &["neighbor g peer-group", "neighbor g remote-as 2", "neighbor 10.0.0.1 peer-group g"],
    ),
    (
        &[
            "neighbor g peer-group",
            "neighbor g remote-as 2",
            "neighbor 10.0.0.1 peer-group g",
            "bgp listen range 10.0.0.0/24 peer-group g",
            "no neighbor g peer-group",
        ],
        &[],
    ),
];

#[test]
fn texts_with_one_meaning_have_one_form() {
    for version in [EIGHT, TEN] {
        for (written, printed) in SAME {
            let (written, printed) = (read(&instance(written), version), read(&instance(printed), version));
            assert_eq!(written, printed, "{}\n{}", written.print(), printed.print());
            assert!(written.refused().is_empty() && printed.refused().is_empty(), "{}", written.print());
        }
    }
}

#[test]
fn other_meanings_have_other_forms() {
    let base = ["neighbor g peer-group", "neighbor g remote-as 2", "neighbor 10.0.0.1 peer-group g"];
    for more in [
        "no neighbor g activate",
        "neighbor 10.0.0.1 timers 60 180",
        "no neighbor g send-community",
        "no bgp ebgp-requires-policy",
        "neighbor g password x",
        "neighbor 10.0.0.2 peer-group g",
        "address-family ipv6 unicast\nneighbor g activate",
    ] {
        let (without, with) = (instance(&base), instance(&[&base[..], &[more]].concat()));
        assert_ne!(read(&without, TEN), read(&with, TEN), "{more}");
    }
    assert_ne!(read("router bgp 1\n", TEN), read("", TEN));
    assert_ne!(read("route-map m permit 10\n", TEN), read("route-map m deny 10\n", TEN));
}

#[test]
fn numbered_lists_are_as_frr_numbers_them() {
    let list = "ip prefix-list a permit 10.9.0.7/24 le 32\nip prefix-list a seq 012 deny any\nip prefix-list a permit 10.8.0.0/16 le 24 ge 20\n";
    let printed = "ip prefix-list a seq 5 permit 10.9.0.0/24 le 32\nip prefix-list a seq 12 deny any\n\
                   ip prefix-list a seq 15 permit 10.8.0.0/16 ge 20 le 24\n";
    assert_eq!(read(list, TEN).print(), printed);
    let twice = "ip prefix-list a seq 5 permit any\nip prefix-list a seq 10 permit any\n";
    assert_eq!(read(twice, TEN).print(), twice);
    assert_eq!(read(twice, EIGHT).print(), "ip prefix-list a seq 5 permit any\n", "dropped without a word");
    assert_eq!(read("ip prefix-list a permit any\nno ip prefix-list a permit any\n", TEN), read("", TEN));
}

#[test]
fn defaults_depend_on_the_profile_and_on_who_wrote_it() {
    let of = |head: &str, lines: &[&str]| read(&format!("{head}\n{}", instance(lines)), TEN);
    let datacenter = [
        "bgp log-neighbor-changes",
        "bgp deterministic-med",
        "bgp default show-hostname",
        "bgp default show-nexthop-hostname",
        "bgp default software-version-capability",
        "bgp default dynamic-capability",
        "timers bgp 3 9",
    ];
    assert_eq!(of("frr defaults datacenter", &["bgp ebgp-requires-policy"]), of("", &datacenter));
    let old = ["no bgp ebgp-requires-policy", "no bgp network import-check", "no bgp suppress-duplicates"];
    let older = ["no bgp graceful-restart notification", "no bgp hard-administrative-reset", "no bgp enforce-first-as"];
    assert_eq!(of("frr version 7.3", &[]), of("", &[&old[..], &older].concat()));
    assert_eq!(of("frr version 10.1", &[]), of("", &[]));
}

#[test]
fn what_frr_does_not_take_is_told_and_left_out() {
    let why =
        |lines: &[&str]| read(&instance(lines), TEN).refused().iter().map(|refused| refused.why).collect::<Vec<_>>();
    assert_eq!(why(&["neighbor 10.0.0.1 peer-group g"]), [Refusal::NoSuchGroup]);
    assert_eq!(why(&["neighbor 10.0.0.1 password x"]), [Refusal::NoSuchNeighbor]);
    assert_eq!(why(&["neighbor g peer-group", "neighbor 10.0.0.1 peer-group g"]), [Refusal::NoRemoteAs]);
    let group = ["neighbor g peer-group", "neighbor g remote-as 2", "neighbor 10.0.0.1 peer-group g"];
    assert_eq!(why(&[&group[..], &["neighbor 10.0.0.1 remote-as 3"]].concat()), [Refusal::GroupsRemoteAs]);
    assert_eq!(
        why(&[&group[..], &["neighbor h peer-group", "neighbor 10.0.0.1 peer-group h"]].concat()),
        [Refusal::OtherGroup]
    );
    assert_eq!(read("router bgp 1\nrouter bgp 2\n", TEN).refused()[0].why, Refusal::OtherAs);
    assert_eq!(
        read("ip prefix-list a permit 10.0.0.0/24 le 20\n", TEN).refused()[0],
        Refused { line: 1, why: Refusal::BadValue }
    );
}

#[test]
fn nothing_is_lost_by_printing() {
    for seed in 0..50 {
        let text = Generated::new(&mut fastrand::Rng::with_seed(seed)).text();
        for version in [EIGHT, TEN] {
            let canonical = read(&text, version);
            assert!(canonical.refused().is_empty(), "{:?}\n{text}", canonical.refused());
            assert_eq!(read(&canonical.print(), version), canonical, "{text}");
            assert_eq!(read(&Tree::parse(&text).print(), version), canonical, "{text}");
        }
    }
}

/// Words in any order.
fn nonsense(rng: &mut fastrand::Rng) -> String {
    let words: Vec<String> = Generated::new(rng).text().split_whitespace().map(str::to_owned).collect();
    let line = |rng: &mut fastrand::Rng| {
        let count = rng.usize(..6);
        (0..count).map(|_| words[rng.usize(..words.len())].clone()).collect::<Vec<_>>().join(" ")
    };
    let lines: Vec<String> = (0..40).map(|_| line(rng)).collect();
    format!("router bgp 1\nneighbor k8s peer-group\nneighbor k8s remote-as 2\n{}\n", lines.join("\n"))
}

#[test]
fn every_text_has_a_form() {
    for text in
        ["", "no", "router bgp", "no router bgp 1", "ip prefix-list", "route-map", "neighbor", "no neighbor a", "bgp"]
    {
        for around in ["", "router bgp 1\n", "router bgp 1\naddress-family ipv4\n", "route-map m permit 1\n"] {
            read(&format!("{around}{text}\n"), TEN);
        }
    }
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..200 {
        let (first, other) = (read(&nonsense(&mut rng), EIGHT), read(&nonsense(&mut rng), EIGHT));
        Delta::between(&first, &other);
    }
}
