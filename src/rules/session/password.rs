//! TCP MD5 passwords (RFC 2385): a segment without the right signature is dropped, and nobody is told.

use std::collections::BTreeMap;

use crate::cilium::bgp::{MISSING_AUTH_SECRET, NO_PASSWORD_KEY, PeerConfig, RECONCILE_ERROR};
use crate::rules::facts::Case;
use crate::rules::finding::{End, Finding, Subject};
use crate::rules::paste::{on_router, router_lines};
use crate::rules::wants::Wants;
use crate::rules::{Explanation, Facts, Layer, Rule, Severity, Verdict};
use crate::shell;
use crate::snapshot::Kind;
use crate::topology::cluster::Profile;

pub const ONE_SIDED: Rule = Rule {
    code: "BGP124",
    rows: &["A24"],
    severity: Severity::Error,
    layer: Layer::Session,
    title: "one end has a password and the other has none",
    explanation: Explanation {
        what: "TCP MD5 is set on one end only: `neighbor ... password` on the router, authSecretRef of the CiliumBGPPeerConfig in the cluster.",
        matters: "The kernel of the end with the password drops every segment without a signature. Neither end says so: the dial times out, \
                  and the router's neighbor looks as if nobody dialled.",
        detected: "What FRR says of the neighbor (authenticationEnabled), or the running configuration of its listen range, is compared with \
                   authSecretRef.",
        fix: "Set the same password on both ends, or on none.",
        sources: &[
            "RFC 2385",
            "FRR bgpd/bgp_network.c (bgp_md5_set)",
            "docs.cilium.io: CiliumBGPPeerConfig, MD5 password",
        ],
    },
    judge: one_sided,
};

fn one_sided(facts: &Facts, verdict: &mut Verdict) {
    for case in facts.down() {
        let wants = facts.wants(&case);
        let (Some(wants), Some(router)) = (wants.value(), router_has_password(facts, &case)) else { continue };
        if wants.secret.is_some() == router.is_some() || wants.secret_is_missing {
            continue;
        }
        let cluster = match wants.secret {
            Some(secret) => format!("{} has authSecretRef {secret}", wants.label()),
            None => format!("{} has no authSecretRef", wants.label()),
        };
        let source = facts.set_by(&case);
        let name =
            case.router_end().map_or_else(|| "the listen range".to_owned(), |end| format!("neighbor {}", end.neighbor));
        let said = match &router {
            Some(of) => format!("neighbor {of} has a password"),
            None => format!("{name} has no password"),
        };
        let mut finding = Finding::of(&ONE_SIDED, case.subject())
            .independent()
            .seen(End::Cluster, source, cluster)
            .seen(End::Router, case.router_end().map(|end| &end.source), said)
            .explains(facts.symptoms(case.index));
        finding = if let Some(of) = router {
            let lines = router_lines(facts, &case, [format!("no neighbor {of} password")]);
            let mut finding =
                finding.fix(on_router(facts, &case, "set the same password on both ends, or take it off the router"));
            finding.fix.paste.extend(lines);
            finding
        } else {
            let finding = finding.fix("set the same password on both ends, or take it out of the CiliumBGPPeerConfig");
            let patch = r#"[{"op":"remove","path":"/spec/authSecretRef"}]"#;
            let command = |name| {
                shell::command([
                    "kubectl",
                    "patch",
                    "ciliumbgppeerconfig",
                    shell::name(name),
                    "--type",
                    "json",
                    "-p",
                    patch,
                ])
            };
            wants.peer_config().map(command).into_iter().fold(finding, Finding::paste)
        };
        verdict.report(finding);
    }
}

/// The neighbor or the group whose password the router wants; nothing within if there is none. `None`: not known.
#[expect(clippy::option_option, reason = "not known, and known that there is none")]
pub fn router_has_password<'a>(facts: &Facts<'a>, case: &Case<'a>) -> Option<Option<String>> {
    let by_line =
        facts.line(case).map(|line| line.said(|neighbor| neighbor.password.as_ref()).map(|said| said.of.to_owned()));
    match case.router_end() {
        Some(end) if end.md5 => Some(Some(by_line.flatten().unwrap_or_else(|| end.neighbor.to_string()))),
        Some(_) => Some(None),
        None => by_line,
    }
}

