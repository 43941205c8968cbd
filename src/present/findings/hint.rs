//! The command that tells most about what was found.

use crate::rules::{Subject, Told};

/// What was judged.
pub enum Read<'a> {
    Live,
    Snapshot(&'a str),
    /// Manifests and configurations, which only `check` takes.
    Files,
}

/// About the first finding.
pub fn next_step(told: &[Told], read: &Read) -> Option<String> {
    let finding = told.first()?.finding;
    let from = match read {
        Read::Live => Some(String::new()),
        Read::Snapshot(file) => is_plain(file).then(|| format!(" --from {file}")),
        Read::Files => None,
    };
    let target = target(&finding.subject).filter(|target| is_plain(target));
    Some(match target.zip(from) {
        Some((target, from)) => format!("kubectl bgp why {target}{from} follows it from end to end"),
        None => format!("kubectl bgp check --explain {} says more about it", finding.rule.code),
    })
}

/// What `why` takes.
fn target(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Service { namespace, name } => Some(format!("{namespace}/{name}")),
        Subject::Session(key) => Some(key.node.to_string()),
        Subject::Node(name) => Some(name.to_string()),
        Subject::Prefix(prefix) if prefix.prefix_len() == prefix.max_prefix_len() => Some(prefix.addr().to_string()),
        Subject::Prefix(prefix) => Some(prefix.to_string()),
        Subject::Cluster | Subject::Router(_) | Subject::Neighbor { .. } | Subject::Object { .. } => None,
    }
}

/// Whether a shell takes it as one word as it stands.
fn is_plain(word: &str) -> bool {
    !word.starts_with('-') && word.chars().all(|c| c.is_ascii_alphanumeric() || "./:_-".contains(c))
}
