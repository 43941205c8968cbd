//! A router's configuration, statement by statement.

use super::names::Kind;
use super::sink::Sink;
use super::text;

/// Behind these a router's configuration has a name.
const BEFORE_NAME: &[&str] = &[
    "neighbor",
    "prefix-list",
    "route-map",
    "peer-group",
    "vrf",
    "view",
    "interface",
    "access-list",
    "filter-list",
    "distribute-list",
    "standard",
    "expanded",
    "community",
    "large-community",
    "hostname",
    "domainname",
    "profile",
    "advertise-map",
    "exist-map",
    "non-exist-map",
    "unsuppress-map",
    "suppress-map",
    "table-map",
    "access-class",
    "chain",
    "update-source",
    "call",
];

/// Behind these a router's configuration has text for people.
const BEFORE_PROSE: &[&str] = &["description", "remark", "banner", "message", "alias"];

/// Replaces what is in a router's configuration, and drops comments and descriptions.
pub fn replace(config: &str, sink: &mut dyn Sink) -> String {
    let mut replaced = String::with_capacity(config.len());
    for line in config.split_inclusive('\n') {
        let end = if line.ends_with('\n') { "\n" } else { "" };
        let indent = &line[..line.len() - line.trim_start().len()];
        let statement = line.trim();
        let is_comment = statement.starts_with(['!', '#']);
        let prose = statement.split(' ').position(|word| BEFORE_PROSE.contains(&word) || word.starts_with(['!', '#']));
        let words = statement.split(' ');
        let words: Vec<&str> = prose.map_or_else(|| words.clone().collect(), |at| words.clone().take(at + 1).collect());
        if statement.is_empty() || is_comment {
            replaced.extend([indent.trim_end_matches('\n'), statement.get(..1).unwrap_or_default(), end]);
            continue;
        }
        learn_names(&words, sink);
        replaced.push_str(indent);
        replaced.push_str(&text::replace(&words.join(" "), sink));
        if prose.is_some() {
            replaced.push(' ');
            replaced.push_str(text::REDACTED);
        }
        replaced.push_str(end);
    }
    replaced
}

/// Words that stay in messages do not where something is named so.
fn learn_names(words: &[&str], sink: &mut dyn Sink) {
    for pair in words.windows(2) {
        if BEFORE_NAME.contains(&pair[0]) {
            text::learn(Kind::Router, pair[1], sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::tests::replaced;
    use super::*;

    #[test]
    fn statements_keep_their_grammar() {
        let config = "! of Alice\nrouter bgp 65001\n neighbor neighbor peer-group\n neighbor neighbor description to Alice\n \
                      neighbor k8s prefix-list in in\n neighbor k8s timers 10 30\n!\nip prefix-list in seq 5 permit any # Alice\n";
        let asn = replaced("AS65001", text::replace);
        let expected = format!(
            "!\nrouter bgp {}\n neighbor neighbor peer-group\n neighbor neighbor description redacted\n \
             neighbor router-name-1 prefix-list in in\n neighbor router-name-1 timers 10 30\n!\nip prefix-list in seq 5 permit any # redacted\n",
            &asn[2..]
        );
        assert_eq!(replaced(config, replace), expected);
    }
}
