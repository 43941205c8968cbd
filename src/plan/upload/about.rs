//! Comments: which blocks and neighbors there are, whose they are, and once what each kind of statement does.

use std::collections::HashSet;

use super::notes::Notes;
use super::words;
use crate::frr::config::canonical::Setting;

/// What stands before a statement.
#[derive(Default)]
pub struct About {
    /// An empty comment comes first.
    pub is_apart: bool,
    pub comments: Vec<String>,
}

/// Nothing is explained twice.
pub struct Explained<'a> {
    notes: &'a Notes,
    said: HashSet<String>,
    /// What the statement before belongs to.
    last: String,
}

impl<'a> Explained<'a> {
    pub fn new(notes: &'a Notes) -> Self {
        Self { notes, said: HashSet::new(), last: String::new() }
    }

    pub fn of(&mut self, within: &[&Setting], setting: &Setting) -> About {
        let words: Vec<&str> = setting.words.iter().map(String::as_str).collect();
        let (section, heading) = self.section(within, &words);
        let is_new = section != self.last;
        let is_apart = is_new && !section.is_empty() && is_set_apart(&section, &self.last);
        self.last = section;
        let mut comments: Vec<String> = heading.into_iter().filter(|_| is_new).collect();
        let has_heading = !comments.is_empty();
        let about = if has_heading { None } else { words::about(setting.on, &words) };
        comments.extend(about.filter(|text| self.said.insert(text.clone())));
        About { is_apart, comments }
    }

    /// What a statement belongs to, and what is said of that where it begins.
    fn section(&self, within: &[&Setting], words: &[&str]) -> (String, Option<String>) {
        let named = |kind: &str, name: &str| format!("{kind} {name}");
        match (within, words) {
            ([], ["router", "bgp", asn]) => (named("bgp", asn), Some(format!("BGP: this router is AS {asn}"))),
            ([], ["router", "bgp", asn, rest @ ..]) => {
                let place = rest.join(" ");
                (named(asn, &place), Some(format!("BGP of {place}: this router is AS {asn}")))
            }
            ([], ["route-map", name, ..]) => {
                let said = "its entries are tried by their numbers, and the first that matches decides";
                (named("map", name), Some(format!("Route-map {name}: {said}")))
            }
            ([], ["ip" | "ipv6", kind @ ("prefix-list" | "access-list"), name, ..]) => {
                let said = "the first line that matches a route decides; what none matches is refused";
                (named(kind, name), Some(format!("List {name}: {said}")))
            }
            ([], [kind @ ("access-list" | "bgp" | "rpki"), ..]) => ((*kind).to_owned(), None),
            ([_], ["address-family", family @ ..]) => {
                let family = family.join(" ");
                (named("family", &family), Some(format!("What is exchanged: {}", words::family(&family))))
            }
            ([_], ["neighbor", name, ..]) => (named("neighbor", name), Some(self.neighbor(name, words))),
            ([_], ["bgp", "listen", "range", ..]) => ("listen".to_owned(), None),
            _ => (String::new(), None),
        }
    }

    fn neighbor(&self, name: &str, words: &[&str]) -> String {
        let is_group = matches!(words, [_, _, "peer-group"]);
        match self.notes.nodes(name) {
            _ if is_group && self.notes.is_of_nodes(name) => {
                format!("Peer-group {name}: what is said of it holds for all its neighbors, the cluster's nodes")
            }
            _ if is_group => format!("Peer-group {name}: what is said of it holds for all its neighbors"),
            Some(nodes) => nodes,
            None => "none of the cluster's nodes; it stays as it was".to_owned(),
        }
    }
}

/// Neighbors stand together, groups apart.
fn is_set_apart(section: &str, last: &str) -> bool {
    let is_address =
        |section: &str| section.strip_prefix("neighbor ").is_some_and(|name| name.parse::<std::net::IpAddr>().is_ok());
    !(is_address(section) && is_address(last))
}
