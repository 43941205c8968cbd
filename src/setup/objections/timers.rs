//! Timers that end the session they are for.

use super::Objection;
use crate::setup::worksheet::{Origin, Worksheet};

pub fn find(worksheet: &Worksheet) -> Option<Objection> {
    let timers = worksheet.timers.value;
    if timers.keep_alive < timers.hold || worksheet.timers.origin == Origin::Kept {
        return None;
    }
    let what = format!(
        "a keep-alive every {} s is too late for a hold time of {} s: the session would end between two",
        timers.keep_alive, timers.hold
    );
    Some(Objection::refuses(what).next("give a third of --hold-time with --keep-alive, or leave it out"))
}
