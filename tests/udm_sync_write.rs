//! `udm-sync --write FILE`: the whole configuration for upload, with its passwords.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::api::{Answer, Api, status};
use crate::support::run::{Printed, bgp};
use crate::support::sessions::{configure, healthy, peer_config};
use crate::support::snapshots::{Snapshot, demo};

const FILE: &str = "\
! BGP of the router root@10.90.254.1 for the cluster's nodes: all of it.
! Uploaded as a whole, it takes the place of what was uploaded before.
! Written by `kubectl bgp udm-sync --write`, which also says what it lacks later.
!
! BGP: this router is AS 65001
router bgp 65001
 ! Routes are taken and sent without a filter too
 no bgp ebgp-requires-policy
 !
 ! Peer-group k8s: what is said of it holds for all its neighbors, the cluster's nodes
 neighbor k8s peer-group
 ! The neighbor's end is AS 65010
 neighbor k8s remote-as 65010
 !
 ! node-1
 neighbor 10.90.3.101 peer-group k8s
 ! node-2
 neighbor 10.90.3.102 peer-group k8s
 ! node-3
 neighbor 10.90.3.103 peer-group k8s
 ! The cluster and the node that it was made for
 neighbor 10.90.3.103 description kubectl-bgp home-efd4b9f2/node-3
 !
 ! What is exchanged: routes of IPv4
 address-family ipv4 unicast
  ! Only what the list k8s-services permits is taken from it
  neighbor k8s prefix-list k8s-services in
  ! What it sent is kept, so that a changed filter holds without a new session
  neighbor k8s soft-reconfiguration inbound
 exit-address-family
exit
!
! List k8s-services: the first line that matches a route decides; what none matches is refused
ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 le 32
";

const SECRET: &str = "Qx7-hidden";

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("k8s-bgp.conf")
    }

    fn write(&self, snapshot: &str, words: &[&str]) -> Printed {
        let file = self.file();
        bgp(&[&["udm-sync", "--from", snapshot, "--write", file.to_str().expect("text")], words].concat()).output()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("a folder").flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).expect("a file").permissions().mode() & 0o777
}

#[test]
fn the_file_is_whole_for_its_owner_and_says_how_to_upload_it() {
    let folder = Folder::new();
    let printed = folder.write("demo", &[]);
    assert_eq!((fs::read_to_string(folder.file()).expect("a file").as_str(), printed.status), (FILE, 1));
    assert_eq!((mode(&folder.file()), folder.names()), (0o600, vec!["k8s-bgp.conf".to_owned()]));
    assert!(printed.stdout.contains("+  neighbor 10.90.3.103 peer-group k8s "), "{}", printed.stdout);
    let console =
        "hint: upload it in UniFi Network: Settings > Policy Engine > BGP (Network 9.x: Settings > Routing > BGP)\n";
    assert!(printed.stderr.contains(console), "{}", printed.stderr);
    let path = folder.file();
    let path = path.to_str().expect("text");
    let same = bgp(&["udm-sync", "--from", "demo", "--router-config", path]).output();
    assert_eq!(same.status, 0, "{}", same.stdout);
    let again = folder.write("demo", &[]);
    assert!(again.stderr.contains("k8s-bgp.conf is the same already\n") && again.status == 1, "{}", again.stderr);
    assert_eq!(bgp(&["udm-sync", "--from", "demo", "--write", "-"]).output().stdout, FILE);
}

#[test]
fn another_file_is_not_replaced_without_a_word() {
    let folder = Folder::new();
    let old = FILE.replace(" ! node-2\n neighbor 10.90.3.102 peer-group k8s\n", "")
        + &format!("router bgp 65001\n neighbor 192.0.2.9 remote-as 64999\n neighbor 192.0.2.9 password {SECRET}\n");
    fs::write(folder.file(), &old).expect("a file");
    let refused = folder.write("demo", &[]);
    assert_eq!((fs::read_to_string(folder.file()).expect("a file"), refused.status), (old, 2));
    for said in [
        "is there already, and would change:",
        "+  neighbor 10.90.3.102 peer-group k8s\n",
        "-  neighbor 192.0.2.9 remote-as 64999\n",
        "hint: --force replaces it",
    ] {
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
    }
    assert!(!refused.stderr.contains(SECRET), "{}", refused.stderr);
    assert_eq!(folder.write("demo", &["--force"]).status, 1);
    assert_eq!((fs::read_to_string(folder.file()).expect("a file").as_str(), mode(&folder.file())), (FILE, 0o600));
}

