//! Asks agents: a command in their pods through the API server's exec, or their logs.

use std::cell::RefCell;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::{Either, join, select};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{AttachParams, AttachedProcess};
use kube::client::UpgradeConnectionError;
use kube::{Api, Client};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::cluster::explain;
use crate::snapshot::question::{AgentQuestions, Way};
use crate::snapshot::{AgentAnswers, AgentQuestion, Document, Missing, Reason};

/// Agents that are asked at the same time.
const AT_ONCE: usize = 16;

/// The agent's container.
const CONTAINER: &str = "cilium-agent";

/// An agent that says more than this has gone mad.
const ANSWER_LIMIT: u64 = 64 << 20;

/// Why what is tried with one agent is not tried with the next.
#[derive(Default)]
struct Refused {
    exec: RefCell<Option<Missing>>,
    log: RefCell<Option<Missing>>,
}

/// Where and for how long to ask.
pub struct Agents<'a> {
    pub client: &'a Client,
    pub server: &'a str,
    pub namespace: &'a str,
    pub timeout: Option<Duration>,
}

impl Agents<'_> {
    /// Asks every agent its questions. Who may not ask one may not ask the others: they are not tried.
    pub async fn ask(&self, questions: Vec<(String, AgentQuestions)>) -> Vec<AgentAnswers> {
        let refused = Refused::default();
        let asked = questions.into_iter().map(|(node, agent)| {
            let refused = &refused;
            async move {
                let mut documents = Vec::new();
                for question in agent.questions {
                    documents.push(self.answer(&agent.pod, question, refused).await);
                }
                AgentAnswers { node, pod: agent.pod, documents }
            }
        });
        futures::stream::iter(asked).buffered(AT_ONCE).collect().await
    }

    async fn answer(&self, pod: &str, question: AgentQuestion, refused: &Refused) -> Document {
        let (read_at, started) = (Timestamp::now(), Instant::now());
        let way = question.way();
        let refused = match way {
            Way::Exec(_) => &refused.exec,
            Way::Log => &refused.log,
        };
        let known = refused.borrow().clone();
        let answer = match (known, way) {
            (Some(missing), _) => Err(missing),
            (None, Way::Exec(words)) => self.exec(pod, words).await,
            (None, Way::Log) => self.log(pod, CONTAINER).await,
        };
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let name = question.name();
        tracing::debug!(
            "agent {pod}: {name}: {} in {took_ms} ms",
            if answer.is_ok() { "answered" } else { "no answer" }
        );
        match answer {
            Ok(stdout) => Document { exit: Some(0), ..Document::answer(name, read_at, took_ms, stdout) },
            Err(missing) => {
                if matches!(missing.reason, Reason::Forbidden | Reason::Unauthorized) {
                    refused.replace(Some(missing.clone()));
                }
                Document::missing(name, read_at, took_ms, missing)
            }
        }
    }

    async fn exec(&self, pod: &str, words: Vec<String>) -> Result<String, Missing> {
        let program = words.first().cloned().unwrap_or_default();
        let asking = async {
            let pods: Api<Pod> = Api::namespaced(self.client.clone(), self.namespace);
            let params = AttachParams::default().container(CONTAINER).stdin(false).stdout(true).stderr(true);
            let process = pods.exec(pod, words, &params).await.map_err(|error| self.refusal(&error))?;
            answer_of(process, &program).await
        };
        match self.timeout {
            None => asking.await,
            Some(limit) => tokio::time::timeout(limit, asking).await.unwrap_or_else(|_| {
                Err(Missing::new(Reason::TimedOut, "it gave no answer in time")
                    .hint("--agent-timeout gives it more time"))
            }),
        }
    }

    fn refusal(&self, error: &kube::Error) -> Missing {
        // Before it switches to a WebSocket the API server may answer with a mere status.
        let code = match error {
            kube::Error::UpgradeConnection(UpgradeConnectionError::ProtocolSwitch(status)) => status.as_u16(),
            kube::Error::Api(status) => status.code,
            _ => 0,
        };
        match code {
            403 => Missing::new(Reason::Forbidden, "running commands in the agents' pods is forbidden").hint(format!(
                "the rights get and create on pods/exec in {} allow it (docs/rights/agents.yaml); --no-exec does without",
                self.namespace
            )),
            404 => Missing::new(Reason::NotFound, "its pod is gone"),
            0 | 401 => explain(error, self.server),
            code => Missing::new(Reason::Failed, format!("the API server does not reach its pod (status {code})")),
        }
    }
}

async fn answer_of(mut process: AttachedProcess, program: &str) -> Result<String, Missing> {
    let broken_off = || Missing::new(Reason::Failed, "its answer broke off");
    let reading = pin!(join(read(process.stdout()), read(process.stderr())));
    let status = pin!(process.take_status().ok_or_else(broken_off)?);
    // kube leaves the streams open when the connection breaks; then there is no status either.
    let ((said, complained), status) = match select(reading, status).await {
        Either::Left((read, status)) => (read, status.await),
        Either::Right((Some(status), reading)) => (reading.await, Some(status)),
        Either::Right((None, _)) => return Err(broken_off()),
    };
    match status {
        Some(status) if status.status.as_deref() == Some("Success") => Ok(said),
        Some(status) => {
            let complaint = complained.lines().chain(said.lines()).map(str::trim).find(|line| !line.is_empty());
            let message = status.message.unwrap_or_default();
            // The API server's own complaint of a kubelet quotes the whole request.
            let unreached = message.rsplit_once("\": ").filter(|_| message.contains("error sending request"));
            let why = match (complaint, unreached) {
                (Some(complaint), _) => format!("{program} said: {complaint}"),
                (None, Some((_, why))) => format!("the API server does not reach its pod: {why}"),
                (None, None) if message.is_empty() => format!("{program} failed"),
                (None, None) => format!("{program} said: {message}"),
            };
            Err(Missing::new(Reason::Failed, why))
        }
        None => Err(broken_off()),
    }
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        // A stream that breaks leaves no exit status.
        let _ = stream.take(ANSWER_LIMIT).read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
