//! Runs a template over a document, as client-go/util/jsonpath/jsonpath.go does.

use super::budget::Budget;
use super::compare::compare;
use super::found::{Found, Kind};
use super::go;
use super::node::{Filter, Node, Part, Slice};

/// How deep ranges may nest; each level is a call.
const DEEPEST: usize = 500;

pub type Results<'a> = Vec<Found<'a>>;

/// One run: the results of every part in turn, those of a range once for each of its values.
pub fn run<'a>(parts: &'a [Part], document: Found<'a>, budget: &mut Budget) -> Result<Vec<Results<'a>>, String> {
    let mut run = Run { parts, budget, begun: 0, inside: 0, ended: 0, last_end: None };
    let results = run.parts_from(0, document.unwrapped()).map_err(|failure| failure.message)?;
    run.budget.spend(0)?;
    Ok(results)
}

struct Run<'a, 'b> {
    parts: &'a [Part],
    budget: &'b mut Budget,
    /// `range` words that were met and not acted on yet.
    begun: usize,
    /// Ranges around the current part.
    inside: usize,
    /// `end` words that were met and not acted on yet.
    ended: usize,
    /// The part with the `end` that was acted on last.
    last_end: Option<usize>,
}

/// Why a step failed, and whether it leaves results all the same: a filter for existence looks only at those.
struct Failure {
    message: String,
    leaves_results: bool,
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self { message, leaves_results: false }
    }
}

impl Failure {
    fn leaving(message: String, leaves_results: bool) -> Self {
        Self { message, leaves_results }
    }
}

impl<'a> Found<'a> {
    /// What a range iterates on: null is nothing at all there.
    fn unwrapped(self) -> Self {
        if matches!(self.kind(), Kind::Null) { Found::Nothing } else { self }
    }

    /// The values directly inside; of a map in the order of its keys (Go has none).
    fn inside(self) -> Results<'a> {
        match self.kind() {
            Kind::Array(items) => items.iter().map(Found::Value).collect(),
            Kind::Map(fields) => go::sorted(fields).into_iter().map(|(_, value)| Found::Value(value)).collect(),
            Kind::Text(text) => text.bytes().map(Found::Byte).collect(),
            _ => Vec::new(),
        }
    }
}

