//! A guess at where Services inside the cluster have their addresses. Only the API server knows its ranges (its
//! `--service-cluster-ip-range`, ServiceCIDRs from Kubernetes 1.33 on); the addresses that it gave tell something of them.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::ground::Ground;
use crate::cilium::config::Settings;
use crate::cilium::service::Service;

/// Ranges by their first address, which the API server's own Service has: kubeadm's default (kubernetes
/// cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go), that of k3s and RKE2 (k3s pkg/cli/cmds/server.go).
const DEFAULTS: [(&str, &str); 2] = [("10.96.0.1", "10.96.0.0/12"), ("10.43.0.1", "10.43.0.0/16")];

/// Ranges are rarely narrower.
const WIDTH: u8 = 16;
const WIDTH_V6: u8 = 112;

/// The ranges, of each family that Cilium was not told one of.
pub fn guessed(ground: &Ground) -> Vec<IpNet> {
    let told: Vec<IpNet> = ground.cluster.settings.value().into_iter().flat_map(Settings::service_ranges).collect();
    let is_told = |ip: &IpAddr| told.iter().any(|net| net.addr().is_ipv4() == ip.is_ipv4());
    let own = || ground.services().iter().filter(|service| is_api_servers(service)).flat_map(Service::cluster_ips);
    let mut ranges: BTreeSet<IpNet> = own().filter(|ip| !is_told(ip)).filter_map(default_of).collect();
    for ip in ground.services().iter().flat_map(Service::cluster_ips).filter(|ip| !is_told(ip)) {
        if !ranges.iter().any(|net| net.contains(&ip)) {
            let width = if ip.is_ipv4() { WIDTH } else { WIDTH_V6 };
            ranges.extend(IpNet::new(ip, width).map(|net| net.trunc()));
        }
    }
    ranges.into_iter().collect()
}

fn is_api_servers(service: &Service) -> bool {
    let metadata = &service.metadata;
    (metadata.namespace.as_str(), metadata.name.as_str()) == ("default", "kubernetes")
}

fn default_of(first: IpAddr) -> Option<IpNet> {
    let found = DEFAULTS.iter().find(|(address, _)| address.parse() == Ok(first));
    found.and_then(|(_, net)| net.parse().ok())
}
