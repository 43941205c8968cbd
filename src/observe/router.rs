//! Reads one router: one connection, one remote command, or what somebody else's run of the same script printed.

use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;

use super::marked::{self, BATCH, CLOCK, CONNECTS, SOCKETS, Script, Section};
use super::ssh::Connection;
use super::stored;
use super::target::Target;
use crate::cli::RouterFlags;
use crate::connect;
use crate::error::{Error, Result};
use crate::snapshot::command::Form;
use crate::snapshot::{Command, Document, Missing, Reason, RouterAnswers};

/// A router that was read, and the connection to ask it further.
pub struct Answered {
    answers: RouterAnswers,
    connection: Option<Connection>,
}

/// Asks a router the commands. What could not be read says why.
pub async fn read(target: Target, commands: &[Command], flags: &RouterFlags) -> Answered {
    tracing::debug!("ssh {target}, named by {}", target.named_by);
    let connection = Connection::open(&target, flags).await;
    let (reading, connection) = match connection {
        Ok(connection) => (ask(&connection, commands, &flags.vtysh).await, Some(connection)),
        Err(missing) => (Err(missing), None),
    };
    let (missing, documents) = match reading {
        Ok(reading) => reading.documents(commands, Some(&target)),
        Err(missing) => (Some(missing), Vec::new()),
    };
    let answers =
        RouterAnswers { target: target.to_string(), named_by: target.named_by, peer: target.peer, missing, documents };
    Answered { answers, connection }
}

impl Answered {
    /// Of what was read elsewhere; it cannot be asked further.
    pub fn elsewhere(answers: RouterAnswers) -> Self {
        Self { answers, connection: None }
    }

    pub fn apart(self) -> (Option<Connection>, RouterAnswers) {
        (self.connection, self.answers)
    }
}

/// Asks further commands over an open connection, and closes it.
pub async fn finish(
    connection: Connection,
    answers: &RouterAnswers,
    further: &[Command],
    flags: &RouterFlags,
) -> Vec<Document> {
    let (of_api, further): (Vec<_>, Vec<_>) = further.iter().partition(|command| **command == Command::StoredConfig);
    let mut documents = match &further[..] {
        [] => Vec::new(),
        further => match ask(&connection, further, &flags.vtysh).await {
            Ok(reading) => further.iter().map(|command| reading.document(*command)).collect(),
            Err(missing) => {
                let unread =
                    |command: &Command| Document::missing(command.name(), Timestamp::now(), 0, missing.clone());
                further.iter().map(unread).collect()
            }
        },
    };
    if !of_api.is_empty() {
        let running = answers.document(Command::RunningConfig).and_then(Document::body);
        documents.extend(stored::read(&connection, running, flags).await);
    }
    connection.close().await;
    documents
}

/// The script for people who own a router that nobody else may log in to.
pub fn printed_script(flags: &RouterFlags) -> String {
    let commands = [Command::ALL, Command::PROBES].concat();
    format!(
        "#!/bin/sh\n# Only reads. On the router: sh script.sh > answer.txt\n# Then: kubectl bgp ... --router-output answer.txt\n{}",
        Script::one_by_one(&commands, &flags.vtysh).text
    )
}

/// What the printed script wrote into a file.
///
/// # Errors
/// The file cannot be read, or is something else.
pub fn read_file(path: &Path, commands: &[Command]) -> Result<RouterAnswers> {
    let place = path.display();
    let answer = std::fs::read(path)
        .map_err(|error| Error::failure(format!("cannot read the router's output {place}: {error}")))?;
    let sections = marked::sections_of_any(&String::from_utf8_lossy(&answer).replace("\r\n", "\n"));
    if sections.is_empty() {
        return Err(Error::failure(format!("{place} is not what the router script printed"))
            .hint("`kubectl bgp snapshot --print-router-script` prints the script"));
    }
    let clock = sections.iter().find(|section| section.label == CLOCK);
    let read_at = clock.and_then(|section| Timestamp::from_second(section.stdout.trim().parse().ok()?).ok());
    let read_at = read_at.unwrap_or_else(Timestamp::now);
    let reading = Reading { read_at, took_ms: 0, answers: Vec::new(), sections, cut: None };
    let (missing, mut documents) = reading.documents(commands, None);
    // The script of an older version has none of them.
    let probes = Command::PROBES.iter().filter(|probe| reading.section(&probe.name()).is_some());
    documents.extend(probes.map(|probe| reading.document(*probe)));
    Ok(RouterAnswers {
        target: format!("of {place}"),
        named_by: "--router-output".to_owned(),
        peer: None,
        missing,
        documents,
    })
}

