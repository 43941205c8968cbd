//! Which advertisements select an address, through which profile, and why the others do not.

use std::collections::BTreeMap;
use std::fmt;

use super::judge::pseudo_labels;
use super::{Cluster, Profile, find, values};
use crate::cilium::advertisement::{Advertisement, Entry};
use crate::cilium::selector::{LabelSelector, Mismatch};
use crate::cilium::service::Service;
use crate::topology::known::Known;
use crate::topology::service::AddressKind;

/// How an advertisement stands to an address, for the sessions of one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub profile: Profile,
    /// `None`: it is the profile itself that decides.
    pub advertisement: Option<String>,
    /// The place of its entry that came furthest.
    pub entry: usize,
    pub verdict: Verdict,
}

/// The further it comes, the greater it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The profile has nothing to advertise by.
    NoProfile(String),
    /// The sessions do not carry the address family.
    NoFamily(&'static str),
    /// There is no advertisement at all.
    NoAdvertisements,
    /// The PeerConfig takes no advertisement for this family.
    TakesNone(&'static str),
    /// The PeerConfig does not take the advertisement.
    NotTaken(Vec<Mismatch>),
    /// It advertises other things.
    OtherType(String),
    /// Without a selector it selects nothing.
    NoSelector,
    OtherLabels(Vec<Mismatch>),
    /// It selects the Service, for other kinds of address.
    OtherAddresses {
        listed: Vec<String>,
        kind: AddressKind,
    },
    Selects,
}

impl Verdict {
    /// How far it came.
    pub fn rank(&self) -> usize {
        match self {
            Self::NoProfile(_) => 0,
            Self::NoFamily(_) => 1,
            Self::NoAdvertisements => 2,
            Self::TakesNone(_) => 3,
            Self::NotTaken(_) => 4,
            Self::OtherType(_) => 5,
            Self::NoSelector => 6,
            Self::OtherLabels(_) => 7,
            Self::OtherAddresses { .. } => 8,
            Self::Selects => 9,
        }
    }
}

/// A Service's labels, as Cilium's selectors see them.
pub fn labels_of(service: &Service) -> BTreeMap<String, String> {
    pseudo_labels(service)
}

/// What is to be advertised.
#[derive(Clone, Copy)]
pub struct Address<'a> {
    /// `None` for what is no Service's.
    pub service: Option<&'a Service>,
    pub kind: AddressKind,
    pub ipv4: bool,
}

impl Address<'_> {
    fn entry_type(&self) -> &'static str {
        match self.kind {
            AddressKind::PodCIDR => "PodCIDR",
            AddressKind::CiliumPodIPPool => "CiliumPodIPPool",
            _ => "Service",
        }
    }
}

impl Cluster {
    /// Every advertisement that might have the address for sessions of this profile, the ones that came furthest first.
    pub fn selection(&self, profile: &Profile, address: Address) -> Known<Vec<Candidate>> {
        let one = |verdict| {
            Known::Computed(vec![Candidate { profile: profile.clone(), advertisement: None, entry: 0, verdict }])
        };
        match profile {
            Profile::Nothing => one(Verdict::NoProfile("the peer has no CiliumBGPPeerConfig".to_owned())),
            Profile::Policy(name, position) => {
                let policy = values(&self.policies).iter().find(|policy| policy.metadata.name == *name);
                let Some(router) = policy.and_then(|policy| policy.spec.virtual_routers.get(*position)) else {
                    return Known::unknown(format!("the CiliumBGPPeeringPolicy {name} could not be read"));
                };
                one(match address.kind {
                    AddressKind::PodCIDR if router.export_pod_cidr => Verdict::Selects,
                    AddressKind::PodCIDR | AddressKind::CiliumPodIPPool => Verdict::OtherType("Service".to_owned()),
                    _ => of_service(
                        router.service_selector.as_ref(),
                        router.service_advertisements.as_deref().unwrap_or(&["LoadBalancerIP".to_owned()]),
                        address,
                    ),
                })
            }
            Profile::PeerConfig(name) => {
                if let Some(why) = self.peer_configs.why_unknown() {
                    return Known::unknown(why);
                }
                let Some(config) = find(&self.peer_configs, name) else {
                    return one(Verdict::NoProfile(format!("there is no CiliumBGPPeerConfig {name}")));
                };
                let afi = if address.ipv4 { "ipv4" } else { "ipv6" };
                let families = &config.spec.families;
                // Of a family that stands twice the last counts; without any, both are negotiated and carry nothing.
                let family = families.iter().rev().find(|family| family.safi == "unicast" && family.afi == afi);
                let selector = match family {
                    None if families.is_empty() => return one(Verdict::TakesNone(afi)),
                    None => return one(Verdict::NoFamily(afi)),
                    Some(family) => family.advertisements.as_ref(),
                };
                let Some(selector) = selector else { return one(Verdict::TakesNone(afi)) };
                self.advertisements.and_then(|advertisements| {
                    if advertisements.is_empty() {
                        return one(Verdict::NoAdvertisements);
                    }
                    let candidate = |advertisement: &Advertisement| {
                        let (entry, verdict) = of_advertisement(selector, advertisement, address);
                        let advertisement = Some(advertisement.metadata.name.clone());
                        Candidate { profile: profile.clone(), advertisement, entry, verdict }
                    };
                    let mut candidates: Vec<Candidate> = advertisements.iter().map(candidate).collect();
                    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.verdict.rank()));
                    Known::Computed(candidates)
                })
            }
        }
    }
}

