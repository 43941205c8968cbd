//! The kinds of object that the program reads, and where the API server has them.

/// A kind that is read with one request, whatever the number of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Node,
    Service,
    EndpointSlice,
    CiliumNode,
    BgpClusterConfig,
    BgpPeerConfig,
    BgpAdvertisement,
    BgpNodeConfig,
    BgpNodeConfigOverride,
    BgpPeeringPolicy,
    LoadBalancerIpPool,
    L2AnnouncementPolicy,
    /// Leases in Cilium's namespace: L2 announcements, the operator's leadership.
    Lease,
    /// The ConfigMap `cilium-config`.
    CiliumConfig,
    /// Cilium's agent DaemonSet.
    AgentDaemonSet,
    /// Cilium's agent pods.
    AgentPod,
    /// Which of Cilium's kinds the API server serves in v2.
    CiliumV2,
    /// The same in v2alpha1.
    CiliumV2Alpha1,
    Gateway,
    NetworkPolicy,
    /// Flux.
    Kustomization,
    /// Flux.
    HelmRelease,
    /// Argo CD.
    Application,
    /// The pods of Cilium's operator.
    OperatorPod,
}

/// Cilium's BGP kinds: v2 is asked first, v2alpha1 where v2 is not served (Cilium 1.16 and 1.17).
const V2_THEN_V2ALPHA1: &[&str] = &["v2", "v2alpha1"];

impl Kind {
    /// Cilium's objects that people write for load balancers and BGP, in the order in which a file has them.
    pub const WRITTEN: &[Self] = &[
        Self::BgpAdvertisement,
        Self::BgpPeerConfig,
        Self::BgpClusterConfig,
        Self::BgpNodeConfigOverride,
        Self::LoadBalancerIpPool,
        Self::L2AnnouncementPolicy,
    ];

    /// Whether people write it, now or before Cilium 1.19.
    pub fn is_written(self) -> bool {
        self == Self::BgpPeeringPolicy || Self::WRITTEN.contains(&self)
    }

    /// All of them, as a snapshot holds them.
    pub const ALL: &[Self] = &[
        Self::Node,
        Self::Service,
        Self::EndpointSlice,
        Self::CiliumNode,
        Self::BgpClusterConfig,
        Self::BgpPeerConfig,
        Self::BgpAdvertisement,
        Self::BgpNodeConfig,
        Self::BgpNodeConfigOverride,
        Self::BgpPeeringPolicy,
        Self::LoadBalancerIpPool,
        Self::L2AnnouncementPolicy,
        Self::Lease,
        Self::CiliumConfig,
        Self::AgentDaemonSet,
        Self::AgentPod,
        Self::CiliumV2,
        Self::CiliumV2Alpha1,
        Self::Gateway,
        Self::NetworkPolicy,
        Self::Kustomization,
        Self::HelmRelease,
        Self::Application,
        Self::OperatorPod,
    ];

    /// Few clusters have it, or few users may read it; only the rules that need it miss it.
    pub fn is_optional(self) -> bool {
        matches!(
            self,
            Self::CiliumV2
                | Self::CiliumV2Alpha1
                | Self::Gateway
                | Self::NetworkPolicy
                | Self::Kustomization
                | Self::HelmRelease
                | Self::Application
                | Self::OperatorPod
        )
    }

