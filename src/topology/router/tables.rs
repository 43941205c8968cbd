//! A router's tables: the paths that BGP accepted, what zebra made of them, and what the kernel has.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::rc::Rc;

use ipnet::IpNet;

use crate::frr::show::{kernel, paths, rib};
use crate::snapshot::{Command, Document, Missing, Reason, RouterAnswers};
use crate::topology::known::Known;
use crate::topology::names::NeighborName;
use crate::topology::session::Source;

/// The tables of one address family. Each is unknown if it could not be read.
pub struct Tables {
    /// Absent: no BGP runs there.
    pub paths: Known<BTreeMap<IpNet, Vec<Rc<Path>>>>,
    pub paths_source: Option<Source>,
    pub rib: Known<HashMap<IpNet, Rib>>,
    pub kernel: Known<Kernel>,
}

/// The kernel's main table.
pub struct Kernel {
    /// By prefix, the route that wins.
    pub routes: HashMap<IpNet, KernelRoute>,
    pub source: Source,
}

/// One path of BGP's table.
#[derive(Clone, Debug)]
pub struct Path {
    pub neighbor: NeighborName,
    /// Its next hop resolves.
    pub valid: bool,
    pub best: bool,
    /// Used beside the best path.
    pub multipath: bool,
    /// Kept for a graceful restart: the session is down.
    pub stale: bool,
    pub as_path: String,
    pub origin: String,
    pub metric: Option<u32>,
    pub local_preference: Option<u32>,
    pub weight: Option<u32>,
    pub next_hops: Vec<IpAddr>,
}

impl Path {
    /// It is the best path, or used beside it.
    pub fn is_used(&self) -> bool {
        self.best || self.multipath
    }
}

/// What zebra says of BGP's route.
#[derive(Clone, Copy, Debug)]
pub struct Rib {
    pub selected: bool,
    pub failed: bool,
    pub uptime_seconds: Option<u64>,
}

#[derive(Clone, Debug)]
pub struct KernelRoute {
    /// `bgp`, `static`, `kernel`, ...
    pub protocol: String,
    pub by_bgp: bool,
    pub metric: u32,
    pub next_hops: Vec<KernelNextHop>,
}

#[derive(Clone, Debug)]
pub struct KernelNextHop {
    pub address: Option<IpAddr>,
    pub interface: Option<String>,
    pub weight: Option<u32>,
    /// The kernel forwards by it.
    pub alive: bool,
}

/// Decodes one family's tables as far as they are among the needed commands; `gap` hears what is wrong with them.
pub fn decode(
    end: &RouterAnswers,
    ipv4: bool,
    needed: &[Command],
    no_bgp: Option<&str>,
    gap: &mut dyn FnMut(Missing),
) -> Tables {
    let (paths, rib, kernel) = if ipv4 {
        (Command::Ipv4Paths, Command::Ipv4Routes, Command::Ipv4KernelRoutes)
    } else {
        (Command::Ipv6Paths, Command::Ipv6Routes, Command::Ipv6KernelRoutes)
    };
    let document = |command: Command| match (end.document(command).filter(|_| needed.contains(&command)), &end.missing)
    {
        (Some(document), _) => Ok(document),
        (None, Some(missing)) => Err(missing.message.clone()),
        (None, None) => Err(format!("`{}` was not asked", command.name())),
    };
    Tables {
        paths_source: document(paths)
            .ok()
            .map(|document| Source { source: document.name.clone(), read_at: document.read_at }),
        paths: match no_bgp {
            Some(why) => Known::absent(why),
            None => read(document(paths), gap, |document, gap| {
                let (all, odd) = paths::parse(document.body().unwrap_or_default())?;
                for (prefix, error) in odd {
                    let error = format!("`{}` has an odd prefix {prefix}: {error}", document.name);
                    gap(Missing::new(Reason::Failed, error));
                }
                Ok(all.into_iter().filter_map(|(prefix, all)| Some((net(&prefix)?, decode_paths(all)))).collect())
            }),
        },
        rib: read(document(rib), gap, |document, _| {
            let all = rib::parse(document.body().unwrap_or_default())?;
            Ok(all.into_iter().filter_map(|(prefix, routes)| Some((net(&prefix)?, decode_rib(&routes)?))).collect())
        }),
        kernel: read(document(kernel), gap, |document, _| {
            let all = kernel::parse(document.body().unwrap_or_default())?;
            let source = Source { source: document.name.clone(), read_at: document.read_at };
            Ok(Kernel { routes: decode_kernel(&all, ipv4), source })
        }),
    }
}

