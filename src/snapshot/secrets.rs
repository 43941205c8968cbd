//! Secrets are cut before anything is stored: they never enter a snapshot file.

use serde_json::Value;
use serde_json::value::RawValue;

use super::question::OPERATOR_LOG;
use super::{AgentQuestion, Command, Document, Kind, Missing, Reason, Snapshot};
use crate::frr::config::secret::{CUT, Reader, announcing};

/// A string is cut if its key ends with one of these (compared without `-`, `_` and case).
const KEY_ENDINGS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "psk",
    "token",
    "apikey",
    "secret",
    "secretkey",
    "accesskey",
    "privatekey",
    "credentials",
];

/// They hold values of charts and substitutions, among which anything may be a secret.
const CARRIERS: &[Kind] = &[Kind::Kustomization, Kind::HelmRelease, Kind::Application];
const CARRIER_SPEC: &[&str] = &["suspend", "path", "syncPolicy"];
const CARRIER_STATUS: &[&str] = &["conditions", "sync", "operationState"];

/// Cuts passwords, keys and tokens out of every document, and what no reader needs: managed fields, the last applied
/// configuration, and the values of environment variables.
pub fn cut(snapshot: &mut Snapshot) {
    let cluster = snapshot.cluster.iter_mut().flat_map(|cluster| {
        let agents = cluster.agents.iter_mut().flat_map(|agent| &mut agent.documents);
        cluster.documents.iter_mut().chain(agents)
    });
    let routers = snapshot.routers.iter_mut().flatten().flat_map(|router| &mut router.documents);
    for document in cluster.chain(routers) {
        cut_json(document);
        let cut_lines = if is_log_of_cilium(document) { cut_log } else { cut_statements };
        document.text = document.text.take().map(|text| cut_lines(&text));
        document.stderr = document.stderr.take().map(|text| cut_statements(&text));
        if let Some(missing) = &mut document.missing {
            missing.message = cut_statements(&missing.message);
        }
    }
}

fn is_log_of_cilium(document: &Document) -> bool {
    document.name == OPERATOR_LOG || document.name == AgentQuestion::Log.name()
}

/// A log speaks of passwords and secrets without telling them. What stands behind a key that is a secret's is cut to the
/// line's end, and a line with a token or a private key altogether.
fn cut_log(text: &str) -> String {
    let cut = |line: &str| {
        let is_hit = |(at, _): &(usize, &str)| {
            let key = line[..*at].rsplit([' ', '{', ',']).next().unwrap_or_default();
            is_secret_key(key.trim_matches('"'))
        };
        let behind_key = line.match_indices(['=', ':']).find(is_hit).map(|(at, _)| at + 1);
        match behind_key.or_else(|| is_secret("", line).then_some(0)) {
            Some(at) => format!("{}{CUT}\n", &line[..at]),
            None => line.to_owned(),
        }
    };
    text.split_inclusive('\n').map(cut).collect()
}

/// Of what carries other objects' values only what it says of itself is stored.
fn cut_cargo(list: &mut Value) {
    let items = list.get_mut("items").and_then(Value::as_array_mut);
    for item in items.into_iter().flatten() {
        for (part, kept) in [("spec", CARRIER_SPEC), ("status", CARRIER_STATUS)] {
            if let Some(fields) = item.get_mut(part).and_then(Value::as_object_mut) {
                fields.retain(|key, _| kept.contains(&key.as_str()));
            }
        }
        let operation = item.pointer_mut("/status/operationState").and_then(Value::as_object_mut);
        operation.into_iter().for_each(|fields| fields.retain(|key, _| key == "phase" || key == "message"));
    }
}

/// What cannot be looked through is not stored.
fn cut_json(document: &mut Document) {
    let Some(json) = document.json.take() else { return };
    match serde_json::from_str::<Value>(json.get()) {
        Ok(mut value) => {
            if CARRIERS.iter().any(|kind| kind.name() == document.name) {
                cut_cargo(&mut value);
            }
            cut_value(&mut value);
            if document.name == Command::StoredConfig.name() {
                cut_texts(&mut value);
            }
            document.json = RawValue::from_string(value.to_string()).ok();
        }
        Err(error) => {
            let why = format!("it could not be looked through for secrets: {error}");
            document.missing = Some(Missing::new(Reason::Failed, why));
        }
    }
}

