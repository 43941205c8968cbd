//! What a template is made of.

/// Text between actions, or the `{...}` of an action.
#[derive(Debug, PartialEq)]
pub enum Part {
    Text(String),
    Action(Vec<Node>),
}

/// One step of an action; each works on the results of the one before.
#[derive(Debug, PartialEq)]
pub enum Node {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// `range`, `end`, or a word that means nothing.
    Identifier(String),
    Field(String),
    Slice(Slice),
    Wildcard,
    Recursive,
    Union(Vec<Vec<Node>>),
    Filter(Filter),
}

/// `[start:end:step]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slice {
    pub start: Option<i64>,
    pub end: End,
    pub step: Option<i64>,
}

/// Where a slice ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// `[1:]`: with the array.
    Open,
    /// `[1:3]`.
    At(i64),
    /// `[1]`: after one element.
    After(i64),
}

/// `[?(left operator right)]`.
#[derive(Debug, PartialEq)]
pub struct Filter {
    pub left: Vec<Node>,
    /// Operator and right side; without one, `left` has to exist.
    pub comparison: Option<(String, Vec<Node>)>,
}

impl Slice {
    /// The first element, the one after the last, and the step for an array of this length; nothing where the slice is
    /// empty. Overflow wraps as it does in Go: such an index is out of bounds either way.
    pub fn bounds(self, length: usize) -> Result<Option<(usize, usize, usize)>, String> {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let from_the_end = |index: i64| if index < 0 { index.wrapping_add(length) } else { index };
        let start = from_the_end(self.start.unwrap_or(0));
        let end = match self.end {
            End::Open | End::After(0) => length,
            End::At(end) | End::After(end) => from_the_end(end),
        };
        if start == end {
            return Ok(None);
        }
        let out_of_bounds = |index: i64| format!("array index out of bounds: index {index}, length {length}");
        if start >= length || start < 0 {
            return Err(out_of_bounds(start));
        }
        if end > length || end < 0 {
            return Err(out_of_bounds(end.wrapping_sub(1)));
        }
        if start > end {
            return Err(format!("starting index {start} is greater than ending index {end}"));
        }
        let step = self.step.unwrap_or(1);
        if step <= 0 {
            return Err("step must be > 0".to_owned());
        }
        let index = |index: i64| usize::try_from(index).unwrap_or(usize::MAX);
        Ok(Some((index(start), index(end), index(step))))
    }
}
