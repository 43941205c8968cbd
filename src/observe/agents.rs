//! Asks agents in their pods: cilium-dbg through the API server's exec.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{AttachParams, AttachedProcess};
use kube::client::UpgradeConnectionError;
use kube::{Api, Client};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::cluster::explain;
use crate::snapshot::question::AgentQuestions;
use crate::snapshot::{AgentAnswers, AgentQuestion, Document, Missing, Reason};

/// Agents that are asked at the same time.
const AT_ONCE: usize = 16;

/// The agent's container.
const CONTAINER: &str = "cilium-agent";

/// An agent that says more than this has gone mad.
const ANSWER_LIMIT: u64 = 64 << 20;

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
        let refused: RefCell<Option<Missing>> = RefCell::new(None);
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

    async fn answer(&self, pod: &str, question: AgentQuestion, refused: &RefCell<Option<Missing>>) -> Document {
        let (read_at, started) = (Timestamp::now(), Instant::now());
        let known = refused.borrow().clone();
        let answer = match known {
            Some(missing) => Err(missing),
            None => self.exec(pod, question).await,
        };
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let name = question.name();
        tracing::debug!(
            "exec {pod}: {name}: {} in {took_ms} ms",
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

    async fn exec(&self, pod: &str, question: AgentQuestion) -> Result<String, Missing> {
        let asking = async {
            let pods: Api<Pod> = Api::namespaced(self.client.clone(), self.namespace);
            let params = AttachParams::default().container(CONTAINER).stdin(false).stdout(true).stderr(true);
            let process = pods.exec(pod, question.words(), &params).await.map_err(|error| self.refusal(&error))?;
            answer_of(process).await
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
        match error {
            kube::Error::UpgradeConnection(UpgradeConnectionError::ProtocolSwitch(status)) => match status.as_u16() {
                403 => Missing::new(Reason::Forbidden, "running cilium-dbg in the agents' pods is forbidden").hint(
                    format!(
                        "the rights get and create on pods/exec in {} allow it; --no-exec does without",
                        self.namespace
                    ),
                ),
                401 => Missing::new(Reason::Unauthorized, "error: You must be logged in to the server (Unauthorized)"),
                404 => Missing::new(Reason::NotFound, "its pod is gone"),
                code => Missing::new(Reason::Failed, format!("the API server does not reach its pod (status {code})")),
            },
            other => explain(other, self.server),
        }
    }
}

async fn answer_of(mut process: AttachedProcess) -> Result<String, Missing> {
    let (stdout, stderr) = (process.stdout(), process.stderr());
    let status = process.take_status();
    let (said, complained) = futures::future::join(read(stdout), read(stderr)).await;
    let status = match status {
        Some(status) => status.await,
        None => None,
    };
    match status {
        Some(status) if status.status.as_deref() == Some("Success") => Ok(said),
        Some(status) => {
            let complaint = complained.lines().chain(said.lines()).map(str::trim).find(|line| !line.is_empty());
            let why = complaint.map(str::to_owned).or(status.message).unwrap_or_else(|| "it failed".to_owned());
            Err(Missing::new(Reason::Failed, format!("cilium-dbg said: {why}")))
        }
        None => Err(Missing::new(Reason::Failed, "its answer broke off")),
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