fn read<T>(
    document: Result<&Document, String>,
    gap: &mut dyn FnMut(Missing),
    parse: impl FnOnce(&Document, &mut dyn FnMut(Missing)) -> Result<T, String>,
) -> Known<T> {
    let document = match document {
        Ok(document) => document,
        Err(why) => return Known::Unknown(why),
    };
    if let Some(missing) = &document.missing {
        gap(missing.clone());
        return Known::unknown(&missing.message);
    }
    match parse(document, gap) {
        Ok(value) => Known::Seen(value),
        Err(error) => {
            let missing = document.refusal(&error);
            let why = missing.message.clone();
            gap(missing);
            Known::Unknown(why)
        }
    }
}

/// A prefix, an address of full length, or `default`.
fn net(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn decode_paths(paths: Vec<paths::Path>) -> Vec<Rc<Path>> {
    let path = |path: paths::Path| Path {
        neighbor: NeighborName::parse(&path.peer_id),
        valid: path.valid,
        best: path.bestpath,
        multipath: path.multipath,
        stale: path.stale,
        as_path: path.path,
        origin: path.origin,
        metric: path.metric,
        local_preference: path.loc_prf,
        weight: path.weight,
        next_hops: path.nexthops.iter().filter_map(|hop| hop.ip.parse().ok()).collect(),
    };
    paths.into_iter().map(path).map(Rc::new).collect()
}

fn decode_rib(routes: &[rib::RibRoute]) -> Option<Rib> {
    let route = routes.first()?;
    Some(Rib { selected: route.selected, failed: route.failed, uptime_seconds: rib::uptime_seconds(&route.uptime) })
}

/// Older kernels list each next hop of an IPv6 route as a route of its own.
fn decode_kernel(routes: &[kernel::KernelRoute], ipv4: bool) -> HashMap<IpNet, KernelRoute> {
    let mut winning: HashMap<IpNet, KernelRoute> = HashMap::new();
    for route in routes {
        let dst = match (route.dst.as_str(), ipv4) {
            ("default", true) => net("0.0.0.0/0"),
            ("default", false) => net("::/0"),
            (dst, _) => net(dst),
        };
        let Some(dst) = dst else { continue };
        let decoded = KernelRoute {
            protocol: route.protocol.clone(),
            by_bgp: route.is_bgps(),
            metric: route.metric.unwrap_or_default(),
            next_hops: route
                .next_hops()
                .map(|hop| KernelNextHop {
                    address: hop.address().and_then(|address| address.parse().ok()),
                    interface: hop.dev.clone(),
                    weight: hop.weight,
                    alive: hop.is_alive(),
                })
                .collect(),
        };
        match winning.get_mut(&dst) {
            Some(known) if known.metric == decoded.metric && known.protocol == decoded.protocol => {
                known.next_hops.extend(decoded.next_hops);
            }
            Some(known) if known.metric <= decoded.metric => {}
            _ => drop(winning.insert(dst, decoded)),
        }
    }
    winning
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_metric_wins_and_next_hops_of_one_route_are_joined() {
        let text = r#"[{"dst": "10.0.0.1", "gateway": "10.9.0.1", "protocol": "bgp", "metric": 20},
                       {"dst": "10.0.0.1", "gateway": "10.9.0.9", "protocol": "static"},
                       {"dst": "10.0.0.2", "gateway": "10.9.0.1", "protocol": "bgp", "metric": 20},
                       {"dst": "10.0.0.2", "gateway": "10.9.0.2", "protocol": "bgp", "metric": 20},
                       {"dst": "default", "gateway": "10.9.0.254"}]"#;
        let routes = decode_kernel(&kernel::parse(text).expect("routes"), true);
        let of = |prefix: &str| &routes[&prefix.parse::<IpNet>().expect("a prefix")];
        assert_eq!(of("10.0.0.1/32").protocol, "static");
        assert_eq!(of("10.0.0.2/32").next_hops.len(), 2);
        assert_eq!(of("0.0.0.0/0").next_hops.len(), 1);
    }
}
