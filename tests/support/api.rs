//! A stand-in for the API server, for what the real one cannot be made to do: wrong, late and broken answers.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;

/// One answer.
pub enum Answer {
    /// Status and body.
    Status(u16, String),
    /// A body that ends before its length.
    CutShort,
    /// No answer at all.
    Hang,
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
    };
    // The program may have gone already.
    let _ = stream.write_all(text.as_bytes());
}
