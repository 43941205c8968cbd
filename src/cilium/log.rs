//! What the logs of Cilium's agent and operator say of BGP. Lines are Go's slog or logrus text, or JSON; the API server
//! puts the time in front.
//!
//! Measured with 1.19 at its default level: an AS that the agent refuses, a session that ends, a Secret without its key,
//! a port or an interface that cannot be used are told. A dial that fails is not (debug), nor is an OPEN that the router
//! refuses, nor a Secret that does not exist.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use super::quoted::unquote;

/// Lines that are kept, the last ones; and characters of each.
const MOST_LINES: usize = 300;
const LONGEST_LINE: usize = 800;

/// Words of lines that concern BGP: the subsystems of agent and operator, and an agent's last words.
const OF_BGP: &[&str] = &["bgp-control-plane", "bgp-cp-operator", "level=fatal", "level=panic", "\"level\":\"fatal\""];

/// Lines of BGP that tell nothing and are many.
const CHATTER: &[&str] =
    &["No matching path for withdraw", "Neighbor soft reset", "Topic=Table", "reporter status tree"];

/// A line that tells something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub at: Option<Timestamp>,
    /// The peer that it is about, by its address.
    pub peer: Option<IpAddr>,
    pub fact: Fact,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The agent refused the router's OPEN: it is of another AS than the ClusterConfig's peerASN.
    AsMismatch {
        expected: u32,
        received: u32,
    },
    /// The agent refused the router's OPEN for something else.
    OpenRefused(String),
    /// The agent ended the session, with RFC 4271's error code and subcode.
    NotificationSent {
        code: u8,
        subcode: u8,
    },
    /// The router ended the session. Behind FRR's hard reset (RFC 8538) stands the real reason, which is told here.
    NotificationReceived {
        code: u8,
        subcode: u8,
    },
    PeerUp,
    PeerDown {
        reason: String,
    },
    /// The peer was added, or added anew because its objects changed.
    PeerAdded,
    HoldTimerExpired,
    /// Only at debug level.
    DialFailed(String),
    /// The Secret of authSecretRef is not there, or has no key `password`.
    NoPassword(String),
    /// The kernel takes no MD5 key.
    NoMd5(String),
    /// The port of `localPort` cannot be listened on.
    NoPort(String),
    /// The interface of `sourceInterface` cannot be used.
    NoSource(String),
    /// The agent, or the operator, could not do what the objects ask for.
    Failed(String),
}

/// The lines of a container's log that are kept.
pub fn of_bgp(log: &str) -> String {
    let has = |line: &str, words: &[&str]| words.iter().any(|word| line.contains(word));
    let lines = log.lines().rev().filter(|line| has(line, OF_BGP) && !has(line, CHATTER));
    let mut kept: Vec<String> =
        lines.take(MOST_LINES).map(|line| line.chars().take(LONGEST_LINE).chain(['\n']).collect()).collect();
    kept.reverse();
    kept.concat()
}

/// What a log tells, in its order.
pub fn lines(log: &str) -> Vec<Line> {
    log.lines().filter_map(line).collect()
}

/// What a log tells of a peer since that was last up or changed: what stands before is of another time.
pub fn lately(lines: &[Line], peer: IpAddr) -> impl Iterator<Item = &Line> {
    let begins = |line: &Line| line.peer == Some(peer) && matches!(line.fact, Fact::PeerUp | Fact::PeerAdded);
    let from = lines.iter().rposition(begins).map_or(0, |at| at + 1);
    lines[from..].iter().filter(move |line| line.peer.is_none_or(|of| of == peer))
}

fn line(text: &str) -> Option<Line> {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (stamped, rest) = first.parse().map_or((None, text), |at: Timestamp| (Some(at), rest));
    let fields = fields(rest);
    let field = |key: &str| fields.get(key).map(String::as_str).unwrap_or_default();
    let at = stamped.or_else(|| field("time").parse().ok());
    let peer = ["Key", "peer"].iter().find_map(|key| field(key).parse().ok());
    Some(Line { at, peer, fact: fact(&fields)? })
}

fn fact(fields: &BTreeMap<String, String>) -> Option<Fact> {
    let field = |key: &str| fields.get(key).map(String::as_str).unwrap_or_default();
    let number = |key: &str| field(key).parse::<u8>().ok();
    let (message, data) = (field("msg"), field("Data"));
    let error = ["error", "Error", "Err"].map(field).into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let notification = number("Code").zip(number("Subcode"));
    match message {
        "sent notification" => match notification {
            Some((code, subcode)) => {
                let (code, subcode) = behind_hard_reset(code, subcode, data);
                Some(Fact::NotificationSent { code, subcode })
            }
            None => Some(as_mismatch(data).unwrap_or_else(|| Fact::OpenRefused(data.to_owned()))),
        },
        "received notification" => {
            let (code, subcode) = notification?;
            let (code, subcode) = behind_hard_reset(code, subcode, data);
            Some(Fact::NotificationReceived { code, subcode })
        }
        "Peer Up" => Some(Fact::PeerUp),
        "Add a peer configuration" => Some(Fact::PeerAdded),
        "Peer Down" => Some(Fact::PeerDown { reason: field("Reason").to_owned() }),
        "hold timer expired" => Some(Fact::HoldTimerExpired),
        "failed to connect" => Some(Fact::DialFailed(error.to_owned())),
        "failed to set md5" => Some(Fact::NoMd5(error.to_owned())),
        _ => trouble(message, error, field("level")),
    }
}

