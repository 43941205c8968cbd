//! The command that tells most about what was found.

use crate::rules::{Subject, Told};

/// About the first finding; `from` is the snapshot that was judged.
pub fn next_step(told: &[Told], from: Option<&str>) -> Option<String> {
    let finding = told.first()?.finding;
    let from = match from {
        Some(file) if is_plain(file) => format!(" --from {file}"),
        Some(_) => return Some(explain(finding.rule.code)),
        None => String::new(),
    };
    Some(match target(&finding.subject).filter(|target| is_plain(target)) {
        Some(target) => format!("kubectl bgp why {target}{from} follows it from end to end"),
        None => explain(finding.rule.code),
    })
}

fn explain(code: &str) -> String {
    format!("kubectl bgp check --explain {code} says more about it")
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
