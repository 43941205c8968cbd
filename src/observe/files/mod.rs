//! Files instead of a cluster and a router: manifests as they stand in a repository, and FRR's configuration.

mod chunks;
mod flux;
mod kustomize;
mod layer;
mod manifest;
mod place;
mod reading;
mod text;
mod variables;
mod walk;
mod yaml;
