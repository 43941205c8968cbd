//! A unified diff of two texts, as `diff -u` and git write it.

use std::fmt::Write;

use owo_colors::OwoColorize;

use super::escape::escape_lines;

/// Lines that stay, around those that change.
const CONTEXT: usize = 3;

/// Texts whose middle is larger are told apart line for line no more.
const LIMIT: usize = 4_000_000;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Line<'a> {
    Same(&'a str),
    Old(&'a str),
    New(&'a str),
}

/// What turns the text of a file into another one; empty if they are equal.
pub fn unified(name: &str, before: &str, after: &str) -> String {
    let lines = compared(&split(before), &split(after));
    let mut text = String::new();
    if lines.iter().all(|line| matches!(line, Line::Same(_))) {
        return text;
    }
    let name = escape_lines(name);
    let _ = writeln!(text, "{}\n{}", format!("--- {name}").bold(), format!("+++ {name}").bold());
    let (mut old, mut new, mut at) = (1, 1, 0);
    while at < lines.len() {
        let Some(first) = lines[at..].iter().position(|line| !matches!(line, Line::Same(_))) else { break };
        let start = (at + first).saturating_sub(CONTEXT).max(at);
        (old, new) = (old + start - at, new + start - at);
        let end = end_of_hunk(&lines, at + first);
        let count = |is_it: fn(&Line) -> bool| lines[start..end].iter().filter(|line| is_it(line)).count();
        let (olds, news) = (count(|line| !matches!(line, Line::New(_))), count(|line| !matches!(line, Line::Old(_))));
        // An empty side is named by the line before it (POSIX diff -u).
        let place = |line: usize, count: usize| format!("{},{count}", if count == 0 { line - 1 } else { line });
        let _ = writeln!(text, "{}", format!("@@ -{} +{} @@", place(old, olds), place(new, news)).cyan());
        lines[start..end].iter().for_each(|line| print(&mut text, line));
        (old, new, at) = (old + olds, new + news, end);
    }
    text
}

/// Where the context behind the last change ends that is near the one before.
fn end_of_hunk(lines: &[Line], first: usize) -> usize {
    let mut end = first;
    while let Some(next) = lines[end..].iter().take(2 * CONTEXT + 1).position(|line| !matches!(line, Line::Same(_))) {
        end += next + 1;
    }
    (end + CONTEXT).min(lines.len())
}

fn print(text: &mut String, line: &Line) {
    let (mark, line, color) = match line {
        Line::Same(line) => (' ', line, None),
        Line::Old(line) => ('-', line, Some(owo_colors::AnsiColors::Red)),
        Line::New(line) => ('+', line, Some(owo_colors::AnsiColors::Green)),
    };
    let said = escape_lines(&format!("{mark}{}", line.strip_suffix('\n').unwrap_or(line)));
    let said = color.map_or_else(|| said.clone(), |color| said.color(color).to_string());
    let _ = writeln!(text, "{said}");
    if !line.ends_with('\n') {
        let _ = writeln!(text, "\\ No newline at end of file");
    }
}

fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// By the longest common subsequence of what lies between their common ends.
fn compared<'a>(before: &[&'a str], after: &[&'a str]) -> Vec<Line<'a>> {
    let ahead = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let behind = before[ahead..].iter().rev().zip(after[ahead..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (&before[ahead..before.len() - behind], &after[ahead..after.len() - behind]);
    let mut lines: Vec<Line> = before[..ahead].iter().map(|line| Line::Same(line)).collect();
    if old.len().saturating_mul(new.len()) > LIMIT {
        lines.extend(old.iter().map(|line| Line::Old(line)));
        lines.extend(new.iter().map(|line| Line::New(line)));
    } else {
        lines.extend(by_common(old, new));
    }
    lines.extend(before[before.len() - behind..].iter().map(|line| Line::Same(line)));
    lines
}

fn by_common<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Line<'a>> {
    let width = new.len() + 1;
    let mut common = vec![0_usize; (old.len() + 1) * width];
    for (a, line) in old.iter().enumerate().rev() {
        for (b, other) in new.iter().enumerate().rev() {
            common[a * width + b] = if line == other {
                common[(a + 1) * width + b + 1] + 1
            } else {
                common[(a + 1) * width + b].max(common[a * width + b + 1])
            };
        }
    }
    let (mut a, mut b, mut lines) = (0, 0, Vec::new());
    while a < old.len() || b < new.len() {
        if a < old.len() && b < new.len() && old[a] == new[b] {
            lines.push(Line::Same(old[a]));
            (a, b) = (a + 1, b + 1);
        } else if b == new.len() || a < old.len() && common[(a + 1) * width + b] >= common[a * width + b + 1] {
            lines.push(Line::Old(old[a]));
            a += 1;
        } else {
            lines.push(Line::New(new[b]));
            b += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(before: &str, after: &str) -> String {
        anstream::adapter::strip_str(&unified("f", before, after)).to_string()
    }

    #[test]
    fn hunks_are_as_diff_writes_them() {
        let before: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let after = before.replace("\n5\n", "\nfive\n").replace("20\n", "20");
        let expected = "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n@@ -17,4 +17,4 @@\n 17\n 18\n 19\n-20\n+20\n\\ No newline at end of file\n";
        assert_eq!(plain(&before, &after), expected);
        assert_eq!(plain("", "a\n"), "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n");
        assert_eq!(plain("a\n", ""), "--- f\n+++ f\n@@ -1,1 +0,0 @@\n-a\n");
        assert_eq!(plain("a\n", "a\n"), "");
        assert_eq!(plain("a\r\n\u{1b}[2J\n", "a\n\u{1b}[2J\n"), "--- f\n+++ f\n@@ -1,2 +1,2 @@\n-a\\r\n+a\n ^[[2J\n");
    }

    #[test]
    fn what_is_shown_leads_from_one_text_to_the_other() {
        let mut random = fastrand::Rng::with_seed(8);
        for _ in 0..2_000 {
            let mut text =
                || -> String { (0..random.usize(0..12)).map(|_| ["a\n", "b\n", "c\n"][random.usize(0..3)]).collect() };
            let (before, after) = (text(), text());
            let (before, after) = (split(&before), split(&after));
            let lines = compared(&before, &after);
            let side = |leave_out: fn(&Line) -> bool| -> Vec<&str> {
                let kept = lines.iter().filter(|line| !leave_out(line));
                kept.map(|line| match line {
                    Line::Same(text) | Line::Old(text) | Line::New(text) => *text,
                })
                .collect()
            };
            assert_eq!(side(|line| matches!(line, Line::New(_))), before);
            assert_eq!(side(|line| matches!(line, Line::Old(_))), after);
        }
    }
}
