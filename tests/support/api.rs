//! A stand-in for the API server, for what the real one cannot be made to do: wrong, late and broken answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha1::{Digest, Sha1};
use tempfile::TempDir;

/// One answer.
pub enum Answer {
    /// Status and body.
    Status(u16, String),
    /// A body that ends before its length.
    CutShort,
    /// No answer at all.
    Hang,
    /// What a command in a pod says, over a WebSocket.
    Exec { stdout: &'static str, stderr: &'static str, exit: i32 },
    /// The same, and the connection ends before the command does.
    ExecCutShort { stdout: &'static str },
}

/// A running stand-in.
pub struct Api {
    pub address: String,
    /// Request lines and headers, in the order they came.
    pub requests: Arc<Mutex<Vec<String>>>,
    folder: TempDir,
}

/// An empty list.
pub fn nothing() -> Answer {
    Answer::Status(200, r#"{"kind":"List","apiVersion":"v1","items":[]}"#.to_owned())
}

/// A Status object as the API server writes it.
pub fn status(code: u16, reason: &str, message: &str) -> Answer {
    let body = serde_json::json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason,
        "message": message, "code": code});
    Answer::Status(code, body.to_string())
}

impl Api {
    /// Answers each path with what `answer` says.
    pub fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (answer, log) = (Arc::new(answer), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                std::thread::spawn(move || serve(stream, answer.as_ref(), &log));
            }
        });
        Self { address, requests, folder: TempDir::new().expect("a folder") }
    }

    /// A kubeconfig for it, with this user.
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        let path = self.folder.path().join("kubeconfig");
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\nclusters:\n- name: test\n  cluster: {{server: \"http://{}\"}}\n\
             contexts:\n- name: test\n  context: {{cluster: test, user: test}}\nusers:\n- name: test\n  user: {user}\n",
            self.address
        );
        std::fs::write(&path, text).expect("a file");
        path
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn serve(mut stream: TcpStream, answer: &dyn Fn(&str) -> Answer, log: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
    let mut head = String::new();
    while reader.read_line(&mut head).is_ok_and(|length| length > 2) {}
    log.lock().expect("no test panics in here").push(head.clone());
    let path = head.split_whitespace().nth(1).unwrap_or_default();
    // What is closed with something unread is reset.
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let _ = reader.read_exact(&mut vec![0; length.unwrap_or(0)]);
    let text = match answer(path) {
        Answer::Status(code, body) => {
            format!(
                "HTTP/1.1 {code} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )
        }
        Answer::CutShort => {
            "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n{\"items\": [".to_owned()
        }
        Answer::Hang => {
            std::thread::sleep(Duration::from_secs(20));
            return;
        }
        Answer::Exec { stdout, stderr, exit } => {
            return exec(&mut stream, &head, stdout, stderr, Some(exit));
        }
        Answer::ExecCutShort { stdout } => return exec(&mut stream, &head, stdout, "", None),
    };
    // The program may have gone already.
    let _ = stream.write_all(text.as_bytes());
}

/// Kubernetes' channels over WebSocket frames (RFC 6455): 1 is standard output, 2 standard error, 3 the exit status.
fn exec(stream: &mut TcpStream, head: &str, stdout: &str, stderr: &str, exit: Option<i32>) {
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).next()
    };
    let key = header("sec-websocket-key").expect("a WebSocket's request");
    let protocol = header("sec-websocket-protocol").expect("its protocols");
    let protocol = protocol.split(',').next().expect("one at least").trim().to_owned();
    let accept = accept_key(&key);
    let upgrade = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n"
    );
    let status = exit.map(|exit| match exit {
        0 => serde_json::json!({"metadata": {}, "status": "Success"}),
        code => serde_json::json!({"metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
            "message": "command terminated with non-zero exit code",
            "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]}}),
    });
    let mut frames = upgrade.into_bytes();
    frames.extend(frame(1, stdout));
    frames.extend(frame(2, stderr));
    if let Some(status) = status {
        frames.extend(frame(3, &status.to_string()));
        frames.extend([0x88, 0]);
    }
    // The program may have gone already.
    let _ = stream.write_all(&frames).and_then(|()| stream.flush());
    if exit.is_some() {
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// A binary frame, unmasked as a server sends it.
fn frame(channel: u8, text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len() + 1).expect("a short text").to_be_bytes();
    [&[0x82, 126][..], &length, &[channel], text.as_bytes()].concat()
}

/// What proves to the client that its WebSocket was understood (RFC 6455 section 4.2.2).
fn accept_key(key: &str) -> String {
    BASE64_STANDARD.encode(Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")))
}
