//! What fits where the cursor is. The CLI says it itself: by the values it lists, else by the names of its values, such as
//! `SERVICE|VIP|PREFIX`.

use clap::{Arg, ValueHint};

use super::answer::{Answer, Candidate, Files};
use super::line::{Line, Slot};
use super::live;
use crate::commands::{check, udm_sync};
use crate::present;
use crate::rules;

pub fn answer(line: &Line) -> Answer {
    match line.slot {
        Slot::Verb => Answer::of(verbs(line)).beginning_with(line.typed),
        Slot::Flag => Answer::of(flags(line)).beginning_with(line.typed),
        Slot::Value(arg) => of_list(arg, line),
        Slot::Nothing => Answer::default(),
    }
}

fn verbs(line: &Line) -> impl Iterator<Item = Candidate> {
    let shown = line.command.get_subcommands().filter(|verb| !verb.is_hide_set());
    shown.map(|verb| Candidate::new(verb.get_name(), verb.get_about().map(ToString::to_string).unwrap_or_default()))
}

fn flags(line: &Line) -> impl Iterator<Item = Candidate> {
    line.command.get_arguments().filter(|flag| line.takes(flag)).flat_map(|flag| {
        let about = flag.get_help().map(ToString::to_string).unwrap_or_default();
        let long = flag.get_long().map(|name| format!("--{name}"));
        let short = flag.get_short().map(|name| format!("-{name}"));
        long.into_iter().chain(short).map(move |word| Candidate::new(word, about.clone()))
    })
}

/// A value, or the last one of a list with commas. What is there already is not offered again.
fn of_list(arg: &Arg, line: &Line) -> Answer {
    let delimiter = arg.get_value_delimiter();
    let before = delimiter.and_then(|comma| line.typed.rfind(comma)).map_or("", |comma| &line.typed[..=comma]);
    let mut answer = of_value(arg, line);
    let split = |text: &str| match delimiter {
        Some(comma) => text.split(comma).map(str::to_owned).collect(),
        None => vec![text.to_owned()],
    };
    let there: Vec<String> = line.values(arg).chain([before]).flat_map(split).collect();
    answer.candidates.retain(|candidate| !there.contains(&candidate.word));
    answer.candidates.iter_mut().for_each(|candidate| candidate.word.insert_str(0, before));
    answer.beginning_with(line.typed)
}

fn of_value(arg: &Arg, line: &Line) -> Answer {
    let listed = arg.get_possible_values();
    if !listed.is_empty() {
        let shown = listed.iter().filter(|value| !value.is_hide_set());
        return Answer::of(shown.map(|value| {
            Candidate::new(value.get_name(), value.get_help().map(ToString::to_string).unwrap_or_default())
        }));
    }
    if arg.get_id() == "from" {
        return snapshots(line.typed);
    }
    let name = arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    match name {
        "FORMAT" => Answer::of(formats(line)),
        "RULE" => Answer::of(named_rules()),
        "FILE" | "DIR" | "SOCKET" => Answer::files(Files::Any),
        _ if matches!(arg.get_value_hint(), ValueHint::AnyPath) => Answer::files(Files::Any),
        "CONTEXT" | "CLUSTER" | "USER" => Answer::of(live::of_kubeconfig(name, line)),
        _ => Answer::of(live::named(name, line)),
    }
}

fn formats(line: &Line) -> impl Iterator<Item = Candidate> {
    let more = match line.command.get_name() {
        "check" => check::REPORTS,
        "udm-sync" => &[udm_sync::FRR],
        _ => &[],
    };
    let takes_more = |name: &str| name.starts_with("jsonpath") || name.starts_with("custom-columns");
    let word = move |name: &str| if takes_more(name) { format!("{name}=") } else { name.to_owned() };
    present::FORMATS.iter().chain(more).map(move |name| Candidate::plain(word(name)))
}

fn named_rules() -> impl Iterator<Item = Candidate> {
    let groups = rules::groups().iter().map(|group| Candidate::new(group.name, "a group of rules"));
    groups.chain(rules::all().map(|rule| Candidate::new(rule.code, rule.title)))
}

/// The built-in one and the JSON files of this folder; the shell finds those that a path leads to.
fn snapshots(typed: &str) -> Answer {
    const BUILT_IN: &str = "demo";
    let here = std::fs::read_dir(".").into_iter().flatten().flatten();
    let names = here.filter_map(|entry| entry.file_name().into_string().ok());
    let mut files: Vec<String> = names.filter(|name| is_json(name) && name.starts_with(typed)).collect();
    if files.is_empty() && !BUILT_IN.starts_with(typed) {
        return Answer::files(Files::Json);
    }
    files.sort();
    let built_in = Candidate::new(BUILT_IN, "the snapshot that is built in");
    Answer::of(std::iter::once(built_in).chain(files.into_iter().map(Candidate::plain)))
}

fn is_json(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}
