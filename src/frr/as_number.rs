//! AS numbers in both notations.

use std::str::FromStr;

use serde::Deserialize;

/// An AS number, which FRR prints as a number or, with `as-notation`, as `1.10`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub struct AsNumber(pub u32);

impl TryFrom<serde_json::Value> for AsNumber {
    type Error = String;

    fn try_from(value: serde_json::Value) -> Result<Self, String> {
        let number = match &value {
            serde_json::Value::Number(number) => number.as_u64().and_then(|number| number.try_into().ok()),
            serde_json::Value::String(text) => return text.parse(),
            _ => None,
        };
        number.map(Self).ok_or_else(|| format!("{value} is no AS number"))
    }
}

impl FromStr for AsNumber {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = match text.split_once('.') {
            Some((high, low)) => {
                high.parse::<u16>().ok().zip(low.parse::<u16>().ok()).map(|(h, l)| (u32::from(h) << 16) + u32::from(l))
            }
            None => text.parse().ok(),
        };
        number.map(Self).ok_or_else(|| format!("{text} is no AS number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_numbers_come_in_both_notations() {
        let parse = |text: &str| serde_json::from_str::<AsNumber>(text).map(|number| number.0).ok();
        assert_eq!(parse("65001"), Some(65001));
        assert_eq!(parse("\"1.10\""), Some(65546));
        assert_eq!(parse("\"65001\""), Some(65001));
        assert_eq!(parse("-1"), None);
        assert_eq!(parse("\"1.70000\""), None);
    }
}
