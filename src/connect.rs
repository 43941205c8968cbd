//! One TCP connect, from a node or from the router: the shell words that try it, and what their answer means. Nothing
//! is sent over it.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde::Deserialize;

/// How long a router's connects may take, all together. The kernel asks 3 s for a neighbor that does not answer before it
/// says that there is no route.
pub const LONGEST: Duration = Duration::from_secs(5);

/// What runs in an agent's pod, with an address and a port, and again as the kernel writes them. The agent's image is
/// Ubuntu's with iproute2 (cilium/cilium images/runtime/install-runtime-deps.sh), so bash, coreutils and ip are there.
///
/// FRR ends an established session with graceful restart when the same address connects once more (bgpd/bgp_network.c
/// `bgp_accept`; measured on 8.4.4 and 10.3): whoever holds a connection does not try a second one. What the other end
/// says is read to its end, because a socket that is closed unread sends a reset, which FRR logs as an error.
const IN_POD: &str = r#"echo "route $(ip -j route get "$1" 2>&1 | head -n 1)"
if grep -qE " $3:$4 01 |:$4 $3:.... 01 " /proc/net/tcp /proc/net/tcp6 2>/dev/null; then echo "held 0"; exit 0; fi
said=$(LC_ALL=C timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit 1
IFS= read -r -N 4096 -t 1 -u 3 heard; echo "heard $? ${#heard}"' "$1" "$2" 2>&1)
echo "bash $? $(echo "$said" | tr '\n' ' ')"
"#;

/// What a router has to try it with, the plainest first. `$3` is the address as a URL has it.
const ON_ROUTER: &str = r#"try() {
if command -v bash >/dev/null && timeout 1 true 2>/dev/null; then tool=bash
said=$(LC_ALL=C timeout 4 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1); status=$?
elif command -v nc >/dev/null; then tool=nc
said=$(LC_ALL=C nc -n -z -v -w 4 "$1" "$2" 2>&1); status=$?
elif command -v wget >/dev/null; then tool=wget
said=$(LC_ALL=C wget -T 4 -t 1 -O /dev/null "http://$3:$2/" 2>&1); status=$?
else tool=none said= status=127; fi
printf '%s %s %s %s %s\n' "$1" "$2" "$tool" "$status" "$(printf %s "$said" | tr '\n' ' ' | cut -c1-300)"
}
"#;

/// A connect that was tried.
#[derive(Debug, PartialEq, Eq)]
pub struct Connect {
    /// The address that it came from, where that was asked.
    pub source: Option<IpAddr>,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Not tried: the node holds a connection to that port.
    Held,
    /// The other end spoke first, as FRR does to a neighbor that it knows.
    Answered,
    /// The other end takes it; whether it speaks was not waited for, or it did not.
    Open,
    /// The other end took it and closed it at once. FRR does so to an address that is no neighbor, to one that is shut
    /// down, and to one without an active address family.
    Closed,
    /// Nothing listens there, or something refuses in its place.
    Refused,
    /// No answer at all: dropped on the way, or for the lack of the right MD5 signature.
    TimedOut,
    /// The kernel knows no way, or the last router before it has none.
    NoRoute,
    /// There is nothing to try it with, or it said something unknown.
    Untried(String),
}

impl Outcome {
    /// Whether a connection came to be.
    pub fn connects(&self) -> bool {
        matches!(self, Self::Held | Self::Answered | Self::Open | Self::Closed)
    }
}

/// The command that tries it in an agent's pod.
pub fn in_pod(to: SocketAddr) -> Vec<String> {
    let words = ["bash", "-c", IN_POD, "bash"].map(str::to_owned).into_iter();
    let of_kernel = in_proc(to);
    let (address, port) = of_kernel.split_once(':').unwrap_or_default();
    words.chain([to.ip().to_string(), to.port().to_string(), address.to_owned(), port.to_owned()]).collect()
}

/// The script that tries all of them on a router at the same time, one line each.
pub fn on_router(all: &[SocketAddr]) -> String {
    let mut script = ON_ROUTER.to_owned();
    for to in all {
        let (address, port) = (to.ip(), to.port());
        let host = if to.is_ipv6() { format!("[{address}]") } else { address.to_string() };
        // Writing to a String cannot fail.
        let _ = writeln!(script, "try {address} {port} '{host}' &");
    }
    script.push_str("wait\n");
    script
}

/// The line of such a script's answer that tells of one of them, without its address.
pub fn line_of(answer: &str, to: SocketAddr) -> Option<&str> {
    let begin = format!("{} {} ", to.ip(), to.port());
    answer.lines().find_map(|line| line.strip_prefix(&begin))
}

