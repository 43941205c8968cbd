//! Wishes against objects that are there: those are not changed.

use super::Objection;
use crate::setup::given::Given;
use crate::setup::ground::Ground;
use crate::setup::propose::Existing;
use crate::setup::propose::pool::Pools;
use crate::setup::worksheet::{Origin, Worksheet};
use crate::shell;

pub fn find(worksheet: &Worksheet, given: &Given, ground: &Ground) -> Vec<Objection> {
    let existing = Existing::find(ground, given);
    let mut objections = Vec::new();
    let mut differ = |flag: &str, kind: &str, name: &str, has: String| {
        let what = format!(
            "{flag} says otherwise than {kind} {name}, which has {has}: an object that is there is not changed"
        );
        let edit = shell::command(["kubectl", "edit", &kind.to_lowercase(), shell::name(name)]);
        objections.push(Objection::refuses(what).next(format!("leave the flag out; or change the object: {edit}")));
    };
    if let Some(config) = existing.config {
        let (kind, name) = ("CiliumBGPClusterConfig", config.metadata.name.as_str());
        let has = config.spec.node_selector.clone().unwrap_or_default();
        if given.node_selector.as_ref().is_some_and(|selector| *selector != has) {
            differ("--node-selector", kind, name, has.to_string());
        }
        match existing.instance {
            None if given.names.instance.is_some() => {
                differ("--instance-name", kind, name, "no such instance".to_owned());
            }
            None => {}
            Some(instance) => {
                let asn = |asn: Option<u32>| asn.map_or_else(|| "none".to_owned(), |asn| asn.to_string());
                if given.local_asn.is_some_and(|wanted| instance.local_asn != Some(wanted.0)) {
                    differ("--local-asn", kind, name, asn(instance.local_asn));
                }
                if let Some(wanted) = given.router_asn
                    && let Some(peer) = instance.peers.iter().find(|peer| peer.peer_asn != Some(wanted.0))
                {
                    differ("--router-asn", kind, name, asn(peer.peer_asn));
                }
                let dials = |address: &std::net::IpAddr| {
                    let addresses = instance.peers.iter().filter_map(|peer| peer.peer_address.as_ref()?.parse().ok());
                    addresses.into_iter().any(|own: std::net::IpAddr| own == *address)
                };
                let is_peer = |wanted: &String| instance.peers.iter().any(|peer| peer.name == *wanted);
                if let Some(wanted) = given.names.peer.as_ref().filter(|wanted| !is_peer(wanted)) {
                    differ("--peer-name", kind, name, format!("no peer {wanted}"));
                }
                let refers = |wanted: &String| {
                    instance
                        .peers
                        .iter()
                        .any(|peer| peer.peer_config_ref.as_ref().is_some_and(|one| one.name == *wanted))
                };
                if let Some(wanted) = given.names.peer_config.as_ref().filter(|wanted| !refers(wanted)) {
                    differ("--peer-config-name", kind, name, format!("no peer with the CiliumBGPPeerConfig {wanted}"));
                }
                if let Some(address) = given.router_addresses.iter().find(|address| !dials(address)) {
                    differ("--router-address", kind, name, format!("no peer {address}"));
                }
            }
        }
    }
    if let Some(config) = existing.peer_config {
        let (kind, name, spec) = ("CiliumBGPPeerConfig", config.metadata.name.as_str(), &config.spec);
        let timers = worksheet.timers.value;
        if worksheet.timers.origin == Origin::Given
            && (timers.connect_retry, timers.hold, timers.keep_alive)
                != (spec.connect_retry_seconds(), spec.hold_seconds(), spec.keep_alive_seconds())
        {
            let (retry, hold, keep) = (spec.connect_retry_seconds(), spec.hold_seconds(), spec.keep_alive_seconds());
            let has = format!("connect retry {retry}, hold time {hold}, keep-alive {keep}");
            differ(worksheet.timers.why.trim_start_matches("given with "), kind, name, has);
        }
        if worksheet.restart_seconds.origin == Origin::Given
            && worksheet.restart_seconds.value != spec.restart_seconds()
        {
            let has = spec.restart_seconds().map_or_else(|| "none".to_owned(), |seconds| format!("{seconds} s"));
            differ("--restart-time", kind, name, has);
        }
    }
    if let Some((object, entry)) = existing.advertisement {
        let has = entry.selector.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
        for (flag, wanted) in [("--canary", &given.canary), ("--selector", &given.selector)] {
            if wanted.is_some() && *wanted != entry.selector {
                differ(flag, "CiliumBGPAdvertisement", &object.metadata.name, has.clone());
            }
        }
    }
    objections.extend(taken_pool(&worksheet.pools, ground));
    if let Some(name) = given.names.pool.as_ref().filter(|name| !worksheet.pools.contains_key(*name)) {
        let what = format!("--pool-name {name} is for a new pool, and there is none: the pools that are there stay");
        objections.push(Objection::refuses(what).next("give its addresses with --pool, or leave --pool-name out"));
    }
    objections
}

/// A new pool under the name of one that is there.
fn taken_pool(pools: &Pools, ground: &Ground) -> Option<Objection> {
    let is_new = |name: &&String| pools.get(*name).is_some_and(|entry| entry.origin != Origin::Kept);
    let name = ground.pools().iter().map(|pool| &pool.metadata.name).find(is_new)?;
    let what = format!("the pool {name} is there with other addresses: an object that is there is not changed");
    Some(Objection::refuses(what).next("give the new pool another name with --pool-name"))
}
