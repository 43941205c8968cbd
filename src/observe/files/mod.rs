//! Files instead of a cluster and a router: manifests as they stand in a repository, and FRR's configuration. What files
//! cannot tell is missing, not empty.

mod chunks;
mod flux;
mod helm;
mod kustomize;
mod layer;
mod lists;
mod manifest;
mod place;
mod reading;
pub mod repository;
mod text;
mod unread;
mod variables;
mod walk;
pub mod written;
mod yaml;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::cli::FileFlags;
use crate::error::{Error, Result};
use crate::snapshot::{ClusterAnswers, Command, Document, Gap, RouterAnswers, Snapshot, secrets};
use kustomize::Kustomizations;
use lists::Lists;
use reading::Reading;

/// Reads the files that the flags name into what reading both ends gives. What could not be read, or not as it will be
/// applied, is a gap with its file and line; what no file tells is missing in the snapshot.
///
/// # Errors
/// What the command line names cannot be read.
pub fn read_files(flags: &FileFlags) -> Result<(Snapshot, Vec<Gap>)> {
    let (manifests, configs) = (&flags.manifests, &flags.router_config);
    let from_stdin = manifests.iter().chain(configs).filter(|path| path.as_os_str() == text::STDIN);
    if from_stdin.count() > 1 {
        return Err(Error::usage("`-` may stand for one file only").hint("write the others to files first"));
    }
    let taken_at = Timestamp::now();
    let mut gaps = Vec::new();
    let cluster = if manifests.is_empty() { None } else { Some(cluster(manifests, taken_at, &mut gaps)?) };
    let routers = routers(configs, taken_at)?;
    let routers = Some(routers).filter(|routers| !routers.is_empty());
    let mut snapshot = Snapshot::of(taken_at, cluster, routers);
    secrets::cut(&mut snapshot);
    Ok((snapshot, gaps))
}

fn cluster(arguments: &[PathBuf], read_at: Timestamp, gaps: &mut Vec<Gap>) -> Result<ClusterAnswers> {
    let mut reading = Reading::default();
    for file in walk::find(arguments, gaps)? {
        match text::read(&file.path) {
            Ok(text) => reading.read(&file, &text),
            Err(why) => reading.refuse(&file, why),
        }
    }
    let kustomizations = Kustomizations::new(&reading.kustomizations, &reading.manifests);
    reading.unread.extend(kustomizations.absent(&reading.files));
    gaps.extend(unread::gaps(&reading.unread));
    let patches = kustomizations.patch_files();
    let mut layers = kustomizations.layers();
    layers.extend(flux::layers(&reading.manifests, &kustomizations));
    gaps.extend(layers.iter().filter_map(layer::Layer::gap));
    reading.manifests.retain(|manifest| !patches.contains(&manifest.place.file));
    layer::apply(&layers, &mut reading.manifests, gaps);
    let derived = helm::cilium_config(&reading, gaps);
    let cilium_namespace = derived.as_ref().map_or("kube-system", |derived| &derived.namespace).to_owned();
    let documents = Lists::new(reading.manifests, &reading.unread, gaps).documents(derived, read_at);
    Ok(ClusterAnswers { server: String::new(), cilium_namespace, missing: None, documents, agents: Vec::new() })
}

/// Files that stand for routers' running configurations.
pub fn routers(configs: &[PathBuf], read_at: Timestamp) -> Result<Vec<RouterAnswers>> {
    configs.iter().map(|path| router(path, read_at)).collect()
}

fn router(path: &Path, read_at: Timestamp) -> Result<RouterAnswers> {
    let name = text::name(path);
    let config = text::read(path)
        .map_err(|why| Error::failure(format!("cannot read the router's configuration {name}: {why}")))?;
    if config.trim().is_empty() {
        return Err(Error::failure(format!("the router's configuration {name} is empty")));
    }
    if !config.lines().any(|line| line.starts_with("router bgp")) {
        return Err(Error::failure(format!(
            "{name} has no `router bgp`: it is no configuration of FRR's that speaks BGP"
        ))
        .hint("`vtysh -c 'show running-config'` prints one"));
    }
    let document = Document {
        path: Some(name.to_string()),
        text: Some(config.replace("\r\n", "\n")),
        ..Document::answer(Command::RunningConfig.name(), read_at, 0, String::new())
    };
    Ok(RouterAnswers {
        target: name.to_string(),
        named_by: "--router-config".to_owned(),
        peer: None,
        missing: None,
        documents: vec![document],
    })
}

#[cfg(test)]
mod tests;
