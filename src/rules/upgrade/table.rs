//! The changes, each with its source. A line a change: what is true of the objects is found by its function.

use super::{Change, Minor};
use crate::cilium::Object;
use crate::cilium::config::Settings;
use crate::rules::Facts;
use crate::rules::finding::{Severity, Subject};
use crate::snapshot::Kind;
use crate::topology::Known;
use crate::topology::cluster::Named;

pub const TABLE: &[Change] = &[
    Change {
        since: Minor(1, 16),
        until: None,
        severity: Severity::Warning,
        what: "pools hand out the first and the last address of a block too",
        fix: "set allowFirstLastIPs: \"No\" in the pool if a client's network takes them for network or broadcast",
        source: "cilium pkg/k8s/apis/cilium.io/v2alpha1/lbipam_types.go; docs LB IPAM",
        touches: pools_without_first_last,
    },
    Change {
        since: Minor(1, 16),
        until: None,
        severity: Severity::Error,
        what: "an advertisement of Services without a selector selects none",
        fix: "give it a selector that matches all: matchExpressions: [{key: unused, operator: NotIn, values: [never]}]",
        source: "cilium pkg/k8s/apis/cilium.io/v2alpha1/bgp_advert_types.go; cilium#32426",
        touches: advertisements_without_selector,
    },
    Change {
        since: Minor(1, 18),
        until: None,
        severity: Severity::Information,
        what: "the BGP kinds are served as cilium.io/v2, and v2alpha1 is deprecated",
        fix: "write apiVersion: cilium.io/v2, without peerConfigRef.group and .kind and without transport.localPort",
        source: "cilium#37765, cilium#39090",
        touches: v2alpha1_objects,
    },
    Change {
        since: Minor(1, 18),
        until: None,
        severity: Severity::Error,
        what: "a PeerConfig whose keepalive time is longer than its hold time is refused",
        fix: "set keepAliveTimeSeconds to a third of holdTimeSeconds",
        source: "the CRD's CEL rule, pkg/k8s/apis/cilium.io/v2/bgp_peer_types.go",
        touches: keepalive_above_hold,
    },
    Change {
        since: Minor(1, 18),
        until: None,
        severity: Severity::Warning,
        what: "transport.localPort of a PeerConfig is gone",
        fix: "take localPort off the PeerConfig; a listening port is localPort of the ClusterConfig's instance",
        source: "cilium pkg/k8s/apis/cilium.io/v2/bgp_peer_types.go",
        touches: peer_configs_with_local_port,
    },
    Change {
        since: Minor(1, 18),
        until: None,
        severity: Severity::Warning,
        what: "CiliumBGPPeeringPolicy is deprecated, and removed in 1.19",
        fix: "write a ClusterConfig, PeerConfig and Advertisement that say the same",
        source: "cilium#42278; docs BGP Control Plane",
        touches: peering_policies,
    },
    Change {
        since: Minor(1, 19),
        until: None,
        severity: Severity::Error,
        what: "CiliumBGPPeeringPolicy is removed: its sessions end, and nothing says so",
        fix: "write a ClusterConfig, PeerConfig and Advertisement that say the same, and see their sessions up, before the upgrade",
        source: "cilium#42278",
        touches: peering_policies,
    },
    Change {
        since: Minor(1, 19),
        until: None,
        severity: Severity::Error,
        what: "an address that stands in externalIPs too is advertised as an ExternalIP, not as a LoadBalancerIP",
        fix: "add ExternalIP to the advertisement's addresses, or take the address off spec.externalIPs (of a Gateway: off spec.addresses)",
        source: "cilium pkg/loadbalancer/reflectors/conversions.go",
        touches: vips_that_are_external_ips,
    },
    Change {
        since: Minor(1, 19),
        until: None,
        severity: Severity::Error,
        what: "BGP reads the frontends of Cilium's own proxy: without kube-proxy replacement it has none to advertise",
        fix: "set the Helm value kubeProxyReplacement=true",
        source: "cilium pkg/bgp/manager/reconciler/service.go",
        touches: without_kube_proxy_replacement,
    },
    Change {
        since: Minor(1, 19),
        until: Some(Minor(1, 20)),
        severity: Severity::Warning,
        what: "Services with externalTrafficPolicy Local may be advertised by nodes that have no endpoint (1.19.1 to 1.19.5)",
        fix: "use externalTrafficPolicy Cluster for them until a version that is mended",
        source: "cilium#44803",
        touches: local_services,
    },
    Change {
        since: Minor(1, 19),
        until: None,
        severity: Severity::Warning,
        what: "while agents are rolled, old ones that may not list CiliumBGPPeeringPolicies any more lose BGP",
        fix: "keep the right to list ciliumbgppeeringpolicies in the agents' ClusterRole until all agents are new",
        source: "cilium#45802",
        touches: agents_before_1_19,
    },
    Change {
        since: Minor(1, 20),
        until: None,
        severity: Severity::Warning,
        what: "with Gateway API on, socket load balancing is switched off in pods: pods reach VIPs over the network",
        fix: "prove with a pod on every node that it reaches the VIPs, before and after",
        source: "cilium install/kubernetes/cilium/templates/cilium-configmap.yaml (bpf-lb-sock-hostns-only)",
        touches: gateway_api,
    },
];

type Touched = Vec<(Subject, String)>;

/// The objects of a list that `says` has a word about.
fn of<Spec, Status>(
    objects: Option<&Known<Vec<Object<Spec, Status>>>>,
    kind: &'static str,
    says: impl Fn(&Object<Spec, Status>) -> Option<String>,
) -> Touched {
    let objects = objects.and_then(Known::value).into_iter().flatten();
    objects.filter_map(|object| Some((Subject::object(kind, &object.metadata.name), says(object)?))).collect()
}

