//! The neighbors and groups of an instance, in the order of the configuration, found by name.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Deref;

use super::neighbor::Neighbor;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neighbors {
    all: Vec<Neighbor>,
    /// By name, of addresses the one spelling.
    places: HashMap<String, usize>,
}

impl Neighbors {
    pub fn get(&self, name: &str) -> Option<&Neighbor> {
        self.place(name).map(|at| &self.all[at])
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Neighbor> {
        self.place(name).map(|at| &mut self.all[at])
    }

    pub(super) fn add(&mut self, neighbor: Neighbor) {
        self.places.insert(one_spelling(&neighbor.name), self.all.len());
        self.all.push(neighbor);
    }

    pub(super) fn remove(&mut self, name: &str) {
        let Some(gone) = self.place(name) else { return };
        self.all.remove(gone);
        self.places = self.all.iter().enumerate().map(|(at, neighbor)| (one_spelling(&neighbor.name), at)).collect();
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).or_else(|| self.places.get(&one_spelling(name))).copied()
    }
}

impl Deref for Neighbors {
    type Target = [Neighbor];

    fn deref(&self) -> &[Neighbor] {
        &self.all
    }
}

impl<'a> IntoIterator for &'a Neighbors {
    type Item = &'a Neighbor;
    type IntoIter = std::slice::Iter<'a, Neighbor>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

/// Addresses have several spellings, and FRR takes them all for one neighbor.
fn one_spelling(name: &str) -> String {
    name.parse::<IpAddr>().map_or_else(|_| name.to_owned(), |address| address.to_string())
}
