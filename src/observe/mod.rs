//! Reads both ends at the same time into a [`Snapshot`]. Concurrency, time limits and partial failure live here.

mod agents;
mod client;
mod cluster;
mod marked;
mod router;
mod ssh;
mod target;

use std::collections::BTreeMap;

use futures::future::{join, join_all};
use jiff::Timestamp;

use crate::cli::GlobalFlags;
use crate::error::{Error, Exit, Result};
use crate::snapshot::question::AgentQuestions;
use crate::snapshot::{
    self, AgentAnswers, ClusterAnswers, Command, Document, Kind, Needs, Questions, RouterAnswers, Snapshot,
};
use crate::ui::Ui;
use router::Answered;
use ssh::Connection;
use target::Target;

/// Kinds that name the routers; they are read first when no flag does.
const ROUTER_KINDS: &[Kind] = &[Kind::BgpClusterConfig, Kind::BgpPeeringPolicy];

/// What to ask further, judged by what both ends said. A file is not asked.
type AskFurther<'a> = &'a dyn Fn(&Snapshot) -> Questions;

/// Reads the ends that the flags ask for, live or from a file. Ends the wait at Ctrl-C.
pub fn observe(flags: &GlobalFlags, needs: Needs, ask_further: AskFurther, ui: &Ui) -> Result<Snapshot> {
    if let Some(file) = &flags.ends.from {
        let mut snapshot = snapshot::file::read(file)?;
        if flags.ends.router_only {
            snapshot.cluster = None;
        }
        if flags.ends.cluster_only {
            snapshot.routers = None;
        }
        return Ok(snapshot);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failure(format!("cannot start: {error}")))?;
    let snapshot = runtime.block_on(async {
        tokio::select! {
            // At a terminal ssh gets the Ctrl-C too, and its end is no error of its own.
            biased;
            () = interrupted() => Err(Error::interrupted()),
            snapshot = read(flags, needs, ask_further, ui) => snapshot,
        }
    });
    // Nothing is open any more, and a login command that still runs is not waited for: from here on a signal ends the
    // program at once.
    std::thread::spawn(move || {
        runtime.block_on(interrupted());
        std::process::exit(Exit::Interrupted as i32);
    });
    snapshot
}

pub use router::printed_script as router_script;

/// Ctrl-C, and what a terminal or an init system sends to end a program: what was opened is closed on all of them.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let waits = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(|kind| async move {
        match signal(kind) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    });
    futures::future::select_all(waits.map(Box::pin)).await;
}

async fn read(flags: &GlobalFlags, needs: Needs, ask_further: AskFurther<'_>, ui: &Ui) -> Result<Snapshot> {
    let taken_at = Timestamp::now();
    let side = &RouterSide { flags, commands: needs.commands, ui };
    let files = flags.router.router_output.iter().map(|file| router::read_file(file, needs.commands));
    let files = files.collect::<Result<Vec<RouterAnswers>>>()?;
    // A router whose output is at hand need not be found.
    let named = target::from_flags(&flags.router.router)?.or_else(|| (!files.is_empty()).then(Vec::new));
    let cluster_side = async { ClusterSide::open(flags, ui).await };
    let (cluster, answered) = if flags.ends.cluster_only {
        let cluster = cluster_side.await;
        let answers = cluster.read(needs.kinds).await;
        (Some((cluster, answers)), None)
    } else if flags.ends.router_only {
        let targets = named.ok_or_else(|| {
            Error::usage("--router-only needs to know the router")
                .hint("name it with --router [USER@]HOST or KUBECTL_BGP_ROUTER")
        })?;
        (None, Some(side.read(targets).await))
    } else if let Some(targets) = named {
        let cluster = async {
            let cluster = cluster_side.await;
            let answers = cluster.read(needs.kinds).await;
            (cluster, answers)
        };
        let (cluster, routers) = join(cluster, side.read(targets)).await;
        (Some(cluster), Some(routers))
    } else {
        let cluster = cluster_side.await;
        let (answers, routers) = read_then_ask(&cluster, needs, side).await;
        (Some((cluster, answers)), Some(routers))
    };
    let (cluster_side, cluster) = cluster.unzip();
    let elsewhere = files.into_iter().map(Answered::elsewhere);
    let answered = answered.map(|routers| routers.into_iter().chain(elsewhere).collect::<Vec<_>>());
    let (connections, routers): (Vec<_>, Option<Vec<_>>) = match answered {
        Some(answered) => {
            let (connections, answers) = answered.into_iter().map(Answered::apart).unzip();
            (connections, Some(answers))
        }
        None => (Vec::new(), None),
    };
    let mut snapshot = Snapshot {
        api_version: snapshot::API_VERSION.to_owned(),
        kind: snapshot::KIND.to_owned(),
        written_by: format!("kubectl-bgp {}", env!("CARGO_PKG_VERSION")),
        taken_at,
        redacted: false,
        cluster,
        routers,
    };
    let mut questions = ask_further(&snapshot);
    if flags.ends.no_exec {
        questions.agents.clear();
    }
    let Questions { agents, routers: further } = questions;
    let agents = async {
        match &cluster_side {
            Some(side) => side.ask_agents(agents).await,
            None => Vec::new(),
        }
    };
    let targets = snapshot.routers.iter().flatten().map(|router| router.target.clone());
    let closing = connections.into_iter().zip(targets).map(|(connection, target)| {
        let further = further.get(&target).cloned().unwrap_or_default();
        async move { side.finish(connection, &target, &further).await }
    });
    let (agents, further) = join(agents, join_all(closing)).await;
    if let Some(cluster) = &mut snapshot.cluster {
        cluster.agents = agents;
    }
    for (router, documents) in snapshot.routers.iter_mut().flatten().zip(further) {
        router.documents.extend(documents);
    }
    Ok(snapshot)
}

