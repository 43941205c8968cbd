//! Short words for the objects of a combination.

use serde_json::{Value, json};

pub const NAMESPACE: &str = "shapes";

/// A Service with its EndpointSlices, and on which nodes Cilium advertises its addresses while everything is selected.
pub struct Shape {
    pub namespace: &'static str,
    pub name: String,
    labels: Value,
    annotations: Value,
    spec: Value,
    slices: Vec<Slice>,
    pub stated: Vec<(Address, &'static str)>,
}

struct Slice {
    family: &'static str,
    labels: Value,
    ports: &'static str,
    endpoints: Vec<String>,
}

/// Addresses of a Service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Address {
    Vip,
    VipV6,
    ClusterIp,
    ExternalIp,
}

/// Type LoadBalancer, policy Cluster, one TCP port called http.
pub fn balancer(name: &str) -> Shape {
    shape(name, "LoadBalancer")
}

pub fn cluster_ip(name: &str) -> Shape {
    shape(name, "ClusterIP")
}

fn shape(name: &str, service_type: &str) -> Shape {
    Shape {
        namespace: NAMESPACE,
        name: name.to_owned(),
        labels: json!({}),
        annotations: json!({}),
        spec: json!({"type": service_type, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}),
        slices: Vec::new(),
        stated: Vec::new(),
    }
}

impl Shape {
    pub fn is_cluster_ip(&self) -> bool {
        self.spec["type"] == "ClusterIP"
    }

    pub fn namespace(mut self, namespace: &'static str) -> Self {
        self.namespace = namespace;
        self
    }

    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.labels[key] = value.into();
        self
    }

    pub fn annotate(mut self, key: &str, value: &str) -> Self {
        self.annotations[key] = value.into();
        self
    }

    pub fn spec(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.spec[field] = value.into();
        self
    }

    pub fn local(self) -> Self {
        self.spec("externalTrafficPolicy", "Local")
    }

    pub fn internal_local(self) -> Self {
        self.spec("internalTrafficPolicy", "Local")
    }

    pub fn dual_stack(self) -> Self {
        self.spec("ipFamilyPolicy", "RequireDualStack").spec("ipFamilies", json!(["IPv4", "IPv6"]))
    }

    /// Of 10.99.12.0/24, which nothing else is given of.
    pub fn vips(self, addresses: &str) -> Self {
        self.label("pool", "own").annotate("lbipam.cilium.io/ips", addresses)
    }

    /// Endpoints of the Service's own port: `2 ready`, `- serving terminating`, `1 not-ready @10.0.0.1`: the node's number, the
    /// conditions, and an address that matters.
    pub fn endpoints(self, endpoints: &[&str]) -> Self {
        self.slice("http:8080/TCP", endpoints)
    }

    /// Endpoints of these ports: `http:8080/TCP`, several with a space, the name or the number may be missing.
    pub fn slice(self, ports: &'static str, endpoints: &[&str]) -> Self {
        self.any_slice("IPv4", json!({}), ports, endpoints)
    }

    pub fn slice_v6(self, endpoints: &[&str]) -> Self {
        self.any_slice("IPv6", json!({}), "http:8080/TCP", endpoints)
    }

    pub fn any_slice(mut self, family: &'static str, labels: Value, ports: &'static str, endpoints: &[&str]) -> Self {
        let endpoints = endpoints.iter().map(ToString::to_string).collect();
        self.slices.push(Slice { family, labels, ports, endpoints });
        self
    }

    /// The nodes' numbers that advertise the VIPs; of a dual-stack Service the IPv4 one.
    pub fn on(self, nodes: &'static str) -> Self {
        self.states(Address::Vip, nodes)
    }

    pub fn states(mut self, address: Address, nodes: &'static str) -> Self {
        self.stated.push((address, nodes));
        self
    }

    /// `number` keeps the endpoints' addresses of all Services apart.
    pub fn manifests(&self, number: usize) -> Vec<Value> {
        let mut manifests = vec![json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {
                "namespace": self.namespace, "name": self.name, "labels": self.labels, "annotations": self.annotations,
            },
            "spec": self.spec,
        })];
        manifests.extend(self.slices.iter().enumerate().map(|(n, slice)| {
            let mut labels = slice.labels.clone();
            labels["kubernetes.io/service-name"] = json!(self.name);
            let endpoints = slice.endpoints.iter().enumerate();
            json!({
                "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": {"namespace": self.namespace, "name": format!("{}-{n}", self.name), "labels": labels},
                "addressType": slice.family,
                "ports": slice.ports.split_whitespace().map(port).collect::<Vec<_>>(),
                "endpoints": endpoints.map(|(e, line)| endpoint(line, &slice.address(number, n, e))).collect::<Vec<_>>(),
            })
        }));
        manifests
    }
}

