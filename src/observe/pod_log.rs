//! The logs of Cilium's pods, as the API server gives them. Only what they say of BGP is kept.

use std::time::Instant;

use futures::AsyncReadExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::LogParams;

use super::agents::Agents;
use super::cluster::explain;
use crate::cilium::log;
use crate::snapshot::question::OPERATOR_LOG;
use crate::snapshot::{Document, Missing, Reason};

/// Lines that are looked through for those of BGP, which are few.
const LINES: i64 = 5000;

/// The API server counts from the first of the lines, so that this must not cut the last ones.
const BYTES: i64 = 8 << 20;

impl Agents<'_> {
    /// The log of the operator's pod.
    pub async fn operator_log(&self, pod: &str) -> Document {
        let (read_at, started) = (Timestamp::now(), Instant::now());
        let answer = self.log(pod, "cilium-operator").await;
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match answer {
            Ok(text) => Document::answer(OPERATOR_LOG, read_at, took_ms, text),
            Err(missing) => Document::missing(OPERATOR_LOG, read_at, took_ms, missing),
        }
    }

    /// What a container's log says of BGP.
    pub async fn log(&self, pod: &str, container: &str) -> Result<String, Missing> {
        let reading = async {
            let pods: Api<Pod> = Api::namespaced(self.client.clone(), self.namespace);
            let params = LogParams {
                container: Some(container.to_owned()),
                tail_lines: Some(LINES),
                limit_bytes: Some(BYTES),
                timestamps: true,
                ..LogParams::default()
            };
            let stream = pods.log_stream(pod, &params).await.map_err(|error| self.no_log(&error))?;
            let mut bytes = Vec::new();
            stream
                .take(BYTES.unsigned_abs())
                .read_to_end(&mut bytes)
                .await
                .map_err(|error| Missing::new(Reason::Failed, format!("the log of {pod} broke off: {error}")))?;
            Ok(log::of_bgp(&String::from_utf8_lossy(&bytes)))
        };
        match self.timeout {
            None => reading.await,
            Some(limit) => tokio::time::timeout(limit, reading).await.unwrap_or_else(|_| {
                Err(Missing::new(Reason::TimedOut, "its log did not come in time")
                    .hint("--agent-timeout gives it more time"))
            }),
        }
    }

    fn no_log(&self, error: &kube::Error) -> Missing {
        let missing = explain(error, self.server);
        match missing.reason {
            Reason::Forbidden => Missing::new(Reason::Forbidden, "reading the logs of Cilium's pods is forbidden")
                .hint(format!("the right get on pods/log in {} allows it (docs/rights/agents.yaml)", self.namespace)),
            Reason::NotFound => Missing::new(Reason::NotFound, "its pod is gone"),
            _ => missing,
        }
    }
}
