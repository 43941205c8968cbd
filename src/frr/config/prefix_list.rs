//! `ip prefix-list`: which prefixes pass, as lib/plist.c decides it.

use ipnet::IpNet;

use super::Version;
use super::stated::Stated;

#[derive(Clone, Debug, PartialEq)]
pub struct PrefixList {
    pub version: Version,
    pub name: String,
    /// The first line that names it.
    pub line: usize,
    pub description: Option<Stated<String>>,
    /// By their number.
    pub entries: Vec<PrefixListEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixListEntry {
    pub line: usize,
    pub seq: u32,
    pub permit: bool,
    /// Absent: any.
    pub prefix: Option<IpNet>,
    pub ge: Option<u8>,
    pub le: Option<u8>,
}

/// What a list says of a prefix, and which entry decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefixVerdict<'a> {
    Permitted(&'a PrefixListEntry),
    Denied(&'a PrefixListEntry),
    /// No entry matches it.
    DeniedAtEnd,
    /// A list without entries denies nothing.
    EmptyPermits,
}

impl PrefixVerdict<'_> {
    pub fn is_permitted(self) -> bool {
        matches!(self, Self::Permitted(_) | Self::EmptyPermits)
    }
}

impl PrefixList {
    pub fn permits(&self, prefix: IpNet) -> PrefixVerdict<'_> {
        if self.entries.is_empty() {
            return PrefixVerdict::EmptyPermits;
        }
        match self.entries.iter().find(|entry| entry.matches(self.version, prefix)) {
            Some(entry) if entry.permit => PrefixVerdict::Permitted(entry),
            Some(entry) => PrefixVerdict::Denied(entry),
            None => PrefixVerdict::DeniedAtEnd,
        }
    }

    /// The number that an entry without one gets.
    pub(super) fn next_seq(&self) -> u32 {
        let last = self.entries.last().map_or(0, |entry| entry.seq);
        (last / 5 * 5).saturating_add(5)
    }

    /// An entry takes the place of the one with its number.
    pub(super) fn put(&mut self, entry: PrefixListEntry) {
        match self.entries.binary_search_by_key(&entry.seq, |entry| entry.seq) {
            Ok(at) => self.entries[at] = entry,
            Err(at) => self.entries.insert(at, entry),
        }
    }
}

impl PrefixListEntry {
    fn matches(&self, version: Version, prefix: IpNet) -> bool {
        let Some(own) = self.prefix else { return version == Version::of(prefix.addr()) };
        // A net contains no net of the other family.
        if !own.contains(&prefix.trunc()) {
            return false;
        }
        let length = prefix.prefix_len();
        match (self.ge, self.le) {
            (None, None) => length == own.prefix_len(),
            (ge, le) => ge.is_none_or(|ge| length >= ge) && le.is_none_or(|le| length <= le),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn is_permitted(rules: &[&str], prefix: &str) -> bool {
        let text: String =
            rules.iter().map(|rule| format!("ip prefix-list a {rule}\nipv6 prefix-list a {rule}\n")).collect();
        let prefix: IpNet = prefix.parse().expect("a prefix");
        let config = Config::parse(&text);
        config.prefix_list(Version::of(prefix.addr()), "a").expect("the list").permits(prefix).is_permitted()
    }

    #[test]
    fn lengths_are_as_frr_compares_them() {
        for (rule, permitted, denied) in [
            ("permit 10.9.0.0/24", "10.9.0.0/24", "10.9.0.1/32"),
            ("permit 10.9.0.0/24 le 32", "10.9.0.0/24", "10.9.0.0/23"),
            ("permit 10.9.0.0/24 le 32", "10.9.0.255/32", "10.9.1.0/32"),
            ("permit 10.9.0.0/24 ge 32", "10.9.0.7/32", "10.9.0.0/24"),
            ("permit 10.9.0.0/24 ge 26 le 28", "10.9.0.0/27", "10.9.0.0/29"),
            ("permit 10.9.0.7/24 le 32", "10.9.0.1/32", "fd00::/64"),
            ("permit fd00::/48 ge 128", "fd00::7/128", "fd00:0:1::7/128"),
        ] {
            assert!(is_permitted(&[rule], permitted), "{rule} and {permitted}");
            assert!(!is_permitted(&[rule, "seq 99 deny any"], denied), "{rule} and {denied}");
        }
    }

    #[test]
    fn the_lowest_number_decides() {
        let rules = ["seq 20 permit any", "seq 010 deny 10.9.0.0/24 le 32"];
        assert!(!is_permitted(&rules, "10.9.0.1/32"));
        assert!(is_permitted(&rules, "10.8.0.1/32"));
        assert!(is_permitted(&["seq 5 deny any", "seq 5 permit any"], "10.8.0.1/32"), "the later one replaces");
    }

    #[test]
    fn numbers_are_given_in_fives() {
        let config = Config::parse(
            "ip prefix-list a seq 7 permit any\nip prefix-list a deny any\nip prefix-list b permit 10.0.0.0/8\n",
        );
        let seqs =
            |name| config.prefix_list(Version::V4, name).map(|list| list.entries.iter().map(|e| e.seq).collect());
        assert_eq!(seqs("a"), Some(vec![7, 10]));
        assert_eq!(seqs("b"), Some(vec![5]));
    }

    #[test]
    fn an_empty_list_permits_and_an_end_denies() {
        let config = Config::parse("ip prefix-list a description x\nip prefix-list b deny 10.0.0.0/8\n");
        let prefix = "10.9.0.0/24".parse().expect("a prefix");
        let verdict = |name| config.prefix_list(Version::V4, name).map(|list| list.permits(prefix));
        assert_eq!(verdict("a"), Some(PrefixVerdict::EmptyPermits));
        assert_eq!(verdict("b"), Some(PrefixVerdict::DeniedAtEnd));
        assert_eq!(verdict("c"), None);
        assert!(config.prefix_list(Version::V6, "a").is_none());
    }
}
