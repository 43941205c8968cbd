//! Three nodes and one router: what the program adds to the time that both ends need anyway.

use super::environment::Environment;
use super::line::Line;
use super::race::medians;
use crate::run::Result;

pub const ROUNDS: usize = 21;

/// What `peers` asks the router, as a user would.
const SHOWS: &str = "vtysh -c 'show daemons' -c 'show version' -c 'show bgp vrf all summary json' \
                     -c 'show bgp vrf all neighbors json' -c 'show running-config'; ip -j addr";

pub fn measure(environment: &Environment) -> Result<Vec<Line>> {
    let state = environment.value("LAB_STATE")?;
    let ssh_config = format!("{state}/ssh_config");
    // Without a name for the router, the ClusterConfig is read first.
    let mut found = environment.ours(&["peers", "--ssh-config", &ssh_config]);
    found.env_remove("KUBECTL_BGP_ROUTER");
    let mut contestants = [
        environment.ours(&["peers"]),
        found,
        environment.curl()?,
        environment.command("ssh", &["-F", &ssh_config, "udm", SHOWS]),
        environment.ours(&["peers", "--cluster-only"]),
        environment.ours(&["peers", "--router-only"]),
        environment.ours(&["--help"]),
        environment.ours(&["peers", "--from", "demo"]),
        environment.command("true", &[]),
    ];
    let [peers, found, curl, ssh, cluster_only, router_only, help, demo, empty] = medians(ROUNDS, &mut contestants)?;
    let slower = curl.max(ssh);
    Ok(vec![
        Line::time("`peers` / the slower of curl and ssh", peers, slower, "≤ 1.15"),
        Line::time("the same, the router found through the ClusterConfig", found, slower, "≤ 1.15"),
        Line::time("`peers --cluster-only` / the same lists by one curl", cluster_only, curl, ""),
        Line::time("`peers --router-only` / one cold ssh with the same shows", router_only, ssh, ""),
        Line::time("`--help` / an empty process", help, empty, "≤ 3 ms more"),
        Line::time("`peers --from demo` / an empty process", demo, empty, "≤ 3 ms more"),
    ])
}
