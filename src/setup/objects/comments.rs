//! What the objects and their fields are for, in words for somebody who sees them for the first time.

use std::collections::BTreeMap;

use crate::snapshot::Kind;

/// Paragraphs by the JSON pointer of their field; those of the empty one are the object's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comments(BTreeMap<String, Vec<String>>);

impl Comments {
    pub fn at(&self, pointer: &str) -> &[String] {
        self.0.get(pointer).map_or(&[], Vec::as_slice)
    }

    /// Adds a paragraph, unless it is there already.
    pub fn say(&mut self, pointer: &str, paragraph: &str) {
        let paragraphs = self.0.entry(pointer.to_owned()).or_default();
        if !paragraph.is_empty() && !paragraphs.iter().any(|known| known == paragraph) {
            paragraphs.push(paragraph.to_owned());
        }
    }

    /// What the kind and its fields are for, before what is said of their values.
    pub fn explain(&mut self, kind: Kind) {
        for (pointer, explanation) in fields(kind) {
            let paragraphs = self.0.entry((*pointer).to_owned()).or_default();
            match paragraphs.first_mut().filter(|_| !pointer.is_empty()) {
                Some(why) if explanation.ends_with('.') => *why = format!("{explanation} {}", sentence(why)),
                Some(why) => *why = format!("{explanation}: {why}"),
                None => paragraphs.insert(0, (*explanation).to_owned()),
            }
        }
    }
}

/// Words that stand alone, with what a sentence has. A name at their beginning stays as it is written.
pub fn sentence(words: &str) -> String {
    let first = words.split(' ').next().unwrap_or_default();
    let is_word = !first.is_empty() && first.chars().all(|c| c.is_ascii_lowercase());
    let (head, tail) = words.split_at(usize::from(is_word));
    let end = if words.ends_with(['.', ':', '!', '?']) { "" } else { "." };
    format!("{}{tail}{end}", head.to_ascii_uppercase())
}

/// What stands at the top of the file.
pub const HEAD: &str = "How the nodes of this cluster speak BGP with their router. Each node tells the router which \
    addresses of Services it serves, and the router sends their traffic straight to the nodes. All of these objects are \
    Cilium's; the router has to be configured as well before a session can come up.";

/// Explanations by field. Of a list, the first item's stands for the others.
fn fields(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::BgpAdvertisement => ADVERTISEMENT,
        Kind::BgpPeerConfig => PEER_CONFIG,
        Kind::BgpClusterConfig => CLUSTER_CONFIG,
        Kind::LoadBalancerIpPool => POOL,
        Kind::BgpNodeConfigOverride => OVERRIDE,
        Kind::L2AnnouncementPolicy => L2_POLICY,
        _ => &[],
    }
}

const ADVERTISEMENT: &[(&str, &str)] = &[
    ("", "What the nodes advertise: which addresses the router hears of."),
    ("/metadata/labels", "The label is how a CiliumBGPPeerConfig finds this object; Services need none of it."),
    (
        "/spec/advertisements/0/service/addresses",
        "Which addresses of a Service. LoadBalancerIP is the one that its pool gave it.",
    ),
    (
        "/spec/advertisements/0/selector",
        "Which Services, by their labels. Without a selector nothing is advertised at all.",
    ),
    ("/spec/advertisements/0/attributes", "What the router is told beside the address: communities, a preference."),
];

const PEER_CONFIG: &[(&str, &str)] = &[
    ("", "How a session with the router is held. A change of anything here resets the sessions of all nodes at once."),
    ("/spec/timers/connectRetryTimeSeconds", "how long a node waits before it dials again"),
    ("/spec/timers/holdTimeSeconds", "silence after which the other side counts as gone"),
    ("/spec/timers/keepAliveTimeSeconds", "how often each side says that it is there"),
    ("/spec/gracefulRestart/restartTimeSeconds", "how long the router waits for a silent node"),
    ("/spec/authSecretRef", "the Secret with the password, in the namespace of Cilium's BGP secrets"),
    ("/spec/ebgpMultihop", "how many hops away the router may be"),
    (
        "/spec/families",
        "Address families of the session, and what is advertised in each: all advertisements with these labels.",
    ),
];

const CLUSTER_CONFIG: &[(&str, &str)] = &[
    ("", "Who speaks with whom: each node that is selected here opens a session to each peer."),
    ("/spec/nodeSelector", "Which nodes, by their labels."),
    ("/spec/bgpInstances/0/localASN", "the AS number of the nodes"),
    ("/spec/bgpInstances/0/peers/0/peerAddress", "the router's address, which the nodes dial"),
    ("/spec/bgpInstances/0/peers/0/peerASN", "the router's AS number"),
    ("/spec/bgpInstances/0/peers/0/peerConfigRef", "The CiliumBGPPeerConfig that says how the session is held."),
];

const POOL: &[(&str, &str)] = &[
    ("", "Which addresses Services of type LoadBalancer get. The router has to let the same ones in."),
    ("/spec/allowFirstLastIPs", "whether the first and the last address of a block are given out too"),
    ("/spec/serviceSelector", "Only these Services get addresses of this pool."),
];

const OVERRIDE: &[(&str, &str)] = &[(
    "",
    "What one node has of its own. Its name is the node's, those of instances and peers are the CiliumBGPClusterConfig's.",
)];

const L2_POLICY: &[(&str, &str)] = &[(
    "",
    "L2 announcements: a node answers ARP for each address. They go once everything reaches the Services by BGP.",
)];
