//! The Secrets that hold passwords of sessions: read where an object names one, and never a part of the snapshot.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::ends::ClusterSide;
use crate::cilium::config::Settings;
use crate::shell;
use crate::snapshot::passwords::{SecretPassword, Unusable};
use crate::snapshot::{ClusterAnswers, Document, Gap, Kind, Missing, Passwords, Reason};

/// Where Cilium's chart has the Secrets, and what is taken where the setting does not say it.
const NAMESPACE: &str = "kube-system";

/// What a kernel takes (linux/tcp.h, TCP_MD5SIG_MAXKEYLEN).
const LONGEST: usize = 80;

/// Reads the Secrets that objects name, if any does.
pub async fn read(side: &ClusterSide<'_>, answers: &ClusterAnswers, passwords: &mut Passwords) {
    let names = named(answers);
    if names.is_empty() {
        return;
    }
    let settings = side.waiting(side.documents(&[Kind::CiliumConfig])).await;
    let namespace = settings.first().map_or_else(|| Err(Missing::new(Reason::Failed, "not asked")), namespace);
    for name in names {
        let password = match &namespace {
            Ok(namespace) => of_secret(side, namespace, &name, passwords).await,
            Err(missing) => {
                let what = Kind::CiliumConfig.name().to_owned();
                let gap = Gap { what, missing: missing.clone() };
                if !passwords.gaps.contains(&gap) {
                    passwords.gaps.push(gap);
                }
                let why = format!("in which namespace the Secret {name} is, is not known");
                SecretPassword { secret: name.clone(), stand_in: Err(Unusable::Unread(why)) }
            }
        };
        passwords.learn(&name, password);
    }
}

/// The names that an `authSecretRef` has.
fn named(answers: &ClusterAnswers) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for document in [Kind::BgpPeerConfig, Kind::BgpPeeringPolicy].into_iter().filter_map(|kind| answers.document(kind))
    {
        if let Some(value) = document.body().and_then(|body| serde_json::from_str(body).ok()) {
            collect(&value, &mut names);
        }
    }
    names
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value.as_str() {
                    Some(name) if key == "authSecretRef" => drop(names.insert(name.to_owned())),
                    _ => collect(value, names),
                }
            }
        }
        _ => {}
    }
}

/// The namespace of the Secrets, which no setting at all leaves where the chart has it.
fn namespace(settings: &Document) -> Result<String, Missing> {
    match (&settings.missing, settings.body()) {
        (Some(missing), _) => Err(missing.clone()),
        (None, body) => {
            let settings: Settings = serde_json::from_str(body.unwrap_or_default())
                .map_err(|error| Missing::new(Reason::Failed, format!("it makes no sense: {error}")))?;
            Ok(settings.bgp_secrets_namespace().unwrap_or(NAMESPACE).to_owned())
        }
    }
}

async fn of_secret(side: &ClusterSide<'_>, namespace: &str, name: &str, passwords: &mut Passwords) -> SecretPassword {
    let secret = format!("{namespace}/{name}");
    let stand_in = match side.secret(namespace, name).await {
        Ok(body) => password(&secret, &body).map(|password| passwords.stand_in(password.into())),
        Err(missing) if missing.reason == Reason::NotFound => {
            Err(Unusable::Absent(format!("there is no Secret {secret}, so the sessions have no password")))
        }
        Err(missing) => {
            passwords
                .gaps
                .push(Gap { what: format!("the Secret {secret}"), missing: with_hint(missing, namespace, name) });
            Err(Unusable::Unread(format!("the Secret {secret} could not be read")))
        }
    };
    SecretPassword { secret, stand_in }
}

/// The right for this one is what is missing, and not those that reading takes.
fn with_hint(missing: Missing, namespace: &str, name: &str) -> Missing {
    if missing.reason != Reason::Forbidden {
        return missing;
    }
    let words = ["kubectl", "-n", namespace, "create", "role", "kubectl-bgp-password", "--verb", "get", "--resource"];
    let role = shell::command(words.into_iter().chain(["secrets", "--resource-name", shell::name(name)]));
    Missing { hints: Vec::new(), ..missing }.hint(format!(
        "`{role}` and a rolebinding allow it (docs/rights/passwords.yaml); without it passwords are not compared"
    ))
}

/// As it stands in the Secret: an agent takes every byte of it.
fn password(secret: &str, body: &str) -> Result<String, Unusable> {
    let object: Value =
        serde_json::from_str(body).map_err(|_| Unusable::Unread(format!("the Secret {secret} makes no sense")))?;
    let Some(encoded) = object.pointer("/data/password").and_then(Value::as_str) else {
        let why = format!("the Secret {secret} has no key `password`, so the sessions have no password");
        return Err(Unusable::Absent(why));
    };
    let impossible = |what: &str| Unusable::Impossible(format!("the password of the Secret {secret} {what}"));
    let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| impossible("is no base64"))?;
    let password =
        String::from_utf8(bytes).map_err(|_| impossible("is no text, which `neighbor ... password` takes"))?;
    match password.as_str() {
        "" => Err(Unusable::Absent(format!("the password of the Secret {secret} is empty, so the sessions have none"))),
        text if text.ends_with('\n') => {
            Err(impossible("ends with a line break, which no router's can (use `printf`, not `echo`)"))
        }
        text if !text.chars().all(|c| c.is_ascii_graphic()) => {
            Err(impossible("has characters that `neighbor ... password` does not take"))
        }
        text if text.len() > LONGEST => Err(impossible("is longer than the 80 characters that TCP MD5 takes")),
        _ => Ok(password),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &str) -> Result<String, Unusable> {
        password("a/b", &format!(r#"{{"kind": "Secret", "data": {data}}}"#))
    }

    #[test]
    fn a_password_is_every_byte_of_its_key() {
        assert_eq!(read(r#"{"password": "czNjcmV0"}"#).as_deref(), Ok("s3cret"));
        for (data, said) in [
            (r#"{"password": "czNjcmV0Cg=="}"#, "ends with a line break"),
            (r#"{"password": "YSBi"}"#, "does not take"),
            (r#"{"password": "gICA"}"#, "is no text"),
            (r#"{"password": "*"}"#, "is no base64"),
        ] {
            assert!(matches!(read(data), Err(Unusable::Impossible(why)) if why.contains(said)), "{data}");
        }
        for data in [r#"{"passwort": "czNjcmV0"}"#, r#"{"password": ""}"#, "null"] {
            assert!(matches!(read(data), Err(Unusable::Unread(_) | Unusable::Absent(_))), "{data}");
        }
    }

    #[test]
    fn the_names_are_those_of_every_object() {
        let mut names = BTreeSet::new();
        let items = serde_json::json!({"items": [{"spec": {"authSecretRef": "a"}}, {"spec": {"virtualRouters": [
            {"neighbors": [{"authSecretRef": "b"}, {"authSecretRef": null}]}]}}, {"spec": {"authSecretRef": "a"}}]});
        collect(&items, &mut names);
        assert_eq!(names, BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    }
}