pub const SECRET_MISSING: Rule = Rule {
    code: "BGP125",
    rows: &["A25"],
    severity: Severity::Warning,
    layer: Layer::Session,
    title: "the password's Secret is missing, so the sessions have none",
    explanation: Explanation {
        what: "authSecretRef of the CiliumBGPPeerConfig names a Secret that is not in the namespace of the BGP secrets, or that has no key \
               `password`.",
        matters: "The agents go on with an empty password. Where the router wants one, nothing comes up; where it wants none, the sessions are up \
                  without the protection that was meant.",
        detected: "The PeerConfig has an authSecretRef, and the condition cilium.io/MissingAuthSecret is True or a session is up although the router \
                   wants no password. It is an error where the router wants one. Sessions that are up with a password on the router disprove \
                   the condition.",
        fix: "Create the Secret in the namespace that cilium-config's bgp-secrets-namespace names, with the key `password`.",
        sources: &["cilium operator/pkg/bgp/peer_config.go", "docs.cilium.io: CiliumBGPPeerConfig, MD5 password"],
    },
    judge: secret_missing,
};

fn secret_missing(facts: &Facts, verdict: &mut Verdict) {
    for (config, sessions) in with_secret(facts) {
        let Some(secret) = &config.spec.auth_secret_ref else { continue };
        let up = || sessions.up.iter().filter_map(Case::router_end);
        // A session that is up where the router wants none has none.
        let without = up().find(|end| !end.md5);
        let keyless = sessions.all().find_map(|case| lacks_key(facts, case, secret));
        let is_missing = is_said_missing(config) || without.is_some();
        if keyless.is_none() && (up().any(|end| end.md5) || !is_missing) {
            continue;
        }
        let wanting = sessions.down.iter().filter(|case| matches!(router_has_password(facts, case), Some(Some(_))));
        let wanting: Vec<_> = wanting.collect();
        let name = &config.metadata.name;
        let settings = facts.cluster().and_then(|cluster| cluster.settings.value());
        let namespace = settings.and_then(|settings| settings.bgp_secrets_namespace()).unwrap_or("kube-system");
        let source = facts.cluster().and_then(|cluster| cluster.source(Kind::BgpPeerConfig));
        let mut finding = Finding::of(&SECRET_MISSING, Subject::object("ciliumbgppeerconfig", name))
            .seen(End::Cluster, source, format!("{name} has authSecretRef {secret}{}", message(config)))
            .independent()
            .explains(wanting.iter().flat_map(|case| facts.symptoms(case.index)));
        if let Some(end) = wanting.first().and_then(|case| case.router_end()).or(without) {
            let has = if end.md5 { "a password" } else { "no password" };
            finding = finding.seen(
                End::Router,
                Some(&end.source),
                format!("neighbor {} has {has} and is {}", end.neighbor, end.state),
            );
        }
        if !wanting.is_empty() {
            finding = finding.severity(Severity::Error);
        }
        verdict.report(match keyless {
            Some((node, said)) => finding
                .title("the password's Secret has no key `password`")
                .seen(End::Cluster, facts.source(Kind::BgpNodeConfig), format!("the agent on {node}: {said}"))
                .fix("put the password into the Secret under the key `password`")
                .paste(format!(
                    r#"{} -p "{{\"stringData\":{{\"password\":\"$PASSWORD\"}}}}""#,
                    shell::command(["kubectl", "-n", namespace, "patch", "secret", shell::name(secret)])
                )),
            None => finding
                .fix("create the Secret with the key `password`, the same on both ends, or take authSecretRef out")
                .paste(format!(
                    "{} --from-literal=password=\"$PASSWORD\"",
                    shell::command(["kubectl", "-n", namespace, "create", "secret", "generic", shell::name(secret)])
                )),
        });
    }
}

/// The node whose agent finds no password in the Secret, and what it says. It leaves its sessions as they are.
fn lacks_key<'a>(facts: &Facts<'a>, case: &Case<'a>, secret: &str) -> Option<(&'a str, &'a str)> {
    let node = case.node()?;
    let condition = facts.node_config(node)?.status.conditions.if_true(RECONCILE_ERROR)?;
    let mut lines = condition.message.lines().map(str::trim);
    let said = lines.find(|line| line.contains(&format!("{secret:?}")) && line.contains(NO_PASSWORD_KEY))?;
    Some((node, said))
}

