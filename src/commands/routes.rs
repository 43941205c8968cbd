//! `kubectl bgp routes`: every VIP, from the cluster's objects to the router's kernel.

use crate::cli::{GlobalFlags, OutputFlags};
use crate::commands::explained::explain;
use crate::commands::wanted::{self, Wanted};
use crate::commands::{none_found, nothing_read, report};
use crate::error::{Exit, Result};
use crate::label_query::LabelQuery;
use crate::observe::observe;
use crate::present::{Printer, routes::Routes};
use crate::snapshot::{Command, Kind, Needs, Snapshot};
use crate::topology::names::NodeName;
use crate::topology::routes::Route;
use crate::topology::{Topology, questions};
use crate::trace;
use crate::ui::Ui;

const NEEDS: Needs = Needs {
    kinds: &[
        Kind::Service,
        Kind::EndpointSlice,
        Kind::CiliumNode,
        Kind::BgpClusterConfig,
        Kind::BgpPeerConfig,
        Kind::BgpAdvertisement,
        Kind::BgpNodeConfig,
        Kind::BgpNodeConfigOverride,
        Kind::BgpPeeringPolicy,
        Kind::CiliumConfig,
        Kind::AgentPod,
    ],
    commands: &[
        Command::Daemons,
        Command::Version,
        Command::Summary,
        Command::Neighbors,
        Command::Ipv4Paths,
        Command::Ipv6Paths,
        Command::Ipv4Routes,
        Command::Ipv6Routes,
        Command::RunningConfig,
        Command::Addresses,
        Command::Ipv4KernelRoutes,
        Command::Ipv6KernelRoutes,
    ],
};

/// Shows every VIP and how far its route has come
///
/// A row for each VIP of a Service, and for each prefix that the router learned from a node and no Service has.
/// EXPECTED is how many nodes should advertise it, computed from the cluster's objects; ACCEPTED how many the router has
/// a path from; BEST how many of these it uses; FIB how many next hops its kernel has. STATUS names the first hop that is
/// broken. Where both ends disagree, the agents and the router are asked further, unless --no-exec forbids it.
#[derive(clap::Args)]
pub struct Args {
    /// Only these: a Service's NAME or NAMESPACE/NAME, a VIP, or a prefix with all that lies in it
    #[arg(value_name = "SERVICE|VIP|PREFIX")]
    names: Vec<String>,
    /// Only Services with these labels, in kubectl's syntax
    #[arg(short = 'l', long = "selector", value_name = "SELECTOR")]
    selector: Option<LabelQuery>,
    /// Only what this node should advertise, or has a path for; repeatable
    #[arg(long = "node", value_name = "NODE")]
    nodes: Vec<String>,
    /// Also the pod CIDRs that nodes advertise
    #[arg(long)]
    all_types: bool,
    #[command(flatten)]
    output: OutputFlags,
}

pub fn run(args: &Args, flags: &GlobalFlags, ui: &Ui) -> Result<Exit> {
    let printer = Printer::new(&args.output)?;
    let ask_further = |snapshot: &Snapshot| {
        let topology = Topology::of(snapshot, NEEDS);
        let shown: Vec<&Route> = args.select(&topology, flags).into_iter().map(|(_, route)| route).collect();
        let mut further = topology.questions_about_routes(&shown, flags.ends.verify);
        if printer.is_wide() {
            further.extend(questions::about_details(&shown));
        }
        further
    };
    let topology = Topology::consuming(observe(flags, NEEDS, &ask_further, ui)?, NEEDS);
    if topology.nothing_known {
        return Err(nothing_read(&topology.gaps));
    }
    report(&topology.gaps, ui);
    let (positions, routes): (Vec<usize>, Vec<&Route>) = args.select(&topology, flags).into_iter().unzip();
    if routes.is_empty() && args.names.is_empty() && args.nodes.is_empty() {
        none_found(&topology, ui);
    }
    printer.print(&Routes { topology: &topology, routes, all_types: args.all_types }, ui.stdout())?;
    if printer.is_table() {
        let symptoms = positions.into_iter().flat_map(|at| trace::symptoms(&topology, at)).collect();
        explain(&topology, &symptoms, ui);
    }
    args.reject_unknown(&topology, flags)?;
    Ok(Exit::Ok)
}

impl Args {
    /// What is shown, each with its position.
    fn select<'a>(&self, topology: &'a Topology, flags: &GlobalFlags) -> Vec<(usize, &'a Route)> {
        let namespace = flags.kube.one_namespace();
        let wanted: Vec<Wanted> = self.names.iter().map(|name| Wanted::parse(name)).collect();
        let of_node = |route: &Route| self.nodes.iter().any(|node| topology.concerns(route, &NodeName(node.clone())));
        let is_wanted = |(_, route): &(usize, &Route)| {
            let is_named =
                |wanted: &Wanted| wanted.is(route) && self.is_of_services(route, wanted.namespace(namespace));
            let of_all = || self.is_shown(route) && self.is_of_services(route, namespace);
            (if wanted.is_empty() { of_all() } else { wanted.iter().any(is_named) })
                && (self.nodes.is_empty() || of_node(route))
        };
        topology.routes.iter().enumerate().filter(is_wanted).collect()
    }

    /// Pod CIDRs that should be there are left out, those that should not are not.
    fn is_shown(&self, route: &Route) -> bool {
        let is_expected = route.expected.value().is_none_or(|speakers| speakers.nodes > 0);
        self.all_types || !(route.is_of_pods() && is_expected)
    }

    fn is_of_services(&self, route: &Route, namespace: Option<&str>) -> bool {
        if namespace.is_none() && self.selector.is_none() {
            return true;
        }
        route.services.value().into_iter().flatten().any(|service| {
            namespace.is_none_or(|namespace| service.namespace == namespace)
                && self.selector.as_ref().is_none_or(|selector| selector.matches(&service.labels))
        })
    }

    fn reject_unknown(&self, topology: &Topology, flags: &GlobalFlags) -> Result<()> {
        let namespace = flags.kube.one_namespace();
        for word in &self.names {
            let wanted = Wanted::parse(word);
            let is_shown = |route: &Route| wanted.is(route) && self.is_of_services(route, wanted.namespace(namespace));
            if topology.routes.iter().any(is_shown) {
                continue;
            }
            return Err(wanted::not_found(word, topology, namespace, std::iter::empty()));
        }
        let known = topology.nodes.value();
        match self.nodes.iter().find(|node| known.is_some_and(|known| !known.contains_key(&NodeName((*node).clone()))))
        {
            Some(node) => Err(wanted::no_node(node)),
            None => Ok(()),
        }
    }
}
