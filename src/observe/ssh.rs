//! One OpenSSH connection to a router: the user's own ssh client and configuration, strict about host keys.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use openssh::{ControlPersist, KnownHosts, Session, SessionBuilder, Stdio};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::target::Target;
use crate::cli::RouterFlags;
use crate::error::chain;
use crate::snapshot::{Missing, Reason};

/// A master that lost its owner to a SIGKILL ends by itself after this many idle seconds.
const ORPHAN_SECONDS: NonZeroUsize = NonZeroUsize::new(10).expect("not zero");

/// More than any gateway says; a router with a full table stops here instead of filling the memory.
const ANSWER_LIMIT: u64 = 256 << 20;

/// How long a path to a control socket may be: sockaddr_un has 104 bytes on macOS, and ssh and openssh add some 45.
const LONGEST_FOLDER: usize = 55;

/// How long a master may take to end.
const CLOSING: Duration = Duration::from_secs(2);

/// How often what does not end or go yet is ended or removed again, with a pause in between.
const ATTEMPTS: usize = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// An open connection. Dropping it closes the master too, so Ctrl-C and errors leave nothing behind.
pub struct Connection {
    // Before the folder: closing needs the socket in it.
    session: Session,
    folder: Option<ControlFolder>,
    limit: Option<Duration>,
}

/// What a remote command printed.
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    /// Why it may not be all.
    pub cut: Option<Missing>,
}

impl Connection {
    /// Connects, or joins a master that the user opened.
    pub async fn open(target: &Target, flags: &RouterFlags) -> Result<Self, Missing> {
        let limit = flags.router_timeout.0;
        if !is_on_path("ssh") {
            return Err(
                Missing::new(Reason::NotConfigured, "there is no ssh client on PATH").hint("install OpenSSH's client")
            );
        }
        if let Some(socket) = &flags.ssh_control_path {
            let session = Session::resume(socket.clone().into_boxed_path(), None);
            let checked = within(limit, session.check()).await;
            checked.unwrap_or(Err(openssh::Error::Disconnected)).map_err(|error| no_master(socket, &error))?;
            return Ok(Self { session, folder: None, limit });
        }
        let mut folder = ControlFolder::new().map_err(|error| {
            Missing::new(Reason::Failed, format!("cannot make a folder for ssh's control socket: {error}"))
        })?;
        let mut builder = SessionBuilder::default();
        builder
            .known_hosts_check(if flags.accept_new_host_key { KnownHosts::Add } else { KnownHosts::Strict })
            .control_directory(folder.place.path())
            .control_persist(ControlPersist::IdleFor(ORPHAN_SECONDS));
        if let Some(user) = &target.user {
            builder.user(user.clone());
        }
        if let Some(port) = target.port {
            builder.port(port);
        }
        if let Some(file) = &flags.ssh_config {
            builder.config_file(file);
        }
        if let Some(limit) = limit {
            builder.connect_timeout(limit.max(Duration::from_secs(1)));
        }
        folder.in_use = true;
        let session = within(limit.map(|limit| limit + Duration::from_secs(1)), builder.connect(&target.host))
            .await
            .unwrap_or_else(|| Err(openssh::Error::Connect(ErrorKind::TimedOut.into())))
            .map_err(|error| explain(&error, target))?;
        Ok(Self { session, folder: Some(folder), limit })
    }

