//! A router that has all it needs: what it takes to say so.

use std::process::{Command, Stdio};

use super::environment::Environment;
use super::line::Line;
use super::race::medians;
use super::small::ROUNDS;
use crate::lab::lab;
use crate::run::{self, Result, must, output, program};

/// Where FRR's packages have the script.
const RELOAD: &str = "/usr/lib/frr/frr-reload.py";

/// The file that the router was started with.
const WANTED: &str = "/etc/frr/frr.conf";

/// What was measured; or why that could not be.
pub fn measure(environment: &Environment) -> Result<std::result::Result<Vec<Line>, String>> {
    if let Err(why) = bring_reload() {
        return Ok(Err(format!("{RELOAD} is not to be had: {why}")));
    }
    let ssh_config = format!("{}/ssh_config", environment.value("LAB_STATE")?);
    let ssh = |script: &str| environment.command("ssh", &["-F", &ssh_config, "udm", script]);
    let reload = ssh(&format!("{RELOAD} --test {WANTED}"));
    // The words of FRR itself, which the script has the least to do with.
    must(ssh("vtysh -c 'show running-config no-header' > /run/wanted.conf"))?;
    let reload_own = ssh(&format!("{RELOAD} --test /run/wanted.conf"));
    let ours = environment.ours(&["udm-sync"]);
    let show = ssh("vtysh -c 'show running-config'");
    let mut contestants = [ours, reload, reload_own, show, ssh("true")];
    let [ours, reload, reload_own, show, nothing] = medians(ROUNDS, &mut contestants)?;
    Ok(Ok(vec![
        Line::time("`udm-sync` / `frr-reload.py --test` of the guide's file", ours, reload, "≥ 3 times faster: ≤ 0.33"),
        Line::time("the same / `frr-reload.py --test` of what FRR wrote itself", ours, reload_own, ""),
        Line::time("the same / `vtysh -c 'show running-config'` alone", ours, show, ""),
        Line::time("the same / an ssh that does nothing", ours, nothing, ""),
        Line::time(
            "without the time of that ssh: `udm-sync` / `frr-reload.py --test`",
            ours.saturating_sub(nothing),
            reload.saturating_sub(nothing),
            "",
        ),
    ]))
}

/// Puts the script onto the router, which has the host's FRR; the host stays as it is.
fn bring_reload() -> Result<()> {
    if output(lab(&["udm", "--lab", "bench", "test", "-x", RELOAD])).is_ok() {
        return Ok(());
    }
    let folder = run::root().join("target/frr-pythontools");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let in_folder = |name: &str, words: &[&str]| {
        let mut command = program(name, words);
        command.current_dir(&folder);
        output(command)
    };
    in_folder("apt-get", &["download", "frr-pythontools"])?;
    in_folder("sh", &["-c", "dpkg-deb -x frr-pythontools_*.deb ."])?;
    let script = folder.join(&RELOAD[1..]);
    let script = std::fs::File::open(&script).map_err(|error| format!("{}: {error}", script.display()))?;
    let put = format!("cat > {RELOAD} && chmod 755 {RELOAD}");
    let mut command: Command = lab(&["udm", "--lab", "bench", "sh", "-c", &put]);
    command.stdin(Stdio::from(script));
    must(command)
}
