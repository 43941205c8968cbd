//! `-o jsonpath`, `-o custom-columns` and `--sort-by` print what the real kubectl prints for the same list.
//!
//! kubectl gets the list from a stub that knows three discovery documents and no more.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

const GROUP: &str = r#"{"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"bgp.kubectl.dev",
    "versions":[{"groupVersion":"bgp.kubectl.dev/v1alpha1","version":"v1alpha1"}]}]}"#;
const RESOURCES: &str = r#"{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"bgp.kubectl.dev/v1alpha1",
    "resources":[{"name":"peers","singularName":"peer","namespaced":false,"kind":"Peer","verbs":["list"]}]}"#;

/// Fields of items only: kubectl gives the list a kind of its own, and each item a kind and a version.
const TEMPLATES: &[&str] = &[
    "text",
    ".items",
    "{.items[*].node}",
    "{.items[0].node}{\"\\n\"}",
    "{.items[-1].node} {.items[-1:].node} {.items[:1].node} {.items[::2].node}",
    "{.items[0,1].node}",
    "{.items[0]['node','peer']}",
    "{['items'][0]['peerAddress']}",
    "{.items[0][\"node\"]}",
    "{$.items[*].localASN}{@.items[*].peerASN}",
    "{.items[*].healthy}",
    "{.items[*].config}",
    "{.items[*].config.gracefulRestartSeconds}",
    "{.items[0].cluster.families}",
    "{.items[0].cluster.families[*].afi}",
    "{.items[*].cluster.families[0].safi}",
    "{..afi}",
    "{.items..holdSeconds}",
    "{.items[*].missing}",
    "{.items[*].missing.deeper[0]}",
    "{.items[?(@.healthy==true)].node}",
    "{.items[?(@.healthy!=true)].node}",
    "{.items[?(@.node==\"node-1\")].peer}",
    "{.items[?(@.node>'node-1')].node}",
    "{.items[?(@.localASN<=65010)].node}",
    "{.items[?(@.localASN==\"65010\")].node}",
    "{.items[?(@.localASN==65010.0)].node}",
    "{.items[?(@.config.md5)].node}",
    "{.items[?(@.nothing)].node}",
    "{.items[?(@.cluster.timers.holdSeconds>1)].cluster.timers}",
    "{.items[?(@.cluster.families[0].afi=='ipv4')].node}",
    "{range .items[*]}{.node}{\"\\t\"}{.peerAddress}{\"\\n\"}{end}",
    "{range .items[*]}{.node}:{range .cluster.families[*]} {.afi}/{.safi}{end}{\"\\n\"}{end}end",
    "{range .items[*]}{.node}",
    "{range .missing[*]}{.node}{end}none",
    "{'single'}{\"a\\x41\\u00e9\"}{1}{-1.5}{true}",
    "{ .items[0].node }",
    "{.items[].node}",
    // What does not parse.
    "{.items",
    "{.items[",
    "{.items[0}",
    "{.items[x]}",
    "{.items[99999999999999999999]}",
    "{.items[?(",
    "{.items[?(@.node)}",
    "{.items[?(@.node=~\"x\")].node}",
    "{.items[?(@.a && @.b)]}",
    "{%}",
    "{'open}",
    "{\"\\q\"}",
    "{....node}",
    "{+}",
    // What cannot be carried out.
    "{end}",
    "{unknown}",
    "{.items[100]}",
    "{.items[1:0]}",
    "{.items[::0]}",
    "{.items[0].node[0]}",
    "{.items[0].node[?(@.a)]}",
    "{.items[?(@.node===1)]}",
    "{.items[?(@.config==1)]}",
];

const COLUMNS: &[&str] = &[
    "NODE:.node",
    "NODE:.node,PEER:.peerAddress,AS:.localASN",
    "NODE:node,PEER:{peer},UP:{.healthy}",
    "A-LONG-HEADER:.localASN,B:.missing,C:.node",
    "FAMILIES:.cluster.families,AFI:.cluster.families[*].afi,NODE:.node",
    "TIMERS:.cluster.timers,NODE:.node",
    "ÄÖÜ:.node,B:.peer",
    ":.node,:.peer",
    "EMPTY:,NODE:.node",
    "NODE",
    "NODE:.node,PEER",
    "NODE:{.node",
    "NODE:{.node}{.peer}",
    "NODE:.node[",
    "NODE:.node[0]",
];

