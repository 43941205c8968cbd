//! What the words of the line say, by the definition of the command line. Half-typed and wrong lines are the rule here.

use clap::{Arg, ArgAction, Command, Parser};

use crate::cli::GlobalFlags;

/// The words before the one that is typed, and what that one is.
pub struct Line<'a> {
    /// The verb's definition, or the program's as long as there is no verb.
    pub command: &'a Command,
    given: Vec<Given<'a>>,
    pub slot: Slot<'a>,
    /// What is typed of it.
    pub typed: &'a str,
}

/// A flag or a word that is there already.
struct Given<'a> {
    arg: &'a Arg,
    value: Option<&'a str>,
}

/// What is typed.
#[derive(Clone, Copy, Debug)]
pub enum Slot<'a> {
    Verb,
    Flag,
    Value(&'a Arg),
    /// Nothing fits here.
    Nothing,
}

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    global: GlobalFlags,
}

impl<'a> Line<'a> {
    /// Reads words with the definition of the whole program, which has been built.
    pub fn read(root: &'a Command, words: &'a [String]) -> Self {
        let (typed, before) = words.split_last().map_or(("", words), |(last, before)| (last.as_str(), before));
        let mut reader =
            Reader { command: root, given: Vec::new(), waiting: None, taking: None, no_flags: false, lost: false };
        before.iter().for_each(|word| reader.take(word));
        let (slot, typed) = reader.slot(typed);
        Self { command: reader.command, given: reader.given, slot, typed }
    }

    /// The values that a flag or word has already.
    pub fn values(&self, arg: &Arg) -> impl Iterator<Item = &'a str> {
        self.given.iter().filter(|given| given.arg.get_id() == arg.get_id()).filter_map(|given| given.value)
    }

    /// Whether a flag may stand here, or once more.
    pub fn takes(&self, flag: &Arg) -> bool {
        let is_there = self.given.iter().any(|given| given.arg.get_id() == flag.get_id());
        !flag.is_hide_set() && (!is_there || matches!(flag.get_action(), ArgAction::Append | ArgAction::Count))
    }

    /// The flags of every verb, as far as they are whole; `None` if they contradict each other.
    pub fn flags(&self) -> Option<GlobalFlags> {
        let parse = |words: &[String]| {
            let program = std::iter::once("kubectl-bgp");
            Flags::try_parse_from(program.chain(words.iter().map(String::as_str))).ok()
        };
        let words = self.given.iter().filter(|given| given.arg.is_global_set()).filter_map(Given::word);
        let whole: Vec<String> = words.filter(|word| parse(std::slice::from_ref(word)).is_some()).collect();
        parse(&whole).map(|flags| flags.global)
    }
}

impl Given<'_> {
    fn word(&self) -> Option<String> {
        let flag = self.arg.get_long()?;
        Some(self.value.map_or_else(|| format!("--{flag}"), |value| format!("--{flag}={value}")))
    }
}

struct Reader<'a> {
    command: &'a Command,
    given: Vec<Given<'a>>,
    /// The flag whose value comes next.
    waiting: Option<&'a Arg>,
    /// The flag that takes words until the next flag.
    taking: Option<&'a Arg>,
    /// `--` was there.
    no_flags: bool,
    /// There was a word that is no verb.
    lost: bool,
}

impl<'a> Reader<'a> {
    fn take(&mut self, word: &'a str) {
        let is_flag = word.len() > 1 && word.starts_with('-') && !self.no_flags;
        if let Some(arg) = self.waiting.take().filter(|_| !is_flag) {
            self.give(arg, Some(word));
            self.taking = Some(arg).filter(|arg| takes_many(arg));
        } else if is_flag {
            self.taking = None;
            self.take_flag(word);
        } else if let Some(arg) = self.taking {
            self.give(arg, Some(word));
        } else if self.command.has_subcommands() {
            match self.command.find_subcommand(word) {
                Some(verb) => self.command = verb,
                None => self.lost = true,
            }
        } else if let Some(arg) = self.positional() {
            self.give(arg, Some(word));
        } else {
            self.lost = true;
        }
    }

