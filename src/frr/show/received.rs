//! `show bgp ipv4 unicast neighbors X received-routes json`: what a neighbor sent, before any filter.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;

/// What stands beside a prefix is the same as in BGP's table, and not read.
type Keys = BTreeMap<String, Box<RawValue>>;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Table {
    received_routes: Option<Keys>,
    /// The key of FRR 7.5.
    advertised_routes: Option<Keys>,
    warning: Option<String>,
}

/// The prefixes that were received.
///
/// # Errors
/// Why the router does not know: it keeps no copy of what it filters, or its answer makes no sense.
pub fn parse(text: &str) -> Result<BTreeSet<String>, String> {
    let no_copy = "the router keeps no copy of what it filters: soft-reconfiguration inbound is not set";
    let table: Table = serde_json::from_str(text).map_err(|error| {
        // FRR 10.3 puts the warning's object into a brace without a key.
        if text.contains("\"warning\"") { no_copy.to_owned() } else { error.to_string() }
    })?;
    match (table.received_routes.or(table.advertised_routes), table.warning) {
        (Some(routes), _) => Ok(routes.into_keys().collect()),
        (None, Some(warning)) if warning.contains("soft reconfiguration") => Err(no_copy.to_owned()),
        (None, Some(warning)) => Err(warning),
        // FRR 10.3 says nothing at all of a neighbor that sent nothing.
        (None, None) => Ok(BTreeSet::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_its_key() {
        for key in ["receivedRoutes", "advertisedRoutes"] {
            let text = format!(r#"{{"{key}": {{"10.0.0.1/32": {{"valid": true}}}}, "totalPrefixCounter": 1}}"#);
            assert_eq!(parse(&text).expect("routes").into_iter().collect::<Vec<_>>(), ["10.0.0.1/32"]);
        }
    }

    #[test]
    fn without_a_copy_it_is_not_known() {
        let warning = r#"{"warning":"Inbound soft reconfiguration not enabled"}"#;
        for text in [warning.to_owned(), format!("{{{warning}}}")] {
            assert!(parse(&text).expect_err("a warning").contains("soft-reconfiguration"), "{text}");
        }
        assert!(parse("garbage").is_err());
    }
}