fn cut_value(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(cut_value),
        Value::Object(fields) => {
            fields.retain(|key, _| key != "managedFields" && key != "kubectl.kubernetes.io/last-applied-configuration");
            for (key, value) in fields.iter_mut() {
                match value {
                    Value::String(text) if is_secret(key, text) => CUT.clone_into(text),
                    Value::Object(_) | Value::Array(_) if is_secret_key(key) => *value = CUT.into(),
                    Value::Array(variables) if key == "env" => variables.iter_mut().for_each(cut_variable),
                    Value::Array(words) if key == "args" || key == "command" => words.iter_mut().for_each(cut_argument),
                    other => cut_value(other),
                }
            }
        }
        _ => {}
    }
}

/// Of what holds a router's configuration in its strings.
fn cut_texts(value: &mut Value) {
    match value {
        Value::String(text) => *text = cut_statements(text),
        Value::Array(items) => items.iter_mut().for_each(cut_texts),
        Value::Object(fields) => fields.values_mut().for_each(cut_texts),
        _ => {}
    }
}

fn cut_variable(variable: &mut Value) {
    if let Some(value) = variable.get_mut("value") {
        *value = CUT.into();
    }
}

/// `--token=...` and its like.
fn cut_argument(argument: &mut Value) {
    if let Some((flag, value)) = argument.as_str().and_then(|argument| argument.split_once('='))
        && is_secret(flag, value)
    {
        *argument = format!("{flag}={CUT}").into();
    }
}

fn is_secret(key: &str, value: &str) -> bool {
    let has_login = value.split_once("://").is_some_and(|(_, rest)| {
        let place = rest.split('/').next().unwrap_or_default();
        place.split_once('@').is_some_and(|(login, _)| login.contains(':'))
    });
    is_secret_key(key)
        || has_login
        || value.contains("PRIVATE KEY-----")
        || value.split(' ').any(|word| word.starts_with("eyJ"))
}

fn is_secret_key(key: &str) -> bool {
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    KEY_ENDINGS.iter().any(|ending| key.ends_with(ending))
}

/// A running-config without what stands behind a word that announces a secret.
fn cut_statements(text: &str) -> String {
    let cut = |line: &str| match secret_of(line, Reader::Stranger) {
        Some(at) => format!("{}{CUT}\n", &line[..at]),
        None => line.to_owned(),
    };
    text.split_inclusive('\n').map(cut).collect()
}

