//! plugin-manifest/bgp.yaml under the rules of krew and of its index, and under its template.
//! Rules: kubernetes-sigs/krew, internal/index/validation and cmd/validate-krew-manifest.

#[path = "../xtask/src/package/fill.rs"]
mod fill;

use serde_json::Value;

use crate::support::written::is_current;

const MANIFEST: &str = include_str!("../plugin-manifest/bgp.yaml");
const TEMPLATE: &str = include_str!("../.krew.yaml");

/// What krew is built for.
const PAIRS: &[&str] = &[
    "darwin/386",
    "darwin/amd64",
    "darwin/arm64",
    "linux/386",
    "linux/amd64",
    "linux/arm",
    "linux/arm64",
    "linux/ppc64le",
    "windows/386",
    "windows/amd64",
    "windows/arm64",
];

#[test]
fn the_manifest_keeps_every_rule() {
    assert_eq!(broken(MANIFEST), Vec::<String>::new());
    assert_eq!(broken(&released(&"0a".repeat(32))), Vec::<String>::new());
}

#[test]
fn each_rule_sees_what_breaks_it() {
    let sum = "f".repeat(64);
    let manifest = released(&sum);
    for (from, to, rule) in [
        ("v1alpha2", "v1alpha1", "apiVersion"),
        ("kind: Plugin", "kind: Plug", "kind"),
        ("name: bgp", "name: BGP", "name"),
        ("version: v", "version: ", "version"),
        ("homepage: https", "home: https", "homepage"),
        ("shortDescription: ", "shortDescription: Everything there is to know about ", "shortDescription"),
        (
            "    krew installs",
            "    krew installs whatever it is told to install but it installs a single file, so",
            "wrapped",
        ),
        (&sum, &sum.to_uppercase(), "sha256"),
        // Such digits alone are a number in YAML.
        (&sum, &sum.replace('f', "0"), "sha256"),
        (".tar.gz", ".tar.xz", "uri"),
        ("bin: kubectl-bgp", "bin: bgp", "bin"),
        ("arch: arm64", "arch: amd64", "platforms"),
        ("os: darwin", "os: windows", "platforms"),
        ("arch: amd64", "cpu: amd64", "selector"),
    ] {
        let changed = manifest.replace(from, to);
        assert_ne!(changed, manifest, "{from}");
        let broken = broken(&changed);
        assert!(broken.iter().any(|line| line.starts_with(rule)), "{from} as {to}: {broken:?}");
    }
}

#[test]
fn the_manifest_is_what_its_template_says() {
    is_current("plugin-manifest/bgp.yaml", &refill(TEMPLATE, MANIFEST).expect("a manifest"));
}

/// A manifest written anew, with the version, the checksums and the first comment that it has.
fn refill(template: &str, manifest: &str) -> Result<String, String> {
    let value = |line: &str, name: &str| line.trim().strip_prefix(name).map(str::to_owned);
    let tag = manifest.lines().find_map(|line| value(line, "version: ")).ok_or("the manifest has no version")?;
    let sum = |uri: &str| {
        let mut lines = manifest.lines().skip_while(|line| value(line, "uri: ").as_deref() != Some(uri));
        lines.nth(1).and_then(|line| value(line, "sha256: "))
    };
    let comment: String = manifest.split_inclusive('\n').take_while(|line| line.starts_with('#')).collect();
    fill::fill(template, &tag, sum).map(|filled| comment + &filled)
}

#[test]
fn a_platform_without_an_archive_is_left_out() {
    let filled = fill::fill(TEMPLATE, "v1.2.3", |uri| uri.contains("linux_arm64").then(|| "0b".repeat(32)));
    let manifest: Value = serde_saphyr::from_str(&filled.expect("a manifest")).expect("YAML");
    let platforms = manifest["spec"]["platforms"].as_array().expect("a list");
    assert_eq!(platforms.len(), 1);
    assert_eq!(platforms[0]["selector"]["matchLabels"]["arch"], "arm64");
    assert_eq!(platforms[0]["sha256"], "0b".repeat(32));
}

