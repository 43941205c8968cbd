//! Differences as lines to paste into vtysh.

use std::fmt::Write;

use crate::plan::Plan;
use crate::plan::comparison::Comparison;

/// Nothing where nothing differs. A line with a password is a comment: it is not shown.
pub fn render(plans: &[Plan]) -> String {
    let differing: Vec<(&Plan, &Comparison)> = plans
        .iter()
        .filter_map(|plan| Some((plan, plan.comparison.as_ref().ok()?)))
        .filter(|(_, comparison)| !comparison.delta.is_empty())
        .collect();
    let mut text = String::new();
    for (plan, comparison) in &differing {
        if differing.len() > 1 {
            let _ = writeln!(text, "! {}", plan.router.name);
        }
        let _ = write!(text, "configure terminal\n{}end\n", comparison.delta.print_cut());
        for clear in comparison.soft_clears() {
            let _ = writeln!(text, "{clear}");
        }
    }
    text
}

/// Whether a line is a comment for its password.
pub fn has_passwords(plans: &[Plan]) -> bool {
    let comparisons = plans.iter().filter_map(|plan| plan.comparison.as_ref().ok());
    let mut commands = comparisons.flat_map(|comparison| &comparison.delta.commands);
    commands.any(|command| command.full_text() != command.text())
}
