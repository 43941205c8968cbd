//! A statement of the top with all that stands under it, line by line in an order in which FRR takes each.

use super::super::block::Block;
use super::order::ordered;
use super::settings::Setting;

pub struct Line<'a> {
    /// The statements that open the blocks around it, outermost first.
    pub within: Vec<&'a Setting>,
    pub said: Said<'a>,
}

pub enum Said<'a> {
    Statement(&'a Setting),
    /// What closes the block of the last statement around it.
    End(&'static str),
}

pub fn lines(setting: &Setting) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    add(setting, Block::Top, &[], &mut lines);
    lines
}

fn add<'a>(setting: &'a Setting, block: Block, within: &[&'a Setting], lines: &mut Vec<Line<'a>>) {
    lines.push(Line { within: within.to_vec(), said: Said::Statement(setting) });
    let words: Vec<&str> = setting.words.iter().map(String::as_str).collect();
    let Some(opened) = block.opened_by(&words).filter(|_| setting.on) else { return };
    let inside = [within, &[setting]].concat();
    for (_, under) in ordered(&setting.under) {
        add(under, opened, &inside, lines);
    }
    lines.push(Line { within: inside, said: Said::End(opened.end(&words)) });
}
