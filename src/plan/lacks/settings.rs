//! What the lines of neighbors say otherwise than their nodes need it.

use super::{Lacks, Seats, header, in_family};
use crate::frr::config::bgp::{BgpInstance, Timers};
use crate::frr::config::neighbor::Neighbor;
use crate::plan::edit::{Edit, Reason};
use crate::plan::passwords::Stated;
use crate::plan::required::{Password, Required};
use crate::plan::view::{Seat, View};
use crate::snapshot::passwords::SecretPassword;
use crate::topology::names::Asn;

/// FRR's own, without a word in the configuration.
const DEFAULT: Timers = Timers { keepalive: 60, hold: 180 };

pub fn look(view: &View, seats: &Seats, lacks: &mut Lacks) {
    for seat in &seats.seats {
        let mut look = Look { view, seats, seat, lacks };
        look.router_asn();
        look.node_asn();
        look.shutdown();
        look.password();
        look.timers();
        look.families();
    }
}

struct Look<'a> {
    view: &'a View,
    seats: &'a Seats<'a>,
    seat: &'a Seat<'a>,
    lacks: &'a mut Lacks,
}

impl Look<'_> {
    fn instance(&self) -> &BgpInstance {
        self.seats.instance
    }

    fn by_hand(&mut self, why: String) {
        self.lacks.by_hand(Reason::of(&self.seat.required.node, why));
    }

    /// Says it of the session's place in the configuration; `otherwise` is what is told where the place is shared with others.
    fn say(
        &mut self,
        is_own: bool,
        is_same: impl Fn(&Required) -> bool,
        statement: impl Fn(&str) -> String,
        why: String,
    ) {
        let within = header(self.instance());
        match self.seats.place(self.seat, is_own, is_same) {
            Some(name) => {
                let reason = Reason::of(&self.seat.required.node, why);
                self.lacks.needs(Edit { within, statement: statement(&name), reason });
            }
            None => self.shared(&why),
        }
    }

    fn shared(&mut self, why: &str) {
        let group = &self.seat.shared().name;
        self.by_hand(format!("{why}, and other neighbors share the peer-group {group}"));
    }

    fn router_asn(&mut self) {
        let wanted = self.seat.required.router_asn;
        let local = self.instance().effective(self.seat.line, |line| line.local_as.as_ref()).map(|local| local.value);
        let own = local.or(self.instance().asn);
        if wanted != Asn::ANY && own != Some(wanted.0) {
            let own = own.map_or_else(|| "unknown".to_owned(), |own| own.to_string());
            let peer = &self.seat.required.peer;
            self.by_hand(format!("the router's AS is {own} to it, and the cluster's peer {peer} is AS {wanted}"));
        }
    }

    fn node_asn(&mut self) {
        let wanted = self.seat.required.node_asn;
        let (line, group) = (self.seat.line, self.seat.shared());
        if let Some(other) = self.other_asn() {
            let (least, most) = (wanted.0.min(other.0), wanted.0.max(other.0));
            return self.by_hand(format!(
                "it has sessions as AS {least} and as AS {most} from one address, and a router has one neighbor for an address"
            ));
        }
        let stated = self.instance().effective(line, |line| line.remote_as.as_ref());
        if stated.is_some_and(|stated| stated.accepts(wanted.0, self.instance().asn) == Some(true)) {
            return;
        }
        let why = format!("its AS is {wanted}");
        let is_own = line.remote_as.is_some();
        // A neighbor has no AS beside its group's.
        let is_apart = |other: &Required| other.node_asn == wanted;
        if !is_own && group.is_group && group.remote_as.is_some() && !self.seats.all_of(&group.name, is_apart) {
            return if self.is_movable() { self.leave(&why) } else { self.shared(&why) };
        }
        self.say(is_own, is_apart, |name| format!("neighbor {name} remote-as {wanted}"), why);
    }

    /// Of another session that comes to the same neighbor.
    fn other_asn(&self) -> Option<Asn> {
        let Seat { required, line, .. } = self.seat;
        let is_same = |other: &&Seat| std::ptr::eq(other.line, *line) && other.required.node_asn != required.node_asn;
        let other = self.seats.seats.iter().filter(|_| !line.is_group).find(is_same);
        other.map(|other| other.required.node_asn)
    }

    /// The group is that of other nodes of the cluster, and no range takes the address when the neighbor is gone.
    fn is_movable(&self) -> bool {
        let (line, group) = (self.seat.line, self.seat.shared());
        let accepts = |asn: Asn| {
            let stated = group.remote_as.as_ref();
            stated.is_some_and(|stated| stated.accepts(asn.0, self.instance().asn) == Some(true))
        };
        let is_theirs = |other: &Seat| std::ptr::eq(other.shared(), group) && accepts(other.required.node_asn);
        let is_ranged = |address| self.instance().listens_for(address).is_some();
        !line.is_group
            && self.seats.seats.iter().any(is_theirs)
            && !self.seat.required.addresses.iter().copied().any(is_ranged)
    }

    /// FRR moves no neighbor from group to group: it goes, and comes again as a new one.
    fn leave(&mut self, why: &str) {
        let (line, group) = (self.seat.line, self.seat.shared());
        self.lacks.needs(Edit {
            within: header(self.seats.instance),
            statement: format!("no neighbor {}", line.name),
            reason: Reason::of(
                &self.seat.required.node,
                format!("{why}, and the peer-group {} is of another", group.name),
            ),
        });
    }

    /// One that is shut down by its group comes up with the group alone.
    fn shutdown(&mut self) {
        let is_shut = |line: &Neighbor| line.shutdown.as_ref().is_some_and(|stated| stated.value);
        if self.instance().shutdown.as_ref().is_some_and(|stated| stated.value) {
            return self.by_hand("all of the router's BGP is shut down (bgp shutdown)".to_owned());
        }
        self.without(is_shut, "shutdown", "it is shut down");
    }

    fn password(&mut self) {
        match &self.seat.required.held.password {
            Password::None => self.without(|line| line.password.is_some(), "password", "it has no password"),
            Password::Secret(SecretPassword { secret, stand_in: Ok(stand_in) }) => self.with_password(secret, stand_in),
            Password::Secret(_) | Password::Unknown => {}
        }
    }

    fn with_password(&mut self, secret: &str, stand_in: &str) {
        let stated = Stated::of(self.view, self.seat);
        if stated == Stated::Cut || stated == Stated::StandIn(stand_in.to_owned()) {
            return;
        }
        let wanted = self.seat.required.held.password.clone();
        self.say(
            self.seat.line.password.is_some(),
            |other| other.held.password == wanted,
            |name| format!("neighbor {name} password {stand_in}"),
            format!("as in the Secret {secret}"),
        );
    }

    fn without(&mut self, has: impl Fn(&Neighbor) -> bool, option: &str, why: &str) {
        let (line, shared) = (self.seat.line, self.seat.shared());
        if has(line) {
            let statement = |name: &str| format!("no neighbor {name} {option}");
            return self.say(true, |_| true, statement, why.to_owned());
        }
        if !has(shared) {
            return;
        }
        let is_same = |other: &Required| option != "password" || other.held.password == Password::None;
        if self.seats.all_of(&shared.name, is_same) {
            self.say(false, is_same, |name| format!("no neighbor {name} {option}"), why.to_owned());
        } else {
            self.shared(why);
        }
    }

    /// The hold time is the lesser of both ends' (RFC 4271, 4.2); FRR sends a keepalive at least three times in it.
    fn timers(&mut self) {
        let Some(wanted) = self.seat.required.held.timers else { return };
        let own = self.instance().effective(self.seat.line, |line| line.timers.as_ref());
        let own = own.or(self.instance().timers.as_ref()).map_or(DEFAULT, |stated| stated.value);
        let hold = own.hold.min(wanted.hold);
        if hold == wanted.hold && own.keepalive.min(hold / 3) <= wanted.keepalive {
            return;
        }
        let Timers { keepalive, hold } = wanted;
        self.say(
            self.seat.line.timers.is_some(),
            |other| other.held.timers == Some(wanted),
            |name| format!("neighbor {name} timers {keepalive} {hold}"),
            format!("its PeerConfig has {keepalive} s and {hold} s"),
        );
    }

    fn families(&mut self) {
        let families: Vec<_> = self.seat.required.families().map(|(version, _)| version).collect();
        for version in families {
            let family = version.unicast();
            if self.instance().is_activated(self.seat.line, family) {
                continue;
            }
            let own = self.seat.line.families.get(family).and_then(|family| family.activate.as_ref());
            let is_same = |other: &Required| other.families().any(|(own, _)| own == version);
            let why = format!("it advertises {}", version.afi());
            match self.seats.place(self.seat, own.is_some(), is_same) {
                Some(name) => self.lacks.needs(Edit {
                    within: in_family(&header(self.seats.instance), family),
                    statement: format!("neighbor {name} activate"),
                    reason: Reason::of(&self.seat.required.node, why),
                }),
                None => self.shared(&why),
            }
        }
    }
}