#[test]
fn only_a_file_of_that_name_is_written() {
    let folder = Folder::new();
    let elsewhere = folder.0.path().join("elsewhere");
    fs::write(&elsewhere, "mine").expect("a file");
    std::os::unix::fs::symlink(&elsewhere, folder.file()).expect("a link");
    let refused = folder.write("demo", &["--force"]);
    assert_eq!((fs::read_to_string(&elsewhere).expect("a file").as_str(), refused.status), ("mine", 2));
    assert!(refused.stderr.contains("is a symbolic link"), "{}", refused.stderr);
    let device = bgp(&["udm-sync", "--from", "demo", "--write", "/dev/null", "--force"]).output();
    assert!(device.status == 2 && device.stderr.contains("is no regular file"), "{}", device.stderr);
    let nowhere = bgp(&["udm-sync", "--from", "demo", "--write", "/nonexistent/x"]).output();
    assert!(nowhere.status == 2 && nowhere.stderr.contains("cannot write /nonexistent/x: "), "{}", nowhere.stderr);
}

#[test]
fn several_routers_are_several_files() {
    let folder = Folder::new();
    let mut snapshot = demo();
    let mut second = snapshot.value["routers"][0].clone();
    second["target"] = json!("root@10.90.254.2");
    second["peer"] = json!("udm-two");
    let documents = second["documents"].as_array_mut().expect("documents");
    documents.retain(|document| document["name"] != "ip -j addr");
    snapshot.value["routers"].as_array_mut().expect("routers").push(second);
    for (kind, name) in
        [("ClusterConfig", "home"), ("NodeConfig", "node-1"), ("NodeConfig", "node-2"), ("NodeConfig", "node-3")]
    {
        let peers = &mut snapshot.item(&format!("CiliumBGP{kind}"), name)["spec"]["bgpInstances"][0]["peers"];
        let mut peer = peers[0].clone();
        peer["name"] = json!("udm-two");
        peer["peerAddress"] = json!("10.90.254.2");
        peers.as_array_mut().expect("peers").push(peer);
    }
    let refused = folder.write(&snapshot.file(), &[]);
    assert_eq!((refused.status, folder.names().len()), (2, 0), "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("--write takes one router, and there are 2: "), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: name one with --router"), "{}", refused.stderr);
}

#[test]
fn a_password_that_was_cut_is_never_written() {
    let folder = Folder::new();
    let mut snapshot = demo();
    configure(&mut snapshot, " neighbor k8s remote-as 65010\n", |line| format!("{line} neighbor k8s password <cut>\n"));
    peer_config(&mut snapshot)["authSecretRef"] = json!("bgp-auth");
    let refused = folder.write(&snapshot.file(), &["--force"]);
    assert_eq!((refused.status, folder.names().len()), (2, 0));
    let said = "error: not written: the password of `neighbor k8s password` is not known\n";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let shown = bgp(&["udm-sync", "--from", &snapshot.file(), "--write", "-"]).output();
    assert!(shown.stdout.contains("\n ! neighbor k8s password <cut>\n") && shown.status == 1, "{}", shown.stdout);
}

/// The API server of a snapshot, with this answer for the Secret.
fn api(mut snapshot: Snapshot, secret: SecretAnswer) -> Api {
    peer_config(&mut snapshot)["authSecretRef"] = json!("bgp-auth");
    let objects = snapshot.objects();
    Api::start(move |path| match (path.split('?').next().unwrap_or_default(), &secret) {
        ("/api/v1/namespaces/kube-system/secrets/bgp-auth", SecretAnswer::Key(data)) => {
            Answer::Status(200, json!({"kind": "Secret", "data": data}).to_string())
        }
        ("/api/v1/namespaces/kube-system/secrets/bgp-auth", SecretAnswer::Refused(code, message)) => {
            status(*code, if *code == 403 { "Forbidden" } else { "NotFound" }, message)
        }
        ("/api/v1/namespaces/kube-system/configmaps/cilium-config", _) => {
            Answer::Status(200, json!({"data": {"bgp-secrets-namespace": "kube-system"}}).to_string())
        }
        _ => objects
            .get(path)
            .map_or_else(|| status(404, "NotFound", "not served"), |body| Answer::Status(200, body.clone())),
    })
}

