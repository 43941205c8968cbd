//! Who says an old address: annotations, Gateways, and texts of the repository.

use std::net::IpAddr;

use super::Situation;
use crate::cilium::Metadata;

/// Where an address stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An annotation of an object, `KIND NAMESPACE/NAME`.
    Annotation { object: String, key: String },
    /// A Gateway's `spec.addresses`.
    GatewayAddress { object: String },
    /// A file of the repository, and its line.
    File { file: String, line: usize },
}

/// An old address, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub address: IpAddr,
    pub place: Place,
    /// The line or the value.
    pub text: String,
}

/// Annotations that say what is asked for; the move changes them by itself.
const ASKED: &[&str] =
    &["lbipam.cilium.io/ips", "io.cilium/lb-ipam-ips", "kubectl.kubernetes.io/last-applied-configuration"];

/// Everyone who says one of the addresses. Ingresses and DNS itself are not read.
pub fn find(situation: &Situation, old: &[IpAddr]) -> Vec<Reference> {
    let mut found = Vec::new();
    for service in situation.services {
        annotations("Service", &service.metadata, old, &mut found);
    }
    for gateway in situation.gateways {
        annotations("Gateway", &gateway.metadata, old, &mut found);
        for address in gateway.spec.addresses.iter().filter(|address| address.is_ip()) {
            let object = object("Gateway", &gateway.metadata);
            let place = Place::GatewayAddress { object };
            found.extend(of_text(&address.value, old).map(|address| Reference {
                address,
                place: place.clone(),
                text: address.to_string(),
            }));
        }
    }
    for (file, text) in situation.files {
        for (at, line) in text.lines().enumerate() {
            let place = || Place::File { file: (*file).to_owned(), line: at + 1 };
            found.extend(of_text(line, old).map(|address| Reference {
                address,
                place: place(),
                text: line.trim().to_owned(),
            }));
        }
    }
    found
}

fn annotations(kind: &str, metadata: &Metadata, old: &[IpAddr], found: &mut Vec<Reference>) {
    for (key, value) in metadata.annotations.iter().filter(|(key, _)| !ASKED.contains(&key.as_str())) {
        let place = || Place::Annotation { object: object(kind, metadata), key: key.clone() };
        found.extend(of_text(value, old).map(|address| Reference { address, place: place(), text: value.clone() }));
    }
}

fn object(kind: &str, metadata: &Metadata) -> String {
    format!("{kind} {}/{}", metadata.namespace, metadata.name)
}

/// The addresses that stand in a text, each once.
fn of_text<'a>(text: &'a str, old: &'a [IpAddr]) -> impl Iterator<Item = IpAddr> + 'a {
    let words = text.split(|c: char| !c.is_ascii_hexdigit() && c != ':' && c != '.').filter(|word| word.len() > 2);
    let said: Vec<IpAddr> = words.filter_map(address).collect();
    old.iter().copied().filter(move |ip| said.contains(ip))
}

/// An address, with a port or a full stop behind it perhaps, or a key in front.
fn address(word: &str) -> Option<IpAddr> {
    let bare = word.trim_end_matches(['.', ':']);
    bare.parse().ok().or_else(|| {
        let mut parts = bare.split(':').filter(|part| part.contains('.'));
        parts.find_map(|part| part.parse().ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_as_whole_words_however_they_are_written() {
        let old: Vec<IpAddr> = ["10.90.3.20", "fd00::20"].iter().map(|ip| ip.parse().expect("an address")).collect();
        for text in [
            "VIP=10.90.3.20",
            "http://10.90.3.20:80/x",
            "10.90.3.20/32",
            "\"10.90.3.20\",",
            "to 10.90.3.20.",
            "[fd00:0:0::20]:443",
            "a: FD00::20",
            "10.90.3.20-10.90.3.30",
            "ip:10.90.3.20",
        ] {
            assert_eq!(of_text(text, &old).count(), 1, "{text}");
        }
        for text in
            ["10.90.3.200", "110.90.3.20", "1.10.90.3.20", "10.90.3.20.1", "10.90.3", "fd00::200", "", "v10_90_3_20"]
        {
            assert_eq!(of_text(text, &old).count(), 0, "{text}");
        }
    }
}