impl Slice {
    fn address(&self, shape: usize, slice: usize, endpoint: usize) -> String {
        match self.family {
            "IPv4" => format!("10.{}.{}.{}", 200 + slice, shape, 1 + endpoint),
            "IPv6" => format!("fd00:244::{shape:x}:{}:{}", 1 + slice, 1 + endpoint),
            _ => format!("e{endpoint}.s{slice}.example.com"),
        }
    }
}

fn port(text: &str) -> Value {
    let (name, rest) = text.split_once(':').expect("NAME:NUMBER/PROTOCOL");
    let (number, protocol) = rest.split_once('/').expect("NUMBER/PROTOCOL");
    json!({"name": name, "port": number.parse::<u16>().ok(), "protocol": protocol})
}

fn endpoint(line: &str, address: &str) -> Value {
    let mut words = line.split_whitespace();
    let node = words.next().expect("a node's number or -");
    let mut endpoint = json!({"addresses": [address], "conditions": {}});
    if node != "-" {
        endpoint["nodeName"] = format!("node-{node}").into();
    }
    for word in words {
        match (word.strip_prefix('@'), word.strip_prefix("not-")) {
            (Some(address), _) => endpoint["addresses"] = json!([address]),
            (_, Some(condition)) => endpoint["conditions"][condition] = false.into(),
            _ => endpoint["conditions"][word] = true.into(),
        }
    }
    endpoint
}

/// An entry of an Advertisement for Services.
pub fn services(addresses: &[&str], selector: Value) -> Value {
    let mut entry = json!({"advertisementType": "Service", "service": {"addresses": addresses}});
    if !selector.is_null() {
        entry["selector"] = selector;
    }
    entry
}

pub fn pod_cidr() -> Value {
    json!({"advertisementType": "PodCIDR"})
}

pub fn everything() -> Value {
    json!({})
}

pub fn nothing_said() -> Value {
    Value::Null
}

pub fn labelled(key: &str, value: &str) -> Value {
    json!({"matchLabels": {key: value}})
}

/// `key In a b`, `key Exists`.
pub fn matching(expressions: &[&str]) -> Value {
    let expressions = expressions.iter().map(|expression| {
        let mut words = expression.split_whitespace();
        let (key, operator) = (words.next().expect("a key"), words.next().expect("an operator"));
        let mut expression = json!({"key": key, "operator": operator});
        let values: Vec<&str> = words.collect();
        if !values.is_empty() {
            expression["values"] = json!(values);
        }
        expression
    });
    json!({"matchExpressions": expressions.collect::<Vec<_>>()})
}

/// A family of a PeerConfig: `ipv4` or `ipv6`, and which Advertisements it takes.
pub fn family(afi: &str, advertisements: Value) -> Value {
    let mut family = json!({"afi": afi, "safi": "unicast"});
    if !advertisements.is_null() {
        family["advertisements"] = advertisements;
    }
    family
}

/// A peer of a ClusterConfig.
pub fn peer(name: &str, config: &str) -> Value {
    let address = PEERS.iter().find(|(known, _)| name.starts_with(known)).expect("a router of the lab").1;
    json!({"name": name, "peerASN": 65001, "peerAddress": address, "peerConfigRef": {"name": config}})
}

/// What the peers of a round are called, from the longest name on, and where they are.
pub const PEERS: &[(&str, &str)] = &[("udm-pro-v6", "fd00:90:254::1"), ("udm-pro", "10.90.254.1")];