/// How /proc/net/tcp writes a socket: groups of four octets in the processor's order, which is little endian wherever
/// Cilium runs.
pub fn in_proc(socket: SocketAddr) -> String {
    let group = |octets: &[u8]| octets.iter().rev().map(|octet| format!("{octet:02X}")).collect::<String>();
    let address = match socket.ip() {
        IpAddr::V4(address) => group(&address.octets()),
        IpAddr::V6(address) => address.octets().chunks(4).map(group).collect(),
    };
    format!("{address}:{:04X}", socket.port())
}

/// A socket as /proc/net/tcp writes it. An IPv4 address in the table of IPv6 is one of IPv4.
pub fn of_proc(word: &str) -> Option<SocketAddr> {
    let (address, port) = word.split_once(':').filter(|(_, port)| port.len() == 4)?;
    let groups = address.as_bytes().chunks(8).map(|group| {
        let group = std::str::from_utf8(group).ok().filter(|group| group.len() == 8)?;
        Some(u32::from_str_radix(group, 16).ok()?.swap_bytes())
    });
    let address = match groups.collect::<Option<Vec<u32>>>()?.as_slice() {
        [group] => Ipv4Addr::from_bits(*group).into(),
        [a, b, c, d] => {
            let bits = [a, b, c, d].into_iter().fold(0_u128, |bits, group| bits << 32 | u128::from(*group));
            IpAddr::V6(Ipv6Addr::from_bits(bits)).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(address, u16::from_str_radix(port, 16).ok()?))
}

#[derive(Deserialize)]
struct Route {
    prefsrc: Option<IpAddr>,
}

/// Reads what a connect said, of either script.
///
/// # Errors
/// It is neither's.
pub fn parse(text: &str) -> Result<Connect, String> {
    let route = text.lines().find_map(|line| line.strip_prefix("route "));
    let routes = route.and_then(|json| serde_json::from_str::<Vec<Route>>(json).ok());
    let source = routes.and_then(|routes| routes.first()?.prefsrc);
    let mut outcomes = text.lines().filter_map(|line| {
        let mut words = line.splitn(3, ' ');
        let (tool, status) = (words.next()?, words.next()?.parse().ok()?);
        Some(outcome(tool, status, words.next().unwrap_or_default().trim()))
    });
    let outcome = outcomes.next_back().ok_or_else(|| format!("no connect says {text:?}"))?;
    Ok(Connect { source, outcome })
}

fn outcome(tool: &str, status: i32, said: &str) -> Outcome {
    if tool == "held" {
        return Outcome::Held;
    }
    if let Some(heard) = said.split("heard ").nth(1) {
        let mut numbers = heard.split(' ').map(|word| word.parse::<u32>().unwrap_or_default());
        // bash's read ends with more than 128 at its time limit, with less at the end of what there is.
        return match (numbers.next(), numbers.next()) {
            (_, Some(1..)) => Outcome::Answered,
            (Some(129..), _) => Outcome::Open,
            _ => Outcome::Closed,
        };
    }
    let lower = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if status == 0 {
        Outcome::Open
    } else if has(&["refused"]) {
        Outcome::Refused
    } else if has(&["no route to host", "unreachable", "invalid argument", "permission denied"]) {
        // A blackhole route gives EINVAL, a prohibiting one EACCES.
        Outcome::NoRoute
    } else if has(&["read error", "reset by peer", "http", "server returned", "no data received"]) && tool == "wget" {
        Outcome::Open
    } else if has(&["timed out"]) || tool == "bash" && status == 124 {
        Outcome::TimedOut
    } else {
        Outcome::Untried(if said.is_empty() { format!("{tool} ended with {status}") } else { said.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::process::Command;

    use super::*;

    #[track_caller]
    fn tells(text: &str, outcome: Outcome) {
        assert_eq!(parse(text).expect(text).outcome, outcome, "{text}");
    }

    #[test]
    fn what_bash_says_is_told_apart() {
        let of_bash =
            |words: &str| format!("bash 1 bash: connect: {words} bash: line 1: /dev/tcp/10.0.0.1/179: {words} ");
        tells(&of_bash("Connection refused"), Outcome::Refused);
        tells(&of_bash("No route to host"), Outcome::NoRoute);
        tells(&of_bash("Network is unreachable"), Outcome::NoRoute);
        tells(&of_bash("Connection timed out"), Outcome::TimedOut);
        tells("bash 124 ", Outcome::TimedOut);
        tells("bash 0 ", Outcome::Open);
        tells("bash 0 heard 142 61 ", Outcome::Answered);
        tells("bash 0 heard 142 0 ", Outcome::Open);
        tells("bash 0 heard 1 0 ", Outcome::Closed);
        tells("bash 0 bash: line 1: read: read error: 0: Connection reset by peer heard 1 0 ", Outcome::Closed);
        tells("held 0\n", Outcome::Held);
    }

    #[test]
    fn what_other_tools_say_is_told_apart() {
        tells("nc 1 nc: connect to 10.0.0.1 port 80 (tcp) failed: Connection refused", Outcome::Refused);
        tells("nc 1 nc: connect to 10.0.0.1 port 80 (tcp) timed out: Operation now in progress", Outcome::TimedOut);
        tells("nc 0 Connection to 10.0.0.1 80 port [tcp/*] succeeded!", Outcome::Open);
        tells(
            "wget 4 --2026-- http://10.0.0.1/ Connecting to 10.0.0.1:80... failed: Connection refused.",
            Outcome::Refused,
        );
        tells(
            "wget 8 Connecting to 10.0.0.1:80... connected. HTTP request sent, awaiting response... 404",
            Outcome::Open,
        );
        tells("wget 1 wget: server returned error: HTTP/1.0 404 Not Found", Outcome::Open);
        tells("none 127 ", Outcome::Untried("none ended with 127".into()));
        tells("nc 1 nc: unknown option -- z", Outcome::Untried("nc: unknown option -- z".into()));
        assert!(parse("").is_err() && parse("bash\nroute x\n").is_err());
    }

    #[test]
    fn the_source_is_the_routes() {
        let route = r#"route [{"dst":"10.0.0.1","gateway":"10.9.0.1","dev":"eth0","prefsrc":"10.9.0.7","flags":[],"cache":[]}]"#;
        assert_eq!(parse(&format!("{route}\nbash 124 \n")).expect("both").source, "10.9.0.7".parse().ok());
        assert_eq!(parse("route RTNETLINK answers: Network is unreachable\nbash 1 x\n").expect("one").source, None);
    }

    /// What the pod's script says of this machine.
    fn tried(to: SocketAddr) -> Outcome {
        let words = in_pod(to);
        let said = Command::new(&words[0]).args(&words[1..]).output().expect("bash runs").stdout;
        parse(&String::from_utf8_lossy(&said)).expect("an outcome").outcome
    }

    /// A port at which each connection is handled so.
    fn listener(handle: fn(std::net::TcpStream)) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || listener.incoming().flatten().for_each(handle));
        address
    }

    #[test]
    fn bash_tries_it_in_a_pod() {
        let speaks = listener(|mut stream| {
            let _ = stream.write_all(&[0xff; 29]);
            let _ = stream.read(&mut [0]);
        });
        assert_eq!(tried(speaks), Outcome::Answered);
        assert_eq!(tried(listener(drop)), Outcome::Closed);
        let unused = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
        assert_eq!(tried(unused), Outcome::Refused);
    }

    #[test]
    fn who_holds_a_connection_tries_no_second_one() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let to = listener.local_addr().expect("an address");
        let _held = std::net::TcpStream::connect(to).expect("it listens");
        let _other_end = listener.accept().expect("the one that is held");
        assert_eq!(tried(to), Outcome::Held);
        listener.set_nonblocking(true).expect("a socket");
        assert!(listener.accept().is_err(), "a second one came");
    }

    #[test]
    fn addresses_are_as_the_kernel_writes_them() {
        for (socket, written) in
            [("10.90.254.1:179", "01FE5A0A:00B3"), ("[fd00:90:254::1]:179", "900000FD000054020000000001000000:00B3")]
        {
            let socket: SocketAddr = socket.parse().expect("a socket's address");
            assert_eq!((in_proc(socket).as_str(), of_proc(written)), (written, Some(socket)));
        }
        assert_eq!(of_proc("0000000000000000FFFF000001FE5A0A:00B3"), "10.90.254.1:179".parse().ok());
        assert_eq!((of_proc("00:00B3"), of_proc("cafe:0000"), of_proc("x1FE5A0A:00B3")), (None, None, None));
    }

    #[test]
    fn a_router_tries_all_at_the_same_time() {
        let unused = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
        let all = [listener(drop), unused];
        let said = Command::new("sh").arg("-c").arg(on_router(&all)).output().expect("sh runs").stdout;
        let said = String::from_utf8_lossy(&said);
        let outcomes = all.map(|to| parse(line_of(&said, to).expect("its line")).expect("an outcome").outcome);
        assert_eq!(outcomes, [Outcome::Open, Outcome::Refused]);
    }
}
