//! Reads both ends at the same time into a [`Snapshot`]. Concurrency, time limits and partial failure live here.

mod agents;
mod client;
mod cluster;
mod ends;
mod files;
mod kubeconfig;
mod marked;
mod passwords;
mod pod_log;
mod router;
mod shell;
mod ssh;
mod stored;
mod target;
mod within;

use std::path::PathBuf;
use std::time::Duration;

use futures::future::{join, join_all};
use jiff::Timestamp;

use crate::cli::GlobalFlags;
use crate::error::{Error, Result};
use crate::interrupt::until_interrupted;
use crate::snapshot::{self, ClusterAnswers, Kind, Needs, Passwords, Questions, RouterAnswers, Snapshot};
use crate::ui::Ui;
use ends::{ClusterSide, RouterSide};
use router::Answered;
use ssh::Connection;

/// Kinds that name the routers; they are read first when no flag does.
const ROUTER_KINDS: &[Kind] = &[Kind::BgpClusterConfig, Kind::BgpPeeringPolicy];

/// What to ask further, judged by what both ends said. A file is not asked.
type AskFurther<'a> = &'a dyn Fn(&Snapshot) -> Questions;

/// Reads the ends that the flags ask for, live or from a file. Ends the wait at Ctrl-C.
pub fn observe(flags: &GlobalFlags, needs: Needs, ask_further: AskFurther, ui: &Ui) -> Result<Snapshot> {
    if let Some(file) = &flags.ends.from {
        return read_from(file, flags, needs);
    }
    until_interrupted(read(flags, needs, None, ask_further, ui))
}

fn read_from(file: &str, flags: &GlobalFlags, needs: Needs) -> Result<Snapshot> {
    let mut snapshot = snapshot::file::read(file)?;
    snapshot.forget_all_but(needs);
    if flags.ends.router_only {
        snapshot.cluster = None;
    }
    if flags.ends.cluster_only {
        snapshot.routers = None;
    }
    Ok(snapshot)
}

/// Reads both ends, and beside them the passwords that sessions have: those of the cluster from the Secrets that objects
/// name. Files, if there are any, are taken for the routers.
pub fn observe_with_passwords(
    flags: &GlobalFlags,
    needs: Needs,
    configs: &[PathBuf],
    ask_further: AskFurther,
    ui: &Ui,
) -> Result<(Snapshot, Passwords)> {
    let mut passwords = Passwords::default();
    let taken_at = Timestamp::now();
    let files = (!configs.is_empty()).then(|| files::routers(configs, taken_at)).transpose()?;
    let mut snapshot = if let Some(file) = &flags.ends.from {
        read_from(file, flags, needs)?
    } else if files.is_some() {
        let cluster = async {
            let side = ClusterSide::open(flags, ui).await;
            let cluster = side.read(needs.kinds).await;
            passwords::read(&side, &cluster, &mut passwords).await;
            Ok(cluster)
        };
        Snapshot::of(taken_at, Some(until_interrupted(cluster)?), None)
    } else {
        until_interrupted(read(flags, needs, Some(&mut passwords), ask_further, ui))?
    };
    if files.is_some() {
        snapshot.routers = files;
    }
    passwords.take_out_of(&mut snapshot);
    Ok((snapshot, passwords))
}

/// Between two readings of the same ends.
const PAUSE: Duration = Duration::from_secs(2);

