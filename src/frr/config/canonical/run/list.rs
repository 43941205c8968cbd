//! Lists whose lines have numbers: prefix-lists, access lists, lists of communities and AS paths.

use super::super::super::Version;
use super::super::super::read::lists;
use super::super::super::statement::Statement;
use super::super::settings::{Setting, Slot, slot};
use super::super::spell::number;
use super::super::spell::plain as one_spelling;
use super::super::word::Word;
use super::{Machine, Refusal};

/// A statement of such a list.
pub(super) struct Rule<'a> {
    /// What the list is called, with its kind.
    list: Vec<&'a str>,
    /// What stands behind.
    rest: &'a [&'a str],
}

pub(super) fn numbered<'a>(words: &'a [&'a str]) -> Option<Rule<'a>> {
    let kind: Vec<&str> = match words {
        ["ip" | "ipv6", "prefix-list", ..] | ["ipv6" | "mac", "access-list", ..] => words[..2].to_vec(),
        ["access-list", ..] => vec!["access-list"],
        ["ip" | "bgp", "as-path", "access-list", ..] => vec!["bgp", "as-path", "access-list"],
        ["ip" | "bgp", "community-list" | "large-community-list" | "extcommunity-list", kind, ..] => {
            let kind = Some(*kind).filter(|kind| ["standard", "expanded"].contains(kind));
            ["bgp", words[1]].into_iter().chain(kind).collect()
        }
        _ => return None,
    };
    let (name, rest) = words[kind.len()..].split_first()?;
    Some(Rule { list: kind.into_iter().chain([*name]).collect(), rest })
}

impl Machine {
    pub(super) fn rule(&mut self, statement: &Statement, rule: &Rule) -> bool {
        let list = slot(&rule.list);
        match (rule.rest, statement.on) {
            ([], false) => self.forget(&list, |_| true),
            ([], true) => self.refuse(statement, Refusal::BadValue),
            (["description" | "remark", ..], on) => {
                let at = [&list[..], &[Word::of(rule.rest[0])]].concat();
                let said = rule.list.iter().chain(rule.rest).map(|&word| word.to_owned()).collect();
                if on { self.settings.put(at, Setting::new(true, said)) } else { self.settings.remove(&at) }
            }
            (["seq", seq, text @ ..], on) => {
                let Ok(seq) = seq.parse() else { return self.refuse(statement, Refusal::BadValue) };
                if on { self.add(statement, rule, Some(seq), text) } else { self.drop_number(&list, seq) }
            }
            (text, true) => self.add(statement, rule, None, text),
            (text, false) => match said(rule, text) {
                Some(text) => self.forget(&list, |words| words.ends_with(&text)),
                None => false,
            },
        }
    }

    fn add(&mut self, statement: &Statement, rule: &Rule, seq: Option<u64>, text: &[&str]) -> bool {
        let Some(text) = said(rule, text) else { return self.refuse(statement, Refusal::BadValue) };
        let list = slot(&rule.list);
        let key = format!("{} {}", rule.list.join(" "), text.join(" "));
        if self.dialect.drops_same_rules() && self.rules.contains(&key) {
            return false;
        }
        let numbers = [&list[..], &[Word::Text("seq".into())]].concat();
        let seq = seq.unwrap_or_else(|| {
            let last = self.settings.last_starting(&numbers);
            let last = last.and_then(|(slot, _)| match slot.last() {
                Some(Word::Number(seq)) => Some(*seq),
                _ => None,
            });
            (last.unwrap_or(0) / 5 + 1) * 5
        });
        let at = [&numbers[..], &[Word::Number(seq)]].concat();
        let number = number(&seq.to_string());
        let mut words: Vec<String> = rule.list.iter().map(|&word| word.to_owned()).collect();
        words.extend(["seq".to_owned(), number]);
        words.extend(text);
        self.forget_rule(&at);
        if self.dialect.drops_same_rules() {
            self.rules.insert(key);
        }
        self.settings.put(at, Setting::new(true, words))
    }

    fn drop_number(&mut self, list: &Slot, seq: u64) -> bool {
        let at = [&list[..], &[Word::Text("seq".into()), Word::Number(seq)]].concat();
        self.forget_rule(&at);
        self.settings.remove(&at)
    }

    fn forget(&mut self, list: &Slot, is_gone: impl Fn(&[String]) -> bool) -> bool {
        let gone: Vec<Slot> = self
            .settings
            .starting(list)
            .filter(|(_, setting)| is_gone(&setting.words))
            .map(|(slot, _)| slot.clone())
            .collect();
        gone.iter().for_each(|at| {
            self.forget_rule(at);
            self.settings.remove(at);
        });
        !gone.is_empty()
    }

    fn forget_rule(&mut self, at: &Slot) {
        if let Some(setting) = self.settings.get(at)
            && let Some(seq) = setting.words.iter().position(|word| word == "seq")
        {
            let (list, text) = setting.words.split_at(seq);
            self.rules.remove(&format!("{} {}", list.join(" "), text[2..].join(" ")));
        }
    }
}

/// A rule in its one spelling; nothing if FRR would not take it.
fn said(rule: &Rule, text: &[&str]) -> Option<Vec<String>> {
    match (rule.list[..].get(1), text) {
        (Some(&"prefix-list"), [action @ ("permit" | "deny"), prefix, options @ ..]) => {
            let version = if rule.list[0] == "ip" { Version::V4 } else { Version::V6 };
            let entry = lists::rule(version, 0, text, 0)?;
            let mut words = vec![(*action).to_owned()];
            words.push(entry.prefix.map_or_else(|| (*prefix).to_owned(), |prefix| prefix.to_string()));
            // FRR writes `ge` first.
            for (name, length) in [("ge", entry.ge), ("le", entry.le)] {
                words.extend(length.into_iter().flat_map(|length| [name.to_owned(), length.to_string()]));
            }
            (options.len() % 2 == 0).then_some(words)
        }
        (Some(&"prefix-list"), _) => None,
        _ => Some(one_spelling(text)),
    }
}
