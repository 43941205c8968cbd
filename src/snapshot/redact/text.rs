//! Words in text: a message, a command's output, a router's configuration.

use super::names::Kind;
use super::shape;
use super::sink::Sink;
use super::vocabulary::{is_common_domain, is_common_name, is_kept, is_plain, is_plain_compound};

/// Instead of text that people wrote for people.
pub const REDACTED: &str = "redacted";

/// What stands between words.
const MARKS: &[char] = &[
    '"', '\'', '`', '(', ')', '[', ']', '{', '}', '<', '>', ',', ';', '=', '|', '!', '?', '*', '^', '$', '&', '#', '+',
    '\\',
];

/// What joins words, the outermost first.
const JOINTS: [char; 4] = ['@', '%', '/', ':'];

/// Behind these an AS number follows.
const BEFORE_ASN: &[&str] =
    &["as", "asn", "remote-as", "local-as", "remoteas", "localas", "peeras", "localasn", "peerasn"];

/// Behind these only AS numbers follow, to the end of the line.
const BEFORE_ASNS: &[&str] = &["prepend", "confederation", "as-path"];

/// Behind these a number is no AS number, even if an AS has it.
const BEFORE_NUMBER: &[&str] = &[
    "seq",
    "le",
    "ge",
    "distance",
    "metric",
    "med",
    "weight",
    "local-preference",
    "maximum-prefix",
    "maximum-paths",
    "ibgp",
    "ebgp-multihop",
    "hops",
    "timers",
    "keepalive",
    "holdtime",
    "restart-time",
    "stalepath-time",
    "connect",
    "port",
    "tag",
    "table",
    "mtu",
    "version",
    "permit",
    "deny",
    "advertisement-interval",
    "allowas-in",
    "limit",
    "bandwidth",
    "cost",
];

/// Replaces what is in a JSON string, a message or a command's output, line by line.
pub fn replace(text: &str, sink: &mut dyn Sink) -> String {
    text.split_inclusive('\n').map(|line| Line::default().replace(line, sink)).collect()
}

/// Replaces AS numbers, one or more.
pub fn replace_as_path(text: &str, sink: &mut dyn Sink) -> String {
    Line { only_asns: true, ..Line::default() }.replace(text, sink)
}

/// Remembers that a word is a name, unless it stays or its looks say what it is.
pub fn learn(kind: Kind, word: &str, sink: &mut dyn Sink) {
    if !is_kept(word) && shape::replace(word, sink).is_none() {
        sink.name(kind, word);
    }
}

/// What the words before say of the next one.
#[derive(Default)]
struct Line {
    before: [String; 2],
    only_asns: bool,
    communities: bool,
    /// It says which AS was expected and which one came.
    compares_asns: bool,
}

impl Line {
    fn replace(&mut self, line: &str, sink: &mut dyn Sink) -> String {
        let mut replaced = String::with_capacity(line.len());
        // A name may have marks in it: what stands between spaces is looked up whole first.
        for chunk in line.split_inclusive(char::is_whitespace) {
            let word = chunk.trim_end();
            match Some(word).filter(|word| word.contains(MARKS) && !is_kept(word)).and_then(|word| sink.known(word)) {
                Some(name) => replaced.push_str(&name),
                None => self.replace_marked(word, sink, &mut replaced),
            }
            replaced.push_str(&chunk[word.len()..]);
        }
        replaced
    }

    fn replace_marked(&mut self, text: &str, sink: &mut dyn Sink, replaced: &mut String) {
        let mut rest = text;
        while !rest.is_empty() {
            if replaced.ends_with('\\')
                && let Some((octet, behind)) = octet(rest)
            {
                replaced.push_str(octet);
                rest = behind;
            }
            let end = rest.find(MARKS).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            if !word.is_empty() {
                self.replace_word(word, sink, replaced);
            }
            let mark = behind.chars().next().map_or(0, char::len_utf8);
            replaced.push_str(&behind[..mark]);
            rest = &behind[mark..];
        }
    }

    /// A word with the punctuation of a sentence around it.
    fn replace_word(&mut self, text: &str, sink: &mut dyn Sink, replaced: &mut String) {
        let whole = if is_kept(text) || shape::is_address(text) {
            text
        } else {
            text.trim_end_matches(['.', ':', '-', '_', '/'])
        };
        let behind = &text[whole.len()..];
        let word = if shape::is_address(whole) { whole } else { whole.trim_start_matches(['-', '_', '.', ':', '/']) };
        replaced.push_str(&whole[..whole.len() - word.len()]);
        if !word.is_empty() {
            let is_flag = whole.starts_with("--");
            replaced.push_str(&self.in_place(word, behind, sink).unwrap_or_else(|| replace_core(word, is_flag, sink)));
            let [_, last] = std::mem::take(&mut self.before);
            self.before = [last, word.to_ascii_lowercase()];
        }
        replaced.push_str(behind);
    }

    /// The replacement of a number, by the words before it and by what is behind it.
    fn in_place(&mut self, word: &str, behind: &str, sink: &mut dyn Sink) -> Option<String> {
        let [first, second] = &self.before;
        self.only_asns |= BEFORE_ASNS.contains(&second.as_str());
        self.communities |= second.contains("community");
        // `as number mismatch expected 65099, received 65001`, `remote AS is 65010, expected 65077`
        self.compares_asns |= second == "mismatch" || first == "mismatch" || first == "as" && second == "is";
        if !word.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && self.only_asns && second == "seq" {
            return Some(word.to_owned());
        }
        let is_compared = self.compares_asns && matches!(second.as_str(), "expected" | "received" | "is");
        let is_asn = BEFORE_ASN.contains(&second.as_str()) || (first == "router" && second == "bgp") || is_compared;
        if is_asn || self.communities && behind.starts_with(':') {
            return shape::asn_text(word, sink);
        }
        if self.only_asns {
            // `^65010_65020_`
            let asns = word.split('_').map(|asn| shape::asn_text(asn, sink)).collect::<Option<Vec<_>>>();
            return asns.map(|asns| asns.join("_"));
        }
        let is_no_asn = BEFORE_NUMBER.contains(&second.as_str()) || first == "timers";
        (is_number && is_no_asn).then(|| word.to_owned())
    }
}

