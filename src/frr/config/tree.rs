//! A configuration as statements in blocks: nothing that FRR would see is lost, whether it is understood or not.

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

    /// As FRR takes it, secrets included.
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

fn print(statement: &Statement, within: Block, depth: usize, text: &mut String) {
    let indent = " ".repeat(depth);
    text.push_str(&format!("{indent}{}\n", statement.full_text()));
    let Some(block) = within.opened_by(&statement.words).filter(|_| statement.on) else { return };
    for under in &statement.under {
        print(under, block, depth + 1, text);
    }
    text.push_str(&format!("{indent}{}\n", block.end(&statement.words)));
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
