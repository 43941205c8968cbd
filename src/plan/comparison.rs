//! A router's configuration beside the one that it should have.

use std::net::IpAddr;

use super::Wishes;
use super::advice::{Advice, Advised};
use super::edit::{Edit, Reason};
use super::facts::Facts;
use super::lacks::filters;
use super::lacks::{Want, together};
use super::passwords::{self, Compared};
use super::required::{Asked, Required};
use super::sources::Sources;
use super::unowned::{Unowned, drops, unowned};
use super::view::{Seat, View};
use super::way::Way;
use crate::frr::config::Version;
use crate::frr::config::bgp::BgpInstance;
use crate::frr::config::canonical::{Canonical, Refused, Setting};
use crate::frr::config::delta::{Command, Delta};
use crate::frr::config::diff::{Difference, differences};
use crate::frr::config::impact::Impact;
use crate::frr::config::neighbor::Neighbor;
use crate::snapshot::{Missing, Reason as Because};
use crate::topology::names::{Asn, NodeName};
use crate::topology::router::Router;

#[derive(Debug)]
pub struct Comparison {
    /// Absent: no BGP is there.
    pub asn: Option<u32>,
    /// The statements that are missing or wrong, in the order of the configuration.
    pub changes: Vec<Change>,
    /// The commands for it, in the order in which vtysh takes them.
    pub delta: Delta,
    /// What is wrong and no statement of ours mends.
    pub by_hand: Vec<Reason>,
    /// What could not be compared.
    pub undecided: Vec<Reason>,
    pub passwords: Vec<Compared>,
    /// Neighbors beside those of the nodes that no node owns, and that stay.
    pub unowned: Vec<Unowned>,
    /// The addresses of all neighbors that were there.
    pub neighbors: Vec<IpAddr>,
    /// What would be good beyond what is required, and is not among the changes.
    pub advice: Vec<Advice>,
    /// Lines of a file that FRR would not take. What a router prints it has taken.
    pub refused: Vec<Refused>,
    /// How many sessions have their place there already.
    pub served: usize,
    pub sessions: usize,
    /// The families that neighbors there exchange.
    pub families: Vec<Version>,
    /// All of the configuration, as it is and as it should be.
    pub before: Canonical,
    pub after: Canonical,
    /// Whose neighbors are whose, there.
    pub owners: Vec<Owner>,
}

/// What a change is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Required,
    /// Asked for, and no reason for the router to differ.
    Hardening,
    /// A neighbor that no node needs goes.
    Pruned,
}

/// One thing that is set differently.
#[derive(Debug)]
pub struct Change {
    pub part: Part,
    /// The statements that open the blocks around it, outermost first.
    pub within: Vec<String>,
    /// Absent: it is not there.
    pub before: Option<String>,
    /// Absent: it goes.
    pub after: Option<String>,
    pub reason: Option<Reason>,
    /// What the commands for it do to sessions.
    pub impacts: Vec<Impact>,
}

/// The place of a node's session.
#[derive(Debug)]
pub struct Owner {
    pub node: NodeName,
    /// The neighbor's own line, or the group of the listen range that takes it.
    pub line: String,
    pub group: Option<String>,
}

/// How a router stands to what is required of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Same,
    Differs,
    /// Not all of it could be compared.
    Undecided,
}

