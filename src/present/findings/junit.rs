//! Findings as JUnit XML: a suite for each group, a case for each rule.

use std::fmt::Write;

use super::text::{Detail, render_finding};
use super::{NAMED, subjects};
use crate::present::escape::escape_lines;
use crate::rules::{self, Diagnosis, Finding, Judged, Severity};

/// What became of a rule.
struct Case<'a> {
    judged: &'a Judged,
    /// Findings that fail it, and the others.
    failing: Vec<&'a Finding>,
    other: Vec<&'a Finding>,
}

/// A rule fails by findings that are at least `fail_on`, others from `least` on are its output. It is skipped if it
/// found nothing and lacked something.
pub fn render(diagnosis: &Diagnosis, fail_on: Severity, least: Severity) -> String {
    let shown = diagnosis.findings.iter().filter(|finding| finding.severity >= least);
    let case = |judged| {
        let found = |judged: &Judged| {
            let code = judged.rule.code;
            shown.clone().filter(move |finding| finding.rule.code == code)
        };
        let (failing, other) = found(judged).partition(|finding| finding.severity >= fail_on);
        Case { judged, failing, other }
    };
    let cases: Vec<Case> = diagnosis.judged.iter().map(case).collect();
    let all: Vec<&Case> = cases.iter().collect();
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(xml, "<testsuites name=\"kubectl bgp check\" {}>", counts(&all));
    for group in rules::groups() {
        let cases: Vec<&Case> = cases.iter().filter(|case| group.has(case.judged.rule)).collect();
        if cases.is_empty() {
            continue;
        }
        let _ = writeln!(xml, "  <testsuite name=\"{}\" {}>", quoted(group.name), counts(&cases));
        for case in cases {
            write_case(&mut xml, group.name, case);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

impl Case<'_> {
    fn is_skipped(&self) -> bool {
        self.failing.is_empty() && self.other.is_empty() && !self.judged.needs.is_empty()
    }
}

fn counts(cases: &[&Case]) -> String {
    let failures = cases.iter().filter(|case| !case.failing.is_empty()).count();
    let skipped = cases.iter().filter(|case| case.is_skipped()).count();
    format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"", cases.len())
}

fn write_case(xml: &mut String, group: &str, case: &Case) {
    let rule = case.judged.rule;
    let name = format!("{} {}", rule.code, rule.title);
    let _ = write!(xml, "    <testcase classname=\"{}\" name=\"{}\"", quoted(group), quoted(&name));
    let needs = case.judged.needs.iter().map(|need| format!("needs {need}\n")).collect::<String>();
    let mut inner = String::new();
    if let [first, others @ ..] = case.failing.as_slice() {
        let more = if others.is_empty() { String::new() } else { format!(", and {} more", others.len()) };
        let message = format!("{}: {}{more}", first.title, subjects(first, NAMED));
        let _ = writeln!(
            inner,
            "      <failure type=\"{}\" message=\"{}\">{}</failure>",
            first.severity,
            quoted(&message),
            content(&told(&case.failing))
        );
    }
    if case.is_skipped() {
        let _ = writeln!(inner, "      <skipped message=\"{}\"/>", quoted(needs.trim_end()));
    } else if !(case.other.is_empty() && needs.is_empty()) {
        let _ = writeln!(inner, "      <system-out>{}</system-out>", content(&(told(&case.other) + &needs)));
    }
    if inner.is_empty() {
        xml.push_str("/>\n");
    } else {
        let _ = write!(xml, ">\n{inner}    </testcase>\n");
    }
}

fn told(findings: &[&Finding]) -> String {
    let text: String = findings.iter().map(|finding| render_finding(finding, Detail::Full)).collect();
    anstream::adapter::strip_str(&text).to_string()
}

/// Text between tags. Control characters, which XML 1.0 has no way to write, and the two that are none are spelled out.
fn content(text: &str) -> String {
    let mut xml = String::new();
    for c in escape_lines(text).chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => xml.extend(c.escape_unicode()),
            c => xml.push(c),
        }
    }
    xml
}

/// The value of an attribute, in which a bare line break would be read as a blank.
fn quoted(text: &str) -> String {
    content(text).replace('\n', "&#10;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_seen_breaks_the_document() {
        let evil = "</failure><x y=\"1\">&\u{1b}[31m\u{0}\u{7}\u{fffe}\r\t\u{85}";
        assert_eq!(
            content(evil),
            "&lt;/failure&gt;&lt;x y=&quot;1&quot;&gt;&amp;^[[31m\\u{0}\\u{7}\\u{fffe}\\r\\t\\u{85}"
        );
        assert_eq!(quoted("a\nb"), "a&#10;b");
    }
}
