//! The words that stay. Everything else is replaced, so that what nobody thought of does not stay by accident.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let text = include_str!("vocabulary.txt");
    let mut words = Words { kept: HashSet::new(), plain: HashSet::new() };
    let mut section = &mut words.kept;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line {
            "[kept]" => section = &mut words.kept,
            "[plain]" => section = &mut words.plain,
            line => section.extend(line.split(' ')),
        }
    }
    words
});

struct Words {
    kept: HashSet<&'static str>,
    plain: HashSet<&'static str>,
}

/// Names that mean the same everywhere: nobody is told apart by them, and the program looks for some.
const COMMON_NAMES: &[&str] = &[
    "",
    "true",
    "false",
    "n/a",
    "default",
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "kubernetes",
    "kube-apiserver",
    "cilium",
    "cilium-agent",
    "cilium-config",
    "cilium-envoy",
    "cilium-operator",
    "cilium-operator-resource-lock",
    "linux",
    "amd64",
    "arm64",
    "http",
    "https",
    "root",
];

/// Domains whose names are public.
const DOMAINS: &[&str] =
    &["kubernetes.io", "k8s.io", "cilium.io", "io.cilium", "kubectl.dev", "quay.io", "docker.io", "ghcr.io"];

/// Label keys without a domain that everybody uses.
const COMMON_KEYS: &[&str] =
    &["app", "k8s-app", "component", "provider", "io.kubernetes.service.name", "io.kubernetes.service.namespace"];

/// What interfaces are called before their number.
const INTERFACES: &[&str] = &[
    "bond", "br", "dummy", "en", "eno", "ens", "eth", "gre", "lan", "lo", "lxc", "mgmt", "port", "ppp", "sfp",
    "switch", "tap", "tun", "veth", "vlan", "vxlan", "wan", "wg", "wlan",
];

/// Whether a name stays even as the name of an object.
pub fn is_common_name(name: &str) -> bool {
    COMMON_NAMES.contains(&name)
}

/// Whether a word stays wherever it is not an object's name.
pub fn is_kept(word: &str) -> bool {
    WORDS.kept.contains(&*lower(word)) || is_common_name(word) || is_interface(word)
}

/// Whether all parts of a word in CamelCase are words that stay; a number counts only there.
pub fn is_plain(word: &str) -> bool {
    let is_word = |part: &str| WORDS.plain.contains(part) || WORDS.kept.contains(part);
    let has = |part: &str| is_word(part) || part.strip_suffix('s').is_some_and(is_word);
    if has(&lower(word)) {
        return true;
    }
    if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return false;
    }
    if !word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return false;
    }
    let parts: Vec<&str> = camel_parts(word);
    let is_known = |part: &&str| part.len() == 1 && parts.len() > 1 || has(&lower(part));
    !parts.is_empty() && parts.iter().all(is_known)
}

/// The same for words that are joined by `-`, `_` and `.`, as in flags and label keys, with at most one number.
pub fn is_plain_compound(word: &str) -> bool {
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (numbers, words): (Vec<&str>, Vec<&str>) = word.split(['-', '_', '.']).partition(is_number);
    is_kept(word) || numbers.len() <= 1 && !words.is_empty() && words.into_iter().all(is_plain)
}

/// Whether a domain is public, such as `node.kubernetes.io`.
pub fn is_common_domain(domain: &str) -> bool {
    DOMAINS.iter().any(|known| {
        let rest = domain.strip_suffix(known);
        rest.is_some_and(|rest| rest.is_empty() || rest.strip_suffix('.').is_some_and(is_plain_compound))
    })
}

/// Whether a key of a label or an annotation is one that others use too.
pub fn is_common_key(key: &str) -> bool {
    match key.split_once('/') {
        Some((domain, name)) => is_common_domain(domain) && is_plain_compound(name),
        None => {
            COMMON_KEYS.contains(&key)
                || key.strip_prefix("io.").is_some_and(|rest| {
                    (rest.starts_with("kubernetes.") || rest.starts_with("cilium.")) && is_plain_compound(rest)
                })
        }
    }
}

/// `eth0`, `br3.100`, `enp3s0`.
fn is_interface(word: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (name, vlan) = word.split_once('.').unwrap_or((word, "0"));
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let by_slot = |rest: &str| rest.split(['s', 'f', 'd']).all(is_number);
    is_number(vlan)
        && (name == "lo"
            || stem.len() < name.len() && INTERFACES.contains(&stem)
            || name.strip_prefix("enp").is_some_and(by_slot))
}

fn lower(word: &str) -> Cow<'_, str> {
    if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(word.to_ascii_lowercase())
    } else {
        Cow::Borrowed(word)
    }
}

/// The words of a word in CamelCase, without numbers; `IPs` is one.
pub fn camel_parts(word: &str) -> Vec<&str> {
    let bytes = word.as_bytes();
    let (mut parts, mut start) = (Vec::new(), 0);
    for at in 1..bytes.len() {
        let (before, here) = (bytes[at - 1], bytes[at]);
        let is_plural = here == b's' && !bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
        let end = if before.is_ascii_digit() != here.is_ascii_digit()
            || before.is_ascii_lowercase() && here.is_ascii_uppercase()
        {
            at
        } else if before.is_ascii_uppercase() && here.is_ascii_lowercase() && at - start > 1 && !is_plural {
            at - 1
        } else {
            continue;
        };
        parts.push(&word[start..end]);
        start = end;
    }
    parts.push(&word[start..]);
    parts.retain(|part| !part.bytes().all(|byte| byte.is_ascii_digit()));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_camel_case_are_taken_apart() {
        assert_eq!(camel_parts("localASN"), ["local", "ASN"]);
        assert_eq!(camel_parts("IPsTotal"), ["IPs", "Total"]);
        assert_eq!(camel_parts("PIDPressure"), ["PID", "Pressure"]);
        assert_eq!(camel_parts("ipv4Unicast"), ["ipv", "Unicast"]);
        assert_eq!(camel_parts("4byteAs"), ["byte", "As"]);
    }

    #[test]
    fn names_of_ones_own_are_no_plain_words() {
        for word in ["grafana", "node1", "AcmeCorp", "gateway-router-1", "k8s-services", "DC1"] {
            assert!(!is_kept(word) && !is_plain(word), "{word}");
        }
        for word in [
            "advertisedAndReceived",
            "KubeletHasSufficientPID",
            "bgpTimerUpMsec",
            "prefix-list",
            "eth0",
            "enp3s0f1",
            "IPAMRequestSatisfied",
        ] {
            assert!(is_kept(word) || is_plain(word), "{word}");
        }
    }

    #[test]
    fn keys_of_ones_own_are_told_from_common_ones() {
        for key in [
            "kubernetes.io/hostname",
            "node-role.kubernetes.io/control-plane",
            "topology.kubernetes.io/zone",
            "k8s-app",
            "io.kubernetes.service.name",
        ] {
            assert!(is_common_key(key), "{key}");
        }
        for key in [
            "advertise",
            "acme.example/team",
            "node-role.kubernetes.io/acme",
            "cilium.io/10.90.3.101",
            "acme.kubernetes.io/x",
            "x/y/z",
        ] {
            assert!(!is_common_key(key), "{key}");
        }
    }
}
