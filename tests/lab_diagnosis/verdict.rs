//! Whether what `check` says is right.

use serde_json::Value;

use super::expected::{Cause, Expected, Finding};

/// What `check -o json` and standard error said.
pub struct Answer {
    items: Vec<Value>,
    said: String,
}

/// A state and what was said in it.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub right: bool,
    /// The first finding that counts: codes and rows, without what differs from lab to lab.
    pub said: String,
}

impl Answer {
    /// None if it is no list of findings.
    pub fn read(stdout: &str, stderr: &str) -> Option<Self> {
        let list: Value = serde_json::from_str(stdout).ok()?;
        let items = list["items"].as_array().filter(|_| list["kind"] == "FindingList")?;
        Some(Self { items: items.clone(), said: stderr.to_owned() })
    }

    /// Judges it.
    pub fn judge(&self, expected: &Expected) -> Verdict {
        let first = self.above_information().next();
        let right = match &expected.finding {
            Finding::Nothing => first.is_none(),
            Finding::Unread(end) => self.says_unread(end),
            Finding::Information(cause) => self.informs(cause),
            Finding::Causes(causes) => {
                let (foremost, others) = causes.split_first().expect("a cause");
                first.is_some_and(|item| foremost.is(item))
                    && others.iter().all(|cause| self.items.iter().any(|item| cause.is(item)))
            }
        };
        let shown = match &expected.finding {
            Finding::Information(cause) if right => self.items.iter().find(|item| cause.is(item)),
            _ => first,
        };
        Verdict { right, said: shown.map_or_else(|| "nothing".to_owned(), code_and_rows) }
    }

    /// Every finding above information in a line of its own, for whoever reads the log.
    pub fn lines(&self) -> Vec<String> {
        let line = |item: &Value| {
            let cause = if is_cause(item) { "cause".to_owned() } else { format!("caused by {}", text(&item["cause"])) };
            let (severity, title) = (text(&item["severity"]), text(&item["title"]));
            let subjects = subjects(item).collect::<Vec<_>>().join(", ");
            format!("{severity} {} {subjects}: {title} ({cause})", code_and_rows(item))
        };
        self.above_information().map(line).collect()
    }

    fn above_information(&self) -> impl Iterator<Item = &Value> {
        self.items.iter().filter(|item| item["severity"] != "information")
    }

    /// The end is named, and no row is claimed above information.
    fn says_unread(&self, end: &str) -> bool {
        let named = self.items.iter().flat_map(subjects).chain(self.said.lines());
        self.above_information().all(|item| rows(item).next().is_none()) && { named }.any(|line| line.contains(end))
    }

    /// It is said, and nothing else is above information but what it causes.
    fn informs(&self, cause: &Cause) -> bool {
        let of_it = |item: &Value| cause.rows.iter().any(|row| rows(item).any(|known| known == row));
        self.items.iter().any(|item| cause.is(item))
            && self.above_information().filter(|item| is_cause(item)).all(of_it)
    }
}

impl Cause {
    /// Whether the finding is this cause.
    fn is(&self, item: &Value) -> bool {
        let mut subjects = subjects(item);
        is_cause(item)
            && self.rows.iter().any(|row| rows(item).any(|known| known == row))
            && (self.subjects.is_empty() || subjects.any(|it| self.subjects.iter().any(|word| it.contains(word))))
    }
}

fn is_cause(item: &Value) -> bool {
    item["cause"] == true
}

fn rows(item: &Value) -> impl Iterator<Item = &str> {
    item["rows"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// What it is about, and others of which the same is true.
fn subjects(item: &Value) -> impl Iterator<Item = &str> {
    item["subjects"].as_array().into_iter().flatten().map(text)
}

fn code_and_rows(item: &Value) -> String {
    format!("{} ({})", text(&item["code"]), rows(item).collect::<Vec<_>>().join(" "))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

#[test]
fn an_answer_is_right_or_wrong() {
    let cause = r#"{"code": "BGP1", "rows": ["A8"], "severity": "error", "subjects": ["session node-3/home/udm"], "cause": true}"#;
    let other = r#"{"code": "BGP2", "rows": ["B3"], "severity": "warning", "subjects": ["router udm"], "cause": true}"#;
    let consequence =
        r#"{"code": "BGP3", "rows": ["A8"], "severity": "error", "subjects": ["node-3"], "cause": "BGP1"}"#;
    let hint =
        r#"{"code": "BGP4", "rows": ["E7"], "severity": "information", "subjects": ["service a/b"], "cause": true}"#;
    let end = r#"{"code": "BGP5", "rows": [], "severity": "warning", "subjects": ["router udm"], "cause": true}"#;
    let cases: &[(&str, &[&str], bool)] = &[
        ("f | A8 | node-3", &[cause, other], true),
        ("f | A9 A8 | node-2 or node-3", &[cause], true),
        ("f | A8 |", &[hint, cause], true),
        ("f | A8 | node-3", &[other, cause], false),
        ("f | A8 | node-2", &[cause], false),
        ("f | A8 | node-3", &[consequence], false),
        ("f | E7 |", &[hint], false),
        ("f | A8 |", &[], false),
        ("f+g | A8 + B3 | node-3 + udm", &[cause, other], true),
        ("f+g | A8 + B3 | node-3 + udm", &[other, cause], false),
        ("f+g | A8 + B3 | node-3 + udm", &[cause], false),
        ("f | - |", &[hint], true),
        ("f | - |", &[other], false),
        ("f | E7 | a/b | information", &[hint], true),
        ("f | E7 | a/b | information", &[other, hint], false),
        ("f | E7 | a/c | information", &[hint], false),
        ("f | B3 | | information", &[other], true),
        ("f | unread | udm", &[end], true),
        ("f | unread | udm", &[cause, end], false),
        ("f | unread | cluster", &[end], false),
    ];
    for (line, items, right) in cases {
        let answer = Answer::read(&format!(r#"{{"kind": "FindingList", "items": [{}]}}"#, items.join(",")), "");
        let expected = Expected::read(line).expect(line);
        assert_eq!(answer.expect("a list").judge(&expected).right, *right, "{line}: {items:?}");
    }
    assert!(Answer::read("no findings", "").is_none());
}
