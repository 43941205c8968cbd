//! What holds in a block: for each thing that can be set, how it is.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::ops::Bound;

use super::super::secret::without_secret;
use super::super::statement::said;
use super::word::Word;

/// What a statement is about: of two with the same slot in a block only the later holds.
pub type Slot = Vec<Word>;

#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    /// A `no` that stands against a default.
    pub on: bool,
    pub words: Vec<String>,
    /// What is set in the block that it opens.
    pub under: Settings,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<Slot, Setting>);

/// A slot of these words.
pub fn slot<S: AsRef<str>>(words: &[S]) -> Slot {
    words.iter().map(|word| Word::of(word.as_ref())).collect()
}

impl Setting {
    pub fn new(on: bool, words: Vec<String>) -> Self {
        Self { on, words, under: Settings::default() }
    }

    /// As FRR takes it, secrets included, without what stands under it.
    pub fn full_text(&self) -> String {
        said(self.on, &self.words)
    }

    /// Without what stands behind a word for a secret.
    pub fn text(&self) -> String {
        said(self.on, without_secret(&self.words))
    }

    /// Whether it says the same, whatever stands under it.
    pub fn says(&self, other: &Self) -> bool {
        self.on == other.on && self.words == other.words
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())?;
        if self.under.is_empty() { Ok(()) } else { f.debug_list().entries(self.under.0.values()).finish() }
    }
}

impl Settings {
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Slot, &Setting)> {
        self.0.iter()
    }

    pub fn starting_mut<'a>(&'a mut self, with: &'a [Word]) -> impl Iterator<Item = &'a mut Setting> {
        let from = (Bound::Included(with), Bound::Unbounded);
        self.0.range_mut::<[Word], _>(from).take_while(|(slot, _)| slot.starts_with(with)).map(|(_, setting)| setting)
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Slot, &mut Setting)> {
        self.0.iter_mut()
    }

    pub fn get(&self, slot: &[Word]) -> Option<&Setting> {
        self.0.get(slot)
    }

    pub fn get_mut(&mut self, slot: &[Word]) -> Option<&mut Setting> {
        self.0.get_mut(slot)
    }

    /// All whose slots begin so.
    pub fn starting<'a>(&'a self, with: &'a [Word]) -> impl Iterator<Item = (&'a Slot, &'a Setting)> {
        let from = (Bound::Included(with), Bound::Unbounded);
        self.0.range::<[Word], _>(from).take_while(|(slot, _)| slot.starts_with(with))
    }

    /// The last of them.
    pub fn last_starting(&self, with: &[Word]) -> Option<(&Slot, &Setting)> {
        let behind = [with, &[Word::Text(char::MAX.to_string())]].concat();
        let all = (Bound::Included(with), Bound::Included(&behind[..]));
        self.0.range::<[Word], _>(all).next_back().filter(|(slot, _)| slot.starts_with(with))
    }

    pub fn entry(&mut self, slot: Slot, new: impl FnOnce() -> Setting) -> &mut Setting {
        self.0.entry(slot).or_insert_with(new)
    }

    /// Whether something changed. What stands under it stays.
    pub fn put(&mut self, slot: Slot, setting: Setting) -> bool {
        match self.0.entry(slot) {
            Entry::Vacant(place) => {
                place.insert(setting);
                true
            }
            Entry::Occupied(mut place) if !place.get().says(&setting) => {
                let known = place.get_mut();
                (known.on, known.words) = (setting.on, setting.words);
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    pub fn remove(&mut self, slot: &[Word]) -> bool {
        self.0.remove(slot).is_some()
    }

    pub fn remove_starting(&mut self, with: &[Word]) -> bool {
        let gone: Vec<Slot> = self.starting(with).map(|(slot, _)| slot.clone()).collect();
        gone.iter().for_each(|slot| {
            self.0.remove(slot);
        });
        !gone.is_empty()
    }

    pub fn retain(&mut self, mut keep: impl FnMut(&Slot, &mut Setting) -> bool) {
        self.0.retain(|slot, setting| keep(slot, setting));
    }
}
