//! The statements that lead to what is required, and where they lead.

use super::edit::{Edit, Reason};
use super::lacks::{Lacks, Want, lacks, together};
use super::view::View;

/// What a neighbor needs shows when its group is there, what a list needs when it is attached.
const ROUNDS: usize = 16;

pub struct Way {
    pub after: View,
    /// Without those that it began with.
    pub edits: Vec<Edit>,
    pub left: Lacks,
}

impl Way {
    /// From a configuration that has come to these statements.
    pub fn find(before: &View, first: &[Edit], want: &Want) -> Self {
        let after = before.after(first);
        let mut way = Self { left: lacks(&after, want), after, edits: Vec::new() };
        for _ in 0..ROUNDS {
            let is_new = |edit: &Edit| !way.edits.iter().any(|known| known.is(edit));
            let new: Vec<Edit> = way.left.edits.iter().filter(|edit| is_new(edit)).cloned().collect();
            if new.is_empty() {
                break;
            }
            way.after = way.after.after(&new);
            way.edits.extend(new);
            way.left = lacks(&way.after, want);
        }
        // FRR would not take them, or not all that they were meant for.
        for edit in std::mem::take(&mut way.left.edits) {
            let why = format!("`{}` does not come to hold: {}", edit.statement, edit.reason.why);
            together(&mut way.left.by_hand, Reason { why, ..edit.reason });
        }
        way
    }
}
