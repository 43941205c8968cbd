//! The rights of `docs/rights/` are enough, and each of them is needed: `docs/rights.md` is walked through on a real API
//! server, and every verb is run with all of them and without each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use serde_json::Value;

use crate::support::lab::{Lab, Said, text, within};
use crate::support::rights::{self, Right, shell, without};

/// The user of docs/rights.md.
const USER: &str = "jane";

const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked at rest, each by the name that docs/rights.md gives it.
const AT_REST: &[(&str, &str)] = &[
    ("peers", "peers"),
    ("routes", "routes"),
    ("why", "why default/authelia"),
    ("check", "check"),
    ("udm-sync", "udm-sync"),
    ("init", "init -o json"),
    ("snapshot", "snapshot"),
];

/// More of the same, whose rights are the same.
const ALSO_AT_REST: &[&str] = &[
    "peers --check",
    "peers -o name",
    "routes --all-types",
    "why node-1",
    "why udm-pro",
    "check --without-node node-1",
];

/// What asks agents: of sessions that are up, and of one that is down.
const ASKING: &[&str] = &["routes --verify", "snapshot --verify"];
const PROBING: &[&str] = &["check --probe", "snapshot --verify --probe"];

/// A TAB behind each.
const LINES: &[&str] = &["peers ", "routes ", "why ", "routes -n ", "peers --router "];

/// Without these kinds it is not known which sessions there should be.
const DECIDE: &[&str] = &[
    "ciliumnodes",
    "ciliumbgpclusterconfigs",
    "ciliumbgpnodeconfigs",
    "ciliumbgpnodeconfigoverrides",
    "ciliumbgppeeringpolicies",
];

/// Without these it is not known what a setup would contradict.
const REFUSE: &[&str] = &[
    "ciliumbgpclusterconfigs",
    "ciliumbgppeerconfigs",
    "ciliumbgpadvertisements",
    "ciliumbgppeeringpolicies",
    "ciliumloadbalancerippools",
    "services",
];

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn the_documented_rights_are_enough_and_each_one_taken_away_is_a_named_gap() {
    let lab = Lab::up(&[]);
    let guide = Guide::read();

    guide.follow(&lab, "## Reading");
    let at_rest = || AT_REST.iter().map(|(_, line)| *line).chain(ALSO_AT_REST.iter().copied());
    at_rest().for_each(|line| knows_all(&lab, &format!("{line} --no-exec")));
    guide.follow(&lab, "## Asking agents");
    at_rest().chain(ASKING.iter().copied()).for_each(|line| knows_all(&lab, line));

    let rights: Vec<Right> = ["docs/rights/reader.yaml", "docs/rights/agents.yaml"]
        .iter()
        .flat_map(|file| Right::all_of(&lab, file))
        .collect();
    rights::take_away_each(&lab, &rights);
    let mut used: BTreeMap<&Right, BTreeSet<&str>> = BTreeMap::new();
    let mut missed: Vec<(&Right, &str)> = Vec::new();
    for (name, line) in AT_REST {
        for right in taken_by(&lab, &rights, || drop(run(&lab, line, USER))) {
            missed.push((right, line));
            used.entry(right).or_default().insert(name);
        }
    }
    at_once(&missed, |(right, line)| is_missed(&lab, &guide, right, line));
    for line in LINES {
        let mut is_needed = false;
        for right in taken_by(&lab, &rights, || completes_as_for_the_admin(&lab, line)) {
            is_needed |= offers_less(&lab, line, &without(right));
            used.entry(right).or_default().insert("completion");
        }
        assert!(is_needed, "{line} offers the same without any of its rights");
    }
    guide.tells(&rights, &used);

    lab.ask(&["fault", "neighbor-missing"]);
    PROBING.iter().for_each(|line| knows_all(&lab, line));
    let others = rights.iter().filter(|right| !used.contains_key(right));
    let missed: Vec<(&Right, &str)> = others
        .flat_map(|right| {
            let lines = if right.subresource == "exec" { [ASKING, PROBING].concat() } else { PROBING.to_vec() };
            lines.into_iter().map(move |line| (right, line))
        })
        .collect();
    at_once(&missed, |(right, line)| is_missed(&lab, &guide, right, line));

    lab.ask(&["heal", "neighbor-missing"]);
    lab.ask(&["fault", "md5-ok"]);
    let without = run(&lab, "udm-sync", USER);
    let said = |words| text(&without.stderr).contains(words);
    assert!(said("cannot get resource \"secrets\"") && said("docs/rights/passwords.yaml"), "{}", Said(&without));
    assert!(text(&without.stdout).contains("not compared") && without.status.success(), "{}", Said(&without));
    guide.follow(&lab, "## Comparing passwords");
    let same = "the same as in the Secret kube-system/bgp-auth";
    assert!(within(PATIENCE, || text(&run(&lab, "udm-sync", USER).stdout).contains(same)), "the right is not enough");

    guide.follow(&lab, "## Applying");
}

