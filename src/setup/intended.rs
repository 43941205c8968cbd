//! The state that the setup leads to: the planned objects stand in the snapshot, in place of those of their names.

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::frr::show::daemons::bgpd_runs;
use crate::snapshot::{ClusterAnswers, Command, Document, Kind, Reason, RouterAnswers, Snapshot};
use crate::topology::names::Asn;

/// Puts the objects, each with its kind, into the cluster's lists. A kind that is not served yet, or was not read, is then.
pub fn intend(snapshot: &mut Snapshot, objects: &[(Kind, Value)]) -> Result<(), serde_json::Error> {
    let read_at = snapshot.taken_at;
    let Some(cluster) = &mut snapshot.cluster else { return Ok(()) };
    // The agents follow a PeeringPolicy as long as there is one, so the objects in its place come to nothing before.
    if objects.iter().any(|(kind, _)| *kind == Kind::BgpClusterConfig) {
        set(cluster, Kind::BgpPeeringPolicy, read_at, &[])?;
    }
    for kind in Kind::ALL {
        let own: Vec<&Value> = objects.iter().filter(|(of, _)| of == kind).map(|(_, object)| object).collect();
        if own.is_empty() {
            continue;
        }
        let name = |object: &Value| object.pointer("/metadata/name").cloned();
        let is_planned = |object: &Value| own.iter().any(|planned| name(planned) == name(object));
        let mut items = items(cluster, *kind);
        items.retain(|object| !is_planned(object));
        items.extend(own.into_iter().cloned());
        set(cluster, *kind, read_at, &items)?;
    }
    Ok(())
}

/// Of what people write and files have none of, a cluster before BGP has none either.
pub fn begin(snapshot: &mut Snapshot) -> Result<(), serde_json::Error> {
    let read_at = snapshot.taken_at;
    let Some(cluster) = &mut snapshot.cluster else { return Ok(()) };
    for kind in Kind::ALL.iter().filter(|kind| kind.is_written()) {
        let missing = cluster.document(*kind).and_then(|document| document.missing.as_ref());
        if missing.is_some_and(|missing| missing.reason == Reason::NotInFiles) {
            set(cluster, *kind, read_at, &[])?;
        }
    }
    Ok(())
}

/// What a router is called that was not read.
const UNREAD: &str = "the router";

/// A router without BGP, or that was not read, is planned for as one that runs an empty instance: what it is to be told is
/// complete then, and nothing of it is taken for granted. Says whether all are such,
/// or have an instance still to come: then the whole configuration is new.
pub fn stand_in(snapshot: &mut Snapshot, asn: Asn) -> bool {
    let read_at = snapshot.taken_at;
    let printed = format!("Building configuration...\n\nCurrent configuration:\n!\nrouter bgp {asn}\nexit\n!\nend\n");
    let config = || Document::answer(Command::RunningConfig.name(), read_at, 0, printed.clone());
    let routers = snapshot.routers.get_or_insert_default();
    routers.retain(|router| router.missing.is_none());
    let is_new = routers.iter().all(|router| is_without_bgpd(router) || is_without_instance(router));
    for router in routers.iter_mut().filter(|router| is_without_bgpd(router)) {
        let names = [Command::Daemons.name(), Command::RunningConfig.name()];
        router.documents.retain(|document| !names.contains(&document.name.as_str().into()));
        router.documents.push(config());
    }
    if routers.is_empty() {
        routers.push(RouterAnswers {
            target: UNREAD.to_owned(),
            named_by: "init".to_owned(),
            peer: None,
            missing: None,
            documents: vec![config()],
        });
    }
    is_new
}

/// It says which daemons run, and bgpd is none of them.
fn is_without_bgpd(router: &RouterAnswers) -> bool {
    let daemons = router.document(Command::Daemons).and_then(Document::body).filter(|text| !text.trim().is_empty());
    daemons.is_some_and(|text| !bgpd_runs(text))
}

/// bgpd runs, and nothing was configured yet.
fn is_without_instance(router: &RouterAnswers) -> bool {
    let config =
        router.document(Command::RunningConfig).and_then(Document::body).filter(|text| !text.trim().is_empty());
    config.is_some_and(|text| !text.lines().any(|line| line.starts_with("router bgp ")))
}

fn items(cluster: &ClusterAnswers, kind: Kind) -> Vec<Value> {
    let text = cluster.document(kind).and_then(|document| document.json.as_deref()).map(RawValue::get);
    let list: Value = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    list.get("items").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn set(
    cluster: &mut ClusterAnswers,
    kind: Kind,
    read_at: jiff::Timestamp,
    items: &[Value],
) -> Result<(), serde_json::Error> {
    let list = to_raw_value(&json!({ "items": items }))?;
    match cluster.documents.iter_mut().find(|document| document.name == kind.name()) {
        Some(document) => {
            document.json = Some(list);
            document.text = None;
            document.missing = None;
        }
        None => cluster.documents.push(Document::answer(kind.name(), read_at, 0, list.get().to_owned())),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planned_objects_stand_in_the_lists() {
        let mut snapshot: Snapshot = serde_json::from_str(include_str!("../snapshot/demo.json")).expect("a snapshot");
        let pool = |name: &str| json!({"metadata": {"name": name}, "spec": {"blocks": [{"cidr": "10.0.0.0/24"}]}});
        let planned = [(Kind::LoadBalancerIpPool, pool("services")), (Kind::LoadBalancerIpPool, pool("new"))];
        intend(&mut snapshot, &planned).expect("lists");
        let cluster = snapshot.cluster.as_ref().expect("a cluster");
        assert_eq!(items(cluster, Kind::LoadBalancerIpPool), [pool("services"), pool("new")]);
        assert_eq!(items(cluster, Kind::BgpClusterConfig).len(), 1);
        let config = json!({"metadata": {"name": "bgp"}});
        intend(&mut snapshot, &[(Kind::BgpClusterConfig, config)]).expect("lists");
        let cluster = snapshot.cluster.as_ref().expect("a cluster");
        assert_eq!(items(cluster, Kind::BgpClusterConfig).len(), 2);
        assert!(cluster.document(Kind::BgpPeeringPolicy).is_some_and(|document| document.missing.is_none()));
    }
}
