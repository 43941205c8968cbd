//! The command line: kubectl's own flags, ours for the router, and the verbs.

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::{check, completion, init, peers, routes, snapshot, udm_sync, why};

const AFTER_HELP: &str = "\
Exit status:
  0    the question was answered
  1    a failure, or a check that failed
  2    wrong usage, or a check that could not be made
  130  interrupted";

/// Shows and explains both ends of the BGP sessions between Cilium and its router
#[derive(Parser)]
#[command(name = "kubectl-bgp", bin_name = "kubectl bgp", version, after_help = AFTER_HELP)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub verb: Verb,
    #[command(flatten)]
    pub global: GlobalFlags,
}

#[derive(Subcommand)]
pub enum Verb {
    Check(check::Args),
    Completion(completion::Args),
    Init(Box<init::Args>),
    Peers(peers::Args),
    Routes(routes::Args),
    Snapshot(snapshot::Args),
    UdmSync(udm_sync::Args),
    Why(why::Args),
}

/// Flags of every verb, before or after it.
#[derive(Args)]
pub struct GlobalFlags {
    #[command(flatten)]
    pub ends: EndFlags,
    #[command(flatten)]
    pub router: RouterFlags,
    #[command(flatten)]
    pub kube: KubeFlags,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub color: Color,
    /// Log level: 4 what is asked and how long it took, 6 the client's requests, 8 all
    #[arg(short = 'v', long = "v", global = true, value_name = "LEVEL", default_value_t = 0, help_heading = "Output")]
    pub verbosity: u8,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// `NO_COLOR`, `CLICOLOR_FORCE` and TERM are anstream's to judge.
    pub fn choice(self) -> anstream::ColorChoice {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
    }
}

/// How a reading verb prints.
#[derive(Args)]
#[command(next_help_heading = "Output")]
pub struct OutputFlags {
    /// wide, json, yaml, name, jsonpath=, jsonpath-as-json=, jsonpath-file=, custom-columns= or custom-columns-file=
    #[arg(short, long, value_name = "FORMAT")]
    pub output: Option<String>,
    /// Leave the header line out
    #[arg(long)]
    pub no_headers: bool,
    /// Sort by a field of the JSON output, such as .establishedTime
    #[arg(long, value_name = "JSONPATH")]
    pub sort_by: Option<String>,
}

/// Which ends to read, and from where.
#[derive(Args)]
#[command(next_help_heading = "Ends")]
pub struct EndFlags {
    /// Read a snapshot file instead of a cluster and a router; `demo` is built in, `-` is standard input
    #[arg(long, global = true, value_name = "FILE")]
    pub from: Option<String>,
    /// Read only the cluster; an agent that died is then only noticed by its pod
    #[arg(long, global = true, conflicts_with = "router_only")]
    pub cluster_only: bool,
    /// Read only the router
    #[arg(long, global = true)]
    pub router_only: bool,
    /// Ask every agent and every neighbor's received routes, not only where both ends disagree
    #[arg(long, global = true, conflicts_with = "no_exec")]
    pub verify: bool,
    /// Never run cilium-dbg in the agents' pods
    #[arg(long, global = true)]
    pub no_exec: bool,
    /// How long one agent may take to answer
    #[arg(long, global = true, value_name = "DURATION", default_value = "10s")]
    pub agent_timeout: Timeout,
    /// Namespace of the Cilium agents
    #[arg(long, global = true, value_name = "NAMESPACE", default_value = "kube-system", value_parser = namespace)]
    pub cilium_namespace: String,
}

/// A namespace's name, which becomes part of a request's path (RFC 1123 label).
fn namespace(text: &str) -> Result<String, String> {
    let plain = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if plain && !text.is_empty() && text.len() <= 63 {
        Ok(text.to_owned())
    } else {
        Err("it is no name of a namespace".to_owned())
    }
}

