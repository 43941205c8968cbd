//! When a line was logged: each place writes it in its own way, and most without a zone.

use jiff::{SignedDuration, Timestamp, civil::DateTime};

/// What the router's clock said when the log was read: its own time, and how far that is from universal time.
pub struct Clock {
    local: DateTime,
    pub universal: Timestamp,
    ahead: SignedDuration,
}

impl Clock {
    /// `2026/11/23 07:20:21 1795418421`.
    pub fn read(text: &str) -> Option<Self> {
        let (local, seconds) = text.rsplit_once(' ')?;
        let local = DateTime::strptime("%Y/%m/%d %H:%M:%S", local).ok()?;
        let universal = Timestamp::from_second(seconds.parse().ok()?).ok()?;
        let ahead = as_universal(local)?.duration_since(universal);
        Some(Self { local, universal, ahead })
    }
}

fn as_universal(local: DateTime) -> Option<Timestamp> {
    local.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|time| time.timestamp())
}

/// When a line was written, in its own notation.
pub enum Time<'a> {
    /// FRR's own file: `2026/11/23 07:20:21`, maybe with a fraction, in the router's zone.
    File(&'a str),
    /// syslog: `Nov 23 07:20:21`, in the router's zone and without a year.
    Syslog(&'a str),
    /// Seconds since 1970.
    Unix(f64),
    /// With its zone.
    Zoned(Timestamp),
}

impl Time<'_> {
    pub fn read(&self, clock: &Clock) -> Option<Timestamp> {
        let local = |local: DateTime| as_universal(local)?.checked_sub(clock.ahead).ok();
        match self {
            Self::File(text) => local(DateTime::strptime("%Y/%m/%d %H:%M:%S%.f", text).ok()?),
            Self::Syslog(text) => {
                let of_year = |year: i16| DateTime::strptime("%Y %b %d %H:%M:%S", format!("{year} {text}")).ok();
                let this_year = of_year(clock.local.year())?;
                // December's lines are read in January.
                let last = if this_year > clock.local { of_year(clock.local.year() - 1)? } else { this_year };
                local(last)
            }
            Self::Unix(seconds) => Timestamp::from_duration(SignedDuration::try_from_secs_f64(*seconds).ok()?).ok(),
            Self::Zoned(at) => Some(*at),
        }
    }
}

/// The time in front of a line, and what the daemon said.
pub fn split(line: &str) -> Option<(Option<Time<'_>>, &str)> {
    // In syslog `bgpd[123]: `, and watchfrr's number before what that says of bgpd.
    let (before, said) = line.split_once(" BGP: ").or_else(|| line.split_once("]: "))?;
    let time = if let Ok(at) = before.split(' ').next()?.parse() {
        Some(Time::Zoned(at))
    } else if before.get(4..5) == Some("/") {
        // The record's priority may follow.
        let end = before.match_indices(' ').nth(1).map_or(before.len(), |(at, _)| at);
        Some(Time::File(&before[..end]))
    } else if let Some(seconds) = before.split(' ').next().filter(|word| word.contains('.')) {
        seconds.parse().ok().map(Time::Unix)
    } else {
        before.get(..15).map(Time::Syslog)
    };
    Some((time, said))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_place_has_its_own_time() {
        // An hour ahead of universal time.
        let at = |line: &str| {
            let text = format!("clock 2026/01/01 00:30:00 1767223800\n{line} [T83RR-8SM5G] bgpd 8.4.4 starting: x\n");
            super::super::parse(&text).lines.first().and_then(|line| line.at).map(|at| at.to_string())
        };
        for (line, expected) in [
            ("2026/01/01 00:20:00 BGP:", "2025-12-31T23:20:00Z"),
            ("2025/12/31 23:20:00.5 warnings: BGP:", "2025-12-31T22:20:00.5Z"),
            ("Jan  1 00:20:00 udm bgpd[123]:", "2025-12-31T23:20:00Z"),
            ("Dec 31 23:20:00 udm bgpd[123]:", "2025-12-31T22:20:00Z"),
            ("1767223200.000000 udm bgpd[123]:", "2025-12-31T23:20:00Z"),
            ("2025-12-31T23:20:00Z udm bgpd[123]:", "2025-12-31T23:20:00Z"),
        ] {
            assert_eq!(at(line).as_deref(), Some(expected), "{line}");
        }
        assert_eq!(at("yesterday bgpd[123]:"), None);
    }
}
