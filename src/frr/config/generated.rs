//! Configurations that FRR takes, each made of sections with a seed of their own, so that two may differ in a few only.

use std::fmt::Write;

use fastrand::Rng;

const GROUPS: [&str; 3] = ["k8s", "nodes.b", "v6nodes"];
const NEIGHBORS: [&str; 8] = [
    "10.90.3.9",
    "10.90.3.101",
    "10.90.3.102",
    "10.90.3.103",
    "10.90.4.1",
    "192.0.2.7",
    "fd00:90:3::101",
    "fd00:90:3::9",
];
const LISTS: [&str; 3] = ["pool", "k8s-services", "none-out"];
const MAPS: [&str; 2] = ["RM-IN", "RM-OUT"];
const SECTIONS: usize = 1 + GROUPS.len() + NEIGHBORS.len() + LISTS.len() + MAPS.len() + 3;

#[derive(Clone)]
pub struct Generated {
    seeds: [u64; SECTIONS],
}

struct Group {
    name: &'static str,
    has_remote_as: bool,
}

impl Generated {
    pub fn new(rng: &mut Rng) -> Self {
        Self { seeds: std::array::from_fn(|_| rng.u64(..)) }
    }

    /// Another one, with some sections of its own.
    pub fn changed(&self, rng: &mut Rng) -> Self {
        let mut other = self.clone();
        for _ in 0..rng.usize(1..SECTIONS) {
            other.seeds[rng.usize(..SECTIONS)] = rng.u64(..);
        }
        other
    }

    pub fn text(&self) -> String {
        let mut sections = self.seeds.iter().map(|seed| Rng::with_seed(*seed));
        let mut next = || sections.next().unwrap_or_default();
        let mut instance = next();
        let asn = if instance.u8(..8) == 0 { 65002 } else { 65001 };
        let mut text = format!("router bgp {asn}\n");
        let mut family = [String::new(), String::new()];
        options_of_instance(&mut instance, &mut text, &mut family);
        let mut groups = Vec::new();
        for name in GROUPS {
            let mut rng = next();
            if rng.u8(..3) == 0 {
                continue;
            }
            let has_remote_as = rng.u8(..4) != 0;
            line(&mut text, format!(" neighbor {name} peer-group"));
            if has_remote_as {
                line(&mut text, format!(" neighbor {name} remote-as {}", remote_as(&mut rng)));
            }
            options(&mut rng, name, &mut text, &mut family);
            groups.push(Group { name, has_remote_as });
        }
        for name in NEIGHBORS {
            let mut rng = next();
            if rng.bool() {
                neighbor(&mut rng, name, &groups, &mut text, &mut family);
            }
        }
        let mut ranges = next();
        for (group, range) in groups.iter().zip(["10.91.3.0/24", "10.90.64.0/20", "fd00:91:3::/64"]) {
            if ranges.bool() && group.has_remote_as {
                line(&mut text, format!(" bgp listen range {range} peer-group {}", group.name));
            }
        }
        for (afi, lines) in ["ipv4", "ipv6"].into_iter().zip(family) {
            line(&mut text, format!(" address-family {afi} unicast\n{lines} exit-address-family"));
        }
        text.push_str("exit\n");
        for name in LISTS {
            prefix_list(&mut next(), name, &mut text);
        }
        for name in MAPS {
            route_map(&mut next(), name, &mut text);
        }
        others(&mut next(), &mut text);
        vrf(&mut next(), &mut text);
        text
    }
}

fn line(text: &mut String, line: String) {
    // Writing to a String does not fail.
    let _ = writeln!(text, "{line}");
}

fn remote_as(rng: &mut Rng) -> String {
    if rng.u8(..5) == 0 { "external".into() } else { (65010 + rng.u32(..3)).to_string() }
}

fn some<'a>(rng: &mut Rng, of: &[&'a str], one_in: u8) -> Vec<&'a str> {
    of.iter().copied().filter(|_| rng.u8(..one_in) == 0).collect()
}