impl Comparison {
    pub fn of(text: &str, router: &Router, asked: &Asked, wishes: &Wishes) -> Result<Self, Missing> {
        let before = View::of(text);
        let (sessions, elsewhere) = without_vrfs(&before, &asked.sessions);
        let instance = before.instance();
        if let Some(instance) = instance {
            is_the_peer(instance, router, &sessions)?;
        } else if let [_, ..] = before.config.instances[..] {
            let why = "BGP runs in VRFs alone there, which are not compared";
            return Err(Missing::new(Because::Failed, why));
        }
        let facts = Facts(router);
        let named = wishes.prune.as_ref().zip(instance);
        let drops = named.map(|(named, instance)| drops(instance, &sessions, asked, named)).unwrap_or_default();
        let want = Want { sessions: &sessions, ranges: wishes.dynamic.then(|| facts.nets()) };
        let way = Way::find(&before, &drops.edits, &want);
        let mut advised = Advised::of(&way.after, &want, facts);
        let after = advised.after.take().filter(|_| wishes.harden).unwrap_or(way.after);
        let edits = [(Part::Pruned, &drops.edits[..]), (Part::Required, &way.edits), (Part::Hardening, &advised.edits)];
        let (delta, changes) = Change::between(&before, &after, facts, &edits);
        let mut undecided = way.left.undecided;
        undecided.extend(drops.kept);
        let mut by_hand = way.left.by_hand;
        by_hand.extend(passwords::by_hand(&before, &sessions));
        for reason in filters::kept_out(&before, &after, &sessions) {
            together(&mut by_hand, reason);
        }
        undecided.extend(elsewhere);
        undecided.extend(asked.unknown.iter().map(Reason::to));
        for required in &sessions {
            if let Some(why) = required.inbound.why_unknown() {
                together(&mut undecided, Reason::of(&required.node, format!("what it advertises is not known: {why}")));
            }
        }
        Ok(Self {
            asn: instance.and_then(|instance| instance.asn),
            changes,
            by_hand,
            undecided,
            refused: if router.is_of_file() { before.canonical.refused().to_vec() } else { Vec::new() },
            passwords: passwords::compared(&before, &sessions),
            unowned: after.instance().map(|after| unowned(after, &sessions, asked)).unwrap_or_default(),
            advice: { advised.advice }.into_iter().filter(|one| !wishes.harden || one.changes.is_empty()).collect(),
            neighbors: { instance.into_iter() }
                .flat_map(|instance| instance.neighbors.iter().filter_map(Neighbor::address))
                .collect(),
            served: sessions.iter().filter(|one| instance.is_some_and(|at| Seat::of(at, one).is_some())).count(),
            sessions: asked.sessions.len() + asked.unknown.len(),
            delta,
            families: { [Version::V4, Version::V6] }
                .into_iter()
                .filter(|version| is_exchanged(&after, *version))
                .collect(),
            owners: owners(&after, &sessions),
            before: before.canonical,
            after: after.canonical,
        })
    }

    pub fn verdict(&self) -> Verdict {
        let mut needed = self.changes.iter().filter(|change| change.part != Part::Hardening);
        if needed.next().is_some() || !self.by_hand.is_empty() {
            Verdict::Differs
        } else if self.undecided.is_empty() {
            Verdict::Same
        } else {
            Verdict::Undecided
        }
    }

    /// What has sessions look again at what they brought before, where a changed list does not do so by itself.
    pub fn soft_clears(&self) -> Vec<String> {
        let is_waiting = |command: &&Command| matches!(command.impact, Impact::SoftClear(_));
        let waiting: Vec<String> = self.delta.commands.iter().filter(is_waiting).map(Command::text).collect();
        let of = |version: Version| {
            let is_of =
                |text: &String| family_of(text).map_or_else(|| self.families.contains(&version), |own| own == version);
            waiting.iter().any(is_of).then(|| format!("clear bgp {} unicast * soft in", version.afi()))
        };
        [Version::V4, Version::V6].into_iter().filter_map(of).collect()
    }

    /// What all of it does to sessions.
    pub fn impacts(&self) -> impl Iterator<Item = &Impact> {
        self.delta.commands.iter().map(|command| &command.impact)
    }
}

impl Change {
    /// Whether it is the same change, whoever needs it.
    pub fn is(&self, other: &Self) -> bool {
        (&self.within, &self.before, &self.after) == (&other.within, &other.before, &other.after)
    }

