//! Joins what several findings say to paste, so that the whole can be pasted too.

use std::collections::HashSet;

use crate::shell::one_line;

/// Blocks of lines. A block that begins as the one before, such as with `router bgp 65001`, is written into its context.
#[derive(Default)]
pub struct Paste {
    lines: Vec<String>,
    last: Vec<String>,
    seen: HashSet<Vec<String>>,
}

impl Paste {
    /// A line stays one line for whoever pastes it, whatever names are in it.
    pub fn add(&mut self, block: Vec<String>) {
        let block: Vec<String> = block.iter().map(|line| one_line(line)).collect();
        if !self.seen.insert(block.clone()) {
            return;
        }
        let same = |pairs: &mut dyn Iterator<Item = (&String, &String)>| pairs.take_while(|(a, b)| a == b).count();
        let before = same(&mut self.last.iter().zip(&block));
        let shorter = self.last.len().min(block.len());
        let after = match before {
            0 => 0,
            _ => same(&mut self.last.iter().rev().zip(block.iter().rev())).min(shorter - before),
        };
        let at = self.lines.len() - after;
        self.lines.splice(at..at, block[before..block.len() - after].iter().cloned());
        self.last = block;
    }

    pub fn into_lines(self) -> Vec<String> {
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(blocks: &[&[&str]]) -> Vec<String> {
        let mut paste = Paste::default();
        blocks.iter().for_each(|block| paste.add(block.iter().map(ToString::to_string).collect()));
        paste.into_lines()
    }

    #[test]
    fn lines_of_one_context_stand_in_it() {
        assert_eq!(
            joined(&[
                &["router bgp 1", "address-family ipv4", "neighbor a activate", "exit-address-family"],
                &["router bgp 1", "address-family ipv4", "neighbor b activate", "exit-address-family"],
                &["router bgp 1", "address-family ipv4", "neighbor a activate", "exit-address-family"],
            ]),
            [
                "router bgp 1",
                "address-family ipv4",
                "neighbor a activate",
                "neighbor b activate",
                "exit-address-family"
            ]
        );
    }

    #[test]
    fn a_context_is_never_another_ones() {
        assert_eq!(
            joined(&[&["router bgp 1", "a", "exit"], &["router bgp 2", "b", "exit"], &["router bgp 1", "c", "exit"]]),
            ["router bgp 1", "a", "exit", "router bgp 2", "b", "exit", "router bgp 1", "c", "exit"]
        );
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(joined(&[&["neighbor a\nno router bgp\r\u{1b}[A"]]), ["neighbor ano router bgp[A"]);
    }

    #[test]
    fn commands_follow_each_other() {
        assert_eq!(joined(&[&["kubectl a"], &["kubectl b"], &["kubectl a"], &[]]), ["kubectl a", "kubectl b"]);
        assert_eq!(joined(&[&["x", "y"], &["x"], &["x", "y", "y"]]), ["x", "y", "y", "y"]);
    }
}
