//! Passwords, beside a snapshot: it has none. In a router's answers a stand-in takes the place of each, the same one for the
//! same password, so that what reads them can tell whether two are equal and nothing else.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use serde_json::value::RawValue;

use super::secrets::secret_of;
use super::{Command, Document, Gap, Snapshot};
use crate::frr::config::secret::{CUT, Reader};
use crate::unifi;

/// Nothing prints or stores it.
#[derive(Default)]
pub struct Passwords {
    /// Each stands where its stand-in's number says.
    known: Vec<SecretString>,
    /// By the name that an `authSecretRef` has.
    of_secrets: BTreeMap<String, SecretPassword>,
    /// Secrets that could not be read.
    pub gaps: Vec<Gap>,
}

/// The password that an `authSecretRef` leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPassword {
    /// The Secret, with its namespace if that is known.
    pub secret: String,
    pub stand_in: Result<String, Unusable>,
}

/// Why a password cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// It is not known.
    Unread(String),
    /// There is none: sessions go without.
    Absent(String),
    /// No router can have it.
    Impossible(String),
}

impl Passwords {
    /// Takes them out of all that the routers of a snapshot said.
    pub fn take_out_of(&mut self, snapshot: &mut Snapshot) {
        for document in snapshot.routers.iter_mut().flatten().flat_map(|router| &mut router.documents) {
            document.text = document.text.take().map(|text| self.take(&text));
            if document.name == Command::StoredConfig.name() {
                self.take_out_of_stored(document);
            }
        }
    }

    /// UniFi's answer has the configuration as one text among others.
    fn take_out_of_stored(&mut self, document: &mut Document) {
        let Some(mut answer) = document.json.take().and_then(|json| serde_json::from_str::<Value>(json.get()).ok())
        else {
            return;
        };
        for stored in answer.as_array_mut().into_iter().flatten() {
            if let Some(Value::String(text)) = stored.get_mut(unifi::CONFIG) {
                *text = self.take(text);
            }
        }
        document.json = RawValue::from_string(answer.to_string()).ok();
    }

    /// The same of a configuration.
    pub fn take(&mut self, text: &str) -> String {
        text.split_inclusive('\n').map(|line| self.taken(line)).collect()
    }

    fn taken(&mut self, line: &str) -> String {
        let Some((before, behind)) = secret_of(line, Reader::Frr).and_then(|at| line.split_at_checked(at)) else {
            return line.to_owned();
        };
        match behind.trim() {
            CUT => line.to_owned(),
            secret => format!("{before}{}\n", self.stand_in(secret.into())),
        }
    }

    /// A text with stand-ins, one for all passwords that are not known.
    pub fn in_place_of(&self, text: &str) -> String {
        let line = |line: &str| {
            let Some((before, behind)) = secret_of(line, Reader::Frr).and_then(|at| line.split_at_checked(at)) else {
                return line.to_owned();
            };
            let known = self.known.iter().position(|known| known.expose_secret() == behind.trim());
            format!("{before}{}\n", known.map_or_else(|| "<another-password>".to_owned(), name))
        };
        text.split_inclusive('\n').map(line).collect()
    }

    pub fn stand_in(&mut self, password: SecretString) -> String {
        let is_it = |known: &SecretString| known.expose_secret() == password.expose_secret();
        let at = self.known.iter().position(is_it).unwrap_or_else(|| {
            self.known.push(password);
            self.known.len() - 1
        });
        name(at)
    }

    /// What a word stands for, if it stands for something.
    pub fn behind(&self, word: &str) -> Option<&SecretString> {
        let number: usize = word.strip_prefix("<password-")?.strip_suffix('>')?.parse().ok()?;
        self.known.get(number.checked_sub(1)?)
    }

    pub fn learn(&mut self, name: &str, password: SecretPassword) {
        self.of_secrets.insert(name.to_owned(), password);
    }

    /// What is known of the Secret that an `authSecretRef` names.
    pub fn of_secret(&self, name: &str) -> SecretPassword {
        self.of_secrets.get(name).cloned().unwrap_or_else(|| SecretPassword {
            secret: name.to_owned(),
            stand_in: Err(Unusable::Unread(format!("Secret {name} is not read"))),
        })
    }
}

fn name(at: usize) -> String {
    format!("<password-{}>", at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_password_has_the_same_stand_in() {
        let mut passwords = Passwords::default();
        let text = "router bgp 1\n neighbor a password s3cret\n neighbor b password  other\n neighbor c password s3cret\n\
                    neighbor d password <cut>\n neighbor e description x\n";
        let taken = passwords.take(text);
        assert_eq!(
            taken,
            "router bgp 1\n neighbor a password <password-1>\n neighbor b password <password-2>\n \
             neighbor c password <password-1>\nneighbor d password <cut>\n neighbor e description x\n"
        );
        assert_eq!(passwords.stand_in("other".into()), "<password-2>");
        let behind = |word| passwords.behind(word).map(|password| password.expose_secret().to_owned());
        assert_eq!(behind("<password-2>").as_deref(), Some("other"));
        assert_eq!(
            [behind("<password-0>"), behind("<password-3>"), behind("<cut>"), behind("other")],
            [const { None }; 4]
        );
    }

    #[test]
    fn what_looks_like_a_stand_in_has_one_of_its_own() {
        let mut passwords = Passwords::default();
        let taken = passwords.take("neighbor a password one\nneighbor b password <password-1>\n");
        assert_eq!(taken, "neighbor a password <password-1>\nneighbor b password <password-2>\n");
    }
}
