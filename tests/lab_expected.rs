//! Where `kubectl bgp routes` expects a prefix is where Cilium's agents advertise it: every Service of
//! `lab_expected/services.rs` under the BGP objects of every round of `lab_expected/rounds.rs`.

mod ends;
mod generated;
mod objects;
mod rounds;
mod services;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::lab::Lab;
use ends::{Advert, Adverts, NODES, Placed, address_of, advertised, differences, expected, kubectl, string};
use objects::{Address, Shape};
use rounds::Round;

/// How long the agents may say the same before they follow a change: a session that is lost takes some seconds.
const PATIENCE: Duration = Duration::from_secs(12);
/// And how many times, on a slow machine.
const REPEATED: usize = 4;

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn agents_advertise_what_routes_expects() {
    let mut trial = Trial::start();
    trial.first_round();
    for round in rounds::all() {
        trial.round(&round);
    }
    trial.changed_services();
    trial.only_with_endpoints();
    trial.end();
}

/// The lab, and what has been seen so far.
struct Trial {
    lab: Lab,
    placed: Placed,
    shapes: Vec<Shape>,
    /// The Services' addresses by namespace/name.
    services: BTreeMap<String, Value>,
    last: Adverts,
    failures: Vec<String>,
    started: Instant,
    /// How many (Service or prefix, peer, round) were advertised by so many nodes.
    by_count: BTreeMap<usize, usize>,
}

impl Trial {
    fn start() -> Self {
        let started = Instant::now();
        let lab = Lab::up(&["--ipv6"]);
        // What a router does not want is not advertised to it.
        lab.ask(&[
            "vty",
            "configure terminal",
            "router bgp 65001",
            "address-family ipv4 unicast",
            "neighbor k8s6 activate",
            "exit",
            "address-family ipv6 unicast",
            "neighbor k8s activate",
        ]);
        for (node, value) in [("node-1", "a"), ("node-2", "b")] {
            for kind in ["nodes", "ciliumnodes"] {
                lab.ask(&["kubectl", "label", kind, node, &format!("service.cilium.io/node={value}")]);
            }
        }
        let v6_pods = json!({"spec": {"ipam": {"podCIDRs": ["10.244.2.0/24", "fd00:244:2::/64"]}}}).to_string();
        lab.ask(&["kubectl", "patch", "ciliumnode", "node-2", "--type", "merge", "-p", &v6_pods]);
        // A lease for each Service would keep the agents busy.
        lab.ask(&["kubectl", "delete", "ciliuml2announcementpolicy", "l2"]);
        for namespace in [objects::NAMESPACE, "elsewhere"] {
            lab.ask(&["kubectl", "create", "namespace", namespace]);
        }
        kubectl(&lab, &["apply", "--server-side", "--force-conflicts"], &pools(false));
        Self {
            lab,
            placed: Placed::of_the_lab(),
            shapes: services::all(),
            services: BTreeMap::new(),
            last: Adverts::new(),
            failures: Vec::new(),
            started,
            by_count: BTreeMap::new(),
        }
    }

    /// All Services, with everything selected: where they are advertised is stated with each of them.
    fn first_round(&mut self) {
        let manifests: Vec<Value> =
            self.shapes.iter().enumerate().flat_map(|(n, shape)| shape.manifests(1 + n)).collect();
        kubectl(&self.lab, &["apply", "--server-side"], &manifests);
        self.round(&rounds::of_everything("everything"));
        for advert in self.last.iter().take(20) {
            self.falsify(advert);
        }
    }

    fn changed_services(&mut self) {
        kubectl(&self.lab, &["apply", "--server-side"], &pools(true));
        let mut manifests = Vec::new();
        for (n, shape) in services::changed().into_iter().enumerate() {
            manifests.extend(shape.manifests(255 - n));
            let known = self.shapes.iter().position(|known| known.name == shape.name).expect("a Service of the list");
            self.shapes[known] = shape;
        }
        kubectl(&self.lab, &["apply", "--server-side"], &manifests);
        for name in services::REMOVED {
            self.lab.ask(&["kubectl", "delete", "service", "-n", objects::NAMESPACE, name]);
            // There is no controller that would.
            let slices = format!("kubernetes.io/service-name={name}");
            self.lab.ask(&["kubectl", "delete", "endpointslices", "-n", objects::NAMESPACE, "-l", &slices]);
            self.shapes.retain(|shape| shape.name != *name);
        }
        self.round(&rounds::of_everything("changed Services"));
    }

