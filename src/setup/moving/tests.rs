use serde_json::{Value, json};

use super::*;
use crate::cilium::pool::Range;

fn decoded<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("Kubernetes' shape")
}

fn pool(blocks: Value) -> Pool {
    decoded(json!({"metadata": {"name": "lan"}, "spec": {"blocks": blocks}}))
}

fn taken(nets: &[&str]) -> Vec<Taken> {
    let range = |net: &str| {
        let net: IpNet = net.parse().expect("a prefix");
        Range { first: net.network(), last: net.broadcast() }
    };
    nets.iter().map(|net| Taken { range: range(net), what: "nodes".to_owned() }).collect()
}

fn service(name: &str, annotations: Value, spec: Value, ips: &[&str]) -> Service {
    let ingress: Vec<Value> = ips.iter().map(|ip| json!({"ip": ip})).collect();
    let mut all = json!({"metadata": {"namespace": "home", "name": name, "annotations": annotations},
        "spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {"ingress": ingress}}});
    for (key, value) in spec.as_object().into_iter().flatten() {
        all["spec"][key] = value.clone();
    }
    decoded(all)
}

fn planned(pool: &Pool, taken: &[Taken], services: &[Service]) -> Move {
    plan(&Situation { pool, taken, services, gateways: &[], files: &[] }).expect("a free range")
}

fn texts<T: ToString>(all: &[T]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

#[test]
fn addresses_keep_their_last_part_in_a_free_range() {
    let lan = pool(json!([{"start": "10.90.3.200", "stop": "10.90.3.250"}]));
    let used = taken(&["10.90.3.0/24", "10.99.8.0/24", "10.99.9.128/25"]);
    let services = [
        service("web", json!({}), json!({}), &["10.90.3.201", "10.98.0.9"]),
        service("pinned", json!({"lbipam.cilium.io/ips": "10.90.3.202"}), json!({}), &["10.90.3.202"]),
        service("other", json!({}), json!({}), &["10.98.0.7"]),
    ];
    let plan = planned(&lan, &used, &services);
    assert_eq!(texts(&plan.prefixes), ["10.99.10.0/24"]);
    let names: Vec<&str> = plan.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["pinned", "web"]);
    assert_eq!(texts(&plan.services[1].both), ["10.90.3.201", "10.98.0.9", "10.99.10.201"]);
    assert_eq!(texts(&plan.services[1].then), ["10.98.0.9", "10.99.10.201"]);
    assert_eq!(texts(&plan.services[0].both), ["10.90.3.202", "10.99.10.202"]);
}

#[test]
fn what_is_in_use_is_never_chosen() {
    let mut random = fastrand::Rng::with_seed(8);
    for _ in 0..100 {
        let nets: Vec<String> = (0..random.usize(1..40))
            .map(|_| format!("10.{}.{}.0/{}", random.u8(90..110), random.u8(..), random.u8(9..26)))
            .collect();
        let used = taken(&nets.iter().map(String::as_str).collect::<Vec<_>>());
        let (first, last) = (random.u32(0..1 << 17), random.u32(0..1 << 17));
        let ip = |offset: u32| std::net::Ipv4Addr::from(u32::from(std::net::Ipv4Addr::new(10, 200, 0, 0)) + offset);
        let lan = pool(json!([{"start": ip(first.min(last)), "stop": ip(first.max(last))}]));
        let web = service("web", json!({}), json!({}), &[&ip(first).to_string(), &ip(last).to_string()]);
        let plan = planned(&lan, &used, &[web]);
        let new = &plan.services[0].new;
        assert!(new.iter().all(|ip| plan.prefixes[0].contains(ip)), "{new:?} {:?}", plan.prefixes);
        assert!(first == last || new[0] != new[1]);
        for taken in &used {
            assert!(
                !plan.prefixes[0].contains(&taken.range.first) && !taken.range.contains(plan.prefixes[0].network())
            );
        }
    }
    let full = taken(&["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]);
    let lan = pool(json!([{"cidr": "10.1.0.0/24"}]));
    let situation = Situation { pool: &lan, taken: &full, services: &[], gateways: &[], files: &[] };
    assert_eq!(plan(&situation).err(), Some(Exhausted { width: 24 }));
}

#[test]
fn ipv6_stays_in_the_nodes_site() {
    let lan = pool(json!([{"start": "fd00:90:3::c8", "stop": "fd00:90:3::fa"}]));
    let web = service("web", json!({}), json!({}), &["fd00:90:3::c9"]);
    let plan = planned(&lan, &taken(&["fd00:90:3::/64", "fd00:90:3:99::/64"]), &[web]);
    assert_eq!(texts(&plan.prefixes), ["fd00:90:3:9a::/112"]);
    assert_eq!(texts(&plan.services[0].new), ["fd00:90:3:9a::c9"]);
    let elsewhere = planned(&lan, &taken(&["2001:db8::/64"]), &[]);
    assert!(elsewhere.prefixes[0].to_string().starts_with("fd"), "{:?}", elsewhere.prefixes);
}

#[test]
fn the_older_name_of_the_annotation_stays() {
    let lan = pool(json!([{"cidr": "10.90.3.192/26"}]));
    let old = service("a", json!({"io.cilium/lb-ipam-ips": "10.90.3.201"}), json!({}), &[]);
    assert_eq!(planned(&lan, &[], &[old]).services[0].annotation, "io.cilium/lb-ipam-ips");
    let new = service("a", json!({}), json!({"loadBalancerIP": "10.90.3.201"}), &["10.90.3.201"]);
    let plan = planned(&lan, &[], &[new]);
    assert_eq!(plan.services[0].annotation, "lbipam.cilium.io/ips");
    assert!(plan.services[0].notes[0].starts_with("spec.loadBalancerIP "), "{:?}", plan.services[0].notes);
}

#[test]
fn what_is_shared_or_made_by_others_is_told() {
    let lan = pool(json!([{"cidr": "10.90.3.192/26"}]));
    let key = json!({"lbipam.cilium.io/sharing-key": "dns"});
    let mut made = service("cilium-gateway-web", json!({}), json!({}), &["10.90.3.203"]);
    made.metadata.labels.insert("gateway.networking.k8s.io/gateway-name".to_owned(), "web".to_owned());
    let services = [
        service("tcp", key.clone(), json!({}), &["10.90.3.201"]),
        service("udp", key, json!({"loadBalancerClass": "io.cilium/l2-announcer"}), &["10.90.3.201"]),
        made,
    ];
    let plan = planned(&lan, &[], &services);
    assert_eq!(plan.services[0].at, At::Gateway("web".to_owned()));
    assert_eq!(plan.services[1].notes, ["it shares its address by the key \"dns\": change home/udp with it"]);
    assert_eq!(plan.services[2].notes.len(), 2);
    assert_eq!(plan.services[1].new, plan.services[2].new);
}

#[test]
fn who_says_an_old_address_is_found_with_its_line() {
    let lan = pool(json!([{"cidr": "10.90.3.192/26"}]));
    let target =
        json!({"external-dns.alpha.kubernetes.io/target": "10.90.3.201", "lbipam.cilium.io/ips": "10.90.3.201"});
    let services = [service("web", target, json!({}), &["10.90.3.201"])];
    let gateways: [Gateway; 1] = [decoded(
        json!({"metadata": {"namespace": "home", "name": "gw"}, "spec": {"addresses": [{"value": "10.90.3.201"}]}}),
    )];
    let files = [("apps/vars.yaml", "a: 1\nVIP: 10.90.3.201\nother: 10.90.3.202\n")];
    let situation = Situation { pool: &lan, taken: &[], services: &services, gateways: &gateways, files: &files };
    let plan = plan(&situation).expect("a free range");
    let places: Vec<Place> = plan.references.iter().map(|reference| reference.place.clone()).collect();
    let expected = [
        Place::Annotation {
            object: "Service home/web".to_owned(),
            key: "external-dns.alpha.kubernetes.io/target".to_owned(),
        },
        Place::GatewayAddress { object: "Gateway home/gw".to_owned() },
        Place::File { file: "apps/vars.yaml".to_owned(), line: 2 },
    ];
    assert_eq!(places, expected);
    let steps = steps(&plan);
    assert_eq!(steps.len(), 6);
    assert!(steps[1].lines[0].ends_with("lbipam.cilium.io/ips: \"10.90.3.201,10.99.8.201\""), "{:?}", steps[1].lines);
    assert!(steps[4].lines[0].ends_with("lbipam.cilium.io/ips: \"10.99.8.201\""), "{:?}", steps[4].lines);
}
