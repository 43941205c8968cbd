//! The names in a kubeconfig.

use std::path::Path;

use kube::config::Kubeconfig;

/// What `--context`, `--cluster` and `--user` may name.
pub struct KubeconfigNames {
    pub contexts: Vec<String>,
    pub clusters: Vec<String>,
    pub users: Vec<String>,
}

/// The names in this file, else in the one that kubectl would take; `None` if it cannot be read.
pub fn kubeconfig_names(path: Option<&Path>) -> Option<KubeconfigNames> {
    let kubeconfig = path.map_or_else(Kubeconfig::read, Kubeconfig::read_from).ok()?;
    Some(KubeconfigNames {
        contexts: kubeconfig.contexts.into_iter().map(|context| context.name).collect(),
        clusters: kubeconfig.clusters.into_iter().map(|cluster| cluster.name).collect(),
        users: kubeconfig.auth_infos.into_iter().map(|user| user.name).collect(),
    })
}
