//! Timers of PeerConfigs: what a restart, or the death of a node, costs.

use std::collections::BTreeMap;

use crate::cilium::bgp::PeerConfig;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::paste::patch_peer_config;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::snapshot::Kind;
use crate::topology::cluster::Profile;
use crate::topology::session::{RouterEnd, Timers};

pub const RETRY: Rule = Rule {
    code: "BGP501",
    rows: &["E1"],
    severity: Severity::Information,
    layer: Layer::Risk,
    title: "nodes that are refused once wait long before they dial the router again",
    explanation: Explanation {
        what: "After a reset a node dials once after 5 s. If that is refused, because the router still starts, the next try \
               comes after connectRetryTimeSeconds, up to twice that; 120 if it is not set.",
        matters: "A router that was away for 10 s cost 127 s of all VIPs (measured with 120), and 6 s with 5.",
        detected: "connectRetryTimeSeconds of the PeerConfigs that sessions use is above 30, or not set.",
        fix: "Set it to 5. Every change of a PeerConfig resets the sessions of all nodes that use it in the same moment: \
              nothing is lost with graceful restart on, 1.2 to 1.9 s of everything without.",
        sources: &["RFC 4271 section 8.2.2 (ConnectRetryTimer)", "cilium pkg/k8s/apis/cilium.io/v2/bgp_peer_types.go"],
    },
    judge: retry,
};

/// Seconds that are not worth a word.
const SHORT_RETRY: u32 = 30;
const SHORT_RESTART: u32 = 60;
const SHORT_HOLD: u64 = 30;

