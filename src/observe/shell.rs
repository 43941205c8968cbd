//! What a router's shell runs for a command that is not typed as it is called. Nothing is written there: not even by
//! nstat, which keeps a history file.

use std::borrow::Cow;
use std::time::Duration;

use crate::snapshot::Command;
use crate::snapshot::command::{NO_FILE, NO_FOLDER};

/// How long [`Command::Watch`] takes. A node that dials every 5 s is seen; one with Cilium's 120 s is made to dial by a
/// connect from its agent's pod.
pub const WATCH: Duration = Duration::from_secs(6);

/// The kernel's counters, each socket of BGP's port with how often it was seen, and the counters again. Without ss the
/// kernel's own table tells, in its own numbers.
const WATCH_SCRIPT: &str = r#"counters() {
{ read -r names; read -r values; } </proc/net/netstat
set -- $values
for name in $names; do case $name in TCPMD5*|IPReversePathFilter) echo "$name $1" ;; esac; shift; done
}
sockets() {
ss -Htan 'sport = :179 or dport = :179' 2>/dev/null || grep -h ':00B3 ' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}
counters
{ sockets; for second in 1 2 3 4 5 6; do sleep 1; sockets; done; } | tr -s ' ' | sort | uniq -c
counters
"#;

/// The clock first, because a log's times have no zone; then where the lines are from, and the last ones of BGP. FRR
/// says where it logs to; where that is syslog, or in a container, the usual places are tried.
const LOG_SCRIPT: &str = r#"date '+clock %Y/%m/%d %H:%M:%S %s'
found() {
lines=$(grep -aE 'BGP: |bgpd' | tail -n 300 | cut -c1-400)
[ -n "$lines" ] && printf 'from %s\n%s\n' "$1" "$lines"
}
declared() { VTYSH -c 'show logging' 2>/dev/null | sed -n 's/.*, filename //p; s/.*--log file:\([^ "]*\).*/\1/p' | sort -u; }
{ declared; ls /var/log/frr/*.log /var/log/messages /var/log/syslog 2>/dev/null; } | {
while read -r file; do
[ -r "$file" ] && tail -c 8388608 "$file" 2>/dev/null | found "$file" && exit
done
command -v journalctl >/dev/null && journalctl -u frr -n 3000 -q --no-pager -o short-unix 2>/dev/null | found journalctl && exit
command -v logread >/dev/null && logread 2>/dev/null | found logread
exit 0
}
"#;

const SETTINGS_SCRIPT: &str = "cd /proc/sys/net && grep . ipv4/ip_forward ipv4/fib_multipath_hash_policy \
                               ipv6/fib_multipath_hash_policy ipv4/conf/*/rp_filter 2>/dev/null";

/// What the shell runs for a command.
pub fn of(command: Command, vtysh: &str) -> Cow<'static, str> {
    match command {
        Command::StartupConfig | Command::SplitConfig => kept(&command.name(), vtysh).into(),
        Command::Watch => WATCH_SCRIPT.into(),
        Command::Log => LOG_SCRIPT.replace("VTYSH", vtysh).into(),
        Command::KernelSettings => SETTINGS_SCRIPT.into(),
        typed => typed.name(),
    }
}

/// Reads a file of FRR's where vtysh runs. What may run vtysh as root may not run cat so, and sudo reports who tries.
fn kept(cat: &str, vtysh: &str) -> String {
    let at = vtysh.trim_end().strip_suffix("vtysh").filter(|before| before.ends_with(' ')).unwrap_or_default();
    let at = if at.starts_with("sudo ") || at.starts_with("doas ") { "" } else { at };
    let (folder, file) = ("/etc/frr", cat.trim_start_matches("cat "));
    format!(
        "{at}{cat} || {{ {at}test -d {folder} || exit {NO_FOLDER}; \
         {at}test -x {folder} && ! {at}test -e {file} && exit {NO_FILE}; exit 1; }}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_where_vtysh_runs() {
        for (vtysh, cat) in [
            ("vtysh", "cat /etc/frr/frr.conf "),
            ("/usr/bin/vtysh", "cat /etc/frr/frr.conf "),
            ("docker exec bgp vtysh", "docker exec bgp cat /etc/frr/frr.conf "),
            ("sudo -n vtysh", "cat /etc/frr/frr.conf "),
        ] {
            let script = of(Command::StartupConfig, vtysh);
            assert!(script.starts_with(cat) && !script.contains("sudo"), "{script}");
        }
    }
}
