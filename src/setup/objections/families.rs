//! Address families that one side has and the other has not.

use super::{Objection, pools};
use crate::frr::config::Version;
use crate::setup::ground::Ground;
use crate::setup::propose::family;
use crate::setup::worksheet::Worksheet;

pub fn find(worksheet: &Worksheet, ground: &Ground) -> Vec<Objection> {
    [Version::V4, Version::V6].into_iter().filter_map(|version| of(worksheet, ground, version)).collect()
}

fn of(worksheet: &Worksheet, ground: &Ground, version: Version) -> Option<Objection> {
    let name = family(version);
    let has_peer = worksheet.peers.iter().any(|peer| peer.family() == version);
    let has_pool = pools::has(worksheet, version);
    let settings = ground.cluster.settings.value();
    if has_pool && settings.is_some_and(|settings| !settings.family_is_enabled(version == Version::V4)) {
        let what = format!("a pool has {name} addresses, and {name} is switched off in cilium-config");
        return Some(Objection::warns(what).next(format!("set the Helm value {}.enabled to true", version.afi())));
    }
    match (has_pool, has_peer) {
        // What the agent finds by itself may be of any family.
        (true, false) if !worksheet.peers.is_empty() => {
            let links = ground.links().any(|(.., net)| Version::of(net.addr()) == version);
            let what = if ground.routers().next().is_some() && !links {
                format!("a pool has {name} addresses, and the router has no {name} address that nodes could dial")
            } else {
                format!("a pool has {name} addresses, and no peer has an {name} address: nobody advertises them")
            };
            let step =
                format!("give the router an {name} address in the nodes' network, and name it with --router-address");
            Some(Objection::warns(what).next(step))
        }
        (false, true) => {
            let what = format!(
                "the router's address is {name}, and no pool has {name} addresses: the session carries nothing"
            );
            let step =
                format!("give {name} addresses with --pool, or an address of the pool's family with --router-address");
            Some(Objection::refuses(what).next(step))
        }
        _ => None,
    }
}
