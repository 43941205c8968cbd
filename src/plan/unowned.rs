//! Neighbors beside those of the nodes that no node owns, and which of them go.

use std::collections::HashSet;
use std::net::IpAddr;

use super::edit::{Edit, Reason};
use super::lacks::{header, together};
use super::required::{Asked, Required};
use super::tag::Tag;
use super::view::Seat;
use crate::frr::config::bgp::BgpInstance;
use crate::frr::config::neighbor::Neighbor;

#[derive(Debug)]
pub struct Unowned {
    pub neighbor: String,
    pub group: Option<String>,
    pub tag: Option<Tag>,
    /// The tag is one of this cluster's.
    pub is_ours: bool,
}

/// What goes, and why the rest of it does not.
#[derive(Default)]
pub struct Drops {
    pub edits: Vec<Edit>,
    pub kept: Vec<Reason>,
}

/// Neighbors in the groups of the nodes, or with their AS, or that were made for a node of this cluster.
pub fn unowned(instance: &BgpInstance, sessions: &[Required], asked: &Asked) -> Vec<Unowned> {
    let shared = sessions.iter().filter_map(|required| Seat::of(instance, required)).map(|seat| seat.shared());
    let groups: HashSet<&str> = shared.filter(|line| line.is_group).map(|group| group.name.as_str()).collect();
    let asns: HashSet<u32> = sessions.iter().map(|required| required.node_asn.0).collect();
    let unowned = without_node(instance, sessions).filter_map(|line| {
        let group = line.member_of.as_ref().map(|group| group.value.clone());
        let remote_as = instance.effective(line, |line| line.remote_as.as_ref());
        let asn = remote_as.and_then(|remote_as| remote_as.number(instance.asn));
        let tag = line.description.as_ref().and_then(|description| Tag::read(description));
        let is_ours = tag.as_ref().is_some_and(|tag| asked.scopes.contains(&tag.scope));
        let is_near =
            group.as_deref().is_some_and(|group| groups.contains(group)) || asn.is_some_and(|asn| asns.contains(&asn));
        (is_ours || is_near).then(|| Unowned { neighbor: line.name.clone(), group, tag, is_ours })
    });
    unowned.collect()
}

fn without_node<'a>(instance: &'a BgpInstance, sessions: &[Required]) -> impl Iterator<Item = &'a Neighbor> {
    let owned: HashSet<IpAddr> = sessions.iter().flat_map(|required| required.addresses.iter().copied()).collect();
    instance.neighbors.iter().filter(move |line| line.address().is_some_and(|address| !owned.contains(&address)))
}

/// Those that are known to be ours; or those that are named, whosever they are.
pub fn drops(instance: &BgpInstance, sessions: &[Required], asked: &Asked, named: &[IpAddr]) -> Drops {
    let mut drops = Drops::default();
    let drop = |neighbor: &str, why: String| Edit {
        within: header(instance),
        statement: format!("no neighbor {neighbor}"),
        reason: Reason::to(why),
    };
    for &address in named {
        let Some(line) = instance.neighbor(&address.to_string()).filter(|line| !line.is_group) else { continue };
        match sessions.iter().find(|required| required.addresses.contains(&address)) {
            Some(owner) => {
                let why = format!("neighbor {address} is needed and stays");
                together(&mut drops.kept, Reason::of(&owner.node, why));
            }
            None => drops.edits.push(drop(&line.name, "named to be dropped".to_owned())),
        }
    }
    if !named.is_empty() {
        return drops;
    }
    for one in unowned(instance, sessions, asked).iter().filter(|one| one.is_ours) {
        let Some(tag) = &one.tag else { continue };
        if asked.unknown.is_empty() {
            drops.edits.push(drop(&one.neighbor, format!("it was made for {}, and no node needs it", tag.node)));
        } else {
            let why = format!("neighbor {} stays: it is not known of all nodes where they dial from", one.neighbor);
            drops.kept.push(Reason::to(why));
        }
    }
    drops
}