fn options_of_instance(rng: &mut Rng, text: &mut String, family: &mut [String; 2]) {
    const OF_FAMILY: &[&str] = &[
        "redistribute connected",
        "redistribute static metric 3",
        "redistribute kernel metric 7",
        "maximum-paths 4",
        "maximum-paths ibgp 2",
    ];
    const OPTIONS: &[&str] = &[
        "no bgp ebgp-requires-policy",
        "no bgp default ipv4-unicast",
        "bgp log-neighbor-changes",
        "bgp bestpath as-path multipath-relax",
        "bgp bestpath compare-routerid",
        "bgp bestpath med confed missing-as-worst",
        "bgp always-compare-med",
        "bgp deterministic-med",
        "bgp graceful-restart",
        "bgp graceful-restart restart-time 90",
        "bgp graceful-restart stalepath-time 200",
        "no bgp network import-check",
        "no bgp fast-external-failover",
        "no bgp client-to-client reflection",
        "no bgp suppress-duplicates",
        "bgp default local-preference 150",
        "bgp default show-hostname",
        "bgp cluster-id 10.0.0.9",
        "bgp listen limit 20",
        "bgp minimum-holdtime 3",
        "timers bgp 5 15",
        "timers bgp 60 180",
        "bgp max-med on-startup 60",
        "coalesce-time 900",
        "bgp confederation identifier 64900",
    ];
    for option in some(rng, OPTIONS, 5) {
        line(text, format!(" {option}"));
    }
    if rng.bool() {
        line(text, format!(" bgp router-id 10.90.3.{}", rng.u8(1..3)));
    }
    for family in &mut *family {
        for option in some(rng, OF_FAMILY, 5) {
            line(family, format!("  {option}"));
        }
    }
    for option in
        some(rng, &["network 10.50.0.0/16", "network 10.51.0.9/24", "aggregate-address 10.50.0.0/16 summary-only"], 4)
    {
        line(&mut family[0], format!("  {option}"));
    }
    for option in some(rng, &["network fd00:50::/48", "aggregate-address fd00:50::/48 summary-only"], 4) {
        line(&mut family[1], format!("  {option}"));
    }
}

fn neighbor(rng: &mut Rng, name: &str, groups: &[Group], text: &mut String, family: &mut [String; 2]) {
    let group = (!groups.is_empty() && rng.u8(..4) != 0).then(|| &groups[rng.usize(..groups.len())]);
    if group.is_none_or(|group| !group.has_remote_as) {
        line(text, format!(" neighbor {name} remote-as {}", remote_as(rng)));
    }
    if let Some(group) = group {
        line(text, format!(" neighbor {name} peer-group {}", group.name));
    }
    if rng.bool() {
        options(rng, name, text, family);
    }
}

fn options(rng: &mut Rng, name: &str, text: &mut String, family: &mut [String; 2]) {
    const OF_FAMILY: &[&str] = &[
        "next-hop-self",
        "next-hop-self force",
        "soft-reconfiguration inbound",
        "prefix-list pool in",
        "prefix-list k8s-services in",
        "prefix-list none-out out",
        "route-map RM-IN in",
        "route-map RM-OUT out",
        "maximum-prefix 100",
        "maximum-prefix 1000 80 warning-only",
        "maximum-prefix 500 75 restart 5",
        "allowas-in",
        "allowas-in 2",
        "weight 100",
        "default-originate",
        "as-override",
        "remove-private-AS",
        "attribute-unchanged next-hop",
        "route-server-client",
        "filter-list as-local in",
    ];
    const OPTIONS: &[&str] = &[
        "description rack A # 7",
        "password S3cret",
        "password other",
        "timers 3 9",
        "timers 10 30",
        "timers connect 5",
        "timers connect 12",
        "shutdown",
        "shutdown message gone to the shop",
        "passive",
        "disable-connected-check",
        "capability dynamic",
        "capability extended-nexthop",
        "dont-capability-negotiate",
        "advertisement-interval 0",
        "advertisement-interval 5",
        "local-as 65099 no-prepend",
        "port 1790",
        "bfd",
        "ebgp-multihop 2",
        "ebgp-multihop",
        "ttl-security hops 2",
    ];
    let excluded = if text.contains("always-compare-med") { "ebgp-multihop" } else { "ttl-security" };
    for option in some(rng, OPTIONS, 12).into_iter().filter(|option| !option.starts_with(excluded)) {
        line(text, format!(" neighbor {name} {option}"));
    }
    for lines in &mut *family {
        match rng.u8(..5) {
            0 => line(lines, format!("  neighbor {name} activate")),
            1 => line(lines, format!("  no neighbor {name} activate")),
            _ => {}
        }
        if rng.u8(..8) == 0 {
            let kind = ["", " both", " extended", " large", " all"][rng.usize(..5)];
            line(lines, format!("  no neighbor {name} send-community{kind}"));
        }
        for option in some(rng, OF_FAMILY, 10) {
            line(lines, format!("  neighbor {name} {option}"));
        }
    }
}

