//! docs/commands.md and the man pages in docs/man, which `cargo xtask docs` writes from the command line's definition.

use clap::{Command, CommandFactory};

use crate::cli::Cli;
use crate::written::is_current;

/// Where lines of the help are broken.
const WIDTH: usize = 100;

const COMMANDS_HEAD: &str = "\
# Commands

`cargo xtask docs` writes this page from the command line's definition: it is what `--help` prints. The flags of every verb
stand once, at the top; [exit-status.md](exit-status.md) says what each verb ends with.
";

const ELSEWHERE: &str =
    "The flags of every verb, for the cluster, the router and both ends, are those of kubectl-bgp(1).";

/// The whole command line; a verb does not repeat the flags that every verb has.
fn definition() -> Command {
    let mut all = Cli::command().term_width(WIDTH);
    all.build();
    all.mut_subcommands(|verb| verb.mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg }))
}

fn commands() -> String {
    let all = definition();
    let mut page = format!("{COMMANDS_HEAD}{}", section(&all, "kubectl bgp"));
    for verb in all.get_subcommands() {
        page.push_str(&section(verb, &format!("kubectl bgp {}", verb.get_name())));
    }
    page
}

fn section(command: &Command, name: &str) -> String {
    let help = command.clone().term_width(WIDTH).render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    format!("\n## {name}\n\n```\n{}\n```\n", lines.join("\n").trim())
}

/// Each page's file name and text.
fn man_pages() -> Vec<(String, String)> {
    let all = definition();
    let verbs = all.get_subcommands().map(|verb| {
        let name = format!("kubectl-bgp-{}", verb.get_name());
        (name.clone(), verb.clone().display_name(name).after_help(ELSEWHERE))
    });
    let pages = std::iter::once(("kubectl-bgp".to_owned(), all.clone())).chain(verbs).map(|(name, command)| {
        let mut text = Vec::new();
        clap_mangen::Man::new(command).title(&name).render(&mut text).expect("memory takes it");
        (format!("{name}.1"), String::from_utf8(text).expect("it is text"))
    });
    pages.collect()
}

#[test]
fn the_commands_page_is_current() {
    is_current("docs/commands.md", &commands());
}

#[test]
fn the_man_pages_are_current() {
    for (name, text) in man_pages() {
        is_current(&format!("docs/man/{name}"), &text);
    }
}
