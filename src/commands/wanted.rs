//! What a word of the command line names: a Service, a VIP or a prefix; and what to say if there is none.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use crate::error::Error;
use crate::topology::Topology;
use crate::topology::routes::Route;

pub enum Wanted<'a> {
    Prefix(IpNet),
    Service(Option<&'a str>, &'a str),
}

impl<'a> Wanted<'a> {
    pub fn parse(word: &'a str) -> Self {
        if let Ok(address) = word.parse::<std::net::IpAddr>() {
            return Self::Prefix(address.into());
        }
        if let Ok(prefix) = word.parse::<IpNet>() {
            return Self::Prefix(prefix);
        }
        // As kubectl writes it with a type in front.
        let word = ["service/", "services/", "svc/"].iter().find_map(|kind| word.strip_prefix(kind)).unwrap_or(word);
        match word.split_once('/') {
            Some((namespace, name)) => Self::Service(Some(namespace), name),
            None => Self::Service(None, word),
        }
    }

    /// The namespace that it is of: its own, else the one that was asked for beside it.
    pub fn namespace(&self, beside: Option<&'a str>) -> Option<&'a str> {
        match self {
            Self::Service(own, _) => own.or(beside),
            Self::Prefix(_) => beside,
        }
    }

    pub fn is(&self, route: &Route) -> bool {
        match self {
            Self::Prefix(wanted) => {
                let vip = route.vip.is_some_and(|vip| wanted.contains(&vip));
                vip || route.prefix.is_some_and(|prefix| wanted.contains(&prefix))
            }
            Self::Service(namespace, name) => route.services.value().into_iter().flatten().any(|service| {
                service.name == *name && namespace.is_none_or(|namespace| service.namespace == namespace)
            }),
        }
    }
}

/// Whether a Service of this namespace has it; `None`: of any.
pub fn is_in(route: &Route, namespace: Option<&str>) -> bool {
    let mut services = route.services.value().into_iter().flatten();
    namespace.is_none_or(|namespace| services.any(|service| service.namespace == namespace))
}

/// No route is what the word says; `namespace` is the one that was asked for beside it. `others` might be meant too.
pub fn not_found(
    word: &str,
    topology: &Topology,
    namespace: Option<&str>,
    others: impl Iterator<Item = String>,
) -> Error {
    if let Some(error) = no_address(word) {
        return error;
    }
    let wanted = Wanted::parse(word);
    let error = match wanted {
        Wanted::Prefix(_) => Error::verbatim(format!("error: no Service has {word}, and no router a route of it")),
        Wanted::Service(..) if topology.services_unknown() => {
            return Error::failure(format!("what {word} is cannot be told without the cluster's Services"))
                .hint("an address or a prefix can be asked for without them")
                .undecided();
        }
        Wanted::Service(_, name) => match topology.service_namespace(wanted.namespace(namespace), name) {
            Some(namespace) => Error::verbatim(format!(
                "error: the Service {namespace}/{name} has no address that is or should be advertised"
            )),
            None => Error::verbatim(format!("Error from server (NotFound): services \"{name}\" not found")),
        },
    };
    near(word, names(topology).chain(others))
        .into_iter()
        .fold(error, |error, near| error.hint(format!("did you mean {near}?")))
}

/// What looks like an address or a prefix and is none.
fn no_address(word: &str) -> Option<Error> {
    if word.parse::<SocketAddr>().is_ok() {
        return Some(Error::usage(format!("{word} has a port")).hint("a VIP is named by its address alone"));
    }
    let (address, length) = word.split_once('/')?;
    let is_none = address.parse::<IpAddr>().is_ok() && word.parse::<IpNet>().is_err();
    is_none.then(|| Error::usage(format!("{word} is no prefix: {length} is no prefix length of {address}")))
}

pub fn no_node(name: &str) -> Error {
    Error::verbatim(format!("Error from server (NotFound): ciliumnodes.cilium.io \"{name}\" not found"))
}

/// What a word may be, as Services and VIPs are written.
fn names(topology: &Topology) -> impl Iterator<Item = String> {
    topology.routes.iter().flat_map(|route| {
        let services = route.services.value().into_iter().flatten();
        let names =
            services.flat_map(|service| [service.name.clone(), format!("{}/{}", service.namespace, service.name)]);
        names.chain(route.vip.map(|vip| vip.to_string()))
    })
}

/// The one that looks most like it.
fn near(word: &str, names: impl Iterator<Item = String>) -> Option<String> {
    const ALIKE: f64 = 0.8;
    let scored = names.map(|name| (strsim::jaro_winkler(word, &name), name));
    let best = scored
        .filter(|(score, name)| *score >= ALIKE && name != word)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)));
    best.map(|(_, name)| name)
}
