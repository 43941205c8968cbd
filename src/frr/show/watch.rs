//! Who connected to the router's BGP port for some seconds, and how many segments its kernel refused.
//!
//! Measured, the same on FRR 8.4.4 and 10.3, while node 3 dialled: without a neighbor line, its sockets are in TIME-WAIT,
//! because bgpd closes them at once; a password on the router alone raises TCPMD5NotFound, on the node alone
//! TCPMD5Unexpected, a different one on each TCPMD5Failure, and no socket of the node is seen, only the router's own in
//! SYN-SENT; a firewall on the router raises nothing and shows nothing.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::connect::of_proc;

/// What was seen.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// The counters before and after, by the kernel's names, such as `TCPMD5NotFound`.
    pub counters: BTreeMap<String, Counter>,
    pub sockets: Vec<Socket>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    pub before: u64,
    pub after: u64,
}

impl Counter {
    /// By how much it rose while it was watched.
    pub fn rise(self) -> u64 {
        self.after.saturating_sub(self.before)
    }
}

/// A socket of the port, on either side of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// In ss's words: `ESTAB SYN-RECV SYN-SENT TIME-WAIT LISTEN` and others.
    pub state: String,
    pub local: SocketAddr,
    /// Of one that listens, the unspecified address.
    pub remote: SocketAddr,
    /// How often it was seen in this state, about once a second.
    pub times: u32,
}

impl Watch {
    /// A counter; 0 if the kernel has none of that name.
    pub fn counter(&self, name: &str) -> Counter {
        self.counters.get(name).copied().unwrap_or_default()
    }

    /// Whether something listens on the port.
    pub fn listens(&self) -> bool {
        self.sockets.iter().any(|socket| socket.state == "LISTEN")
    }

    /// The sockets by which an address came to the port.
    pub fn from(&self, address: IpAddr) -> impl Iterator<Item = &Socket> {
        let is_it = move |socket: &&Socket| socket.remote.ip() == address && socket.local.port() == BGP;
        self.sockets.iter().filter(is_it)
    }
}

const BGP: u16 = 179;

/// The kernel's numbers of a TCP state (include/net/tcp_states.h) in ss's words.
const STATES: [&str; 12] = [
    "ESTAB",
    "SYN-SENT",
    "SYN-RECV",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "TIME-WAIT",
    "CLOSE",
    "CLOSE-WAIT",
    "LAST-ACK",
    "LISTEN",
    "CLOSING",
    "SYN-RECV",
];

/// Reads what the script printed.
///
/// # Errors
/// The kernel's counters are not in it.
pub fn parse(text: &str) -> Result<Watch, String> {
    let mut watch = Watch::default();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [name, value] if name.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                let value = value.parse().map_err(|_| format!("{name} counts {value:?}"))?;
                let counter = Counter { before: value, after: value };
                watch.counters.entry((*name).to_owned()).or_insert(counter).after = value;
            }
            [times, rest @ ..] => watch.sockets.extend(socket(times, rest)),
            [] => {}
        }
    }
    if watch.counters.is_empty() { Err("it tells none of the kernel's counters".to_owned()) } else { Ok(watch) }
}

fn socket(times: &str, words: &[&str]) -> Option<Socket> {
    let times = times.parse().ok()?;
    if let [number, local, remote, state, ..] = words
        && number.ends_with(':')
    {
        let state = STATES.get(usize::from_str_radix(state, 16).ok()?.checked_sub(1)?)?;
        return Some(Socket { state: (*state).to_owned(), local: of_proc(local)?, remote: of_proc(remote)?, times });
    }
    let [state, _, _, local, remote, ..] = words else { return None };
    Some(Socket { state: (*state).to_owned(), local: of_ss(local)?, remote: of_ss(remote)?, times })
}

/// `10.90.254.1:179`, `[fd00::1%br3]:179`, `0.0.0.0:*`, `*:179`.
fn of_ss(word: &str) -> Option<SocketAddr> {
    let (address, port) = word.rsplit_once(':')?;
    let address = address.trim_matches(['[', ']']).split('%').next()?;
    let address = if address == "*" { Ipv6Addr::UNSPECIFIED.into() } else { address.parse::<IpAddr>().ok()? };
    let port = if port == "*" { 0 } else { port.parse().ok()? };
    Some(SocketAddr::new(address.to_canonical(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_and_sockets_are_told_apart() {
        let watch = parse(
            "TCPMD5NotFound 4\nIPReversePathFilter 0\n      7 LISTEN 0      4096   0.0.0.0:179 0.0.0.0:*\n      \
             7 LISTEN 0 4096 [::]:179 [::]:*\n      5 TIME-WAIT 0 0 10.90.254.1:179 10.90.3.103:33480\n      \
             7 SYN-SENT 0 1 10.90.3.1:60706 10.90.3.103:179\nTCPMD5NotFound 9\nIPReversePathFilter 0\n",
        )
        .expect("what the script prints");
        assert_eq!(watch.counter("TCPMD5NotFound").rise(), 5);
        assert_eq!(watch.counter("IPReversePathFilter"), Counter { before: 0, after: 0 });
        assert_eq!(watch.counter("TCPMD5Failure"), Counter::default());
        assert!(watch.listens());
        let node = "10.90.3.103".parse().expect("an address");
        let came: Vec<(&str, u32)> = watch.from(node).map(|socket| (socket.state.as_str(), socket.times)).collect();
        assert_eq!(came, [("TIME-WAIT", 5)], "what the router dialled is not among them");
    }

    #[test]
    fn the_kernels_own_table_says_the_same() {
        let watch = parse(
            "TCPMD5NotFound 0\n      7    1: 00000000:00B3 00000000:0000 0A 00000000:00000000 00:00000000 00000000\n      \
             3    2: 01FE5A0A:00B3 67035A0A:8A5C 01 00000000:00000000 02:000A7D8E 00000000     0\n      \
             2    3: 0000000000000000FFFF000001FE5A0A:00B3 0000000000000000FFFF000067035A0A:0050 06 0\nTCPMD5NotFound 0\n",
        )
        .expect("what the script prints");
        let node = "10.90.3.103".parse().expect("an address");
        let came: Vec<(&str, u16)> =
            watch.from(node).map(|socket| (socket.state.as_str(), socket.remote.port())).collect();
        assert_eq!(came, [("ESTAB", 35420), ("TIME-WAIT", 80)]);
        assert!(watch.listens());
    }

    #[test]
    fn without_counters_nothing_was_watched() {
        for text in ["", "sh: can't open /proc/net/netstat\n", "TCPMD5NotFound many\n"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
