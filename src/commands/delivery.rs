//! Where a setup goes: into the files of a repository, and if asked into the cluster.

mod folder;

use std::io::Write;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::act::apply;
use crate::act::files::{Changes, Consent, Outcome, shown};
use crate::cli::GlobalFlags;
use crate::error::{Error, Result};
use crate::observe::repository::{self, Repository};
use crate::present;
use crate::setup::kustomization;
use crate::setup::objects::{Manifest, yaml};
use crate::setup::place::{Choice, Place, choose};
use crate::setup::reconcile::{self, Reconciler};
use crate::topology::cluster::Cluster;
use crate::ui::Ui;
use crate::{shell, unifi};
use folder::{Elsewhere, elsewhere, wanted};

/// What the files are called.
const MANIFESTS: &str = "networking.yaml";
const ROUTER: &str = "k8s-bgp.conf";
/// How many names a sentence has.
const NAMED: usize = 3;

/// How a setup is written and applied.
#[derive(clap::Args)]
#[command(next_help_heading = "Files")]
pub struct DeliveryFlags {
    /// Folder to write to; default: the one with Cilium's manifests in the Git repository of the current folder, else the
    /// current folder
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
    /// Overwrite files that are there and differ, without asking
    #[arg(long)]
    force: bool,
    /// Also apply the objects to the cluster, server-side; what somebody else manages is refused
    #[arg(long, conflicts_with = "from")]
    apply: bool,
    /// Change nothing: client prints what would be written, server also asks the API server what --apply would do
    #[arg(long, value_name = "MODE", num_args = 0..=1, require_equals = true, default_value = "none",
          default_missing_value = "client")]
    dry_run: DryRun,
}

/// kubectl's modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum DryRun {
    None,
    Client,
    Server,
}

/// Both halves as they are written, and the cluster's half as it is applied.
pub struct Halves {
    pub manifests: Vec<Manifest>,
    pub router: Option<String>,
}

impl DeliveryFlags {
    /// What no plan can come of, before anything is read.
    ///
    /// # Errors
    /// Flags that are at odds with each other.
    pub fn check(&self, is_data: bool, flags: &GlobalFlags) -> Result<()> {
        let delivers = self.output_dir.is_some() || self.force || self.apply || self.dry_run == DryRun::Server;
        if is_data && delivers {
            let error = Error::usage("-o prints the plan as data, and writes and applies nothing");
            return Err(error.hint("leave -o out, or --output-dir, --force, --apply and --dry-run=server"));
        }
        if self.dry_run == DryRun::Server && flags.ends.from.is_some() {
            let error = Error::usage("--dry-run=server asks a cluster, which may be another one than --from tells of");
            return Err(error.hint("--dry-run=client prints what would be written"));
        }
        Ok(())
    }

    /// Writes both halves, says what to do with them, and applies the objects if asked.
    ///
    /// # Errors
    /// Nothing is written then, or it is said how far an apply came.
    pub fn deliver(
        &self,
        spot: &Spot,
        halves: &Halves,
        cluster: Option<&Cluster>,
        flags: &GlobalFlags,
        ui: &Ui,
    ) -> Result<()> {
        let Elsewhere { own, notes, contradictions } = elsewhere(&spot.folder, &halves.manifests);
        notes.iter().for_each(|note| ui.note(note));
        contradictions.iter().for_each(|what| ui.warning(what));
        let changes = Changes::of(wanted(&spot.folder, &own, halves.router.as_deref())?)?;
        if self.dry_run == DryRun::None {
            let consent = if self.force { Consent::Given } else { Consent::Ask };
            for (path, outcome) in changes.write(consent, ui)? {
                ui.note(&format!("{} {}", path.display(), outcome.word()));
            }
            spot.advise(&changes, halves, cluster, self.apply, ui);
        } else {
            let text: String = changes.iter().map(shown).collect();
            present::finish(ui.stdout().write_all(text.as_bytes()))?;
        }
        if self.apply && self.dry_run != DryRun::Client || self.dry_run == DryRun::Server {
            let only_try = self.dry_run == DryRun::Server;
            let objects: Vec<Value> = halves.manifests.iter().map(Manifest::object).collect();
            for applied in apply::apply(&objects, only_try, flags, ui)? {
                let dry = if only_try { " (server dry run)" } else { "" };
                ui.note(&format!("{} {}{dry}", applied.name, applied.outcome.word()));
            }
        }
        Ok(())
    }

    /// The folder to write to.
    ///
    /// # Errors
    /// Several could be meant, or the current folder is gone.
    pub fn spot(&self) -> Result<Spot> {
        let current = std::env::current_dir();
        self.spot_from(&current.map_err(|error| Error::failure(format!("the current folder cannot be read: {error}")))?)
    }