/// Older agents say in the message what newer ones say in the error.
fn trouble(message: &str, error: &str, level: &str) -> Option<Fact> {
    let said = if error.is_empty() { message } else { error }.to_owned();
    let has = |words: &str| format!("{message} {error}").to_lowercase().contains(words);
    if has("fetch secret") {
        Some(Fact::NoPassword(said))
    } else if has("bind: ") {
        Some(Fact::NoPort(said))
    } else if has("source interface") && !has("using local ip") {
        Some(Fact::NoSource(message.to_owned()))
    } else {
        let is_error = ["error", "fatal", "panic"].iter().any(|word| level.eq_ignore_ascii_case(word));
        (is_error || !error.is_empty()).then_some(Fact::Failed(said))
    }
}

fn as_mismatch(data: &str) -> Option<Fact> {
    let (expected, received) = data.strip_prefix("as number mismatch expected ")?.split_once(", received ")?;
    Some(Fact::AsMismatch { expected: expected.parse().ok()?, received: received.parse().ok()? })
}

/// Cease 6/9 carries the notification that it stands for in its first two octets, which are logged as a quoted string, as
/// a list of numbers, or in base64.
fn behind_hard_reset(code: u8, subcode: u8, data: &str) -> (u8, u8) {
    let quoted = || data.chars().map(|c| u8::try_from(c).ok()).collect::<Option<Vec<u8>>>();
    let listed = || {
        let numbers = data.strip_prefix('[')?.strip_suffix(']')?.split(' ');
        numbers.map(|word| word.parse().ok()).collect::<Option<Vec<u8>>>()
    };
    let octets = listed().or_else(|| BASE64_STANDARD.decode(data).ok()).or_else(quoted).unwrap_or_default();
    match octets.as_slice() {
        [real, real_subcode, ..] if (code, subcode) == (6, 9) => (*real, *real_subcode),
        _ => (code, subcode),
    }
}

