//! `Lease`: who announces a Service on layer 2, and which operator leads.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Object, null_is_default, time};

pub type Lease = Object<LeaseSpec>;

/// An operator that stopped shows only here.
pub const OPERATOR: &str = "cilium-operator-resource-lock";

const L2_PREFIX: &str = "cilium-l2announce-";

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LeaseSpec {
    #[serde(deserialize_with = "null_is_default")]
    holder_identity: String,
    #[serde(deserialize_with = "time")]
    pub renew_time: Option<Timestamp>,
    pub lease_duration_seconds: Option<u32>,
}

impl LeaseSpec {
    /// For L2 the node's name; nobody once it was given up.
    pub fn holder(&self) -> Option<&str> {
        Some(self.holder_identity.as_str()).filter(|holder| !holder.is_empty())
    }

    /// Whether its holder let it run out. Unknown without a time.
    pub fn has_expired(&self, now: Timestamp) -> Option<bool> {
        let duration = SignedDuration::from_secs(self.lease_duration_seconds?.into());
        Some(now.duration_since(self.renew_time?) > duration)
    }
}

impl Lease {
    pub fn is_l2(&self) -> bool {
        self.metadata.name.starts_with(L2_PREFIX)
    }

    /// The name of a Service's.
    pub fn l2_name(namespace: &str, name: &str) -> String {
        format!("{L2_PREFIX}{namespace}-{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(text: &str) -> Lease {
        serde_json::from_str(text).expect("Kubernetes' shape")
    }

    #[test]
    fn a_lease_is_its_services() {
        let lease = lease(r#"{"metadata": {"name": "cilium-l2announce-a-b-c"}}"#);
        assert!(lease.is_l2());
        assert_eq!(Lease::l2_name("a", "b-c"), lease.metadata.name);
    }

    #[test]
    fn a_holder_may_let_it_run_out() {
        let lease = lease(
            r#"{"spec": {"holderIdentity": "node-1", "leaseDurationSeconds": 15, "renewTime": "2026-11-22T17:00:00.123456Z"}}"#,
        );
        let at = |text: &str| lease.spec.has_expired(text.parse().expect("a time"));
        assert_eq!(lease.spec.holder(), Some("node-1"));
        assert_eq!((at("2026-11-22T17:00:15Z"), at("2026-11-22T17:00:16Z")), (Some(false), Some(true)));
    }

    #[test]
    fn what_was_given_up_has_no_holder() {
        let lease = lease(r#"{"spec": {"holderIdentity": ""}}"#);
        assert_eq!((lease.spec.holder(), lease.spec.has_expired(Timestamp::UNIX_EPOCH)), (None, None));
    }
}
