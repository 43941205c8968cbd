//! Why an address is not advertised.

use std::fmt;

use crate::topology::service::AddressKind;

/// Why an address is not advertised; of several advertisements, the one that came furthest says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    NoPeer,
    /// The peers have no PeerConfig.
    NoPeerConfig(String),
    Family(&'static str),
    NoAdvertisement,
    NotSelected,
    AddressType(AddressKind),
    NoNode(&'static str),
    NoReadyEndpoint,
    NotOnPeers,
    /// Of the Service itself.
    Class(String),
    NoFrontend(&'static str),
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPeer => f.write_str("no node is asked to peer"),
            Self::NoPeerConfig(why) => f.write_str(why),
            Self::Family(family) => write!(f, "no PeerConfig has the family {family}"),
            Self::NoAdvertisement => f.write_str("no PeerConfig selects an advertisement"),
            Self::NotSelected => f.write_str("no advertisement selects it"),
            Self::AddressType(kind) => write!(f, "no advertisement that selects it has {kind} addresses"),
            Self::NoNode(annotation) => write!(f, "{annotation} selects no node that peers"),
            Self::NoReadyEndpoint => f.write_str("no ready endpoint"),
            Self::NotOnPeers => f.write_str("no ready endpoint on a node that peers"),
            Self::Class(class) => write!(f, "loadBalancerClass {class}"),
            Self::NoFrontend(why) => f.write_str(why),
        }
    }
}
