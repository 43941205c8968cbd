//! What probes say of a session that is down: they decide between causes that look the same at rest.

use std::net::{IpAddr, SocketAddr};

use super::likely::{Likely, finding, of};
use super::password::both_have_one;
use crate::cilium;
use crate::connect::{Connect, Outcome};
use crate::frr;
use crate::rules::facts::Case;
use crate::rules::finding::End;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::topology::probed::RouterProbed;

/// Segments that the router's kernel dropped for their MD5 signature (Linux net/ipv4/tcp_ipv4.c).
const MD5_FAILURES: &str = "TCPMD5Failure";

/// A cause that a probe proves, and what it saw.
pub struct Proof {
    pub answer: Likely,
    pub end: End,
    pub text: String,
}

/// What the probes prove; `None`: they were not made, or they leave it open.
pub fn proof<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Option<Proof> {
    by_log(facts, case).or_else(|| by_counters(facts, case)).or_else(|| by_connect(facts, case))
}

/// The agent says why it cannot dial or listen.
fn by_log<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Option<Proof> {
    use cilium::log::Fact;
    if let Some(said) = refused_password(facts, case) {
        return Some(Proof { answer: Likely::NoMd5, end: End::Router, text: format!("FRR's log: {said}") });
    }
    let node = case.session.node.value()?;
    let log = facts.topology.probed.agents.get(node)?.log.as_ref()?.value()?;
    let peer = *case.session.peer_address.value()?;
    cilium::log::lately(log, peer).find_map(|line| {
        let (answer, said) = match &line.fact {
            Fact::NoPort(said) => (Likely::PortDenied, said.clone()),
            Fact::NoSource(said) => (Likely::NoSource, said.clone()),
            Fact::NoMd5(said) => (Likely::NoMd5, said.clone()),
            _ => return None,
        };
        Some(Proof { answer, end: End::Cluster, text: format!("the agent's log: {said}") })
    })
}

/// What FRR's log says of a password that its kernel did not take, since the session was last up.
fn refused_password<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Option<String> {
    let log = router(facts, case)?.log.as_ref()?.value()?;
    let address = *case.session.dials_from.value()?.first()?;
    log.lately(address).find_map(|line| match &line.fact {
        frr::log::Fact::NoMd5(said) => Some(said.clone()),
        _ => None,
    })
}

fn by_counters<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Option<Proof> {
    let rise = router(facts, case)?.watch.as_ref()?.value()?.counter(MD5_FAILURES).rise();
    let wants = facts.wants(case);
    let is_meant = rise > 0 && wants.value().is_some_and(|wants| both_have_one(facts, case, wants));
    is_meant.then(|| Proof {
        answer: Likely::PasswordsDiffer,
        end: End::Router,
        text: format!("while it was watched, its kernel dropped {rise} segments whose MD5 signature is wrong"),
    })
}

/// What became of a connection from the node's own network to the peer's port.
fn by_connect<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Option<Proof> {
    let (to, connect) = connect(facts, case)?;
    let wants = facts.wants(case);
    let keys = wants.value().is_some_and(|wants| both_have_one(facts, case, wants));
    let from = connect.source.map_or_else(String::new, |source| format!(" from {source}"));
    let (answer, became) = match &connect.outcome {
        Outcome::TimedOut if !keys && arrives(facts, case) => {
            (Likely::Firewall, "got no answer, though the router has seen it")
        }
        Outcome::TimedOut if !keys => (Likely::Firewall, "got no answer, and none of its packets arrived"),
        Outcome::Open | Outcome::Answered if !keys => (Likely::TooFar, "comes up, and BGP's packets do not arrive"),
        Outcome::Closed => {
            let stranger = stranger(facts, case, connect)?;
            return Some(Proof {
                answer: Likely::Translated,
                end: End::Router,
                text: format!("the node dialled {to}{from}, and bgpd turned {stranger} away, which is no neighbor"),
            });
        }
        _ => return None,
    };
    Some(Proof { answer, end: End::Cluster, text: format!("a TCP connection of the node to {to}{from} {became}") })
}

/// Whether the router saw the node dial while it was watched; a port that nobody listens on sees nothing.
fn arrives<'a>(facts: &Facts<'a>, case: &Case<'a>) -> bool {
    let watch = router(facts, case).and_then(|probed| probed.watch.as_ref()?.value());
    let own = case.session.dials_from.value().into_iter().flatten();
    watch.is_some_and(|watch| watch.listens() && own.into_iter().any(|address| watch.from(*address).next().is_some()))
}

/// The address of no node that bgpd turned away.
fn stranger<'a>(facts: &Facts<'a>, case: &Case<'a>, connect: &Connect) -> Option<IpAddr> {
    let log = router(facts, case)?.log.as_ref()?.value()?;
    let own = case.session.dials_from.value()?;
    let turned_away = log.lines.iter().filter(|line| matches!(line.fact, frr::log::Fact::NotConfigured));
    let mut addresses = turned_away.filter_map(|line| line.neighbor);
    addresses.find(|address| !own.contains(address) && connect.source != Some(*address))
}

fn connect<'f, 'a>(facts: &'f Facts<'a>, case: &Case<'a>) -> Option<(SocketAddr, &'f Connect)> {
    let probed = facts.topology.probed.agents.get(case.session.node.value()?)?;
    let peer = *case.session.peer_address.value()?;
    probed.connects.iter().find_map(|(to, connect)| Some((*to, connect.value()?)).filter(|_| to.ip() == peer))
}

