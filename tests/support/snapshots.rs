//! Snapshots for tests: the built-in one, changed where a test needs another state.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

/// What `peers` and `routes` say of the built-in snapshot's bad rows on standard error.
pub const DEMO_EXPLAINED: &str = "\
✗ BGP108 the router has no neighbor for the node's address: session node-3/main/udm-pro
    fix: add the neighbor
";

/// A snapshot that can be changed and then read with `--from`.
pub struct Snapshot {
    pub value: Value,
    folder: TempDir,
}

/// The built-in snapshot.
pub fn demo() -> Snapshot {
    let text = include_str!("../../src/snapshot/demo.json");
    Snapshot { value: serde_json::from_str(text).expect("JSON"), folder: TempDir::new().expect("a folder") }
}

impl Snapshot {
    /// Writes it and returns the path.
    pub fn file(&self) -> String {
        let path: PathBuf = self.folder.path().join("snapshot.json");
        std::fs::write(&path, self.value.to_string()).expect("a file");
        path.to_str().expect("a path of text").to_owned()
    }

    /// The document of a kind.
    pub fn kind(&mut self, name: &str) -> &mut Value {
        document(&mut self.value["cluster"]["documents"], name)
    }

    /// The items of a kind's list.
    pub fn items(&mut self, kind: &str) -> &mut Vec<Value> {
        self.kind(kind)["json"]["items"].as_array_mut().expect("a list")
    }

    /// The item of a kind's list that has the name.
    pub fn item(&mut self, kind: &str, name: &str) -> &mut Value {
        let items = self.items(kind).iter_mut();
        items.into_iter().find(|item| item["metadata"]["name"] == name).expect("an item of that name")
    }

    /// The document of a router's command.
    pub fn command(&mut self, name: &str) -> &mut Value {
        document(&mut self.value["routers"][0]["documents"], name)
    }

    /// What the router says of its neighbors in the default VRF.
    pub fn neighbors(&mut self) -> &mut Value {
        &mut self.command("show bgp vrf all neighbors json")["json"]["default"]
    }

    /// What the API server answers to these requests.
    pub fn objects(&self) -> Objects {
        let documents = self.value["cluster"]["documents"].as_array().expect("documents").iter();
        let body = |document: &Value| Some((document["path"].as_str()?.to_owned(), document.get("json")?.to_string()));
        Objects(documents.filter_map(body).collect())
    }

    /// A command of which the router's answer is not there.
    pub fn drop_command(&mut self, name: &str) {
        let documents = self.value["routers"][0]["documents"].as_array_mut().expect("documents");
        documents.retain(|document| document["name"] != name);
    }

    /// A kind that could not be read; it need not be there.
    pub fn forbid(&mut self, kind: &str) {
        let read_at = self.value["takenAt"].clone();
        let documents = self.value["cluster"]["documents"].as_array_mut().expect("documents");
        if documents.iter().all(|document| document["name"] != kind) {
            documents.push(json!({"name": kind, "readAt": read_at, "tookMs": 1}));
        }
        let document = self.kind(kind);
        document.as_object_mut().expect("a document").remove("json");
        document["missing"] = json!({"reason": "forbidden", "message": "Error from server (Forbidden): no"});
    }
}

fn document<'a>(documents: &'a mut Value, name: &str) -> &'a mut Value {
    let mut all = documents.as_array_mut().expect("documents").iter_mut();
    all.find(|document| document["name"] == name).expect("a document of that name")
}

/// Answers of an API server by their requests.
pub struct Objects(BTreeMap<String, String>);

impl Objects {
    /// The same from any age of the server's cache.
    pub fn get(&self, request: &str) -> Option<&String> {
        let (path, query) = request.split_once('?').unwrap_or((request, ""));
        let query: Vec<&str> =
            query.split('&').filter(|part| *part != "resourceVersion=0" && !part.is_empty()).collect();
        self.0.get(&if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) })
    }
}
