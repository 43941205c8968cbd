//! The script that a router runs: all commands in one go, their answers told apart by marks that no answer can contain.

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::time::Duration;

use super::shell;
use crate::connect;
use crate::snapshot::Command;
use crate::snapshot::command::Form;

/// The section with the answers of all vtysh commands in a row.
pub const BATCH: &str = "batch";
/// The section that says whether the daemons' sockets may be used.
pub const SOCKETS: &str = "sockets";
/// The section that says when a script ran, in seconds since 1970.
pub const CLOCK: &str = "date -u +%s";

/// The section with the connects, which are tried at the same time.
pub const CONNECTS: &str = "connects";

const MARK: &str = "kubectl-bgp-";

/// A script with a mark of its own.
pub struct Script {
    pub text: String,
    /// How long it waits on purpose.
    pub takes: Duration,
    mark: String,
}

/// What one command said.
#[derive(Debug, PartialEq, Eq)]
pub struct Section {
    pub label: String,
    pub stdout: String,
    pub stderr: String,
    /// `None`: the answer was cut short.
    pub exit: Option<i32>,
}

impl Script {
    /// One vtysh for all its commands: starting it costs more than any of them. It stops at the first command that
    /// fails, so after a failure each is asked alone.
    pub fn of(commands: &[Command], vtysh: &str) -> Self {
        let all = in_vtysh(commands).map(|command| format!(" -c '{}'", command.name())).collect::<String>();
        let in_shell = in_shell(commands, vtysh);
        if all.is_empty() {
            return Self::with(&in_shell, commands);
        }
        let batch = ask(BATCH, &format!("{vtysh}{all}"));
        let each = each(commands, vtysh);
        Self::with(&format!("{batch}if [ $rc -ne 0 ] || [ -n \"$err\" ]; then\n{each}fi\n{in_shell}"), commands)
    }

    /// A vtysh for each command, for a router whose answers to all of them cannot be told apart, and for a script that
    /// somebody else runs.
    pub fn one_by_one(commands: &[Command], vtysh: &str) -> Self {
        let clock = ask(CLOCK, CLOCK);
        Self::with(&format!("{clock}{}{}", each(commands, vtysh), in_shell(commands, vtysh)), commands)
    }

    /// Commands of the shell with their labels. They may take so long beyond what a router may take.
    pub fn labelled(asks: &[(&str, &str)], takes: Duration) -> Self {
        let body: String = asks.iter().map(|(label, command)| ask(label, command)).collect();
        Self { takes, ..Self::with(&body, &[]) }
    }

    fn with(body: &str, commands: &[Command]) -> Self {
        let mark = format!("{MARK}{:016x}", RandomState::new().hash_one(body));
        // vtysh would write its history, every command of it, into the router's home folder. The script may come over
        // standard input, which is nobody else's to read.
        let text = format!(
            "HOME=/nonexistent\nexport HOME\nexec 3>&1\n\
             ask() {{\n\
             printf '\\n%s begin %s\\n' {mark} \"$1\"\n\
             err=$(eval \"$2\" 2>&1 >&3 3>&- </dev/null)\n\
             rc=$?\n\
             printf '\\n%s stderr\\n%s\\n%s end %s\\n' {mark} \"$err\" {mark} $rc\n\
             }}\n\
             {body}exit 0\n",
        );
        let takes = |long: Duration, waits: fn(&Command) -> bool| {
            if commands.iter().any(waits) { long } else { Duration::ZERO }
        };
        let takes = takes(shell::WATCH, |command| *command == Command::Watch)
            + takes(connect::LONGEST, |command| matches!(command, Command::Connect(_)));
        Self { text, takes, mark }
    }

    /// The sections of an answer.
    pub fn sections(&self, answer: &str) -> Vec<Section> {
        sections(answer, &self.mark)
    }
}

/// The sections of an answer whose script is not at hand: the first mark in it is the script's.
pub fn sections_of_any(answer: &str) -> Vec<Section> {
    let is_mark = |line: &&str| line.starts_with(MARK) && line.contains(" begin ");
    let mark = answer.lines().find(is_mark).and_then(|line| line.split(' ').next());
    mark.map(|mark| sections(answer, mark)).unwrap_or_default()
}

/// What stands outside of sections, such as a greeting, is nobody's.
fn sections(answer: &str, mark: &str) -> Vec<Section> {
    let section = |text: &str| {
        let (label, rest) = text.split_once('\n').unwrap_or((text, ""));
        // An answer that ends without a line break gets the mark's; an empty one leaves none.
        let at_mark = |text: &str, mark: &str| {
            let found = text.rsplit_once(&format!("\n{mark}"));
            found
                .or_else(|| text.strip_prefix(mark).map(|after| ("", after)))
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
        };
        let whole = at_mark(rest, &format!("{mark} end ")).and_then(|(outputs, status)| {
            let (stdout, stderr) = at_mark(&outputs, &format!("{mark} stderr\n"))?;
            Some((stdout, stderr, status.lines().next()?.trim().parse().ok()?))
        });
        match whole {
            Some((stdout, stderr, exit)) => Section { label: label.to_owned(), stdout, stderr, exit: Some(exit) },
            None => Section { label: label.to_owned(), stdout: rest.to_owned(), stderr: String::new(), exit: None },
        }
    };
    answer.split(&format!("\n{mark} begin ")).skip(1).map(section).collect()
}

fn in_vtysh(commands: &[Command]) -> impl Iterator<Item = &Command> {
    commands.iter().filter(|command| command.form() != Form::Shell)
}

