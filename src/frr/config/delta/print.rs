//! Commands as vtysh takes them from a file.

use std::fmt::Write;

use super::super::block::Block;
use super::Command;

pub fn print(commands: &[Command], statement: impl Fn(&Command) -> String) -> String {
    let mut text = String::new();
    let mut open: Vec<(String, Block)> = Vec::new();
    for command in commands {
        let same = open.iter().zip(&command.within).take_while(|((own, _), header)| own == *header).count();
        close(&mut open, same, &mut text);
        for header in &command.within[same..] {
            enter(&mut open, header, &mut text);
        }
        let statement = statement(command);
        let block = open.last().map_or(Block::Top, |(_, block)| *block);
        if command.on && opened(block, &statement).is_some() {
            enter(&mut open, &statement, &mut text);
        } else {
            write(&statement, open.len(), &mut text);
        }
    }
    close(&mut open, 0, &mut text);
    text
}

fn opened(block: Block, statement: &str) -> Option<Block> {
    block.opened_by(&statement.split(' ').collect::<Vec<_>>())
}

fn enter(open: &mut Vec<(String, Block)>, header: &str, text: &mut String) {
    write(header, open.len(), text);
    let block = open.last().map_or(Block::Top, |(_, block)| *block);
    open.push((header.to_owned(), opened(block, header).unwrap_or(Block::Other)));
}

fn close(open: &mut Vec<(String, Block)>, depth: usize, text: &mut String) {
    while open.len() > depth {
        if let Some((header, block)) = open.pop() {
            write(block.end(&header.split(' ').collect::<Vec<_>>()), open.len(), text);
        }
    }
}

fn write(statement: &str, depth: usize, text: &mut String) {
    // Writing to a String does not fail.
    let _ = writeln!(text, "{}{statement}", " ".repeat(depth));
}
