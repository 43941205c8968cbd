//! The commands that a router is asked. All of them only read.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// How reading a file of FRR's ends where its folder has no such file, and where there is no such folder.
pub const NO_FILE: i32 = 2;
pub const NO_FOLDER: i32 = 3;

/// A command and the name of its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Daemons,
    Version,
    Summary,
    Neighbors,
    Ipv4Paths,
    Ipv6Paths,
    Ipv4Routes,
    Ipv6Routes,
    RunningConfig,
    /// What FRR starts from. vtysh's own `show startup-config` prints nothing (FRR issue 5032).
    StartupConfig,
    /// What bgpd starts from where there is no file for all daemons.
    SplitConfig,
    /// What UniFi Network has stored: its gateway's own API is asked, with a key of the user's.
    StoredConfig,
    /// The router's own addresses.
    Addresses,
    Ipv4KernelRoutes,
    Ipv6KernelRoutes,
    /// UniFi's name for the device and its firmware; not found elsewhere.
    UnifiModel,
    UnifiFirmware,
    /// What a neighbor sent, before any filter. Only asked of neighbors in question.
    Received {
        ipv4: bool,
        neighbor: IpAddr,
    },
    /// All that BGP knows of one prefix; only here it tells communities on every version.
    Detail(IpNet),
    /// Who connects to BGP's port for some seconds, and how many segments the kernel refused meanwhile.
    Watch,
    /// What FRR logged of BGP.
    Log,
    /// Whom the router knows on its links: ARP and neighbor discovery.
    KernelNeighbors,
    /// How its kernel forwards: hash policies, reverse path filters.
    KernelSettings,
    /// The way its kernel sends what is for an address.
    RouteTo(IpAddr),
    /// Whether it can connect to an address.
    Connect(SocketAddr),
}

/// Where a command runs, and the form of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// vtysh, one line of text.
    Line,
    /// vtysh, lines of text.
    Text,
    /// vtysh, one JSON document.
    Json,
    /// The router's shell.
    Shell,
}

impl Command {
    /// All of them, as a snapshot holds them.
    pub const ALL: &[Self] = &[
        Self::Daemons,
        Self::Version,
        Self::Summary,
        Self::Neighbors,
        Self::Ipv4Paths,
        Self::Ipv6Paths,
        Self::Ipv4Routes,
        Self::Ipv6Routes,
        Self::RunningConfig,
        Self::StartupConfig,
        Self::SplitConfig,
        Self::Addresses,
        Self::Ipv4KernelRoutes,
        Self::Ipv6KernelRoutes,
        Self::UnifiModel,
        Self::UnifiFirmware,
    ];

    /// What a router is asked further where a session is down.
    pub const PROBES: &[Self] = &[Self::Watch, Self::Log, Self::KernelNeighbors, Self::KernelSettings];

    /// The document's name; what is typed, unless that is a script.
    pub fn name(self) -> Cow<'static, str> {
        let family = |ipv4: bool| if ipv4 { "ipv4" } else { "ipv6" };
        Cow::Borrowed(match self {
            Self::Daemons => "show daemons",
            Self::Version => "show version",
            Self::Summary => "show bgp vrf all summary json",
            Self::Neighbors => "show bgp vrf all neighbors json",
            Self::Ipv4Paths => "show bgp ipv4 unicast json",
            Self::Ipv6Paths => "show bgp ipv6 unicast json",
            Self::Ipv4Routes => "show ip route bgp json",
            Self::Ipv6Routes => "show ipv6 route bgp json",
            Self::RunningConfig => "show running-config",
            Self::StartupConfig => "cat /etc/frr/frr.conf",
            Self::SplitConfig => "cat /etc/frr/bgpd.conf",
            Self::StoredConfig => "stored BGP configuration",
            Self::Addresses => "ip -j addr",
            Self::Ipv4KernelRoutes => "ip -j route",
            Self::Ipv6KernelRoutes => "ip -j -6 route",
            Self::UnifiModel => "ubnt-device-info model",
            Self::UnifiFirmware => "ubnt-device-info firmware",
            Self::Received { ipv4, neighbor } => {
                return format!("show bgp {} unicast neighbors {neighbor} received-routes json", family(ipv4)).into();
            }
            Self::Detail(prefix) => {
                return format!("show bgp {} unicast {prefix} json", family(prefix.addr().is_ipv4())).into();
            }
            Self::Watch => "watch of TCP port 179",
            Self::Log => "log of FRR",
            Self::KernelNeighbors => "ip -j neigh",
            Self::KernelSettings => "kernel settings",
            Self::RouteTo(address) => return format!("ip -j route get {address}").into(),
            Self::Connect(to) => return format!("connect to {to}").into(),
        })
    }

    /// The prefix of a [`Command::Detail`], by its document's name.
    pub fn prefix_of_detail(name: &str) -> Option<IpNet> {
        let rest =
            name.strip_prefix("show bgp ipv4 unicast ").or_else(|| name.strip_prefix("show bgp ipv6 unicast "))?;
        rest.strip_suffix(" json")?.parse().ok()
    }

    /// The probe that a document is of, by its name.
    pub fn probe_of(name: &str) -> Option<Self> {
        let known = Self::PROBES.iter().copied().find(|probe| probe.name() == name);
        let route = || Some(Self::RouteTo(name.strip_prefix("ip -j route get ")?.parse().ok()?));
        let connect = || Some(Self::Connect(name.strip_prefix("connect to ")?.parse().ok()?));
        known.or_else(route).or_else(connect)
    }

    /// Whether its answer is FRR's configuration as text.
    pub fn is_config(name: &str) -> bool {
        [Self::RunningConfig, Self::StartupConfig, Self::SplitConfig].iter().any(|command| command.name() == name)
    }

    pub fn form(self) -> Form {
        match self {
            Self::Daemons => Form::Line,
            Self::Version | Self::RunningConfig => Form::Text,
            Self::Summary
            | Self::Neighbors
            | Self::Ipv4Paths
            | Self::Ipv6Paths
            | Self::Ipv4Routes
            | Self::Ipv6Routes
            | Self::Received { .. }
            | Self::Detail(_) => Form::Json,
            Self::StartupConfig
            | Self::SplitConfig
            | Self::StoredConfig
            | Self::Addresses
            | Self::Ipv4KernelRoutes
            | Self::Ipv6KernelRoutes
            | Self::UnifiModel
            | Self::UnifiFirmware
            | Self::Watch
            | Self::Log
            | Self::KernelNeighbors
            | Self::KernelSettings
            | Self::RouteTo(_)
            | Self::Connect(_) => Form::Shell,
        }
    }
}