fn prefix_list(rng: &mut Rng, name: &str, text: &mut String) {
    if rng.u8(..4) == 0 {
        line(text, format!("ip prefix-list {name} description what {name} is for"));
    }
    let rules = [
        "permit 10.99.8.0/24 le 32",
        "permit 10.99.9.7/24 ge 32",
        "deny any",
        "permit 10.98.0.0/16 ge 24 le 32",
        "permit 10.97.0.0/24",
    ];
    let mut seq = 0;
    for rule in some(rng, &rules, 2) {
        seq += 5 * rng.u32(1..3);
        line(
            text,
            if rng.bool() {
                format!("ip prefix-list {name} seq {seq} {rule}")
            } else {
                format!("ip prefix-list {name} {rule}")
            },
        );
    }
    if rng.u8(..3) == 0 {
        line(text, format!("ipv6 prefix-list {name} seq 5 permit FD00:99::/112 le 128"));
    }
}

fn route_map(rng: &mut Rng, name: &str, text: &mut String) {
    const STATEMENTS: &[&str] = &[
        "description what it does",
        "match ip address prefix-list pool",
        "match ip address prefix-list k8s-services",
        "match as-path as-local",
        "match community c1",
        "set local-preference 200",
        "set metric 7",
        "set community 65001:1 additive",
        "set ip next-hop 10.90.3.1",
        "set as-path prepend 65001 65001",
        "on-match next",
    ];
    for seq in [10, 20, 30] {
        if rng.bool() {
            let action = if rng.u8(..4) == 0 { "deny" } else { "permit" };
            line(text, format!("route-map {name} {action} {seq}"));
            let jumps = action == "permit";
            for statement in
                some(rng, STATEMENTS, 5).into_iter().filter(|statement| jumps || *statement != "on-match next")
            {
                line(text, format!(" {statement}"));
            }
            line(text, "exit".into());
        }
    }
}

fn others(rng: &mut Rng, text: &mut String) {
    const LINES: &[&str] = &[
        "bgp as-path access-list as-local seq 5 permit ^$",
        "bgp as-path access-list as-local seq 10 deny _65010_",
        "bgp community-list standard c1 seq 5 permit 65001:1",
        "bgp community-list expanded c2 seq 5 permit 65001:.*",
        "access-list a seq 5 permit 10.0.0.0/8",
        "access-list a seq 10 deny any",
        "ip route 10.77.0.0/16 Null0",
        "ip route 10.78.0.0 255.255.0.0 Null0",
        "ipv6 route fd00:77::/48 Null0",
        "log syslog informational",
    ];
    for statement in some(rng, LINES, 3) {
        line(text, statement.into());
    }
}

fn vrf(rng: &mut Rng, text: &mut String) {
    if rng.u8(..3) == 0 {
        line(text, format!("router bgp 65001 vrf blue\n neighbor 10.1.0.{} remote-as 65010\nexit", rng.u8(1..3)));
    }
}
