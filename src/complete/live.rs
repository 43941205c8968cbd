//! Names that only a cluster, a snapshot or the kubeconfig knows. What cannot be read has none.

use std::time::Duration;

use super::answer::Candidate;
use super::known;
use super::line::Line;
use crate::observe;
use crate::snapshot::{ClusterAnswers, Kind, RouterAnswers, file};

/// Less than the whole answer may take, so that what came in time is shown.
const LIMIT: Duration = Duration::from_millis(750);

/// Candidates for a value whose name says what it may be: `SERVICE|VIP|PREFIX`.
pub fn named(name: &str, line: &Line) -> impl Iterator<Item = Candidate> + use<> {
    let things: Vec<known::Thing> = name.split('|').filter_map(known::Thing::named).collect();
    let mut kinds: Vec<Kind> = Vec::new();
    things.iter().flat_map(|thing| thing.kinds()).for_each(|kind| {
        if !kinds.contains(kind) {
            kinds.push(*kind);
        }
    });
    let candidates = line.flags().filter(|_| !kinds.is_empty()).and_then(|flags| {
        let (cluster, routers) = match flags.ends.from.as_deref() {
            Some(file) => of_file(file)?,
            None => (observe::cluster_within(LIMIT, &flags, &kinds)?, Vec::new()),
        };
        Some(known::candidates(&things, &cluster, &kinds, &routers, flags.kube.one_namespace(), line.typed))
    });
    candidates.into_iter().flatten()
}

/// Standard input is the terminal's.
fn of_file(file: &str) -> Option<(ClusterAnswers, Vec<RouterAnswers>)> {
    let snapshot = Some(file).filter(|file| *file != "-").and_then(|file| file::read(file).ok())?;
    Some((snapshot.cluster?, snapshot.routers.unwrap_or_default()))
}

/// The kubeconfig's contexts, clusters or users.
pub fn of_kubeconfig(name: &str, line: &Line) -> impl Iterator<Item = Candidate> + use<> {
    let names = line.flags().and_then(|flags| observe::kubeconfig_names(flags.kube.kubeconfig.as_deref()));
    let names = names.map(|names| match name {
        "CONTEXT" => names.contexts,
        "CLUSTER" => names.clusters,
        _ => names.users,
    });
    names.into_iter().flatten().map(Candidate::plain)
}