/// Where the secret of a statement begins. A statement behind `!` or `#` is one too.
pub fn secret_of(line: &str, reader: Reader) -> Option<usize> {
    let pieces: Vec<&str> = line.split_inclusive(char::is_whitespace).collect();
    let words: Vec<&str> = pieces.iter().map(|piece| piece.trim_end()).collect();
    let position = pieces[..=announcing(&words, reader)?].iter().map(|piece| piece.len()).sum();
    (!line[position..].trim().is_empty()).then_some(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_charts_are_cut() {
        let mut value = serde_json::json!({"items": [{"spec": {"values": {"a": "s3cret"}, "suspend": true},
                                                      "status": {"history": ["s3cret"], "conditions": []}}]});
        cut_cargo(&mut value);
        assert_eq!(value, serde_json::json!({"items": [{"spec": {"suspend": true}, "status": {"conditions": []}}]}));
    }

    #[test]
    fn every_form_of_a_secret_is_cut() {
        for (statement, kept) in [
            ("neighbor x password a secret b", "neighbor x password "),
            (" area-password clear hidden", " area-password "),
            (" ip rip authentication string hidden", " ip rip authentication string "),
            (" ip nhrp authentication hidden", " ip nhrp authentication "),
            (
                " ipv6 ospf6 authentication key-id 1 hash-algo md5 key hidden",
                " ipv6 ospf6 authentication key-id 1 hash-algo md5 ",
            ),
            (" ip ospf authentication-key hidden", " ip ospf authentication-key "),
            ("enable password 8 hidden", "enable password "),
            (" ! neighbor x PASSWORD hidden", " ! neighbor x PASSWORD "),
            ("snmp-server user a g auth sha hidden priv aes hidden", "snmp-server user "),
            ("bmp tcp-md5-auth hidden", "bmp tcp-md5-auth "),
        ] {
            assert_eq!(cut_statements(&format!("{statement}\n")), format!("{kept}<cut>\n"));
        }
        for statement in
            ["neighbor x description the key is under the mat", " key chain", " ip ospf authentication message-digest"]
        {
            assert_eq!(cut_statements(statement), statement);
        }
    }

    #[test]
    fn names_that_end_like_secrets_are_kept() {
        let config = "router bgp 65001\n neighbor k8s-md5 peer-group\n neighbor k8s-md5 remote-as 65010\n\
                      ip prefix-list vips-md5 seq 10 permit 10.99.8.0/24 le 32\n";
        assert_eq!(cut_statements(config), config);
        assert_eq!(cut_statements(" neighbor k8s-md5 password x\n"), " neighbor k8s-md5 password <cut>\n");
        assert_eq!(
            cut_statements("neighbor x description vrf password x\n"),
            "neighbor x description vrf password <cut>\n"
        );
        assert_eq!(cut_statements(" neigh x passw x\n"), " neigh x passw <cut>\n");
    }

    #[test]
    fn a_configuration_within_json_is_cut_line_by_line() {
        let body = r#"[{"frr_bgpd_config": "router bgp 1\r\n neighbor a password s3cret\r\n! neighbor b password s3cret\n neighbor a bfd", "n": 1}]"#;
        let name = Command::StoredConfig.name();
        let mut document = Document::answer(name, jiff::Timestamp::UNIX_EPOCH, 0, body.to_owned());
        cut_json(&mut document);
        assert_eq!(
            document.body(),
            Some(
                r#"[{"frr_bgpd_config":"router bgp 1\r\n neighbor a password <cut>\n! neighbor b password <cut>\n neighbor a bfd","n":1}]"#
            )
        );
    }

    #[test]
    fn router_statements_keep_everything_but_the_secret() {
        let config = "router bgp 65001\n neighbor k8s password s3cret word\n neighbor k8s remote-as 65010\n\
                      interface eth0\n ip ospf message-digest-key 1 md5 hidden\nsnmp-server community public\n set community 65001:1\n";
        assert_eq!(
            cut_statements(config),
            "router bgp 65001\n neighbor k8s password <cut>\n neighbor k8s remote-as 65010\n\
             interface eth0\n ip ospf message-digest-key 1 md5 <cut>\nsnmp-server community <cut>\n set community 65001:1\n"
        );
    }

    #[test]
    fn logs_keep_what_they_say_of_secrets() {
        let told = "level=ERROR msg=\"Reconciliation failed\" error=\"failed to fetch secret \\\"bgp-auth\\\": missing password key\"\n";
        assert_eq!(cut_log(told), told);
        for (line, kept) in [
            ("msg=x password=\"a b\" key=10.0.0.1", "msg=x password="),
            ("{\"msg\":\"x\",\"token\":\"abc\",\"n\":1}", "{\"msg\":\"x\",\"token\":"),
            ("msg=x header=\"Bearer eyJhbGciOi\"", ""),
            ("msg=\"-----BEGIN RSA PRIVATE KEY-----\"", ""),
        ] {
            assert_eq!(cut_log(&format!("{line}\n")), format!("{kept}<cut>\n"), "{line}");
        }
    }

    #[test]
    fn what_cannot_be_looked_through_is_not_stored() {
        let body = r#"{"token": "hidden", "z": "\ud800"}"#;
        let mut document = Document::answer("x", jiff::Timestamp::UNIX_EPOCH, 0, body.to_owned());
        cut_json(&mut document);
        assert!(document.body().is_none() && document.missing.is_some());
    }

    #[test]
    fn objects_keep_names_of_secrets_and_lose_values() {
        let mut value = serde_json::json!({
            "metadata": {"managedFields": [1], "annotations": {"api-token": "abc", "note": "eyJhbGciOi"}},
            "data": {"bgp-secrets-namespace": "kube-system", "authSecretRef": "bgp"},
            "env": [{"name": "A", "value": "b"}],
            "args": ["--token=abc", "--debug=false"],
            "url": "https://user:hidden@host/x", "password": {"v": "hidden"}, "auth": "Bearer eyJhbGciOi",
            "key": "-----BEGIN RSA PRIVATE KEY-----"
        });
        cut_value(&mut value);
        assert_eq!(
            value,
            serde_json::json!({
                "metadata": {"annotations": {"api-token": "<cut>", "note": "<cut>"}},
                "data": {"bgp-secrets-namespace": "kube-system", "authSecretRef": "bgp"},
                "env": [{"name": "A", "value": "<cut>"}],
                "args": ["--token=<cut>", "--debug=false"],
                "url": "<cut>", "password": "<cut>", "auth": "<cut>",
                "key": "<cut>"
            })
        );
    }
}
