//! What ends the program from outside, and what is not to stay behind then.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::error::Exit;

/// Folders that go with the program.
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

static WATCHED: Once = Once::new();

/// Ctrl-C, and what a terminal or an init system sends to end a program: what was opened is closed on all of them.
pub async fn interrupted() {
    let waits = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(|kind| async move {
        match signal(kind) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    });
    futures::future::select_all(waits.map(Box::pin)).await;
}

/// From here on a signal ends the program at once.
pub fn end_at_once(runtime: Runtime) {
    if WATCHED.is_completed() {
        return runtime.shutdown_background();
    }
    WATCHED.call_once(|| {
        std::thread::spawn(move || {
            runtime.block_on(interrupted());
            let folders = FOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
            folders.iter().for_each(|folder| drop(std::fs::remove_dir_all(folder)));
            std::process::exit(Exit::Interrupted as i32);
        });
    });
}

/// A signal that ends the program takes this folder with it.
pub fn remove_at_signal(folder: &Path) {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).push(folder.to_owned());
    if !WATCHED.is_completed()
        && let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build()
    {
        end_at_once(runtime);
    }
}

/// It is gone by itself.
pub fn forget(folder: &Path) {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).retain(|known| known != folder);
}
