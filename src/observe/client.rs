//! kubectl's flags and kubeconfig to a client for the API server.

use std::collections::HashMap;
use std::time::Duration;

use http::HeaderValue;
use kube::client::AuthError;
use kube::config::{ExecInteractiveMode, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use secrecy::ExposeSecret;

use crate::cli::KubeFlags;
use crate::error::chain;
use crate::snapshot::{Missing, Reason};

/// How long a connection may take; kubectl waits 30 s, and nobody who waits for a table does.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether somebody can answer what the kubeconfig's login command asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    Attended,
    /// It has neither the terminal nor standard error.
    Unattended,
}

/// A client and the server's address, without credentials in it.
///
/// # Errors
/// There is no kubeconfig, it cannot be read, or it lacks what the flags name.
pub async fn open(flags: &KubeFlags, login: Login) -> Result<(Client, String), Missing> {
    let mut config = config(flags).await?;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config
        .headers
        .push((http::header::USER_AGENT, HeaderValue::from_static(concat!("kubectl-bgp/", env!("CARGO_PKG_VERSION")))));
    let server = without_credentials(&config.cluster_url);
    if let Some(exec) = config.auth_info.exec.as_mut().filter(|_| login == Login::Unattended) {
        exec.interactive_mode = Some(ExecInteractiveMode::Never);
    }
    let command = config.auth_info.exec.as_ref().and_then(|exec| exec.command.clone());
    // kube runs the kubeconfig's login command and waits for it.
    let opening = tokio::task::spawn_blocking(move || Client::try_from(config));
    let opened = match flags.request_timeout.0 {
        Some(limit) => tokio::time::timeout(limit, opening).await.map_err(|_| {
            Missing::new(
                Reason::TimedOut,
                "error: getting credentials: the kubeconfig's login command gave no answer in time",
            )
            .hint("--request-timeout gives it more time")
        })?,
        None => opening.await,
    };
    let client = opened.map_err(wrong)?.map_err(|error| match &error {
        kube::Error::Auth(auth) => refused_login(auth, command.as_deref()),
        _ => wrong(format!("the kubeconfig cannot be used: {}", chain(&error))),
    })?;
    Ok((client, server))
}

async fn config(flags: &KubeFlags) -> Result<Config, Missing> {
    let options =
        KubeConfigOptions { context: flags.context.clone(), cluster: flags.cluster.clone(), user: flags.user.clone() };
    let kubeconfig = match &flags.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let loaded = match kubeconfig {
        Ok(kubeconfig) => {
            // kube would go on without credentials.
            let is_known = |user: &&String| kubeconfig.auth_infos.iter().any(|known| known.name == **user);
            if let Some(user) = flags.user.as_ref().filter(|user| !is_known(user)) {
                return Err(wrong(format!("auth info {user:?} does not exist")));
            }
            Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| explain(&error, flags))
        }
        Err(error) if flags.kubeconfig.is_none() && is_absent(&error) => Config::incluster().map_err(|_| {
            wrong("no configuration has been provided, try setting KUBECONFIG or --kubeconfig")
                .hint("KUBECONFIG or ~/.kube/config tells where the cluster is; without one, try --from demo")
        }),
        Err(error) => Err(explain(&error, flags)),
    };
    let mut config = match (loaded, &flags.server) {
        (Ok(config), _) => config,
        // With --server nothing else is needed.
        (Err(_), Some(server)) if flags.kubeconfig.is_none() && flags.context.is_none() => {
            Config::new(parse_server(server)?)
        }
        (Err(missing), _) => return Err(missing),
    };
    apply(flags, &mut config)?;
    let secrets = [&config.auth_info.token, &config.auth_info.password];
    // kube panics at a token that cannot be a header.
    if secrets.into_iter().flatten().any(|secret| HeaderValue::from_str(secret.expose_secret()).is_err()) {
        return Err(wrong("the token or password has characters that no header may have, such as a line break"));
    }
    // It asks again without a word until the time is up; here each answer counts.
    config.default_retry = false;
    Ok(config)
}

