//! What several rules need to know, in the same words wherever it is missing.

use super::{Facts, Verdict};
use crate::cilium::config::Settings;
use crate::cilium::endpoints::EndpointSlice;
use crate::cilium::pod;
use crate::snapshot::Kind;
use crate::topology::Known;

/// Major, minor and patch version.
pub type Release = (u32, u32, u32);

impl Verdict {
    /// The objects of a kind. The rule cannot tell without them.
    pub fn need<'k, T>(&mut self, kind: Kind, known: &'k Known<T>) -> Option<&'k T> {
        if let Some(why) = known.why_unknown() {
            self.needs(format!("{}: {why}", kind.name()));
        }
        known.value()
    }
}

impl<'a> Facts<'a> {
    /// What the agents were started with.
    pub fn needed_settings(&self, verdict: &mut Verdict) -> Option<&'a Settings> {
        verdict.need(Kind::CiliumConfig, &self.cluster()?.settings)
    }

    /// The Services' endpoints. The rule cannot tell without them.
    pub fn need_endpoints(&self, verdict: &mut Verdict) -> Option<&'a [EndpointSlice]> {
        verdict.need(Kind::EndpointSlice, &self.services()?.endpoint_slices).map(Vec::as_slice)
    }

    /// The oldest version of an agent that is at least the one and before the other. The rule cannot tell without the
    /// versions.
    pub fn runs_between(&self, verdict: &mut Verdict, from: Release, until: Release) -> Option<String> {
        let pods = verdict.need(Kind::AgentPod, &self.cluster()?.agents)?;
        let versions: Vec<&str> = pods.values().filter_map(|pod| pod.spec.agent()?.version()).collect();
        if versions.is_empty() {
            verdict.needs("the running version of Cilium: no agent's image tells it");
        }
        let releases = versions.into_iter().filter_map(|version| Some((pod::release(version)?, version)));
        let within = releases.filter(|(release, _)| (from..until).contains(release));
        within.min().map(|(_, version)| version.to_owned())
    }
}
