//! Reads the cluster: one list a kind, all at the same time.

use std::time::{Duration, Instant};

use futures::AsyncReadExt;
use http::Request;
use jiff::Timestamp;
use kube::Client;

use super::agents::Agents;
use super::client::{self, Login};
use crate::cli::GlobalFlags;
use crate::error::chain;
use crate::snapshot::{Document, Kind, Missing, Reason};

/// How long to leave an overloaded server alone before it is asked again.
const PAUSES: &[Duration] = &[Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(2)];

/// Ten thousand nodes need a tenth of it.
const ANSWER_LIMIT: u64 = 1 << 30;

/// An open way to the API server.
pub struct Reader {
    client: Client,
    pub server: String,
    cilium_namespace: String,
    timeout: Option<Duration>,
    agent_timeout: Option<Duration>,
}

impl Reader {
    /// Reads the kubeconfig; no request is made yet.
    pub async fn open(flags: &GlobalFlags, login: Login) -> Result<Self, Missing> {
        let (client, server) = client::open(&flags.kube, login).await?;
        Ok(Self {
            client,
            server,
            cilium_namespace: flags.ends.cilium_namespace.clone(),
            timeout: flags.kube.request_timeout.0,
            agent_timeout: flags.ends.agent_timeout.0,
        })
    }

    /// A way to the agents behind the same API server.
    pub fn agents(&self) -> Agents<'_> {
        Agents {
            client: &self.client,
            server: &self.server,
            namespace: &self.cilium_namespace,
            timeout: self.agent_timeout,
        }
    }

    /// Lists a kind in the newest version that is served.
    pub async fn list(&self, kind: Kind) -> Document {
        let (read_at, started) = (Timestamp::now(), Instant::now());
        let mut document = None;
        for path in kind.paths(&self.cilium_namespace) {
            let answer = self.get(&path).await;
            let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            match &answer {
                Ok(body) => tracing::debug!("GET {path}: {} bytes in {took} ms", body.len()),
                Err(missing) => tracing::debug!("GET {path}: {} in {took} ms", missing.message),
            }
            let not_found = matches!(&answer, Err(missing) if missing.reason == Reason::NotFound);
            let answered = match answer {
                Ok(body) => Document::answer(kind.name(), read_at, took, body),
                Err(missing) => Document::missing(kind.name(), read_at, took, named(kind, missing)),
            };
            document = Some(Document { path: Some(path), ..answered });
            if !not_found {
                break;
            }
        }
        document.unwrap_or_else(|| Document::missing(kind.name(), read_at, 0, not_served(kind)))
    }

    /// One Secret. It is logged that it was read, and nothing of it.
    pub async fn secret(&self, namespace: &str, name: &str) -> Result<String, Missing> {
        let is_odd =
            |text: &str| text.is_empty() || !text.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
        if is_odd(namespace) || is_odd(name) || [namespace, name].contains(&"..") {
            return Err(Missing::new(Reason::Failed, "no Secret has such a name"));
        }
        let path = format!("/api/v1/namespaces/{namespace}/secrets/{name}");
        tracing::debug!("GET {path}");
        self.get(&path).await
    }

    async fn get(&self, path: &str) -> Result<String, Missing> {
        let asking = async {
            for pause in PAUSES {
                match self.get_once(path).await {
                    Err((true, _)) => tokio::time::sleep(*pause).await,
                    answer => return answer,
                }
            }
            self.get_once(path).await
        };
        let answer = match self.timeout {
            None => asking.await,
            Some(limit) => tokio::time::timeout(limit, asking).await.map_err(|_| {
                let waited = limit.as_secs_f32();
                let why = format!("Unable to connect to the server: {} gave no answer within {waited} s", self.server);
                Missing::new(Reason::TimedOut, why).hint("--request-timeout gives it more time")
            })?,
        };
        answer.map_err(|(_, missing)| missing)
    }

    /// One request; an error says whether the server is overloaded and asks for patience.
    async fn get_once(&self, path: &str) -> Result<String, (bool, Missing)> {
        // resourceVersion=0: the API server answers from its cache instead of asking etcd. One object has no list.
        let separator = if path.contains('?') { '&' } else { '?' };
        let failed = |why: String| (false, Missing::new(Reason::Failed, why));
        let request = Request::get(format!("{path}{separator}resourceVersion=0"))
            .body(Vec::new())
            .map_err(|error| failed(format!("cannot ask for {path}: {error}")))?;
        let refused = |error: kube::Error| {
            let overloaded = matches!(&error, kube::Error::Api(status) if matches!(status.code, 429 | 503));
            (overloaded, explain(&error, &self.server))
        };
        let answer = self.client.request_stream(request).await.map_err(refused)?;
        let mut text = String::new();
        let length =
            answer.take(ANSWER_LIMIT).read_to_string(&mut text).await.map_err(|error| {
                (false, unreachable(&format!("the answer to {path} broke off: {error}"), &self.server))
            })?;
        if length as u64 == ANSWER_LIMIT {
            return Err(failed(format!("the answer to {path} is larger than {} MiB", ANSWER_LIMIT >> 20)));
        }
        if !text.trim_start().starts_with('{') {
            return Err((false, no_api_server(&self.server)));
        }
        Ok(text)
    }
}