fn apply(flags: &KubeFlags, config: &mut Config) -> Result<(), Missing> {
    if let Some(server) = &flags.server {
        config.cluster_url = parse_server(server)?;
    }
    if let Some(name) = &flags.tls_server_name {
        config.tls_server_name = Some(name.clone());
    }
    if flags.insecure_skip_tls_verify {
        config.accept_invalid_certs = true;
    }
    if let Some(path) = &flags.certificate_authority {
        config.root_cert = None;
        config.root_cert_file = Some(path.into());
    }
    if flags.disable_compression {
        config.disable_compression = true;
    }
    let auth = &mut config.auth_info;
    // A credential of the command line replaces the kubeconfig's of every other form.
    if flags.token.is_some() || flags.username.is_some() {
        (auth.auth_provider, auth.exec, auth.token_file) = (None, None, None);
        (auth.token, auth.username, auth.password) = (None, None, None);
    }
    if let Some(token) = &flags.token {
        auth.token = Some(token.clone().into());
    }
    if let Some(path) = &flags.client_certificate {
        auth.client_certificate = Some(path.clone());
        auth.client_certificate_data = None;
    }
    if let Some(path) = &flags.client_key {
        auth.client_key = Some(path.clone());
        auth.client_key_data = None;
    }
    if let Some(name) = &flags.username {
        auth.username = Some(name.clone());
    }
    if let Some(password) = &flags.password {
        auth.password = Some(password.clone().into());
    }
    if let Some(user) = &flags.impersonate {
        auth.impersonate = Some(user.clone());
    }
    if let Some(uid) = &flags.impersonate_uid {
        auth.impersonate_uid = Some(uid.clone());
    }
    if !flags.impersonate_group.is_empty() {
        auth.impersonate_groups = Some(flags.impersonate_group.clone());
    }
    if !flags.impersonate_extra.is_empty() {
        let mut extra: HashMap<String, Vec<String>> = HashMap::new();
        for pair in &flags.impersonate_extra {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| wrong(format!("--as-user-extra takes KEY=VALUE, not {pair:?}")))?;
            extra.entry(key.to_owned()).or_default().push(value.to_owned());
        }
        auth.impersonate_user_extra = Some(extra);
    }
    Ok(())
}

/// What a failed login may say: kube's own text quotes the command's environment, its arguments and what it printed,
/// which are credentials.
pub fn refused_login(error: &AuthError, command: Option<&str>) -> Missing {
    let command = command.unwrap_or("the kubeconfig's login command");
    let why = match error {
        AuthError::AuthExecStart(error) => format!("exec: {command}: {error}"),
        AuthError::AuthExecRun { out, .. } => format!("exec: {command} failed with {}", out.status),
        AuthError::ReadTokenFile(error, path) => format!("cannot read the token file {}: {error}", path.display()),
        AuthError::InvalidBearerToken(_) => "the token has characters that no header may have".to_owned(),
        AuthError::InvalidBasicAuth(_) => "the user name or password has characters that no header may have".to_owned(),
        _ => format!("exec: {command} printed no credential"),
    };
    Missing::new(Reason::Unauthorized, format!("error: getting credentials: {why}"))
        .hint("the kubeconfig's user says how this context logs in: try it by hand")
}

fn parse_server(server: &str) -> Result<http::Uri, Missing> {
    let with_scheme = if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
    with_scheme.parse().map_err(|error| wrong(format!("{server:?} is no address of an API server: {error}")))
}

fn without_credentials(url: &http::Uri) -> String {
    let authority = url.authority().map_or("", http::uri::Authority::as_str);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{}://{host}", url.scheme_str().unwrap_or("https"))
}

fn is_absent(error: &KubeconfigError) -> bool {
    match error {
        KubeconfigError::FindPath => true,
        KubeconfigError::ReadConfig(error, _) => error.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

fn explain(error: &KubeconfigError, flags: &KubeFlags) -> Missing {
    let named = |name: &Option<String>, what: &str| {
        name.as_ref().map(|name| format!("{what} {name:?} does not exist in the kubeconfig"))
    };
    match error {
        KubeconfigError::CurrentContextNotSet => wrong("the kubeconfig has no current context")
            .hint("choose one: `kubectl config use-context NAME`, or --context NAME"),
        KubeconfigError::LoadContext(name) => {
            wrong(format!("context {name:?} does not exist")).hint("`kubectl config get-contexts` lists them")
        }
        KubeconfigError::LoadClusterOfContext(name) => wrong(
            named(&flags.cluster, "cluster")
                .unwrap_or_else(|| format!("cluster {name:?} does not exist in the kubeconfig")),
        ),
        // The parser would quote the line, and a kubeconfig's lines are keys and tokens.
        KubeconfigError::Parse(error) => {
            let line = error.location().map(|at| format!(" at line {}", at.line())).unwrap_or_default();
            wrong(format!("error loading the kubeconfig: it is not the YAML of a kubeconfig{line}"))
        }
        other => wrong(format!("error loading the kubeconfig: {}", chain(other))),
    }
}

fn wrong(what: impl std::fmt::Display) -> Missing {
    Missing::new(Reason::NotConfigured, format!("error: {what}"))
}
