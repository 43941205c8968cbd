//! Strings as Go's strconv.Quote writes them.

/// The text up to the closing quote, and what follows. An octet that is no text becomes the character of its number. What
/// was cut short ends without a quote.
pub fn unquote(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut rest = quoted.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => text.extend(escaped(&mut rest)),
            c => text.push(c),
        }
    }
    (text, rest.as_str())
}

fn escaped(rest: &mut std::str::Chars) -> Option<char> {
    let number = |rest: &mut std::str::Chars, length: usize| {
        let digits: String = rest.take(length).collect();
        u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
    };
    match rest.next()? {
        'x' => number(rest, 2),
        'u' => number(rest, 4),
        'U' => number(rest, 8),
        'a' => Some('\u{7}'),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\u{b}'),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_quoted_is_read_back() {
        assert_eq!(unquote(r#"a \"b\" \x06\t\\" c=d"#), ("a \"b\" \u{6}\t\\".to_owned(), " c=d"));
        assert_eq!(unquote(r"\u00e9\xff"), ("\u{e9}\u{ff}".to_owned(), ""));
        assert_eq!(unquote(r"cut \"), ("cut ".to_owned(), ""));
    }
}
