//! Ctrl-C, and what a terminal or an init system sends to end a program.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::{Error, Exit, Result};

/// Held by what must not end half-way.
static WHOLE: Mutex<()> = Mutex::new(());

/// Folders that go with the program.
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Runs what talks to the ends; Ctrl-C ends it.
pub fn until_interrupted<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = runtime()?;
    let mut signals = signals(&runtime);
    let done = runtime.block_on(async {
        tokio::select! {
            // At a terminal ssh gets the Ctrl-C too, and its end is no error of its own.
            biased;
            () = interrupted(&mut signals) => Err(Error::interrupted()),
            done = work => done,
        }
    });
    // Nothing is open any more, and a login command that still runs is not waited for: from here on a signal ends the
    // program at once, also one that ssh got before this did.
    exit_when_interrupted(runtime, signals);
    done
}

/// Runs what is done altogether or not at all: a signal that comes meanwhile ends the program behind it.
pub fn whole<T>(work: impl FnOnce() -> T) -> T {
    listen();
    let _held = WHOLE.lock().unwrap_or_else(PoisonError::into_inner);
    work()
}

/// A signal that ends the program takes this folder with it.
pub fn remove_at_signal(folder: &Path) {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).push(folder.to_owned());
    listen();
}

/// It is gone by itself.
pub fn forget(folder: &Path) {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).retain(|known| known != folder);
}

fn listen() {
    static LISTENING: Once = Once::new();
    // Without a runtime a signal ends the program as it always does.
    LISTENING.call_once(|| {
        if let Ok(runtime) = runtime() {
            let signals = signals(&runtime);
            exit_when_interrupted(runtime, signals);
        }
    });
}

fn runtime() -> Result<Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::failure(format!("cannot start: {error}")))
}

fn exit_when_interrupted(runtime: Runtime, mut signals: Vec<Signal>) {
    std::thread::spawn(move || {
        runtime.block_on(interrupted(&mut signals));
        let _held = WHOLE.lock().unwrap_or_else(PoisonError::into_inner);
        let folders = FOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
        folders.iter().for_each(|folder| drop(std::fs::remove_dir_all(folder)));
        std::process::exit(Exit::Interrupted as i32);
    });
}

/// What was opened is closed on all of them.
fn signals(runtime: &Runtime) -> Vec<Signal> {
    let _within = runtime.enter();
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect()
}

async fn interrupted(signals: &mut [Signal]) {
    if signals.is_empty() {
        return std::future::pending().await;
    }
    let waits = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
    futures::future::select_all(waits).await;
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::Command;
    use std::time::Duration;

    use super::*;

    /// Names the file that the program writes which this test runs: itself.
    const WRITES: &str = "KUBECTL_BGP_TEST_WRITES";

    #[test]
    fn a_signal_ends_the_program_behind_what_is_whole() {
        if let Some(file) = std::env::var_os(WRITES) {
            whole(|| {
                let own = std::process::id().to_string();
                Command::new("kill").args(["-TERM", &own]).status().expect("kill starts");
                std::thread::sleep(Duration::from_millis(300));
                std::fs::write(&file, "whole").expect("a file");
            });
            std::thread::sleep(Duration::from_secs(20));
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let file: PathBuf = folder.path().join("file");
        let own = std::env::current_exe().expect("the tests' program");
        let test = "interrupt::tests::a_signal_ends_the_program_behind_what_is_whole";
        let run = Command::new(own).args(["--exact", test]).env(WRITES, &file).output().expect("it starts");
        assert_eq!(run.status.code(), Some(Exit::Interrupted as i32));
        assert_eq!(std::fs::read_to_string(&file).expect("the file"), "whole");
    }
}
