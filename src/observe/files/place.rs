//! Where something stands in the files.

use std::fmt;
use std::rc::Rc;

use crate::snapshot::{Gap, Missing, Reason};

/// What reads a tool's output. The check is the only verb that reads files.
pub const PIPE: &str = "kubectl bgp check --manifests -";

/// A file, as messages call it, and a line in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: Rc<str>,
    pub line: usize,
}

impl Place {
    /// The file's folder.
    pub fn folder(&self) -> &str {
        self.file.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The file's name in its folder.
    pub fn base_name(&self) -> &str {
        self.file.rsplit_once('/').map_or(&*self.file, |(_, name)| name)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Something in the files that was not read, or not as it will be applied.
pub fn gap(what: impl fmt::Display, why: impl Into<String>) -> Gap {
    Gap { what: what.to_string(), missing: Missing::new(Reason::Failed, why) }
}

/// The same with what to do about it.
pub fn gap_with_hint(what: impl fmt::Display, why: impl Into<String>, hint: impl Into<String>) -> Gap {
    Gap { what: what.to_string(), missing: Missing::new(Reason::Failed, why).hint(hint) }
}
