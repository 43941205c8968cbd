//! The only place that changes something: files of a repository, and the cluster's objects. Nothing is changed that was not
//! shown or asked for, and what could not be done is said with what was.

pub mod apply;
pub mod files;
