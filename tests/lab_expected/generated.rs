//! Services and Advertisements that nobody thought of: from a fixed seed, so that they are the same in each run.

use serde_json::{Value, json};

use super::objects::{Shape, balancer, cluster_ip, everything, labelled, matching, nothing_said, services};
use super::rounds::{Round, round};

pub fn some_services() -> Vec<Shape> {
    let mut dice = Dice(2);
    (0..60).map(|n| service(&mut dice, n)).collect()
}

pub fn some_rounds() -> Vec<Round> {
    const NAMES: [&str; 6] = ["generated 1", "generated 2", "generated 3", "generated 4", "generated 5", "generated 6"];
    let mut dice = Dice(3);
    NAMES.map(|name| some_round(&mut dice, name)).into()
}

fn service(dice: &mut Dice, n: usize) -> Shape {
    let name = format!("generated-{n}");
    let mut shape = if dice.one_in(4) { cluster_ip(&name) } else { balancer(&name) };
    let externally = n.is_multiple_of(5);
    if externally {
        shape = shape.spec("externalIPs", json!([format!("10.96.201.{n}")]));
    }
    if (!shape.is_cluster_ip() || externally) && dice.one_in(2) {
        shape = shape.local();
    }
    if dice.one_in(3) {
        shape = shape.internal_local();
    }
    shape = match dice.roll(6) {
        0 => shape.spec("ipFamilies", json!(["IPv6"])),
        1 | 2 => shape.dual_stack(),
        _ => shape,
    };
    if !shape.is_cluster_ip() && dice.one_in(5) {
        shape = shape.spec("loadBalancerClass", dice.pick(&["io.cilium/bgp-control-plane", "io.cilium/l2-announcer"]));
    }
    if dice.one_in(2) {
        shape = shape.label("tier", dice.pick(&["gold", "silver"]));
    }
    if dice.one_in(3) {
        shape = shape.label("app", dice.pick(&["a", "b", ""]));
    }
    if dice.one_in(6) {
        shape = shape.annotate("service.cilium.io/type", dice.pick(&["ClusterIP", "LoadBalancer", "NodePort"]));
    }
    if dice.one_in(6) {
        shape = shape.annotate("service.cilium.io/node", dice.pick(&["a", "b"]));
    }
    if dice.one_in(4) {
        shape = shape.namespace("elsewhere");
    }
    for _ in 0..dice.roll(4) {
        let ports = dice.pick(&["http:8080/TCP", "http:8080/TCP", "web:8080/TCP", ":8080/TCP", "http:8080/UDP", ""]);
        let family = dice.pick(&["IPv4", "IPv4", "IPv6"]);
        let endpoints: Vec<String> = (0..dice.roll(4)).map(|_| endpoint(dice)).collect();
        let endpoints: Vec<&str> = endpoints.iter().map(String::as_str).collect();
        shape = shape.any_slice(family, json!({}), ports, &endpoints);
    }
    shape
}

fn endpoint(dice: &mut Dice) -> String {
    let node = dice.pick(&["1", "2", "3", "1", "2", "3", "-", "9"]);
    let conditions = dice.pick(&[
        "ready",
        "ready serving",
        "",
        "not-ready",
        "ready serving terminating",
        "not-ready serving terminating",
    ]);
    format!("{node} {conditions}")
}

fn some_round(dice: &mut Dice, name: &'static str) -> Round {
    let mut some = round(name);
    for (name, label) in [("one", "bgp"), ("two", "bgp"), ("three", "other")] {
        let entries: Vec<Value> = (0..=dice.roll(2)).map(|_| entry(dice)).collect();
        some = some.advertise_as(name, label, &entries);
    }
    let (v4_peer, v6_peer) = ([taken(dice), taken(dice)], [taken(dice), taken(dice)]);
    some.selectors(v4_peer, v6_peer)
}

fn entry(dice: &mut Dice) -> Value {
    let addresses: &[&str] = dice.pick(&[
        &["LoadBalancerIP"],
        &["LoadBalancerIP", "ClusterIP"],
        &["ClusterIP"],
        &["ExternalIP", "LoadBalancerIP"],
    ]);
    let selector = match dice.roll(7) {
        0 => everything(),
        1 => labelled("tier", dice.pick(&["gold", "silver"])),
        2 => matching(&[dice.pick(&["app Exists", "app In a b", "app NotIn a", "app DoesNotExist"])]),
        3 => matching(&["tier Exists", dice.pick(&["app Exists", "app NotIn b"])]),
        4 => labelled("io.kubernetes.service.namespace", "elsewhere"),
        5 => matching(&["io.kubernetes.service.name In generated-1 generated-2 generated-3 generated-4 local-1"]),
        _ => matching(&["io.kubernetes.service.namespace NotIn shapes default", "tier NotIn silver"]),
    };
    let mut entry = services(addresses, selector);
    if dice.one_in(3) {
        entry["service"]["aggregationLengthIPv4"] = dice.pick(&[24, 26, 28]).into();
        entry["service"]["aggregationLengthIPv6"] = dice.pick(&[112, 120, 64]).into();
    }
    entry
}

/// Which Advertisements a family takes.
fn taken(dice: &mut Dice) -> Value {
    match dice.roll(5) {
        0 => nothing_said(),
        1 => labelled("advertise", "bgp"),
        2 => labelled("name", "two"),
        3 => matching(&["name In one three"]),
        _ => everything(),
    }
}

/// Knuth's linear congruential generator.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
}