pub const SECRET_THERE: Rule = Rule {
    code: "BGP126",
    rows: &["A26"],
    severity: Severity::Information,
    layer: Layer::Risk,
    title: "the condition MissingAuthSecret is wrong",
    explanation: Explanation {
        what: "A CiliumBGPPeerConfig has the condition cilium.io/MissingAuthSecret although it names no Secret, or although its sessions are up \
               with a password.",
        matters: "Nothing is wrong with the sessions; some versions of Cilium set the condition without cause.",
        detected: "The condition is True, and authSecretRef is absent or a session of the PeerConfig is established with a password on the router.",
        fix: "None is needed; a later version of Cilium does not say it.",
        sources: &["cilium#38073", "cilium#45435"],
    },
    judge: secret_there,
};

fn secret_there(facts: &Facts, verdict: &mut Verdict) {
    for (config, sessions) in with_secret(facts).into_iter().filter(|(config, _)| is_said_missing(config)) {
        let proof = sessions.up.iter().filter_map(Case::router_end).find(|end| end.md5);
        if config.spec.auth_secret_ref.is_some() && proof.is_none() {
            continue;
        }
        let name = &config.metadata.name;
        let source = facts.cluster().and_then(|cluster| cluster.source(Kind::BgpPeerConfig));
        let has = config.spec.auth_secret_ref.as_deref().unwrap_or("none");
        let mut finding = Finding::of(&SECRET_THERE, Subject::object("ciliumbgppeerconfig", name)).seen(
            End::Cluster,
            source,
            format!("{name} has authSecretRef: {has}{}", message(config)),
        );
        if let Some(end) = proof {
            finding = finding.seen(
                End::Router,
                Some(&end.source),
                format!("neighbor {} has a password and is {}", end.neighbor, end.state),
            );
        }
        verdict.report(finding.fix("none is needed: leave it, or upgrade Cilium"));
    }
}

#[derive(Default)]
struct Sessions<'a> {
    up: Vec<Case<'a>>,
    down: Vec<Case<'a>>,
}

impl<'a> Sessions<'a> {
    fn all(&self) -> impl Iterator<Item = &Case<'a>> {
        self.down.iter().chain(&self.up)
    }
}

/// The PeerConfigs that name a Secret, or whose Secret is said to be missing, with their sessions.
fn with_secret<'a>(facts: &Facts<'a>) -> Vec<(&'a PeerConfig, Sessions<'a>)> {
    let configs = facts.cluster().and_then(|cluster| cluster.peer_configs.value());
    let all = configs.into_iter().flat_map(BTreeMap::values);
    let of_interest = |config: &&PeerConfig| config.spec.auth_secret_ref.is_some() || is_said_missing(config);
    let configs: Vec<&PeerConfig> = all.filter(of_interest).collect();
    let mut by_name: BTreeMap<&str, Sessions> = BTreeMap::new();
    for case in facts.sessions().filter(|_| !configs.is_empty()) {
        let Some(Profile::PeerConfig(name)) = &case.session.profile else { continue };
        let sessions = by_name.entry(name).or_default();
        let is_up = case.router_end().is_some_and(|end| end.established);
        if is_up { sessions.up.push(case) } else { sessions.down.push(case) }
    }
    configs
        .into_iter()
        .map(|config| (config, by_name.remove(config.metadata.name.as_str()).unwrap_or_default()))
        .collect()
}

fn is_said_missing(config: &PeerConfig) -> bool {
    config.status.conditions.is_true(MISSING_AUTH_SECRET)
}

/// The condition, behind what the object says.
fn message(config: &PeerConfig) -> String {
    let condition = config.status.conditions.if_true(MISSING_AUTH_SECRET);
    condition.map(|condition| format!("; {MISSING_AUTH_SECRET}: {}", condition.message)).unwrap_or_default()
}

/// Whether both ends have a password.
pub fn both_have_one<'a>(facts: &Facts<'a>, case: &Case<'a>, wants: &Wants) -> bool {
    wants.secret.is_some() && !wants.secret_is_missing && matches!(router_has_password(facts, case), Some(Some(_)))
}
