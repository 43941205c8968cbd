//! Template text to [`Part`]s, as client-go/util/jsonpath/parser.go reads it.

use super::go;
use super::node::{End, Filter, Node, Part, Slice};
use super::unquote::unquote;

/// Parses a whole template.
pub fn template(text: &str) -> Result<Vec<Part>, String> {
    let mut parser = Parser { input: text, at: 0 };
    let mut parts = Vec::new();
    while let Some(length) = parser.rest().find('{') {
        parts.extend(text_part(&parser.rest()[..length]));
        parser.at += length + 1;
        parts.push(Part::Action(parser.action()?));
    }
    parts.extend(text_part(parser.rest()));
    Ok(parts)
}

fn text_part(text: &str) -> Option<Part> {
    (!text.is_empty()).then(|| Part::Text(text.to_owned()))
}

/// The nodes of `{text}`. What follows a closing brace inside `text` is parsed and dropped, as kubectl does.
fn action(text: &str) -> Result<Vec<Node>, String> {
    match template(&format!("{{{text}}}"))?.into_iter().next() {
        Some(Part::Action(nodes)) => Ok(nodes),
        _ => Ok(Vec::new()),
    }
}

struct Parser<'t> {
    input: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.input[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn skip(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    /// Takes the characters up to the first that does not fit.
    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !fits(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    /// Everything behind `{`, the closing brace included.
    fn action(&mut self) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        loop {
            if self.skip("}") {
                return Ok(nodes);
            } else if self.skip("[?(") {
                nodes.push(self.filter()?);
            } else if self.skip("..") {
                self.recursive(&mut nodes)?;
            } else {
                self.step(&mut nodes)?;
            }
        }
    }

    fn step(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        match self.peek() {
            None | Some('\r' | '\n') => return Err("unclosed action".to_owned()),
            // `@` and `$` are both the current object.
            Some(' ' | '@' | '$') => self.at += 1,
            Some('[') => self.brackets(nodes)?,
            Some(quote @ ('"' | '\'')) => nodes.push(self.quoted(quote)?),
            Some('.') => {
                self.at += 1;
                nodes.push(self.field());
            }
            Some(c) if c == '+' || c == '-' || c.is_numeric() => nodes.push(self.number()?),
            Some(c) if is_alphanumeric(c) => nodes.push(self.identifier()),
            Some(c) => return Err(format!("unrecognized character in action: {}", go::named(c))),
        }
        Ok(())
    }

    fn identifier(&mut self) -> Node {
        match self.take_while(|c| !is_terminator(c)) {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            name => Node::Identifier(name.to_owned()),
        }
    }

    fn recursive(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        if nodes.last() == Some(&Node::Recursive) {
            return Err("invalid multiple recursive descent".to_owned());
        }
        nodes.push(Node::Recursive);
        if self.peek().is_some_and(is_alphanumeric) {
            nodes.push(self.field());
        }
        Ok(())
    }

    fn field(&mut self) -> Node {
        let start = self.at;
        while let Some(c) = self.peek().filter(|&c| !is_terminator(c)) {
            self.next();
            if c == '\\' {
                self.next();
            }
        }
        match &self.input[start..self.at] {
            "*" => Node::Wildcard,
            name => Node::Field(name.replace('\\', "")),
        }
    }

    fn number(&mut self) -> Result<Node, String> {
        let start = self.at;
        if matches!(self.peek(), Some('+' | '-')) {
            self.at += 1;
        }
        self.take_while(|c| c == '.' || c.is_numeric());
        let text = &self.input[start..self.at];
        match (text.parse(), text.parse::<f64>()) {
            (Ok(int), _) => Ok(Node::Int(int)),
            (_, Ok(float)) if float.is_finite() => Ok(Node::Float(float)),
            _ => Err(format!("cannot parse number {text}")),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Node, String> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated quoted string".to_owned()),
                Some(c) if c == quote && !self.is_escaped() => break,
                Some(_) => {}
            }
        }
        let text = &self.input[start..self.at];
        unquote(text).map(Node::Text).ok_or_else(|| format!("unquote string {text} error invalid syntax"))
    }

    /// Whether a backslash stands before the one-byte character that was read last; whether that one is escaped itself
    /// does not matter to kubectl.
    fn is_escaped(&self) -> bool {
        self.at >= 2 && self.input.as_bytes()[self.at - 2] == b'\\'
    }

    /// `[...]` other than a filter.
    fn brackets(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        let rest = self.rest();
        let end = match rest.find([']', '\n']) {
            Some(end) if rest[end..].starts_with(']') => end,
            _ => return Err("unterminated array".to_owned()),
        };
        self.at += end + 1;
        let text = match &rest[1..end] {
            "*" => ":",
            text => text,
        };
        if text.contains(',') {
            let member = |text: &str| action(&format!("[{}]", text.trim_matches(' ')));
            nodes.push(Node::Union(text.split(',').map(member).collect::<Result<_, _>>()?));
        } else if let Some(key) = key(text) {
            nodes.extend(action(&format!(".{key}"))?);
        } else {
            nodes.push(Node::Slice(slice(text)?));
        }
        Ok(())
    }

    /// A filter, behind its `[?(`.
    fn filter(&mut self) -> Result<Node, String> {
        let start = self.at;
        // kubectl minds one pair of quotes only: the first.
        let (mut opened, mut closed) = (None, false);
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated filter".to_owned()),
                Some(c @ ('"' | '\'')) => match opened {
                    None => opened = Some(c),
                    Some(quote) => closed |= c == quote && !self.is_escaped(),
                },
                Some(')') if opened.is_some() == closed => break,
                Some(_) => {}
            }
        }
        let text = &self.input[start..self.at - 1];
        if !self.skip("]") {
            return Err("unclosed array expect ]".to_owned());
        }
        Ok(Node::Filter(match comparison(text) {
            None => Filter { left: action(text)?, comparison: None },
            Some((left, operator, right)) => {
                Filter { left: action(left)?, comparison: Some((operator.to_owned(), action(right)?)) }
            }
        }))
    }
}

