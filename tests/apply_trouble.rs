//! `init --apply` where the API server says no, or nothing, after it took the first object.

use serde_json::json;
use tempfile::TempDir;

use crate::init::bare;
use crate::support::api::{Answer, Api, status};
use crate::support::run::{Printed, bgp};

const FIRST: &str = "CiliumBGPAdvertisement/lb-services";
const SECOND: &str = "CiliumBGPPeerConfig/router-peer";
const LEFT: &str = "CiliumBGPClusterConfig/bgp-cluster, CiliumLoadBalancerIPPool/lb-pool";

/// Applies a setup of four objects; the second one is answered with this.
fn applied(answer: fn() -> Answer) -> Printed {
    let api = Api::start(move |path| match path {
        path if !path.contains("fieldManager=") => status(404, "NotFound", "there is none"),
        path if !path.contains("dryRun=All") && path.contains("/ciliumbgppeerconfigs/") => answer(),
        _ => Answer::Status(200, "{}".to_owned()),
    });
    let folder = TempDir::new().expect("a folder");
    let mut snapshot = bare();
    let nodes = [snapshot.items("CiliumNode").clone(), snapshot.items("Node").clone()].concat();
    let source = folder.path().join("nodes.json");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": nodes}).to_string();
    std::fs::write(&source, list).expect("a file");
    let (source, target) = (source.display().to_string(), folder.path().display().to_string());
    let kubeconfig = api.kubeconfig("{}").display().to_string();
    let setup = ["--router-address", "10.90.3.1", "--router-asn", "65001", "--pool", "10.99.8.0/24"];
    let words = ["init", "--manifests", &source, "--output-dir", &target, "--apply", "--kubeconfig", &kubeconfig];
    bgp(&[&words[..], &setup, &["--request-timeout", "2s"]].concat()).output()
}

#[test]
fn a_refused_object_is_not_applied() {
    let printed = applied(|| status(409, "Conflict", "somebody changed it"));
    let said = [
        &format!("error: {SECOND} was not applied: Error from server (Conflict): somebody changed it\n"),
        &format!("hint: applied: {FIRST}\n"),
        &format!("hint: not applied: {SECOND}, {LEFT}\n"),
    ];
    assert!(said.iter().all(|line| printed.stderr.contains(*line)), "{}", printed.stderr);
    assert!(!printed.stderr.contains("not known whether"), "{}", printed.stderr);
    assert_eq!(printed.status, 1);
}

#[test]
fn of_an_object_without_an_answer_nothing_is_claimed() {
    for (answer, why) in [
        ((|| Answer::Hang) as fn() -> Answer, "gave no answer within 2 s"),
        (|| Answer::CutShort, "Unable to connect to the server"),
        (|| status(504, "Timeout", "the request did not complete"), "Error from server (Timeout)"),
    ] {
        let printed = applied(answer);
        let said = [
            &format!("error: whether {SECOND} was applied is not known: "),
            why,
            &format!("hint: applied: {FIRST}\n"),
            &format!("hint: sent, and not known whether applied: {SECOND}\n"),
            &format!("hint: not applied: {LEFT}\n"),
        ];
        assert!(said.iter().all(|line| printed.stderr.contains(*line)), "{}", printed.stderr);
        assert_eq!(printed.status, 1);
    }
}
