use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::*;
use crate::setup::objects::Origin;
use crate::setup::worksheet::ApiVersion;
use crate::snapshot::Kind;
use crate::yaml;

/// Texts that a reader of YAML could take for something else.
const NASTY: &[&str] = &[
    "",
    " ",
    "No",
    "y",
    "on",
    "NULL",
    "~",
    "true",
    "010",
    "0x1f",
    "1e3",
    "12:30",
    "2020-01-01",
    "1_000",
    ".inf",
    ".5",
    "-",
    "- a",
    "a: b",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "%a",
    "@a",
    "`a",
    "{a}",
    "[a]",
    "a, b",
    "'",
    "\"",
    "\\",
    "a\nb",
    "a\tb",
    "\u{1}",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "a\u{1b}[31m",
    "a\u{202e}b",
    "ü",
    "😀",
    "<<",
    "=",
    "?",
    "? a",
    "|",
    ">",
    "---",
    "...",
    "a ",
    " a",
    "10.99.8.0/24",
    "fd00::1",
    "::",
    "io.cilium/bgp-announce",
    "${ASN}",
    "${ASN:=65010}",
    "10.0.${X}.0/24",
    "${A} ${B}",
    "${A: b}",
    "${A",
    "x${A}#",
    "^eth[0-9]+$",
    "a:",
    ":a",
    "~1",
    "a/b~c",
];

fn manifest(spec: Value) -> Manifest {
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), "x".into());
    Manifest {
        kind: Kind::LoadBalancerIpPool,
        version: ApiVersion::V2,
        metadata,
        spec,
        origin: Origin::Kept,
        comments: Comments::default(),
        notes: Vec::new(),
    }
}

fn read(text: &str) -> Vec<Value> {
    let documents = text.split("---\n").skip(1);
    documents.map(|document| yaml::read(document).unwrap_or_else(|error| panic!("{error:?}\n{document}"))).collect()
}

fn generated(rng: &mut Rng, depth: usize) -> Value {
    let text = |rng: &mut Rng| NASTY[rng.usize(..NASTY.len())].to_owned();
    match rng.usize(..if depth > 3 { 4 } else { 6 }) {
        0 => Value::Null,
        1 => rng.bool().into(),
        2 => rng.i64(-9..5_000_000_000).into(),
        3 => text(rng).into(),
        4 => (0..rng.usize(..4)).map(|_| generated(rng, depth + 1)).collect(),
        _ => {
            let fields = (0..rng.usize(..4)).map(|_| (text(rng), generated(rng, depth + 1)));
            Value::Object(fields.collect())
        }
    }
}

/// A comment at every field.
fn commented(value: &Value, pointer: &str, rng: &mut Rng, comments: &mut Comments) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let pointer = format!("{pointer}/{key}");
        if rng.bool() {
            comments.say(&pointer, "why: it is # so ".repeat(rng.usize(1..9)).trim());
        }
        commented(child, &pointer, rng, comments);
    }
}

#[test]
fn what_is_printed_is_read_as_the_same() {
    let mut rng = Rng::with_seed(7);
    for _ in 0..500 {
        let mut manifest = manifest(generated(&mut rng, 0));
        commented(&manifest.object(), "", &mut rng, &mut manifest.comments);
        let text = print(&[manifest.clone(), manifest.clone()]);
        assert_eq!(read(&text), [manifest.object(), manifest.object()], "{text}");
        assert!(text.lines().all(|line| !line.ends_with(' ')), "{text}");
    }
}

#[test]
fn only_what_needs_quotes_has_them() {
    for bare in
        ["Service", "io.cilium/bgp-announce", "kubernetes.io/os", "udm-pro", "${ASN}", "${ASN:=65010}", "a.${X}/24"]
    {
        assert_eq!(string(bare), bare);
    }
    for quoted in ["No", "false", "65010", "10.99.8.0/24", "10.90.254.1", "fd00::1", "", "a b", "${A b}", "#{ASN}#"] {
        assert_eq!(string(quoted), format!("\"{quoted}\""));
    }
}

#[test]
fn comments_stand_where_they_are_read() {
    let mut manifest =
        manifest(json!({"allowFirstLastIPs": "No", "blocks": [{"cidr": "10.99.8.0/24"}, {"start": "10.99.9.1"}]}));
    manifest.comments.say("", "The pool.");
    manifest.comments.say("/spec/allowFirstLastIPs", "not .0 and .255");
    manifest.comments.say("/spec/blocks", "Which addresses.");
    manifest.comments.say("/spec/blocks/0/cidr", "long ".repeat(30).trim());
    let text = print(&[manifest]);
    let expected = "---
# The pool.
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata:
  name: x
spec:
  allowFirstLastIPs: \"No\"  # not .0 and .255
  # Which addresses.
  blocks:
    # Long long long long long long long long long long long long long long long long long long
    # long long long long long long long long long long long long.
    - cidr: \"10.99.8.0/24\"
    - start: \"10.99.9.1\"
";
    assert_eq!(&text[text.find("---").expect("a document")..], expected);
}

#[test]
fn no_name_breaks_the_file() {
    let wild = "on br\u{1b}[31m3\u{202e}\u{9b}\nspec: \u{feff}x\ry";
    let long = format!("{wild} {}", "word ".repeat(30));
    let mut manifest = manifest(json!({"a": 1, "b": 2, "c": wild}));
    manifest.comments.say("", &format!(" {wild}"));
    manifest.comments.say("/spec/a", wild);
    manifest.comments.say("/spec/b", &long);
    manifest.comments.say("/spec", wild);
    let text = print(&[manifest.clone()]);
    assert_eq!(read(&text), [manifest.object()], "{text}");
    assert!(text.is_ascii() && !text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
    assert!(text.contains("a: 1  # on br\\x1b[31m3\\u202e\\x9b\\x0aspec: \\ufeffx\\x0dy"), "{text}");
}
