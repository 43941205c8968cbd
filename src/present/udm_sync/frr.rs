//! Differences as lines to paste into vtysh.

use std::fmt::Write;

use crate::plan::Plan;
use crate::plan::comparison::Comparison;

/// Nothing where nothing differs; `None`: a line would show a password.
pub fn render(plans: &[Plan]) -> Option<String> {
    let differing: Vec<(&Plan, &Comparison)> = plans
        .iter()
        .filter_map(|plan| Some((plan, plan.comparison.as_ref().ok()?)))
        .filter(|(_, comparison)| !comparison.delta.is_empty())
        .collect();
    let mut text = String::new();
    for (plan, comparison) in &differing {
        if comparison.delta.commands.iter().any(|command| command.full_text() != command.text()) {
            return None;
        }
        if differing.len() > 1 {
            let _ = writeln!(text, "! {}", plan.router.name);
        }
        let _ = write!(text, "configure terminal\n{}end\n", comparison.delta.print());
        for clear in comparison.soft_clears() {
            let _ = writeln!(text, "{clear}");
        }
    }
    Some(text)
}