/// The same of objects by name.
fn named<Spec, Status>(
    objects: Option<&Named<Object<Spec, Status>>>,
    kind: &'static str,
    says: impl Fn(&Object<Spec, Status>) -> Option<String>,
) -> Touched {
    let objects = objects.and_then(Known::value).into_iter().flatten();
    objects.filter_map(|(name, object)| Some((Subject::object(kind, name), says(object)?))).collect()
}

fn setting(facts: &Facts, says: impl Fn(&Settings) -> Option<&'static str>) -> Touched {
    let settings = facts.cluster().and_then(|cluster| cluster.settings.value());
    settings
        .and_then(says)
        .map(|text| vec![(Subject::object("configmap", "cilium-config"), text.to_owned())])
        .unwrap_or_default()
}

fn pools_without_first_last(facts: &Facts) -> Touched {
    let says = |object: &crate::cilium::pool::Pool| {
        let has_cidr = object.spec.blocks().any(|block| block.cidr.is_some());
        (object.spec.allow_first_last_ips.is_none() && has_cidr)
            .then(|| "allowFirstLastIPs is not set: No before 1.16, Yes from then on".to_owned())
    };
    of(facts.cluster().map(|cluster| &cluster.pools), "ciliumloadbalancerippool", says)
}

fn advertisements_without_selector(facts: &Facts) -> Touched {
    let says = |object: &crate::cilium::advertisement::Advertisement| {
        let entries = &object.spec.advertisements;
        let without = entries.iter().any(|entry| entry.is_of("Service") && entry.selector.is_none());
        without.then(|| "an entry of type Service has no selector".to_owned())
    };
    of(facts.cluster().map(|cluster| &cluster.advertisements), "ciliumbgpadvertisement", says)
}

fn v2alpha1_objects(facts: &Facts) -> Touched {
    let read = [
        (Kind::BgpClusterConfig, "ciliumbgpclusterconfigs"),
        (Kind::BgpPeerConfig, "ciliumbgppeerconfigs"),
        (Kind::BgpAdvertisement, "ciliumbgpadvertisements"),
        (Kind::LoadBalancerIpPool, "ciliumloadbalancerippools"),
    ];
    let in_v2alpha1 =
        read.into_iter().filter(|(kind, _)| facts.read_from(*kind).is_some_and(|path| path.contains("/v2alpha1/")));
    in_v2alpha1
        .map(|(_, plural)| (Subject::object("customresourcedefinition", plural), "it is served as v2alpha1".to_owned()))
        .collect()
}

fn keepalive_above_hold(facts: &Facts) -> Touched {
    let says = |object: &crate::cilium::bgp::PeerConfig| {
        let (keepalive, hold) = (object.spec.keep_alive_seconds(), object.spec.hold_seconds());
        (keepalive > hold).then(|| format!("keepalive {keepalive} s, hold {hold} s"))
    };
    named(facts.cluster().map(|cluster| &cluster.peer_configs), "ciliumbgppeerconfig", says)
}

fn peer_configs_with_local_port(facts: &Facts) -> Touched {
    let says = |object: &crate::cilium::bgp::PeerConfig| {
        let port = object.spec.transport.as_ref()?.local_port?;
        Some(format!("transport.localPort is {port}"))
    };
    named(facts.cluster().map(|cluster| &cluster.peer_configs), "ciliumbgppeerconfig", says)
}

fn peering_policies(facts: &Facts) -> Touched {
    let says = |_: &crate::cilium::bgp::PeeringPolicy| Some("the policy is there".to_owned());
    of(facts.cluster().map(|cluster| &cluster.policies), "ciliumbgppeeringpolicy", says)
}

fn vips_that_are_external_ips(facts: &Facts) -> Touched {
    if facts.advertises_external_ips() {
        return Vec::new();
    }
    let services = facts.services().and_then(|services| services.services.value()).into_iter().flatten();
    let shadowed = services.filter_map(|service| {
        let external: Vec<_> = service.external_ips().collect();
        let (both, _) = service.load_balancer_ips().find(|(ip, _)| external.contains(ip))?;
        let subject = Subject::service(&service.metadata.namespace, &service.metadata.name);
        Some((subject, format!("{both} is its load balancer's address and stands in spec.externalIPs")))
    });
    shadowed.collect()
}

fn without_kube_proxy_replacement(facts: &Facts) -> Touched {
    setting(facts, |settings| (!settings.replaces_kube_proxy()).then_some("kube-proxy-replacement is off"))
}

fn local_services(facts: &Facts) -> Touched {
    let services = facts.services().and_then(|services| services.services.value()).into_iter().flatten();
    let local = services.filter(|service| service.is_load_balancer() && service.external_policy_is_local());
    let subject = |service: &crate::cilium::service::Service| {
        Subject::service(&service.metadata.namespace, &service.metadata.name)
    };
    local.map(|service| (subject(service), "externalTrafficPolicy is Local".to_owned())).collect()
}

fn agents_before_1_19(facts: &Facts) -> Touched {
    let version = facts.cilium_version().map(|version| format!("the agents run {version}"));
    version.map(|says| vec![(Subject::Cluster, says)]).unwrap_or_default()
}

fn gateway_api(facts: &Facts) -> Touched {
    setting(facts, |settings| settings.gateway_api_is_enabled().then_some("enable-gateway-api is on"))
}
