//! What a UniFi gateway adds to FRR: its controller keeps the configuration as one text, which wins at the next provision.
//! [`answer`] reads what its API says of that, [`lint`](mod@lint) what such a text may hold. Pure.

pub mod answer;
pub mod lint;

pub use answer::{CONFIG, Stored};
pub use lint::{Remark, lint, lint_text};
