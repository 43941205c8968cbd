//! A flag for each value of the setup.

use std::net::IpAddr;

use super::values;
use crate::cilium::pool::Block;
use crate::label_query::LabelQuery;
use crate::setup::given::{Given, GivenNames, Restart};
use crate::topology::names::Asn;

/// What the setup is to have. Without a flag it is what is in use, else what is proposed.
#[derive(clap::Args)]
#[command(next_help_heading = "Setup")]
pub struct ValueFlags {
    /// The router's address that the nodes dial; repeatable, one for each address family
    #[arg(long, value_name = "ADDRESS", value_parser = values::address)]
    router_address: Vec<IpAddr>,
    /// AS number of the router
    #[arg(long, value_name = "ASN", value_parser = values::asn)]
    router_asn: Option<Asn>,
    /// AS number of the nodes
    #[arg(long, value_name = "ASN", value_parser = values::asn)]
    local_asn: Option<Asn>,
    /// Addresses of load balancers: a prefix, or the first and the last; repeatable
    #[arg(long, value_name = "CIDR|FIRST-LAST", value_parser = values::block)]
    pool: Vec<Block>,
    /// The nodes that peer, as kubectl's -l takes it
    #[arg(long, value_name = "SELECTOR")]
    node_selector: Option<LabelQuery>,
    /// The Services that are advertised, as kubectl's -l takes it
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    selector: Option<LabelQuery>,
    /// Advertise only these Services at first; the file says how to go on to all
    #[arg(long, value_name = "SELECTOR")]
    canary: Option<LabelQuery>,
    /// After how long without a word the other end counts as dead
    #[arg(long, value_name = "SECONDS", value_parser = values::hold_time)]
    hold_time: Option<u32>,
    /// How often to give a sign of life; default with --hold-time: a third of it
    #[arg(long, value_name = "SECONDS", value_parser = values::keep_alive)]
    keep_alive: Option<u32>,
    /// How long to wait before the next try to connect
    #[arg(long, value_name = "SECONDS", value_parser = values::connect_retry)]
    connect_retry: Option<u32>,
    /// For how long the router keeps the routes of a node whose agent restarts; 0: no graceful restart
    #[arg(long, value_name = "SECONDS", value_parser = values::restart_time)]
    restart_time: Option<Restart>,
    /// Name of the CiliumBGPClusterConfig
    #[arg(long, value_name = "NAME", value_parser = values::object_name)]
    name: Option<String>,
    /// Name of its BGP instance
    #[arg(long, value_name = "NAME", value_parser = values::object_name)]
    instance_name: Option<String>,
    /// Name of the router as a peer
    #[arg(long, value_name = "NAME", value_parser = values::object_name)]
    peer_name: Option<String>,
    /// Name of the CiliumBGPPeerConfig
    #[arg(long, value_name = "NAME", value_parser = values::object_name)]
    peer_config_name: Option<String>,
    /// Name of the CiliumBGPAdvertisement
    #[arg(long, value_name = "NAME", value_parser = values::object_name)]
    advertisement_name: Option<String>,
    /// Name of the CiliumLoadBalancerIPPool
    #[arg(long, value_name = "NAME", value_parser = values::object_name)]
    pool_name: Option<String>,
}

impl ValueFlags {
    pub fn given(&self) -> Given {
        let selector = |query: &Option<LabelQuery>| query.clone().map(LabelQuery::into_selector);
        Given {
            router_addresses: self.router_address.clone(),
            router_asn: self.router_asn,
            local_asn: self.local_asn,
            pool: self.pool.clone(),
            node_selector: selector(&self.node_selector),
            connect_retry: self.connect_retry,
            hold: self.hold_time,
            keep_alive: self.keep_alive,
            restart: self.restart_time,
            selector: selector(&self.selector),
            canary: selector(&self.canary),
            names: GivenNames {
                cluster_config: self.name.clone(),
                instance: self.instance_name.clone(),
                peer: self.peer_name.clone(),
                peer_config: self.peer_config_name.clone(),
                advertisement: self.advertisement_name.clone(),
                pool: self.pool_name.clone(),
            },
        }
    }
}
