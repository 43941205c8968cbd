//! Values of Cilium's chart to what it writes into the ConfigMap `cilium-config`, as far as the program asks for it
//! (install/kubernetes/cilium/templates/cilium-configmap.yaml, 1.16 to 1.20).

use serde_json::{Map, Value};

/// A value, the key it becomes, and the chart's default where the agent's own is another.
const KEYS: &[(&str, &str, Option<&str>)] = &[
    ("autoDirectNodeRoutes", "auto-direct-node-routes", None),
    ("bpf.datapathMode", "datapath-mode", None),
    ("bpf.hostLegacyRouting", "enable-host-legacy-routing", None),
    ("bpf.lbModeAnnotation", "bpf-lb-mode-annotation", None),
    ("bpf.masquerade", "enable-bpf-masquerade", None),
    ("bpf.tproxy", "enable-bpf-tproxy", None),
    ("defaultLBServiceIPAM", "default-lb-service-ipam", None),
    ("devices", "devices", None),
    ("enableLBIPAM", "enable-lb-ipam", None),
    ("enableNoServiceEndpointsRoutable", "enable-no-service-endpoints-routable", None),
    ("externalIPs.enabled", "enable-external-ips", None),
    ("ipv4.enabled", "enable-ipv4", Some("true")),
    ("ipv4NativeRoutingCIDR", "ipv4-native-routing-cidr", None),
    ("ipv6.enabled", "enable-ipv6", Some("false")),
    ("ipv6NativeRoutingCIDR", "ipv6-native-routing-cidr", None),
    ("k8s.serviceProxyName", "k8s-service-proxy-name", None),
    ("k8sClientRateLimit.burst", "k8s-client-burst", None),
    ("k8sClientRateLimit.qps", "k8s-client-qps", None),
    ("kubeProxyReplacement", "kube-proxy-replacement", None),
    ("loadBalancer.acceleration", "bpf-lb-acceleration", None),
    ("loadBalancer.dsrDispatch", "bpf-lb-dsr-dispatch", None),
    ("loadBalancer.mode", "bpf-lb-mode", None),
    ("nodePort.directRoutingDevice", "direct-routing-device", None),
    ("routingMode", "routing-mode", None),
    ("socketLB.enabled", "bpf-lb-sock", None),
    ("socketLB.hostNamespaceOnly", "bpf-lb-sock-hostns-only", None),
    ("tunnelProtocol", "tunnel-protocol", None),
];

/// A switch whose key is only there if it is on, and what is written with it.
const SWITCHES: &[(&str, &str, Keys)] = &[
    ("bgp.announce.loadbalancerIP", "bgp-announce-lb-ip", &[]),
    ("bgp.announce.podCIDR", "bgp-announce-pod-cidr", &[]),
    (
        "bgpControlPlane.enabled",
        "enable-bgp-control-plane",
        &[
            ("bgpControlPlane.secretsNamespace.name", "bgp-secrets-namespace", Some("kube-system")),
            ("bgpControlPlane.statusReport.enabled", "enable-bgp-control-plane-status-report", None),
            ("bgpControlPlane.routerIDAllocation.mode", "bgp-router-id-allocation-mode", None),
            ("bgpControlPlane.routerIDAllocation.ipPool", "bgp-router-id-allocation-ip-pool", None),
            ("bgpControlPlane.legacyOriginAttribute.enabled", "enable-bgp-legacy-origin-attribute", None),
        ],
    ),
    ("bpf.disableExternalIPMitigation", "disable-external-ip-mitigation", &[]),
    ("gatewayAPI.enabled", "enable-gateway-api", &[]),
    ("ingressController.enabled", "enable-ingress-controller", &[]),
    (
        "l2announcements.enabled",
        "enable-l2-announcements",
        &[
            ("l2announcements.leaseDuration", "l2-announcements-lease-duration", None),
            ("l2announcements.leaseRenewDeadline", "l2-announcements-renew-deadline", None),
            ("l2announcements.leaseRetryPeriod", "l2-announcements-retry-period", None),
        ],
    ),
    ("l2podAnnouncements.enabled", "enable-l2-pod-announcements", &[]),
];

