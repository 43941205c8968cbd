//! The lab's environment, and the commands that run in it.

use std::process::Command;

use super::ours;
use crate::lab::lab;
use crate::run::{Result, output, program};

/// What `peers` lists, as curl has to ask for it.
const LISTS: &[&str] = &[
    "apis/cilium.io/v2/ciliumnodes",
    "apis/cilium.io/v2/ciliumbgpclusterconfigs",
    "apis/cilium.io/v2/ciliumbgppeerconfigs",
    "apis/cilium.io/v2/ciliumbgpnodeconfigs",
    "apis/cilium.io/v2/ciliumbgpnodeconfigoverrides",
    "apis/cilium.io/v2alpha1/ciliumbgppeeringpolicies",
    "api/v1/namespaces/kube-system/configmaps/cilium-config",
    "api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dcilium",
];

pub struct Environment(Vec<(String, String)>);

impl Environment {
    pub fn read() -> Result<Self> {
        let exports = output(lab(&["env", "--lab", "bench"]))?;
        let text = output(program("bash", &["-c", &format!("{exports}\nenv -0")]))?;
        let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
        Ok(Self(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
    }

    pub fn value(&self, name: &str) -> Result<String> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).ok_or_else(|| format!("the lab sets no {name}"))
    }

    pub fn command(&self, name: &str, words: &[&str]) -> Command {
        let mut command = Command::new(name);
        command.args(words).envs(self.0.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn ours(&self, words: &[&str]) -> Command {
        self.command(&ours(), words)
    }

    /// curl with all lists at once, over connections of its own, with the admin's certificate.
    pub fn curl(&self) -> Result<Command> {
        let pki = format!("{}/pki", self.value("LAB_STATE")?);
        let server =
            output(self.command("kubectl", &["config", "view", "-o", "jsonpath={.clusters[0].cluster.server}"]))?;
        let [ca, cert, key] = ["ca.crt", "admin.crt", "admin.key"].map(|file| format!("{pki}/{file}"));
        let mut command = Command::new("curl");
        command.args(["-s", "-Z", "--parallel-immediate", "--cacert", &ca, "--cert", &cert, "--key", &key]);
        for list in LISTS {
            let separator = if list.contains('?') { '&' } else { '?' };
            command.args(["-o", "/dev/null", &format!("{server}/{list}{separator}resourceVersion=0")]);
        }
        Ok(command)
    }
}
