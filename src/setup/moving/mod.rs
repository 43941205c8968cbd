//! The move of a pool that lies inside of a network with hosts: they ask by ARP for a VIP that is on their link and never the
//! router, so BGP alone does not carry it there. A routed pool beside it, both addresses for a while, then the new one alone.

mod ground;
mod range;
mod references;
mod services;
mod steps;

use std::net::IpAddr;

use ipnet::IpNet;

use super::taken::Taken;
use crate::cilium::gateway::Gateway;
use crate::cilium::pool::Pool;
use crate::cilium::service::Service;
pub use ground::plans;
pub use range::Exhausted;
pub use references::{Place, Reference};
pub use services::{At, ServiceMove};
pub use steps::steps;

/// What a move is planned by.
pub struct Situation<'a> {
    pub pool: &'a Pool,
    /// Networks of nodes, pods and Services, of the routers' interfaces and routes, the other pools, and this one.
    pub taken: &'a [Taken],
    pub services: &'a [Service],
    pub gateways: &'a [Gateway],
    /// The repository's texts, each with its file.
    pub files: &'a [(&'a str, &'a str)],
}

/// A pool's way to addresses of its own.
#[derive(Clone, Debug)]
pub struct Move {
    /// The pool that is moved.
    pub from: String,
    /// What the new one is called.
    pub pool: String,
    /// A prefix for each family of the old one.
    pub prefixes: Vec<IpNet>,
    /// In the order of their names.
    pub services: Vec<ServiceMove>,
    /// Who says an old address. In the order of objects, then files.
    pub references: Vec<Reference>,
    /// What has to be known before: each a sentence.
    pub doubts: Vec<String>,
}

/// Plans the move.
///
/// # Errors
/// No private range of the size is free.
pub fn plan(situation: &Situation) -> Result<Move, Exhausted> {
    let mapping = range::Mapping::of(situation)?;
    let services = services::moves(situation, &mapping);
    let mut old: Vec<IpAddr> = services.iter().flat_map(|service| service.old.iter().copied()).collect();
    old.sort_unstable();
    old.dedup();
    let mut doubts = vec![
        "that no other network of yours uses the new range is known only as far as the cluster and the router tell"
            .to_owned(),
    ];
    if !mapping.keeps_places {
        doubts.push("the pool is too large for addresses to keep their last part: they are given in order".to_owned());
    }
    Ok(Move {
        from: situation.pool.metadata.name.clone(),
        pool: format!("{}-routed", situation.pool.metadata.name),
        prefixes: mapping.prefixes(),
        references: references::find(situation, &old),
        services,
        doubts,
    })
}

#[cfg(test)]
mod tests;
