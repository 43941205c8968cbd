//! The requests of an apply.

use http::Request;
use kube::Client;
use serde_json::Value;

use super::report::{Fate, Outcome};
use crate::cli::GlobalFlags;
use crate::error::{Error, Result};
use crate::observe::{Login, explain, open_client};
use crate::setup::ownership::MANAGER;
use crate::snapshot::{Kind, Missing, Reason};

/// An object, and where it goes.
pub struct Target {
    /// `KIND/NAME`, as messages have it.
    pub name: String,
    pub object: Value,
    path: String,
}

/// Whether the server keeps what comes of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Try {
    /// It says what would come of it.
    OnServer,
    ForGood,
}

/// Why something was not done.
enum Failure {
    /// It was not asked for, or the server says no: nothing came of it.
    Refused(Missing),
    /// It was asked for, and what came of it nobody said.
    Unanswered(Missing),
}

pub struct Server {
    client: Client,
    address: String,
    timeout: Option<std::time::Duration>,
}

impl Target {
    /// # Errors
    /// It is of no kind that is applied, or has no name.
    pub fn of(object: &Value) -> Result<Self> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
        let known = Kind::WRITTEN.iter().find(|known| known.name() == kind);
        let paths = known.map(|known| known.paths("")).unwrap_or_default();
        let path = paths.iter().find(|path| path.starts_with(&format!("/apis/{version}/")));
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
        match path {
            Some(path) if is_name => {
                Ok(Self { name: format!("{kind}/{name}"), object: object.clone(), path: format!("{path}/{name}") })
            }
            Some(_) => Err(Error::failure(format!("{kind} {name:?} has a name that no object may have"))),
            None => Err(Error::failure(format!("{kind} of {version} is not applied here"))),
        }
    }
}

impl Server {
    pub async fn open(flags: &GlobalFlags) -> Result<Self> {
        let opened = open_client(&flags.kube, Login::Attended).await;
        let (client, address) = opened.map_err(error)?;
        Ok(Self { client, address, timeout: flags.kube.request_timeout.0 })
    }

    /// The object as it is; `None`: it is not there.
    pub async fn read(&self, target: &Target) -> Result<Option<Value>> {
        match self.ask("GET", &target.path, Vec::new()).await {
            Ok(live) => Ok(Some(live)),
            // The same answer says that the kind is not served; the try on the server tells them apart.
            Err(failure) if failure.missing().reason == Reason::NotFound => Ok(None),
            Err(failure) => Err(failed(&format!("{} was not read", target.name), failure.into_missing())),
        }
    }

    /// `before` is the object as it was read.
    ///
    /// # Errors
    /// With [`Try::ForGood`] the object is as it was only if the error says so: see [`Fate`].
    pub async fn apply(
        &self,
        target: &Target,
        before: Option<&Value>,
        how: Try,
    ) -> std::result::Result<Outcome, (Fate, Error)> {
        let dry_run = if how == Try::OnServer { "&dryRun=All" } else { "" };
        let query = format!("fieldManager={MANAGER}&force=false&fieldValidation=Strict{dry_run}");
        let body = target.object.to_string().into_bytes();
        let answer = self.ask("PATCH", &format!("{}?{query}", target.path), body).await;
        let after = answer.map_err(|failure| match failure {
            Failure::Unanswered(missing) if how == Try::ForGood => {
                (Fate::Unknown, failed(&format!("whether {} was applied is not known", target.name), missing))
            }
            failure => (Fate::AsItWas, failed(&format!("{} was not applied", target.name), failure.into_missing())),
        })?;
        Ok(match before {
            None => Outcome::Created,
            Some(before) if is_same(before, &after) => Outcome::Unchanged,
            Some(_) => Outcome::Configured,
        })
    }

    async fn ask(&self, method: &str, path: &str, body: Vec<u8>) -> std::result::Result<Value, Failure> {
        let failed = |error: http::Error| {
            Failure::Refused(Missing::new(Reason::Failed, format!("error: cannot ask for {path}: {error}")))
        };
        let request = Request::builder().method(method).uri(path).header(http::header::ACCEPT, "application/json");
        // JSON is YAML too.
        let request =
            request.header(http::header::CONTENT_TYPE, "application/apply-patch+yaml").body(body).map_err(failed)?;
        let asking = self.client.request::<Value>(request);
        let answer = match self.timeout {
            None => asking.await,
            Some(limit) => tokio::time::timeout(limit, asking).await.map_err(|_| {
                let waited = limit.as_secs_f32();
                let why = format!("Unable to connect to the server: {} gave no answer within {waited} s", self.address);
                let missing = Missing::new(Reason::TimedOut, why);
                Failure::Unanswered(missing.hint("--request-timeout gives it more time"))
            })?,
        };
        answer.map_err(|error| {
            let missing = explain(&error, &self.address);
            match error {
                // 5xx may come of something between, or behind the change.
                kube::Error::Api(status) if status.code < 500 => Failure::Refused(missing),
                kube::Error::Auth(_) => Failure::Refused(missing),
                _ => Failure::Unanswered(missing),
            }
        })
    }
}

impl Failure {
    fn missing(&self) -> &Missing {
        match self {
            Self::Refused(missing) | Self::Unanswered(missing) => missing,
        }
    }

    fn into_missing(self) -> Missing {
        match self {
            Self::Refused(missing) | Self::Unanswered(missing) => missing,
        }
    }
}

fn error(missing: Missing) -> Error {
    missing.hints.into_iter().fold(Error::verbatim(missing.message), Error::hint)
}

/// Labels count: by them a PeerConfig takes its Advertisements.
fn is_same(before: &Value, after: &Value) -> bool {
    ["/spec", "/metadata/labels", "/metadata/annotations"].into_iter().all(|at| before.pointer(at) == after.pointer(at))
}

/// What could not be done, in the server's words.
fn failed(what: &str, missing: Missing) -> Error {
    let hints = if missing.reason == Reason::Forbidden {
        vec!["docs/rights/writer.yaml has all rights that --apply takes".to_owned()]
    } else {
        missing.hints
    };
    let said = missing.message.strip_prefix("error: ").unwrap_or(&missing.message);
    hints.into_iter().fold(Error::failure(format!("{what}: {said}")), Error::hint)
}
