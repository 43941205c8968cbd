//! Reads one router: one connection, one remote command.

use std::time::Instant;

use jiff::Timestamp;

use super::marked::{self, BATCH, SOCKETS, Script, Section};
use super::ssh::Connection;
use super::target::Target;
use crate::cli::RouterFlags;
use crate::snapshot::command::Form;
use crate::snapshot::{Command, Document, Missing, Reason, RouterEnd};

/// Asks a router the commands. What could not be read says why.
pub async fn read(target: Target, commands: &[Command], flags: &RouterFlags) -> RouterEnd {
    let (missing, documents) = match connect_and_ask(&target, commands, flags).await {
        Ok(documents) => (None, documents),
        Err(missing) => (Some(missing), Vec::new()),
    };
    RouterEnd { target: target.to_string(), named_by: target.named_by, peer: target.peer, missing, documents }
}

async fn connect_and_ask(target: &Target, commands: &[Command], flags: &RouterFlags) -> Result<Vec<Document>, Missing> {
    let connection = Connection::open(target, flags).await?;
    let documents = ask(&connection, commands, target).await;
    connection.close().await;
    documents
}

async fn ask(connection: &Connection, commands: &[Command], target: &Target) -> Result<Vec<Document>, Missing> {
    let (read_at, started) = (Timestamp::now(), Instant::now());
    let mut sections = run(connection, &Script::of(commands)).await?;
    let batch =
        sections.iter().find(|section| section.label == BATCH && section.exit == Some(0) && section.stderr.is_empty());
    let answers = match batch.map(|batch| marked::split_batch(&batch.stdout, commands)) {
        Some(Some(answers)) => answers,
        Some(None) => {
            sections = run(connection, &Script::one_by_one(commands)).await?;
            Vec::new()
        }
        // The script itself went on one by one.
        None => Vec::new(),
    };
    let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    unusable(&sections, target).map_or(Ok(()), Err)?;
    let document = |command: &Command| {
        let name = command.name();
        if let Some((_, answer)) = answers.iter().find(|(of, _)| of == command) {
            return Document { exit: Some(0), ..Document::answer(name, read_at, took, answer.clone()) };
        }
        match sections.iter().find(|section| section.label == name) {
            Some(Section { exit: None, .. }) | None => {
                let cut = Missing::new(
                    Reason::Failed,
                    format!("the router's answer ends before or in the middle of `{name}`"),
                );
                Document::missing(name, read_at, took, cut)
            }
            Some(section) => Document {
                exit: section.exit,
                stderr: (!section.stderr.trim().is_empty()).then(|| section.stderr.trim().to_owned()),
                ..Document::answer(name, read_at, took, section.stdout.clone())
            },
        }
    };
    Ok(commands.iter().map(document).collect())
}

async fn run(connection: &Connection, script: &Script) -> Result<Vec<Section>, Missing> {
    let output = connection.run(&script.text).await?;
    let sections = script.sections(&output.stdout, &output.stderr);
    if sections.is_empty() {
        let said = output
            .stderr
            .lines()
            .chain(output.stdout.lines())
            .find(|line| !line.trim().is_empty())
            .unwrap_or("nothing");
        return Err(Missing::new(
            Reason::Failed,
            format!("it has no shell that runs commands; it said: {}", said.trim()),
        ));
    }
    Ok(sections)
}

/// Why vtysh is of no use at all there, if it is not.
fn unusable(sections: &[Section], target: &Target) -> Option<Missing> {
    let is_vtysh = |section: &&Section| {
        Command::ALL.iter().any(|command| command.name() == section.label && command.form() != Form::Shell)
    };
    let mut asked = sections.iter().filter(is_vtysh).peekable();
    asked.peek()?;
    let asked: Vec<&Section> = asked.collect();
    if asked.iter().all(|section| section.exit == Some(127)) {
        return Some(
            Missing::new(
                Reason::NotFound,
                "it has no vtysh: it does not run FRR, or vtysh is not on this login's PATH",
            )
            .hint(format!("ssh {target} vtysh -c \"'show version'\" must work")),
        );
    }
    if asked.iter().all(|section| section.exit == Some(126)) {
        return Some(no_permission(target));
    }
    let unconnected = |section: &Section| {
        section.exit != Some(0)
            && format!("{}{}", section.stdout, section.stderr).contains("failed to connect to any daemons")
    };
    if !asked.iter().all(|section| unconnected(section)) {
        return None;
    }
    let sockets =
        sections.iter().find(|section| section.label == SOCKETS).map_or("", |section| section.stdout.as_str());
    if sockets.contains("closed") && !sockets.contains("open") {
        return Some(no_permission(target));
    }
    Some(
        Missing::new(Reason::NotRunning, "FRR is not running on it: vtysh finds no daemon")
            .hint(format!("ssh {target} systemctl status frr")),
    )
}

fn no_permission(target: &Target) -> Missing {
    let user = target.user.as_deref().unwrap_or("this login");
    Missing::new(Reason::Forbidden, format!("{user} may not use vtysh there"))
        .hint("log in as root, or add the login to the group that owns /run/frr/*.vty (frrvty)")
}