/// A site's short name, which becomes part of a request's path.
fn site(text: &str) -> Result<String, String> {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if plain && !text.is_empty() && text.len() <= 63 {
        Ok(text.to_owned())
    } else {
        Err("it is no short name of a site, such as `default`, as the console's address has it".to_owned())
    }
}

/// How to reach the router.
#[derive(Args)]
#[command(next_help_heading = "Router")]
pub struct RouterFlags {
    /// ssh target of the router, [PEER=][USER@]HOST[:PORT]; repeatable. Default: the ClusterConfig's annotation
    /// bgp.kubectl.dev/router, else root@ its peer address
    #[arg(
        long,
        global = true,
        value_name = "TARGET",
        env = "KUBECTL_BGP_ROUTER",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub router: Vec<String>,
    /// ssh configuration file to use instead of your own
    #[arg(long, global = true, value_name = "FILE", env = "KUBECTL_BGP_SSH_CONFIG", hide_env_values = true)]
    pub ssh_config: Option<std::path::PathBuf>,
    /// Control socket of an ssh master that is already open (for logins with a password)
    #[arg(long, global = true, value_name = "SOCKET")]
    pub ssh_control_path: Option<std::path::PathBuf>,
    /// Accept and remember the host key of a router that is not in `known_hosts` yet
    #[arg(long, global = true)]
    pub accept_new_host_key: bool,
    /// How vtysh is run on the router, such as `sudo -n vtysh` or `docker exec bgp vtysh`
    #[arg(long, global = true, value_name = "CMD", default_value = "vtysh")]
    pub vtysh: String,
    /// Site of UniFi Network whose stored BGP configuration is read, on a UniFi gateway and if the environment has a key for
    /// its API in `UNIFI_API_KEY`; udm-sync and snapshot do
    #[arg(long, global = true, value_name = "SITE", env = "UNIFI_SITE", default_value = "default", value_parser = site)]
    #[arg(hide_env_values = true)]
    pub unifi_site: String,
    /// Print the read-only script for a router that you cannot log in to, and read nothing
    #[arg(long, global = true)]
    pub print_router_script: bool,
    /// Take what that script printed on the router instead of asking one; repeatable
    #[arg(long, global = true, value_name = "FILE", conflicts_with_all = ["from", "cluster_only"])]
    pub router_output: Vec<std::path::PathBuf>,
    /// How long ssh may take to connect, and the router to answer
    #[arg(long, global = true, value_name = "DURATION", default_value = "15s")]
    pub router_timeout: Timeout,
}

/// Files to read instead of a cluster and a router.
#[derive(Args, Default)]
#[command(next_help_heading = "Files")]
pub struct FileFlags {
    /// Manifests to read instead of a cluster: a folder with all that is below it, a file, or `-` for standard input, such
    /// as `kustomize build DIR | kubectl bgp check --manifests -`; repeatable
    #[arg(long, value_name = "DIR", conflicts_with = "from")]
    pub manifests: Vec<std::path::PathBuf>,
    /// FRR's configuration to read instead of a router: a file such as frr.conf or the one uploaded to a UniFi gateway, or
    /// `-`; repeatable
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub router_config: Vec<std::path::PathBuf>,
}

