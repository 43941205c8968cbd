//! A bound on work: an expression such as `[*,*][*,*]...` doubles its results with every step, and kubectl would go on.

use serde_json::Value;

const BASE: u64 = 1 << 22;
/// How often a step may visit each value of the document.
const PASSES: u64 = 64;

pub struct Budget {
    left: u64,
}

impl Budget {
    /// Enough for any sensible expression over this document.
    pub fn new(document: &Value) -> Self {
        Self { left: count(document).saturating_mul(PASSES).saturating_add(BASE) }
    }

    /// Once spent, every further call fails too.
    pub fn spend(&mut self, steps: usize) -> Result<(), String> {
        self.left = self.left.saturating_sub(steps as u64);
        if self.left == 0 { Err("the expression has too many results".to_owned()) } else { Ok(()) }
    }

    /// Text is cheap next to steps, but it costs memory.
    pub fn spend_text(&mut self, length: usize) -> Result<(), String> {
        self.spend(length / 16)
    }
}

fn count(value: &Value) -> u64 {
    let inside = match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::String(text) => text.len() as u64 / 16,
        _ => 0,
    };
    1 + inside
}
