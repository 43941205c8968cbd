//! A word as FRR compares it: numbers and addresses have several spellings.

use std::net::IpAddr;

use ipnet::IpNet;

/// Ordered as FRR orders neighbors and lists: numbers and addresses by value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    Number(u64),
    Address(IpAddr),
    Net(IpNet),
    Text(String),
}

impl Word {
    pub fn of(text: &str) -> Self {
        let number = text.parse().map(Self::Number);
        let address = || text.parse().map(Self::Address);
        let net = || text.parse().map(Self::Net);
        number.or_else(|_| address()).or_else(|_| net()).unwrap_or_else(|_| Self::Text(text.to_owned()))
    }

    pub fn is_text(&self, text: &str) -> bool {
        matches!(self, Self::Text(own) if own == text)
    }
}

/// The one spelling of a word.
pub fn one_spelling(text: &str) -> String {
    match Word::of(text) {
        Word::Address(address) => address.to_string(),
        Word::Net(net) => net.to_string(),
        Word::Number(_) | Word::Text(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_ordered_and_not_texts() {
        assert!(Word::of("10.0.0.9") < Word::of("10.0.0.100") && Word::of("9") < Word::of("10"));
        assert_eq!(Word::of("FD00:0::1"), Word::of("fd00::1"));
        assert_eq!(
            [one_spelling("FD00:0::/64"), one_spelling("K8S"), one_spelling("007")],
            ["fd00::/64", "K8S", "007"]
        );
    }
}
