//! The Services, and on which nodes Cilium advertises them.

use serde_json::json;

use super::generated::some_services;
use super::objects::Address::{ClusterIp, ExternalIp, VipV6};
use super::objects::{Shape, balancer, cluster_ip};

/// Not there any more after `changed`.
pub const REMOVED: &[&str] = &["one-endpoint", "shared", "shared-local", "local-2-3"];

/// What some become while agents know them.
pub fn changed() -> Vec<Shape> {
    vec![
        balancer("local-1").local().endpoints(&["1 not-ready", "3 ready"]).on("3"),
        balancer("local-1-2-3").local().endpoints(&["1 ready serving terminating", "2 not-ready", "- ready"]).on("1"),
        balancer("local-no-endpoint").on("123"),
        balancer("no-endpoint").local().on(""),
        balancer("class-bgp").spec("loadBalancerClass", "io.cilium/bgp-control-plane").local().on(""),
        balancer("two-vips").vips("10.99.12.221").on("123"),
        balancer("shared-other").vips("10.99.12.225").local().endpoints(&["1 ready"]).on("1"),
        balancer("type-lb").annotate("service.cilium.io/type", "ClusterIP").on("").states(ClusterIp, "123"),
        balancer("node-a").annotate("service.cilium.io/node", "b").on("2").states(ClusterIp, "2"),
        balancer("selector-in").on("123").states(ClusterIp, "123"),
        balancer("local-two-slices").local().slice("web:8080/TCP", &["1 ready"]).endpoints(&["3 ready"]).on("3"),
        balancer("headless-label").on("123").states(ClusterIp, "123"),
        cluster_ip("external").spec("externalIPs", json!(["10.96.200.8"])).states(ExternalIp, "123"),
        cluster_ip("internal-local").internal_local().endpoints(&["2 not-ready", "3 ready"]).states(ClusterIp, "3"),
        // Their pools are changed too.
        balancer("small-3").label("pool", "small").on("123"),
        balancer("pool-disabled").label("pool", "disabled").on("123"),
    ]
}