    fn only_with_endpoints(&mut self) {
        let config = json!({"data": {"enable-no-service-endpoints-routable": "false"}}).to_string();
        self.lab.ask(&["kubectl", "-n", "kube-system", "patch", "configmap", "cilium-config", "-p", &config]);
        for node in ["1", "2", "3"] {
            self.lab.ask(&["agent", "stop", node]);
            self.lab.ask(&["agent", "start", node, "--enable-no-service-endpoints-routable=false"]);
        }
        self.round(&rounds::of_what_has_endpoints());
    }

    /// The comparison can fail.
    fn falsify(&self, advert: &Advert) {
        let mut fewer = self.last.clone();
        fewer.remove(advert);
        let elsewhere = |change: fn(&mut Advert)| {
            let mut changed = advert.clone();
            change(&mut changed);
            let mut adverts = fewer.clone();
            adverts.insert(changed);
            adverts
        };
        assert_eq!(differences(&self.last, &fewer).len(), 1, "{advert}");
        assert_eq!(differences(&fewer, &self.last).len(), 1, "{advert}");
        for other in [
            elsewhere(|advert| advert.node.push('0')),
            elsewhere(|advert| advert.peer.push('0')),
            elsewhere(|advert| advert.prefix.push('0')),
        ] {
            assert_eq!(differences(&self.last, &other).len(), 2, "{advert}");
        }
    }

    fn round(&mut self, round: &Round) {
        self.placed.become_these(&self.lab, &round.objects);
        let (mut before, mut since) = (Adverts::new(), Instant::now());
        let mut repeated = 0;
        loop {
            let advertised = advertised(&self.lab);
            if advertised == before {
                repeated += 1;
            } else {
                (repeated, since) = (0, Instant::now());
            }
            let noticed = advertised != self.last;
            let given_up = repeated >= REPEATED && since.elapsed() > PATIENCE;
            // Only what agents say twice has settled, and a change has been seen only if they say something new.
            if (repeated > 0 && noticed) || given_up {
                let mut wrong = self.wrong_in(round, &advertised);
                if !noticed {
                    wrong.push("the agents advertise what they did before".to_owned());
                }
                if wrong.is_empty() || given_up {
                    self.finish(round, advertised, &wrong);
                    return;
                }
            }
            before = advertised;
        }
    }

    fn finish(&mut self, round: &Round, advertised: Adverts, wrong: &[String]) {
        println!("{}: {} adverts at {} s", round.name, advertised.len(), self.started.elapsed().as_secs());
        for wrong in wrong {
            println!("  {wrong}");
        }
        self.failures.extend(wrong.iter().map(|wrong| format!("{}: {wrong}", round.name)));
        self.count(&advertised);
        self.last = advertised;
    }

    fn wrong_in(&mut self, round: &Round, advertised: &Adverts) -> Vec<String> {
        let (expected, mut wrong) = expected(&self.lab);
        if round.everything {
            self.read_services();
        }
        wrong.extend(differences(advertised, &expected));
        if round.everything {
            wrong.extend(self.shapes.iter().flat_map(|shape| self.misstated(shape, advertised)));
        }
        for (peer, service, nodes) in &round.says {
            let shape = self.shapes.iter().find(|shape| shape.name == *service).expect("a Service of the list");
            for prefix in self.prefixes(shape, Address::Vip) {
                wrong.extend(disagrees(&prefix, address_of(peer), nodes, advertised));
            }
        }
        wrong
    }

    fn read_services(&mut self) {
        let list = self.lab.ask(&["kubectl", "get", "services", "-A", "-o", "json"]);
        let list: Value = serde_json::from_str(&list).expect("a list");
        let services = list["items"].as_array().expect("items").iter();
        let name = |service: &Value| {
            format!("{}/{}", string(&service["metadata"]["namespace"]), string(&service["metadata"]["name"]))
        };
        self.services = services.map(|service| (name(service), service.clone())).collect();
    }

