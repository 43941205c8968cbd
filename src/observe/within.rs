//! A reading that is for candidates of a command line: quick, silent, and content with what came.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, timeout_at};

use super::client::Login;
use super::cluster::Reader;
use crate::cli::GlobalFlags;
use crate::error::Error;
use crate::interrupt::until_interrupted;
use crate::snapshot::{ClusterAnswers, Kind};

/// What the cluster said of these kinds in this time. Routers are not asked.
pub fn cluster_within(limit: Duration, flags: &GlobalFlags, kinds: &[Kind]) -> Option<ClusterAnswers> {
    let reading = async {
        let end = Instant::now() + limit;
        let late = |_| Error::failure("it took too long");
        let opened = timeout_at(end, Reader::open(flags, Login::Unattended)).await.map_err(late)?;
        let reader = opened.map_err(|missing| Error::failure(missing.message))?;
        let lists = join_all(kinds.iter().map(|kind| timeout_at(end, reader.list(*kind)))).await;
        Ok(ClusterAnswers {
            server: reader.server.clone(),
            cilium_namespace: flags.ends.cilium_namespace.clone(),
            missing: None,
            documents: lists.into_iter().flatten().collect(),
            agents: Vec::new(),
        })
    };
    until_interrupted(reading).ok()
}