fn router<'f, 'a>(facts: &'f Facts<'a>, case: &Case<'a>) -> Option<&'f RouterProbed> {
    facts.topology.probed.routers.get(&case.router?.name)
}

pub const TOO_FAR: Rule = Rule {
    code: "BGP195",
    rows: &["A21", "A23"],
    severity: Severity::Error,
    layer: Layer::Liveness,
    title: "TCP reaches the router's port and BGP's packets do not: it is more than one hop away",
    explanation: Explanation {
        what: "BGP between different AS numbers sends with a TTL of 1, which the next router takes for the last. An ordinary connection of the node comes \
               up, BGP's own does not.",
        matters: "The session cannot come up, and both ends look well configured.",
        detected: "A probe (--probe): a TCP connection from the agent's pod to the peer's port comes up, the session does not, and neither end sent a \
                   notification.",
        fix: "Set ebgpMultihop in the CiliumBGPPeerConfig and ebgp-multihop on the router, or peer with the router of the nodes' own net.",
        sources: &["RFC 4271 section 5.1.3", "docs.cilium.io: CiliumBGPPeerConfig, eBGP multihop"],
    },
    judge: |facts, verdict| {
        tell(
            facts,
            verdict,
            &TOO_FAR,
            Likely::TooFar,
            "set ebgpMultihop in the CiliumBGPPeerConfig, and ebgp-multihop on the router",
        );
    },
};

pub const TRANSLATED: Rule = Rule {
    code: "BGP128",
    rows: &["A28", "A29"],
    severity: Severity::Error,
    layer: Layer::Liveness,
    title: "the node's packets reach the router from another address",
    explanation: Explanation {
        what: "Something on the way rewrites the source address, or the node dials from one that the cluster does not know. The router knows no neighbor \
               of that address and closes the connection.",
        matters: "The session cannot come up; with a password it could not either, for MD5 covers the addresses.",
        detected: "A probe (--probe): the router takes the node's connection and closes it at once, and bgpd's log has turned an address away that is none \
                   of the node's.",
        fix: "Leave the peer's address out of the translation (ipMasqAgent, NAT rules), or set localAddress in a CiliumBGPNodeConfigOverride.",
        sources: &["RFC 2385 section 2.0", "FRR bgpd/bgp_network.c (bgp_accept)"],
    },
    judge: |facts, verdict| {
        tell(
            facts,
            verdict,
            &TRANSLATED,
            Likely::Translated,
            "leave the peer's address out of the address translation between node and router",
        );
    },
};

pub const NO_MD5: Rule = Rule {
    code: "BGP127",
    rows: &["A27"],
    severity: Severity::Error,
    layer: Layer::Liveness,
    title: "an end cannot set the password on its connection",
    explanation: Explanation {
        what: "A kernel refuses the MD5 key: it was built without TCP_MD5SIG, or Cilium 1.17.4 and 1.17.5 ask for it wrongly.",
        matters: "That end sends without a signature, and the other one drops it.",
        detected: "A probe (--probe): the agent's log, or FRR's, says that it failed to set the key.",
        fix: "Use a version of Cilium, or a kernel, that can; or no password.",
        sources: &["cilium#40478", "Linux CONFIG_TCP_MD5SIG"],
    },
    judge: |facts, verdict| {
        tell(
            facts,
            verdict,
            &NO_MD5,
            Likely::NoMd5,
            "give the end that says so a kernel, or a version of Cilium, that can set TCP MD5 keys; or use no password",
        );
    },
};

pub const PORT_DENIED: Rule = Rule {
    code: "BGP196",
    rows: &["A31"],
    severity: Severity::Error,
    layer: Layer::Liveness,
    title: "the agent may not listen on the port that it is asked to",
    explanation: Explanation {
        what: "localPort is a port that the agent's container may not bind to, or that something else on the node holds.",
        matters: "The BGP instance does not start: none of its sessions exists.",
        detected: "A probe (--probe): the agent's log has the failed bind.",
        fix: "Leave localPort out: agents need not listen, they dial. Else add the capability NET_BIND_SERVICE.",
        sources: &["cilium#24737", "docs.cilium.io: BGP Control Plane, listening port"],
    },
    judge: |facts, verdict| {
        tell(
            facts,
            verdict,
            &PORT_DENIED,
            Likely::PortDenied,
            "leave localPort out, or add the capability NET_BIND_SERVICE to the agent's container",
        );
    },
};

pub const NO_SOURCE: Rule = Rule {
    code: "BGP197",
    rows: &["A29"],
    severity: Severity::Error,
    layer: Layer::Liveness,
    title: "the agent cannot dial from the interface that it is asked to",
    explanation: Explanation {
        what: "transport.sourceInterface names an interface that the node does not have, or that has no usable address of the family.",
        matters: "The node does not dial at all.",
        detected: "A probe (--probe): the agent's log says that the source interface cannot be used.",
        fix: "Name an interface that every node has, with one address of the peer's family.",
        sources: &["cilium pkg/k8s/apis/cilium.io/v2/bgp_peer_types.go (sourceInterface)"],
    },
    judge: |facts, verdict| {
        tell(
            facts,
            verdict,
            &NO_SOURCE,
            Likely::NoSource,
            "name an interface that every node has, with one address of the peer's family",
        );
    },
};

fn tell(facts: &Facts, verdict: &mut Verdict, rule: &'static Rule, answer: Likely, fix: &str) {
    for case in of(facts, answer) {
        verdict.report(finding(facts, rule, &case, "kubectl bgp check --probe").fix(fix));
    }
}
