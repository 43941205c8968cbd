//! What to do with files that were written, and what may surprise.

use std::path::Path;

use super::folder::kustomization_file;
use super::spot::Spot;
use super::{Halves, MANIFESTS, ROUTER};
use crate::act::files::{Change, Changes, Outcome};
use crate::observe::repository::{self, Repository};
use crate::setup::kustomization;
use crate::setup::objects::yaml;
use crate::setup::reconcile;
use crate::topology::cluster::Cluster;
use crate::ui::Ui;
use crate::{shell, unifi};

pub struct Written<'a> {
    pub spot: &'a Spot,
    pub changes: &'a Changes,
    pub halves: &'a Halves,
    pub cluster: Option<&'a Cluster>,
    /// The objects go into the cluster besides.
    pub is_applied: bool,
}

pub fn tell(written: &Written, ui: &Ui) {
    of_place(written.spot, ui);
    of_router(written, ui);
    match &written.spot.repository {
        Some(repository) => of_repository(written, repository, ui),
        None if !written.is_applied => of_cluster(written, ui),
        None => {}
    }
}

impl Written<'_> {
    /// What is not as it was.
    fn changed(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.outcome() != Outcome::Unchanged)
    }

    /// What of it may be seen by others.
    fn public(&self) -> impl Iterator<Item = &Path> {
        self.changed().filter(|change| !change.wanted.is_secret).map(|change| change.wanted.path.as_path())
    }
}

fn of_place(spot: &Spot, ui: &Ui) {
    if spot.repository.as_ref().is_some_and(|repository| repository.is_cut) {
        ui.warning(&format!("the repository has more than {} files: the others were not read", repository::MOST));
    }
    if let Some(place) = &spot.place {
        ui.note(&format!("{} was chosen: it has {}", spot.folder.display(), place.why));
    }
}

fn of_router(written: &Written, ui: &Ui) {
    if let Some(secret) = written.changes.iter().find(|change| change.wanted.is_secret) {
        ui.warning(&format!("{} has a password in it: keep it out of Git", secret.wanted.path.display()));
    }
    if let Some(router) = written.changed().find(|change| change.wanted.path.ends_with(ROUTER)) {
        let path = shell::word(&router.wanted.path.display().to_string());
        ui.hint(&format!(
            "upload {path} to the router: on UniFi {}; `kubectl bgp udm-sync` says what it lacks",
            unifi::CONSOLE
        ));
    }
}

fn of_cluster(written: &Written, ui: &Ui) {
    if let Some(path) = written.public().find(|path| path.ends_with(MANIFESTS)) {
        ui.hint(&shell::command(["kubectl", "apply", "--server-side", "-f", &path.display().to_string()]));
    }
}

/// What to commit, who brings it into the cluster, and what keeps it from getting there.
fn of_repository<'a>(written: &Written<'a>, repository: &Repository, ui: &Ui) {
    let Ok(whole) = written.spot.folder.canonicalize() else { return };
    let within = |path: &Path| path.strip_prefix(&repository.root).ok().map(|path| path.to_string_lossy().into_owned());
    let Some(folder) = within(&whole) else { return };
    let files: Vec<String> = written.public().filter_map(|path| within(&whole.join(path.file_name()?))).collect();
    if files.is_empty() {
        return;
    }
    let live = |cluster: &'a Cluster| {
        let flux = cluster.kustomizations.value().map_or(&[][..], Vec::as_slice);
        (flux, cluster.applications.value().map_or(&[][..], Vec::as_slice))
    };
    let (flux, argo) = written.cluster.map(live).unwrap_or_default();
    let by = reconcile::reconciler(&folder, &repository.manifests, flux, argo);
    let objects = yaml::print(&written.halves.manifests);
    for trap in reconcile::traps(&by, &folder, &repository.manifests, flux, &objects) {
        ui.warning(&trap);
    }
    // It was read before anything was written, unless it has nothing to take in.
    let kustomization = kustomization_file(&whole).ok().flatten();
    for trap in kustomization.iter().flat_map(|(_, text)| kustomization::traps(text)) {
        ui.warning(&format!("the folder's kustomization: {trap}"));
    }
    let root = as_typed(&repository.root);
    for command in reconcile::commands(&by, &root, &folder, &files, kustomization.is_some()) {
        ui.hint(&command);
    }
}

/// A folder as it may be typed.
fn as_typed(folder: &Path) -> String {
    let current = std::env::current_dir().and_then(|current| current.canonicalize());
    match current {
        Ok(current) if current == folder => ".".to_owned(),
        _ => folder.display().to_string(),
    }
}