/// docs/rights.md.
struct Guide(String);

impl Guide {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rights.md");
        Self(std::fs::read_to_string(path).expect("docs/rights.md"))
    }

    /// Runs the commands below a heading.
    fn follow(&self, lab: &Lab, heading: &str) {
        let below = self.0.split_once(heading).unwrap_or_else(|| panic!("no {heading}")).1;
        let section = below.split("\n## ").next().unwrap_or_default();
        let commands: Vec<&str> = section.lines().filter(|line| line.starts_with("kubectl ")).collect();
        assert!(!commands.is_empty(), "{heading}");
        commands.iter().for_each(|command| drop(shell(lab, command)));
    }

    /// Its table has a row for each right, and the verbs that use it.
    fn tells(&self, rights: &[Right], used: &BTreeMap<&Right, BTreeSet<&str>>) {
        let rows = self.0.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let told: BTreeMap<&str, BTreeSet<&str>> = rows
            .map(|(right, rest)| {
                let words = rest.split('|').nth(1).unwrap_or_default().split(',').map(str::trim);
                (
                    right,
                    words
                        .filter(|word| AT_REST.iter().any(|(name, _)| name == word) || *word == "completion")
                        .collect(),
                )
            })
            .collect();
        let measured: BTreeMap<String, BTreeSet<&str>> =
            rights.iter().map(|right| (right.to_string(), used.get(right).cloned().unwrap_or_default())).collect();
        let told: BTreeMap<String, BTreeSet<&str>> =
            told.into_iter().map(|(right, verbs)| (right.to_owned(), verbs)).collect();
        assert_eq!(told, measured, "the table of docs/rights.md against what was asked");
    }
}

/// The user's answer is the admin's, and nothing is said to be missing.
#[track_caller]
fn knows_all(lab: &Lab, line: &str) {
    let (admin, user) = (run(lab, line, ""), run(lab, line, USER));
    let complains = |words| text(&user.stderr).contains(words);
    assert!(!complains("warning: ") && !complains("error: "), "{line}: {}", Said(&user));
    assert_eq!((user.status.code(), steady(line, &user)), (admin.status.code(), steady(line, &admin)), "{line}");
}

/// What a run printed that the next one prints too.
fn steady(line: &str, output: &Output) -> Vec<String> {
    let stdout = text(&output.stdout);
    if line.starts_with("snapshot") {
        return answers(&stdout).into_iter().map(|(name, missing)| format!("{name}: {missing}")).collect();
    }
    let is_time =
        |word: &str| word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with(['s', 'm', 'h', 'd', 'w']);
    let lines = [stdout, text(&output.stderr)].concat();
    let words = |line: &str| -> String {
        line.split_whitespace()
            .filter(|word| !is_time(word.trim_matches([',', ';', ':', '(', ')'])))
            .map(|word| format!("{word} "))
            .collect()
    };
    lines.lines().map(words).collect()
}

/// The documents of a snapshot, and why they are missing.
fn answers(snapshot: &str) -> Vec<(String, Value)> {
    let snapshot: Value = serde_json::from_str(snapshot).expect("a snapshot");
    let cluster = &snapshot["cluster"];
    let agents = cluster["agents"].as_array().into_iter().flatten();
    let routers = snapshot["routers"].as_array().into_iter().flatten();
    let ends = std::iter::once(cluster).chain(agents).chain(routers);
    let documents = ends.flat_map(|end| end["documents"].as_array().into_iter().flatten());
    documents.map(|document| (document["name"].to_string(), document["missing"].clone())).collect()
}

