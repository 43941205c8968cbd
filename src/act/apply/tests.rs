//! What needs no API server; tests/lab_apply.rs has the rest.

use serde_json::json;

use super::report::Fate;
use super::*;

fn pool(name: &str, cidr: &str) -> Value {
    json!({"apiVersion": "cilium.io/v2", "kind": "CiliumLoadBalancerIPPool", "metadata": {"name": name},
        "spec": {"blocks": [{"cidr": cidr}]}})
}

#[test]
fn what_is_not_of_a_setup_is_not_applied() {
    let of = |object: Value| Target::of(&object).map(|target| target.name).map_err(|error| error.message);
    assert_eq!(of(pool("a", "10.0.0.0/8")), Ok("CiliumLoadBalancerIPPool/a".to_owned()));
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}});
    assert_eq!(of(service), Err("error: Service of v1 is not applied here".to_owned()));
    assert_eq!(of(json!({})), Err("error:  of  is not applied here".to_owned()));
    assert!(of(pool("../nodes", "10.0.0.0/8")).expect_err("no name").contains("no object may have"));
}

#[test]
fn how_far_it_came_is_told() {
    let target = |name: &str| Target::of(&pool(name, "10.0.0.0/8")).expect("a pool");
    let all = ["a", "b", "c", "d", "e"].map(target);
    let progress = Progress::of(&all);
    all.iter().for_each(|target| progress.tried(target, Outcome::Created));
    progress.end(&all[0], Outcome::Created);
    progress.end(&all[1], Outcome::Unchanged);
    progress.begin(&all[2]);
    progress.failed(&all[2], Fate::Unknown);
    progress.begin(&all[3]);
    progress.failed(&all[3], Fate::AsItWas);
    let names = |name: &str| format!("CiliumLoadBalancerIPPool/{name}");
    let expected = [
        format!("applied: {}", names("a")),
        format!("sent, and not known whether applied: {}", names("c")),
        format!("not applied: {}, {}", names("d"), names("e")),
    ];
    assert_eq!(progress.states(), expected);
}
