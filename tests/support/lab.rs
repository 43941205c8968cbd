//! A lab of `tests/lab` for as long as a test needs it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many labs run at once: starting one takes a core or two, and a starved router misses its timers.
const AT_ONCE: usize = 2;

static RUNNING: Mutex<usize> = Mutex::new(0);
static ONE_ENDED: Condvar = Condvar::new();
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// A running lab; it is taken down at the end, and if the test is killed the next `lab up` sweeps it.
pub struct Lab {
    name: String,
    environment: BTreeMap<String, String>,
    _place: Place,
}

/// One of the places for running labs.
struct Place;

impl Lab {
    /// Starts a lab with these options of `lab up`; waits while too many others run.
    pub fn up(options: &[&str]) -> Self {
        let place = Place::take();
        let mut lab = Self { name: String::new(), environment: BTreeMap::new(), _place: place };
        lab.start(options);
        lab
    }

    /// Another lab in the place of this one, which is in a state that nobody knows.
    pub fn start_anew(&mut self, options: &[&str]) {
        self.down();
        self.start(options);
    }

    fn start(&mut self, options: &[&str]) {
        let name = format!("test-{}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        let owner = std::process::id().to_string();
        let up = lab_command()
            .args(["up", "--lab", &name, "--owner", &owner])
            .args(options)
            .output()
            .expect("tests/lab/lab runs");
        assert!(up.status.success(), "lab up {}: {}", options.join(" "), Said(&up));
        self.name = name;
        self.environment = self.read_environment();
    }

    fn down(&self) {
        match lab_command().args(["down", "--lab", &self.name]).output() {
            Ok(down) if down.status.success() => {}
            Ok(down) => eprintln!("lab down: {}", Said(&down)),
            Err(error) => eprintln!("lab down: {error}"),
        }
    }

    /// What `lab env` says, with the program under test in front of PATH.
    fn read_environment(&self) -> BTreeMap<String, String> {
        let said = lab_command().args(["env", "--lab", &self.name]).output().expect("tests/lab/lab runs");
        assert!(said.status.success(), "lab env: {}", Said(&said));
        let program =
            Path::new(env!("CARGO_BIN_EXE_kubectl-bgp")).parent().expect("the program is in a folder").display();
        let own_path = std::env::var("PATH").unwrap_or_default();
        let mut environment: BTreeMap<String, String> = text(&said.stdout)
            .lines()
            .filter_map(|line| line.strip_prefix("export ")?.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.replace("$PATH", &own_path)))
            .collect();
        let path = environment.entry("PATH".to_owned()).or_insert(own_path);
        *path = format!("{program}:{path}");
        environment
    }

    /// The variables that lead a program to this lab.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// Sets one of them; an empty value counts as none.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// The lab's folder with its logs.
    pub fn state(&self) -> PathBuf {
        PathBuf::from(&self.environment["LAB_STATE"])
    }

    /// A file of that folder.
    pub fn read(&self, file: &str) -> String {
        let path = self.state().join(file);
        String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
            .into_owned()
    }

    /// A command that is led to this lab and to nothing else of the machine's.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        for variable in ["KUBECTL_BGP_ROUTER", "UNIFI_API_KEY", "UNIFI_SITE"] {
            command.env_remove(variable);
        }
        command.envs(self.environment.iter().filter(|(_, value)| !value.is_empty()));
        command.stdin(Stdio::null());
        command
    }

    /// A verb of `lab`.
    pub fn run(&self, verb: &[&str]) -> Output {
        let mut command = self.command(lab_script());
        command.args(verb).output().expect("tests/lab/lab runs")
    }

    /// What a verb of `lab` prints; it must succeed.
    pub fn ask(&self, verb: &[&str]) -> String {
        let output = self.run(verb);
        assert!(output.status.success(), "lab {}: {}", verb.join(" "), Said(&output));
        text(&output.stdout)
    }

    /// `kubectl bgp` by the real kubectl.
    pub fn kubectl_bgp(&self, arguments: &[&str]) -> Output {
        // By its path: a Command looks its program up in the PATH of this process.
        let kubectl = self.environment["PATH"]
            .split(':')
            .map(|folder| Path::new(folder).join("kubectl"))
            .find(|file| file.exists());
        let mut command = self.command(kubectl.expect("kubectl is on the lab's PATH"));
        command.arg("bgp").args(arguments).output().expect("kubectl runs")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if !self.name.is_empty() {
            self.down();
        }
    }
}

impl Place {
    fn take() -> Self {
        // A test that failed while it waited has not changed the number.
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut running =
            ONE_ENDED.wait_while(running, |running| *running >= AT_ONCE).unwrap_or_else(PoisonError::into_inner);
        *running += 1;
        Self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        ONE_ENDED.notify_one();
    }
}

/// What a program printed and how it ended, for a message.
pub struct Said<'a>(pub &'a Output);

impl Display for Said<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{}{}", self.0.status, text(&self.0.stdout), text(&self.0.stderr))
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Waits until it is so; false if it never is.
pub fn within(limit: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    while !is_so() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    true
}

/// A file of the tests' folder.
pub fn tests_folder(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file)
}

/// The faults that `lab` knows.
pub fn faults() -> Vec<String> {
    described_faults().into_keys().collect()
}

/// The faults, and what `lab` says of each.
pub fn described_faults() -> BTreeMap<String, String> {
    let said = lab_command().arg("faults").output().expect("tests/lab/lab runs");
    let lines = text(&said.stdout);
    let words = lines.lines().filter_map(|line| line.split_once(char::is_whitespace));
    words.map(|(fault, what)| (fault.to_owned(), what.trim().to_owned())).collect()
}

fn lab_script() -> PathBuf {
    tests_folder("lab/lab")
}

fn lab_command() -> Command {
    let mut command = Command::new(lab_script());
    command.stdin(Stdio::null());
    command
}
