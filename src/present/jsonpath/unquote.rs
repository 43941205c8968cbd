//! Go's escapes in quoted text (strconv.UnquoteChar).

use std::str::Chars;

/// The text inside quotes of either kind; nothing where an escape is none. Bytes that make no UTF-8 are replaced.
pub fn unquote(quoted: &str) -> Option<String> {
    let quote = quoted.chars().next()?;
    let mut chars = quoted.strip_prefix(quote)?.strip_suffix(quote)?.chars();
    let mut text = Vec::new();
    while let Some(c) = chars.next() {
        match c {
            '\\' => escape(&mut chars, quote, &mut text)?,
            c if c == quote => return None,
            c => push(c, &mut text),
        }
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}

fn push(c: char, text: &mut Vec<u8>) {
    text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn escape(chars: &mut Chars, quote: char, text: &mut Vec<u8>) -> Option<()> {
    match chars.next()? {
        'a' => text.push(7),
        'b' => text.push(8),
        'f' => text.push(12),
        'n' => text.push(b'\n'),
        'r' => text.push(b'\r'),
        't' => text.push(b'\t'),
        'v' => text.push(11),
        '\\' => text.push(b'\\'),
        'x' => text.push(u8::try_from(digits(chars, 0, 2, 16)?).ok()?),
        'u' => push(char::from_u32(digits(chars, 0, 4, 16)?)?, text),
        'U' => push(char::from_u32(digits(chars, 0, 8, 16)?)?, text),
        c @ '0'..='7' => text.push(u8::try_from(digits(chars, c.to_digit(8)?, 2, 8)?).ok()?),
        c if c == quote => push(c, text),
        _ => return None,
    }
    Some(())
}

fn digits(chars: &mut Chars, first: u32, count: usize, radix: u32) -> Option<u32> {
    (0..count).try_fold(first, |value, _| value.checked_mul(radix)?.checked_add(chars.next()?.to_digit(radix)?))
}

#[cfg(test)]
mod tests {
    use super::unquote;

    #[test]
    fn escapes_are_gos() {
        assert_eq!(unquote(r#""a\n\t\x41\101\u00e9\U0001F600\\\"'""#).as_deref(), Some("a\n\tAAé😀\\\"'"));
        assert_eq!(unquote(r"'\'é'").as_deref(), Some("'é"));
        assert_eq!(unquote(r#""\xc3\xa9""#).as_deref(), Some("é"));
        for wrong in [r#""\'""#, r#""\q""#, r#""\x4""#, r#""\400""#, r#""\ud800""#, r#""\UFFFFFFFF""#, r#"""""#, r#"""#]
        {
            assert_eq!(unquote(wrong), None, "{wrong}");
        }
    }
}
