//! Reads both ends at the same time into a [`Snapshot`]. Concurrency, time limits and partial failure live here.

mod client;
mod cluster;
mod marked;
mod router;
mod ssh;
mod target;

use futures::future::{join, join_all};
use jiff::Timestamp;

use crate::cli::GlobalFlags;
use crate::error::{Error, Exit, Result};
use crate::snapshot::{self, ClusterAnswers, Command, Document, Kind, RouterAnswers, Snapshot};
use crate::ui::Ui;
use target::Target;

/// Kinds that name the routers; they are read first when no flag does.
const ROUTER_KINDS: &[Kind] = &[Kind::BgpClusterConfig, Kind::BgpPeeringPolicy];

/// What a question needs of each end.
#[derive(Clone, Copy)]
pub struct Needs {
    pub kinds: &'static [Kind],
    pub commands: &'static [Command],
}

/// Reads the ends that the flags ask for, live or from a file. Ends the wait at Ctrl-C.
pub fn observe(flags: &GlobalFlags, needs: Needs, ui: &Ui) -> Result<Snapshot> {
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
            snapshot = read(flags, needs, ui) => snapshot,
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

async fn read(flags: &GlobalFlags, needs: Needs, ui: &Ui) -> Result<Snapshot> {
    let taken_at = Timestamp::now();
    let routers = &RouterSide { flags, commands: needs.commands, ui };
    let files = flags.router.router_output.iter().map(|file| router::read_file(file, needs.commands));
    let files = files.collect::<Result<Vec<RouterAnswers>>>()?;
    // A router whose output is at hand need not be found.
    let named = target::from_flags(&flags.router.router)?.or_else(|| (!files.is_empty()).then(Vec::new));
    let (cluster, routers) = if flags.ends.cluster_only {
        (Some(ClusterSide::open(flags, ui).await.read(needs.kinds).await), None)
    } else if flags.ends.router_only {
        let targets = named.ok_or_else(|| {
            Error::usage("--router-only needs to know the router")
                .hint("name it with --router [USER@]HOST or KUBECTL_BGP_ROUTER")
        })?;
        (None, Some(routers.read(targets).await))
    } else if let Some(targets) = named {
        let cluster = async { ClusterSide::open(flags, ui).await.read(needs.kinds).await };
        let (cluster, routers) = join(cluster, routers.read(targets)).await;
        (Some(cluster), Some(routers))
    } else {
        let (cluster, routers) = read_then_ask(flags, needs, routers, ui).await;
        (Some(cluster), Some(routers))
    };
    let routers = routers.map(|routers| routers.into_iter().chain(files).collect());
    Ok(Snapshot {
        api_version: snapshot::API_VERSION.to_owned(),
        kind: "Snapshot".to_owned(),
        written_by: format!("kubectl-bgp {}", env!("CARGO_PKG_VERSION")),
        taken_at,
        redacted: false,
        cluster,
        routers,
    })
}

/// The cluster says where its routers are: they are asked as soon as that is read, beside the other kinds.
async fn read_then_ask(
    flags: &GlobalFlags,
    needs: Needs,
    routers: &RouterSide<'_>,
    ui: &Ui,
) -> (ClusterAnswers, Vec<RouterAnswers>) {
    let cluster = ClusterSide::open(flags, ui).await;
    let others: Vec<Kind> = needs.kinds.iter().copied().filter(|kind| !ROUTER_KINDS.contains(kind)).collect();
    let first = async {
        let documents = cluster.documents(ROUTER_KINDS).await;
        let (mut ends, mut targets) = (Vec::new(), Vec::new());
        for target in target::from_cluster(&documents) {
            match target {
                Ok(target) => targets.push(target),
                Err(refused) => ends.push(refused.into_end()),
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

    async fn read(self, kinds: &[Kind]) -> ClusterAnswers {
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

    fn end(self, documents: Vec<Document>) -> ClusterAnswers {
        let (server, unopened) = match self.reader {
            Ok(reader) => (reader.server, None),
            Err(missing) => (String::new(), Some(missing)),
        };
        let missing = unopened.or_else(|| cluster::missing_altogether(&documents));
        ClusterAnswers { server, cilium_namespace: self.flags.ends.cilium_namespace.clone(), missing, documents }
    }
}

/// The routers' side: what each of them is asked, and how.
struct RouterSide<'a> {
    flags: &'a GlobalFlags,
    commands: &'static [Command],
    ui: &'a Ui,
}

impl RouterSide<'_> {
    async fn read(&self, targets: Vec<Target>) -> Vec<RouterAnswers> {
        join_all(targets.into_iter().map(|target| async move {
            let what = format!("the router {target}");
            self.ui.waiting(&what, router::read(target, self.commands, &self.flags.router)).await
        }))
        .await
    }
}
