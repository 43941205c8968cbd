//! The router's side: its neighbors and what it says of them.

pub mod inbound;
pub mod kept;
pub mod permit;
mod reach;
pub mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};

use super::known::Known;
use super::names::{Asn, Family, NeighborName, Vrf};
use super::session::{InboundPolicy, LastReset, RouterCounts, RouterEnd, Source, Timers};
use crate::frr::config::{Config, Version};
use crate::frr::show::{self, addresses::Interface, neighbors::Neighbor, summary::SummaryPeer};
use crate::snapshot::{self, Command, Document, Gap, Missing, Reason};
use crate::unifi::CONSOLE;
use kept::Kept;
pub use reach::Reach;
use tables::Tables;

/// A router's documents, decoded.
pub struct Router {
    /// The ssh target.
    pub name: String,
    /// The peers, by name or address, that this router is; empty: any.
    peers: Vec<String>,
    /// Absent: no BGP runs there.
    pub neighbors: Known<Vec<RouterNeighbor>>,
    /// Neighbors that are there and could not be read, with the reason.
    pub odd: BTreeMap<NeighborName, String>,
    /// Its running configuration as it printed it.
    pub running: Known<String>,
    /// The same, as far as it is understood. Without bgpd it says nothing of BGP.
    pub config: Known<Config>,
    pub config_source: Option<Source>,
    pub interfaces: Known<Vec<Interface>>,
    pub interfaces_source: Option<Source>,
    /// What it comes back with. A file that stands for a router has none.
    pub kept: Option<Kept>,
    /// The names of the daemons that run.
    pub daemons: Known<Vec<String>>,
    /// UniFi's name for the device, if it is one of UniFi's.
    pub model: Option<String>,
    /// UniFi OS's version.
    pub firmware: Known<String>,
    pub ipv4: Tables,
    pub ipv6: Tables,
    /// Its own addresses, if it could tell.
    addresses: Option<BTreeSet<IpAddr>>,
}

/// A neighbor with the ASNs of both sides.
pub struct RouterNeighbor {
    pub end: RouterEnd,
    /// The AS that the router expects of the neighbor.
    pub remote_asn: Option<Asn>,
    pub local_asn: Option<Asn>,
}

impl Router {
    pub fn is_missing(&self) -> bool {
        matches!(self.neighbors, Known::Unknown(_))
    }

    /// Whether sessions to this peer end at this router: because it was named so, else because it has the address. A
    /// router that could not tell its addresses is any peer's unless it was named for others.
    pub fn serves(&self, peer: &str, address: Option<IpAddr>) -> bool {
        let named = |name: &String| name == peer || address.is_some_and(|address| name.parse() == Ok(address));
        if self.peers.iter().any(named) {
            return true;
        }
        match (&self.addresses, address) {
            (Some(own), Some(address)) if !is_link_local(address) => own.contains(&address),
            _ => self.peers.is_empty(),
        }
    }

    /// Whether it is a UniFi gateway: what is typed into vtysh there is lost at the next provision.
    pub fn is_unifi(&self) -> bool {
        self.model.is_some()
    }

    /// Whether its configuration is a file's, and not what a router printed.
    pub fn is_of_file(&self) -> bool {
        self.kept.is_none()
    }

    /// Whether an address is its own; unknown if it could not tell, and of link-local ones, which every link may have.
    pub fn has_address(&self, address: IpAddr) -> Option<bool> {
        Some(self.addresses.as_ref().filter(|_| !is_link_local(address))?.contains(&address))
    }

    /// Whether all the peers that it was named for end at another router that could be read.
    fn is_covered_by(&self, other: &Self) -> bool {
        let has = |peer: &String| {
            let own = other.addresses.as_ref();
            own.zip(peer.parse().ok()).is_some_and(|(own, address)| own.contains(&address))
        };
        self.is_missing() && !other.is_missing() && !self.peers.is_empty() && self.peers.iter().all(has)
    }

    fn is_the_same_as(&self, other: &Self) -> bool {
        self.addresses.is_some() && self.addresses == other.addresses
    }