/// The fields of a line, values as they were before Go quoted them.
fn fields(line: &str) -> BTreeMap<String, String> {
    if let Ok(Value::Object(fields)) = serde_json::from_str(line) {
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        return fields.into_iter().map(|(key, value)| (key, text(value))).collect();
    }
    let mut fields = BTreeMap::new();
    let mut rest = line;
    while let Some((key, after)) = rest.split_once('=') {
        let key = key.rsplit(' ').next().unwrap_or(key);
        let (value, after) = if let Some(quoted) = after.strip_prefix('"') {
            unquote(quoted)
        } else {
            let (value, after) = after.split_once(' ').unwrap_or((after, ""));
            (value.to_owned(), after)
        };
        fields.insert(key.to_owned(), value);
        rest = after;
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOG: &str = "module=bgp-control-plane instance=main Topic=Peer Key=10.90.254.1";

    #[track_caller]
    fn tells(line: &str, fact: Fact) {
        let lines = lines(&format!("2026-11-23T07:38:33.880470857Z {line}\n"));
        let [line] = lines.as_slice() else { panic!("{line}: {lines:?}") };
        assert_eq!(line.fact, fact);
        assert_eq!(line.at, "2026-11-23T07:38:33.880470857Z".parse().ok());
    }

    #[test]
    fn an_agent_of_1_19_says_why_a_session_ends() {
        let said =
            |text: &str| format!("time=2026-11-23T07:38:33.879Z level=WARN {text} asn=65010 subsys=bgp-control-plane");
        let mismatch = "as number mismatch expected 65099, received 65001";
        let refused = said(&format!("msg=\"sent notification\" {SLOG} Data=\"{mismatch}\""));
        tells(&refused, Fact::AsMismatch { expected: 65099, received: 65001 });
        assert_eq!(lines(&refused)[0].peer, "10.90.254.1".parse().ok());
        let expired =
            said(&format!("msg=\"sent notification\" {SLOG} State=BGP_FSM_ESTABLISHED Code=4 Subcode=0 Data=\"\""));
        tells(&expired, Fact::NotificationSent { code: 4, subcode: 0 });
        let maximum =
            r#"msg="received notification" Subcode=9 Data="\x06\x01\x00\x01\x01\x00\x00\x00\x02" Topic=Peer Code=6"#;
        tells(&said(maximum), Fact::NotificationReceived { code: 6, subcode: 1 });
        let configuration = said(&format!("msg=\"received notification\" {SLOG} Code=6 Subcode=6 Data=\"\""));
        tells(&configuration, Fact::NotificationReceived { code: 6, subcode: 6 });
        tells(&said(&format!("msg=\"hold timer expired\" {SLOG}")), Fact::HoldTimerExpired);
        tells(&said(&format!("msg=\"Peer Up\" {SLOG}")), Fact::PeerUp);
        let down = said(&format!("msg=\"Peer Down\" {SLOG} Reason=hard-reset"));
        tells(&down, Fact::PeerDown { reason: "hard-reset".into() });
    }

    #[test]
    fn an_agent_says_what_it_cannot_do() {
        let retried = |error: &str| {
            format!(
                "time=2026-11-23T07:44:11.314Z level=ERROR msg=\"Reconciliation with retries failed\" \
                 module=bgp-control-plane component=Controller.Run error=\"{error}\""
            )
        };
        let of = |line: &str| lines(line).remove(0).fact;
        let port = "error registering new BGP instances: [main] (last error: failed to start BGP instance: failed starting \
                    BGP server: listen tcp4 0.0.0.0:179: bind: permission denied)";
        assert_eq!(of(&retried(port)), Fact::NoPort(port.into()));
        assert!(matches!(
            of(&retried(r#"[main] (last error: failed to fetch secret \"bgp-auth\": missing password key)"#)),
            Fact::NoPassword(why) if why.ends_with("\"bgp-auth\": missing password key)")
        ));
        assert_eq!(of(&retried("out of cheese")), Fact::Failed("out of cheese".into()));
        let source = "Peer does not have a valid IP address on the configured source interface, skipping";
        let line =
            format!("time=2026-11-23T07:44:30.817Z level=WARN msg=\"{source}\" module=bgp-control-plane peer=udm-pro");
        assert_eq!(of(&line), Fact::NoSource(source.into()));
    }

    #[test]
    fn older_agents_and_json_say_the_same() {
        let logrus = r#"level=warning msg="received notification" Code=6 Data="[6 2]" Key=10.90.254.1 Subcode=9 Topic=Peer asn=65010 component=gobgp.BgpServerInstance subsys=bgp-control-plane"#;
        tells(logrus, Fact::NotificationReceived { code: 6, subcode: 2 });
        let json = r#"{"time":"2026-11-23T07:38:33Z","level":"warn","msg":"received notification","Key":"10.90.254.1","Code":6,"Subcode":9,"Data":"BgI="}"#;
        tells(json, Fact::NotificationReceived { code: 6, subcode: 2 });
        let md5 = r#"level=warning msg="failed to set md5" Err="protocol not available" Key=10.90.254.1 Topic=Peer subsys=bgp-control-plane"#;
        tells(md5, Fact::NoMd5("protocol not available".into()));
    }

    #[test]
    fn what_was_before_the_last_change_is_not_of_now() {
        let log = lines(&format!(
            "msg=\"sent notification\" {SLOG} Data=\"as number mismatch expected 1, received 2\"\nmsg=\"Add a peer configuration\" {SLOG}\n\
             msg=\"Peer Up\" {SLOG}\nmsg=\"received notification\" {SLOG} Code=6 Subcode=9 Data=\"\\x06\\x03\"\n\
             msg=\"Peer Up\" Key=10.0.0.1\nlevel=ERROR msg=x error=y\n"
        ));
        let of = |peer: &str| {
            let lately = lately(&log, peer.parse().expect("an address"));
            lately.map(|line| line.fact.clone()).collect::<Vec<_>>()
        };
        let (ended, failed) = (Fact::NotificationReceived { code: 6, subcode: 3 }, Fact::Failed("y".into()));
        assert_eq!(of("10.90.254.1"), [ended, failed.clone()]);
        assert_eq!(of("10.0.0.1"), [failed]);
    }

    #[test]
    fn what_is_not_of_bgp_is_not_kept() {
        let log = format!(
            "level=info msg=\"Policy imported\" token=abc subsys=daemon\nlevel=warn msg=\"No matching path for withdraw found\" {SLOG}\n\
             level=info msg=\"Peer Up\" {SLOG}\n"
        );
        assert_eq!(of_bgp(&log), format!("level=info msg=\"Peer Up\" {SLOG}\n"));
        let many = format!("level=info msg=\"Peer Up\" {SLOG} {}\n", "x".repeat(2000)).repeat(MOST_LINES + 1);
        let kept = of_bgp(&many);
        assert_eq!((kept.lines().count(), kept.lines().map(str::len).max()), (MOST_LINES, Some(LONGEST_LINE)));
    }

    #[test]
    fn odd_lines_tell_nothing() {
        for odd in ["", "=", "msg=\"Peer", "msg=\"received notification\"", "{\"msg\": 7}", "a\u{0}b = \"\\"] {
            assert!(lines(odd).is_empty(), "{odd:?}");
        }
    }
}
