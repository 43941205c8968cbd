//! `kubectl bgp snapshot`: both ends in one file, for every reading verb's `--from`.

use std::fs::OpenOptions;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use crate::cli::GlobalFlags;
use crate::commands::{nothing_read, report};
use crate::error::{Error, Exit, Result};
use crate::observe::observe;
use crate::present;
use crate::snapshot::{Command, Kind, Needs, Questions, Snapshot, file, redact};
use crate::topology::Topology;
use crate::ui::Ui;

const NEEDS: Needs = Needs { kinds: Kind::ALL, commands: Command::ALL };

/// Saves both ends in one file, which every reading verb takes with --from
///
/// The file is one JSON document with each source's own answer. Passwords, keys and tokens are cut before it is
/// written. What could not be read is named in it, and on standard error.
#[derive(clap::Args)]
pub struct Args {
    /// File to write, readable by its owner only; default, or `-`: standard output
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Replace addresses, names and AS numbers, everywhere in the same way; the diagnosis stays the same. With --from:
    /// of a file
    #[arg(long)]
    redact: bool,
    /// Also probe why sessions are down and whether Services answer: logs of agents, operator and FRR, connects from the
    /// agents' pods to their peers and from the router to Services, and for some seconds who connects to the router
    #[arg(long, conflicts_with = "from")]
    probe: bool,
}

pub fn run(args: &Args, flags: &GlobalFlags, ui: &Ui) -> Result<Exit> {
    let ask_further = |snapshot: &Snapshot| {
        let mut questions = Questions::about_stored(snapshot);
        if flags.ends.verify || args.probe {
            let topology = Topology::of(snapshot, NEEDS);
            if flags.ends.verify {
                questions.extend(topology.questions_about_everything());
            }
            if args.probe {
                let sessions: Vec<_> = topology.sessions.iter().collect();
                let routes: Vec<_> = topology.routes.iter().collect();
                questions.extend(topology.probes(&sessions, &routes));
            }
        }
        questions
    };
    let mut snapshot = observe(flags, NEEDS, &ask_further, ui)?;
    let gaps = snapshot.gaps();
    if !snapshot.has_answers() {
        return Err(nothing_read(&gaps));
    }
    report(&gaps, ui);
    if args.redact {
        redact::redact(&mut snapshot, redact::Key::random());
    }
    match args.file.as_deref().filter(|path| *path != Path::new("-")) {
        None => present::finish(file::write(snapshot, ui.stdout()))?,
        Some(path) => {
            save(snapshot, path)
                .map_err(|error| Error::failure(format!("cannot write {}: {error}", path.display())))?;
        }
    }
    Ok(Exit::Ok)
}

/// Writes beside a regular file and renames, so that it is whole or not there; a device or a pipe is written to.
fn save(snapshot: Snapshot, path: &Path) -> std::io::Result<()> {
    // Through a link, so that it stays one.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return file::write(snapshot, BufWriter::new(OpenOptions::new().write(true).open(path)?));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Its error would name the file beside.
    let beside = tempfile::NamedTempFile::new_in(folder).map_err(|error| std::io::Error::from(error.kind()))?;
    file::write(snapshot, BufWriter::new(beside.as_file()))?;
    beside.persist(path).map_err(|error| error.error)?;
    Ok(())
}
