//! Objects that files have already: nothing is to be written twice, and what says the same stays as somebody wrote it.

use serde_json::Value;

use super::{Manifest, Origin, text};
use crate::setup::ownership::says_all_of;

/// Whether a file's object is this one, whatever it says.
pub fn is_same_object(written: &Value, manifest: &Manifest) -> bool {
    text(written, "/kind") == manifest.kind.name() && text(written, "/metadata/name") == manifest.name()
}

/// Whether a file's objects are just these, and say what these say.
pub fn says_the_same(written: &[Value], manifests: &[Manifest]) -> bool {
    let is_said = |manifest: &Manifest| {
        let mut same = written.iter().filter(|object| is_same_object(object, manifest));
        same.next().is_some_and(|object| says(object, manifest)) && same.next().is_none()
    };
    written.len() == manifests.len() && manifests.iter().all(is_said)
}

/// Whether a file's object is this one and says what it says. The server fills in what the file of an object leaves out, so of one that is there the file may say less.
pub fn says(written: &Value, manifest: &Manifest) -> bool {
    let object = manifest.object();
    if !is_same_object(written, manifest) || text(written, "/apiVersion") != manifest.version.name() {
        return false;
    }
    let agree = |pointer: &str| match (written.pointer(pointer), object.pointer(pointer)) {
        (Some(written), Some(wanted)) if manifest.origin == Origin::Kept => says_all_of(wanted, written),
        (written, wanted) => written == wanted,
    };
    ["/spec", "/metadata/labels", "/metadata/annotations"].into_iter().all(agree)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::setup::worksheet::ApiVersion;
    use crate::snapshot::Kind;

    fn pool(spec: Value, origin: Origin) -> Manifest {
        Manifest::new(Kind::LoadBalancerIpPool, ApiVersion::V2, "pool", spec, origin)
    }

    #[test]
    fn what_the_server_filled_in_is_no_difference() {
        let live = json!({"blocks": [{"cidr": "10.0.0.0/24"}], "disabled": false});
        let file = pool(json!({"blocks": [{"cidr": "10.0.0.0/24"}]}), Origin::Made).object();
        assert!(says_the_same(std::slice::from_ref(&file), &[pool(live.clone(), Origin::Kept)]));
        assert!(
            !says_the_same(std::slice::from_ref(&file), &[pool(live.clone(), Origin::Made)]),
            "what is new is all of it"
        );
        assert!(!says_the_same(&[file.clone(), file.clone()], &[pool(live.clone(), Origin::Kept)]));
        assert!(!says_the_same(&[], &[pool(live, Origin::Kept)]));
        let other = json!({"blocks": [{"cidr": "10.0.1.0/24"}], "disabled": false});
        assert!(!says_the_same(&[file], &[pool(other, Origin::Kept)]));
    }
}
