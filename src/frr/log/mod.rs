//! What FRR's log says of BGP, with the clock of the router in front (see the script that reads it).
//!
//! Measured on 8.4.4 and 10.3. At the default level: an OPEN that is refused, maximum-prefix, and the End-of-RIB of a
//! session that came up. A connect that is closed unread leaves `Connection reset by peer`, as an agent does that refuses
//! the router's AS. With `bgp log-neighbor-changes` and `debug bgp neighbor-events` also sessions that go up and down,
//! notifications, and whom bgpd turned away and why.

mod fact;
mod time;

use std::net::IpAddr;

use jiff::Timestamp;

pub use fact::Fact;
use time::Clock;

/// The log, as far as it was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The file or the program that the lines are from; `None` if none was found.
    pub source: Option<String>,
    /// When it was read, by the router's clock.
    pub read_at: Option<Timestamp>,
    pub lines: Vec<Line>,
}

/// A line that tells something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub at: Option<Timestamp>,
    /// The neighbor that it is about.
    pub neighbor: Option<IpAddr>,
    pub fact: Fact,
}

impl Log {
    /// What it tells of a neighbor since that was last up, or bgpd last started: what stands before is of another time.
    pub fn lately(&self, neighbor: IpAddr) -> impl Iterator<Item = &Line> {
        let begins = |line: &Line| match line.fact {
            Fact::Up => line.neighbor == Some(neighbor),
            Fact::Started => true,
            _ => false,
        };
        let from = self.lines.iter().rposition(begins).map_or(0, |at| at + 1);
        self.lines[from..].iter().filter(move |line| line.neighbor == Some(neighbor))
    }
}

/// Reads what the script printed.
pub fn parse(text: &str) -> Log {
    let mut log = Log::default();
    let mut clock = None;
    for line in text.lines() {
        if let Some(now) = line.strip_prefix("clock ") {
            clock = Clock::read(now);
            log.read_at = clock.as_ref().map(|clock| clock.universal);
        } else if let Some(source) = line.strip_prefix("from ") {
            log.source = Some(source.to_owned());
        } else if let Some((at, said)) = time::split(line)
            && let Some((neighbor, fact)) = fact::read(said)
        {
            let at = at.and_then(|at| at.read(clock.as_ref()?));
            log.lines.push(Line { at, neighbor, fact });
        }
    }
    log
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_before_a_session_came_up_is_not_of_now() {
        let refused = |of: &str| {
            format!(
                "2026/11/23 07:22:38 BGP: [HTQD2-0R1WR] bgp_process_packet: BGP OPEN receipt failed for peer: {of}\n"
            )
        };
        let up = "2026/11/23 07:22:40 BGP: [M59KS-A3ZXZ] bgp_update_receive: rcvd End-of-RIB for IPv4 Unicast from 10.90.3.103 in vrf default\n";
        let (ours, others) = ("10.90.3.103", "10.90.3.101");
        let log = parse(&format!("{}{}{up}{}", refused(ours), refused(others), refused(ours)));
        let count = |of: &str| log.lately(of.parse().expect("an address")).count();
        assert_eq!((log.lines.len(), count(ours), count(others)), (4, 1, 1));
    }

    #[test]
    fn what_tells_nothing_is_left_out() {
        for text in [
            "",
            "clock now",
            "2026/11/23 07:22:38 BGP: [VTVCM-Y2NW3] Configuration Read in Took: 00:00:00",
            "BGP: %NOTIFICATION",
            "from",
        ] {
            assert_eq!(parse(text).lines, [], "{text}");
        }
        assert_eq!(parse("clock 2026/01/01 00:30:00 1767225600\n").source, None);
    }
}
