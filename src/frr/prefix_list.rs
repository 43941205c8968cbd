//! `ip prefix-list`: one that is named and not defined denies everything (lib/plist.c).

use std::collections::BTreeSet;

/// The names of the lists that a running-config defines.
pub fn names_in_config(text: &str) -> BTreeSet<String> {
    let name = |line: &str| match line.split_whitespace().collect::<Vec<_>>()[..] {
        ["ip" | "ipv6", "prefix-list", name, ..] => Some(name.to_owned()),
        _ => None,
    };
    text.lines().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_told_from_references() {
        let config = "router bgp 65001\n  neighbor k8s prefix-list used in\nip prefix-list a seq 5 permit any\n";
        assert_eq!(names_in_config(config).into_iter().collect::<Vec<_>>(), ["a"]);
    }
}
