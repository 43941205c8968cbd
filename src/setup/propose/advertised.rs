//! Which Services are advertised.

use super::Existing;
use crate::cilium::selector::{LabelSelector, Requirement};
use crate::setup::given::Given;
use crate::setup::worksheet::Entry;

/// The label that leaves a Service out.
pub const LEAVES_OUT: (&str, &str) = ("io.cilium/bgp-announce", "false");

pub fn propose(existing: &Existing, given: &Given) -> Entry<LabelSelector> {
    if let Some(selector) = &given.selector {
        return Entry::given(selector.clone(), "--selector");
    }
    let has_it = existing.advertisement.and_then(|(object, entry)| Some((object, entry.selector.clone()?)));
    if let Some((object, selector)) = has_it {
        return Entry::kept(selector, format!("CiliumBGPAdvertisement {} has it", object.metadata.name));
    }
    if let Some(policy) = existing.policy {
        let nothing =
            || Requirement { key: LEAVES_OUT.0.to_owned(), operator: "In".to_owned(), values: vec!["none".to_owned()] };
        let selector = policy.router.service_selector.clone();
        // Without one it advertises no Service.
        let selector = selector
            .unwrap_or_else(|| LabelSelector { match_expressions: vec![nothing()], ..LabelSelector::default() });
        return Entry::kept(selector, policy.has_it());
    }
    let but_some = Requirement {
        key: LEAVES_OUT.0.to_owned(),
        operator: "NotIn".to_owned(),
        values: vec![LEAVES_OUT.1.to_owned()],
    };
    let why = format!("every load balancer; the label {}={} leaves one out", LEAVES_OUT.0, LEAVES_OUT.1);
    Entry::proposed(LabelSelector { match_expressions: vec![but_some], ..LabelSelector::default() }, why)
}