/// kubectl's own flags. kubectl accepts none in front of a plugin's name, so each must work after it.
#[derive(Args)]
#[command(next_help_heading = "Cluster")]
pub struct KubeFlags {
    /// Path to the kubeconfig file
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<std::path::PathBuf>,
    /// The kubeconfig context to use
    #[arg(long, global = true, value_name = "CONTEXT")]
    pub context: Option<String>,
    /// The kubeconfig cluster to use
    #[arg(long, global = true, value_name = "CLUSTER")]
    pub cluster: Option<String>,
    /// The kubeconfig user to use
    #[arg(long, global = true, value_name = "USER")]
    pub user: Option<String>,
    /// Namespace of the Services
    #[arg(short, long, global = true, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Services of all namespaces
    #[arg(short = 'A', long, global = true)]
    pub all_namespaces: bool,
    /// How long to wait for one answer of the API server (1s, 2m, 3h); 0 waits for ever
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s")]
    pub request_timeout: Timeout,
    /// Address and port of the API server
    #[arg(short, long, global = true, value_name = "URL", hide_short_help = true)]
    pub server: Option<String>,
    /// Server name for checking the API server's certificate
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    pub tls_server_name: Option<String>,
    /// Do not check the API server's certificate
    #[arg(long, global = true, hide_short_help = true)]
    pub insecure_skip_tls_verify: bool,
    /// Certificate authority of the API server
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub certificate_authority: Option<String>,
    /// Bearer token for the API server
    #[arg(long, global = true, value_name = "TOKEN", hide_short_help = true)]
    pub token: Option<String>,
    /// Client certificate for the API server
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub client_certificate: Option<String>,
    /// Client key for the API server
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub client_key: Option<String>,
    /// User name for basic authentication
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    pub username: Option<String>,
    /// Password for basic authentication
    #[arg(long, global = true, value_name = "PASSWORD", hide_short_help = true)]
    pub password: Option<String>,
    /// User to impersonate
    #[arg(long = "as", global = true, value_name = "NAME", hide_short_help = true)]
    pub impersonate: Option<String>,
    /// Group to impersonate; repeatable
    #[arg(long = "as-group", global = true, value_name = "GROUP", hide_short_help = true)]
    pub impersonate_group: Vec<String>,
    /// UID to impersonate
    #[arg(long = "as-uid", global = true, value_name = "UID", hide_short_help = true)]
    pub impersonate_uid: Option<String>,
    /// Extra of the user to impersonate, KEY=VALUE; repeatable
    #[arg(long = "as-user-extra", global = true, value_name = "KEY=VALUE", hide_short_help = true)]
    pub impersonate_extra: Vec<String>,
    /// Do not compress answers
    #[arg(long, global = true, hide_short_help = true)]
    pub disable_compression: bool,
    /// Accepted for kubectl's sake; nothing is cached
    #[arg(long, global = true, value_name = "DIR", hide_short_help = true)]
    pub cache_dir: Option<std::path::PathBuf>,
}

impl KubeFlags {
    /// The namespace that Services are asked of; `None`: all of them.
    pub fn one_namespace(&self) -> Option<&str> {
        self.namespace.as_deref().filter(|_| !self.all_namespaces)
    }
}

/// A duration as kubectl's `--request-timeout` takes it: a number with ns, us, ms, s, m or h, or bare seconds; 0 means none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout(pub Option<std::time::Duration>);

/// Longer is a slip of the finger, and more than a clock can add.
const LONGEST: std::time::Duration = std::time::Duration::from_secs(365 * 24 * 3600);

impl std::str::FromStr for Timeout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = match text.parse::<u64>() {
            Ok(seconds) => std::time::Duration::from_secs(seconds),
            Err(_) => text
                .parse::<jiff::SignedDuration>()
                .ok()
                .and_then(|duration| duration.try_into().ok())
                .ok_or("expected a duration such as 1s, 2m or 3h, or 0 for none")?,
        };
        if seconds > LONGEST {
            return Err("expected less than a year".to_owned());
        }
        Ok(Self((!seconds.is_zero()).then_some(seconds)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_are_kubectls() {
        let seconds = |n| Ok(Timeout(Some(Duration::from_secs(n))));
        assert_eq!("5".parse(), seconds(5));
        assert_eq!("1s".parse(), seconds(1));
        assert_eq!("2m".parse(), seconds(120));
        assert_eq!("1h1m".parse(), seconds(3660));
        assert_eq!("0".parse(), Ok(Timeout(None)));
        assert_eq!("0s".parse(), Ok(Timeout(None)));
        assert!("-1s".parse::<Timeout>().is_err());
        assert!("soon".parse::<Timeout>().is_err());
        assert!("18446744073709551615".parse::<Timeout>().is_err());
    }
}
