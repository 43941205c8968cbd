//! Files of the project that are generated: a test compares them, `cargo xtask docs` has it write them.

use std::path::PathBuf;

/// Set by `cargo xtask docs`: files are written instead of compared.
const WRITE: &str = "KUBECTL_BGP_WRITE_DOCS";

/// Panics where a file of the project does not have this text; or writes it there.
///
/// # Panics
/// If it is old, or cannot be read or written.
#[track_caller]
pub fn is_current(path: &str, text: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os(WRITE).is_some() {
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("the folder can be made");
        std::fs::write(&file, text).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    let written = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert!(written == text, "{path} is old: run `cargo xtask docs`");
}
