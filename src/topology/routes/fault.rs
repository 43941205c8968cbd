//! What may be wrong with a route, and its phrase in STATUS.

use std::collections::BTreeSet;
use std::fmt;

use crate::topology::names::{NodeName, listed};

/// The first hop of a route that is broken.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The Service has no address.
    Pending(String),
    /// No BGP runs on the router.
    NoBgp(String),
    /// A node announced a default route.
    DefaultRoute {
        from: String,
    },
    /// No object of the cluster has the prefix.
    Unowned {
        from: String,
        stale: bool,
    },
    /// The cluster does not ask the nodes that the paths come from for it.
    Unexpected {
        from: String,
        stale: bool,
        why: String,
    },
    /// The router has no path from sessions that should carry it.
    Lost {
        reason: Lost,
        nodes: BTreeSet<NodeName>,
        all: bool,
        expected: usize,
    },
    /// Paths that only a graceful restart keeps.
    Stale {
        from: String,
    },
    NextHopUnresolved {
        from: String,
    },
    /// The router uses fewer paths than it has.
    PathsUnused {
        used: usize,
        of: usize,
    },
    /// The router prefers a path that no node should send.
    RivalBetter {
        from: String,
    },
    KernelRefused,
    /// zebra has another route of this prefix that it prefers.
    OtherPreferred,
    LostInKernel,
    NotInKernel,
    /// The kernel's route is another protocol's.
    ShadowedBy(String),
    StrangeNextHops,
    MissingNextHops {
        alive: usize,
        of: usize,
    },
    /// Beside the expected paths there are others.
    TooMany {
        from: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending(why) => write!(f, "pending: {why}"),
            Self::NoBgp(why) => f.write_str(why),
            Self::DefaultRoute { from } => write!(f, "default route from {from}"),
            Self::Unowned { from, stale: true } => write!(f, "no Service has it, stale from {from}"),
            Self::Unowned { from, stale: false } => write!(f, "no Service has it, from {from}"),
            Self::Unexpected { from, stale: true, why } => write!(f, "stale from {from}: {why}"),
            Self::Unexpected { from, stale: false, why } => write!(f, "unexpected from {from}: {why}"),
            Self::Lost { reason, nodes, all, expected } => {
                let of = listed(nodes.iter().map(ToString::to_string));
                match reason {
                    Lost::Down(_) if *all && *expected > 1 => f.write_str("no session is up"),
                    Lost::Down(Some(state)) => write!(f, "session down: {of} ({state})"),
                    Lost::Down(None) => write!(f, "session down: {of}"),
                    Lost::NotAdvertised => write!(f, "not advertised by {of}"),
                    Lost::Filtered(by) if *all => write!(f, "filtered by {by}"),
                    Lost::Filtered(by) => write!(f, "filtered by {by}: {of}"),
                    Lost::OnTheWay => write!(f, "advertised by {of}, not received by the router"),
                    Lost::NotReceived => write!(f, "not received from {of}"),
                    Lost::NotAccepted(by) => write!(f, "advertised by {of}, not accepted ({by})"),
                    Lost::Unclear => write!(f, "not accepted from {of}"),
                }
            }
            Self::Stale { from } => write!(f, "stale from {from}"),
            Self::NextHopUnresolved { from } => write!(f, "next hop does not resolve: {from}"),
            Self::PathsUnused { used, of } => write!(f, "{used} of {of} paths used"),
            Self::RivalBetter { from } => write!(f, "a path from {from} is better"),
            Self::KernelRefused => f.write_str("the router's kernel refused it"),
            Self::OtherPreferred => f.write_str("the router prefers another route"),
            Self::LostInKernel => f.write_str("lost in the router's kernel: zebra says that it is installed"),
            Self::NotInKernel => f.write_str("not in the router's kernel"),
            Self::ShadowedBy(protocol) => write!(f, "a {protocol} route wins on the router"),
            Self::StrangeNextHops => f.write_str("the router's kernel has other next hops too"),
            Self::MissingNextHops { alive, of } => write!(f, "the router's kernel has {alive} of {of} next hops"),
            Self::TooMany { from } => write!(f, "also from {from}, unexpected"),
        }
    }
}

/// Why the router has no path from a session that should carry the prefix; the surest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lost {
    /// The session is not established; FRR's state, if it has one.
    Down(Option<String>),
    NotAdvertised,
    Filtered(String),
    /// The agent sent it, and the router did not get it.
    OnTheWay,
    NotReceived,
    /// The agent sent it; whether the router got it is not known.
    NotAccepted(String),
    Unclear,
}
