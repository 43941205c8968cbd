//! A line as words.

/// A line that says something.
#[derive(Debug)]
pub struct Statement<'a> {
    pub line: usize,
    /// Without a `no` in front.
    pub on: bool,
    /// Without the `no`; those that may be abbreviated in full.
    pub words: Vec<&'a str>,
}

/// The first words of statements, and of what stands behind a neighbor's name.
const FIRST: &[&str] =
    &["address-family", "bgp", "maximum-paths", "neighbor", "network", "redistribute", "router", "timers"];
const OPTIONS: &[&str] = &[
    "activate",
    "allowas-in",
    "bfd",
    "default-originate",
    "description",
    "disable-connected-check",
    "distribute-list",
    "ebgp-multihop",
    "filter-list",
    "interface",
    "local-as",
    "maximum-prefix",
    "next-hop-self",
    "passive",
    "password",
    "peer-group",
    "prefix-list",
    "remote-as",
    "route-map",
    "shutdown",
    "soft-reconfiguration",
    "timers",
    "ttl-security",
    "update-source",
    "weight",
];

/// Behind a word that ends so stands a secret.
const SECRETS: &[&str] = &["password", "secret", "key-string", "authentication-key", "md5", "tcp-md5-auth"];

impl<'a> Statement<'a> {
    /// Nothing for empty lines and comments.
    pub fn read(line: usize, text: &'a str) -> Option<Self> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        if words.first()?.starts_with(['!', '#']) {
            return None;
        }
        let on = words[0] != "no";
        if !on {
            words.remove(0);
        }
        if let Some(first) = words.first_mut() {
            *first = complete(first, FIRST);
        }
        if let ["neighbor", _, option, ..] = &mut words[..] {
            *option = complete(option, OPTIONS);
        }
        (!words.is_empty()).then_some(Self { line, on, words })
    }

    /// As it is kept: with one space between words, and without what stands behind a word for a secret.
    pub fn text(&self) -> String {
        let is_secret = |word: &&str| SECRETS.iter().any(|secret| word.ends_with(secret));
        let end = self.words.iter().position(is_secret).map_or(self.words.len(), |at| at + 1);
        let words = self.words[..end].join(" ");
        if self.on { words } else { format!("no {words}") }
    }
}

/// The only word that begins so, as vtysh takes it.
fn complete<'a>(word: &'a str, of: &[&'a str]) -> &'a str {
    if of.contains(&word) {
        return word;
    }
    let mut candidates = of.iter().filter(|candidate| candidate.starts_with(word));
    match (candidates.next(), candidates.next()) {
        (Some(only), None) => only,
        _ => word,
    }
}
