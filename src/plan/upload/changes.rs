//! A file that is there already, against what it should be.

use crate::frr::config::Tree;
use crate::frr::config::canonical::{Canonical, Setting};
use crate::frr::config::diff::{Difference, of_settings};
use crate::plan::comparison::{Change, Part};
use crate::plan::part::part;

/// What of BGP a file says otherwise than it should be.
pub fn changes(file: &str, wanted: &Canonical) -> Vec<Change> {
    let file = Canonical::of(&Tree::parse(file), wanted.machine().dialect());
    let change = |difference: &Difference| Change {
        within: difference.path.iter().map(|(_, header)| header.full_text()).collect(),
        before: difference.before.map(Setting::text),
        after: difference.after.map(Setting::text),
        part: Part::Required,
        reason: None,
        impacts: Vec::new(),
    };
    let (file, wanted) = (part(file.settings()), part(wanted.settings()));
    of_settings(&file, &wanted).iter().map(change).collect()
}
