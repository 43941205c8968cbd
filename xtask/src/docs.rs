//! `cargo xtask docs`: the pages that are generated, by the tests that compare them.

use crate::run::{Result, must, program};

/// The tests, by a part of their names.
const TESTS: &[&str] = &[
    "rules::document",
    "reference",
    "setup::objects::examples",
    "readme::the_picture",
    "krew_manifest::the_manifest_is",
];

pub fn run() -> Result<()> {
    let words = ["test", "--locked", "--quiet", "--"];
    let mut test = program("cargo", &[&words[..], TESTS].concat());
    test.env("KUBECTL_BGP_WRITE_DOCS", "1");
    must(test)
}
