//! A value and the line that says it.

use std::ops::Deref;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stated<T> {
    /// From 1 on.
    pub line: usize,
    pub value: T,
}

impl<T> Deref for Stated<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
