//! Objects that are there, in the version that the cluster serves, with all that was written into them.

use serde_json::{Map, Value};

use super::found::is_of;
use super::{Manifest, Origin, text, version};
use crate::setup::worksheet::Served;
use crate::snapshot::Kind;

/// The object without what the server and the tools added; `None` if it is of no kind of a setup.
pub fn of(object: &Value, served: Served) -> Option<Manifest> {
    let kind = *Kind::WRITTEN.iter().find(|kind| is_of(object, **kind))?;
    let to = version::of(kind, served);
    let mut spec = object.get("spec").cloned().unwrap_or_else(|| Value::Object(Map::new()));
    let notes = version::convert(kind, &mut spec, to);
    let metadata = version::written(&object["metadata"]);
    let kept = Manifest::new(kind, to, text(object, "/metadata/name"), spec, Origin::Kept);
    Some(Manifest { metadata, notes, ..kept })
}
