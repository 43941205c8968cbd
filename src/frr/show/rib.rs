//! `show ip route bgp json`: what zebra made of BGP's best paths.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A route that BGP gave to zebra.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RibRoute {
    /// It is the one of its prefix that zebra wants in the kernel.
    pub selected: bool,
    /// zebra believes that the kernel has it.
    pub installed: bool,
    /// The kernel refused it: `B>r`.
    pub failed: bool,
    /// `00:07:11`, `1d02h03m`, `01w2d03h`.
    pub uptime: String,
}

/// Reads the document, by prefix.
///
/// # Errors
/// It is not the JSON that FRR prints.
pub fn parse(text: &str) -> Result<BTreeMap<String, Vec<RibRoute>>, String> {
    if text.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// Seconds of an uptime as FRR prints it (lib/frrevent or zebra's `uptime2str`).
pub fn uptime_seconds(text: &str) -> Option<u64> {
    if let Some((hours, rest)) = text.split_once(':') {
        let (minutes, seconds) = rest.split_once(':')?;
        let number = |text: &str| text.parse::<u64>().ok();
        return Some(number(hours)? * 3600 + number(minutes)? * 60 + number(seconds)?);
    }
    let units = [('y', 365 * 86400), ('w', 7 * 86400), ('d', 86400), ('h', 3600), ('m', 60)];
    let parts: Vec<&str> = text.split_inclusive(|c: char| !c.is_ascii_digit()).collect();
    let seconds = parts.iter().map(|part| {
        let (_, seconds) = units.iter().find(|(unit, _)| part.ends_with(*unit))?;
        part[..part.len() - 1].parse::<u64>().ok()?.checked_mul(*seconds)
    });
    seconds.sum::<Option<u64>>().filter(|_| !parts.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptimes_are_read_in_all_forms() {
        assert_eq!(uptime_seconds("00:07:11"), Some(431));
        assert_eq!(uptime_seconds("1d02h03m"), Some(86400 + 2 * 3600 + 180));
        assert_eq!(uptime_seconds("01w2d03h"), Some(9 * 86400 + 3 * 3600));
        for odd in ["", "never", "7", "1x", "é1d", "1é"] {
            assert_eq!(uptime_seconds(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_the_kernel_refused_has_failed() {
        let text = r#"{"10.0.0.1\/32": [{"selected": true, "failed": true, "uptime": "00:00:01"}]}"#;
        assert!(parse(text).expect("FRR's shape")["10.0.0.1/32"][0].failed);
        assert!(parse("").expect("zebra is down").is_empty());
    }
}