fn retry(facts: &Facts, verdict: &mut Verdict) {
    for used in in_use(facts) {
        let seconds = used.config.spec.connect_retry_seconds();
        if seconds <= SHORT_RETRY {
            continue;
        }
        let says = match used.config.spec.timers.connect_retry_time_seconds {
            Some(_) => format!("connectRetryTimeSeconds {seconds}"),
            None => format!("no connectRetryTimeSeconds: {seconds}"),
        };
        verdict.report(
            used.finding(&RETRY, facts, says)
                .fix(format!("set connectRetryTimeSeconds to 5; {}", used.reset()))
                .paste(used.patch(r#"{"timers":{"connectRetryTimeSeconds":5}}"#)),
        );
    }
}

pub const RESTART: Rule = Rule {
    code: "BGP502",
    rows: &["E2"],
    severity: Severity::Information,
    layer: Layer::Risk,
    title: "graceful restart keeps a dead node's routes for long",
    explanation: Explanation {
        what: "With graceful restart the router keeps forwarding to a node that went silent until the restart time has run \
               out, because its agent may only be restarting. A node that is dead looks the same.",
        matters: "With a hold time of 9 s and a restart time of 120 s a dead node's share of connections was lost for 45 s, \
                  and its routes went after 128 s (measured).",
        detected: "gracefulRestart of a PeerConfig that sessions use is on, and its restartTimeSeconds above 60.",
        fix: "Set it to what an agent needs to come back, 30 to 60 s. The change resets all sessions that use the PeerConfig; \
              with graceful restart on nothing is lost.",
        sources: &["RFC 4724 section 4.2", "docs.cilium.io BGP Control Plane, Graceful Restart"],
    },
    judge: restart,
};

fn restart(facts: &Facts, verdict: &mut Verdict) {
    for used in in_use(facts) {
        let Some(seconds) = used.config.spec.restart_seconds().filter(|seconds| *seconds > SHORT_RESTART) else {
            continue;
        };
        let mut finding = used.finding(&RESTART, facts, format!("restartTimeSeconds {seconds}"));
        if let Some((end, asked)) = used.example.and_then(|end| Some((end, end.graceful_restart?))) {
            let says = format!("neighbor {} asked for a restart time of {asked} s", end.neighbor);
            finding = finding.seen(End::Router, Some(&end.source), says);
        }
        verdict.report(
            finding
                .fix(format!("set restartTimeSeconds to 60 or less; {}", used.reset()))
                .paste(used.patch(r#"{"gracefulRestart":{"enabled":true,"restartTimeSeconds":60}}"#)),
        );
    }
}

pub const HOLD: Rule = Rule {
    code: "BGP503",
    rows: &["E3", "C20"],
    severity: Severity::Information,
    layer: Layer::Risk,
    title: "a node that dies takes its share of connections with it until the hold time runs out",
    explanation: Explanation {
        what: "A node that loses power says nothing. The router notices when it has heard nothing for the hold time, the \
               shorter one of both ends, and forwards to the node until then.",
        matters: "With a hold time of 90 s its share was lost for 79 s, with 9 s for 6 to 9 s (measured, without graceful \
                  restart).",
        detected: "The hold time that both ends agreed on, or that of the PeerConfig while no session is up, is above 30 s.",
        fix: "holdTimeSeconds 9 and keepAliveTimeSeconds 3. Wait with it until L2 is gone or graceful restart is on; the change \
              resets all sessions that use the PeerConfig in the same moment. `timers 3 9` on the router does the same.",
        sources: &["RFC 4271 section 4.2 (Hold Time) and 6.5", "cilium pkg/k8s/apis/cilium.io/v2/bgp_peer_types.go"],
    },
    judge: hold,
};

fn hold(facts: &Facts, verdict: &mut Verdict) {
    for used in in_use(facts) {
        let agreed = used.example.and_then(|end| Some((end, end.timers?)));
        let configured = used.config.spec.hold_seconds();
        let seconds = agreed.map_or(configured.into(), |(_, Timers { hold_seconds, .. })| hold_seconds);
        if seconds <= SHORT_HOLD {
            continue;
        }
        let mut finding = used.finding(&HOLD, facts, format!("holdTimeSeconds {configured}"));
        if let Some((end, _)) = agreed {
            let says = format!("neighbor {} has a hold time of {seconds} s", end.neighbor);
            finding = finding.seen(End::Router, Some(&end.source), says);
        }
        verdict.report(
            finding
                .fix(format!("set the hold time to 9 s and the keepalive to 3 s; {}", used.reset()))
                .paste(used.patch(r#"{"timers":{"holdTimeSeconds":9,"keepAliveTimeSeconds":3}}"#)),
        );
    }
}

/// A PeerConfig that sessions use.
struct Used<'a> {
    name: &'a str,
    config: &'a PeerConfig,
    /// The router's end of the session with the longest hold time.
    example: Option<&'a RouterEnd>,
}

impl Used<'_> {
    fn finding(&self, rule: &'static Rule, facts: &Facts, says: String) -> Finding {
        Finding::of(rule, Subject::object("ciliumbgppeerconfig", self.name)).seen(
            End::Cluster,
            facts.source(Kind::BgpPeerConfig),
            format!("{} has {says}", self.name),
        )
    }

    /// What applying a change costs (measured).
    fn reset(&self) -> &'static str {
        if self.config.spec.restart_seconds().is_some() {
            "that resets all sessions that use it at once: with graceful restart on nothing is lost"
        } else {
            "that resets all sessions that use it at once: 1.2 to 1.9 s of all VIPs, as graceful restart is off"
        }
    }

    fn patch(&self, spec: &str) -> String {
        let patch = format!(r#"{{"spec":{spec}}}"#);
        patch_peer_config(self.name, &patch)
    }
}

fn in_use<'a>(facts: &Facts<'a>) -> Vec<Used<'a>> {
    let Some(configs) = facts.cluster().and_then(|cluster| cluster.peer_configs.value()) else { return Vec::new() };
    let mut used: BTreeMap<&str, Used> = BTreeMap::new();
    for case in facts.sessions() {
        let Some(Profile::PeerConfig(name)) = &case.session.profile else { continue };
        let Some((name, config)) = configs.get_key_value(name) else { continue };
        let entry = used.entry(name).or_insert(Used { name, config, example: None });
        let hold = |end: Option<&RouterEnd>| end.and_then(|end| end.timers).map(|timers| timers.hold_seconds);
        let end = case.router_end().filter(|end| end.established);
        if hold(end) > hold(entry.example) {
            entry.example = end;
        }
    }
    used.into_values().collect()
}