    /// The kind's name in Kubernetes; the two that are one object or a selection say which.
    pub fn name(self) -> &'static str {
        match self {
            Self::Node => "Node",
            Self::Service => "Service",
            Self::EndpointSlice => "EndpointSlice",
            Self::CiliumNode => "CiliumNode",
            Self::BgpClusterConfig => "CiliumBGPClusterConfig",
            Self::BgpPeerConfig => "CiliumBGPPeerConfig",
            Self::BgpAdvertisement => "CiliumBGPAdvertisement",
            Self::BgpNodeConfig => "CiliumBGPNodeConfig",
            Self::BgpNodeConfigOverride => "CiliumBGPNodeConfigOverride",
            Self::BgpPeeringPolicy => "CiliumBGPPeeringPolicy",
            Self::LoadBalancerIpPool => "CiliumLoadBalancerIPPool",
            Self::L2AnnouncementPolicy => "CiliumL2AnnouncementPolicy",
            Self::Lease => "Lease",
            Self::CiliumConfig => "ConfigMap/cilium-config",
            Self::AgentDaemonSet => "DaemonSet/cilium",
            Self::AgentPod => "Pod/cilium",
            Self::CiliumV2 => "APIResourceList/cilium.io/v2",
            Self::CiliumV2Alpha1 => "APIResourceList/cilium.io/v2alpha1",
            Self::Gateway => "Gateway",
            Self::NetworkPolicy => "NetworkPolicy",
            Self::Kustomization => "Kustomization",
            Self::HelmRelease => "HelmRelease",
            Self::Application => "Application",
            Self::OperatorPod => "Pod/cilium-operator",
        }
    }

    /// Request paths in the order to ask them: the next one only if the one before is not served.
    pub fn paths(self, cilium_namespace: &str) -> Vec<String> {
        let cilium = |versions: &[&str], plural: &str| {
            versions.iter().map(|version| format!("/apis/cilium.io/{version}/{plural}")).collect()
        };
        let namespaced = |group: &str, rest: &str| vec![format!("{group}/namespaces/{cilium_namespace}/{rest}")];
        match self {
            Self::Node => vec!["/api/v1/nodes".to_owned()],
            Self::Service => vec!["/api/v1/services".to_owned()],
            Self::EndpointSlice => vec!["/apis/discovery.k8s.io/v1/endpointslices".to_owned()],
            Self::CiliumNode => cilium(&["v2"], "ciliumnodes"),
            Self::BgpClusterConfig => cilium(V2_THEN_V2ALPHA1, "ciliumbgpclusterconfigs"),
            Self::BgpPeerConfig => cilium(V2_THEN_V2ALPHA1, "ciliumbgppeerconfigs"),
            Self::BgpAdvertisement => cilium(V2_THEN_V2ALPHA1, "ciliumbgpadvertisements"),
            Self::BgpNodeConfig => cilium(V2_THEN_V2ALPHA1, "ciliumbgpnodeconfigs"),
            Self::BgpNodeConfigOverride => cilium(V2_THEN_V2ALPHA1, "ciliumbgpnodeconfigoverrides"),
            Self::BgpPeeringPolicy => cilium(&["v2alpha1"], "ciliumbgppeeringpolicies"),
            Self::LoadBalancerIpPool => cilium(V2_THEN_V2ALPHA1, "ciliumloadbalancerippools"),
            Self::L2AnnouncementPolicy => cilium(&["v2alpha1"], "ciliuml2announcementpolicies"),
            Self::Lease => namespaced("/apis/coordination.k8s.io/v1", "leases"),
            Self::CiliumConfig => namespaced("/api/v1", "configmaps/cilium-config"),
            Self::AgentDaemonSet => namespaced("/apis/apps/v1", "daemonsets/cilium"),
            Self::AgentPod => namespaced("/api/v1", "pods?labelSelector=k8s-app%3Dcilium"),
            Self::CiliumV2 => vec!["/apis/cilium.io/v2".to_owned()],
            Self::CiliumV2Alpha1 => vec!["/apis/cilium.io/v2alpha1".to_owned()],
            Self::Gateway => vec!["/apis/gateway.networking.k8s.io/v1/gateways".to_owned()],
            Self::NetworkPolicy => vec!["/apis/networking.k8s.io/v1/networkpolicies".to_owned()],
            Self::Kustomization => vec!["/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations".to_owned()],
            Self::HelmRelease => vec!["/apis/helm.toolkit.fluxcd.io/v2/helmreleases".to_owned()],
            Self::Application => vec!["/apis/argoproj.io/v1alpha1/applications".to_owned()],
            Self::OperatorPod => namespaced("/api/v1", "pods?labelSelector=io.cilium%2Fapp%3Doperator"),
        }
    }
}