#[test]
fn every_address_is_of_the_repository() {
    let repository = env!("CARGO_PKG_REPOSITORY");
    let manifest: Value = serde_saphyr::from_str(MANIFEST).expect("YAML");
    let spec = &manifest["spec"];
    assert_eq!(spec["homepage"], repository, "Cargo.toml and .krew.yaml name one repository");
    let tag = spec["version"].as_str().expect("a version");
    for platform in spec["platforms"].as_array().expect("a list") {
        let (os, arch) = pair(platform);
        let archive = format!("{repository}/releases/download/{tag}/kubectl-bgp_{tag}_{os}_{arch}.tar.gz");
        assert_eq!(platform["uri"], archive);
    }
}

#[test]
fn what_stands_for_no_checksum_says_so() {
    let none = MANIFEST.matches(&format!("sha256: {}\n", "f".repeat(64))).count();
    let sums = MANIFEST.matches("sha256: ").count();
    assert!(none == 0 || none == sums, "{none} of {sums}");
    assert_eq!(none > 0, MANIFEST.starts_with("# Not released yet: "));
}

/// A release's manifest, all archives with this checksum.
fn released(sum: &str) -> String {
    fill::fill(TEMPLATE, "v1.2.3", |_| Some(sum.to_owned())).expect("a manifest")
}

/// The rules that a manifest called bgp.yaml breaks.
fn broken(manifest: &str) -> Vec<String> {
    let value: Value = serde_saphyr::from_str(manifest).expect("YAML");
    let spec = &value["spec"];
    let mut broken = Vec::new();
    let mut rule = |kept: bool, what: String| {
        if !kept {
            broken.push(what);
        }
    };
    rule(value["apiVersion"] == "krew.googlecontainertools.github.com/v1alpha2", "apiVersion".to_owned());
    rule(value["kind"] == "Plugin", "kind".to_owned());
    rule(value["metadata"]["name"] == "bgp", "name of the file".to_owned());
    rule(is_tag(text(&spec["version"])), "version: semantic, with a v".to_owned());
    rule(text(&spec["homepage"]).starts_with("https://"), "homepage".to_owned());
    let short = text(&spec["shortDescription"]);
    rule((1..=50).contains(&short.len()) && !short.contains('\n'), "shortDescription: a line of 50".to_owned());
    for long in ["description", "caveats"] {
        let lines = text(&spec[long]).lines();
        rule(lines.clone().count() > 0 && lines.clone().all(|line| line.len() <= 80), format!("wrapped: {long}"));
    }
    let platforms = spec["platforms"].as_array().cloned().unwrap_or_default();
    let mut pairs = Vec::new();
    for platform in &platforms {
        let labels = platform["selector"]["matchLabels"].as_object().cloned().unwrap_or_default();
        let known = labels.keys().all(|key| key == "os" || key == "arch");
        rule(known && labels.len() == 2, format!("selector: {labels:?}"));
        let (os, arch) = pair(platform);
        pairs.push(format!("{os}/{arch}"));
        let uri = text(&platform["uri"]);
        rule(uri.ends_with(".tar.gz"), format!("uri: {uri}"));
        let sum = text(&platform["sha256"]);
        let digits = sum.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        rule(digits && sum.len() == 64, format!("sha256: {sum}"));
        rule(platform["bin"] == "kubectl-bgp", "bin".to_owned());
        rule(platform["files"].is_null(), "files: everything is installed".to_owned());
    }
    // OpenSSH cannot share connections on Windows.
    let possible = |pair: &String| PAIRS.contains(&pair.as_str()) && !pair.starts_with("windows");
    rule(!pairs.is_empty() && pairs.iter().all(possible), format!("platforms: {pairs:?}"));
    pairs.sort();
    pairs.dedup();
    rule(pairs.len() == platforms.len(), format!("platforms overlap: {pairs:?}"));
    broken
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn pair(platform: &Value) -> (&str, &str) {
    let labels = &platform["selector"]["matchLabels"];
    (text(&labels["os"]), text(&labels["arch"]))
}

fn is_tag(version: &str) -> bool {
    let parts: Vec<&str> = version.strip_prefix('v').unwrap_or_default().split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| part.parse::<u32>().is_ok())
}
