//! What the router's kernel has of it, and whether its next hops can be reached.

use super::Step;
use super::view::{View, listed};
use crate::topology::Known;
use crate::topology::router::tables::{KernelNextHop, KernelRoute};
use crate::topology::routes::RoutePath;
use crate::topology::routes::status::is_installed;
use crate::trace::Hop;

pub fn judge(view: &View, hop: Hop) -> Step {
    let source = view.route.kernel_source.as_ref();
    let kernel = match &view.route.kernel {
        Known::Seen(kernel) | Known::Computed(kernel) => kernel,
        Known::Unknown(why) => return Step::on(hop.unknown(why)),
        Known::Absent(_) => {
            return Step::end(hop.router(
                source,
                match view.route.rib.value() {
                    Some(rib) if rib.failed => "the kernel refused it (zebra says failed)",
                    Some(rib) if !rib.selected => "zebra prefers another route of this prefix",
                    Some(_) => "the kernel has no route of it, and zebra says that it is installed",
                    None => "the kernel has no route of it, and BGP gave zebra none",
                },
            ));
        }
    };
    if !kernel.by_bgp {
        let via = via(view, kernel);
        let why = format!("a {} route of this prefix wins in the kernel{via}{}", kernel.protocol, stated(view));
        return Step::end(hop.router(source, why));
    }
    let mut hop = hop.router(source, hops(view, kernel.next_hops.iter().filter(|hop| hop.alive)));
    let used = || view.paths().iter().filter(|path| path.path.is_used());
    let missing: Vec<&RoutePath> = used().filter(|path| !is_installed(path, kernel)).collect();
    if !missing.is_empty() {
        hop = hop.broken().router(source, format!("not {}: the kernel does not forward there", view.sources(missing)));
    }
    let is_of_a_path = |hop: &KernelNextHop| {
        used().any(|path| hop.address.is_some_and(|address| path.path.next_hops.contains(&address)))
    };
    let strange: Vec<&KernelNextHop> = kernel.next_hops.iter().filter(|hop| hop.alive && !is_of_a_path(hop)).collect();
    if !strange.is_empty() && view.route.paths.value().is_some() {
        hop = hop.broken().router(source, format!("also {}, which is no path's", hops(view, strange)));
    }
    if kernel.next_hops.iter().any(|hop| hop.alive) { Step::on(hop) } else { Step::end(hop) }
}

pub fn judge_next_hops(view: &View, hop: Hop) -> Step {
    let source = view.route.kernel_source.as_ref();
    let kernel = match &view.route.kernel {
        Known::Seen(kernel) | Known::Computed(kernel) => kernel,
        Known::Absent(why) | Known::Unknown(why) => return Step::on(hop.unknown(why)),
    };
    let dead: Vec<&KernelNextHop> = kernel.next_hops.iter().filter(|hop| !hop.alive).collect();
    let mut hop =
        hop.router(source, format!("next hops {}", addresses(kernel.next_hops.iter().filter(|hop| hop.alive))));
    if !dead.is_empty() {
        hop = hop.broken().router(source, format!("not {}: its link is down", hops(view, dead)));
    }
    Step::on(hop)
}

/// Where the route stands, if it is FRR's own.
fn stated(view: &View) -> String {
    let config = view.router.and_then(|(_, router)| router.config.value());
    let mut routes = config.into_iter().flat_map(|config| &config.static_routes);
    let line = routes.find(|route| Some(route.prefix) == view.route.prefix && route.vrf.is_none());
    line.map(|route| format!(" (line {} of the configuration)", route.line)).unwrap_or_default()
}

fn via(view: &View, kernel: &KernelRoute) -> String {
    let hops = hops(view, &kernel.next_hops);
    if hops.is_empty() { String::new() } else { format!(", via {hops}") }
}

/// Next hops as nodes, else as addresses, else as interfaces.
fn hops<'h>(view: &View, hops: impl IntoIterator<Item = &'h KernelNextHop>) -> String {
    listed(hops.into_iter().filter_map(|hop| match (hop.address, &hop.interface) {
        (Some(address), _) => Some(view.at(address)),
        (None, interface) => interface.clone(),
    }))
}

fn addresses<'h>(hops: impl IntoIterator<Item = &'h KernelNextHop>) -> String {
    listed(hops.into_iter().map(|hop| match (hop.address, &hop.interface) {
        (Some(address), Some(interface)) => format!("{address} on {interface}"),
        (Some(address), None) => address.to_string(),
        (None, interface) => interface.clone().unwrap_or_default(),
    }))
}
