//! Known causes that no rule tells, each with the reason; docs/rules.md prints it.

use super::Row;

/// Rows without a rule: they must not fire, or nothing that is read or probed decides them.
pub const UNCOVERED: &[(Row, &str)] = &[
    ("A22", "not a cause: a router owns addresses of several subnets, and its own addresses say so (`ip addr`)"),
    ("C4", "not a cause: the longest prefix wins, and the kernel's routes show the /32"),
    ("C7", "only a client in the nodes' own network meets it: no probe of the router or of a node takes that way"),
    ("C17", "not a cause: VIPs do not answer ping by design, and a TCP connection tells"),
    ("C34", "not a cause: Cilium takes routes from the router and never installs them in the node"),
    ("D13", "not a fault of the network: it lies in the command or image that was used for the test"),
];
