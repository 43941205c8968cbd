//! Which advertisements each session is linked to: PeerConfig to families to Advertisements, by labels.

use std::collections::{BTreeMap, HashMap};

use super::wanted::{Profile, Wanted};
use super::{Cluster, find, values};
use crate::cilium::advertisement::{Entry, ServiceOptions};
use crate::cilium::bgp::FamilyAdvertisements;
use crate::topology::known::Known;

/// Sessions with one profile, and what they are linked to.
pub struct Group<'a> {
    /// Positions among the wanted sessions, ascending.
    pub sessions: Vec<usize>,
    /// The same by node.
    pub by_node: HashMap<&'a str, Vec<usize>>,
    pub offers: Known<Vec<Offer>>,
    /// The families that the sessions negotiate.
    pub families: Families,
}

/// An entry of an Advertisement for one address family.
pub struct Offer {
    pub ipv4: bool,
    pub entry: Entry,
}

#[derive(Clone, Copy, Default)]
pub struct Families {
    pub ipv4: bool,
    pub ipv6: bool,
}

/// What a PeeringPolicy advertises of a Service if it does not say.
const POLICY_DEFAULT: &str = "LoadBalancerIP";

impl Families {
    const BOTH: Self = Self { ipv4: true, ipv6: true };

    pub fn has(self, ipv4: bool) -> bool {
        if ipv4 { self.ipv4 } else { self.ipv6 }
    }
}

impl Cluster {
    /// What sessions of a profile are linked to.
    pub fn offers(&self, profile: &Profile) -> Known<Vec<Offer>> {
        offers(self, profile).0
    }
}

pub fn groups<'a>(cluster: &Cluster, wanted: &'a [Wanted]) -> Vec<Group<'a>> {
    let mut positions: HashMap<&Profile, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (index, session) in wanted.iter().enumerate() {
        let at = *positions.entry(&session.profile).or_insert_with(|| {
            let (offers, families) = offers(cluster, &session.profile);
            groups.push(Group { sessions: Vec::new(), by_node: HashMap::new(), offers, families });
            groups.len() - 1
        });
        groups[at].sessions.push(index);
        groups[at].by_node.entry(&session.key.node.0).or_default().push(index);
    }
    groups
}

fn offers(cluster: &Cluster, profile: &Profile) -> (Known<Vec<Offer>>, Families) {
    match profile {
        Profile::Nothing => (Known::absent("the peer has no CiliumBGPPeerConfig"), Families::BOTH),
        Profile::PeerConfig(name) => match (find(&cluster.peer_configs, name), cluster.peer_configs.why_unknown()) {
            (Some(config), _) => linked(cluster, &config.spec.families),
            (None, Some(why)) => (Known::unknown(why), Families::BOTH),
            (None, None) => (Known::absent(format!("there is no CiliumBGPPeerConfig {name}")), Families::BOTH),
        },
        Profile::Policy(name, position) => {
            let policy = values(&cluster.policies).iter().find(|policy| policy.metadata.name == *name);
            let router = policy.and_then(|policy| policy.spec.virtual_routers.get(*position));
            let entries = router.into_iter().flat_map(|router| {
                let addresses =
                    router.service_advertisements.clone().unwrap_or_else(|| vec![POLICY_DEFAULT.to_owned()]);
                let services = Entry {
                    advertisement_type: "Service".to_owned(),
                    service: Some(ServiceOptions { addresses, ..ServiceOptions::default() }),
                    selector: router.service_selector.clone(),
                };
                let pods = Entry { advertisement_type: "PodCIDR".to_owned(), ..Entry::default() };
                [Some(services), router.export_pod_cidr.then_some(pods)].into_iter().flatten()
            });
            let both = |entry: Entry| [true, false].map(|ipv4| Offer { ipv4, entry: entry.clone() });
            (Known::Seen(entries.flat_map(both).collect()), Families::BOTH)
        }
    }
}

/// Of a family that stands twice in a PeerConfig, the last counts (peer_advertisements.go fills a map).
fn linked(cluster: &Cluster, families: &[FamilyAdvertisements]) -> (Known<Vec<Offer>>, Families) {
    let mut by_family: BTreeMap<bool, &FamilyAdvertisements> = BTreeMap::new();
    for family in families.iter().filter(|family| family.safi == "unicast") {
        match family.afi.as_str() {
            "ipv4" => drop(by_family.insert(true, family)),
            "ipv6" => drop(by_family.insert(false, family)),
            _ => {}
        }
    }
    let negotiated = if families.is_empty() {
        Families::BOTH
    } else {
        Families { ipv4: by_family.contains_key(&true), ipv6: by_family.contains_key(&false) }
    };
    let offers = cluster.advertisements.map(|advertisements| {
        let mut offers = Vec::new();
        for (ipv4, family) in by_family {
            let Some(selector) = &family.advertisements else { continue };
            let selected = advertisements.iter().filter(|object| selector.matches(&object.metadata.labels));
            let entries = selected.flat_map(|object| &object.spec.advertisements);
            offers.extend(entries.map(|entry| Offer { ipv4, entry: entry.clone() }));
        }
        offers
    });
    (offers, negotiated)
}
