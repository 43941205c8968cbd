//! `show daemons`: one line of names. Without `bgpd` in it, the running-config says nothing about BGP.

/// Whether bgpd runs.
pub fn bgpd_runs(text: &str) -> bool {
    text.split_whitespace().any(|daemon| daemon == "bgpd")
}