    /// Runs a script with the router's sh and returns what it printed, also if it failed or ran out of time. `takes` is
    /// how long it waits on purpose.
    pub async fn run(&self, script: &str, takes: Duration) -> Result<Output, Missing> {
        let failed =
            |error: openssh::Error| Missing::new(Reason::Failed, format!("the connection broke: {}", chain(&error)));
        // Over standard input it is read by sh alone, whatever shell the login has.
        let mut command = self.session.command("sh");
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().await.map_err(failed)?;
        let streams = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let run = async {
            let (to, from, errors) = streams;
            futures::future::join3(write(to, script), read(from, &mut stdout), read(errors, &mut stderr)).await;
            // The script ends with 0; anything else is the connection's or the shell's, and the marks tell what is whole.
            let _ = child.wait().await;
        };
        let cut = match within(self.limit.map(|limit| limit + takes), run).await {
            Some(()) => None,
            None => Some(
                Missing::new(Reason::TimedOut, "it is connected, but gave no answer in time")
                    .hint("--router-timeout gives it more time"),
            ),
        };
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Output { stdout: text(stdout), stderr: text(stderr), cut })
    }

    /// Closes the connection; a master that the user opened stays.
    pub async fn close(self) {
        let Some(mut folder) = self.folder else {
            self.session.detach();
            return;
        };
        let closed = within(Some(CLOSING), self.session.close()).await;
        folder.in_use = closed.is_none_or(|closed| closed.is_err());
    }
}

async fn within<T>(limit: Option<Duration>, future: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, future).await.ok(),
        None => Some(future.await),
    }
}

async fn write(stream: Option<impl tokio::io::AsyncWrite + Unpin>, script: &str) {
    if let Some(mut stream) = stream {
        // A shell that does not read to the end leaves marks that are missing.
        let _ = stream.write_all(script.as_bytes()).await;
    }
}

async fn read(stream: Option<impl tokio::io::AsyncRead + Unpin>, into: &mut Vec<u8>) {
    if let Some(stream) = stream {
        // An error here means the same as an early end, which the marks show.
        let _ = stream.take(ANSWER_LIMIT).read_to_end(into).await;
    }
}

/// A folder of our own, mode 700, with a short path, for the control socket.
struct ControlFolder {
    place: TempDir,
    /// An ssh may have its socket here. openssh does not end one that it no longer waits for.
    in_use: bool,
}

impl ControlFolder {
    fn new() -> std::io::Result<Self> {
        let preferred = std::env::temp_dir();
        let parent = if is_plain(&preferred) { preferred } else { PathBuf::from("/tmp") };
        let place = tempfile::Builder::new().prefix("kbgp-").tempdir_in(parent)?;
        Ok(Self { place, in_use: false })
    }
}

/// Short enough for a socket, and without what ssh expands in a path.
fn is_plain(folder: &Path) -> bool {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.".contains(c));
    folder.is_absolute() && folder.as_os_str().len() <= LONGEST_FOLDER && folder.to_str().is_some_and(plain)
}

impl Drop for ControlFolder {
    /// Ends every ssh that has the folder's name, which nothing else has, in its command line, then removes the folder.
    fn drop(&mut self) {
        if let Some(name) = self.place.path().file_name().filter(|_| self.in_use) {
            // Again until there is none: ssh forks on its way to the background. Without pkill the master ends by
            // itself after its idle time.
            repeat(|| !end_processes_of(name));
        }
        // An ssh that is ending may still put its log here.
        repeat(|| std::fs::remove_dir_all(self.place.path()).is_ok() || !self.place.path().exists());
    }
}

