//! Server-side apply of Cilium's objects. Nothing is taken from another manager, and every object is tried on the server
//! before the first is applied.

mod report;
mod server;

use serde_json::Value;

use crate::cli::GlobalFlags;
use crate::error::{Error, Exit, Result};
use crate::interrupt::{until_interrupted, whole};
use crate::setup::ownership::{owners, says_all_of};
use crate::ui::Ui;
use report::Progress;
pub use report::{Applied, Outcome};
use server::{Server, Target, Try};

/// Applies the objects in their order; with `only_try` the server says what would come of it, and nothing changes.
///
/// # Errors
/// An object is another manager's, or the server refuses; it says which objects are applied already and which are not.
pub fn apply(objects: &[Value], only_try: bool, flags: &GlobalFlags, ui: &Ui) -> Result<Vec<Applied>> {
    // A signal ends the work, and the program not before it is told how far that came.
    whole(|| apply_all(objects, only_try, flags, ui))
}

fn apply_all(objects: &[Value], only_try: bool, flags: &GlobalFlags, ui: &Ui) -> Result<Vec<Applied>> {
    let targets: Vec<Target> = objects.iter().map(Target::of).collect::<Result<_>>()?;
    let progress = Progress::of(&targets);
    let done = until_interrupted(async {
        let server = Server::open(flags).await?;
        let changing = ui.waiting("the API server", prepare(&server, &targets, &progress)).await?;
        if !only_try {
            for (target, before) in changing {
                progress.begin(target);
                let outcome = server.apply(target, before.as_ref(), Try::ForGood).await.map_err(|(fate, error)| {
                    progress.failed(target, fate);
                    progress.told(error)
                })?;
                progress.end(target, outcome);
            }
        }
        Ok(())
    });
    match done {
        Ok(()) => Ok(progress.into_applied()),
        Err(error) => {
            if error.exit == Exit::Interrupted {
                // Nothing is said of an interruption elsewhere.
                progress.states().iter().for_each(|said| ui.warning(said));
            }
            Err(error)
        }
    }
}

/// The objects that have to be applied, each as it is; the server takes all of them.
async fn prepare<'a>(
    server: &Server,
    targets: &'a [Target],
    progress: &Progress,
) -> Result<Vec<(&'a Target, Option<Value>)>> {
    let mut changing = Vec::new();
    for target in targets {
        match server.read(target).await? {
            Some(live) if says_all_of(&live, &target.object) => progress.end(target, Outcome::Unchanged),
            Some(live) => {
                refuse_others(target, &live)?;
                changing.push((target, Some(live)));
            }
            None => changing.push((target, None)),
        }
    }
    for (target, before) in &changing {
        let outcome = server.apply(target, before.as_ref(), Try::OnServer).await.map_err(|(_, error)| error)?;
        progress.tried(target, outcome);
    }
    Ok(changing)
}

/// What belongs to somebody else stays as it is.
fn refuse_others(target: &Target, live: &Value) -> Result<()> {
    let owners = owners(live);
    let Some(owner) = owners.first() else { return Ok(()) };
    let all: Vec<&str> = owners.iter().map(|owner| owner.name.as_str()).collect();
    let error = Error::failure(format!("{} belongs to {}: nothing was applied", target.name, all.join(" and ")));
    Err(if owner.is_reconciled {
        error.hint("change it where it comes from: without --apply the files are written, to be committed")
    } else {
        error.hint("apply the written file as that manager does, or let go of it there first")
    })
}

#[cfg(test)]
mod tests;
