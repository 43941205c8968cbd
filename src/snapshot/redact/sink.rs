//! The two passes over a snapshot: the first learns what there is, the second replaces it.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use super::addresses::Addresses;
use super::asns::Asns;
use super::key::Key;
use super::names::{Kind, Names};

/// What is done with what is found. Both passes find the same things, because the same code walks.
pub trait Sink {
    /// A name, or a word that may be one.
    fn name(&mut self, kind: Kind, name: &str) -> String;
    /// The replacement of a word that is a name elsewhere.
    fn known(&self, word: &str) -> Option<String>;
    fn address(&mut self, address: IpAddr) -> IpAddr;
    fn network(&mut self, address: IpAddr, length: u8) -> IpAddr;
    /// Both ends of a range, which keeps what is in it.
    fn range(&mut self, start: IpAddr, stop: IpAddr);
    /// An AS number.
    fn asn(&mut self, asn: u32) -> u32;
    /// A number that may be an AS number: it is one if it is one elsewhere.
    fn number(&self, number: u32) -> u32;
    /// A Service, whose Leases are called after it.
    fn service(&mut self, namespace: &str, name: &str);
    /// Hexadecimal digits of a unique identifier.
    fn digits(&self, text: &str) -> String;
}

/// The first pass.
#[derive(Default)]
pub struct Learning {
    names: HashMap<String, Kind>,
    addresses: BTreeSet<IpAddr>,
    ranges: Vec<(IpAddr, IpAddr)>,
    asns: BTreeSet<u32>,
    services: Vec<(String, String)>,
}

impl Sink for Learning {
    fn name(&mut self, kind: Kind, name: &str) -> String {
        match self.names.get_mut(name) {
            Some(known) => *known = kind.min(*known),
            None => drop(self.names.insert(name.to_owned(), kind)),
        }
        name.to_owned()
    }

    fn known(&self, _: &str) -> Option<String> {
        None
    }

    fn address(&mut self, address: IpAddr) -> IpAddr {
        self.addresses.insert(address);
        address
    }

    fn network(&mut self, address: IpAddr, _: u8) -> IpAddr {
        self.address(address)
    }

    fn range(&mut self, start: IpAddr, stop: IpAddr) {
        self.ranges.push((start, stop));
    }

    fn asn(&mut self, asn: u32) -> u32 {
        self.asns.insert(asn);
        asn
    }

    fn number(&self, number: u32) -> u32 {
        number
    }

    fn service(&mut self, namespace: &str, name: &str) {
        self.services.push((namespace.to_owned(), name.to_owned()));
    }

    fn digits(&self, text: &str) -> String {
        text.to_owned()
    }
}

/// The second pass.
pub struct Replacing {
    key: Key,
    names: Names,
    addresses: Addresses,
    asns: Asns,
}

impl Replacing {
    pub fn new(key: Key, learned: Learning) -> Self {
        let mut names = Names::new(learned.names);
        names.add_leases(&learned.services);
        Self {
            key,
            names,
            addresses: Addresses::new(key, &learned.addresses, &learned.ranges),
            asns: Asns::new(key, &learned.asns),
        }
    }
}

impl Sink for Replacing {
    fn name(&mut self, _: Kind, name: &str) -> String {
        // Both passes walk alike; what was not learned all the same does not pass.
        self.names.get(name).unwrap_or("redacted").to_owned()
    }

    fn known(&self, word: &str) -> Option<String> {
        self.names.get(word).map(str::to_owned)
    }

    fn address(&mut self, address: IpAddr) -> IpAddr {
        self.addresses.map(address)
    }

    fn network(&mut self, address: IpAddr, length: u8) -> IpAddr {
        self.addresses.map_network(address, length)
    }

    fn range(&mut self, _: IpAddr, _: IpAddr) {}

    fn asn(&mut self, asn: u32) -> u32 {
        self.asns.map(asn).unwrap_or(0)
    }

    fn number(&self, number: u32) -> u32 {
        self.asns.map(number).unwrap_or(number)
    }

    fn service(&mut self, _: &str, _: &str) {}

    fn digits(&self, text: &str) -> String {
        let digit = |(at, c): (usize, char)| match c {
            '0'..='9' | 'a'..='f' | 'A'..='F' => {
                char::from_digit((self.key.hash((text, at)) & 0xf) as u32, 16).unwrap_or('0')
            }
            other => other,
        };
        text.chars().enumerate().map(digit).collect()
    }
}
