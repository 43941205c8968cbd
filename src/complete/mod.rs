//! Completion: `kubectl-bgp __complete WORDS...`, as kubectl asks a plugin for candidates on a TAB. The last word is the one
//! that is typed, empty if none is begun.
//!
//! Whatever happens, the exit status is 0 and standard error stays empty: kubectl throws all candidates away otherwise, and
//! the line that the user types is no place for a message. [`line`] reads the words, [`values`] says what fits there,
//! [`live`] asks the cluster, a snapshot or the kubeconfig, [`known`] takes names out of what they say.

mod answer;
mod known;
mod line;
mod live;
mod values;

use std::io::Write;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use clap::CommandFactory;

use crate::cli::Cli;
use answer::Answer;
use line::Line;

/// The word that asks for it. It is taken off the line before clap sees it: as a verb, global flags would swallow the words.
const WORD: &str = "__complete";

/// Who pressed TAB waits a second at most, and kubectl takes its share.
const LIMIT: Duration = Duration::from_millis(900);

/// Answers if the program was called for candidates.
pub fn asked() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    words.next().filter(|word| word == WORD)?;
    let words: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    std::panic::set_hook(Box::new(|_| {}));
    let (to, from) = mpsc::channel();
    // A file may hang as well as a server. Without a thread there is nothing to offer.
    let _ = std::thread::Builder::new().spawn(move || to.send(answer(&words)));
    let text = from.recv_timeout(LIMIT).unwrap_or_default().to_string();
    // A shell that does not listen any more is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Some(ExitCode::SUCCESS)
}

fn answer(words: &[String]) -> Answer {
    let mut root = Cli::command();
    root.build();
    let line = Line::read(&root, words);
    values::answer(&line)
}
