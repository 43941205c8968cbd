//! Whether the router takes the node as a neighbor.

use std::net::IpAddr;

use super::View;
use crate::topology::Known;
use crate::topology::names::NeighborName;
use crate::topology::router::Router;
use crate::topology::session::RouterEnd;
use crate::trace::Hop;

/// The line or the listen range that has the node.
pub fn neighbor(view: &View, hop: Hop) -> Option<Hop> {
    match &view.session.router {
        Known::Unknown(why) => Some(hop.unknown(why)),
        Known::Absent(why) => {
            let listens = dials_from(view).find_map(|address| Some(range(view.router?, address)));
            Some(match listens.flatten() {
                Some(range) => hop.router(None, range),
                None => others(view, hop.router(None, why.clone()).broken()),
            })
        }
        Known::Seen(end) | Known::Computed(end) => {
            let hop = hop.router(Some(&end.source), line(view, end));
            Some(if end.state.contains("(Admin)") {
                hop.router(Some(&end.source), "it is shut down there").broken()
            } else if !view.is_up && end.families.is_empty() {
                hop.router(Some(&end.source), "no address family is activated for it").broken()
            } else {
                hop
            })
        }
    }
}

fn dials_from(view: &View) -> impl Iterator<Item = IpAddr> {
    view.session.dials_from.value().cloned().unwrap_or_default().into_iter()
}

/// Where the neighbor stands in the configuration.
fn line(view: &View, end: &RouterEnd) -> String {
    let name = format!("neighbor {}", end.neighbor);
    let config = view.router.and_then(|router| router.config.value());
    let vrf = Some(end.vrf.0.as_str()).filter(|_| !end.vrf.is_default());
    let stated = config.and_then(|config| config.instance(vrf)?.neighbor(&end.neighbor.to_string()));
    let range = match end.neighbor {
        NeighborName::Address(address) => view.router.and_then(|router| range(router, address)),
        NeighborName::Interface(_) => None,
    };
    match (stated, range) {
        (Some(neighbor), _) => format!("{name}, line {} of its configuration", neighbor.line),
        (None, Some(range)) if end.dynamic => format!("{name}, in its {range}"),
        _ => name,
    }
}

fn range(router: &Router, address: IpAddr) -> Option<String> {
    let stated = router.config.value()?.instance(None)?.listens_for(address)?;
    Some(format!("listen range {} of group {} (line {})", stated.range, stated.group, stated.line))
}

/// What the router has instead, where the node has an address of another neighbor's net.
fn others(view: &View, hop: Hop) -> Hop {
    let ranges =
        view.router.and_then(|router| router.config.value()?.instance(None)).map(|instance| &instance.listen_ranges);
    let ranges: Vec<String> = ranges.into_iter().flatten().map(|stated| stated.range.to_string()).collect();
    if ranges.is_empty() {
        return hop;
    }
    hop.router(None, format!("its listen ranges are {}", super::cluster::listed(ranges)))
}
