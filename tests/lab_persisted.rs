//! What a router comes back with, on real ones: FRR's files in /etc/frr, and what UniFi Network has stored. Of that there is
//! no real one: `lab unifi` stands in for its API, and the ssh, shell and curl that ask it are real.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::lab::{Lab, Said, text, within};

/// It stands nowhere but in a test's own environment and in the stand-in's file.
const KEY: &str = "q7Wk_stored-COPY.key~42";
const PASSWORD: &str = "s3cret-of-the-session";

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn frr_8_comes_back_with_its_files() {
    comes_back_with_its_files(&Lab::up(&["--frr", "8"]));
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn frr_10_comes_back_with_its_files() {
    let mut lab = Lab::up(&["--frr", "10"]);
    // That Debian has no curl.
    lab.set_env("UNIFI_API_KEY", KEY);
    let output = says(&lab, 0, "- stored: not read: it has no curl");
    assert!(text(&output.stderr).contains("warning: the router udm: it has no curl"), "{}", Said(&output));
    lab.set_env("UNIFI_API_KEY", "");
    says(&lab, 0, "- stored: not read: UNIFI_API_KEY was not set");
    comes_back_with_its_files(&lab);
}

fn comes_back_with_its_files(lab: &Lab) {
    lab.ask(&["udm", "rm", "/usr/local/bin/ubnt-device-info"]);
    says(lab, 0, "✔ startup (/etc/frr/frr.conf): the same as what runs");
    lab.ask(&["vty", "write memory"]);
    says(lab, 0, "✔ startup (/etc/frr/frr.conf): the same as what runs");

    configure(lab, &["interface lo", "description ours"]);
    says(lab, 0, "the same as what runs");
    configure(lab, &["router bgp 65001", "neighbor 192.0.2.9 remote-as 64999"]);
    let foreign = "has what the cluster needs; 1 line of other things will change when FRR restarts";
    says(lab, 0, &format!("✔ startup (/etc/frr/frr.conf): {foreign}"));

    lab.ask(&["udm", "sed", "-i", "/neighbor 10.90.3.103/d", "/etc/frr/frr.conf"]);
    let output = says(lab, 1, "✗ startup (/etc/frr/frr.conf): lacks 1 line that will be lost when FRR restarts");
    assert!(
        text(&output.stdout).contains("    +  neighbor 10.90.3.103 peer-group k8s   # node-3"),
        "{}",
        Said(&output)
    );
    assert!(text(&output.stdout).starts_with("✔ udm has what the cluster needs"), "{}", Said(&output));
    // Kept files are read where vtysh runs, and a login that may not read them is told so.
    lab.ask(&["udm", "usermod", "-aG", "frrvty", "viewer"]);
    let output = lab.kubectl_bgp(&["udm-sync", "--router", "udm-viewer"]);
    assert_eq!(output.status.code(), Some(0), "{}", Said(&output));
    let unread = "- startup: not read: this login may not read /etc/frr/frr.conf";
    assert!(text(&output.stdout).contains(unread), "{}", Said(&output));
    // It is lost.
    lab.ask(&["frr", "stop"]);
    lab.ask(&["frr", "start"]);
    says(lab, 1, "✗ startup (/etc/frr/frr.conf): lacks what the router lacks");
    configure(lab, &["router bgp 65001", "neighbor 10.90.3.103 peer-group k8s"]);
    says(lab, 1, "lacks 1 line that will be lost");
    lab.ask(&["vty", "write memory"]);
    says(lab, 0, "the same as what runs");

    lab.ask(&["udm", "mv", "/etc/frr/frr.conf", "/etc/frr/bgpd.conf"]);
    says(lab, 0, "✔ startup (/etc/frr/bgpd.conf): the same as what runs");
    lab.ask(&["udm", "mv", "/etc/frr/bgpd.conf", "/etc/frr/elsewhere.conf"]);
    let none = "there is no /etc/frr/frr.conf and there is no /etc/frr/bgpd.conf";
    let output = says(lab, 1, &format!("✗ startup: {none}: what runs will be lost when FRR restarts"));
    assert!(text(&output.stderr).contains("hint: `write memory` in vtysh saves what runs"), "{}", Said(&output));
    // Each vtysh begins with it.
    lab.ask(&["udm", "sh", "-c", "echo no service integrated-vtysh-config > /etc/frr/vtysh.conf"]);
    lab.ask(&["udm", "cp", "/etc/frr/elsewhere.conf", "/etc/frr/frr.conf"]);
    says(lab, 0, "`write memory` writes /etc/frr/bgpd.conf, which FRR does not read beside frr.conf");
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn the_stored_copy_is_told_apart_from_what_runs() {
    let mut lab = Lab::up(&["--frr", "8"]);
    let unifi = lab.state().join("unifi");
    std::fs::create_dir(&unifi).expect("a folder");
    std::fs::write(unifi.join("key"), KEY).expect("a file");
    lab.ask(&["unifi", "start"]);
    let answers =
        |head: &str, body: &str| std::fs::write(unifi.join("answer"), format!("{head}\n{body}")).expect("a file");
    let guide = lab.read("udm/frr.conf");
    configure(
        &lab,
        &["router bgp 65001", "neighbor 192.0.2.9 remote-as 64999", &format!("neighbor 192.0.2.9 password {PASSWORD}")],
    );

    says(&lab, 0, "- stored: not read: UNIFI_API_KEY was not set");
    assert!(!unifi.join("log").exists() || lab.read("unifi/log").is_empty(), "nobody is asked without a key");

    lab.set_env("UNIFI_API_KEY", KEY);
    let own =
        format!("router bgp 65001\n neighbor 192.0.2.9 remote-as 64999\n neighbor 192.0.2.9 password {PASSWORD}\n");
    let same = format!("{guide}{own}");
    answers("200", &stored(&same, true));
    let logins = lab.read("sshd.log").matches("Accepted publickey").count();
    says(&lab, 0, "✔ stored (k8s.conf): the same as what runs");
    assert_eq!(lab.read("sshd.log").matches("Accepted publickey").count(), logins + 1, "one connection");
    let asked = lab.read("unifi/log");
    assert!(asked.contains("GET /proxy/network/v2/api/site/default/bgp/config right=true"), "{asked}");
    assert_eq!(asked.lines().count(), 1, "{asked}");

    answers("200", &stored(&guide, true));
    let foreign = "has what the cluster needs; 2 lines of other things will change at the next provision";
    says(&lab, 0, &format!("✔ stored (k8s.conf): {foreign}"));
    answers("200", &stored(&same.replace(" neighbor 10.90.3.103 peer-group k8s\n", ""), true));
    let output = says(&lab, 1, "✗ stored (k8s.conf): lacks 1 line that will be lost at the next provision");
    assert!(
        text(&output.stdout).contains("    +  neighbor 10.90.3.103 peer-group k8s   # node-3"),
        "{}",
        Said(&output)
    );
    answers("200", &stored(&same, false));
    says(&lab, 1, "✗ stored (k8s.conf): it is switched off: BGP ends at the next provision");
    answers("200", "[]");
    says(&lab, 1, "✗ stored: UniFi Network has no BGP configuration: what runs will be lost at the next provision");
    let (list, instance) = ("ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 le 32\n", guide.as_str());
    answers("200", &stored(&format!("{list}{}", instance.replace(list, "")), true));
    says(&lab, 0, "- stored, line 1: prefix-list k8s-services stands before `router bgp`");

    let unsupported = r#"{"code":"api.err.BgpUnsupportedDevice","message":"Device doesn't support BGP"}"#;
    for (head, body, gap) in [
        ("404", unsupported, "says that the gateway does not support BGP (HTTP 404, api.err.BgpUnsupportedDevice)"),
        ("404", "{}", "knows no BGP configuration of the site default (HTTP 404)"),
        ("403", "{}", "refuses UNIFI_API_KEY (HTTP 403)"),
        ("503", "", "UniFi Network does not answer now (HTTP 503)"),
        ("200", "<html>", "cut short or no JSON"),
        ("cut", "[{\"frr_bgpd", "UniFi Network's answer is cut short"),
        ("200", "[{}, {}]", "has 2 BGP configurations"),
    ] {
        answers(head, body);
        unread(&lab, gap);
    }
    answers("200", &stored(&same, true));
    lab.set_env("UNIFI_SITE", "other");
    unread(&lab, "knows no BGP configuration of the site other (HTTP 404)");
    lab.set_env("UNIFI_SITE", "");
    lab.set_env("UNIFI_API_KEY", "another-key");
    unread(&lab, "refuses UNIFI_API_KEY (HTTP 401)");
    lab.set_env("UNIFI_API_KEY", "it's \"no\" key; id");
    unread(&lab, "UNIFI_API_KEY is no key");
    lab.set_env("UNIFI_API_KEY", KEY);
    is_at_work(&lab, &answers, &same);

    keeps_the_key(&lab, &answers, &same);
    lab.ask(&["unifi", "stop"]);
    unread(&lab, "UniFi Network does not run on it: nobody answers at 127.0.0.1");
}

/// Somebody changes what runs while it is read.
fn is_at_work(lab: &Lab, answers: &impl Fn(&str, &str), config: &str) {
    answers("200 3000", &stored(config, true));
    let asked = || lab.read("unifi/log").lines().count();
    let before = asked();
    let output = std::thread::scope(|scope| {
        let run = scope.spawn(|| lab.kubectl_bgp(&["udm-sync"]));
        assert!(within(Duration::from_secs(20), || asked() > before), "it asks");
        configure(lab, &["ip prefix-list other seq 5 permit 10.0.0.0/8"]);
        run.join().expect("it ends")
    });
    configure(lab, &["no ip prefix-list other"]);
    assert_eq!(output.status.code(), Some(0), "{}", Said(&output));
    assert!(text(&output.stderr).contains("its configuration changed while it was read"), "{}", Said(&output));
}

/// No process has the key among its words, nor curl in its environment; no output and no file has it, and none has the
/// password of a neighbor.
fn keeps_the_key(lab: &Lab, answers: &impl Fn(&str, &str), config: &str) {
    answers("200 1500", &stored(config, true));
    let snapshot = lab.state().join("snapshot.json");
    let file = snapshot.display().to_string();
    let ended = AtomicBool::new(false);
    let (output, seen) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| watch(&ended));
        let outputs: Vec<Output> =
            [&["udm-sync", "-v=9"][..], &["udm-sync", "-o", "json"], &["snapshot", "-v=9", "-f", &file]]
                .iter()
                .map(|words| lab.kubectl_bgp(words))
                .collect();
        ended.store(true, Ordering::Relaxed);
        (outputs, watch.join().expect("it ends"))
    });
    let curls: Vec<&Value> = seen.iter().filter(|process| process["words"][0] == "curl").collect();
    assert!(!curls.is_empty(), "it was looked at while curl ran: {seen:?}");
    for curl in curls {
        assert!(curl["words"].as_array().is_some_and(|words| words.contains(&json!("--config"))), "{curl}");
        assert!(!curl["environment"].to_string().contains(KEY), "{curl}");
    }
    assert!(seen.iter().all(|process| !process["words"].to_string().contains(KEY)), "{seen:?}");
    for output in &output {
        assert_eq!(output.status.code(), Some(0), "{}", Said(output));
        let said = Said(output).to_string();
        assert!(!said.contains(KEY) && !said.contains(PASSWORD), "{said}");
    }
    let written = std::fs::read_to_string(&snapshot).expect("a snapshot");
    assert!(written.contains("frr_bgpd_config") && written.contains("password <cut>"), "the stored copy is in it");
    assert!(!written.contains(KEY) && !written.contains(PASSWORD));
    let found =
        lab.run(&["udm", "grep", "-rlF", "--exclude-dir=proc", "--exclude-dir=sys", KEY, "/root", "/run", "/var/log"]);
    assert_eq!(text(&found.stdout), "", "no file on the gateway has it");

    let output = lab.kubectl_bgp(&["udm-sync", "--from", &file]);
    assert!(text(&output.stdout).contains("✔ stored (k8s.conf): the same as what runs"), "{}", Said(&output));
    let redacted = lab.kubectl_bgp(&["snapshot", "--from", &file, "--redact"]);
    let redacted = text(&redacted.stdout);
    assert!(redacted.contains("frr_bgpd_config") && !redacted.contains("10.90.3.103") && !redacted.contains(PASSWORD));
}