/// The cluster says where its routers are: they are asked as soon as that is read, beside the other kinds.
async fn read_then_ask(
    cluster: &ClusterSide<'_>,
    needs: Needs,
    routers: &RouterSide<'_>,
) -> (ClusterAnswers, Vec<Answered>) {
    let others: Vec<Kind> = needs.kinds.iter().copied().filter(|kind| !ROUTER_KINDS.contains(kind)).collect();
    let first = async {
        let documents = cluster.documents(ROUTER_KINDS).await;
        let (mut ends, mut targets) = (Vec::new(), Vec::new());
        for target in target::from_cluster(&documents) {
            match target {
                Ok(target) => targets.push(target),
                Err(refused) => ends.push(Answered::elsewhere(refused.into_end())),
            }
        }
        ends.extend(routers.read(targets).await);
        (documents, ends)
    };
    let ((mut documents, routers), rest) = join(first, cluster.waiting(cluster.documents(&others))).await;
    documents.extend(rest);
    (cluster.end(documents), routers)
}

/// The API server, if a configuration names one.
struct ClusterSide<'a> {
    reader: std::result::Result<cluster::Reader, snapshot::Missing>,
    flags: &'a GlobalFlags,
    ui: &'a Ui,
}

impl<'a> ClusterSide<'a> {
    async fn open(flags: &'a GlobalFlags, ui: &'a Ui) -> Self {
        let reader = ui.waiting("the kubeconfig's login", cluster::Reader::open(flags)).await;
        Self { reader, flags, ui }
    }

    async fn read(&self, kinds: &[Kind]) -> ClusterAnswers {
        let documents = self.waiting(self.documents(kinds)).await;
        self.end(documents)
    }

    async fn waiting<T>(&self, reading: impl Future<Output = T>) -> T {
        let server = self.reader.as_ref().map_or("", |reader| reader.server.as_str());
        self.ui.waiting(&format!("the API server {server}"), reading).await
    }

    async fn documents(&self, kinds: &[Kind]) -> Vec<Document> {
        match &self.reader {
            Ok(reader) => join_all(kinds.iter().map(|kind| reader.list(*kind))).await,
            Err(_) => Vec::new(),
        }
    }

    fn end(&self, documents: Vec<Document>) -> ClusterAnswers {
        let (server, unopened) = match &self.reader {
            Ok(reader) => (reader.server.clone(), None),
            Err(missing) => (String::new(), Some(missing.clone())),
        };
        let missing = unopened.or_else(|| cluster::missing_altogether(&documents));
        let cilium_namespace = self.flags.ends.cilium_namespace.clone();
        ClusterAnswers { server, cilium_namespace, missing, documents, agents: Vec::new() }
    }

    async fn ask_agents(&self, questions: BTreeMap<String, AgentQuestions>) -> Vec<AgentAnswers> {
        match &self.reader {
            Ok(reader) if !questions.is_empty() => {
                let what = format!("{} agents", questions.len());
                self.ui.waiting(&what, reader.agents().ask(questions.into_iter().collect())).await
            }
            _ => Vec::new(),
        }
    }
}

/// The routers' side: what each of them is asked, and how.
struct RouterSide<'a> {
    flags: &'a GlobalFlags,
    commands: &'static [Command],
    ui: &'a Ui,
}

impl RouterSide<'_> {
    async fn read(&self, targets: Vec<Target>) -> Vec<Answered> {
        join_all(targets.into_iter().map(|target| async move {
            let what = format!("the router {target}");
            self.ui.waiting(&what, router::read(target, self.commands, &self.flags.router)).await
        }))
        .await
    }

    /// Asks further over a connection that is open, and closes it.
    async fn finish(&self, connection: Option<Connection>, target: &str, further: &[Command]) -> Vec<Document> {
        let Some(connection) = connection else { return Vec::new() };
        let what = format!("the router {target}");
        self.ui.waiting(&what, router::finish(connection, further, &self.flags.router)).await
    }
}
