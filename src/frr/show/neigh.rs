//! `ip -j neigh` of the router: whom it knows on its links.

use std::net::IpAddr;

use serde::Deserialize;

/// An entry of the kernel's neighbor table: ARP for IPv4, neighbor discovery for IPv6.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Neighbor {
    pub dst: IpAddr,
    #[serde(default)]
    pub dev: String,
    /// Its MAC address, if it answered.
    #[serde(default)]
    pub lladdr: Option<String>,
    /// `REACHABLE`, `STALE`, `FAILED` and others.
    #[serde(default)]
    pub state: Vec<String>,
}

impl Neighbor {
    /// It was asked and did not answer.
    pub fn has_failed(&self) -> bool {
        self.lladdr.is_none() && self.state.iter().any(|state| state == "FAILED" || state == "INCOMPLETE")
    }
}

/// Reads the document.
///
/// # Errors
/// It is not the JSON that iproute2 prints.
pub fn parse(text: &str) -> Result<Vec<Neighbor>, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_answer_has_failed() {
        let text = r#"[{"dst":"10.90.3.103","dev":"br3","lladdr":"02:00:00:00:00:01","state":["REACHABLE"]},
                       {"dst":"10.90.3.77","dev":"br3","state":["FAILED"]},{"dst":"fe80::1","dev":"br3","router":null}]"#;
        let all = parse(text).expect("iproute2's shape");
        assert_eq!(all.iter().map(Neighbor::has_failed).collect::<Vec<_>>(), [false, true, false]);
    }
}
