//! What a router comes back with, in words and as JSON: beside what runs and what the cluster needs.

use std::fmt::Write;

use owo_colors::OwoColorize;
use serde::Serialize;

use super::item::{ChangeItem, ReasonItem};
use super::text::changes;
use crate::plan::comparison::{Comparison, Verdict};
use crate::plan::edit::Reason;
use crate::plan::persisted::{Keeper, Persisted, Saved, State};
use crate::present::escape::escape;

/// One line, and what it lacks below it.
pub fn tell(text: &mut String, persisted: &Persisted, running: Verdict) {
    let mark = match (persisted.verdict(), &persisted.state) {
        (_, State::NotRead(_)) => "-".to_owned(),
        (Verdict::Differs, _) => "✗".red().to_string(),
        (Verdict::Same, _) => "✔".green().to_string(),
        (Verdict::Undecided, _) => "?".yellow().to_string(),
    };
    let _ = writeln!(text, "  {mark} {}", escape(&sentence(persisted, running)));
    let State::Read(copy) = &persisted.state else { return };
    if let Ok(comparison) = &copy.beside_wanted
        && copy.lost > 0
    {
        let mut lacking = String::new();
        changes(&mut lacking, &comparison.changes);
        for line in lacking.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    for reason in &copy.by_hand {
        let _ = writeln!(text, "    {} by hand: {}", "✗".red(), escape(&reason.to_string()));
    }
    for reason in &copy.undecided {
        let _ = writeln!(text, "    {} not compared: {}", "?".yellow(), escape(&reason.to_string()));
    }
    if copy.is_passed_over {
        let _ = writeln!(text, "  - `write memory` writes /etc/frr/bgpd.conf, which FRR does not read beside frr.conf");
    }
    for remark in &copy.remarks {
        let _ = writeln!(text, "  - stored, line {}: {}", remark.line, escape(&remark.why));
    }
}

/// What is true of the copy, and what comes of it.
pub fn sentence(persisted: &Persisted, running: Verdict) -> String {
    let (name, when) = words(persisted.keeper);
    match &persisted.state {
        State::NotRead(why) => format!("{name}: not read: {why}"),
        State::Absent(why) => format!("{name}: {why}: what runs will be lost {when}"),
        State::Read(copy) => {
            let place = copy.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
            format!("{name}{place}: {}", of_copy(copy, when, running))
        }
    }
}

fn of_copy(copy: &Saved, when: &str, running: Verdict) -> String {
    let lines = |count: usize| if count == 1 { "1 line".to_owned() } else { format!("{count} lines") };
    if copy.is_off {
        return format!("it is switched off: BGP ends {when}");
    }
    let lacking = match &copy.beside_wanted {
        Err(why) => return format!("{why}: what runs will be lost {when}"),
        Ok(comparison) => comparison,
    };
    let is_wrong = lacking.changes.iter().any(|change| change.before.is_some());
    match (copy.verdict(), copy.beside_running) {
        (Verdict::Differs, _) if copy.lost > 0 && is_wrong => {
            format!("is wrong in {}: what runs will be lost {when}", lines(lacking.changes.len()))
        }
        (Verdict::Differs, _) if copy.lost > 0 => {
            let also = lacking.changes.len() - copy.lost;
            let also = if also > 0 { format!("; {} that does not run either", lines(also)) } else { String::new() };
            format!("lacks {} that will be lost {when}{also}", lines(copy.lost))
        }
        (Verdict::Differs, _) if !copy.by_hand.is_empty() => format!("is wrong: what runs will be lost {when}"),
        (Verdict::Differs, _) if lacking.changes.is_empty() => "is wrong as what runs is".to_owned(),
        (Verdict::Differs, _) => "lacks what the router lacks".to_owned(),
        (_, 0) => "the same as what runs".to_owned(),
        (Verdict::Undecided, count) => {
            format!("could not be compared altogether; in {} it is not what runs", lines(count))
        }
        (Verdict::Same, _) if running == Verdict::Differs => format!("has what the cluster needs: it comes {when}"),
        (Verdict::Same, count) => {
            format!("has what the cluster needs; {} of other things will change {when}", lines(count))
        }
    }
}

/// What the copy is called, and when it counts.
fn words(keeper: Keeper) -> (&'static str, &'static str) {
    match keeper {
        Keeper::Unifi => ("stored", "at the next provision"),
        Keeper::Frr => ("startup", "when FRR restarts"),
    }
}

/// The persisted copy of a router.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PersistedItem {
    copy: &'static str,
    file: Option<String>,
    verdict: &'static str,
    /// Why there is none, why it is not known, or why it serves no session.
    why: Option<String>,
    enabled: Option<bool>,
    lost: Option<usize>,
    beside_running: Option<usize>,
    changes: Vec<ChangeItem>,
    by_hand: Vec<ReasonItem>,
    not_compared: Vec<ReasonItem>,
}

impl PersistedItem {
    pub fn of(persisted: &Persisted) -> Self {
        let copy = match &persisted.state {
            State::Read(copy) => Some(copy),
            State::NotRead(_) | State::Absent(_) => None,
        };
        let why = match &persisted.state {
            State::NotRead(why) | State::Absent(why) => Some(why.clone()),
            State::Read(copy) => copy.beside_wanted.as_ref().err().cloned(),
        };
        let comparison: Option<&Comparison> = copy.and_then(|copy| copy.beside_wanted.as_ref().ok());
        let reasons =
            |of: fn(&Comparison) -> &Vec<Reason>| comparison.into_iter().flat_map(of).map(ReasonItem::of).collect();
        Self {
            copy: words(persisted.keeper).0,
            file: copy.and_then(|copy| copy.place.clone()),
            verdict: super::word(persisted.verdict()),
            why,
            enabled: copy.map(|copy| !copy.is_off),
            lost: copy.map(|copy| copy.lost),
            beside_running: copy.map(|copy| copy.beside_running),
            by_hand: reasons(|comparison| &comparison.by_hand),
            not_compared: reasons(|comparison| &comparison.undecided),
            changes: comparison.into_iter().flat_map(|comparison| &comparison.changes).map(ChangeItem::of).collect(),
        }
    }
}