type Keys = &'static [(&'static str, &'static str, Option<&'static str>)];

/// The data of `cilium-config`.
pub fn data(values: &Value) -> Map<String, Value> {
    let mut data = Map::new();
    write(values, KEYS, &mut data);
    for (path, key, with) in SWITCHES {
        if at(values, path).is_some_and(|value| *value == Value::Bool(true)) {
            data.insert((*key).to_owned(), "true".into());
            write(values, with, &mut data);
        }
    }
    // Written as it is.
    let extra = values["extraConfig"].as_object().into_iter().flatten();
    data.extend(extra.filter_map(|(key, value)| Some((key.clone(), plain(value)?.into()))));
    data
}

fn write(values: &Value, keys: Keys, data: &mut Map<String, Value>) {
    for (path, key, default) in keys {
        let value = at(values, path).and_then(plain).or(default.map(str::to_owned));
        if let Some(value) = value {
            data.insert((*key).to_owned(), value.into());
        }
    }
}

fn at<'a>(values: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(values, |value, key| value.get(key))
}

/// As Helm prints it; `None` for what is not set.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(items) => Some(items.iter().filter_map(plain).collect::<Vec<_>>().join(" ")),
        Value::Null | Value::Object(_) => None,
    }
}

/// Puts values on top of others, as Helm does: maps are merged, `null` takes away, anything else replaces.
pub fn merge(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                if value.is_null() {
                    below.remove(&key);
                } else {
                    merge(below.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (below, above) => *below = above,
    }
}

/// Sets one value by its path; false for a path that has more than names.
pub fn set(values: &mut Value, path: &str, value: Value) -> bool {
    if path.contains(['[', '\\', '{']) {
        return false;
    }
    let nested =
        path.rsplit('.').fold(value, |value, key| Value::Object([(key.to_owned(), value)].into_iter().collect()));
    merge(values, nested);
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_what_the_chart_writes() {
        let values = json!({
            "bgpControlPlane": {"enabled": true, "statusReport": {"enabled": false}},
            "l2announcements": {"enabled": false, "leaseDuration": "15s"},
            "kubeProxyReplacement": true, "loadBalancer": {"mode": "dsr", "algorithm": "maglev"},
            "socketLB": {"hostNamespaceOnly": true}, "bpf": {"masquerade": null, "disableExternalIPMitigation": false},
            "devices": ["eth0", "eth1"], "ipv6": {"enabled": true}, "extraConfig": {"x-y": 1}
        });
        let expected = json!({
            "devices": "eth0 eth1", "enable-ipv4": "true", "enable-ipv6": "true", "kube-proxy-replacement": "true",
            "bpf-lb-mode": "dsr", "bpf-lb-sock-hostns-only": "true", "enable-bgp-control-plane": "true",
            "bgp-secrets-namespace": "kube-system", "enable-bgp-control-plane-status-report": "false", "x-y": "1"
        });
        assert_eq!(Value::Object(data(&values)), expected);
        assert_eq!(Value::Object(data(&Value::Null)), json!({"enable-ipv4": "true", "enable-ipv6": "false"}));
    }

    #[test]
    fn values_are_merged_as_helm_does() {
        let mut values = json!({"a": {"b": 1, "c": [1]}, "d": 1});
        merge(&mut values, json!({"a": {"c": [2], "e": {"f": null}}, "d": null}));
        assert_eq!(values, json!({"a": {"b": 1, "c": [2], "e": {"f": null}}}));
        assert!(set(&mut values, "a.b", json!(2)) && !set(&mut values, "a[0]", json!(2)));
        assert_eq!(values["a"]["b"], 2);
    }
}
