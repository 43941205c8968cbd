//! The configuration that a router comes back with, beside what it runs and what the cluster needs of it.

use super::Wishes;
use super::comparison::{Change, Comparison, Verdict};
use super::edit::Reason;
use super::part::part;
use super::required::{Asked, Required};
use super::view::{Seat, View};
use crate::frr::config::diff::of_settings;
use crate::snapshot::Missing;
use crate::topology::Known;
use crate::topology::router::Router;
use crate::topology::router::kept::Kept;
use crate::unifi::{Remark, lint_text};

/// The persisted copy of one router.
#[derive(Debug)]
pub struct Persisted {
    pub keeper: Keeper,
    pub state: State,
    /// What went wrong where it was asked for.
    pub trouble: Option<Missing>,
}

/// Who brings it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// UniFi's controller, at the next provision.
    Unifi,
    /// FRR itself, when it restarts.
    Frr,
}

#[derive(Debug)]
pub enum State {
    /// Why it is not known.
    NotRead(String),
    /// There is none, in these words: nothing that runs comes back.
    Absent(String),
    Read(Box<Saved>),
}

/// A copy that was read.
#[derive(Debug)]
pub struct Saved {
    /// The file that it is.
    pub place: Option<String>,
    /// It is there, and switched off.
    pub is_off: bool,
    /// What it lacks of what the cluster needs; or why it can serve no session.
    pub beside_wanted: Result<Comparison, String>,
    /// How many of the lines that it lacks are what runs.
    pub lost: usize,
    /// What is wrong in it, holds of nothing that runs, and no line mends.
    pub by_hand: Vec<Reason>,
    /// What could not be compared in it, and could in what runs.
    pub undecided: Vec<Reason>,
    /// In how many lines of BGP it is not what runs.
    pub beside_running: usize,
    /// `write memory` writes another file than FRR starts from.
    pub is_passed_over: bool,
    pub remarks: Vec<Remark>,
}

impl Persisted {
    /// Nothing of a file that stands for a router.
    pub fn of(router: &Router, running: &str, compared: &Comparison, asked: &Asked, wishes: &Wishes) -> Option<Self> {
        let read = |text: &str| Saved::of(text, router, running, compared, asked, wishes);
        let mut trouble = None;
        let (keeper, copy) = match router.kept.as_ref()? {
            Kept::Stored(stored, missing) => {
                trouble.clone_from(missing);
                let copy = stored.map(|stored| {
                    let place = stored.file.clone().filter(|file| !file.is_empty());
                    let is_off = stored.enabled == Some(false);
                    Saved { place, is_off, remarks: lint_text(&stored.config), ..read(&stored.config) }
                });
                (Keeper::Unifi, copy)
            }
            Kept::Startup(startup) => {
                let copy = startup.map(|startup| {
                    let integrated = router.config.value().and_then(|config| config.integrated.as_ref());
                    let is_passed_over =
                        startup.file.ends_with("/frr.conf") && integrated.is_some_and(|stated| !stated.value);
                    Saved { place: Some(startup.file.to_owned()), is_passed_over, ..read(&startup.text) }
                });
                (Keeper::Frr, copy)
            }
        };
        let state = match copy {
            Known::Seen(copy) | Known::Computed(copy) => State::Read(Box::new(copy)),
            Known::Absent(why) => State::Absent(why),
            Known::Unknown(why) => State::NotRead(why),
        };
        Some(Self { keeper, state, trouble })
    }

    /// What UniFi would not take of it.
    pub fn remarks(&self) -> &[Remark] {
        match &self.state {
            State::Read(copy) => &copy.remarks,
            State::NotRead(_) | State::Absent(_) => &[],
        }
    }

    pub fn verdict(&self) -> Verdict {
        match &self.state {
            State::NotRead(_) => Verdict::Undecided,
            State::Absent(_) => Verdict::Differs,
            State::Read(copy) => copy.verdict(),
        }
    }

    /// What is not known says nothing against a router.
    pub fn differs(&self) -> bool {
        self.verdict() == Verdict::Differs
    }
}

impl Saved {
    fn of(text: &str, router: &Router, running: &str, compared: &Comparison, asked: &Asked, wishes: &Wishes) -> Self {
        let text = told_as(running, text);
        let (before, view) = (View::of(running), View::of(&text));
        let beside_wanted = match view.instance().map(|instance| instance.asn) {
            Some(asn) if asn != compared.asn => Err(format!("its AS is {}, and not {}", said(asn), said(compared.asn))),
            _ => Comparison::of(&text, router, &seen(asked, &before, &view), wishes).map_err(|missing| missing.message),
        };
        let copy = || beside_wanted.iter();
        let is_new = |change: &&Change| !compared.changes.iter().any(|known| known.is(change));
        Self {
            place: None,
            is_off: false,
            lost: copy().flat_map(|copy| &copy.changes).filter(is_new).count(),
            by_hand: copy().flat_map(|copy| without(&copy.by_hand, &compared.by_hand)).collect(),
            undecided: copy().flat_map(|copy| without(&copy.undecided, &compared.undecided)).collect(),
            beside_wanted,
            beside_running: of_settings(&part(before.canonical.settings()), &part(view.canonical.settings())).len(),
            is_passed_over: false,
            remarks: Vec::new(),
        }
    }

    /// Whether what the cluster needs comes back.
    pub fn verdict(&self) -> Verdict {
        match &self.beside_wanted {
            Ok(copy) if !self.is_off => copy.verdict(),
            _ => Verdict::Differs,
        }
    }
}

/// Those that are not among the others, for all of their nodes.
fn without<'a>(reasons: &'a [Reason], others: &'a [Reason]) -> impl Iterator<Item = Reason> {
    let is_among =
        |reason: &Reason| others.iter().any(|other| other.why == reason.why && reason.nodes.is_subset(&other.nodes));
    reasons.iter().filter(move |reason| !is_among(reason)).cloned()
}

/// A session that is up has shown its way as it runs, and no other one.
fn seen(asked: &Asked, before: &View, copy: &View) -> Asked {
    let mut asked = asked.clone();
    for required in &mut asked.sessions {
        required.dials.is_up &= reach(before, required) == reach(copy, required);
    }
    asked
}

/// What the way to a node's line depends on.
fn reach(view: &View, required: &Required) -> Option<(Option<u8>, Option<u8>, Option<bool>)> {
    let instance = view.instance()?;
    let line = Seat::of(instance, required)?.line;
    Some((
        instance.effective(line, |line| line.ebgp_multihop.as_ref()).map(|ttl| ttl.value),
        instance.effective(line, |line| line.ttl_security_hops.as_ref()).map(|hops| hops.value),
        instance.effective(line, |line| line.disable_connected_check.as_ref()).map(|is_off| is_off.value),
    ))
}

/// A copy need not say which FRR reads it.
fn told_as(running: &str, text: &str) -> String {
    let heads = |text: &str| -> Vec<String> {
        let is_head = |line: &&str| line.starts_with("frr version ") || line.starts_with("frr defaults ");
        text.lines().map(str::trim).filter(is_head).map(str::to_owned).collect()
    };
    let text = text.trim_start_matches('\u{feff}');
    if heads(text).is_empty() { format!("{}\n{text}", heads(running).join("\n")) } else { text.to_owned() }
}

fn said(asn: Option<u32>) -> String {
    asn.map_or_else(|| "not known".to_owned(), |asn| asn.to_string())
}
