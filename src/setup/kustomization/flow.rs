//! A list in brackets.

/// The text with an item more behind the last one; `from` is where what is behind `resources:` begins. `None`: it is no such
/// list, or has something in it that this does not understand.
pub fn insert(text: &str, from: usize, entry: &str) -> Option<String> {
    let open = from + text[from..].find(|c: char| !c.is_whitespace())?;
    let mut rest = text[open..].strip_prefix('[')?.char_indices().peekable();
    let inside = open + 1;
    // Where the last item or comma ends, and whether it was a comma.
    let (mut end, mut comma, mut is_empty) = (inside, false, true);
    let mut before = ' ';
    while let Some((at, c)) = rest.next() {
        match c {
            ']' => {
                let (head, tail) = text.split_at(end);
                let lead = match (is_empty, comma) {
                    (true, _) => "",
                    (false, true) => " ",
                    (false, false) => ", ",
                };
                return Some(format!("{head}{lead}{entry}{tail}"));
            }
            '"' | '\'' if before.is_whitespace() || before == ',' || is_empty => {
                let close = closing(text, inside + at + 1, c)?;
                while rest.next_if(|(at, _)| inside + at < close).is_some() {}
                (end, comma, is_empty) = (close, false, false);
            }
            '#' if before.is_whitespace() => while rest.next_if(|(_, c)| *c != '\n').is_some() {},
            '[' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '?' | ':' => return None,
            ',' => (end, comma) = (inside + at + 1, true),
            c if c.is_whitespace() => {}
            c => (end, comma, is_empty) = (inside + at + c.len_utf8(), false, false),
        }
        before = c;
    }
    None
}

/// Where a quoted text ends that begins at `from`, behind its quote.
fn closing(text: &str, from: usize, quote: char) -> Option<usize> {
    let mut chars = text[from..].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            // Two single quotes are one that is meant.
            if quote == '\'' && chars.next_if(|(_, next)| *next == '\'').is_some() {
                continue;
            }
            return Some(from + at + c.len_utf8());
        }
    }
    None
}
