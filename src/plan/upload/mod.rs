//! The BGP part of a configuration as the file that is uploaded: complete, for a reader who meets BGP for the first time, and
//! in the order that UniFi takes: `router bgp`, then route-maps, then lists. A list further up is dropped there without a word.

mod about;
mod changes;
mod notes;
mod words;

use secrecy::{ExposeSecret, SecretString};

use crate::frr::config::canonical::{Canonical, Line, Said, lines};
use crate::frr::config::secret::CUT;
use crate::plan::part::apart;
use crate::snapshot::Passwords;
use about::Explained;
pub use changes::changes;
pub use notes::Notes;

/// A file, line by line. Where a password stands, its stand-in does.
#[derive(Debug, Default)]
pub struct Upload {
    pub lines: Vec<Printed>,
    /// Statements of the configuration that are no part of BGP.
    pub left_out: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    pub depth: usize,
    pub text: Text,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// Behind a `!`. An empty one sets apart what stands around it.
    Comment(String),
    Statement {
        full: String,
        without_secret: String,
    },
}

impl Upload {
    /// Of all that a configuration should be.
    pub fn of(wanted: &Canonical, notes: &Notes) -> Self {
        let (tops, others) = apart(wanted.settings());
        let left_out = others.iter().map(|setting| setting.text()).collect();
        let mut upload = Self { lines: Vec::new(), left_out };
        notes.title.iter().for_each(|line| upload.comment(0, line));
        let mut explained = Explained::new(notes);
        for line in tops.into_iter().flat_map(lines) {
            upload.add(&line, &mut explained);
        }
        upload
    }

    pub fn is_empty(&self) -> bool {
        !self.lines.iter().any(|line| matches!(line.text, Text::Statement { .. }))
    }

    fn add(&mut self, line: &Line, explained: &mut Explained) {
        let depth = line.within.len();
        match line.said {
            Said::Statement(setting) => {
                let about = explained.of(&line.within, setting);
                if about.is_apart && !self.lines.is_empty() {
                    self.comment(depth, "");
                }
                about.comments.iter().for_each(|text| self.comment(depth, text));
                self.statement(depth, setting.full_text(), setting.text());
            }
            Said::End(end) => self.statement(depth.saturating_sub(1), end.to_owned(), end.to_owned()),
        }
    }

    fn comment(&mut self, depth: usize, text: &str) {
        self.lines.push(Printed { depth, text: Text::Comment(plain(text)) });
    }

    fn statement(&mut self, depth: usize, full: String, without_secret: String) {
        self.lines.push(Printed { depth, text: Text::Statement { full, without_secret } });
    }

    /// With the passwords in it.
    ///
    /// # Errors
    /// The statements whose passwords are not known.
    pub fn print(&self, passwords: &Passwords) -> Result<SecretString, Vec<String>> {
        let mut unknown = Vec::new();
        let text = self.written(|full, without_secret| {
            if is_cut(full) {
                unknown.push(without_secret.to_owned());
            }
            // Elsewhere what looks like a stand-in is somebody's own word.
            let secret = full.strip_prefix(without_secret).unwrap_or_default();
            match passwords.behind(secret.trim_start()) {
                Some(password) => format!("{without_secret} {}", password.expose_secret()),
                None => full.to_owned(),
            }
        });
        if unknown.is_empty() { Ok(text.into()) } else { Err(unknown) }
    }

    /// Without passwords: their statements are comments, so that nobody's router takes them. So are those of which a
    /// recording has not all.
    pub fn print_cut(&self) -> String {
        self.written(|full, without_secret| {
            if full != without_secret {
                format!("! {} {CUT}", plain(without_secret))
            } else if is_cut(full) {
                format!("! {}", plain(full))
            } else {
                full.to_owned()
            }
        })
    }

    /// Statements alone, with stand-ins for passwords: what differs shows, and nothing else.
    pub fn print_statements(&self) -> String {
        let statement = |Printed { depth, text }: &Printed| match text {
            Text::Comment(_) => None,
            Text::Statement { full, .. } => Some(format!("{}{full}\n", " ".repeat(*depth))),
        };
        self.lines.iter().filter_map(statement).collect()
    }

    /// Whether a password is in it, or was.
    pub fn has_passwords(&self) -> bool {
        self.lines
            .iter()
            .any(|line| matches!(&line.text, Text::Statement { full, without_secret } if full != without_secret || is_cut(full)))
    }

    fn written(&self, mut statement: impl FnMut(&str, &str) -> String) -> String {
        let line = |Printed { depth, text }: &Printed| {
            let said = match text {
                Text::Comment(text) if text.is_empty() => "!".to_owned(),
                Text::Comment(text) => format!("! {text}"),
                Text::Statement { full, without_secret } => statement(full, without_secret),
            };
            format!("{}{said}\n", " ".repeat(*depth))
        };
        self.lines.iter().map(line).collect()
    }
}

/// Names come from clusters and routers: none of them may end a comment's line, or reach a terminal as more than text.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

fn is_cut(text: &str) -> bool {
    text.split(' ').any(|word| word == CUT)
}

#[cfg(test)]
mod tests;
