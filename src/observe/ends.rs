//! One end each: how it is reached and what it is asked.

use std::collections::BTreeMap;

use futures::future::join_all;

use super::client::Login;
use super::cluster;
use super::router::{self, Answered};
use super::ssh::Connection;
use super::target::Target;
use crate::cli::GlobalFlags;
use crate::snapshot::question::AgentQuestions;
use crate::snapshot::{self, AgentAnswers, ClusterAnswers, Command, Document, Kind, RouterAnswers};
use crate::ui::Ui;

/// The API server, if a configuration names one.
pub struct ClusterSide<'a> {
    reader: std::result::Result<cluster::Reader, snapshot::Missing>,
    flags: &'a GlobalFlags,
    ui: &'a Ui,
}

impl<'a> ClusterSide<'a> {
    pub async fn open(flags: &'a GlobalFlags, ui: &'a Ui) -> Self {
        let reader = ui.waiting("the kubeconfig's login", cluster::Reader::open(flags, Login::Attended)).await;
        Self { reader, flags, ui }
    }

    pub async fn read(&self, kinds: &[Kind]) -> ClusterAnswers {
        let documents = self.waiting(self.documents(kinds)).await;
        self.end(documents)
    }

    pub async fn waiting<T>(&self, reading: impl Future<Output = T>) -> T {
        let server = self.reader.as_ref().map_or("", |reader| reader.server.as_str());
        self.ui.waiting(&format!("the API server {server}"), reading).await
    }

    pub async fn documents(&self, kinds: &[Kind]) -> Vec<Document> {
        match &self.reader {
            Ok(reader) => join_all(kinds.iter().map(|kind| reader.list(*kind))).await,
            Err(_) => Vec::new(),
        }
    }

    /// One Secret, which is no document: documents are stored.
    pub async fn secret(&self, namespace: &str, name: &str) -> Result<String, snapshot::Missing> {
        match &self.reader {
            Ok(reader) => self.waiting(reader.secret(namespace, name)).await,
            Err(missing) => Err(missing.clone()),
        }
    }

    pub fn end(&self, documents: Vec<Document>) -> ClusterAnswers {
        let (server, unopened) = match &self.reader {
            Ok(reader) => (reader.server.clone(), None),
            Err(missing) => (String::new(), Some(missing.clone())),
        };
        let missing = unopened.or_else(|| cluster::missing_altogether(&documents));
        let cilium_namespace = self.flags.ends.cilium_namespace.clone();
        ClusterAnswers { server, cilium_namespace, missing, documents, agents: Vec::new() }
    }

    pub async fn ask_agents(&self, questions: BTreeMap<String, AgentQuestions>) -> Vec<AgentAnswers> {
        match &self.reader {
            Ok(reader) if !questions.is_empty() => {
                let what = format!("{} agents", questions.len());
                self.ui.waiting(&what, reader.agents().ask(questions.into_iter().collect())).await
            }
            _ => Vec::new(),
        }
    }

    /// The log of the operator's pod, if it is asked for.
    pub async fn ask_operator(&self, pod: Option<String>) -> Option<Document> {
        let reader = self.reader.as_ref().ok()?;
        Some(self.ui.waiting("the operator's log", reader.agents().operator_log(&pod?)).await)
    }
}

/// The routers' side: what each of them is asked, and how.
pub struct RouterSide<'a> {
    pub flags: &'a GlobalFlags,
    pub commands: &'static [Command],
    pub ui: &'a Ui,
}

impl RouterSide<'_> {
    pub async fn read(&self, targets: Vec<Target>) -> Vec<Answered> {
        join_all(targets.into_iter().map(|target| async move {
            let what = format!("the router {target}");
            self.ui.waiting(&what, router::read(target, self.commands, &self.flags.router)).await
        }))
        .await
    }

    /// Asks further over a connection that is open, and closes it.
    pub async fn finish(
        &self,
        connection: Option<Connection>,
        router: &RouterAnswers,
        further: &[Command],
    ) -> Vec<Document> {
        let Some(connection) = connection else { return Vec::new() };
        let finished = router::finish(connection, router, further, &self.flags.router);
        self.ui.waiting(&router.label(), finished).await
    }
}