/// Reads live ends again and again, until `is_enough` says so or the time is up. The first reading is always finished;
/// without a limit the wait has no end.
pub fn observe_until(
    flags: &GlobalFlags,
    needs: Needs,
    ask_further: AskFurther,
    ui: &Ui,
    limit: Option<Duration>,
    mut is_enough: impl FnMut(Snapshot) -> bool,
) -> Result<()> {
    until_interrupted(async {
        let time_is_up = async {
            match limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        let mut time_is_up = std::pin::pin!(time_is_up);
        let mut enough = is_enough(read(flags, needs, None, ask_further, ui).await?);
        while !enough {
            let again = async {
                tokio::time::sleep(PAUSE).await;
                read(flags, needs, None, ask_further, ui).await
            };
            enough = tokio::select! {
                biased;
                () = &mut time_is_up => true,
                snapshot = again => is_enough(snapshot?),
            };
        }
        Ok(())
    })
}

pub use client::{Login, open as open_client};
pub use cluster::explain;
pub use files::written::objects as written_objects;
pub use files::{read_files, repository};
pub use kubeconfig::kubeconfig_names;
pub use router::printed_script as router_script;
pub use target::named_by_cluster as router_targets;
pub use within::cluster_within;

/// Both ends at once, with the passwords of the cluster's if they are asked for; then whom the answers put in question.
async fn read(
    flags: &GlobalFlags,
    needs: Needs,
    passwords: Option<&mut Passwords>,
    ask_further: AskFurther<'_>,
    ui: &Ui,
) -> Result<Snapshot> {
    let taken_at = Timestamp::now();
    let side = &RouterSide { flags, commands: needs.commands, ui };
    let (cluster, answered) = first_round(flags, needs, side, ui).await?;
    let (cluster_side, cluster) = cluster.unzip();
    let (connections, routers) = apart(answered);
    let mut snapshot = Snapshot::of(taken_at, cluster, routers);
    if let (Some(passwords), Some(side), Some(cluster)) = (passwords, &cluster_side, &snapshot.cluster) {
        passwords::read(side, cluster, passwords).await;
    }
    let mut questions = ask_further(&snapshot);
    if flags.ends.no_exec {
        questions.without_exec();
    }
    second_round(&mut snapshot, questions, cluster_side.as_ref(), connections, side).await;
    Ok(snapshot)
}

/// The routers' connections, and what they said.
fn apart(answered: Option<Vec<Answered>>) -> (Vec<Option<Connection>>, Option<Vec<RouterAnswers>>) {
    let all = answered.map(|all| all.into_iter().map(Answered::apart).unzip::<_, _, Vec<_>, Vec<_>>());
    let (connections, routers) = all.unzip();
    (connections.unwrap_or_default(), routers)
}

/// The cluster with a way to ask it further, and the routers with theirs.
type FirstRound<'a> = (Option<(ClusterSide<'a>, ClusterAnswers)>, Option<Vec<Answered>>);

async fn first_round<'a>(
    flags: &'a GlobalFlags,
    needs: Needs,
    side: &RouterSide<'_>,
    ui: &'a Ui,
) -> Result<FirstRound<'a>> {
    let files = flags.router.router_output.iter().map(|file| router::read_file(file, needs.commands));
    let files = files.collect::<Result<Vec<RouterAnswers>>>()?;
    // A router whose output is at hand need not be found.
    let named = target::from_flags(&flags.router.router)?.or_else(|| (!files.is_empty()).then(Vec::new));
    let cluster = async {
        let cluster = ClusterSide::open(flags, ui).await;
        let answers = cluster.read(needs.kinds).await;
        (cluster, answers)
    };
    let (cluster, routers) = if flags.ends.cluster_only {
        (Some(cluster.await), None)
    } else if flags.ends.router_only {
        let targets = named.ok_or_else(|| {
            Error::usage("--router-only needs to know the router")
                .hint("name it with --router [USER@]HOST or KUBECTL_BGP_ROUTER")
        })?;
        (None, Some(side.read(targets).await))
    } else if let Some(targets) = named {
        let (cluster, routers) = join(cluster, side.read(targets)).await;
        (Some(cluster), Some(routers))
    } else {
        let cluster = ClusterSide::open(flags, ui).await;
        let (answers, routers) = read_then_ask(&cluster, needs, side).await;
        (Some((cluster, answers)), Some(routers))
    };
    let elsewhere = files.into_iter().map(Answered::elsewhere);
    Ok((cluster, routers.map(|routers| routers.into_iter().chain(elsewhere).collect())))
}

/// Asks further, and closes what is open. `connections` are those of the snapshot's routers, in their order.
async fn second_round(
    snapshot: &mut Snapshot,
    questions: Questions,
    cluster_side: Option<&ClusterSide<'_>>,
    connections: Vec<Option<Connection>>,
    side: &RouterSide<'_>,
) {
    let cluster = async {
        match cluster_side {
            Some(side) => join(side.ask_agents(questions.agents), side.ask_operator(questions.operator)).await,
            None => (Vec::new(), None),
        }
    };
    let closing = connections.into_iter().zip(snapshot.routers.iter().flatten()).map(|(connection, router)| {
        let further = questions.routers.get(&router.target).cloned().unwrap_or_default();
        async move { side.finish(connection, router, &further).await }
    });
    let ((agents, operator), further) = join(cluster, join_all(closing)).await;
    if let Some(cluster) = &mut snapshot.cluster {
        cluster.agents = agents;
        cluster.documents.extend(operator);
    }
    for (router, documents) in snapshot.routers.iter_mut().flatten().zip(further) {
        router.documents.extend(documents);
    }
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
