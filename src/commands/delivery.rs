//! Where a setup goes: into the files of a repository, and if asked into the cluster.

mod advice;
mod folder;
mod spot;

use std::io::Write;
use std::path::PathBuf;

use serde_json::Value;

use crate::act::apply;
use crate::act::files::{Changes, Consent, shown};
use crate::cli::GlobalFlags;
use crate::error::{Error, Result};
use crate::present;
use crate::setup::objects::Manifest;
use crate::topology::cluster::Cluster;
use crate::ui::Ui;
use advice::Written;
use folder::{Elsewhere, elsewhere, wanted};
use spot::Spot;

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
            advice::tell(&Written { spot, changes: &changes, halves, cluster, is_applied: self.apply }, ui);
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
        let current = std::env::current_dir()
            .map_err(|error| Error::failure(format!("the current folder cannot be read: {error}")))?;
        Spot::find(self.output_dir.as_deref(), &current)
    }
}

#[cfg(test)]
mod tests;
