//! `cargo xtask rules`: docs/rules.md, by the test that compares it.

use crate::run::{Result, must, program};

pub fn run() -> Result<()> {
    let mut test = program("cargo", &["test", "--locked", "--quiet", "--bin", "kubectl-bgp", "rules::document"]);
    test.env("KUBECTL_BGP_WRITE_RULES", "1");
    must(test)
}
