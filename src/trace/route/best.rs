//! Which paths the router uses, and why not the others (bgpd/bgp_route.c, bgp_path_info_cmp).

use super::Step;
use super::view::View;
use crate::frr::config::Version;
use crate::topology::Known;
use crate::topology::router::tables::Path;
use crate::topology::routes::RoutePath;
use crate::trace::Hop;

/// FRR's, where nothing sets it.
const DEFAULT_LOCAL_PREFERENCE: u32 = 100;

pub fn judge(view: &View, hop: Hop) -> Step {
    if let Known::Unknown(why) = &view.route.paths {
        return Step::on(hop.unknown(why));
    }
    let source = view.paths_source();
    let (used, mut unused): (Vec<&RoutePath>, Vec<&RoutePath>) =
        view.paths().iter().partition(|path| path.path.is_used());
    unused.sort_by_key(|path| path.source());
    let mut hop = hop;
    if !used.is_empty() {
        hop = hop.router(source, view.sources(used.iter().copied()));
    }
    let best = used.iter().find(|path| path.path.best).or(used.first());
    for path in unused.iter().filter(|path| view.expected().is_none() || view.is_expected(path)) {
        let why = match best {
            None => why_alone(&path.path),
            Some(best) => {
                let of = view.sources([*best]);
                let as_good = || format!("it is as good as that of {of}, and {} lets no more be used", limit(view));
                why_not(&path.path, &best.path, &of).unwrap_or_else(as_good)
            }
        };
        hop = hop.broken().router(source, format!("not {}: {why}", view.sources([*path])));
    }
    let strange: Vec<&RoutePath> = used.iter().copied().filter(|path| !view.is_expected(path)).collect();
    if !strange.is_empty() && !view.fates.is_empty() {
        hop = hop.broken().router(source, format!("nothing asks {} for it", view.sources(strange)));
    }
    if used.is_empty() { Step::end(hop) } else { Step::on(hop) }
}

/// What lets the router use no more paths.
fn limit(view: &View) -> String {
    let stated = view.router.and_then(|(_, router)| {
        let family = Version::of(view.route.prefix?.addr()).unicast();
        router.config.value()?.instance(None)?.families.get(family)?.maximum_paths.as_ref()
    });
    match stated {
        Some(stated) => format!("maximum-paths {} (line {} of the configuration)", stated.value, stated.line),
        None => "maximum-paths".to_owned(),
    }
}

fn why_alone(path: &Path) -> String {
    if path.valid { "the router has not chosen it".to_owned() } else { unresolved(path) }
}

fn unresolved(path: &Path) -> String {
    match path.next_hops.first() {
        Some(next_hop) => format!("its next hop {next_hop} does not resolve"),
        None => "it has no next hop".to_owned(),
    }
}

/// The first step of the decision that tells the two apart; paths that are the same to all of them are used together.
fn why_not(path: &Path, best: &Path, best_of: &str) -> Option<String> {
    if !path.valid {
        return Some(unresolved(path));
    }
    let weight = |path: &Path| path.weight.unwrap_or_default();
    let preference = |path: &Path| path.local_preference.unwrap_or(DEFAULT_LOCAL_PREFERENCE);
    let length = |path: &Path| path.as_path.split_whitespace().count();
    let metric = |path: &Path| path.metric.unwrap_or_default();
    if weight(path) < weight(best) {
        Some(format!("its weight is {}, that of {best_of} {}", weight(path), weight(best)))
    } else if preference(path) < preference(best) {
        Some(format!("its local preference is {}, that of {best_of} {}", preference(path), preference(best)))
    } else if length(path) > length(best) {
        Some(format!("its AS path ({}) is longer than that of {best_of} ({})", path.as_path, best.as_path))
    } else if path.origin != best.origin {
        Some(format!("its origin is {}, that of {best_of} {}", path.origin, best.origin))
    } else if metric(path) > metric(best) {
        Some(format!("its metric is {}, that of {best_of} {}", metric(path), metric(best)))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::names::NeighborName;

    fn path() -> Path {
        Path {
            neighbor: NeighborName::parse("10.0.0.1"),
            valid: true,
            best: false,
            multipath: false,
            stale: false,
            as_path: "65010".to_owned(),
            origin: "IGP".to_owned(),
            metric: None,
            local_preference: None,
            weight: None,
            next_hops: vec!["10.0.0.1".parse().expect("an address")],
        }
    }

    #[test]
    fn the_first_difference_decides() {
        let why = |path: Path, best: Path| why_not(&path, &best, "node-3").unwrap_or_default();
        assert_eq!(
            why(path(), Path { local_preference: Some(200), as_path: "1 2 3".to_owned(), ..path() }),
            "its local preference is 100, that of node-3 200"
        );
        assert_eq!(
            why(Path { as_path: "65010 65010".to_owned(), ..path() }, Path { metric: Some(9), ..path() }),
            "its AS path (65010 65010) is longer than that of node-3 (65010)"
        );
        assert_eq!(why(Path { metric: Some(7), ..path() }, path()), "its metric is 7, that of node-3 0");
        assert_eq!(why(path(), path()), "");
        assert_eq!(why(Path { valid: false, ..path() }, path()), "its next hop 10.0.0.1 does not resolve");
    }
}
