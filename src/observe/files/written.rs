//! Cilium's objects as files have them: no variable is filled in, and no layer is laid over them. What is written back must
//! be what somebody wrote.

use std::path::PathBuf;

use serde_json::Value;

use super::reading::Reading;
use super::{text, unread, walk};
use crate::error::Result;
use crate::snapshot::{Gap, Kind};

/// The objects of a setup, PeeringPolicies among them, in the order of the files; what could not be read is a gap.
///
/// # Errors
/// What the arguments name cannot be read.
pub fn objects(arguments: &[PathBuf]) -> Result<(Vec<Value>, Vec<Gap>)> {
    let mut gaps = Vec::new();
    let mut reading = Reading::default();
    for file in walk::find(arguments, &mut gaps)? {
        match text::read(&file.path) {
            Ok(text) => reading.read(&file, &text),
            Err(why) => reading.refuse(&file, why),
        }
    }
    // What is of no such kind is not missed.
    reading.unread.retain(|one| Kind::ALL.iter().any(|kind| kind.is_written() && one.may_be(*kind)));
    gaps.extend(unread::gaps(&reading.unread));
    let wanted = reading.manifests.into_iter().filter(|manifest| manifest.kind.is_some_and(Kind::is_written));
    Ok((wanted.map(|manifest| manifest.value).collect(), gaps))
}

#[cfg(test)]
mod tests;
