//! What a UniFi gateway adds to FRR: its controller keeps the configuration as one text, which wins at the next provision.
//! [`answer`] reads what its API says of that, [`lint`](mod@lint) what such a text may hold. Pure.

pub mod answer;
mod lint;

use crate::frr::config::Tree;
pub use answer::{CONFIG, Stored};
pub use lint::{Remark, lint};

/// Where UniFi Network shows the BGP configuration and takes a new one.
pub const CONSOLE: &str = "Settings > Policy Engine > BGP (Network 9.x: Settings > Routing > BGP)";

/// The same of a text as it stands in a file: a [`Tree`] has no byte order mark any more.
pub fn lint_text(text: &str) -> Vec<Remark> {
    let mark = text.starts_with('\u{feff}').then(|| Remark {
        line: 1,
        why: "the file begins with a byte order mark, and FRR takes no line of it".to_owned(),
    });
    mark.into_iter().chain(lint(&Tree::parse(text))).collect()
}
