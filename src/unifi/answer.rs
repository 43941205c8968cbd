//! What UniFi Network's API says of the BGP configuration that it has stored. Every key of it may be missing.

use serde_json::Value;

use super::CONSOLE;
use crate::snapshot::{Missing, Reason};

/// The key of the configuration itself.
pub const CONFIG: &str = "frr_bgpd_config";

/// Where the API has the BGP configuration of a site.
pub fn path(site: &str) -> String {
    format!("/proxy/network/v2/api/site/{site}/bgp/config")
}

/// A stored configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// False: it is there and not in force.
    pub enabled: Option<bool>,
    pub config: String,
    /// The name of the file that was uploaded.
    pub file: Option<String>,
}

impl Stored {
    /// The API answers with an array of none or one.
    ///
    /// # Errors
    /// It is something else.
    pub fn parse(body: &str) -> Result<Option<Self>, Missing> {
        let failed = |why: String| Missing::new(Reason::Failed, format!("UniFi Network's API {why}"));
        let Ok(answer) = serde_json::from_str::<Value>(body) else {
            return Err(failed("gave an answer that is cut short or no JSON".to_owned()).hint("try it again"));
        };
        let Some(all) = answer.as_array() else {
            return Err(failed("gave no list of BGP configurations".to_owned())
                .hint("this version of UniFi Network is not known: please report it"));
        };
        let stored = match all.as_slice() {
            [] => return Ok(None),
            [stored] => stored,
            more => {
                let why = format!("has {} BGP configurations, and which of them counts is not known", more.len());
                return Err(failed(why).hint(format!("please report it; the console shows them under {CONSOLE}")));
            }
        };
        let Some(config) = stored.get(CONFIG).and_then(Value::as_str) else {
            return Err(failed(format!("has a BGP configuration without {CONFIG}"))
                .hint(format!("does the console show it? {CONSOLE}")));
        };
        Ok(Some(Self {
            enabled: stored.get("enabled").and_then(Value::as_bool),
            config: config.to_owned(),
            file: stored.get("uploaded_file_name").and_then(Value::as_str).map(str::to_owned),
        }))
    }
}

/// How asking the API with curl went.
pub struct Said<'a> {
    /// curl's exit status.
    pub exit: i32,
    pub stderr: &'a str,
    /// The status of HTTP; none if there was no answer.
    pub status: Option<u16>,
    pub body: &'a str,
}

impl Said<'_> {
    /// Why the answer tells nothing, if it does not.
    pub fn trouble(&self, site: &str) -> Option<Missing> {
        match (self.exit, self.status) {
            (0, Some(200)) => Stored::parse(self.body).err(),
            (0, Some(status)) => Some(self.refused(status, site)),
            (exit, _) => Some(self.unanswered(exit)),
        }
    }

    fn refused(&self, status: u16, site: &str) -> Missing {
        let key = error_key(self.body);
        let said = key.as_ref().map_or_else(|| format!("HTTP {status}"), |key| format!("HTTP {status}, {key}"));
        let api = "UniFi Network's API";
        match (status, key.as_deref()) {
            (401, _) => Missing::new(Reason::Unauthorized, format!("{api} refuses UNIFI_API_KEY ({said})"))
                .hint("make a key on this gateway's own console: Settings > Control Plane > Integrations (UniFi Network 9.0.108 or newer)"),
            (403, _) => Missing::new(Reason::Forbidden, format!("{api} refuses UNIFI_API_KEY ({said})"))
                .hint("make a key as an administrator of this gateway: Settings > Control Plane > Integrations"),
            (404, Some("api.err.BgpUnsupportedDevice")) => {
                Missing::new(Reason::NotServed, format!("UniFi Network says that the gateway does not support BGP ({said})"))
                    .hint("which models do, and from which UniFi OS on, Ubiquiti says; 4.1.13 or newer is needed")
            }
            (404, _) => Missing::new(Reason::NotServed, format!("{api} knows no BGP configuration of the site {site} ({said})"))
                .hint("is UniFi Network older than 9.0? Is it the right site? --unifi-site names another one"),
            (429 | 500.., _) => Missing::new(Reason::NotRunning, format!("UniFi Network does not answer now ({said})"))
                .hint("it may be starting, updating or down: try it again, and look at the console"),
            _ => Missing::new(Reason::Failed, format!("{api} gave an answer that makes no sense ({said})"))
                .hint("this version of UniFi Network is not known: please report it"),
        }
    }

    fn unanswered(&self, exit: i32) -> Missing {
        let said = self.stderr.lines().next().unwrap_or_default().trim();
        match exit {
            // Of the shell: there is no such command, and it may not be run.
            126 | 127 => Missing::new(Reason::NotFound, "it has no curl, which asks UniFi Network's API")
                .hint("is it a UniFi gateway? Compare the uploaded file instead: --router-config FILE"),
            7 => Missing::new(Reason::NotRunning, "UniFi Network does not run on it: nobody answers at 127.0.0.1")
                .hint("a gateway that another console manages keeps its configuration there: compare the uploaded file with --router-config FILE"),
            // A length, a connection, or a stream of HTTP/2 that ends early.
            18 | 52 | 56 | 92 => {
                Missing::new(Reason::Failed, format!("UniFi Network's answer is cut short ({said})")).hint("try it again")
            }
            28 => Missing::new(Reason::TimedOut, "UniFi Network gave no answer in time")
                .hint("it may be starting or updating: try it again"),
            _ => Missing::new(Reason::Failed, format!("UniFi Network could not be asked: {said}"))
                .hint("is it running? Look at the console"),
        }
    }
}