    /// Where a Service of the first round is advertised otherwise than stated.
    fn misstated(&self, shape: &Shape, advertised: &Adverts) -> Vec<String> {
        let mut wrong = Vec::new();
        for (address, nodes) in &shape.stated {
            let prefixes = self.prefixes(shape, *address);
            if prefixes.is_empty() && !nodes.is_empty() {
                wrong.push(format!("{} has no {address:?}", shape.name));
            }
            for peer in ["udm-pro", "udm-pro-v6"] {
                let one = |prefix: &String| disagrees(prefix, address_of(peer), nodes, advertised);
                wrong.extend(prefixes.iter().filter_map(one).map(|wrong| format!("{}: {wrong}", shape.name)));
            }
        }
        wrong
    }

    fn prefixes(&self, shape: &Shape, address: Address) -> Vec<String> {
        let service = &self.services[&format!("{}/{}", shape.namespace, shape.name)];
        let all: Vec<String> = match address {
            Address::Vip | Address::VipV6 => {
                let ingress = service["status"]["loadBalancer"]["ingress"].as_array();
                ingress.into_iter().flatten().map(|entry| string(&entry["ip"])).collect()
            }
            Address::ClusterIp => service["spec"]["clusterIPs"].as_array().into_iter().flatten().map(string).collect(),
            Address::ExternalIp => {
                service["spec"]["externalIPs"].as_array().into_iter().flatten().map(string).collect()
            }
        };
        all.into_iter()
            .filter(|ip| match address {
                Address::Vip => !ip.contains(':'),
                Address::VipV6 => ip.contains(':'),
                _ => ip != "None",
            })
            .map(|ip| format!("{ip}/{}", if ip.contains(':') { 128 } else { 32 }))
            .collect()
    }

    fn count(&mut self, advertised: &Adverts) {
        let all: BTreeSet<(&str, &str)> =
            self.last.iter().chain(advertised).map(|advert| (&*advert.prefix, &*advert.peer)).collect();
        for (prefix, peer) in all {
            *self.by_count.entry(nodes_of(prefix, peer, advertised).len()).or_default() += 1;
        }
    }

    fn end(self) {
        println!(
            "{} Services, {} rounds, {} s; prefixes by the number of nodes: {:?}",
            self.shapes.len(),
            rounds::all().len() + 3,
            self.started.elapsed().as_secs(),
            self.by_count
        );
        for nodes in 0..=NODES.len() {
            assert!(self.by_count.get(&nodes).is_some_and(|seen| *seen > 20), "hardly a prefix of {nodes} nodes");
        }
        assert!(self.failures.is_empty(), "{} failures\n{}", self.failures.len(), self.failures.join("\n"));
    }
}

fn disagrees(prefix: &str, peer: &str, nodes: &str, advertised: &Adverts) -> Option<String> {
    let seen = nodes_of(prefix, peer, advertised);
    (seen != nodes).then(|| format!("{prefix} to {peer}: stated {nodes:?}, advertised by {seen:?}"))
}

/// The numbers of the nodes that advertise it to this address.
fn nodes_of(prefix: &str, peer: &str, advertised: &Adverts) -> String {
    let number = |advert: &Advert| advert.node.trim_start_matches("node-").to_owned();
    advertised.iter().filter(|advert| advert.prefix == prefix && advert.peer == peer).map(number).collect()
}

/// The lab's two and another are for Services without the label `pool`.
fn pools(changed: bool) -> Vec<Value> {
    let pool = |name: &str, blocks: Value, selector: Value, disabled: bool| {
        json!({
            "apiVersion": "cilium.io/v2", "kind": "CiliumLoadBalancerIPPool", "metadata": {"name": name},
            "spec": {"blocks": blocks, "serviceSelector": selector, "disabled": disabled},
        })
    };
    let of = |name: &str| objects::labelled("pool", name);
    let others = || objects::matching(&["pool DoesNotExist"]);
    vec![
        pool("services", json!([{"start": "10.99.8.200", "stop": "10.99.8.250"}]), others(), false),
        pool("services-v6", json!([{"cidr": "fd00:99:8::/112"}]), others(), false),
        pool(
            "more",
            json!([{"cidr": "10.99.9.0/25"}, {"start": "10.99.9.200", "stop": "10.99.9.209"}]),
            others(),
            false,
        ),
        pool(
            "small",
            json!([{"start": "10.99.10.1", "stop": if changed { "10.99.10.9" } else { "10.99.10.2" }}]),
            of("small"),
            false,
        ),
        pool("disabled", json!([{"cidr": "10.99.11.0/24"}]), of("disabled"), !changed),
        pool("own", json!([{"cidr": "10.99.12.0/24"}]), of("own"), false),
    ]
}
