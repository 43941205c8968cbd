//! The setup that `init` plans: from a topology and the user's wishes to the objects of both ends. Pure.
//!
//! [`ground`] is what there is. [`worksheet`] holds every value of the setup, each with where it comes from and why.
//! [`propose`] fills it in, [`objections`] says what speaks against it, [`objects`] turns it into Cilium's objects; the
//! router's half is what [`crate::plan`] says that a router needs for these objects, so both halves come from one intent.

pub mod given;
pub mod ground;
pub mod intended;
pub mod kustomization;
pub mod moving;
pub mod objections;
pub mod objects;
pub mod ownership;
pub mod place;
pub mod propose;
pub mod reconcile;
pub mod service_ranges;
pub mod taken;
pub mod worksheet;