/// A proxy or a login page answers everything, and says that it succeeded.
fn no_api_server(server: &str) -> Missing {
    let why = format!("Unable to connect to the server: {server} does not answer as an API server does");
    Missing::new(Reason::Unreachable, why).hint("a proxy or a login page may stand in between")
}

/// A 404 means that no version is served; for one object, that it does not exist.
fn named(kind: Kind, missing: Missing) -> Missing {
    if missing.reason == Reason::NotFound && !matches!(kind, Kind::CiliumConfig | Kind::AgentDaemonSet) {
        not_served(kind)
    } else {
        missing
    }
}

fn not_served(kind: Kind) -> Missing {
    Missing::new(Reason::NotServed, format!("the server doesn't have a resource type {:?}", kind.name()))
}

/// The first reason, if nothing at all could be read because of the connection or the login.
pub fn missing_altogether(documents: &[Document]) -> Option<Missing> {
    let whole = |document: &&Document| {
        let reason = document.missing.as_ref().map(|missing| missing.reason);
        matches!(reason, Some(Reason::Unreachable | Reason::Unauthorized | Reason::TimedOut))
    };
    let none = documents.iter().filter(whole).count() == documents.len();
    documents.first().filter(|_| none)?.missing.clone()
}

/// The client's errors in kubectl's words (k8s.io/kubectl/pkg/cmd/util/helpers.go).
pub fn explain(error: &kube::Error, server: &str) -> Missing {
    match error {
        kube::Error::Api(status) => {
            let said = if status.message.is_empty() { status.reason.clone() } else { status.message.clone() };
            match status.code {
                401 => Missing::new(Reason::Unauthorized, "error: You must be logged in to the server (Unauthorized)")
                    .hint("the credentials of this context are missing, wrong or expired: log in again, or choose another --context"),
                403 => forbidden(&said),
                404 => Missing::new(Reason::NotFound, format!("Error from server (NotFound): {said}")),
                code => {
                    let reason = if status.reason.is_empty() { code.to_string() } else { status.reason.clone() };
                    Missing::new(Reason::Failed, format!("Error from server ({reason}): {said}"))
                }
            }
        }
        kube::Error::Auth(auth) => client::refused_login(auth, None),
        other => unreachable(&chain(other), server),
    }
}

/// Who may not act as another may read nothing, whatever the other may.
fn forbidden(said: &str) -> Missing {
    let message = format!("Error from server (Forbidden): {said}");
    if said.contains("cannot impersonate") {
        Missing::new(Reason::Unauthorized, message)
            .hint("--as takes the right impersonate on it; without --as the kubeconfig's own user asks")
    } else {
        Missing::new(Reason::Forbidden, message)
            .hint("docs/rights/reader.yaml has all rights that reading takes, docs/rights.md what each is for")
    }
}

fn unreachable(said: &str, server: &str) -> Missing {
    let place = server.split_once("://").map_or(server, |(_, place)| place).trim_end_matches('/');
    let lower = said.to_lowercase();
    if lower.contains("connection refused") {
        return Missing::new(
            Reason::Unreachable,
            format!("The connection to the server {place} was refused - did you specify the right host or port?"),
        );
    }
    let missing = Missing::new(Reason::Unreachable, format!("Unable to connect to the server: {said}"));
    if lower.contains("unknownissuer") || lower.contains("invalid peer certificate") {
        missing.hint("the kubeconfig's certificate-authority-data does not fit this API server")
    } else if lower.contains("dns") || lower.contains("lookup") || lower.contains("resolve") {
        missing.hint(format!("the name in {server} is not found"))
    } else {
        missing
    }
}