    /// The commands from one to the other, and what each changes.
    pub fn between(before: &View, after: &View, facts: Facts, parts: &[(Part, &[Edit])]) -> (Delta, Vec<Self>) {
        let mut delta = Delta::between(&before.canonical, &after.canonical);
        facts.settle(&mut delta);
        let sources = Sources::of(&delta, parts);
        let of = |difference| Self::of(difference, &sources);
        let changes = differences(&before.canonical, &after.canonical).iter().map(of).collect();
        (delta, changes)
    }

    fn of(difference: &Difference, sources: &Sources) -> Self {
        let within: Vec<String> = difference.path.iter().map(|(_, header)| header.full_text()).collect();
        let meant = sources.meant(difference, &within);
        Self {
            part: meant.map_or(Part::Required, |(part, _)| part),
            reason: meant.map(|(_, edit)| edit.reason.clone()),
            impacts: sources.impacts(difference),
            within,
            before: difference.before.map(Setting::text),
            after: difference.after.map(Setting::text),
        }
    }
}

/// The one that a list is of; `None`: what a command changes is of both.
fn family_of(command: &str) -> Option<Version> {
    match command.trim_start_matches("no ").split_once(' ')?.0 {
        "ip" | "access-list" => Some(Version::V4),
        "ipv6" => Some(Version::V6),
        _ => None,
    }
}

fn is_exchanged(view: &View, version: Version) -> bool {
    let family = version.unicast();
    view.instance().is_some_and(|at| at.neighbors.iter().any(|neighbor| at.is_activated(neighbor, family)))
}

/// What has its neighbor in a VRF is read there and not written.
fn without_vrfs(view: &View, sessions: &[Required]) -> (Vec<Required>, Vec<Reason>) {
    let vrfs = || view.config.instances.iter().filter_map(|instance| Some((instance, instance.vrf.as_ref()?)));
    let has_place =
        |required: &Required| view.instance().is_some_and(|instance| Seat::of(instance, required).is_some());
    let (mut here, mut elsewhere) = (Vec::new(), Vec::new());
    for required in sessions {
        match vrfs().find(|(instance, _)| !has_place(required) && Seat::of(instance, required).is_some()) {
            Some((_, vrf)) => {
                let why = format!("its neighbor is in the router's VRF {vrf}");
                together(&mut elsewhere, Reason::of(&required.node, why));
            }
            None => here.push(required.clone()),
        }
    }
    (here, elsewhere)
}

/// Another AS is another router, unless it is told to the nodes' neighbors under the peer's.
fn is_the_peer(instance: &BgpInstance, router: &Router, sessions: &[Required]) -> Result<(), Missing> {
    let known_as = |required: &Required| {
        let line = Seat::of(instance, required).map(|seat| seat.line);
        let local = line.and_then(|line| instance.effective(line, |line| line.local_as.as_ref()));
        local.map(|local| local.value).or(instance.asn)
    };
    let is_other =
        |required: &&Required| required.router_asn != Asn::ANY && known_as(required) != Some(required.router_asn.0);
    let others = sessions.iter().filter(is_other);
    let Some(required) = others.clone().next().filter(|_| others.count() == sessions.len()) else {
        return Ok(());
    };
    let asn = instance.asn.map_or_else(|| "not known".to_owned(), |asn| asn.to_string());
    let (peer, wanted) = (&required.peer, required.router_asn);
    let why = format!("wrong router: the AS of {} is {asn}, and the cluster's peer {peer} is AS {wanted}", router.name);
    Err(Missing::new(Because::Failed, why)
        .hint("name the right one with --router, or put the peerASN of the CiliumBGPClusterConfig right"))
}

fn owners(after: &View, sessions: &[Required]) -> Vec<Owner> {
    let owner = |required: &Required| {
        let seat = Seat::of(after.instance()?, required)?;
        let group = seat.group.or_else(|| seat.line.is_group.then_some(seat.line));
        let group = group.map(|group| group.name.clone());
        Some(Owner { node: required.node.clone(), line: seat.line.name.clone(), group })
    };
    sessions.iter().filter_map(owner).collect()
}
