//! How the router's kernel forwards: the settings that decide between paths and drop packets.

use std::collections::BTreeMap;

/// The kernel's settings, by their path below /proc/sys/net.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, i64>);

impl Settings {
    /// A setting such as `ipv4/ip_forward`.
    pub fn get(&self, path: &str) -> Option<i64> {
        self.0.get(path).copied()
    }

    /// What paths are chosen by: 0 addresses, 1 ports too (Linux ip-sysctl).
    pub fn hash_policy(&self, ipv4: bool) -> Option<i64> {
        self.get(if ipv4 { "ipv4/fib_multipath_hash_policy" } else { "ipv6/fib_multipath_hash_policy" })
    }

    /// Whether an interface drops what the router would not answer through it: the larger of its own setting and that of
    /// `all` counts, 1 is strict, 2 is loose (Linux ip-sysctl).
    pub fn is_strict(&self, interface: &str) -> Option<bool> {
        let of = |interface: &str| self.get(&format!("ipv4/conf/{interface}/rp_filter"));
        Some(of("all")?.max(of(interface)?) == 1)
    }
}

/// Reads what the script printed: a path and a value on each line.
///
/// # Errors
/// There is none.
pub fn parse(text: &str) -> Result<Settings, String> {
    let line = |line: &str| {
        let (path, value) = line.rsplit_once(':')?;
        Some((path.to_owned(), value.trim().parse().ok()?))
    };
    let settings: BTreeMap<String, i64> = text.lines().filter_map(line).collect();
    if settings.is_empty() { Err("it tells no setting of the kernel".to_owned()) } else { Ok(Settings(settings)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_of_two_filters_counts() {
        let text = "ipv4/ip_forward:1\nipv4/fib_multipath_hash_policy:0\nipv4/conf/all/rp_filter:0\nipv4/conf/br3/rp_filter:1\n\
                    ipv4/conf/br0/rp_filter:2\n";
        let settings = parse(text).expect("settings");
        assert_eq!(
            (settings.get("ipv4/ip_forward"), settings.hash_policy(true), settings.hash_policy(false)),
            (Some(1), Some(0), None)
        );
        assert_eq!(
            [settings.is_strict("br3"), settings.is_strict("br0"), settings.is_strict("eth0")],
            [Some(true), Some(false), None]
        );
    }

    #[test]
    fn nothing_is_no_answer() {
        assert!(parse("").is_err() && parse("grep: not found\n").is_err());
    }
}
