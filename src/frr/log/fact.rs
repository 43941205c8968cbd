//! What a message of bgpd's tells.

use std::net::IpAddr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// bgpd refused the neighbor's OPEN; most often it is of another AS.
    OpenRefused,
    /// The neighbor's OPEN is of another AS.
    BadAs {
        received: u32,
        expected: u32,
    },
    /// The neighbor's OPEN is wrong in something else.
    BadOpen(String),
    NotificationSent {
        code: u8,
        subcode: u8,
        why: String,
    },
    NotificationReceived {
        code: u8,
        subcode: u8,
        why: String,
    },
    /// More prefixes than maximum-prefix allows.
    TooManyPrefixes {
        received: u64,
        limit: u64,
    },
    /// It came up, which at the default level only its End-of-RIB tells.
    Up,
    Down {
        why: String,
    },
    /// The address is no neighbor and in no listen range.
    NotConfigured,
    /// More neighbors than `bgp listen limit` allows.
    AtListenLimit {
        limit: u64,
    },
    /// Turned away for something else, such as `shutdown`.
    Rejected {
        why: String,
    },
    /// Its connection broke.
    Broke {
        why: String,
    },
    /// A prefix that bgpd does not take, and why.
    PrefixRefused {
        why: String,
    },
    /// The kernel refused a password.
    NoMd5(String),
    /// bgpd came up or went down.
    Started,
    Stopped,
}

/// The neighbor that a message is about, and what it tells.
pub fn read(said: &str) -> Option<(Option<IpAddr>, Fact)> {
    // `[MJ4D6-VBJKV][EC 33554454] `: a message's own number, and its class.
    let mut said = said.trim();
    while let Some(after) = said.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        if after.0 == "Event" {
            break;
        }
        said = after.1.trim_start();
    }
    let neighbor = neighbor_of(said);
    let after = |words: &str| said.split_once(words).map(|(_, after)| after.trim());
    let fact = if after("BGP OPEN receipt failed").is_some() {
        Fact::OpenRefused
    } else if after("rcvd End-of-RIB ").is_some() {
        Fact::Up
    } else if let Some(why) = after("bad OPEN, ") {
        bad_as(why).unwrap_or_else(|| Fact::BadOpen(why.to_owned()))
    } else if said.starts_with("%NOTIFICATION") {
        notification(said)?
    } else if let Some(counts) = after("%MAXPFXEXCEED: ") {
        let (received, limit) = counts.split_once(" exceed, limit ")?;
        Fact::TooManyPrefixes { received: received.rsplit(' ').next()?.parse().ok()?, limit: first_number(limit)? }
    } else if after("%ADJCHANGE: ").is_some() {
        // `neighbor 10.90.3.103(node-3) in vrf default Down User reset`
        match after(" Down ").or_else(|| said.ends_with(" Down").then_some("")) {
            Some(why) => Fact::Down { why: why.to_owned() },
            None => Fact::Up,
        }
    } else if after("not configured and not valid for dynamic").is_some() {
        Fact::NotConfigured
    } else if let Some(limit) = after("rejected - at limit ") {
        Fact::AtListenLimit { limit: first_number(limit)? }
    } else if let Some(why) = after(" rejected").filter(|_| said.contains("conn")) {
        let why = why.split_once(')').map_or(why, |(_, why)| why).trim_start_matches([' ', '-']);
        Fact::Rejected { why: why.to_owned() }
    } else if let Some(why) = after("bgp_read_packet error: ") {
        Fact::Broke { why: why.to_owned() }
    } else if let Some(why) = after("DENIED due to: ") {
        Fact::PrefixRefused { why: why.trim_end_matches(';').to_owned() }
    } else if said.contains("TCP_MD5SIG") {
        Fact::NoMd5(said.to_owned())
    } else if said.starts_with("bgpd ") && said.contains(" starting") {
        Fact::Started
    } else if said.starts_with("Terminating on signal") {
        Fact::Stopped
    } else {
        return None;
    };
    Some((neighbor, fact))
}

/// The first address that is not a part of something else; a name may follow in brackets.
fn neighbor_of(said: &str) -> Option<IpAddr> {
    let words = said.split([' ', '(', ',']);
    words.into_iter().find_map(|word| word.trim_end_matches(':').split('/').next()?.parse().ok())
}

fn first_number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = text.trim_start();
    digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())].parse().ok()
}

/// `remote AS is 65010, expected 65077`
fn bad_as(why: &str) -> Option<Fact> {
    let (received, expected) = why.strip_prefix("remote AS is ")?.split_once(", expected ")?;
    Some(Fact::BadAs { received: received.parse().ok()?, expected: first_number(expected)? })
}