impl<'a> Run<'a, '_> {
    fn parts_from(&mut self, start: usize, current: Found<'a>) -> Result<Vec<Results<'a>>, Failure> {
        let mut all = Vec::new();
        let mut at = start;
        while let Some(part) = self.parts.get(at) {
            let results = match part {
                Part::Text(text) => vec![Found::Text(text)],
                Part::Action(nodes) => self.nodes(vec![current], nodes)?,
            };
            self.budget.spend(1 + results.len())?;
            if self.ended > 0 && self.ended <= self.inside {
                self.ended -= 1;
                self.last_end = Some(at);
                break;
            }
            if self.begun > 0 {
                self.begun -= 1;
                self.range(at + 1, results, &mut all)?;
                at = self.last_end.filter(|&end| end > at).unwrap_or(at);
            } else {
                all.push(results);
            }
            at += 1;
        }
        Ok(all)
    }

    /// Runs the parts of a range for each value; without one, once for nothing, to find the `end`.
    fn range(&mut self, start: usize, values: Results<'a>, all: &mut Vec<Results<'a>>) -> Result<(), Failure> {
        if self.inside >= DEEPEST {
            return Err(Failure::from("ranges are nested too deeply".to_owned()));
        }
        self.inside += 1;
        if values.is_empty() {
            self.parts_from(start, Found::Nothing)?;
        }
        for value in values {
            all.append(&mut self.parts_from(start, value.unwrapped())?);
        }
        self.inside -= 1;
        Ok(())
    }

    fn nodes(&mut self, mut current: Results<'a>, nodes: &'a [Node]) -> Result<Results<'a>, Failure> {
        for node in nodes {
            self.budget.spend(1 + current.len())?;
            current = self.node(current, node)?;
        }
        Ok(current)
    }

    fn node(&mut self, current: Results<'a>, node: &'a Node) -> Result<Results<'a>, Failure> {
        match node {
            Node::Text(text) => Ok(vec![Found::Text(text)]),
            Node::Int(int) => Ok(vec![Found::Int(*int); current.len()]),
            Node::Float(float) => Ok(vec![Found::Float(*float); current.len()]),
            Node::Bool(value) => Ok(vec![Found::Bool(*value); current.len()]),
            Node::Identifier(name) => self.identifier(current, name),
            Node::Field(name) => Ok(current.into_iter().filter_map(|value| field(value, name)).collect()),
            Node::Slice(slice) => self.slice(&current, *slice),
            Node::Wildcard => self.wildcard(&current),
            Node::Recursive => self.recursive(&current),
            Node::Union(members) => self.union(&current, members),
            Node::Filter(filter) => self.filter(&current, filter),
        }
    }

    fn identifier(&mut self, current: Results<'a>, name: &str) -> Result<Results<'a>, Failure> {
        match name {
            "range" => {
                self.begun += 1;
                Ok(current)
            }
            "end" if self.inside > 0 => {
                self.ended += 1;
                Ok(Vec::new())
            }
            "end" => Err(Failure::from("not in range, nothing to end".to_owned())),
            _ => Err(Failure::leaving(format!("unrecognized identifier {name}"), !current.is_empty())),
        }
    }

    fn slice(&mut self, current: &[Found<'a>], slice: Slice) -> Result<Results<'a>, Failure> {
        let mut results = Vec::new();
        for value in current {
            let items = match value.kind() {
                Kind::Null | Kind::Nothing => continue,
                Kind::Array(items) => items,
                _ => return Err(Failure::leaving(format!("{} is not array or slice", value.type_name()), true)),
            };
            // kubectl ends here with what it has, so that values behind an empty array are lost.
            let Some((start, end, step)) =
                slice.bounds(items.len()).map_err(|message| Failure::leaving(message, true))?
            else {
                break;
            };
            self.budget.spend((end - start) / step)?;
            results.extend(items[start..end].iter().step_by(step).map(Found::Value));
        }
        Ok(results)
    }

    fn wildcard(&mut self, current: &[Found<'a>]) -> Result<Results<'a>, Failure> {
        let mut results = Vec::new();
        for value in current {
            let inside = value.inside();
            self.budget.spend(inside.len())?;
            results.extend(inside);
        }
        Ok(results)
    }

    /// Everything that has something inside, strings too, each before its inside.
    fn recursive(&mut self, current: &[Found<'a>]) -> Result<Results<'a>, Failure> {
        let mut results = Vec::new();
        let mut left: Vec<Found> = current.iter().rev().copied().collect();
        while let Some(value) = left.pop() {
            self.budget.spend(1)?;
            if let Kind::Text(text) = value.kind() {
                results.extend((!text.is_empty()).then_some(value));
                continue;
            }
            let inside = value.inside();
            if !inside.is_empty() {
                results.push(value);
                left.extend(inside.into_iter().rev());
            }
        }
        Ok(results)
    }

    fn union(&mut self, current: &[Found<'a>], members: &'a [Vec<Node>]) -> Result<Results<'a>, Failure> {
        let mut results = Vec::new();
        for member in members {
            let found = self
                .nodes(current.to_vec(), member)
                .map_err(|failure| Failure::leaving(failure.message, !current.is_empty()))?;
            results.extend(found);
        }
        Ok(results)
    }

    fn filter(&mut self, current: &[Found<'a>], filter: &'a Filter) -> Result<Results<'a>, Failure> {
        let mut results = Vec::new();
        for value in current {
            let Kind::Array(items) = value.kind() else {
                return Err(Failure::leaving(not_filtered(*value), true));
            };
            for item in items.iter().map(Found::Value) {
                if self.passes(item, filter, !results.is_empty())? {
                    results.push(item);
                }
            }
        }
        Ok(results)
    }

    /// Whether the filter keeps an item; `kept` says if it kept one before.
    fn passes(&mut self, item: Found<'a>, filter: &'a Filter, kept: bool) -> Result<bool, Failure> {
        let left = self.nodes(vec![item], &filter.left);
        let Some((operator, right)) = &filter.comparison else {
            return Ok(left.map_or_else(|failure| failure.leaves_results, |found| !found.is_empty()));
        };
        let failed = |failure: Failure| Failure::leaving(failure.message, true);
        let Some(left) = only(&left.map_err(failed)?)? else { return Ok(false) };
        let Some(right) = only(&self.nodes(vec![item], right).map_err(failed)?)? else { return Ok(false) };
        compare(operator, left, right).map_err(|message| Failure::leaving(message, kept))
    }
}

fn field<'a>(value: Found<'a>, name: &str) -> Option<Found<'a>> {
    match value.kind() {
        Kind::Map(fields) => fields.get(name).map(Found::Value),
        _ => None,
    }
}

fn not_filtered(value: Found) -> String {
    let mut message = String::new();
    value.format(&mut message);
    message.push_str(" is not array or slice and cannot be filtered");
    message
}

fn only<'a>(found: &[Found<'a>]) -> Result<Option<Found<'a>>, Failure> {
    match found {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        _ => Err(Failure::leaving("can only compare one element at a time".to_owned(), true)),
    }
}