async fn ask(connection: &Connection, commands: &[Command], vtysh: &str) -> std::result::Result<Reading, Missing> {
    let (read_at, started) = (Timestamp::now(), Instant::now());
    let (mut sections, mut cut) = run(connection, &Script::of(commands, vtysh)).await?;
    let batch =
        sections.iter().find(|section| section.label == BATCH && section.exit == Some(0) && section.stderr.is_empty());
    let answers = match batch.map(|batch| marked::split_batch(&batch.stdout, commands)) {
        Some(Some(answers)) => answers,
        Some(None) => {
            (sections, cut) = run(connection, &Script::one_by_one(commands, vtysh)).await?;
            Vec::new()
        }
        // The script itself went on one by one.
        None => Vec::new(),
    };
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let labels: Vec<&str> = sections.iter().map(|section| section.label.as_str()).collect();
    tracing::debug!("the router answered in {took_ms} ms: {}", labels.join(", "));
    Ok(Reading { read_at, took_ms, answers, sections, cut })
}

async fn run(
    connection: &Connection,
    script: &Script,
) -> std::result::Result<(Vec<Section>, Option<Missing>), Missing> {
    let output = connection.run(&script.text, script.takes).await?;
    let sections = script.sections(&output.stdout);
    if let (true, Some(cut)) = (sections.is_empty(), &output.cut) {
        return Err(cut.clone());
    }
    if sections.is_empty() {
        let mut said = output.stderr.lines().chain(output.stdout.lines()).map(str::trim);
        let said = said.find(|line| !line.is_empty()).unwrap_or("nothing");
        return Err(Missing::new(Reason::Failed, format!("it has no shell that runs commands; it said: {said}")));
    }
    Ok((sections, output.cut))
}

/// What a router said, not yet told apart into documents.
struct Reading {
    read_at: Timestamp,
    took_ms: u64,
    /// Answers of commands that were asked in one go.
    answers: Vec<(Command, String)>,
    sections: Vec<Section>,
    /// Why it may not be all.
    cut: Option<Missing>,
}

impl Reading {
    /// A document for each command. If vtysh is of no use there at all, why, and what the shell alone said.
    fn documents(&self, commands: &[Command], target: Option<&Target>) -> (Option<Missing>, Vec<Document>) {
        if let Some(missing) = unusable(&self.sections, target) {
            let shell = commands.iter().filter(|command| command.form() == Form::Shell);
            return (Some(missing), shell.map(|command| self.document(*command)).collect());
        }
        let documents: Vec<Document> = commands.iter().map(|command| self.document(*command)).collect();
        match &self.cut {
            Some(cut) if documents.iter().all(|document| document.missing.is_some()) => (Some(cut.clone()), Vec::new()),
            _ => (None, documents),
        }
    }

    fn document(&self, command: Command) -> Document {
        let name = command.name();
        if let Some((_, answer)) = self.answers.iter().find(|(of, _)| *of == command) {
            return Document { exit: Some(0), ..Document::answer(name, self.read_at, self.took_ms, answer.clone()) };
        }
        let section = match command {
            Command::Connect(_) => self.section(CONNECTS),
            _ => self.section(&name),
        };
        match section {
            Some(Section { exit: None, .. }) | None => {
                let ends = format!("its answer ends before or in the middle of `{name}`");
                let missing = self.cut.clone().unwrap_or_else(|| Missing::new(Reason::Failed, ends));
                Document::missing(name, self.read_at, self.took_ms, missing)
            }
            Some(section) => {
                let answer = match command {
                    Command::Connect(to) => connect::line_of(&section.stdout, to).unwrap_or_default(),
                    _ => &section.stdout,
                };
                Document {
                    exit: section.exit,
                    stderr: (!section.stderr.trim().is_empty()).then(|| section.stderr.trim().to_owned()),
                    ..Document::answer(name, self.read_at, self.took_ms, answer.to_owned())
                }
            }
        }
    }

    fn section(&self, label: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.label == label)
    }
}

/// Why vtysh is of no use at all there, if it is not.
fn unusable(sections: &[Section], target: Option<&Target>) -> Option<Missing> {
    let is_vtysh = |section: &&Section| {
        Command::ALL.iter().any(|command| command.name() == section.label && command.form() != Form::Shell)
    };
    let asked: Vec<&Section> = sections.iter().filter(is_vtysh).collect();
    if asked.is_empty() {
        return None;
    }
    let login = target.map_or("ROUTER".to_owned(), Target::ssh_words);
    let all_ended_with = |status: i32| asked.iter().all(|section| section.exit == Some(status));
    if all_ended_with(127) {
        let why = "it has no vtysh: it does not run FRR, or vtysh is not on this login's PATH";
        return Some(
            Missing::new(Reason::NotFound, why)
                .hint(format!("ssh {login} vtysh -c \"'show version'\" must work, or --vtysh CMD says what does")),
        );
    }
    if all_ended_with(126) {
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
            .hint(format!("ssh {login} systemctl status frr")),
    )
}

fn no_permission(target: Option<&Target>) -> Missing {
    let user = target.and_then(|target| target.user.as_deref()).unwrap_or("this login");
    Missing::new(Reason::Forbidden, format!("{user} may not use vtysh there")).hint(
        "log in as root, add the login to the group that owns /run/frr/*.vty (frrvty), or try --vtysh 'sudo -n vtysh'",
    )
}