/// `%NOTIFICATION(Hard Reset): sent to neighbor 10.90.3.103 6/4 (Cease/Administrative Reset) 0 bytes`
fn notification(said: &str) -> Option<Fact> {
    let (direction, rest) = said.split_once(" neighbor ")?;
    let (before, why) = rest.split_once(" (")?;
    let (code, subcode) = before.rsplit(' ').next()?.split_once('/')?;
    let (code, subcode, why) = (code.parse().ok()?, subcode.parse().ok()?, why.split_once(')')?.0.to_owned());
    Some(if direction.contains("received from") {
        Fact::NotificationReceived { code, subcode, why }
    } else {
        Fact::NotificationSent { code, subcode, why }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frr::log::parse;

    #[track_caller]
    fn tells(said: &str, neighbor: &str, fact: Fact) {
        let log = parse(&format!(
            "clock 2026/11/23 08:00:00 1795417200\nfrom /var/log/frr/frr.log\n2026/11/23 07:22:38 BGP: {said}\n"
        ));
        assert_eq!(log.source.as_deref(), Some("/var/log/frr/frr.log"));
        let [line] = log.lines.as_slice() else { panic!("{said}: {:?}", log.lines) };
        assert_eq!((line.neighbor, &line.fact), (neighbor.parse().ok(), &fact), "{said}");
        assert_eq!(line.at, "2026-11-23T06:22:38Z".parse().ok(), "the router's clock is an hour ahead");
    }

    #[test]
    fn lines_of_the_default_level_are_read() {
        for number in ["[HTQD2-0R1WR][EC 33554451]", "[MVZKX-EG443][EC 33554452]"] {
            let said = format!("{number} bgp_process_packet: BGP OPEN receipt failed for peer: 10.90.3.103");
            tells(&said, "10.90.3.103", Fact::OpenRefused);
        }
        tells(
            "[MJ4D6-VBJKV][EC 33554454] 10.90.3.103 [Error] bgp_read_packet error: Connection reset by peer",
            "10.90.3.103",
            Fact::Broke { why: "Connection reset by peer".into() },
        );
        tells(
            "[QAZ2C-BZRW5] %MAXPFXEXCEED: No. of IPv4 Unicast prefix received from 10.90.3.103(node-3) 4 exceed, limit 2",
            "10.90.3.103",
            Fact::TooManyPrefixes { received: 4, limit: 2 },
        );
        tells("[T83RR-8SM5G] bgpd 8.4.4 starting: vty@2605, bgp@<all>:179", "", Fact::Started);
        tells("[ZW1GY-R46JE] Terminating on signal", "", Fact::Stopped);
    }

    #[test]
    fn lines_of_logged_changes_and_of_debugging_are_read() {
        tells(
            "[PVVJZ-WEEYM] 10.90.3.103 bad OPEN, remote AS is 65010, expected 65077",
            "10.90.3.103",
            Fact::BadAs { received: 65010, expected: 65077 },
        );
        tells(
            "[HZN6M-XRM1G] %NOTIFICATION: sent to neighbor 10.90.3.103 2/2 (OPEN Message Error/Bad Peer AS) 2 bytes f",
            "10.90.3.103",
            Fact::NotificationSent { code: 2, subcode: 2, why: "OPEN Message Error/Bad Peer AS".into() },
        );
        tells(
            "[H7QV4-WR3ZD] %NOTIFICATION(Hard Reset): received from neighbor fd00::1 6/2 (Cease/Administrative Shutdown) \"x\"",
            "fd00::1",
            Fact::NotificationReceived { code: 6, subcode: 2, why: "Cease/Administrative Shutdown".into() },
        );
        let changed = "[PXVXG-TFNNT] %ADJCHANGE: neighbor 10.90.3.103(node-3) in vrf default";
        tells(&format!("{changed} Down User reset"), "10.90.3.103", Fact::Down { why: "User reset".into() });
        tells(&format!("{changed} Up"), "10.90.3.103", Fact::Up);
        tells(
            "[TBYZV-W9M3D] [Event] 10.90.3.103 connection rejected(VRF default:65001:default) - not configured and not valid for dynamic",
            "10.90.3.103",
            Fact::NotConfigured,
        );
        tells(
            "[QANM1-2GM76] [Event] connection from 10.90.3.102 rejected(VRF default:65001:default) due to admin shutdown",
            "10.90.3.102",
            Fact::Rejected { why: "due to admin shutdown".into() },
        );
        tells(
            "[N98W0-VW59Z] Dynamic Neighbor 10.90.3.101/32 rejected - at limit 1",
            "10.90.3.101",
            Fact::AtListenLimit { limit: 1 },
        );
    }
}