/// All that are there from the first round to the last.
pub fn all() -> Vec<Shape> {
    [
        some_services(),
        endpoints(),
        ports_and_slices(),
        odd(),
        addresses(),
        classes_and_pools(),
        annotations(),
        internal(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn endpoints() -> Vec<Shape> {
    vec![
        balancer("no-endpoint").on("123"),
        balancer("one-endpoint").endpoints(&["2 ready serving"]).on("123").label("tier", "gold"),
        balancer("no-ready-endpoint").endpoints(&["2 not-ready"]).on("123"),
        balancer("local-no-endpoint").local().on(""),
        balancer("local-1").local().endpoints(&["1 ready serving"]).on("1").label("tier", "gold"),
        balancer("local-2-3").local().endpoints(&["2 ready", "3 ready"]).on("23").label("tier", "silver"),
        balancer("local-1-2-3").local().endpoints(&["1 ready", "2 ready", "3 ready"]).on("123"),
        balancer("local-not-ready").local().endpoints(&["1 not-ready", "2 ready"]).on("2"),
        balancer("local-none-ready").local().endpoints(&["1 not-ready not-serving"]).on(""),
        balancer("local-terminating")
            .local()
            .endpoints(&["1 not-ready serving terminating", "2 not-ready not-serving terminating", "3 ready"])
            .on("3"),
        balancer("local-only-terminating").local().endpoints(&["1 not-ready serving terminating"]).on(""),
        // As publishNotReadyAddresses makes it.
        balancer("local-ready-terminating").local().endpoints(&["1 ready serving terminating"]).on("1"),
        balancer("local-no-conditions").local().endpoints(&["2"]).on("2"),
        balancer("local-not-serving").local().endpoints(&["2 ready not-serving"]).on("2"),
        balancer("local-no-node").local().endpoints(&["- ready"]).on(""),
        balancer("local-no-node-and-3").local().endpoints(&["- ready", "3 ready"]).on("3"),
        balancer("local-other-node").local().endpoints(&["9 ready"]).on(""),
        // One pod, and two Services that do not agree on it.
        balancer("twin-ready").local().endpoints(&["1 ready @10.244.1.77"]).on("1"),
        balancer("twin-not-ready").local().endpoints(&["1 not-ready @10.244.1.77"]).on(""),
    ]
}

fn ports_and_slices() -> Vec<Shape> {
    let unnamed = json!([{"port": 80, "targetPort": 8080}]);
    let two = json!([{"name": "http", "port": 80}, {"name": "metrics", "port": 9090}]);
    let both_protocols = json!([{"name": "tcp", "port": 53}, {"name": "udp", "port": 53, "protocol": "UDP"}]);
    vec![
        balancer("local-port-differs").local().slice("web:8080/TCP", &["1 ready"]).on(""),
        balancer("local-port-unnamed").local().slice(":8080/TCP", &["1 ready"]).on("1"),
        balancer("local-service-port-unnamed")
            .local()
            .spec("ports", unnamed)
            .slice("web:8080/TCP", &["1 ready"])
            .on("1"),
        balancer("local-protocol-differs").local().slice("http:8080/UDP", &["1 ready"]).on(""),
        balancer("local-two-ports")
            .local()
            .spec("ports", two.clone())
            .slice("http:8080/TCP", &["1 ready"])
            .slice("metrics:9090/TCP", &["2 ready"])
            .on("12"),
        balancer("local-both-ports")
            .local()
            .spec("ports", two)
            .slice("http:8080/TCP metrics:9090/TCP", &["1 not-ready", "3 ready"])
            .on("3"),
        balancer("local-both-protocols")
            .local()
            .spec("ports", both_protocols)
            .slice("udp:53/UDP", &["2 ready"])
            .on("2"),
        balancer("local-port-in-another-slice")
            .local()
            .slice("web:8080/TCP", &["1 ready"])
            .slice("http:8080/TCP", &["2 ready"])
            .on("2"),
        balancer("local-two-names-one-port").local().slice("web:8080/TCP http:8080/TCP", &["1 ready"]).on("1"),
        balancer("local-no-ports").local().slice("", &["1 ready"]).on(""),
        balancer("local-no-port-number").local().slice("http:/TCP", &["1 ready"]).on(""),
        balancer("local-two-slices").local().endpoints(&["1 ready"]).endpoints(&["3 ready"]).on("13"),
        balancer("local-empty-slice").local().endpoints(&[]).endpoints(&["3 ready"]).on("3"),
        balancer("local-other-family").local().slice_v6(&["1 ready"]).on(""),
        balancer("local-names").local().any_slice("FQDN", json!({}), "http:8080/TCP", &["1 ready"]).on(""),
        balancer("dual").dual_stack().on("123").states(VipV6, "123").states(ClusterIp, "123").label("tier", "gold"),
        balancer("local-dual")
            .local()
            .dual_stack()
            .endpoints(&["1 ready"])
            .slice_v6(&["2 ready", "3 not-ready"])
            .on("1")
            .states(VipV6, "2"),
        balancer("v6").spec("ipFamilies", json!(["IPv6"])).states(VipV6, "123").states(ClusterIp, "123"),
        balancer("local-v6").local().spec("ipFamilies", json!(["IPv6"])).slice_v6(&["3 ready"]).states(VipV6, "3"),
    ]
}

/// What agents ignore, and what they might be thought to ignore.
fn odd() -> Vec<Shape> {
    let http = "http:8080/TCP";
    let headless = json!({"service.kubernetes.io/headless": ""});
    let mesh = json!({"endpointslice.kubernetes.io/managed-by": "endpointslice-mesh-controller.cilium.io"});
    let controller = json!({"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"});
    vec![
        balancer("local-headless-slice").local().any_slice("IPv4", headless, http, &["1 ready"]).on("1"),
        balancer("local-mesh-slice").local().any_slice("IPv4", mesh, http, &["1 ready"]).on("1"),
        balancer("local-controller-slice").local().any_slice("IPv4", controller, http, &["1 ready"]).on("1"),
        balancer("headless-label").label("service.kubernetes.io/headless", "").on("").states(ClusterIp, ""),
        balancer("other-proxy").label("service.kubernetes.io/service-proxy-name", "other").on("").states(ClusterIp, ""),
        // The endpoint that Cilium's Ingress and Gateway controllers make.
        balancer("ingress").slice(":9999/TCP", &["- ready @192.192.192.192"]).on("123"),
        balancer("local-ingress").local().slice(":9999/TCP", &["1 ready @192.192.192.192"]).on(""),
        balancer("local-not-quite-ingress").local().slice(":9998/TCP", &["1 ready @192.192.192.192"]).on("1"),
    ]
}

fn addresses() -> Vec<Shape> {
    let pods = || json!({"app": "same"});
    let sharing = |name: &str, port: u16, key: &str, vip: &str| {
        balancer(name)
            .spec("ports", json!([{"name": "http", "port": port}]))
            .annotate("lbipam.cilium.io/sharing-key", key)
            .vips(vip)
    };
    vec![
        balancer("two-vips").vips("10.99.12.220,10.99.12.221").on("123"),
        balancer("local-two-vips").local().vips("10.99.12.222,10.99.12.223").endpoints(&["2 ready"]).on("2"),
        balancer("asked-by-spec").label("pool", "own").spec("loadBalancerIP", "10.99.12.224").on("123"),
        balancer("outside-the-pools").vips("10.97.0.1").on(""),
        sharing("shared", 81, "a", "10.99.12.225").on("123").label("tier", "gold"),
        sharing("shared-other", 82, "a", "10.99.12.225").on("123").label("tier", "silver"),
        // LB-IPAM shares neither between policies, nor between Local ones of other pods.
        sharing("shared-local", 83, "a", "10.99.12.225").local().on(""),
        sharing("shared-local-1", 81, "b", "10.99.12.226")
            .local()
            .spec("selector", pods())
            .endpoints(&["1 ready"])
            .on("13"),
        sharing("shared-local-3", 82, "b", "10.99.12.226")
            .local()
            .spec("selector", pods())
            .endpoints(&["3 ready"])
            .on("13"),
        sharing("shared-local-2", 83, "b", "10.99.12.226").local().endpoints(&["2 ready"]).on(""),
        cluster_ip("external")
            .spec("externalIPs", json!(["10.96.200.1"]))
            .states(ExternalIp, "123")
            .label("tier", "gold"),
        cluster_ip("external-v6").spec("externalIPs", json!(["fd00:200::1"])).states(ExternalIp, "123"),
        cluster_ip("local-external")
            .local()
            .spec("externalIPs", json!(["10.96.200.2"]))
            .endpoints(&["1 ready"])
            .states(ExternalIp, "1")
            .states(ClusterIp, "123"),
        balancer("external-too")
            .spec("externalIPs", json!(["10.96.200.3", "10.96.200.4"]))
            .on("123")
            .states(ExternalIp, "123"),
        // The external IP takes the VIP's place in the agents' tables.
        balancer("external-is-vip").vips("10.99.12.227").spec("externalIPs", json!(["10.99.12.227"])).on("123"),
        balancer("local-external-is-vip")
            .local()
            .vips("10.99.12.228")
            .spec("externalIPs", json!(["10.99.12.228"]))
            .endpoints(&["2 ready"])
            .on("2"),
        cluster_ip("headless-external")
            .spec("clusterIP", "None")
            .spec("externalIPs", json!(["10.96.200.5"]))
            .states(ExternalIp, ""),
        cluster_ip("name-external")
            .spec("type", "ExternalName")
            .spec("externalName", "example.com")
            .spec("externalIPs", json!(["10.96.200.6"]))
            .states(ExternalIp, "123"),
        cluster_ip("headless-no-ports").spec("clusterIP", "None").spec("ports", json!([])),
    ]
}

fn classes_and_pools() -> Vec<Shape> {
    let class = |name: &str, class: &str| balancer(name).spec("loadBalancerClass", class);
    vec![
        class("class-bgp", "io.cilium/bgp-control-plane").on("123"),
        class("class-l2", "io.cilium/l2-announcer").on("").states(ClusterIp, "123"),
        class("class-foreign", "example.com/cloud").on("").states(ClusterIp, "123"),
        balancer("small-1").label("pool", "small"),
        balancer("small-2").label("pool", "small"),
        balancer("small-3").label("pool", "small"),
        balancer("pool-disabled").label("pool", "disabled").on(""),
        balancer("no-pool").label("pool", "none").on(""),
        balancer("own-pool").label("pool", "own").on("123"),
        balancer("no-node-ports").spec("allocateLoadBalancerNodePorts", false).on("123"),
    ]
}

fn annotations() -> Vec<Shape> {
    let (kind, node, selector) =
        ("service.cilium.io/type", "service.cilium.io/node", "service.cilium.io/node-selector");
    vec![
        balancer("type-lb").annotate(kind, "LoadBalancer").on("123").states(ClusterIp, ""),
        balancer("type-cluster").annotate(kind, "ClusterIP").on("").states(ClusterIp, "123"),
        balancer("type-node-port")
            .annotate(kind, "NodePort")
            .spec("externalIPs", json!(["10.96.200.7"]))
            .on("")
            .states(ClusterIp, "")
            .states(ExternalIp, "123"),
        balancer("type-unknown").annotate(kind, "loadbalancer").on("123").states(ClusterIp, "123"),
        balancer("node-a").annotate(node, "a").on("1").states(ClusterIp, "1"),
        balancer("node-none").annotate(node, "z").on(""),
        balancer("selector-in")
            .annotate(selector, "kubernetes.io/hostname in (node-2,node-3)")
            .on("23")
            .states(ClusterIp, "23"),
        balancer("selector-and-node").annotate(selector, "service.cilium.io/node=b").annotate(node, "a").on("2"),
        balancer("selector-not").annotate(selector, "service.cilium.io/node notin (a)").on("23"),
        balancer("selector-not-exists").annotate(selector, "!service.cilium.io/node").on("3"),
        balancer("selector-invalid").annotate(selector, "a==b==c").on("123"),
        balancer("selector-empty").annotate(selector, "").on("123"),
        balancer("selector-local")
            .annotate(selector, "service.cilium.io/node")
            .local()
            .endpoints(&["2 ready", "3 ready"])
            .on("2"),
    ]
}

fn internal() -> Vec<Shape> {
    vec![
        cluster_ip("cluster").states(ClusterIp, "123").label("tier", "gold"),
        cluster_ip("internal-local").internal_local().endpoints(&["2 ready", "3 not-ready"]).states(ClusterIp, "2"),
        cluster_ip("internal-local-none").internal_local().states(ClusterIp, ""),
        cluster_ip("internal-local-no-node").internal_local().endpoints(&["- ready"]).states(ClusterIp, ""),
        cluster_ip("internal-local-dual")
            .internal_local()
            .dual_stack()
            .slice_v6(&["1 ready"])
            .endpoints(&["1 ready"])
            .states(ClusterIp, "1"),
        balancer("internal-local-lb").internal_local().endpoints(&["1 ready"]).on("123").states(ClusterIp, "1"),
        balancer("local-lb").local().endpoints(&["1 ready"]).on("1").states(ClusterIp, "123"),
        balancer("both-local").local().internal_local().endpoints(&["3 ready"]).on("3").states(ClusterIp, "3"),
        cluster_ip("node-port").spec("type", "NodePort").states(ClusterIp, "123"),
        balancer("elsewhere").namespace("elsewhere").on("123").label("tier", "gold"),
        cluster_ip("elsewhere-cluster").namespace("elsewhere").states(ClusterIp, "123"),
        // The pseudo label wins.
        balancer("named-otherwise").label("io.kubernetes.service.name", "elsewhere").on("123"),
    ]
}
