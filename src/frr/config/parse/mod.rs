//! From text to the model. As vtysh reads a file: a statement that its block does not know is tried in the blocks around
//! it, and indentation means nothing.

mod bgp;
mod lists;
mod neighbor;
mod statement;

use super::{Config, Other, Stated, StaticRoute};
use statement::Statement;

/// Where statements stand.
#[derive(Clone, Debug, PartialEq)]
enum Context {
    Top,
    /// The position of its instance.
    Bgp(usize),
    /// The same, and the family's name.
    Family(usize, String),
    /// The name of a map and the number of its entry.
    RouteMap(String, u32),
    Vrf(String),
    /// Blocks that are not read.
    Foreign(Vec<String>),
}

/// Statements that open blocks which are not read.
const FOREIGN: &[&str] =
    &["interface", "line", "key", "pbr-map", "nexthop-group", "segment-routing", "mpls", "l2vpn", "affinity-map"];

pub fn parse(text: &str) -> Config {
    let mut parser = Parser { config: Config::default(), context: Context::Top };
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if let Some(statement) = Statement::read(at + 1, line) {
            parser.take(&statement);
        }
    }
    parser.config
}

struct Parser {
    config: Config,
    context: Context,
}

impl Parser {
    fn take(&mut self, statement: &Statement) {
        match statement.words[..] {
            ["end" | "exit-vrf"] => self.context = Context::Top,
            ["exit" | "quit"] => self.context = self.context.parent(),
            ["exit-address-family"] => {
                if let Context::Family(at, _) = self.context {
                    self.context = Context::Bgp(at);
                }
            }
            ["Building", "configuration..."] | ["Current", "configuration:"] => {}
            _ => {
                let mut context = self.context.clone();
                while !self.understands(&context, statement) {
                    if context == Context::Top {
                        return self.keep(statement);
                    }
                    context = context.parent();
                }
            }
        }
    }

    /// Takes a statement if it belongs to this context, which it then is in.
    fn understands(&mut self, context: &Context, statement: &Statement) -> bool {
        let understood = match context {
            Context::Top => return self.top(statement),
            Context::Bgp(at) => {
                if let Some(family) = bgp::family(statement) {
                    self.context = Context::Family(*at, family);
                    return true;
                }
                bgp::read(&mut self.config.instances[*at], statement)
            }
            Context::Family(at, family) => bgp::read_in_family(&mut self.config.instances[*at], family, statement),
            Context::RouteMap(name, seq) => lists::read_in_map(&mut self.config, name, *seq, statement),
            Context::Vrf(vrf) => self.static_route(statement, Some(vrf)),
            Context::Foreign(_) => false,
        };
        if understood {
            self.context = context.clone();
        }
        understood
    }

    fn top(&mut self, statement: &Statement) -> bool {
        let (line, on) = (statement.line, statement.on);
        let stated = |value: &str| Some(Stated { line, value: value.to_owned() });
        self.context = match statement.words[..] {
            ["frr", "version", version, ..] => {
                self.config.version = stated(version);
                Context::Top
            }
            ["frr", "defaults", profile] => {
                self.config.profile = stated(profile);
                Context::Top
            }
            ["service", "integrated-vtysh-config"] => {
                self.config.integrated = Some(Stated { line, value: on });
                Context::Top
            }
            ["router", "bgp", ref rest @ ..] => match bgp::open(&mut self.config.instances, statement, rest) {
                Some(at) => Context::Bgp(at),
                None => Context::Top,
            },
            ["route-map", name, ref rest @ ..] => match lists::open_map(&mut self.config, statement, name, rest) {
                Some(seq) => Context::RouteMap(name.to_owned(), seq),
                None => return false,
            },
            ["bfd"] => {
                self.config.bfd = on.then_some(Stated { line, value: () });
                Context::Foreign(vec![statement.text()])
            }
            ["vrf", name] if on => Context::Vrf(name.to_owned()),
            [word, ..] if on && (FOREIGN.contains(&word) || word == "router") => {
                self.config.others.push(Other { line, context: Vec::new(), text: statement.text() });
                Context::Foreign(vec![statement.text()])
            }
            _ if lists::read(&mut self.config, statement) || self.static_route(statement, None) => Context::Top,
            _ => return false,
        };
        true
    }

    fn static_route(&mut self, statement: &Statement, vrf: Option<&str>) -> bool {
        let ["ip" | "ipv6", "route", ref rest @ ..] = statement.words[..] else { return false };
        let Some((prefix, rest)) = lists::destination(rest) else { return false };
        let Some((&via, options)) = rest.split_first() else { return false };
        let named = options.windows(2).find(|pair| pair[0] == "vrf").map(|pair| pair[1]);
        let route = StaticRoute { prefix, via: via.to_owned(), vrf: named.or(vrf).map(str::to_owned) };
        self.config.static_routes.retain(|known| known.value != route);
        if statement.on {
            self.config.static_routes.push(Stated { line: statement.line, value: route });
        }
        true
    }

    fn keep(&mut self, statement: &Statement) {
        let context = self.path();
        self.config.others.push(Other { line: statement.line, context, text: statement.text() });
        if let (Context::Foreign(blocks), ["profile" | "peer", ..]) = (&mut self.context, &statement.words[..]) {
            blocks.truncate(1);
            blocks.push(statement.text());
        }
    }

    fn path(&self) -> Vec<String> {
        let bgp = |at: usize| {
            let instance = &self.config.instances[at];
            let asn = instance.asn.map(|asn| format!(" {asn}")).unwrap_or_default();
            let vrf = instance.vrf.as_ref().map(|vrf| format!(" vrf {vrf}")).unwrap_or_default();
            format!("router bgp{asn}{vrf}")
        };
        match &self.context {
            Context::Top => Vec::new(),
            Context::Bgp(at) => vec![bgp(*at)],
            Context::Family(at, family) => vec![bgp(*at), format!("address-family {family}")],
            Context::RouteMap(name, seq) => vec![format!("route-map {name} {seq}")],
            Context::Vrf(name) => vec![format!("vrf {name}")],
            Context::Foreign(blocks) => blocks.clone(),
        }
    }
}

impl Context {
    fn parent(&self) -> Self {
        match self {
            Self::Family(at, _) => Self::Bgp(*at),
            Self::Foreign(blocks) if blocks.len() > 1 => Self::Foreign(blocks[..blocks.len() - 1].to_vec()),
            _ => Self::Top,
        }
    }
}

#[cfg(test)]
mod tests;
