//! A router's running configuration, where it can be trusted to be all of it.

use crate::frr::config::Config;
use crate::snapshot::{Missing, Reason};
use crate::topology::Known;
use crate::topology::router::Router;

/// Without bgpd, `show running-config` prints all but BGP and says nothing of it.
pub fn text(router: &Router) -> Result<&str, Missing> {
    let failed = |why: String| Missing::new(Reason::Failed, why);
    let (text, config) = match (&router.running, router.config.value()) {
        (Known::Seen(text) | Known::Computed(text), Some(config)) => (text, config),
        (Known::Absent(why) | Known::Unknown(why), _) => return Err(failed(why.clone())),
        (_, None) => return Err(failed("the running configuration is not known".to_owned())),
    };
    if !router.is_of_file() && !is_printed(text) {
        let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("nothing");
        return Err(failed(format!("`show running-config` printed no configuration: {first}")));
    }
    if !is_whole(text) {
        return Err(failed("the running configuration ends before its `end`".to_owned()));
    }
    let has_neighbors = router.neighbors.value().is_some_and(|neighbors| !neighbors.is_empty());
    match (runs(router), config) {
        (Some(false), _) => Err(Missing::new(Reason::NotRunning, "bgpd is not running")),
        (None, Config { instances, .. }) if instances.is_empty() => {
            Err(failed("the configuration has no BGP, and whether bgpd runs is not known".to_owned()))
        }
        (_, Config { instances, .. }) if instances.is_empty() && has_neighbors => {
            Err(failed("the running configuration has no BGP, though the router has neighbors".to_owned()))
        }
        _ => Ok(text),
    }
}

/// What vtysh prints begins and ends with words of its own; a file need not.
fn is_whole(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    !is_printed(text) || lines.next_back() == Some("end")
}

/// Whether vtysh printed it.
pub fn is_printed(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.next().is_some_and(|first| first == "Building configuration...")
}

/// Whether bgpd runs, if the router was asked. Without watchfrr it lists no daemon at all.
fn runs(router: &Router) -> Option<bool> {
    let daemons = router.daemons.value().filter(|daemons| !daemons.is_empty())?;
    Some(daemons.iter().any(|daemon| daemon == "bgpd"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_vtysh_prints_has_an_end() {
        let printed = "Building configuration...\n\nCurrent configuration:\n!\nrouter bgp 65001\nexit\n!\nend\n\n";
        assert!(is_whole(printed));
        assert!(!is_whole(printed.trim_end().trim_end_matches("end")));
        assert!(is_printed(printed) && !is_printed("% Unknown command") && !is_printed(""));
        assert!(is_whole("router bgp 65001\n neighbor k8s peer-group\n"), "a file of the user's own");
    }
}