/// Left side, operator and right side, none of them empty.
fn comparison(text: &str) -> Option<(&str, &str, &str)> {
    let is_operator = |c| matches!(c, '!' | '<' | '>' | '=');
    let (left, rest) = text.split_at(text.find(is_operator).filter(|&at| at > 0)?);
    let length = rest.find(|c| !is_operator(c)).unwrap_or(rest.len() - 1);
    let (operator, right) = rest.split_at(length);
    (!operator.is_empty()).then_some((left, operator, right))
}

/// The key of `'key'`.
fn key(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.strip_suffix('\'').filter(|key| !key.contains('\''))
}

fn slice(text: &str) -> Result<Slice, String> {
    let fits = |part: &str| part.strip_prefix('-').unwrap_or(part).bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = text.splitn(4, ':').collect();
    if parts.len() > 3 || !parts.iter().all(|part| fits(part)) {
        return Err(format!("invalid array index {text}"));
    }
    let index = |at: usize| match parts.get(at).copied().unwrap_or_default() {
        "" => Ok(None),
        part => part.parse::<i64>().map(Some).map_err(|_| format!("array index {part} is not a number")),
    };
    let (start, end, step) = (index(0)?, index(1)?, index(2)?);
    let end = match end {
        Some(end) => End::At(end),
        None if parts.len() > 1 => End::Open,
        None => End::After(start.unwrap_or(0).wrapping_add(1)),
    };
    Ok(Slice { start, end, step })
}

fn is_terminator(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> Node {
        Node::Field(name.to_owned())
    }

    #[test]
    fn text_and_actions() {
        assert_eq!(
            template("a{.b['c\\.d']}{..e}"),
            Ok(vec![
                Part::Text("a".to_owned()),
                Part::Action(vec![field("b"), field("c.d")]),
                Part::Action(vec![Node::Recursive, field("e")]),
            ])
        );
    }

    #[test]
    fn brackets() {
        assert_eq!(slice(""), Ok(Slice { start: None, end: End::After(1), step: None }));
        assert_eq!(slice("-1"), Ok(Slice { start: Some(-1), end: End::After(0), step: None }));
        assert_eq!(slice(":2"), Ok(Slice { start: None, end: End::At(2), step: None }));
        assert_eq!(slice("::2"), Ok(Slice { start: None, end: End::Open, step: Some(2) }));
        assert_eq!(key("'a'"), Some("a"));
        assert_eq!(key("'"), None);
    }

    #[test]
    fn comparisons() {
        assert_eq!(comparison("@.a==\"x\""), Some(("@.a", "==", "\"x\"")));
        assert_eq!(comparison("@.a=="), Some(("@.a", "=", "=")));
        assert_eq!(comparison("@.a="), None);
        assert_eq!(comparison("==1"), None);
    }

    #[test]
    fn errors_are_kubectls() {
        let error = |text| template(text).err().unwrap_or_default();
        assert_eq!(error("{.a"), "unclosed action");
        assert_eq!(error("{.a[0"), "unterminated array");
        assert_eq!(error("{.a[x]}"), "invalid array index x");
        assert_eq!(error("{.a[99999999999999999999]}"), "array index 99999999999999999999 is not a number");
        assert_eq!(error("{.a[?(@.b"), "unterminated filter");
        assert_eq!(error("{.a[?(@.b)}"), "unclosed array expect ]");
        assert_eq!(error("{%}"), "unrecognized character in action: U+0025 '%'");
        assert_eq!(error("{\t}"), "unrecognized character in action: U+0009");
        assert_eq!(error("{+}"), "cannot parse number +");
        assert_eq!(error("{....a}"), "invalid multiple recursive descent");
        assert_eq!(error("{'a}"), "unterminated quoted string");
        assert_eq!(error(r#"{"\q"}"#), r#"unquote string "\q" error invalid syntax"#);
    }
}
