//! `bgp listen range`: dynamic neighbors, which vanish from all output while they are down.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::config::Config;

/// A range of one BGP instance that accepts neighbors without a line of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenRange {
    /// `default`, or the instance's VRF.
    pub vrf: String,
    pub range: IpNet,
}

impl ListenRange {
    pub fn contains(&self, address: IpAddr) -> bool {
        self.range.contains(&address)
    }
}

impl fmt::Display for ListenRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "listen range {}", self.range)?;
        if self.vrf == "default" { Ok(()) } else { write!(f, " of VRF {}", self.vrf) }
    }
}

/// The ranges of all instances.
pub fn in_config(config: &Config) -> Vec<ListenRange> {
    let mut ranges = Vec::new();
    for instance in &config.instances {
        let vrf = instance.vrf.as_deref().unwrap_or("default");
        ranges.extend(
            instance.listen_ranges.iter().map(|listen| ListenRange { vrf: vrf.to_owned(), range: listen.range }),
        );
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_belong_to_their_instance() {
        let config = "router bgp 65001\n bgp listen range 10.90.3.0/24 peer-group k8s\n\
                      router bgp 65001 vrf blue\n bgp listen range fd00::/64 peer-group k8s\n";
        let ranges = in_config(&Config::parse(config));
        assert_eq!(ranges[0], ListenRange { vrf: "default".into(), range: "10.90.3.0/24".parse().expect("a net") });
        assert_eq!(ranges[1].vrf, "blue");
        assert!(ranges[1].contains("fd00::7".parse().expect("an address")));
    }
}
