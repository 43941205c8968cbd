//! What makes one run's replacements different from another's.

use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};

/// A random number that nobody keeps: without it a replacement cannot be computed from its original.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key([u64; 2]);

impl Key {
    pub fn random() -> Self {
        Self([0, 1].map(|half: u64| RandomState::new().hash_one(half)))
    }

    /// Always the same replacements.
    #[cfg(test)]
    pub fn fixed(number: u64) -> Self {
        Self([number, 0])
    }

    /// Another key that follows from this one.
    pub fn next(self) -> Self {
        Self([self.hash("next"), self.hash("next again")])
    }

    pub fn hash(self, value: impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        value.hash(&mut hasher);
        hasher.finish()
    }
}