    fn take_flag(&mut self, word: &'a str) {
        if word == "--" {
            self.no_flags = true;
            return;
        }
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            if let Some(arg) = self.long(name) {
                self.take_named(arg, value);
            }
            return;
        }
        for (at, short) in word.char_indices().skip(1) {
            let Some(arg) = self.short(short) else { return };
            if takes_value(arg) {
                let rest = &word[at + short.len_utf8()..];
                let value = rest.strip_prefix('=').unwrap_or(rest);
                return self.take_named(arg, Some(value).filter(|_| !rest.is_empty()));
            }
            self.give(arg, None);
        }
    }

    fn take_named(&mut self, arg: &'a Arg, value: Option<&'a str>) {
        if value.is_none() && takes_value(arg) && !arg.is_require_equals_set() {
            self.waiting = Some(arg);
        } else {
            self.give(arg, value);
        }
    }

    fn give(&mut self, arg: &'a Arg, value: Option<&'a str>) {
        self.given.push(Given { arg, value });
    }

    /// What the last word is, and what is typed of it.
    fn slot(&self, typed: &'a str) -> (Slot<'a>, &'a str) {
        if let Some(arg) = self.waiting {
            return (Slot::Value(arg), typed);
        }
        if typed.starts_with('-') && !self.no_flags {
            let Some((flag, value)) = typed.split_once('=') else { return (Slot::Flag, typed) };
            let arg = match flag.strip_prefix("--") {
                Some(long) => self.long(long),
                None => flag.chars().last().and_then(|short| self.short(short)),
            };
            return (arg.filter(|arg| takes_value(arg)).map_or(Slot::Nothing, Slot::Value), value);
        }
        let slot = match self.taking.or_else(|| self.positional()) {
            _ if self.lost => Slot::Nothing,
            Some(arg) => Slot::Value(arg),
            None if self.command.has_subcommands() => Slot::Verb,
            None => Slot::Nothing,
        };
        (slot, typed)
    }

    /// The word that comes next, if the verb takes one more.
    fn positional(&self) -> Option<&'a Arg> {
        let given = self.given.iter().filter(|given| given.arg.is_positional()).count();
        let last = self.command.get_positionals().last().filter(|last| takes_many(last));
        self.command.get_positionals().nth(given).or(last)
    }

    fn long(&self, name: &str) -> Option<&'a Arg> {
        self.command.get_arguments().find(|arg| arg.get_long() == Some(name))
    }

    fn short(&self, name: char) -> Option<&'a Arg> {
        self.command.get_arguments().find(|arg| arg.get_short() == Some(name))
    }
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

fn takes_many(arg: &Arg) -> bool {
    arg.get_num_args().is_some_and(|range| range.max_values() > 1)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    /// The slot, what is typed, and the context and snapshot on the line.
    fn read(line: &str) -> String {
        let mut root = Cli::command();
        root.build();
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let line = Line::read(&root, &words);
        let slot = match line.slot {
            Slot::Value(arg) => format!("{} of {}", arg.get_id(), line.command.get_name()),
            other => format!("{other:?}"),
        };
        let flags = line.flags().map(|flags| format!("{:?} {:?}", flags.kube.context, flags.ends.from));
        format!("{slot} {:?}; {}", line.typed, flags.unwrap_or_default())
    }

    #[track_caller]
    fn is(line: &str, slot: &str) {
        assert_eq!(read(line).split(';').next(), Some(slot), "{line}");
    }

    #[test]
    fn the_typed_word_is_a_verb_a_flag_or_a_value() {
        is("", "Verb \"\"");
        is("pe", "Verb \"pe\"");
        is("--context x ", "Verb \"\"");
        is("peers ", "nodes of peers \"\"");
        is("peers node-1 no", "nodes of peers \"no\"");
        is("peers --", "Flag \"--\"");
        is("peers -o js", "output of peers \"js\"");
        is("peers -o=js", "output of peers \"js\"");
        is("peers -ojson no", "nodes of peers \"no\"");
        is("peers --output=js", "output of peers \"js\"");
        is("peers -An x -", "Flag \"-\"");
        is("why a ", "Nothing \"\"");
        is("check --explain BGP101 BGP1", "explain of check \"BGP1\"");
        is("routes -- -x", "names of routes \"-x\"");
    }

    #[test]
    fn wrong_lines_are_read_as_far_as_they_go() {
        is("nonsense ", "Nothing \"\"");
        is("peers --nonsense ", "nodes of peers \"\"");
        is("peers --nonsense=", "Nothing \"\"");
        is("peers --context --from ", "from of peers \"\"");
        is("peers --all-namespaces=", "Nothing \"\"");
        assert!(read("peers --color=purple --context=a --from demo ").ends_with("; Some(\"a\") Some(\"demo\")"));
        assert!(read("peers --cluster-only --router-only ").ends_with("; "));
    }

    #[test]
    fn flags_of_the_line_are_read_wherever_they_stand() {
        let read = |line| read(line).split("; ").nth(1).map(str::to_owned).expect("flags");
        assert_eq!(read("--context a peers --from=demo "), "Some(\"a\") Some(\"demo\")");
        assert_eq!(read("peers -o json -nx --from demo -l x --context=a "), "Some(\"a\") Some(\"demo\")");
        assert_eq!(read("peers --context "), "None None");
    }
}
