//! The script that a router runs: all commands in one go, their answers told apart by marks that no answer can contain.

use std::hash::{BuildHasher, RandomState};

use crate::snapshot::Command;
use crate::snapshot::command::Form;

/// The section with the answers of all vtysh commands in a row.
pub const BATCH: &str = "batch";
/// The section that says whether the daemons' sockets may be used.
pub const SOCKETS: &str = "sockets";

/// A script with marks of its own.
pub struct Script {
    pub text: String,
    mark: String,
}

/// What stands between two marks.
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
    pub fn of(commands: &[Command]) -> Self {
        Self::with(commands, |vtysh, each| {
            let all: String = vtysh.iter().map(|command| format!(" -c '{}'", command.name())).collect();
            format!(
                "exec 3>&1\nmark begin {BATCH}\nerr=$(vtysh{all} 2>&1 >&3 3>&-)\nrc=$?\n\
                 [ -z \"$err\" ] || printf '%s' \"$err\" >&2\nmark end $rc\n\
                 if [ $rc -ne 0 ] || [ -n \"$err\" ]; then\n{each}fi\n"
            )
        })
    }

    /// A vtysh for each command, for a router whose answers to all of them could not be told apart.
    pub fn one_by_one(commands: &[Command]) -> Self {
        Self::with(commands, |_, each| each.to_owned())
    }

    fn with(commands: &[Command], vtysh_part: impl Fn(&[Command], &str) -> String) -> Self {
        let (shell, vtysh): (Vec<Command>, Vec<Command>) =
            commands.iter().partition(|command| command.form() == Form::Shell);
        let mark = format!("kubectl-bgp-{:016x}", RandomState::new().hash_one(commands.len()));
        let section = |label: &str, run: &str| format!("mark begin '{label}'\n{run}\nmark end $?\n");
        let each: String =
            vtysh.iter().map(|command| section(command.name(), &format!("vtysh -c '{}'", command.name()))).collect();
        let sockets = section(
            SOCKETS,
            "for s in /run/frr/*.vty /var/run/frr/*.vty; do [ -e \"$s\" ] || continue; [ -w \"$s\" ] && echo open || echo closed; done",
        );
        let shell: String = shell.iter().map(|command| section(command.name(), command.name())).collect();
        // vtysh would write its history, every command of it, into the router's home folder.
        let text = format!(
            "export HOME=/nonexistent\n\
             mark() {{ printf '\\n%s %s %s\\n' {mark} \"$1\" \"$2\"; printf '\\n%s %s %s\\n' {mark} \"$1\" \"$2\" >&2; }}\n\
             {}{shell}exit 0\n",
            vtysh_part(&vtysh, &(each + &sockets)),
        );
        Self { text, mark }
    }

    /// The sections of an answer; what stands outside of them, such as a greeting, is nobody's.
    pub fn sections(&self, stdout: &str, stderr: &str) -> Vec<Section> {
        let errors = self.split(stderr);
        let stderr_of = |label: &str| {
            errors.iter().find(|(of, _, _)| of == label).map(|(_, text, _)| text.clone()).unwrap_or_default()
        };
        self.split(stdout)
            .into_iter()
            .map(|(label, stdout, exit)| Section { stderr: stderr_of(&label), label, stdout, exit })
            .collect()
    }

    /// Label, text and exit status of each section of one stream.
    fn split(&self, stream: &str) -> Vec<(String, String, Option<i32>)> {
        let begin = format!("\n{} begin ", self.mark);
        let end = format!("\n{} end ", self.mark);
        stream
            .split(begin.as_str())
            .skip(1)
            .map(|section| {
                let (label, rest) = section.split_once('\n').unwrap_or((section, ""));
                let (text, status) = match rest.rsplit_once(end.as_str()) {
                    Some((text, status)) => (text, status.lines().next().and_then(|status| status.trim().parse().ok())),
                    // An empty answer leaves no line between the marks.
                    None => match rest.strip_prefix(&end[1..]) {
                        Some(status) => ("", status.lines().next().and_then(|status| status.trim().parse().ok())),
                        None => (rest, None),
                    },
                };
                (label.to_owned(), text.to_owned(), status)
            })
            .collect()
    }
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
    fn sections_keep_their_text_and_status_on_both_streams() {
        let script = Script::of(COMMANDS);
        let m = &script.mark;
        let stdout = format!(
            "Welcome\n\n{m} begin batch\n{{}}\n\n{m} end 0\n\n{m} begin ip -j addr\n\n{m} end 127\n\n{m} begin x\ncut"
        );
        let stderr = format!("banner\n{m} begin ip -j addr\nsh: ip: not found\n\n{m} end 127\n");
        let sections = script.sections(&stdout, &stderr);
        let section = |label: &str, stdout: &str, stderr: &str, exit| Section {
            label: label.into(),
            stdout: stdout.into(),
            stderr: stderr.into(),
            exit,
        };
        assert_eq!(
            sections,
            [
                section("batch", "{}\n", "", Some(0)),
                section("ip -j addr", "", "sh: ip: not found\n", Some(127)),
                section("x", "cut", "", None),
            ]
        );
    }
}