fn each(commands: &[Command], vtysh: &str) -> String {
    let alone = in_vtysh(commands).map(|command| ask(&command.name(), &format!("{vtysh} -c '{}'", command.name())));
    let sockets = "for s in /run/frr/*.vty /var/run/frr/*.vty; do [ -e \"$s\" ] || continue; \
                   [ -w \"$s\" ] && echo open || echo closed; done";
    alone.chain([ask(SOCKETS, sockets)]).collect()
}

fn in_shell(commands: &[Command], vtysh: &str) -> String {
    let connect_to = |command: &Command| match command {
        Command::Connect(to) => Some(*to),
        _ => None,
    };
    let connects: Vec<SocketAddr> = commands.iter().filter_map(connect_to).collect();
    let alone = commands.iter().filter(|command| command.form() == Form::Shell && connect_to(command).is_none());
    let connects = (!connects.is_empty()).then(|| ask(CONNECTS, &connect::on_router(&connects)));
    alone.map(|command| ask(&command.name(), &shell::of(*command, vtysh))).chain(connects).collect()
}

fn ask(label: &str, command: &str) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    format!("ask {} {}\n", quoted(label), quoted(command))
}

/// The answers of the vtysh commands, told apart by their form: one line, text up to the next JSON document, one JSON
/// document, and text to the end. `None` if an answer has another form.
pub fn split_batch(batch: &str, commands: &[Command]) -> Option<Vec<(Command, String)>> {
    let vtysh: Vec<Command> = commands.iter().copied().filter(|command| command.form() != Form::Shell).collect();
    let mut rest = batch;
    let mut answers = Vec::new();
    for (position, command) in vtysh.iter().enumerate() {
        let is_last = position + 1 == vtysh.len();
        let length = match command.form() {
            Form::Line => rest.find('\n').map(|at| at + 1)?,
            // A second document where text should stand belongs to the command before.
            Form::Text if rest.starts_with('{') => return None,
            Form::Text if is_last => rest.len(),
            Form::Text => rest.find("\n{").map(|at| at + 1)?,
            Form::Json => {
                let mut documents =
                    serde_json::Deserializer::from_str(rest).into_iter::<&serde_json::value::RawValue>();
                documents.next()?.ok()?;
                documents.byte_offset()
            }
            Form::Shell => 0,
        };
        let (answer, after) = rest.split_at_checked(length)?;
        answers.push((*command, answer.to_owned()));
        rest = if command.form() == Form::Json { after.trim_start() } else { after };
    }
    rest.trim().is_empty().then_some(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMANDS: &[Command] = &[
        Command::Daemons,
        Command::Version,
        Command::Summary,
        Command::Neighbors,
        Command::RunningConfig,
        Command::Addresses,
    ];

    fn answers(batch: &str) -> Option<Vec<String>> {
        Some(split_batch(batch, COMMANDS)?.into_iter().map(|(_, answer)| answer).collect())
    }

    #[test]
    fn answers_are_told_apart_by_their_form() {
        let batch =
            " zebra bgpd\nFRRouting 8.4.4 (x).\nCopyright\n{\n}\n{\"a\": {\"b\": \"}\\n{\"}}\n\nBuilding\n!\nend\n";
        assert_eq!(
            answers(batch).expect("the usual form"),
            [
                " zebra bgpd\n",
                "FRRouting 8.4.4 (x).\nCopyright\n",
                "{\n}",
                "{\"a\": {\"b\": \"}\\n{\"}}",
                "Building\n!\nend\n"
            ]
        );
    }

    #[test]
    fn other_forms_are_not_guessed_at() {
        assert_eq!(answers(" zebra\nFRR\n{}\n% No such thing\nBuilding\n"), None);
        assert_eq!(answers(" zebra\nFRR\n{}\n{\"half\": "), None);
        assert_eq!(answers(" zebra\nFRR\n{}\n{}\n{}\nBuilding\n"), None);
        assert_eq!(answers(""), None);
    }

    #[test]
    fn the_order_of_all_commands_can_be_told_apart() {
        let vtysh: Vec<Form> =
            Command::ALL.iter().map(|command| command.form()).filter(|form| *form != Form::Shell).collect();
        for pair in vtysh.windows(2) {
            assert!(pair[0] != Form::Text || pair[1] == Form::Json, "text must be followed by JSON: {pair:?}");
        }
    }

    #[test]
    fn sections_keep_their_text_and_status() {
        let script = Script::of(COMMANDS, "vtysh");
        let m = &script.mark;
        let answer = format!(
            "Welcome\n\n{m} begin batch\n{{}}\n\n{m} stderr\n\n{m} end 0\n\n{m} begin ip -j addr\n\n{m} stderr\n\
             sh: ip: not found\n{m} end 127\n\n{m} begin x\ncut"
        );
        let section = |label: &str, stdout: &str, stderr: &str, exit| Section {
            label: label.into(),
            stdout: stdout.into(),
            stderr: stderr.into(),
            exit,
        };
        let expected = [
            section("batch", "{}\n", "", Some(0)),
            section("ip -j addr", "", "sh: ip: not found", Some(127)),
            section("x", "cut", "", None),
        ];
        assert_eq!(script.sections(&answer), expected);
        assert_eq!(sections_of_any(&answer), expected);
        assert_eq!(sections_of_any("nothing of ours"), []);
    }

    #[test]
    fn a_shell_runs_the_script() {
        let mut shell = std::process::Command::new("sh");
        let script = Script::one_by_one(&[Command::Version, Command::Addresses], "echo it\\'s \"a\" test; false #");
        let answer = shell.arg("-c").arg(&script.text).output().expect("sh runs").stdout;
        let sections = script.sections(&String::from_utf8(answer).expect("text"));
        assert_eq!(
            (sections[1].label.as_str(), sections[1].stdout.as_str(), sections[1].exit),
            ("show version", "it's a test\n", Some(1))
        );
    }
}
