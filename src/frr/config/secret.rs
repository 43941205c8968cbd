//! Where a statement has its secret.

/// What stands there where a secret was cut out of a recording.
pub const CUT: &str = "<cut>";

/// Behind a word that ends so stands a secret.
const SECRETS: &[&str] = &["password", "secret", "key-string", "authentication-key", "md5", "tcp-md5-auth"];

/// Behind one of these stands a name, and it may be any word. That of a community-list stands behind its kind.
const BEFORE_NAMES: &[&str] = &[
    "neighbor",
    "peer-group",
    "interface",
    "vrf",
    "view",
    "profile",
    "targets",
    "username",
    "route-map",
    "advertise-map",
    "exist-map",
    "non-exist-map",
    "suppress-map",
    "table-map",
    "prefix-list",
    "filter-list",
    "distribute-list",
    "access-list",
    "standard",
    "expanded",
    "community",
    "large-community",
    "comm-list",
    "large-comm-list",
];

/// Behind one of these stand a person's own words, to the end of the line.
const BEFORE_PROSE: &[&str] = &["description", "remark", "message"];

/// How a line is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// As FRR reads it: a person's words are no secret.
    Frr,
    /// For one who keeps or shows it: a person may have written a secret into words of their own.
    Stranger,
}

/// The place of the word behind which a secret stands. Empty words are passed over.
pub fn announcing<S: AsRef<str>>(words: &[S], reader: Reader) -> Option<usize> {
    let mut line = words.iter().map(AsRef::as_ref).enumerate().filter(|(_, word)| !word.is_empty()).peekable();
    let has_authentication = words.iter().any(|word| word.as_ref() == "authentication");
    let mut is_prose = line.peek().is_some_and(|(_, word)| word.starts_with(['!', '#']));
    let (mut before, mut is_name) = (String::new(), false);
    for (at, word) in line {
        let lower = word.to_ascii_lowercase();
        if (is_prose || !is_name) && announces(&before, &lower, has_authentication) {
            return Some(at);
        }
        if !is_prose && !is_name && is_one_of(BEFORE_PROSE, word) {
            if reader == Reader::Frr {
                return None;
            }
            is_prose = true;
        }
        is_name = !is_name && is_one_of(BEFORE_NAMES, word);
        before = lower;
    }
    None
}

fn announces(before: &str, word: &str, has_authentication: bool) -> bool {
    SECRETS.iter().any(|ending| word.ends_with(ending))
        // A shorter one could be `passive`.
        || (word.starts_with("passw") && "password".starts_with(word))
        || (before == "snmp-server" && matches!(word, "community" | "user"))
        // `ip nhrp authentication K`, `babel authentication K`
        || (word == "authentication" && matches!(before, "nhrp" | "babel"))
        // `ip rip authentication string K`, `ipv6 ospf6 authentication ... key K`
        || (has_authentication && matches!(word, "string" | "key"))
}

/// In full, or as vtysh takes it.
fn is_one_of(keywords: &[&str], word: &str) -> bool {
    keywords.iter().any(|keyword| *keyword == word || (word.len() > 2 && keyword.starts_with(word)))
}

/// The words up to the one that announces a secret. A description has none.
pub fn without_secret<S: AsRef<str>>(words: &[S]) -> &[S] {
    announcing(words, Reader::Frr).map_or(words, |at| &words[..=at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str, reader: Reader) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        announcing(&words, reader).map_or(words.clone(), |at| words[..=at].to_vec()).join(" ")
    }

    #[test]
    fn names_announce_nothing() {
        for line in [
            "neighbor k8s-md5 peer-group",
            "no neighbor password remote-as 65010",
            "neigh my-secret remote-as 65010",
            "neighbor k8s-md5 prefix-list vips-md5 in",
            "neigh k8s route-m vips-md5 in",
            "neighbor description route-map to-md5 out",
            "neighbor x advertise-map a-md5 exist-map b-secret",
            "ip prefix-list vips-md5 seq 10 permit 10.99.8.0/24 le 32",
            "ipv6 access-list md5 seq 5 permit any",
            "bgp as-path access-list my-md5 seq 5 permit ^65010$",
            "bgp community-list standard c-md5 seq 5 permit 1:1",
            "match community c-md5 exact-match",
            "set comm-list c-md5 delete",
            "route-map k8s-md5 permit 10",
            "router bgp 65001 vrf to-md5 as-notation dot",
            "interface wg-secret vrf to-md5",
            "redistribute static route-map a-md5 metric 5",
            "set community 65001:1",
        ] {
            for reader in [Reader::Frr, Reader::Stranger] {
                assert_eq!(read(line, reader), line);
            }
        }
    }

    #[test]
    fn what_stands_behind_names_is_announced() {
        for (line, kept) in [
            ("neighbor k8s-md5 password x", "neighbor k8s-md5 password"),
            ("neighbor neighbor password x", "neighbor neighbor password"),
            ("neighbor password password x", "neighbor password password"),
            ("neighbor peer-group password x", "neighbor peer-group password"),
            ("neighbor description password x", "neighbor description password"),
            ("no neigh k8s passw x", "no neigh k8s passw"),
            ("username description password x", "username description password"),
            ("ip ospf message-digest-key 1 md5 x", "ip ospf message-digest-key 1 md5"),
            (
                "area 0 virtual-link 1.2.3.4 message-digest-key 1 md5 x",
                "area 0 virtual-link 1.2.3.4 message-digest-key 1 md5",
            ),
            ("snmp-server community x", "snmp-server community"),
        ] {
            for reader in [Reader::Frr, Reader::Stranger] {
                assert_eq!(read(line, reader), kept);
            }
        }
    }

    #[test]
    fn a_secret_in_prose_is_one_for_strangers() {
        for (line, kept) in [
            ("neighbor k8s description of neighbor password x", "neighbor k8s description of neighbor password"),
            ("neigh k8s desc a password x", "neigh k8s desc a password"),
            ("access-list a remark vrf secret x", "access-list a remark vrf secret"),
        ] {
            assert_eq!((read(line, Reader::Frr).as_str(), read(line, Reader::Stranger).as_str()), (line, kept));
        }
        assert_eq!(read("! the neighbor password x", Reader::Stranger), "! the neighbor password");
    }
}
