//! Where two configurations do not mean the same.

use super::block::Block;
use super::canonical::{Canonical, Setting, Settings, Slot, Word, ordered};
use super::secret::CUT;

/// One thing that is set in one of them, or in both in different ways.
#[derive(Clone, Debug)]
pub struct Difference<'a> {
    /// The blocks around it, outermost first: what each is about, and how it is opened.
    pub path: Vec<(&'a Slot, &'a Setting)>,
    pub slot: &'a Slot,
    pub before: Option<&'a Setting>,
    pub after: Option<&'a Setting>,
}

impl Difference<'_> {
    /// What it is about, with the blocks around it.
    pub fn place(&self) -> Vec<Slot> {
        self.path.iter().map(|(slot, _)| *slot).chain([self.slot]).cloned().collect()
    }
}

/// In the order in which FRR takes what is new. Of a block that is gone only its head is told.
pub fn differences<'a>(before: &'a Canonical, after: &'a Canonical) -> Vec<Difference<'a>> {
    of_settings(before.settings(), after.settings())
}

/// The same of what holds, or of a part of it.
pub fn of_settings<'a>(before: &'a Settings, after: &'a Settings) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    block(before, after, Block::Top, &[], &mut found);
    found
}

fn block<'a>(
    before: &'a Settings,
    after: &'a Settings,
    within: Block,
    path: &[(&'a Slot, &'a Setting)],
    found: &mut Vec<Difference<'a>>,
) {
    let difference = |slot, before, after| Difference { path: path.to_vec(), slot, before, after };
    for (slot, new) in ordered(after) {
        let old = before.get(slot);
        let is_other = old.is_some_and(|old| !is_same(old, new));
        if (old.is_none() && !is_transparent(within, slot)) || is_other {
            found.push(difference(slot, old, Some(new)));
        }
        if new.under.is_empty() && old.is_none_or(|old| old.under.is_empty()) {
            continue;
        }
        let path = [path, &[(slot, new)]].concat();
        // Another instance is not the old one with other settings.
        let old = old.filter(|_| !(is_other && is_instance(slot)));
        block(old.map_or(&NOTHING, |old| &old.under), &new.under, opened(within, new), &path, found);
    }
    for (slot, old) in ordered(before).into_iter().filter(|(slot, _)| after.get(slot).is_none()) {
        if is_transparent(within, slot) {
            let path = [path, &[(slot, old)]].concat();
            block(&old.under, &NOTHING, opened(within, old), &path, found);
        } else {
            found.push(difference(slot, Some(old), None));
        }
    }
}

static NOTHING: Settings = Settings::new();

fn opened(within: Block, setting: &Setting) -> Block {
    let words: Vec<&str> = setting.words.iter().map(String::as_str).collect();
    within.opened_by(&words).unwrap_or(Block::Other)
}

pub(super) fn is_instance(slot: &[Word]) -> bool {
    matches!(slot, [router, bgp, ..] if router.is_text("router") && bgp.is_text("bgp"))
}

/// Blocks that are always there.
fn is_transparent(within: Block, slot: &[Word]) -> bool {
    let words: &[&str] = match within {
        Block::Top => &["interface", "bfd", "segment-routing"],
        Block::Bgp => &["address-family"],
        _ => &[],
    };
    words.iter().any(|word| slot[0].is_text(word))
}

/// A secret that was cut out is taken for the same.
fn is_same(before: &Setting, after: &Setting) -> bool {
    let is_cut = |words: &[String]| words.last().is_some_and(|word| word == CUT);
    if is_cut(&before.words) || is_cut(&after.words) {
        let known = |words: &[String]| words.iter().take_while(|word| *word != "password").cloned().collect::<Vec<_>>();
        return before.on == after.on && known(&before.words) == known(&after.words);
    }
    before.says(after)
}
