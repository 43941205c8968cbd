//! Kubernetes quantities, to compare strings such as `500m` and `10Gi` (apimachinery/pkg/api/resource/quantity.go).

use std::cmp::Ordering;

/// A decimal number: 0.DIGITS times ten to the exponent.
#[derive(Debug, PartialEq, Eq)]
pub struct Quantity {
    negative: bool,
    exponent: i64,
    /// Neither end is a zero.
    digits: String,
}

/// The largest binary quantity; larger ones are taken for it.
const LARGEST: u128 = i64::MAX as u128;

/// A quantity, if the text is one. Digits may be missing: `Gi` and `.` are zero.
pub fn parse(text: &str) -> Option<Quantity> {
    if text.is_empty() {
        return None;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, rest) = split_digits(unsigned);
    let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), split_digits);
    let negative = text.starts_with('-');
    match binary_exponent(suffix) {
        Some(exponent) => Some(binary(negative, whole, fraction, exponent)),
        None => Some(Quantity::new(negative, whole, fraction, decimal_exponent(suffix)?)),
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn binary_exponent(suffix: &str) -> Option<u32> {
    let at = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].iter().position(|known| *known == suffix)?;
    Some(10 * (u32::try_from(at).ok()? + 1))
}

fn decimal_exponent(suffix: &str) -> Option<i64> {
    match suffix {
        "n" => Some(-9),
        "u" => Some(-6),
        "m" => Some(-3),
        "" => Some(0),
        "k" => Some(3),
        "M" => Some(6),
        "G" => Some(9),
        "T" => Some(12),
        "P" => Some(15),
        "E" => Some(18),
        exponent => exponent.strip_prefix(['e', 'E'])?.parse::<i32>().ok().map(i64::from),
    }
}

/// More digits than the largest quantity has make no difference.
fn binary(negative: bool, whole: &str, fraction: &str, exponent: u32) -> Quantity {
    let whole = whole.trim_start_matches('0');
    let fraction = &fraction[..fraction.len().min(18)];
    let digits = whole.len() + fraction.len();
    let shifted = if whole.len() > 19 || digits == 0 {
        if digits == 0 { 0 } else { LARGEST }
    } else {
        let scaled = |digits: &str| digits.parse::<u128>().unwrap_or(0) << exponent;
        if scaled(whole) >= LARGEST {
            LARGEST
        } else {
            return Quantity::new(negative, &(scaled(whole)).to_string(), "", 0).plus(fraction, exponent);
        }
    };
    Quantity::new(negative, &shifted.to_string(), "", 0)
}

impl Quantity {
    fn new(negative: bool, whole: &str, fraction: &str, exponent: i64) -> Self {
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let zeros = all.len() - digits.len();
        let places = i64::try_from(whole.len()).unwrap_or(i64::MAX) - i64::try_from(zeros).unwrap_or(i64::MAX);
        let digits = digits.trim_end_matches('0').to_owned();
        let is_zero = digits.is_empty();
        Self { negative: negative && !is_zero, exponent: if is_zero { i64::MIN } else { exponent + places }, digits }
    }
}