/// `x06`, as it stands behind a backslash, and what follows.
fn octet(text: &str) -> Option<(&str, &str)> {
    let (octet, behind) = text.split_at_checked(3)?;
    let is_octet = octet.strip_prefix('x').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    is_octet.then_some((octet, behind))
}

/// A word without anything around it.
fn replace_core(word: &str, is_flag: bool, sink: &mut dyn Sink) -> String {
    if is_kept(word) {
        return word.to_owned();
    }
    if let Some(replaced) = shape::replace(word, sink).or_else(|| sink.known(word)) {
        return replaced;
    }
    let has_common_domain =
        word.split_once('/').is_some_and(|(domain, name)| is_common_domain(domain) && is_plain_compound(name));
    let is_field = ["spec.", "status.", "metadata.", "data."].iter().any(|known| word.starts_with(known));
    let is_known = word.len() == 1
        || is_plain(word)
        || is_common_domain(word)
        || has_common_domain
        || (is_flag || is_field) && is_plain_compound(word);
    if is_known {
        return word.to_owned();
    }
    if word.contains(JOINTS) {
        return replace_joined(word, sink);
    }
    sink.name(if word.contains('.') { Kind::Host } else { Kind::Word }, word)
}

/// `user@host`, `namespace/name`, `host:port`, paths: taken apart at the outermost mark, as an address has others.
fn replace_joined(word: &str, sink: &mut dyn Sink) -> String {
    let Some(mark) = JOINTS.iter().copied().find(|&mark| word.contains(mark)) else { return String::new() };
    let is_address_like = mark == ':' && word.bytes().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte));
    if is_address_like && word.matches(':').count() > 1 {
        return sink.name(Kind::Word, word);
    }
    let mut before = "";
    let parts = word.split(mark).map(|part| {
        let is_namespace = std::mem::replace(&mut before, part) == "namespaces";
        match part {
            "" => String::new(),
            part if is_namespace => name(Kind::Namespace, part, sink),
            part => replace_core(part, false, sink),
        }
    });
    parts.collect::<Vec<_>>().join(&mark.to_string())
}

/// Replaces what is certainly a name, a word that stays elsewhere included.
pub fn name(kind: Kind, name: &str, sink: &mut dyn Sink) -> String {
    if is_common_name(name) {
        return name.to_owned();
    }
    let by_looks = if name.contains(['.', ':', '-']) && !name.contains('T') { identity(name, sink) } else { None };
    by_looks.unwrap_or_else(|| sink.name(kind, name))
}

/// A name that is an address or an identifier is replaced as one.
fn identity(name: &str, sink: &mut dyn Sink) -> Option<String> {
    let is_identifier = name.len() == 36 && name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    (shape::is_address(name) || is_identifier).then(|| shape::replace(name, sink)).flatten()
}

#[cfg(test)]
pub mod tests {
    use super::super::key::Key;
    use super::super::sink::{Learning, Replacing};
    use super::*;

    /// Both passes over one text.
    pub fn replaced(text: &str, walk: fn(&str, &mut dyn Sink) -> String) -> String {
        let mut learning = Learning::default();
        walk(text, &mut learning);
        walk(text, &mut Replacing::new(Key::fixed(1), learning))
    }

    #[test]
    fn messages_keep_their_words_and_lose_names() {
        for (text, expected) in [
            (
                "ssh: connect to host gw.acme.example port 22: Connection refused",
                "ssh: connect to host host-1 port 22: Connection refused",
            ),
            ("the router admin7@udm: bgpd is not running", "the router word-1@word-2: bgpd is not running"),
            ("/api/v1/namespaces/server/pods", "/api/v1/namespaces/namespace-1/pods"),
            (
                "took 4m5s, v1.19.0, 16Gi at 2026-11-23T01:26:08Z, up 12:34:56",
                "took 4m5s, v1.19.0, 16Gi at 2026-11-23T01:26:08Z, up 12:34:56",
            ),
            ("node \"acme\" is not in acme/acme", "node \"word-1\" is not in word-1/word-1"),
            ("127.0.0.1 and ::1 and 0.0.0.0/0", "127.0.0.1 and ::1 and 0.0.0.0/0"),
        ] {
            assert_eq!(replaced(text, replace), expected);
        }
    }

    #[test]
    fn addresses_do_not_stay_in_any_notation() {
        for text in [
            "10.90.3.101",
            "10.90.3.101/24",
            "10.90.3.101:179",
            "[fd00:90:3::101]:22",
            "fd00:90:3::101%eth0",
            "root@fd00:90:3::101",
            "10-90-3-101",
            "10.90.3.101.5",
            "ip-10-90-3-101.internal",
            "(10.90.3.101)",
            "10.90.3.101-10.90.3.110",
            "https://10.90.3.101:6443/x",
            "10.90.3.101,10.90.3.102",
            "\u{201c}10.90.3.101\u{201d}",
            "fd00:90:3::101.179",
            "c6:55:39:72:49:05",
        ] {
            let replaced = replaced(text, replace);
            for part in ["90.3", "90:3", "90-3", "101", "55:39"] {
                assert!(!text.contains(part) || !replaced.contains(part), "{text}: {replaced}");
            }
        }
    }
}
