//! The BGP objects, round by round; each round says all of them.

use serde_json::{Value, json};

use super::generated::some_rounds;
use super::objects::{everything, family, labelled, matching, nothing_said, peer, pod_cidr, services};

const LB: &[&str] = &["LoadBalancerIP"];
const CLUSTER: &[&str] = &["ClusterIP"];
const EXTERNAL: &[&str] = &["ExternalIP"];
const ALL: &[&str] = &["LoadBalancerIP", "ClusterIP", "ExternalIP"];

pub struct Round {
    pub name: &'static str,
    pub objects: Vec<Value>,
    /// Nodes' numbers for a Service's VIP at a peer.
    pub says: Vec<(&'static str, &'static str, &'static str)>,
    /// It is also about what is stated with each Service.
    pub everything: bool,
}

/// Both peers take every Advertisement, for both families; the ClusterConfig is the lab's.
pub fn round(name: &'static str) -> Round {
    let round = Round { name, objects: Vec::new(), says: Vec::new(), everything: false };
    round
        .peer_config("udm-pro", &[family("ipv4", everything()), family("ipv6", everything())])
        .peer_config("udm-pro-v6", &[family("ipv4", everything()), family("ipv6", everything())])
        .cluster_config(
            "home",
            everything(),
            &[("main", vec![peer("udm-pro", "udm-pro"), peer("udm-pro-v6", "udm-pro-v6")])],
        )
}

impl Round {
    fn advertise(self, name: &str, entries: &[Value]) -> Self {
        self.advertise_as(name, "bgp", entries)
    }

    /// An Advertisement with the label `advertise: LABEL`.
    pub fn advertise_as(self, name: &str, label: &str, entries: &[Value]) -> Self {
        self.object(json!({
            "apiVersion": "cilium.io/v2", "kind": "CiliumBGPAdvertisement",
            "metadata": {"name": name, "labels": {"advertise": label, "name": name}},
            "spec": {"advertisements": entries},
        }))
    }

    fn peer_config(self, name: &str, families: &[Value]) -> Self {
        let timers = json!({"connectRetryTimeSeconds": 1, "holdTimeSeconds": 90, "keepAliveTimeSeconds": 30});
        let mut spec = json!({"timers": timers});
        if !families.is_empty() {
            spec["families"] = json!(families);
        }
        self.object(json!({
            "apiVersion": "cilium.io/v2", "kind": "CiliumBGPPeerConfig", "metadata": {"name": name}, "spec": spec,
        }))
    }

    /// The IPv4 peer's selectors for both families, then the IPv6 peer's.
    pub fn selectors(self, v4_peer: [Value; 2], v6_peer: [Value; 2]) -> Self {
        let families = |[v4, v6]: [Value; 2]| [family("ipv4", v4), family("ipv6", v6)];
        self.peer_config("udm-pro", &families(v4_peer)).peer_config("udm-pro-v6", &families(v6_peer))
    }

    fn cluster_config(self, name: &str, nodes: Value, instances: &[(&str, Vec<Value>)]) -> Self {
        let instances = instances.iter().map(|(name, peers)| json!({"name": name, "localASN": 65010, "peers": peers}));
        let mut spec = json!({"bgpInstances": instances.collect::<Vec<_>>()});
        if nodes != everything() {
            spec["nodeSelector"] = nodes;
        }
        self.object(json!({
            "apiVersion": "cilium.io/v2", "kind": "CiliumBGPClusterConfig", "metadata": {"name": name}, "spec": spec,
        }))
    }

    /// The last of a name counts.
    fn object(mut self, object: Value) -> Self {
        let id = |object: &Value| (object["kind"].clone(), object["metadata"]["name"].clone());
        self.objects.retain(|known| id(known) != id(&object));
        self.objects.push(object);
        self
    }

    fn says(mut self, peer: &'static str, service: &'static str, nodes: &'static str) -> Self {
        self.says.push((peer, service, nodes));
        self
    }

