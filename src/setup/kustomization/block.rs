//! A list with a line for each item.

/// The text with an item more behind the last one; `from` is where the line behind `resources:` begins. `None`: an item is
/// written in a way that this does not understand.
pub fn insert(text: &str, from: usize, entry: &str) -> Option<String> {
    let mut dash: Option<(usize, &str)> = None;
    let (mut position, mut last_end) = (from, from);
    for line in text[from..].split_inclusive('\n') {
        let content = line.trim();
        position += line.len();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let indent = line.len() - line.trim_start_matches(' ').len();
        let rest = &line[indent..];
        let item = rest.strip_prefix('-').filter(|rest| rest.starts_with([' ', '\t']));
        match (item, dash) {
            (Some(item), None) => {
                let lead = line.len() - item.trim_start_matches([' ', '\t']).len();
                dash = Some((indent, &line[..lead]));
            }
            (Some(_), Some((column, _))) if indent == column => {}
            (None, Some(_)) if indent == 0 => break,
            // Deeper is a further line of an item.
            _ => return None,
        }
        if item.is_some_and(|item| !is_plain(item.trim())) {
            return None;
        }
        last_end = position;
    }
    let (_, lead) = dash?;
    let (head, tail) = text.split_at(last_end);
    let newline = newline(head, text);
    Some(if head.ends_with('\n') {
        format!("{head}{lead}{entry}{newline}{tail}")
    } else {
        format!("{head}{newline}{lead}{entry}{tail}")
    })
}

/// A name, quoted or not; no anchor, alias, tag, block of text, list or map.
fn is_plain(item: &str) -> bool {
    !item.starts_with(['&', '*', '!', '|', '>', '[', '{', '?', '-', '%', '@', '`', '#']) && !item.is_empty()
}

/// The ending of the last line that has one.
fn newline(head: &str, text: &str) -> &'static str {
    let line = head.split_inclusive('\n').rfind(|line| line.ends_with('\n'));
    let line = line.or_else(|| text.split_inclusive('\n').next()).unwrap_or_default();
    if line.ends_with("\r\n") { "\r\n" } else { "\n" }
}
