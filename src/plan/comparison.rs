//! A router's configuration beside the one that it should have.

use super::edit::{Edit, Reason};
use super::lacks::{Lacks, lacks, together};
use super::required::{Asked, Password, Required};
use super::view::{Seat, View};
use crate::frr::config::Version;
use crate::frr::config::bgp::BgpInstance;
use crate::frr::config::canonical::{Refused, Setting};
use crate::frr::config::delta::{Command, Delta};
use crate::frr::config::diff::{Difference, differences};
use crate::frr::config::impact::Impact;
use crate::snapshot::{Missing, Reason as Because};
use crate::topology::names::Asn;
use crate::topology::router::Router;

/// What a neighbor needs shows when its group is there, what a list needs when it is attached.
const ROUNDS: usize = 16;

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
    /// Passwords are not read, so they are not compared.
    pub passwords: Vec<Reason>,
    /// Neighbors beside those of the nodes that no node owns. They stay.
    pub unowned: Vec<Unowned>,
    /// Lines of a file that FRR would not take. What a router prints it has taken.
    pub refused: Vec<Refused>,
    /// How many sessions have their place there already.
    pub served: usize,
    pub sessions: usize,
}

/// One thing that is set differently.
#[derive(Debug)]
pub struct Change {
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

#[derive(Debug)]
pub struct Unowned {
    pub neighbor: String,
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
    pub fn of(text: &str, router: &Router, asked: &Asked) -> Result<Self, Missing> {
        let before = View::of(text);
        let (sessions, elsewhere) = without_vrfs(&before, &asked.sessions);
        let instance = before.instance();
        if let Some(instance) = instance {
            is_the_peer(instance, router, &sessions)?;
        } else if let [_, ..] = before.config.instances[..] {
            let why = "BGP runs in VRFs alone there, which are not compared";
            return Err(Missing::new(Because::Failed, why));
        }
        let way = Way::find(&before, &sessions);
        let delta = Delta::between(&before.canonical, &way.after.canonical);
        let of = |difference| Change::of(difference, &delta, &way.edits);
        let changes = differences(&before.canonical, &way.after.canonical).iter().map(of).collect();
        let mut undecided = way.left.undecided;
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
            by_hand: way.left.by_hand,
            undecided,
            refused: if router.is_of_file() { before.canonical.refused().to_vec() } else { Vec::new() },
            passwords: passwords(&sessions),
            unowned: instance.map(|instance| unowned(instance, &sessions)).unwrap_or_default(),
            served: sessions.iter().filter(|one| instance.is_some_and(|at| Seat::of(at, one).is_some())).count(),
            sessions: asked.sessions.len() + asked.unknown.len(),
            delta,
        })
    }

    pub fn verdict(&self) -> Verdict {
        if !self.changes.is_empty() || !self.by_hand.is_empty() {
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
            let list = format!("{} ", version.protocol());
            let is_of = |text: &String| text.trim_start_matches("no ").starts_with(&list);
            waiting.iter().any(is_of).then(|| format!("clear bgp {} unicast * soft in", version.afi()))
        };
        [Version::V4, Version::V6].into_iter().filter_map(of).collect()
    }

    /// What all of it does to sessions.
    pub fn impacts(&self) -> impl Iterator<Item = &Impact> {
        self.delta.commands.iter().map(|command| &command.impact)
    }
}

/// The statements that lead to what is required, and where they lead.
struct Way {
    after: View,
    edits: Vec<Edit>,
    left: Lacks,
}

impl Way {
    fn find(before: &View, sessions: &[Required]) -> Self {
        let mut way = Self { after: before.after(&[]), edits: Vec::new(), left: lacks(before, sessions) };
        for _ in 0..ROUNDS {
            let is_new = |edit: &Edit| !way.edits.iter().any(|known| known.is(edit));
            let new: Vec<Edit> = way.left.edits.iter().filter(|edit| is_new(edit)).cloned().collect();
            if new.is_empty() {
                break;
            }
            way.after = way.after.after(&new);
            way.edits.extend(new);
            way.left = lacks(&way.after, sessions);
        }
        // FRR would not take them, or not all that they were meant for.
        for edit in std::mem::take(&mut way.left.edits) {
            let why = format!("`{}` does not come to hold: {}", edit.statement, edit.reason.why);
            together(&mut way.left.by_hand, Reason { why, ..edit.reason });
        }
        way
    }
}

impl Change {
    /// Whether it is the same change, whoever needs it.
    pub fn is(&self, other: &Self) -> bool {
        (&self.within, &self.before, &self.after) == (&other.within, &other.before, &other.after)
    }

    fn of(difference: &Difference, delta: &Delta, edits: &[Edit]) -> Self {
        let within: Vec<String> = difference.path.iter().map(|(_, header)| header.full_text()).collect();
        let (before, after) = (difference.before, difference.after);
        let (said, gone) = (after.map(Setting::full_text), before.map(Setting::full_text).filter(|_| after.is_none()));
        let is_meant = |edit: &&Edit| {
            let is_gone = |gone: &String| edit.statement.strip_prefix("no ").is_some_and(|no| gone.starts_with(no));
            edit.within.get(1..) == within.get(1..)
                && (said.as_ref() == Some(&edit.statement) || gone.as_ref().is_some_and(is_gone))
        };
        let commands = delta.commands.iter().filter(|command| command.is_for(difference));
        Self {
            reason: edits.iter().find(is_meant).map(|edit| edit.reason.clone()),
            impacts: commands.map(|command| command.impact.clone()).collect(),
            within,
            before: before.map(Setting::text),
            after: after.map(Setting::text),
        }
    }
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

fn passwords(sessions: &[Required]) -> Vec<Reason> {
    let mut told = Vec::new();
    for required in sessions {
        let why = match &required.held.password {
            Password::None => continue,
            Password::Secret(name) => format!("not compared (Secret {name} is not read)"),
            Password::Unknown => "not compared (whether there is one is not known)".to_owned(),
        };
        together(&mut told, Reason::of(&required.node, why));
    }
    told
}

/// Neighbors in the groups of the nodes, or with their AS.
fn unowned(instance: &BgpInstance, sessions: &[Required]) -> Vec<Unowned> {
    let seats: Vec<Seat> = sessions.iter().filter_map(|required| Seat::of(instance, required)).collect();
    let is_owned = |address| sessions.iter().any(|required| required.addresses.contains(&address));
    let others = instance.neighbors.iter().filter(|line| line.address().is_some_and(|address| !is_owned(address)));
    let is_near = |group: Option<&str>, asn: Option<u32>| {
        let is_ours = |seat: &Seat| seat.shared().is_group && Some(seat.shared().name.as_str()) == group;
        seats.iter().any(is_ours) || sessions.iter().any(|required| Some(required.node_asn.0) == asn)
    };
    let unowned = others.filter_map(|line| {
        let group = line.member_of.as_ref().map(|group| group.value.clone());
        let remote_as = instance.effective(line, |line| line.remote_as.as_ref());
        let asn = remote_as.and_then(|remote_as| remote_as.number(instance.asn));
        is_near(group.as_deref(), asn).then(|| Unowned { neighbor: line.name.clone(), group })
    });
    unowned.collect()
}