    fn take_peers_of(&mut self, other: Self) {
        if other.peers.is_empty() {
            self.peers.clear();
        } else if !self.peers.is_empty() {
            self.peers.extend(other.peers);
        }
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

/// Decodes every router once: two targets that lead to the same one count as one, and an address of a router that was
/// read need not be reached a second time.
pub fn decode_all(ends: &[snapshot::RouterAnswers], commands: &[Command], gaps: &mut Vec<Gap>) -> Vec<Router> {
    let mut routers: Vec<(Router, Vec<Gap>)> = Vec::new();
    for (router, found) in ends.iter().map(|end| decode(end, commands)) {
        match routers.iter_mut().find(|(known, _)| known.is_the_same_as(&router)) {
            Some((known, _)) => known.take_peers_of(router),
            None => routers.push((router, found)),
        }
    }
    let covered = |router: &Router| routers.iter().any(|(other, _)| router.is_covered_by(other));
    let kept: Vec<bool> = routers.iter().map(|(router, _)| !covered(router)).collect();
    let kept = routers.into_iter().zip(kept).filter_map(|(router, kept)| kept.then_some(router));
    kept.map(|(router, found)| {
        gaps.extend(found);
        router
    })
    .collect()
}

fn decode(end: &snapshot::RouterAnswers, commands: &[Command]) -> (Router, Vec<Gap>) {
    let (mut gaps, mut odd) = (Vec::new(), BTreeMap::new());
    let running = text(end, Command::RunningConfig).into(str::to_owned);
    let config = running.map(|text| Config::parse(text));
    let interfaces = text(end, Command::Addresses).and_then(|text| match show::addresses::parse(text) {
        Ok(interfaces) => Known::Seen(interfaces),
        Err(error) => Known::unknown(format!("`{}` is no JSON: {error}", Command::Addresses.name())),
    });
    let mut gap = |missing: &Missing| {
        gaps.push(Gap { what: end.label(), missing: missing.clone() });
        missing.message.clone()
    };
    let neighbors = match &end.missing {
        Some(missing) => Err(missing.clone()),
        None => neighbors(end, config.value(), &mut odd),
    };
    let neighbors = match neighbors {
        Ok(neighbors) => Known::Seen(neighbors),
        Err(missing) if missing.reason == Reason::NotRunning => Known::absent(gap(&missing)),
        Err(missing) => Known::unknown(gap(&missing)),
    };
    for error in odd.values() {
        gap(&Missing::new(Reason::Failed, error.clone()));
    }
    let no_bgp = match &neighbors {
        Known::Absent(why) => Some(why.clone()),
        _ => None,
    };
    let mut tables =
        |ipv4: bool| tables::decode(end, ipv4, commands, no_bgp.as_deref(), &mut |missing| drop(gap(&missing)));
    let (ipv4, ipv6) = (tables(true), tables(false));
    let config_source = end.document(Command::RunningConfig).map(source);
    let printed = Command::RunningConfig.name();
    let is_of_file = config_source.as_ref().is_some_and(|source| source.source != printed);
    let model = end.unifi_model().map(str::to_owned);
    let router = Router {
        kept: (!is_of_file).then(|| Kept::decode(end, model.is_some())),
        ipv4,
        ipv6,
        name: end.target.clone(),
        peers: end.peer.iter().cloned().collect(),
        neighbors,
        odd,
        addresses: own_addresses(&interfaces),
        interfaces,
        interfaces_source: end.document(Command::Addresses).map(source),
        running,
        config,
        config_source,
        daemons: text(end, Command::Daemons).into(|text| text.split_whitespace().map(str::to_owned).collect()),
        model,
        firmware: text(end, Command::UnifiFirmware).into(str::to_owned),
    };
    (router, gaps)
}

fn source(document: &Document) -> Source {
    // A path is the file that stands for the command.
    Source { source: document.path.clone().unwrap_or_else(|| document.name.clone()), read_at: document.read_at }
}

/// What a command printed.
fn text(end: &snapshot::RouterAnswers, command: Command) -> Known<&str> {
    let Some(document) = end.document(command) else {
        return match &end.missing {
            Some(missing) => Known::unknown(&missing.message),
            None => Known::unknown(format!("`{}` was not asked", command.name())),
        };
    };
    match (&document.missing, document.body()) {
        (Some(missing), _) => Known::unknown(&missing.message),
        (None, Some(text)) => Known::Seen(text),
        (None, None) => Known::unknown(format!("`{}` printed nothing", command.name())),
    }
}

fn neighbors(
    end: &snapshot::RouterAnswers,
    config: Option<&Config>,
    odd: &mut BTreeMap<NeighborName, String>,
) -> Result<Vec<RouterNeighbor>, Missing> {
    let failed = |message: String| Missing::new(Reason::Failed, message);
    let daemons = end.document(Command::Daemons).and_then(Document::body);
    if daemons.is_some_and(|text| !text.trim().is_empty() && !show::daemons::bgpd_runs(text)) {
        return Err(Missing::new(Reason::NotRunning, "bgpd is not running").hint(format!(
            "on UniFi upload and enable a BGP configuration: {CONSOLE}; elsewhere set bgpd=yes in /etc/frr/daemons and \
             restart FRR"
        )));
    }
    let document = end
        .document(Command::Neighbors)
        .ok_or_else(|| failed(format!("`{}` was not asked", Command::Neighbors.name())))?;
    if let Some(missing) = &document.missing {
        return Err(missing.clone());
    }
    let (all, refusals) =
        show::neighbors::parse(document.body().unwrap_or_default()).map_err(|error| document.refusal(&error))?;
    for (name, error) in refusals {
        let error = format!("`{}` has an odd neighbor {name}: {error}", document.name);
        odd.insert(NeighborName::parse(&name), error);
    }
    // A router where only the summary is odd still tells its neighbors.
    let summary = end.document(Command::Summary).and_then(|document| show::summary::parse(document.body()?).ok());
    let source = source(document);
    let mut neighbors = Vec::new();
    for (vrf, members) in all {
        for (name, neighbor) in members {
            let peer = summary.as_ref().and_then(|summary| summary.get(&(vrf.clone(), name.clone())));
            neighbors.push(router_neighbor(&end.target, &vrf, &name, &Rc::new(neighbor), peer, &source, config));
        }
    }
    Ok(neighbors)
}

fn router_neighbor(
    router: &str,
    vrf: &str,
    name: &str,
    neighbor: &Rc<Neighbor>,
    summary: Option<&SummaryPeer>,
    source: &Source,
    config: Option<&Config>,
) -> RouterNeighbor {
    let fsm = neighbor.bgp_state.clone().unwrap_or_else(|| "Unknown".to_owned());
    let established = fsm == "Established";
    let state = match summary.and_then(|peer| peer.state.clone()) {
        // The summary knows more: `Idle (Admin)`, `Idle (PfxCt)`. Read a moment earlier, it may lag.
        Some(table) if table.starts_with(&fsm) => table,
        _ if neighbor.admin_shut_down => format!("{fsm} (Admin)"),
        _ => fsm,
    };
    let timers = neighbor.bgp_timer_hold_time_msecs.zip(neighbor.bgp_timer_keep_alive_interval_msecs);
    let reset = [&neighbor.last_notification_reason, &neighbor.last_reset_due_to].into_iter().flatten().next();
    RouterNeighbor {
        // FRR prints 0 for `remote-as external` before it has met the peer.
        remote_asn: neighbor.remote_as.filter(|asn| asn.0 != 0).map(|asn| Asn(asn.0)),
        local_asn: neighbor.local_as.map(|asn| Asn(asn.0)),
        end: RouterEnd {
            router: router.to_owned(),
            vrf: Vrf(vrf.to_owned()),
            neighbor: NeighborName::parse(name),
            dynamic: summary.is_some_and(|peer| peer.dynamic_peer),
            state,
            established,
            established_at: neighbor
                .bgp_timer_up_msec
                .filter(|_| established)
                .and_then(|up| before(source.read_at, up)),
            timers: timers
                .map(|(hold, keepalive)| Timers { hold_seconds: hold / 1000, keepalive_seconds: keepalive / 1000 }),
            md5: neighbor.authentication_enabled.is_some_and(|enabled| enabled != 0),
            graceful_restart: neighbor
                .graceful_restart_info
                .as_ref()
                .and_then(|info| info.timers.received_restart_timer)
                .filter(|&seconds| seconds > 0),
            flaps: neighbor.connections_dropped,
            last_reset: reset.filter(|_| !established).map(|reason| LastReset {
                reason: reason.clone(),
                at: neighbor.last_reset_timer_msecs.and_then(|ago| before(source.read_at, ago)),
            }),
            hostname: neighbor.hostname.clone(),
            said: Rc::clone(neighbor),
            families: neighbor
                .address_family_info
                .iter()
                .map(|(family, info)| RouterCounts {
                    family: Family::from_frr(family),
                    accepted: info.accepted_prefix_counter,
                    sent: info.sent_prefix_counter,
                    inbound: InboundPolicy {
                        prefix_list: info.incoming_update_prefix_filter_list.clone(),
                        prefix_list_is_defined: info
                            .incoming_update_prefix_filter_list
                            .as_ref()
                            .and_then(|list| Some(config?.prefix_list(version_of(family), list).is_some())),
                        route_map: info.route_map_for_incoming_advertisements.clone(),
                        required: info.inbound_ebgp_requires_policy.is_some(),
                    },
                })
                .collect(),
            source: source.clone(),
        },
    }
}

/// The router counts from its own clock; only the distance is taken from it.
fn before(now: Timestamp, milliseconds: u64) -> Option<Timestamp> {
    now.checked_sub(SignedDuration::from_millis(milliseconds.try_into().ok()?)).ok()
}

fn version_of(family: &str) -> Version {
    if family.starts_with("ipv6") { Version::V6 } else { Version::V4 }
}

/// Link-local and loopback addresses tell nothing.
fn own_addresses(interfaces: &Known<Vec<Interface>>) -> Option<BTreeSet<IpAddr>> {
    let addresses: BTreeSet<IpAddr> =
        interfaces.value()?.iter().flat_map(Interface::global).map(|net| net.addr()).collect();
    (!addresses.is_empty()).then_some(addresses)
}
