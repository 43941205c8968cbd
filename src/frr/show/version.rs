//! `show version`: its first line names the version, with or without the kernel behind it.

/// `8.4.4` of `FRRouting 8.4.4 (router) on Linux(5.10).`
pub fn parse(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.trim().strip_prefix("FRRouting ")?.split_whitespace().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_stands_behind_the_name() {
        assert_eq!(parse("FRRouting 8.4.4 (gateway) on Linux(5.10).\nCopyright"), Some("8.4.4"));
        assert_eq!(parse("FRRouting 7.5.1 (gateway).\n"), Some("7.5.1"));
        assert_eq!(parse("% Unknown command"), None);
    }
}