    fn both_say(self, service: &'static str, nodes: &'static str) -> Self {
        self.says("udm-pro", service, nodes).says("udm-pro-v6", service, nodes)
    }
}

/// What the Services' statements are about.
pub fn of_everything(name: &'static str) -> Round {
    let round = round(name).advertise("all", &[services(ALL, everything())]);
    Round { everything: true, ..round }
}

/// As `of_everything`, of agents that do not advertise a Service without endpoints.
pub fn of_what_has_endpoints() -> Round {
    round("enable-no-service-endpoints-routable: false")
        .advertise("all", &[services(LB, everything())])
        .both_say("local-no-endpoint", "")
        // Ready or not.
        .both_say("no-ready-endpoint", "123")
        .both_say("ingress", "")
        .both_say("local-1", "3")
}

pub fn all() -> Vec<Round> {
    [selectors(), families(), aggregates(), pod_cidrs(), some_rounds(), cluster_configs()]
        .into_iter()
        .flatten()
        .collect()
}

fn selectors() -> Vec<Round> {
    let of = |name, selector| round(name).advertise("services", &[services(LB, selector)]);
    vec![
        // An external IP that is the VIP has taken its place.
        of("LoadBalancerIP", everything()).both_say("no-endpoint", "123").both_say("external-is-vip", ""),
        round("ClusterIP").advertise("services", &[services(CLUSTER, everything())]).both_say("no-endpoint", ""),
        round("ExternalIP").advertise("services", &[services(EXTERNAL, everything())]).both_say("external-is-vip", "123"),
        of("no selector", nothing_said()).both_say("no-endpoint", ""),
        of("matchLabels", labelled("tier", "gold")).both_say("local-1", "1").both_say("local-2-3", ""),
        of("matchLabels that nothing has", labelled("tier", "lead")).both_say("local-1", ""),
        of("In", matching(&["tier In gold silver"])).both_say("local-2-3", "23"),
        of("NotIn", matching(&["tier NotIn gold"])).both_say("local-2-3", "23").both_say("no-endpoint", "123"),
        of("Exists", matching(&["tier Exists"])).both_say("local-1", "1").both_say("no-endpoint", ""),
        of("DoesNotExist", matching(&["tier DoesNotExist"])).both_say("local-1", "").both_say("no-endpoint", "123"),
        of("two expressions", matching(&["tier Exists", "tier NotIn gold"])).both_say("shared-other", "123"),
        of("labels and expressions", json!({
            "matchLabels": {"tier": "gold"},
            "matchExpressions": [{"key": "io.kubernetes.service.namespace", "operator": "In", "values": ["elsewhere"]}],
        }))
        .both_say("local-1", ""),
        of("namespace", labelled("io.kubernetes.service.namespace", "elsewhere")).both_say("no-endpoint", ""),
        of("name", labelled("io.kubernetes.service.name", "local-1")).both_say("local-1", "1"),
        of("a label that looks like a pseudo label", labelled("io.kubernetes.service.name", "elsewhere"))
            .both_say("named-otherwise", ""),
        of("all but a namespace", matching(&["io.kubernetes.service.namespace NotIn shapes"])),
        round("several entries").advertise(
            "services",
            &[
                services(LB, labelled("tier", "gold")),
                services(CLUSTER, labelled("tier", "silver")),
                services(EXTERNAL, everything()),
                services(LB, nothing_said()),
            ],
        ),
        round("several Advertisements")
            .advertise("gold", &[services(LB, labelled("tier", "gold"))])
            .advertise("silver", &[services(LB, labelled("tier", "silver"))])
            .advertise("addresses", &[services(&["ClusterIP", "ExternalIP"], matching(&["tier DoesNotExist"]))])
            .both_say("local-2-3", "23")
            .both_say("no-endpoint", ""),
        round("no Advertisement"),
    ]
}

fn families() -> Vec<Round> {
    let two = |name| {
        round(name).advertise_as("gold", "gold", &[services(LB, labelled("tier", "gold"))]).advertise_as(
            "silver",
            "silver",
            &[services(LB, labelled("tier", "silver")), services(CLUSTER, everything())],
        )
    };
    let (gold, silver) = (labelled("advertise", "gold"), labelled("advertise", "silver"));
    let none = matching(&["advertise DoesNotExist"]);
    vec![
        two("no family selector for IPv4").selectors([nothing_said(), everything()], [everything(), nothing_said()]),
        two("a peer each")
            .selectors([gold.clone(), gold.clone()], [silver.clone(), silver.clone()])
            .says("udm-pro", "local-1", "1"),
        two("a family each").selectors([gold.clone(), silver.clone()], [silver.clone(), gold.clone()]).says(
            "udm-pro",
            "local-2-3",
            "",
        ),
        two("matching nothing").selectors([none.clone(), gold.clone()], [none.clone(), none]).both_say("local-1", ""),
        two("expressions").selectors(
            [matching(&["advertise In gold silver"]), matching(&["advertise NotIn gold"])],
            [matching(&["name Exists"]), matching(&["advertise Exists", "name In gold"])],
        ),
        two("one family each")
            .peer_config("udm-pro", &[family("ipv4", everything())])
            .peer_config("udm-pro-v6", &[family("ipv6", everything())]),
        two("families by default").peer_config("udm-pro", &[]).says("udm-pro", "local-1", "").says(
            "udm-pro-v6",
            "local-1",
            "1",
        ),
        two("one family twice")
            .peer_config("udm-pro", &[family("ipv4", gold), family("ipv6", everything()), family("ipv4", silver)])
            .peer_config("udm-pro-v6", &[family("ipv6", everything()), family("ipv4", everything())]),
    ]
}

fn aggregates() -> Vec<Round> {
    let of = |addresses: &[&str], v4: Value, v6: Value, selector: Value| {
        let mut entry = services(addresses, selector);
        entry["service"]["aggregationLengthIPv4"] = v4;
        entry["service"]["aggregationLengthIPv6"] = v6;
        entry
    };
    vec![
        round("aggregates").advertise("services", &[of(ALL, json!(24), json!(112), everything())]),
        round("short aggregates").advertise("services", &[of(ALL, json!(8), json!(32), everything())]),
        round("an aggregate of IPv4").advertise("services", &[of(LB, json!(25), Value::Null, everything())]),
        round("almost full length").advertise("services", &[of(LB, json!(31), json!(127), everything())]),
        round("an aggregate and its members").advertise(
            "services",
            &[of(LB, json!(24), json!(112), everything()), services(LB, labelled("tier", "gold"))],
        ),
        round("two lengths").advertise(
            "services",
            &[
                of(LB, json!(24), json!(112), labelled("tier", "gold")),
                of(LB, json!(28), json!(124), labelled("tier", "silver")),
            ],
        ),
        round("a length for a peer")
            .advertise_as("long", "long", &[services(LB, everything())])
            .advertise_as("short", "short", &[of(LB, json!(24), json!(112), everything())])
            .selectors(
                [labelled("advertise", "long"), labelled("advertise", "short")],
                [labelled("advertise", "short"), labelled("advertise", "long")],
            ),
    ]
}

fn pod_cidrs() -> Vec<Round> {
    vec![
        round("PodCIDR").advertise("pods", &[pod_cidr()]),
        round("PodCIDR and Services").advertise("both", &[pod_cidr(), services(LB, labelled("tier", "gold"))]),
        round("PodCIDR to a peer")
            .advertise_as("pods", "pods", &[pod_cidr()])
            .advertise_as("services", "services", &[services(EXTERNAL, everything())])
            .selectors(
                [labelled("advertise", "pods"), labelled("advertise", "services")],
                [labelled("advertise", "services"), labelled("advertise", "pods")],
            ),
    ]
}

/// Sessions come and go with these.
fn cluster_configs() -> Vec<Round> {
    let of = |name| {
        round(name)
            .advertise_as("gold", "gold", &[services(LB, labelled("tier", "gold"))])
            .advertise_as("silver", "silver", &[services(LB, labelled("tier", "silver"))])
            .peer_config("gold", &[family("ipv4", labelled("advertise", "gold")), family("ipv6", everything())])
    };
    let peers = |v4: &str, v6: &str| vec![peer("udm-pro", v4), peer("udm-pro-v6", v6)];
    let both = || [("main", peers("udm-pro", "udm-pro-v6"))];
    let mut without_config = peer("udm-pro", "");
    without_config.as_object_mut().expect("a peer").remove("peerConfigRef");
    vec![
        of("a peer of another PeerConfig").cluster_config("home", everything(), &[("main", peers("gold", "udm-pro-v6"))]),
        of("a PeerConfig that is not there")
            .cluster_config("home", everything(), &[("main", peers("udm-pro", "missing"))])
            .says("udm-pro", "local-1", "1")
            .says("udm-pro-v6", "local-1", ""),
        of("a peer without PeerConfig").cluster_config(
            "home",
            everything(),
            &[("main", vec![without_config, peer("udm-pro-v6", "udm-pro-v6")])],
        ),
        of("two instances").cluster_config(
            "home",
            everything(),
            &[("main", vec![peer("udm-pro", "gold")]), ("second", vec![peer("udm-pro-v6", "udm-pro-v6")])],
        ),
        of("node 2 left out").cluster_config("home", matching(&["kubernetes.io/hostname NotIn node-2"]), &both()),
        of("two ClusterConfigs")
            .cluster_config("home", matching(&["service.cilium.io/node Exists"]), &[("main", peers("gold", "udm-pro-v6"))])
            .cluster_config("rest", matching(&["service.cilium.io/node DoesNotExist"]), &both()),
        of("no node").cluster_config("home", labelled("kubernetes.io/os", "plan9"), &both()).both_say("local-1", ""),
        of("an override").object(json!({
            "apiVersion": "cilium.io/v2", "kind": "CiliumBGPNodeConfigOverride", "metadata": {"name": "node-1"},
            "spec": {"bgpInstances": [{"name": "main", "routerID": "10.90.3.201", "peers": [{"name": "udm-pro", "localAddress": "10.90.3.101"}]}]},
        })),
    ]
}