/// Every process of the machine that was there meanwhile, by its words, and the environment of those called curl.
fn watch(ended: &AtomicBool) -> Vec<Value> {
    let (mut known, mut seen) = (BTreeSet::new(), Vec::new());
    let words = |file: &Path| -> Option<Vec<String>> {
        let bytes = std::fs::read(file).ok().filter(|bytes| !bytes.is_empty())?;
        Some(text(&bytes).trim_end_matches('\0').split('\0').map(str::to_owned).collect())
    };
    while !ended.load(Ordering::Relaxed) {
        for process in std::fs::read_dir("/proc").expect("/proc").flatten().map(|entry| entry.path()) {
            let Some(said) = words(&process.join("cmdline")) else { continue };
            let environment = (said[0] == "curl").then(|| words(&process.join("environ"))).flatten();
            if known.insert((said.clone(), environment.clone())) {
                seen.push(json!({"words": said, "environment": environment}));
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    seen
}

fn stored(config: &str, enabled: bool) -> String {
    json!([{
        "_id": "65f0c0ffee65f0c0ffee65f0", "site_id": "65f0c0ffee65f0c0ffee65f1", "description": "of the cluster",
        "enabled": enabled, "frr_bgpd_config": config, "uploaded_file_name": "k8s.conf",
    }])
    .to_string()
}

fn configure(lab: &Lab, statements: &[&str]) {
    lab.ask(&[&["vty", "configure terminal"], statements].concat());
}

#[track_caller]
fn says(lab: &Lab, status: i32, words: &str) -> Output {
    let output = lab.kubectl_bgp(&["udm-sync"]);
    assert_eq!(output.status.code(), Some(status), "{words}: {}", Said(&output));
    assert!(text(&output.stdout).contains(words), "{words}: {}", Said(&output));
    output
}

/// It is one gap with a next step, and it fails nothing.
#[track_caller]
fn unread(lab: &Lab, gap: &str) {
    let output = says(lab, 0, "- stored: not read: ");
    let said = text(&output.stderr);
    let warnings: Vec<&str> = said.lines().filter(|line| line.starts_with("warning: ")).collect();
    assert!(warnings.len() == 1 && warnings[0].contains(gap), "{gap}: {}", Said(&output));
    assert!(said.contains("hint: "), "{gap}: {}", Said(&output));
    assert!(!said.contains(KEY) && !text(&output.stdout).contains(KEY), "{}", Said(&output));
}
