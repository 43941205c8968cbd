//! From statements to the typed model.

mod bgp;
pub mod lists;
pub mod neighbor;

use super::statement::Statement;
use super::tree::Tree;
use super::{Config, Other, Stated, StaticRoute};

/// Where statements stand.
#[derive(Clone)]
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
    Foreign,
}

pub fn read(tree: &Tree) -> Config {
    let mut reader = Reader { config: Config::default(), path: Vec::new() };
    reader.all(&tree.statements, &Context::Top);
    reader.config
}

struct Reader {
    config: Config,
    /// The blocks around, for what is not understood.
    path: Vec<String>,
}

impl Reader {
    fn all(&mut self, statements: &[Statement], context: &Context) {
        for statement in statements {
            let Some((header, under)) = self.take(statement, context) else { continue };
            self.path.push(header);
            self.all(&statement.under, &under);
            self.path.pop();
        }
    }

    /// The block that a statement opens, and how it is called.
    fn take(&mut self, statement: &Statement, context: &Context) -> Option<(String, Context)> {
        let understood = match context {
            Context::Top => return self.top(statement),
            Context::Bgp(at) => {
                if let Some(family) = bgp::family(statement) {
                    return Some((format!("address-family {family}"), Context::Family(*at, family)));
                }
                bgp::read(&mut self.config.instances[*at], statement)
            }
            Context::Family(at, family) => bgp::read_in_family(&mut self.config.instances[*at], family, statement),
            Context::RouteMap(name, seq) => lists::read_in_map(&mut self.config, name, *seq, statement),
            Context::Vrf(vrf) => self.static_route(statement, Some(vrf)),
            Context::Foreign => false,
        };
        if understood { None } else { self.keep(statement) }
    }

    fn top(&mut self, statement: &Statement) -> Option<(String, Context)> {
        let (line, on) = (statement.line, statement.on);
        let stated = |value: &str| Some(Stated { line, value: value.to_owned() });
        match statement.words[..] {
            ["frr", "version", version, ..] => self.config.version = stated(version),
            ["frr", "defaults", profile] => self.config.profile = stated(profile),
            ["service", "integrated-vtysh-config"] => self.config.integrated = Some(Stated { line, value: on }),
            ["router", "bgp", ref rest @ ..] => {
                let at = bgp::open(&mut self.config.instances, statement, rest)?;
                return Some((self.called(at), Context::Bgp(at)));
            }
            ["route-map", name, ref rest @ ..] => match lists::open_map(&mut self.config, statement, name, rest) {
                Some(seq) => return Some((format!("route-map {name} {seq}"), Context::RouteMap(name.to_owned(), seq))),
                None => return self.keep(statement),
            },
            ["bfd"] => {
                self.config.bfd = on.then_some(Stated { line, value: () });
                return Some((statement.text(), Context::Foreign));
            }
            ["vrf", name] if on => return Some((statement.text(), Context::Vrf(name.to_owned()))),
            _ if lists::read(&mut self.config, statement) || self.static_route(statement, None) => {}
            _ => return self.keep(statement),
        }
        None
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

    fn keep(&mut self, statement: &Statement) -> Option<(String, Context)> {
        let text = statement.text();
        let other = Other { line: statement.line, context: self.path.clone(), text: text.clone() };
        self.config.others.push(other);
        (!statement.under.is_empty()).then_some((text, Context::Foreign))
    }

    fn called(&self, at: usize) -> String {
        let instance = &self.config.instances[at];
        let asn = instance.asn.map(|asn| format!(" {asn}")).unwrap_or_default();
        let vrf = instance.vrf.as_ref().map(|vrf| format!(" vrf {vrf}")).unwrap_or_default();
        format!("router bgp{asn}{vrf}")
    }
}

#[cfg(test)]
mod tests;
