//! What would be good beyond what is required, below the verdict.

use std::fmt::Write;

use super::impact;
use super::text::changes;
use crate::plan::advice::Advice;
use crate::plan::comparison::Change;
use crate::present::escape::escape;

pub fn render(text: &mut String, advice: &[Advice], is_wide: bool) {
    let has_lines = advice.iter().any(|one| !one.changes.is_empty());
    if !advice.is_empty() {
        let how = if has_lines { ", taken with --harden" } else { "" };
        let _ = writeln!(text, "  advice{how}:");
    }
    for one in advice {
        let _ = writeln!(text, "  - {}", escape(&format!("{}{}", one.why, lines(&one.changes))));
        if is_wide {
            let mut block = String::new();
            changes(&mut block, &one.changes);
            block.lines().for_each(|line| {
                let _ = writeln!(text, "  {line}");
            });
        }
    }
}

/// How many there are, and what they do.
fn lines(changes: &[Change]) -> String {
    let count = match changes.len() {
        0 => return String::new(),
        1 => "1 line".to_owned(),
        count => format!("{count} lines"),
    };
    let impacts = changes.iter().flat_map(|change| &change.impacts);
    let impact = impact::summary(impacts).map(|impact| format!(", {impact}")).unwrap_or_default();
    format!(" ({count}{impact})")
}