fn repeat(done: impl Fn() -> bool) {
    for _ in 0..ATTEMPTS {
        if done() {
            return;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Whether there were any.
fn end_processes_of(name: &OsStr) -> bool {
    let mut kill = process::Command::new("pkill");
    let quiet = kill.stdin(process::Stdio::null()).stdout(process::Stdio::null()).stderr(process::Stdio::null());
    quiet.arg("-f").arg(name).status().is_ok_and(|status| status.success())
}

fn is_on_path(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(program).is_file())
}

fn no_master(socket: &Path, error: &openssh::Error) -> Missing {
    let place = socket.display();
    Missing::new(Reason::Unreachable, format!("no ssh master answers at {place}: {}", chain(error)))
        .hint(format!("open one: ssh -M -S {place} -fN USER@ROUTER"))
}

/// ssh says in words why it could not connect; these are OpenSSH's.
fn explain(error: &openssh::Error, target: &Target) -> Missing {
    let cause = match error {
        // It ended before it could write its log.
        openssh::Error::Connect(cause) if cause.kind() == ErrorKind::NotFound => String::new(),
        openssh::Error::Connect(cause) if cause.kind() == ErrorKind::TimedOut && cause.get_ref().is_none() => {
            "Connection timed out".to_owned()
        }
        openssh::Error::Connect(cause) => cause.to_string(),
        other => chain(other),
    };
    let login = target.ssh_words();
    let has = |words: &str| cause.contains(words);
    // The last line is ssh's verdict; what stands above is a banner or the reason.
    let verdict = cause.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("ssh gave no reason").trim().to_owned();
    if has("Could not resolve hostname") {
        Missing::new(Reason::Unreachable, format!("the name {} is not found", target.host))
            .hint("--router [USER@]HOST names another one; aliases of your ssh configuration work")
    } else if has("REMOTE HOST IDENTIFICATION HAS CHANGED") {
        Missing::new(Reason::Unauthorized, "its host key has changed").hint(format!(
            "only if the router was replaced or reset: ssh-keygen -R {}, then log in once by hand and compare the key",
            target.known_host()
        ))
    } else if has("REVOKED") {
        Missing::new(Reason::Unauthorized, "its host key was revoked")
    } else if has("Host key verification failed") {
        Missing::new(Reason::Unauthorized, "its host key is not known yet")
            .hint(format!("log in once by hand and compare the key: ssh {login}"))
            .hint("or accept it unseen with --accept-new-host-key")
    } else if has("Permission denied (") || has("Too many authentication failures") {
        Missing::new(Reason::Unauthorized, format!("it refuses the login: {verdict}"))
            .hint(format!("install your key: ssh-copy-id {login}"))
            .hint(format!("or log in with a password first: ssh -M -S ~/.ssh/kbgp -fN {login}, then add --ssh-control-path ~/.ssh/kbgp"))
    } else if has("Connection refused") {
        Missing::new(Reason::Unreachable, "it refuses the connection: no ssh server listens there")
            .hint("on UniFi: Settings > Control Plane > Console > SSH; another port is written HOST:PORT")
    } else if has("timed out") || has("Timeout") {
        Missing::new(Reason::TimedOut, "it did not answer in time")
            .hint("is the address right, and may this machine reach it? --router-timeout gives it more time")
    } else if has("No route to host") || has("Network is unreachable") {
        Missing::new(Reason::Unreachable, format!("it cannot be reached: {verdict}"))
    } else if has("onfiguration option") || has("user config file") {
        let reason = cause.lines().next().unwrap_or_default().trim();
        Missing::new(Reason::NotConfigured, format!("the ssh configuration cannot be used: {reason}"))
    } else {
        Missing::new(Reason::Unreachable, format!("ssh failed: {verdict}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(said: &str) -> (Reason, String) {
        let error = openssh::Error::Connect(std::io::Error::new(ErrorKind::ConnectionAborted, said.to_owned()));
        let missing = explain(&error, &"root@udm".parse().expect("a target"));
        (missing.reason, missing.message)
    }

    #[test]
    fn what_ssh_says_is_told_apart() {
        for (said, expected, words) in [
            ("Could not resolve hostname udm: Name or service not known", Reason::Unreachable, "not found"),
            ("connect to host udm port 22: Connection refused", Reason::Unreachable, "no ssh server"),
            ("connect to host udm port 22: Connection timed out", Reason::TimedOut, "in time"),
            ("connect to host udm port 22: No route to host", Reason::Unreachable, "No route"),
            ("Welcome\nroot@udm: Permission denied (publickey,password).", Reason::Unauthorized, "refuses the login"),
            (
                "No ED25519 host key is known for udm and you have requested strict checking.\nHost key verification failed.",
                Reason::Unauthorized,
                "not known yet",
            ),
            (
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
                Reason::Unauthorized,
                "has changed",
            ),
            ("/x: line 1: Bad configuration option: foo", Reason::NotConfigured, "configuration"),
            ("", Reason::Unreachable, "no reason"),
        ] {
            let (reason, message) = reason(said);
            assert_eq!(reason, expected, "{said}");
            assert!(message.contains(words), "{said}: {message}");
        }
    }
}