/// How far it comes, and by which of its entries.
fn of_advertisement(taken: &LabelSelector, advertisement: &Advertisement, address: Address) -> (usize, Verdict) {
    let mismatches = taken.mismatches(&advertisement.metadata.labels);
    if !mismatches.is_empty() {
        return (0, Verdict::NotTaken(mismatches));
    }
    let entries = advertisement.spec.advertisements.iter().map(|entry| of_entry(entry, address)).enumerate();
    let furthest = entries.max_by_key(|(_, verdict)| verdict.rank());
    furthest.unwrap_or_else(|| (0, Verdict::OtherType("nothing".to_owned())))
}

fn of_entry(entry: &Entry, address: Address) -> Verdict {
    if !entry.is_of(address.entry_type()) {
        return Verdict::OtherType(entry.advertisement_type.clone());
    }
    match (address.entry_type(), &entry.service) {
        ("Service", Some(options)) => of_service(entry.selector.as_ref(), &options.addresses, address),
        ("Service", None) => Verdict::OtherType("a Service without addresses".to_owned()),
        _ => Verdict::Selects,
    }
}

fn of_service(selector: Option<&LabelSelector>, addresses: &[String], address: Address) -> Verdict {
    let Some(selector) = selector else { return Verdict::NoSelector };
    let mismatches = address.service.map(|service| selector.mismatches(&pseudo_labels(service))).unwrap_or_default();
    if !mismatches.is_empty() {
        Verdict::OtherLabels(mismatches)
    } else if addresses.iter().any(|listed| *listed == address.kind.to_string()) {
        Verdict::Selects
    } else {
        Verdict::OtherAddresses { listed: addresses.to_vec(), kind: address.kind }
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let profile = &self.profile;
        let object = match &self.advertisement {
            Some(name) => format!("CiliumBGPAdvertisement {name}"),
            None => profile.to_string(),
        };
        let because =
            |mismatches: &[Mismatch]| mismatches.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match &self.verdict {
            Verdict::NoProfile(why) => f.write_str(why),
            Verdict::NoFamily(family) => write!(f, "{profile} does not have the family {family}"),
            Verdict::NoAdvertisements => f.write_str("there is no CiliumBGPAdvertisement"),
            Verdict::TakesNone(family) => write!(f, "{profile} takes no advertisement for {family}"),
            Verdict::NotTaken(mismatches) => write!(f, "{profile} does not take {object}: its {}", because(mismatches)),
            Verdict::OtherType(kind) => write!(f, "{object} is for {kind}"),
            Verdict::NoSelector => write!(f, "{object} has no selector, so it selects nothing"),
            Verdict::OtherLabels(mismatches) => write!(f, "{object} does not select it: {}", because(mismatches)),
            Verdict::OtherAddresses { listed, kind } if listed.is_empty() => {
                write!(f, "{object} selects it, but has no kinds of address: {kind} is missing")
            }
            Verdict::OtherAddresses { listed, kind } => {
                write!(f, "{object} selects it, but for {} alone: {kind} is missing", listed.join(" and "))
            }
            Verdict::Selects if self.advertisement.is_some() => write!(f, "{object} through {profile}"),
            Verdict::Selects => f.write_str(&object),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cilium::Object;

    fn decoded<T: for<'de> serde::Deserialize<'de>>(value: serde_json::Value) -> T {
        serde_json::from_value(value).expect("Kubernetes' shape")
    }

    fn advertisement(entry: serde_json::Value) -> Advertisement {
        decoded(serde_json::json!({"metadata": {"name": "a", "labels": {"advertise": "bgp"}},
            "spec": {"advertisements": [{"advertisementType": "PodCIDR"}, entry]}}))
    }

    fn said(takes: &str, entry: serde_json::Value) -> String {
        let service: Object<_, _> =
            decoded(serde_json::json!({"metadata": {"name": "web", "namespace": "home", "labels": {"bgp": "off"}}}));
        let taken = decoded(serde_json::json!({"matchLabels": {"advertise": takes}}));
        let address = Address { service: Some(&service), kind: AddressKind::LoadBalancerIP, ipv4: true };
        let (entry, verdict) = of_advertisement(&taken, &advertisement(entry), address);
        let profile = Profile::PeerConfig("udm".to_owned());
        Candidate { profile, advertisement: Some("a".to_owned()), entry, verdict }.to_string()
    }

    #[test]
    fn an_advertisement_says_how_far_it_came() {
        let entry = |selector: serde_json::Value, kinds: &[&str]| serde_json::json!({"advertisementType": "Service", "service": {"addresses": kinds}, "selector": selector});
        let lb = &["LoadBalancerIP"][..];
        let home = serde_json::json!({"matchLabels": {"io.kubernetes.service.namespace": "home"}});
        assert_eq!(said("bgp", entry(home.clone(), lb)), "CiliumBGPAdvertisement a through CiliumBGPPeerConfig udm");
        assert_eq!(
            said("x", entry(home.clone(), lb)),
            "CiliumBGPPeerConfig udm does not take CiliumBGPAdvertisement a: its label advertise is bgp (wanted: x)"
        );
        assert_eq!(
            said("bgp", entry(serde_json::json!({"matchLabels": {"bgp": "on"}}), lb)),
            "CiliumBGPAdvertisement a does not select it: label bgp is off (wanted: on)"
        );
        assert_eq!(
            said("bgp", entry(home, &["ClusterIP", "ExternalIP"])),
            "CiliumBGPAdvertisement a selects it, but for ClusterIP and ExternalIP alone: LoadBalancerIP is missing"
        );
        assert_eq!(
            said("bgp", entry(serde_json::Value::Null, lb)),
            "CiliumBGPAdvertisement a has no selector, so it selects nothing"
        );
        assert_eq!(
            said("bgp", serde_json::json!({"advertisementType": "Interface"})),
            "CiliumBGPAdvertisement a is for Interface"
        );
    }
}
