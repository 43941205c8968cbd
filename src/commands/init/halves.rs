//! Both halves of one intent: Cilium's objects, and the configuration of the router that they need.

use std::path::PathBuf;

use secrecy::ExposeSecret;
use serde_json::Value;

use super::NEEDS;
use crate::commands::delivery::Halves;
use crate::error::{Error, Exit, Result};
use crate::observe::written_objects;
use crate::plan::upload::{Notes, Upload};
use crate::plan::{Plan, Wishes, plans};
use crate::setup::ground::Ground;
use crate::setup::intended::{intend, stand_in};
use crate::setup::objects::compared::Comparison;
use crate::setup::objects::found::Found;
use crate::setup::objects::{self, Manifest};
use crate::setup::worksheet::Worksheet;
use crate::snapshot::{Kind, Passwords, Snapshot};
use crate::topology::Topology;
use crate::topology::names::listed_up_to;
use crate::ui::Ui;

/// How many names a sentence has.
const NAMED: usize = 3;

/// The cluster's half. What files have is written back as somebody wrote it.
pub fn manifests(worksheet: &Worksheet, snapshot: &Snapshot, files: &[PathBuf]) -> Result<Vec<Manifest>> {
    let mut found = snapshot.cluster.as_ref().map(Found::of).unwrap_or_default();
    // Standard input can be read but once.
    if !files.is_empty() && !files.iter().any(|file| file.as_os_str() == "-") {
        (found.objects, _) = written_objects(files)?;
    }
    Ok(objects::of(worksheet, &found))
}

/// The router's half is what it lacks with the objects there. Failure: it does not carry all of them.
pub fn of(
    worksheet: &Worksheet,
    manifests: &[Manifest],
    snapshot: &mut Snapshot,
    passwords: &Passwords,
    ui: &Ui,
) -> Result<(Halves, Exit)> {
    compare(snapshot, manifests, ui);
    let objects: Vec<(Kind, Value)> = manifests.iter().map(|manifest| (manifest.kind, manifest.object())).collect();
    intend(snapshot, &objects).map_err(|error| Error::failure(format!("the objects make no list: {error}")))?;
    // What is new can be good from the beginning; what is there is changed where it has to be.
    let wishes = Wishes { harden: stand_in(snapshot, worksheet.router_asn.value), ..Wishes::default() };
    let topology = Topology::of(snapshot, NEEDS);
    let plans = plans(&topology, passwords, &wishes);
    // Files need not have nodes, and without any there are no sessions.
    let has_nodes =
        topology.cluster.as_ref().is_some_and(|cluster| !(Ground { topology: &topology, cluster }).nodes().is_empty());
    if plans.is_empty() && has_nodes {
        let why = "no session of the plan ends at a router, so nothing was written: the router's half would be empty";
        return Err(Error::failure(why).hint("`kubectl bgp peers` says which sessions there are, and where they end"));
    }
    let router = router(&plans, passwords, ui)?;
    let status = if says_what_is_left(&plans, ui) || plans.len() > 1 { Exit::Failure } else { Exit::Ok };
    Ok((Halves { manifests: manifests.to_vec(), router }, status))
}

/// Says what the objects change about what is advertised, and what has to be seen to by hand.
fn compare(snapshot: &Snapshot, manifests: &[Manifest], ui: &Ui) {
    for manifest in manifests {
        manifest.notes.iter().for_each(|note| ui.warning(&format!("{}: {note}", manifest.label())));
    }
    let Some(cluster) = &snapshot.cluster else { return };
    let compared = Comparison::of(cluster, manifests);
    // Without sessions before, everything is new.
    if compared.same.is_empty() && compared.lost.is_empty() {
        return;
    }
    for (what, announced) in [("not advertised any more", &compared.lost), ("newly advertised", &compared.gained)] {
        if !announced.is_empty() {
            let all = announced.iter().map(|one| format!("{} by {}", one.prefix, one.node));
            ui.warning(&format!("{what}: {}", listed_up_to(NAMED, all)));
        }
    }
    match &compared.unknown {
        Some(why) => ui.warning(&format!("what is advertised before and after is not known altogether: {why}")),
        None if compared.is_same() => ui.note("The same is advertised before and after."),
        None => {}
    }
}

/// Whether something is left that no line of the router's half is for: not all of the plan works by itself.
fn says_what_is_left(plans: &[Plan], ui: &Ui) -> bool {
    let compared = || plans.iter().filter_map(|plan| plan.comparison.as_ref().ok());
    let mut is_left = false;
    for reason in compared().flat_map(|comparison| comparison.by_hand.iter().chain(&comparison.undecided)) {
        ui.warning(&format!("no line of the router's half is for this: {reason}"));
        is_left = true;
    }
    // Somebody may have meant it.
    for change in compared().flat_map(|comparison| &comparison.changes) {
        if let Some(shut) = change.before.as_ref().filter(|said| change.after.is_none() && said.contains(" shutdown")) {
            ui.warning(&format!(
                "the router has `{shut}`, and the router's half has not: the session comes up with it"
            ));
        }
    }
    if is_left {
        ui.warning("the router's half does not carry all of the plan: some of its sessions or addresses need more");
    }
    is_left
}

/// The whole configuration of the one router, as it is uploaded. Half a setup is none.
fn router(plans: &[Plan], passwords: &Passwords, ui: &Ui) -> Result<Option<String>> {
    let [plan] = plans else {
        if plans.is_empty() {
            ui.warning("no node is known, so there is no session and no router's half");
        } else {
            ui.warning("the sessions end at several routers, whose halves are not written");
            ui.hint("`kubectl bgp udm-sync --write FILE` writes one for each when the objects are applied");
        }
        return Ok(None);
    };
    let comparison = plan.comparison.as_ref().map_err(|missing| {
        let why = format!("the router's half could not be planned, so nothing was written: {}", missing.message);
        let next = "-o yaml prints the cluster's half alone, among the data of the plan".to_owned();
        missing.hints.iter().cloned().chain([next]).fold(Error::failure(why), Error::hint)
    })?;
    let title = vec![
        format!("BGP of {} for the cluster's nodes: all of it.", plan.router.name),
        "Uploaded as a whole, it takes the place of what was uploaded before.".to_owned(),
        "Written by `kubectl bgp init`; `kubectl bgp udm-sync` says what the router lacks later.".to_owned(),
    ];
    let upload = Upload::of(&comparison.after, &Notes::of(comparison, title));
    match upload.print(passwords) {
        Ok(text) => Ok(Some(text.expose_secret().to_owned())),
        Err(unknown) => {
            let unknown = listed_up_to(NAMED, unknown);
            ui.warning(&format!(
                "passwords are not known, so these lines of the router's half are comments: {unknown}"
            ));
            Ok(Some(upload.print_cut()))
        }
    }
}