/// Without the right the verb names it and where to get it, does not take it for a fault, and shows the rest.
#[track_caller]
fn is_missed(lab: &Lab, guide: &Guide, right: &Right, line: &str) {
    let user = &without(right);
    let output = run(lab, line, user);
    let (stdout, stderr, status) = (text(&output.stdout), text(&output.stderr), output.status.code());
    let said = format!("{line} without {right}: {}", Said(&output));
    let is_of_rules = guide.0.contains(&format!("`{right}` *")) && !line.starts_with("snapshot");
    if is_of_rules && line == "check" {
        assert!(stdout.lines().any(|line| line.starts_with("? BGP") && line.contains(&right.gap())), "{said}");
    } else if is_of_rules {
        assert!(!stderr.contains("warning: "), "{said}");
    } else {
        assert!(stderr.lines().any(|line| line.starts_with("warning: ") && line.contains(&right.gap())), "{said}");
        assert!(stderr.contains(right.file()), "{said}");
    }
    let is_decisive = DECIDE.contains(&right.resource.as_str());
    match line.split(' ').next() {
        Some("peers") => {
            assert_eq!((status, stdout.matches("Established").count()), (Some(0), 3), "{said}");
            let checked = run(lab, "peers --check", user);
            assert_eq!(checked.status.code(), Some(if is_decisive { 2 } else { 0 }), "{}", Said(&checked));
        }
        Some("routes") => assert!(status == Some(0) && stdout.contains("10.99.8.202"), "{said}"),
        Some("check") if line == "check" => {
            assert_eq!(status, Some(if is_decisive { 2 } else { 0 }), "{said}");
            assert!(stdout.contains('✔'), "{said}");
        }
        Some("why") if line == "why default/authelia" => {
            let is_open = stdout.contains("\n? ") || stderr.contains("error: ");
            assert_eq!(status, Some(if is_open { 2 } else { 0 }), "{said}");
        }
        // All that it reads decides.
        Some("udm-sync") => assert_eq!(status, Some(2), "{said}"),
        Some("init") => {
            let is_refused = REFUSE.contains(&right.resource.as_str());
            assert_eq!(status, Some(i32::from(is_refused)), "{said}");
            assert_eq!(stderr.contains("is not known, so the setup may contradict it"), is_refused, "{said}");
        }
        Some("snapshot") => {
            let forbidden = |missing: &Value| missing["reason"] == "forbidden";
            let answers = answers(&stdout);
            let missing = answers.iter().filter(|(_, missing)| forbidden(missing)).count();
            assert!(status == Some(0) && missing > 0 && missing * 2 < answers.len(), "{said}");
        }
        // The fault that is there.
        _ => assert!(status == Some(1) && stdout.contains("BGP108"), "{said}"),
    }
}

/// Does what takes its time of the network, not of the machine, several at once.
fn at_once<T: Sync>(all: &[T], work: impl Fn(&T) + Sync) {
    const AT_ONCE: usize = 6;
    std::thread::scope(|scope| {
        for part in all.chunks(all.len().div_ceil(AT_ONCE).max(1)) {
            let work = &work;
            scope.spawn(move || part.iter().for_each(work));
        }
    });
}

/// The rights that are taken meanwhile, by the API server's word.
fn taken_by<'a>(lab: &Lab, rights: &'a [Right], run: impl FnOnce()) -> BTreeSet<&'a Right> {
    let audited = lab.read("audit.log").len();
    run();
    // It is written after the answer.
    std::thread::sleep(Duration::from_millis(500));
    rights::taken(&lab.read("audit.log")[audited..], USER, rights)
}

fn completes_as_for_the_admin(lab: &Lab, line: &str) {
    let offered = |user: &str| {
        let output = tab(lab, line, user);
        assert!(output.stderr.is_empty(), "{line} as {user}: {}", Said(&output));
        text(&output.stdout)
    };
    // What takes a second is not offered, and this machine may be busy.
    let is_same = || offered(USER) == offered("admin");
    assert!(within(PATIENCE, is_same), "{line}:\n{}as {USER}:\n{}", offered("admin"), offered(USER));
}

/// Whether something is not offered without a right; nothing is said, and nothing else is offered.
fn offers_less(lab: &Lab, line: &str, user: &str) -> bool {
    let (all, some) = (tab(lab, line, USER), tab(lab, line, user));
    assert!(some.stderr.is_empty() && some.status.success(), "{line} as {user}: {}", Said(&some));
    let (all, some) = (text(&all.stdout), text(&some.stdout));
    assert!(some.lines().all(|candidate| all.contains(candidate)), "{line} as {user}: {some}");
    some.len() < all.len()
}

/// A TAB as another user; the admin's own rights are those of its group.
fn tab(lab: &Lab, line: &str, user: &str) -> Output {
    let group = if user == "admin" { "--as-group system:masters " } else { "" };
    let (verb, rest) = line.split_once(' ').expect("a verb");
    let words = format!("{verb} --as {user} {group}{rest}");
    lab.command(env!("CARGO_BIN_EXE_kubectl-bgp")).arg("__complete").args(words.split(' ')).output().expect("it runs")
}

/// `kubectl bgp` with these words, as the cluster's admin or as another user.
fn run(lab: &Lab, line: &str, user: &str) -> Output {
    let words = line.split(' ').chain(["--as", user].into_iter().filter(|_| !user.is_empty()));
    lab.kubectl_bgp(&words.collect::<Vec<_>>())
}
