//! The routes as a table.

mod item;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::rc::Rc;

use super::table::{Cell, Table, Tone};
use super::{Output, humanize};
use crate::topology::names::NodeName;
use crate::topology::router::tables::KernelNextHop;
use crate::topology::routes::{Route, RouteKind, RoutePath};
use crate::topology::service::ServiceRef;
use crate::topology::{Known, Topology};
use item::Item;

/// The routes that were asked for.
pub struct Routes<'a> {
    pub topology: &'a Topology,
    pub routes: Vec<&'a Route>,
    /// Other types than Services' addresses are shown too.
    pub all_types: bool,
}

const COUNTS: [&str; 5] = ["EXPECTED", "ACCEPTED", "BEST", "FIB", "STATUS"];
const WIDE: [&str; 7] = ["PREFIX", "NEXT-HOPS", "INTERFACE", "WEIGHT", "AS-PATH", "COMMUNITIES", "AGE"];

impl Output for Routes<'_> {
    const KIND: &'static str = "RouteList";
    type Item = Item;

    fn table(&self) -> Table {
        let routers: BTreeSet<_> = self.routes.iter().filter_map(|route| route.router.as_deref()).collect();
        // A column that would say the same on every row is for -o wide.
        let extra = [("ROUTER", routers.len() > 1), ("TYPE", self.all_types)];
        let shown = |wanted: bool| extra.iter().filter(move |(_, shown)| *shown == wanted).map(|(header, _)| *header);
        let columns: Vec<&str> =
            ["NAMESPACE", "SERVICE", "VIP", "POLICY"].into_iter().chain(shown(true)).chain(COUNTS).collect();
        let wide: Vec<&str> = shown(false).chain(WIDE).collect();
        let mut table = Table::new(&columns, &wide);
        for route in &self.routes {
            table.push(row(route, extra.map(|(_, shown)| shown)));
        }
        table
    }

    fn items(&self) -> Vec<Item> {
        self.routes.iter().map(|route| Item::of(route, self.topology)).collect()
    }

    fn names(&self) -> Vec<Vec<String>> {
        let name = |service: &Rc<ServiceRef>| format!("service/{}", service.name);
        self.routes.iter().map(|route| route.services.value().into_iter().flatten().map(name).collect()).collect()
    }
}

fn row(route: &Route, [router_is_shown, type_is_shown]: [bool; 2]) -> Vec<Cell> {
    let router = || Cell::optional(route.router.as_deref());
    let kind = || kind(route).map_or_else(Cell::unknown, Cell::plain);
    let count = |known: &Known<usize>| Cell::known(known, |count| Cell::plain(count));
    let mut row = vec![
        services(route, |service| service.namespace.clone()),
        services(route, |service| service.name.clone()),
        match (route.vip, route.prefix) {
            (Some(vip), _) => Cell::plain(vip),
            (None, Some(prefix)) => Cell::plain(prefix),
            (None, None) => Cell::toned("<pending>", Tone::Faint),
        },
        services(route, |service| service.policy.to_string()),
    ];
    row.extend(router_is_shown.then(router));
    row.extend(type_is_shown.then(kind));
    row.extend([
        count(&route.expected_nodes()),
        count(&route.accepted()),
        count(&route.best()),
        count(&route.fib()),
        match (route.status.phrase(), route.status.healthy) {
            (None, _) => Cell::unknown(),
            (Some(phrase), Some(true)) => Cell::toned(phrase, Tone::Good),
            (Some(phrase), Some(false)) => Cell::toned(phrase, Tone::Bad),
            (Some(phrase), None) => Cell::plain(phrase),
        },
    ]);
    row.extend((!router_is_shown).then(router));
    row.extend((!type_is_shown).then(kind));
    row.extend(wide(route));
    row
}

/// One value, or the different ones of several Services.
fn services(route: &Route, value: impl Fn(&ServiceRef) -> String) -> Cell {
    Cell::known(&route.services, |services| {
        let mut seen = BTreeSet::new();
        let values = services.iter().map(|service| value(service)).filter(|value| seen.insert(value.clone()));
        Cell::plain(values.collect::<Vec<_>>().join(","))
    })
}

fn wide(route: &Route) -> [Cell; 7] {
    let hops = |value: &dyn Fn(&KernelNextHop) -> Option<String>| {
        Cell::known(&route.kernel, |kernel| distinct(kernel.next_hops.iter().filter(|hop| hop.alive).filter_map(value)))
    };
    let used = |value: &dyn Fn(&RoutePath) -> Option<String>| {
        Cell::known(&route.paths, |paths| distinct(paths.iter().filter(|path| path.path.is_used()).filter_map(value)))
    };
    let text = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    [
        Cell::optional(route.prefix),
        hops(&|hop| {
            let address = hop.address?;
            Some(node_at(route, address).map_or_else(|| address.to_string(), ToString::to_string))
        }),
        hops(&|hop| hop.interface.clone()),
        hops(&|hop| hop.weight.map(|weight| weight.to_string())),
        used(&|path| text(&path.path.as_path)),
        communities(route),
        Cell::known(&route.rib, |rib| {
            Cell::optional(
                rib.uptime_seconds.map(|seconds| humanize::duration(i64::try_from(seconds).unwrap_or(i64::MAX))),
            )
        }),
    ]
}

/// Of the paths that are used; unknown where they were not asked for.
fn communities(route: &Route) -> Cell {
    Cell::known(&route.paths, |paths| {
        let used = || paths.iter().filter(|path| path.path.is_used());
        if used().any(|path| path.communities.is_none()) {
            return Cell::unknown();
        }
        distinct(used().flat_map(|path| path.communities.iter().flatten().cloned()))
    })
}

/// The different values, sorted.
fn distinct(values: impl Iterator<Item = String>) -> Cell {
    let values: BTreeSet<String> = values.collect();
    Cell::optional((!values.is_empty()).then(|| values.into_iter().collect::<Vec<_>>().join(",")))
}

/// What the prefix is; `None` if nothing tells whose it is.
fn kind(route: &Route) -> Option<String> {
    match route.kind {
        RouteKind::Address(kind) => Some(kind.to_string()),
        RouteKind::Unowned => route.services.why_unknown().is_none().then(|| "Unowned".to_owned()),
    }
}

/// The node whose path has the next hop.
fn node_at(route: &Route, address: IpAddr) -> Option<&NodeName> {
    let paths = route.paths.value().into_iter().flatten();
    paths.filter(|path| path.path.next_hops.contains(&address)).find_map(|path| path.node.as_ref())
}