const SORTS: &[&str] = &[
    ".node",
    "{.peerAddress}",
    "localASN",
    ".establishedTime",
    ".cluster.timers.holdSeconds",
    "..afi",
    ".missing",
    "{.node",
    ".node[",
];

#[test]
fn formats_print_what_kubectl_prints() {
    let list = ours(&["-o", "json"]);
    assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let kubectl = Kubectl { server: serve(list.stdout), folder: folder.path() };

    let columns_file = folder.path().join("columns");
    std::fs::write(&columns_file, "NODE  AS\n.node {.localASN}\n").expect("a file of columns");
    let template_file = folder.path().join("template");
    std::fs::write(&template_file, "{.items[*].node}\n").expect("a file of a template");

    let mut cases: Vec<Vec<String>> = vec![output("custom-columns-file", &columns_file.display().to_string())];
    cases.push(output("jsonpath-file", &template_file.display().to_string()));
    for template in TEMPLATES {
        cases.push(output("jsonpath", template));
    }
    for template in &TEMPLATES[..32] {
        cases.push(output("jsonpath-as-json", template));
    }
    for columns in COLUMNS {
        cases.push(output("custom-columns", columns));
        cases.push([output("custom-columns", columns), vec!["--no-headers".to_owned()]].concat());
    }
    for sort in SORTS {
        let by = format!("--sort-by={sort}");
        cases.push([output("jsonpath", "{.items[*].node}"), vec![by]].concat());
    }
    // kubectl is slow to start.
    thread::scope(|scope| {
        for share in cases.chunks(cases.len().div_ceil(4)) {
            scope.spawn(|| share.iter().for_each(|arguments| compare(&kubectl, arguments)));
        }
    });
}

fn output(format: &str, argument: &str) -> Vec<String> {
    vec!["-o".to_owned(), format!("{format}={argument}")]
}

/// Both print the same, or fail with the same words. kubectl prints the whole document after an error in a template, and
/// headers before an error in a column.
fn compare(kubectl: &Kubectl, arguments: &[String]) {
    let (theirs, ours) = (kubectl.get_peers(arguments), ours(arguments));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&ours.stderr);
    assert_eq!(theirs.status.success(), ours.status.success(), "{arguments:?}: {}{said}", text(&theirs.stderr));
    if theirs.status.success() {
        assert_eq!(text(&theirs.stdout), text(&ours.stdout), "{arguments:?}");
    } else {
        let said = said.lines().next().unwrap_or_default();
        assert!(said.starts_with("error: "), "{arguments:?}: {said}");
        assert!(text(&theirs.stderr).starts_with(said), "{arguments:?}: {}\nours: {said}", text(&theirs.stderr));
    }
}

fn ours<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kubectl-bgp"))
        .args(["peers", "--from", "demo"])
        .args(arguments)
        .output()
        .expect("kubectl-bgp runs")
}

struct Kubectl<'a> {
    server: String,
    folder: &'a Path,
}

impl Kubectl<'_> {
    fn get_peers(&self, arguments: &[String]) -> Output {
        Command::new("kubectl")
            .args(["get", "peers", "--kubeconfig=/dev/null", "--server", &self.server, "--cache-dir"])
            .arg(self.folder.join("cache"))
            .args(arguments)
            .env("HOME", self.folder)
            .env_remove("KUBECONFIG")
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .expect("this test needs kubectl on the PATH")
    }
}

/// Serves a list as the API server's only resource; returns the address.
fn serve(list: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            // A client that is gone needs no answer.
            let _ = answer(&connection, &list);
        }
    });
    format!("http://{address}")
}

fn answer(mut connection: &TcpStream, list: &[u8]) -> std::io::Result<()> {
    let mut lines = BufReader::new(connection).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = request.split([' ', '?']).nth(1).unwrap_or_default();
    let (status, body): (_, &[u8]) = match path {
        "/api" => ("200 OK", br#"{"kind":"APIVersions","versions":["v1"]}"#),
        "/api/v1" => ("200 OK", br#"{"kind":"APIResourceList","groupVersion":"v1","resources":[]}"#),
        "/apis" => ("200 OK", GROUP.as_bytes()),
        "/apis/bgp.kubectl.dev/v1alpha1" => ("200 OK", RESOURCES.as_bytes()),
        "/apis/bgp.kubectl.dev/v1alpha1/peers" => ("200 OK", list),
        _ => ("404 Not Found", b""),
    };
    let length = body.len();
    write!(connection, "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n")?;
    write!(connection, "Connection: close\r\n\r\n")?;
    connection.write_all(body)
}