    fn spot_from(&self, current: &Path) -> Result<Spot> {
        if let Some(folder) = &self.output_dir {
            return Ok(Spot { repository: repository::read(folder), folder: folder.clone(), place: None });
        }
        let nowhere = |repository| Spot { folder: PathBuf::from("."), place: None, repository };
        let Some(repository) = repository::read(current) else { return Ok(nowhere(None)) };
        match choose(&repository.manifests, &repository.current) {
            Choice::One(place) => {
                let folder = from_current(&repository, &place.folder);
                Ok(Spot { folder, place: Some(place), repository: Some(repository) })
            }
            Choice::Several(places) => {
                let error = Error::usage("the repository has several folders that Cilium's manifests may go to");
                let hint = |place: Place| {
                    format!("--output-dir {} has {}", from_current(&repository, &place.folder).display(), place.why)
                };
                Err(places.into_iter().map(hint).fold(error, Error::hint))
            }
            Choice::Nowhere => Ok(nowhere(Some(repository))),
        }
    }
}

/// A folder of the repository, from the current one.
fn from_current(repository: &Repository, folder: &str) -> PathBuf {
    let (from, to) = (Path::new(&repository.current), Path::new(folder));
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(to.components().skip(shared)).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

/// Where files are written, and what is known of the place.
pub struct Spot {
    /// From the current folder, or as it was given.
    folder: PathBuf,
    place: Option<Place>,
    repository: Option<Repository>,
}

impl Spot {
    /// The repository's texts, each with its file: they may say addresses that move.
    pub fn texts(&self) -> Vec<(&str, &str)> {
        let texts = self.repository.iter().flat_map(|repository| &repository.texts);
        texts.map(|text| (text.file.as_str(), text.text.as_str())).collect()
    }

    /// What to do with what was written, and what may surprise.
    fn advise(&self, changes: &Changes, halves: &Halves, cluster: Option<&Cluster>, is_applied: bool, ui: &Ui) {
        if self.repository.as_ref().is_some_and(|repository| repository.is_cut) {
            ui.warning(&format!("the repository has more than {} files: the others were not read", repository::MOST));
        }
        if let Some(place) = &self.place {
            ui.note(&format!("{} was chosen: it has {}", self.folder.display(), place.why));
        }
        let secret = changes.iter().find(|change| change.wanted.is_secret);
        if let Some(secret) = secret {
            ui.warning(&format!("{} has a password in it: keep it out of Git", secret.wanted.path.display()));
        }
        let kept: Vec<&Path> = changes
            .iter()
            .filter(|change| !change.wanted.is_secret && change.outcome() != Outcome::Unchanged)
            .map(|change| change.wanted.path.as_path())
            .collect();
        let is_new = |outcome: Outcome| outcome != Outcome::Unchanged;
        let mut routers = changes.iter().filter(|change| change.wanted.path.ends_with(ROUTER));
        if let Some(router) = routers.find(|change| is_new(change.outcome())) {
            let path = shell::word(&router.wanted.path.display().to_string());
            ui.hint(&format!(
                "upload {path} to the router: on UniFi {}; `kubectl bgp udm-sync` says what it lacks",
                unifi::CONSOLE
            ));
        }
        let manifests = kept.iter().find(|path| path.ends_with(MANIFESTS));
        if let (None, Some(path), false) = (&self.repository, manifests, is_applied) {
            ui.hint(&shell::command(["kubectl", "apply", "--server-side", "-f", &path.display().to_string()]));
        }
        let Some(repository) = self.repository.as_ref().filter(|_| !kept.is_empty()) else { return };
        let Ok(whole) = self.folder.canonicalize() else { return };
        let within =
            |path: &Path| path.strip_prefix(&repository.root).ok().map(|path| path.to_string_lossy().into_owned());
        let Some(folder) = within(&whole) else { return };
        let names = kept.iter().filter_map(|path| within(&whole.join(path.file_name()?)));
        let files: Vec<String> = names.collect();
        let by = cluster.map_or(Reconciler::Nobody, |cluster| {
            let flux = cluster.kustomizations.value().map_or(&[][..], Vec::as_slice);
            let argo = cluster.applications.value().map_or(&[][..], Vec::as_slice);
            reconcile::reconciler(&folder, &repository.manifests, flux, argo)
        });
        let place = Place { folder: folder.clone(), why: String::new() };
        for trap in reconcile::traps(&by, &place, &repository.manifests, &[&yaml::print(&halves.manifests)]) {
            ui.warning(&trap);
        }
        let kustomization = kustomization::NAMES.iter().find_map(|name| std::fs::read_to_string(whole.join(name)).ok());
        for trap in kustomization.iter().flat_map(|text| kustomization::traps(text)) {
            ui.warning(&format!("the folder's kustomization: {trap}"));
        }
        let root = from_current_folder(&repository.root);
        for command in reconcile::commands(&by, &root, &folder, &files, kustomization.is_some()) {
            ui.hint(&command);
        }
    }
}

/// A folder as it may be typed.
fn from_current_folder(folder: &Path) -> String {
    let current = std::env::current_dir().and_then(|current| current.canonicalize());
    match current {
        Ok(current) if current == folder => ".".to_owned(),
        _ => folder.display().to_string(),
    }
}

#[cfg(test)]
mod tests;