/// `api.err.SOMETHING`, wherever it stands in the answer.
fn error_key(body: &str) -> Option<String> {
    let (_, after) = body.split_once("api.err.")?;
    let name: String = after.chars().take_while(char::is_ascii_alphanumeric).take(60).collect();
    Some(format!("api.err.{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(exit: i32, status: u16, body: &str) -> Option<(Reason, String)> {
        let said = Said { exit, stderr: "curl: (9) odd", status: Some(status), body };
        let missing = said.trouble("default")?;
        assert!(!missing.hints.is_empty(), "it says what to do: {}", missing.message);
        Some((missing.reason, missing.message))
    }

    #[test]
    fn an_answer_may_lack_all_but_the_text() {
        let parse = |body| Stored::parse(body).expect("an answer");
        assert_eq!(parse("[]"), None);
        let bare = Stored { enabled: None, config: "router bgp 1".to_owned(), file: None };
        assert_eq!(
            parse(r#"[{"frr_bgpd_config": "router bgp 1", "enabled": null, "new": {"a": 1}}]"#),
            Some(bare.clone())
        );
        let whole =
            r#"[{"_id": "x", "enabled": false, "frr_bgpd_config": "router bgp 1", "uploaded_file_name": "k8s.conf"}]"#;
        assert_eq!(parse(whole), Some(Stored { enabled: Some(false), file: Some("k8s.conf".to_owned()), ..bare }));
    }

    #[test]
    fn each_trouble_has_its_words() {
        let unsupported = r#"{"code": "api.err.BgpUnsupportedDevice", "message": "Device doesn't support BGP"}"#;
        for (exit, status, body, reason, words) in [
            (0, 401, "{}", Reason::Unauthorized, "refuses UNIFI_API_KEY (HTTP 401)"),
            (0, 403, "Forbidden", Reason::Forbidden, "refuses UNIFI_API_KEY (HTTP 403)"),
            (0, 404, unsupported, Reason::NotServed, "does not support BGP (HTTP 404, api.err.BgpUnsupportedDevice)"),
            (0, 404, "<html>", Reason::NotServed, "knows no BGP configuration of the site default (HTTP 404)"),
            (0, 503, "", Reason::NotRunning, "does not answer now"),
            (0, 302, "", Reason::Failed, "makes no sense (HTTP 302)"),
            (0, 200, "[{\"frr_bgpd", Reason::Failed, "cut short or no JSON"),
            (0, 200, "<html>", Reason::Failed, "cut short or no JSON"),
            (0, 200, "{}", Reason::Failed, "no list"),
            (0, 200, "[{}, {}]", Reason::Failed, "has 2 BGP configurations"),
            (0, 200, r#"[{"frr_bgpd_config": null}]"#, Reason::Failed, "without frr_bgpd_config"),
            (127, 0, "", Reason::NotFound, "no curl"),
            (7, 0, "", Reason::NotRunning, "does not run on it"),
            (18, 200, "[", Reason::Failed, "cut short"),
            (92, 200, "[", Reason::Failed, "cut short"),
            (28, 0, "", Reason::TimedOut, "in time"),
            (9, 0, "", Reason::Failed, "curl: (9) odd"),
        ] {
            let (found, message) = trouble(exit, status, body).expect(words);
            assert!(found == reason && message.contains(words), "{message}");
        }
        assert_eq!(trouble(0, 200, "[]"), None);
    }
}