enum SecretAnswer {
    Key(Value),
    Refused(u16, &'static str),
}

/// `udm-sync` with the router's configuration in a file, whose group has this password.
fn compared(api: &Api, folder: &Folder, password: &str, words: &[&str]) -> Printed {
    let config = folder.0.path().join("router.conf");
    let line = format!(" neighbor k8s remote-as 65010\n neighbor k8s password {password}\n");
    fs::write(&config, FILE.replace(" neighbor k8s remote-as 65010\n", &line)).expect("a file");
    let config = config.to_str().expect("text");
    let printed = bgp(&[&["udm-sync", "-v", "9", "--router-config", config], words].concat())
        .kubeconfig(&api.kubeconfig("{}"))
        .output();
    for text in [&printed.stdout, &printed.stderr] {
        assert!(!text.contains(SECRET) && !text.contains("cm91dGVy") && !text.contains("UXg3"), "{text}");
    }
    printed
}

/// `Qx7-hidden`.
fn secret() -> SecretAnswer {
    SecretAnswer::Key(json!({"password": "UXg3LWhpZGRlbg=="}))
}

#[test]
fn the_secrets_password_is_compared_and_not_shown() {
    let folder = Folder::new();
    let api = api(healthy(), secret());
    let same = compared(&api, &folder, SECRET, &[]);
    let said = "  - password: node-1, node-2, node-3: the same as in the Secret kube-system/bgp-auth\n";
    assert!(same.stdout.contains(said) && same.status == 0, "{}{}", same.stdout, same.stderr);

    let differs = compared(&api, &folder, "routers-own", &[]);
    for line in [
        "-  neighbor k8s password\n",
        "+  neighbor k8s password   # node-1, node-2, node-3: as in the Secret kube-system/bgp-auth\n",
    ] {
        assert!(differs.stdout.contains(line), "{}", differs.stdout);
    }
    assert!(differs.status == 1 && !differs.stdout.contains("routers-own"), "{}", differs.stdout);

    let json = compared(&api, &folder, "routers-own", &["-o", "json"]);
    let passwords = json!([{"nodes": ["node-1", "node-2", "node-3"], "secret": "kube-system/bgp-auth",
        "result": "differs", "why": null}]);
    assert_eq!(json.json()["passwords"], passwords);

    let frr = compared(&api, &folder, "routers-own", &["-o", "frr"]);
    let comment = "configure terminal\nrouter bgp 65001\n ! neighbor k8s password: it has a secret, which is not shown\nexit\nend\n";
    assert_eq!((frr.stdout.as_str(), frr.status), (comment, 1));

    let file = folder.file();
    let written = compared(&api, &folder, "routers-own", &["--write", file.to_str().expect("text")]);
    let text = fs::read_to_string(&file).expect("a file");
    assert!(text.contains(&format!("\n neighbor k8s password {SECRET}\n")) && written.status == 1, "{text}");
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn a_secret_that_cannot_be_read_is_not_compared() {
    let folder = Folder::new();
    let forbidden =
        "secrets \"bgp-auth\" is forbidden: User \"jane\" cannot get resource \"secrets\" in API group \"\"";
    let printed = compared(&api(healthy(), SecretAnswer::Refused(403, forbidden)), &folder, SECRET, &[]);
    assert!(
        printed.stdout.contains("not compared (the Secret kube-system/bgp-auth could not be read)"),
        "{}",
        printed.stdout
    );
    assert_eq!(printed.status, 0);
    for said in [
        "warning: the Secret kube-system/bgp-auth: Error from server (Forbidden): secrets",
        "hint: `kubectl -n kube-system create role kubectl-bgp-password --verb get --resource secrets --resource-name bgp-auth`",
    ] {
        assert!(printed.stderr.contains(said), "{}", printed.stderr);
    }
    let echoed = SecretAnswer::Key(json!({"password": "UXg3LWhpZGRlbgo="}));
    let printed = compared(&api(healthy(), echoed), &folder, SECRET, &[]);
    assert!(printed.status == 1 && printed.stdout.contains("ends with a line break"), "{}", printed.stdout);
}

/// Cilium goes on with an empty password.
#[test]
fn a_secret_without_a_password_is_none() {
    let folder = Folder::new();
    for (answer, why) in [
        (SecretAnswer::Refused(404, "no"), "there is no Secret kube-system/bgp-auth"),
        (SecretAnswer::Key(json!({"passwort": "eA=="})), "the Secret kube-system/bgp-auth has no key `password`"),
        (SecretAnswer::Key(json!({"password": ""})), "the password of the Secret kube-system/bgp-auth is empty"),
    ] {
        let api = api(healthy(), answer);
        let printed = compared(&api, &folder, SECRET, &[]);
        assert_eq!(printed.status, 1, "{}", printed.stdout);
        assert!(printed.stdout.contains(&format!("the router has a password, and {why}")), "{}", printed.stdout);
        let line = |said: &str| format!("  - password: node-1, node-2, node-3: {said}{why}");
        assert!(printed.stdout.contains(&line("")), "{}", printed.stdout);
        let json = compared(&api, &folder, SECRET, &["-o", "json"]).json();
        assert_eq!((&json["verdict"], &json["passwords"][0]["result"]), (&json!("differs"), &json!("differs")));
        assert!(json["passwords"][0]["why"].as_str().is_some_and(|said| said.contains(why)), "{json}");

        let config = folder.file();
        fs::write(&config, FILE).expect("a file");
        let neither = |words: &[&str]| {
            let words = [&["udm-sync", "--router-config", config.to_str().expect("text")], words].concat();
            bgp(&words).kubeconfig(&api.kubeconfig("{}")).output()
        };
        let json = neither(&["-o", "json"]);
        assert_eq!((&json.json()["passwords"][0]["result"], json.status), (&json!("same"), 0), "{why}");
        let told = neither(&[]).stdout;
        assert!(told.contains(&line("none on both ends: ")), "{told}");
    }
}

#[test]
fn no_secret_is_read_that_no_object_names() {
    let folder = Folder::new();
    let objects = healthy().objects();
    let api = Api::start(move |path| {
        objects.get(path).map_or_else(|| status(404, "NotFound", "no"), |body| Answer::Status(200, body.clone()))
    });
    assert_eq!(compared(&api, &folder, "routers-own", &[]).status, 1, "the password has to go");
    let requests = api.requests.lock().expect("no test panics in there").join("\n");
    assert!(!requests.contains("/secrets") && !requests.contains("/configmaps"), "{requests}");
}

/// Names may end like words for secrets.
#[test]
fn names_are_no_secrets() {
    let named = |text: &str| {
        text.replace("k8s-services", "vips-md5")
            .replace("neighbor k8s", "neighbor k8s-md5")
            .replace("peer-group k8s\n", "peer-group k8s-md5\n")
    };
    let mut snapshot = healthy();
    let document = snapshot.command("show running-config");
    document["text"] = json!(named(document["text"].as_str().expect("text")));
    let folder = Folder::new();
    let file = folder.file();
    let copied = bgp(&["snapshot", "--from", &snapshot.file()]).output();
    let kept = folder.0.path().join("snapshot.json");
    fs::write(&kept, &copied.stdout).expect("a file");
    let kept = kept.to_str().expect("text");
    for from in [&snapshot.file(), kept] {
        let printed = folder.write(from, &["--force"]);
        assert_eq!(printed.status, 0, "{}{}", printed.stdout, printed.stderr);
        let text = fs::read_to_string(&file).expect("a file");
        for line in [
            "neighbor k8s-md5 peer-group",
            "neighbor 10.90.3.103 peer-group k8s-md5",
            "neighbor k8s-md5 prefix-list vips-md5 in",
            "ip prefix-list vips-md5 seq 10 permit 10.99.8.0/24 le 32",
        ] {
            assert!(text.contains(&format!("{line}\n")), "{line}: {text}");
        }
    }
    let same = bgp(&["udm-sync", "--from", "demo", "--router-config", file.to_str().expect("text")]).output();
    assert_eq!(same.status, 0, "{}{}", same.stdout, same.stderr);
}
