//! Kubernetes quantities, to compare strings such as `500m` and `10Gi` (apimachinery/pkg/api/resource/quantity.go).

use std::cmp::Ordering;

/// A decimal number: 0.DIGITS times ten to the power of `point`.
#[derive(Debug, PartialEq, Eq)]
pub struct Quantity {
    negative: bool,
    point: i64,
    /// Zeros on neither end; none at all for zero.
    digits: Vec<u8>,
}

/// A quantity, if the text is one. Digits may be missing: `Gi` and `.` are zero, though `Pi` is none.
pub fn parse(text: &str) -> Option<Quantity> {
    if text.is_empty() {
        return None;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, rest) = split_digits(unsigned);
    let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), split_digits);
    let scale = scale(suffix)?;
    if whole.is_empty() && fraction.is_empty() && !scale.is_small() {
        return None;
    }
    let mut digits: Vec<u8> = [whole, fraction].concat().bytes().map(|digit| digit - b'0').collect();
    if let Scale::Binary(power) = scale {
        (0..power).for_each(|_| multiply(&mut digits, 1024));
    }
    let shift = if let Scale::Decimal(shift) = scale { i64::from(shift) } else { 0 };
    let point = shift + length(&digits) - length(fraction.as_bytes());
    let quantity = Quantity::new(text.starts_with('-'), point, &digits);
    Some(if matches!(scale, Scale::Binary(_)) { quantity.capped() } else { quantity })
}

fn length(digits: &[u8]) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// What a suffix multiplies with: a power of ten or of 1024.
enum Scale {
    Decimal(i32),
    Binary(usize),
}

impl Scale {
    /// Whether Kubernetes parses a short number of this scale without big integers, which need a digit.
    fn is_small(&self) -> bool {
        match *self {
            Self::Decimal(power) => power >= -9,
            Self::Binary(power) => power < 5,
        }
    }
}

fn scale(suffix: &str) -> Option<Scale> {
    if let Some(at) = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].iter().position(|known| *known == suffix) {
        return Some(Scale::Binary(at + 1));
    }
    let decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"].iter().zip((-9..).step_by(3));
    let known = decimal.into_iter().find_map(|(known, power)| (*known == suffix).then_some(power));
    known.or_else(|| suffix.strip_prefix(['e', 'E'])?.parse().ok()).map(Scale::Decimal)
}

fn multiply(digits: &mut Vec<u8>, factor: u32) {
    let mut carry = 0;
    let mut product: Vec<u8> = Vec::new();
    let mut rest = digits.iter().rev();
    loop {
        let digit = rest.next();
        if digit.is_none() && carry == 0 {
            break;
        }
        carry += digit.map_or(0, |digit| u32::from(*digit)) * factor;
        product.extend(u8::try_from(carry % 10));
        carry /= 10;
    }
    product.reverse();
    *digits = product;
}

impl Quantity {
    fn new(negative: bool, point: i64, all: &[u8]) -> Self {
        let start = all.iter().take_while(|digit| **digit == 0).count();
        let end = all.iter().rposition(|digit| *digit != 0).map_or(start, |last| last + 1);
        let digits = all[start..end].to_vec();
        if digits.is_empty() {
            return Self { negative: false, point: i64::MIN, digits };
        }
        Self { negative, point: point - length(&all[..start]), digits }.rounded()
    }

    /// Rounds away from zero to nine decimals.
    fn rounded(mut self) -> Self {
        let wanted = usize::try_from(self.point.saturating_add(9)).unwrap_or(0);
        if self.digits.len() <= wanted {
            return self;
        }
        self.digits.truncate(wanted);
        while self.digits.last() == Some(&9) {
            self.digits.pop();
        }
        if let Some(last) = self.digits.last_mut() {
            *last += 1;
            return self;
        }
        Self { point: self.point.max(-9) + 1, digits: vec![1], ..self }
    }

    /// The largest binary quantity is that of 64 bits.
    fn capped(self) -> Self {
        let digits: Vec<u8> = i64::MAX.to_string().bytes().map(|digit| digit - b'0').collect();
        let largest = Self::new(self.negative, length(&digits), &digits);
        if self.size().cmp(&largest.size()).is_gt() { largest } else { self }
    }

    fn size(&self) -> (i64, &[u8]) {
        (self.point, &self.digits)
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.size().cmp(&other.size()),
            (true, true) => other.size().cmp(&self.size()),
            (negative, _) => {
                if negative {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
        }
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn quantities_have_an_order() {
        let ascending = [
            "-2", "-1.5", "-1m", "0", "1n", "1u", "0.5", "999m", "1", "1.0001", "1k", "1Ki", "1.5Ki", "1e4", "9M",
            "1Gi", "8E",
        ];
        for pair in ascending.windows(2) {
            assert!(parse(pair[0]).is_some() && parse(pair[0]) < parse(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn the_same_in_other_words() {
        for (one, other) in [
            ("1000m", "1"),
            ("1024", "1Ki"),
            ("1.5Gi", "1536Mi"),
            ("0", "-0"),
            ("Gi", "."),
            ("+1e3", "1k"),
            ("99Ei", "100Ei"),
            ("010", "10.0"),
            ("0.001n", "1n"),
            ("1.9999999999", "2"),
            ("0.99999999999", "1"),
        ] {
            assert!(parse(one).is_some() && parse(one) == parse(other), "{one} {other}");
        }
    }

    #[test]
    fn other_text_is_none() {
        for text in ["", "node-1", "10.0.0.1", "1h", "2024-01-01T00:00:00Z", "1e", "Established", "e5x", "Pi", "e-10"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
