//! A configuration as statements in blocks: nothing that FRR would see is lost, whether it is understood or not.

#[cfg(test)]
use std::fmt::Write;

use super::block::Block;
use super::statement::Statement;
use super::words;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree<'a> {
    /// In the order of the text. A block that is opened twice stands there twice.
    pub statements: Vec<Statement<'a>>,
}

impl<'a> Tree<'a> {
    /// Reads all of a text; there is no text that is refused.
    pub fn parse(text: &'a str) -> Self {
        let mut builder = Builder::default();
        for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            if let Some(statement) = Statement::read(at + 1, line) {
                builder.take(statement);
            }
        }
        builder.close_to(0);
        builder.tree
    }

    /// As FRR takes it, secrets included: what shows that nothing of a text is lost.
    #[cfg(test)]
    pub fn print(&self) -> String {
        let mut text = String::new();
        for statement in &self.statements {
            print(statement, Block::Top, 0, &mut text);
            if Block::Top.opened_by(&statement.words).is_some() && statement.on {
                text.push_str("!\n");
            }
        }
        text
    }
}

#[cfg(test)]
fn print(statement: &Statement, within: Block, depth: usize, text: &mut String) {
    let indent = " ".repeat(depth);
    // Writing to a String does not fail.
    let _ = writeln!(text, "{indent}{}", statement.full_text());
    let Some(block) = within.opened_by(&statement.words).filter(|_| statement.on) else { return };
    for under in &statement.under {
        print(under, block, depth + 1, text);
    }
    let _ = writeln!(text, "{indent}{}", block.end(&statement.words));
}

#[derive(Default)]
struct Builder<'a> {
    tree: Tree<'a>,
    /// The blocks that are open, outermost first.
    open: Vec<(Block, Statement<'a>)>,
}

impl<'a> Builder<'a> {
    fn take(&mut self, mut statement: Statement<'a>) {
        match statement.words[..] {
            ["Building", "configuration..."] | ["Current", "configuration:"] => return,
            ["end"] => return self.close_to(0),
            ["exit-vrf"] => return self.close(|block| block == Block::Vrf),
            ["exit-address-family"] => return self.close(|block| matches!(block, Block::Family | Block::LdpFamily)),
            ["exit" | "quit"] => return self.close_to(self.open.len().saturating_sub(1)),
            [word] if word.starts_with("exit-") => return self.close_to(self.open.len().saturating_sub(1)),
            _ => {}
        }
        if self.open.iter().any(|(block, _)| *block == Block::Bgp) {
            words::complete(&mut statement.words);
            if statement.words == ["exit-address-family"] {
                return self.take(statement);
            }
        }
        let takes = |&depth: &usize| self.block_at(depth).takes(&statement.words);
        let depth = (0..=self.open.len()).rev().find(takes).unwrap_or_default();
        let opened = self.block_at(depth).opened_by(&statement.words).filter(|_| statement.on);
        self.close_to(depth);
        match opened {
            Some(block) => self.open.push((block, statement)),
            None => self.add(statement),
        }
    }

    fn block_at(&self, depth: usize) -> Block {
        depth.checked_sub(1).map_or(Block::Top, |at| self.open[at].0)
    }

    /// Closes the innermost such block; another one is left as it is.
    fn close(&mut self, is_such: impl Fn(Block) -> bool) {
        if let Some(at) = self.open.iter().rposition(|(block, _)| is_such(*block)) {
            self.close_to(at);
        }
    }

    fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            if let Some((_, statement)) = self.open.pop() {
                self.add(statement);
            }
        }
    }

    fn add(&mut self, statement: Statement<'a>) {
        match self.open.last_mut() {
            Some((_, around)) => around.under.push(statement),
            None => self.tree.statements.push(statement),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text and tree printed again, which says the same to FRR.
    fn printed(text: &str) -> String {
        let once = Tree::parse(text).print();
        assert_eq!(Tree::parse(&once).print(), once);
        once
    }

    #[test]
    fn blocks_are_frrs_and_not_the_indentations() {
        let text = "router bgp 65001\r\n  ! a comment\r\n# another\r\n\tneigh k8s peer-group\r\naddress-family ipv4\r\n\
                    neigh k8s soft in\r\nbgp router-id 10.0.0.1\r\n\r\nip prefix-list a permit any\r\n\
                    route-map m permit 10\r\nmatch ip address prefix-list a\r\nroute-map m deny 20\r\n";
        assert_eq!(
            printed(text),
            "router bgp 65001\n neighbor k8s peer-group\n address-family ipv4\n  neighbor k8s soft-reconfiguration inbound\n \
             exit-address-family\n bgp router-id 10.0.0.1\nexit\n!\nip prefix-list a permit any\nroute-map m permit 10\n \
             match ip address prefix-list a\nexit\n!\nroute-map m deny 20\nexit\n!\n"
        );
    }

    #[test]
    fn blocks_that_are_not_read_keep_what_is_in_them() {
        for text in [
            "interface eth0\n ip address 10.0.0.1/24\n ip ospf area 0\n link-params\n  metric 7\n exit-link-params\nexit\n!\n",
            "vrf blue\n vni 100\n ip route 10.0.0.0/8 Null0\nexit-vrf\n!\n",
            "bfd\n profile p\n  detect-multiplier 3\n exit\n peer 10.0.0.9\n  shutdown\n exit\nexit\n!\n",
            "key chain k\n key 1\n  key-string s3cret\n exit\nexit\n!\n",
            "segment-routing\n srv6\n  locators\n   locator l\n    prefix fd00:1::/48\n   exit\n  exit\n exit\n traffic-eng\n  \
             segment-list s\n   index 10 mpls label 7\n  exit\n  policy color 1 endpoint 10.0.0.9\n   name p\n  exit\n exit\nexit\n!\n",
            "mpls ldp\n router-id 10.0.0.1\n address-family ipv4\n  interface eth0\n  exit\n exit-address-family\nexit\n!\n",
            "router bgp 65001\n address-family l2vpn evpn\n  vni 100\n   rd 1:1\n  exit-vni\n  advertise-all-vni\n \
             exit-address-family\n bmp targets t\n  bmp stats\n exit\n future knob 7\nexit\n!\n",
            "router isis core\n net 49.0001.0000.0000.0001.00\n segment-routing on\nexit\n!\n",
            "future statement of the top\n",
        ] {
            assert_eq!(printed(text), text);
        }
    }

    #[test]
    fn what_a_block_does_not_know_belongs_to_the_one_around() {
        let text = "router bgp 1\n address-family ipv6 unicast\n  neighbor a activate\n  neighbor a remote-as 2\n\
                    interface eth0\nhostname h\nbfd\n profile p\nrouter bgp 1 vrf blue\n";
        let tree = Tree::parse(text);
        let heads: Vec<String> = tree.statements.iter().map(Statement::text).collect();
        assert_eq!(heads, ["router bgp 1", "interface eth0", "hostname h", "bfd", "router bgp 1 vrf blue"]);
        let under: Vec<String> = tree.statements[0].under.iter().map(Statement::text).collect();
        assert_eq!(under, ["address-family ipv6 unicast", "neighbor a remote-as 2"]);
    }

    #[test]
    fn secrets_are_printed_for_frr_alone() {
        let tree =
            Tree::parse("router bgp 1\n neighbor a password s3cret word\n neighbor a description the md5 of it\n");
        assert!(tree.print().contains("s3cret word") && tree.print().contains("the md5 of it"));
        assert!(!format!("{tree:?}").contains("s3cret") && format!("{tree:?}").contains("the md5 of it"));
    }
}
