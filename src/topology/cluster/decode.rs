//! The cluster's documents to objects; what is missing or odd is a gap.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::cilium::pod::Pod;
use crate::cilium::served::ServedKinds;
use crate::cilium::{Object, decode_list};
use crate::snapshot::{ClusterAnswers, Gap, Kind, Missing, Reason};
use crate::topology::known::Known;

pub struct Decoder<'a> {
    end: &'a ClusterAnswers,
    /// The kinds that are needed; others are neither decoded nor missed.
    kinds: &'a [Kind],
    gaps: &'a mut Vec<Gap>,
    refused: usize,
}

impl<'a> Decoder<'a> {
    pub fn new(end: &'a ClusterAnswers, kinds: &'a [Kind], gaps: &'a mut Vec<Gap>) -> Self {
        Self { end, kinds, gaps, refused: 0 }
    }

    /// Whether every object of the lists so far could be decoded.
    pub fn refused_nothing(&self) -> bool {
        self.refused == 0
    }

    /// A kind's objects by name.
    pub fn by_name<Spec, Status>(&mut self, kind: Kind) -> Known<BTreeMap<String, Object<Spec, Status>>>
    where
        Object<Spec, Status>: DeserializeOwned,
    {
        let by_name = |object: Object<Spec, Status>| (object.metadata.name.clone(), object);
        self.list(kind).into(|objects| objects.into_iter().map(by_name).collect())
    }

    /// A kind's objects; none if the API server does not serve it.
    pub fn list<T: DeserializeOwned>(&mut self, kind: Kind) -> Known<Vec<T>> {
        if !self.kinds.contains(&kind) {
            return Known::unknown(format!("{} was not asked for", kind.name()));
        }
        if self.end.missing.is_some() {
            return Known::unknown("the cluster could not be read");
        }
        let Some(document) = self.end.document(kind) else {
            return Known::unknown(format!("{} was not read", kind.name()));
        };
        if let Some(missing) = &document.missing {
            if missing.reason == Reason::NotServed {
                return Known::Seen(Vec::new());
            }
            self.gap(kind, missing.clone());
            return Known::unknown(&missing.message);
        }
        match decode_list(document.body().unwrap_or_default()) {
            Ok((objects, refused)) => {
                for refusal in refused {
                    self.refused += 1;
                    let odd = format!("the API server's answer has an odd {}: {refusal}", kind.name());
                    self.gap(kind, Missing::new(Reason::Failed, odd));
                }
                Known::Seen(objects)
            }
            Err(error) => {
                let message = format!("the API server's answer is no list of {}: {error}", kind.name());
                self.gap(kind, Missing::new(Reason::Failed, message.clone()));
                Known::unknown(message)
            }
        }
    }

    /// The one object of a kind.
    pub fn one<T: DeserializeOwned>(&mut self, kind: Kind) -> Known<T> {
        if !self.kinds.contains(&kind) {
            return Known::unknown(format!("{} was not asked for", kind.name()));
        }
        let Some(document) = self.end.document(kind) else {
            return Known::unknown(format!("{} was not read", kind.name()));
        };
        if let Some(missing) = &document.missing {
            // That it is not there is an answer.
            let is_gap = missing.reason != Reason::NotFound || self.decides_what_is_advertised(kind);
            if is_gap && self.end.missing.is_none() {
                self.gap(kind, missing.clone());
            }
            return Known::unknown(&missing.message);
        }
        match serde_json::from_str(document.body().unwrap_or_default()) {
            Ok(object) => Known::Seen(object),
            Err(error) => {
                let message = format!("the API server's answer is no {}: {error}", kind.name());
                self.gap(kind, Missing::new(Reason::Failed, message.clone()));
                Known::unknown(message)
            }
        }
    }

    /// What a version of the group has; nothing if the API server does not know the group.
    pub fn served(&mut self, kind: Kind) -> Known<ServedKinds> {
        let missing = self.end.document(kind).and_then(|document| document.missing.as_ref());
        match missing {
            Some(missing) if missing.reason == Reason::NotServed && self.kinds.contains(&kind) => {
                Known::Seen(ServedKinds::default())
            }
            _ => self.one(kind),
        }
    }

    /// The agents' pods. None at all beside nodes is the wrong namespace, not a cluster whose agents are all gone.
    pub fn agents(&mut self, beside_nodes: bool) -> Known<Vec<Pod>> {
        let agents = self.list(Kind::AgentPod);
        if !beside_nodes || !agents.value().is_some_and(Vec::is_empty) {
            return agents;
        }
        let why = format!("there is no agent's pod in the namespace {}", self.end.cilium_namespace);
        let missing = Missing::new(Reason::NotFound, why.clone()).hint("--cilium-namespace says where Cilium runs");
        self.gap(Kind::AgentPod, missing);
        Known::unknown(why)
    }

    fn gap(&mut self, kind: Kind, missing: Missing) {
        // What no file can tell is no gap.
        if kind.is_optional() || missing.reason == Reason::NotInFiles {
            return;
        }
        let missing = if self.decides_what_is_advertised(kind) {
            missing.hint("Cilium's defaults are taken to say what should be advertised")
        } else {
            missing
        };
        self.gaps.push(Gap { what: kind.name().to_owned(), missing });
    }

    fn decides_what_is_advertised(&self, kind: Kind) -> bool {
        kind == Kind::CiliumConfig && self.kinds.contains(&Kind::Service)
    }
}
