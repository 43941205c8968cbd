//! What UniFi Network has stored, asked of the gateway's own API over the connection to it. The key goes through standard
//! input and a builtin of the shell: no process has it among its words, and no file has it.

use std::ffi::OsStr;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::marked::Script;
use super::ssh::Connection;
use crate::cli::RouterFlags;
use crate::snapshot::{Command, Document, Missing, Reason};
use crate::unifi::answer::{Said, path};

/// The variable with the key.
const KEY: &str = "UNIFI_API_KEY";

/// How long curl waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A key of UniFi Network's API.
pub struct ApiKey(SecretString);

impl ApiKey {
    /// Nothing if there is none in the environment.
    ///
    /// # Errors
    /// It is no key.
    pub fn of_environment() -> Result<Option<Self>, Missing> {
        std::env::var_os(KEY).map_or(Ok(None), |key| Self::of(&key))
    }

    fn of(text: &OsStr) -> Result<Option<Self>, Missing> {
        // It stands in quotes of the shell and of curl's.
        let is_plain = |key: &&str| key.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~+/=".contains(c));
        match text.to_str().map(str::trim).filter(is_plain) {
            Some("") => Ok(None),
            Some(key) => Ok(Some(Self(key.into()))),
            None => {
                let why = format!("{KEY} is no key: it has other characters than letters, digits and -_.~+/=");
                Err(Missing::new(Reason::NotConfigured, why).hint("copy it anew from the console"))
            }
        }
    }

    /// Asks the gateway for a site's configuration: the answer, then HTTP's status on a line of its own.
    fn asks_for(&self, site: &str) -> SecretString {
        let command = format!(
            "echo 'header = \"X-API-KEY: {}\"' | curl --disable --config - --noproxy '*' --insecure --silent --show-error \
             --max-time {} --write-out '\\n%{{http_code}}\\n' 'https://127.0.0.1{}'",
            self.0.expose_secret(),
            PATIENCE.as_secs(),
            path(site)
        );
        command.into()
    }
}

/// The stored configuration as the API says it; nothing without a key. `running` is what the gateway ran before: if that
/// is another one by now, somebody is at work there.
pub async fn read(connection: &Connection, running: Option<&str>, flags: &RouterFlags) -> Option<Document> {
    let (read_at, started) = (Timestamp::now(), Instant::now());
    let name = Command::StoredConfig.name();
    let answer = match ApiKey::of_environment() {
        Ok(None) => return None,
        Ok(Some(key)) => ask(connection, &key, running, flags).await,
        Err(missing) => Err(missing),
    };
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let document = match answer {
        Ok(body) => Document::answer(name, read_at, took_ms, body),
        Err(missing) => Document::missing(name, read_at, took_ms, missing),
    };
    Some(Document { path: Some(path(&flags.unifi_site)), ..document })
}

async fn ask(
    connection: &Connection,
    key: &ApiKey,
    running: Option<&str>,
    flags: &RouterFlags,
) -> Result<String, Missing> {
    let (stored, again) = (Command::StoredConfig.name(), Command::RunningConfig.name());
    let show = format!("{} -c '{again}'", flags.vtysh);
    let asks = key.asks_for(&flags.unifi_site);
    let script = Script::labelled(&[(&stored, asks.expose_secret()), (&again, &show)], PATIENCE);
    let output = connection.run(&script.text, script.takes).await?;
    let sections = script.sections(&output.stdout);
    let whole = |label: &str| sections.iter().find(|section| section.label == label && section.exit.is_some());
    let Some(section) = whole(&stored) else {
        let ends = Missing::new(Reason::Failed, "its answer ends in the middle of what UniFi Network has stored");
        return Err(output.cut.unwrap_or(ends).hint("try it again"));
    };
    let (body, status) = section.stdout.trim_end().rsplit_once('\n').unwrap_or(("", section.stdout.trim()));
    let said =
        Said { exit: section.exit.unwrap_or_default(), stderr: &section.stderr, status: status.parse().ok(), body };
    if let Some(missing) = said.trouble(&flags.unifi_site) {
        return Err(missing);
    }
    let now = whole(&again).filter(|section| section.exit == Some(0)).map(|section| section.stdout.trim());
    match (running, now) {
        (Some(before), Some(now)) if before.trim() != now => {
            let why =
                "its configuration changed while it was read: somebody is at work on it, or it is being provisioned";
            Err(Missing::new(Reason::Failed, why).hint("run it again when that is done"))
        }
        _ => Ok(body.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_adds_nothing_to_what_is_asked() {
        let key = |text: &str| ApiKey::of(OsStr::new(text));
        let plain = key(" abc-123_=\n").ok().flatten().map(|key| key.asks_for("default").expose_secret().to_owned());
        assert!(plain.is_some_and(|asks| asks.starts_with("echo 'header = \"X-API-KEY: abc-123_=\"' | curl ")));
        for none in ["", " ", "\t\n"] {
            assert!(matches!(key(none), Ok(None)), "{none:?}");
        }
        for bad in ["a\nurl = x", "a\"b", "a'b", "a\\b", "a b", "a\rb", "$a", "\u{e4}"] {
            let why = key(bad).err().map(|missing| missing.message);
            assert!(
                why.is_some_and(|why| why.starts_with("UNIFI_API_KEY is no key: ") && !why.contains(bad)),
                "{bad:?}"
            );
        }
    }
}
