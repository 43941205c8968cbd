//! What `tests/lab/causes.txt` says, a line of it at a time.

use crate::support::lab::tests_folder;

/// What `check` must say in a state of the lab.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The lab's fault, several with a + between them, or `healthy`.
    pub fault: String,
    pub finding: Finding,
    /// Resting data cannot decide: `--probe` is given.
    pub probe: bool,
    /// It takes a lab with IPv6 sessions.
    pub ipv6: bool,
}

#[derive(Clone, Debug)]
pub enum Finding {
    /// Nothing above information.
    Nothing,
    /// This end cannot be read, and nothing is said of BGP.
    Unread(String),
    /// A risk or a choice: its severity is open.
    Information(Cause),
    /// Each is a cause above information, and the first one comes first.
    Causes(Vec<Cause>),
}

/// What a finding must have.
#[derive(Clone, Debug)]
pub struct Cause {
    /// One of these rows of the table of causes.
    pub rows: Vec<String>,
    /// One of these in its subject; no word means any subject.
    pub subjects: Vec<String>,
}

/// All of them, in the order of the file.
pub fn all() -> Vec<Expected> {
    let path = tests_folder("lab/causes.txt");
    let text = std::fs::read_to_string(&path).expect("the list of causes");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| Expected::read(line).unwrap_or_else(|| panic!("{}: {line}", path.display()))).collect()
}

impl Expected {
    /// A line: fault | rows | subject | how.
    pub fn read(line: &str) -> Option<Self> {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [fault, rows, subject, ref how @ ..] = cells[..] else { return None };
        let how = how.first().copied().unwrap_or_default();
        if !["", "information", "probe", "ipv6"].contains(&how) {
            return None;
        }
        let finding = match rows {
            "" => return None,
            "-" => Finding::Nothing,
            "unread" => Finding::Unread(subject.to_owned()),
            _ => {
                let (rows, mut subjects) = (rows.split('+'), subject.split('+'));
                let causes: Vec<Cause> =
                    rows.map(|rows| Some(Cause::read(rows, subjects.next()?))).collect::<Option<_>>()?;
                match (how == "information", &causes[..]) {
                    (true, [cause]) => Finding::Information(cause.clone()),
                    (true, _) => return None,
                    (false, _) => Finding::Causes(causes),
                }
            }
        };
        Some(Self { fault: fault.to_owned(), finding, probe: how == "probe", ipv6: how == "ipv6" })
    }

    /// Whether something is wrong in this state, or may go wrong.
    pub fn is_fault(&self) -> bool {
        !matches!(self.finding, Finding::Nothing)
    }

    /// The rows, as the page shows them.
    pub fn rows(&self) -> String {
        match &self.finding {
            Finding::Nothing => "none".to_owned(),
            Finding::Unread(end) => format!("{end} unread"),
            Finding::Information(cause) => cause.rows.join(" or "),
            Finding::Causes(causes) => {
                causes.iter().map(|cause| cause.rows.join(" or ")).collect::<Vec<_>>().join(", then ")
            }
        }
    }
}

impl Cause {
    fn read(rows: &str, subjects: &str) -> Self {
        let words = |text: &str, mark: &str| {
            let words = text.split(mark).map(str::trim).filter(|word| !word.is_empty());
            words.map(str::to_owned).collect()
        };
        Self { rows: words(rows, " "), subjects: words(subjects, " or ") }
    }
}
