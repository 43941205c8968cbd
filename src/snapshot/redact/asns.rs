//! AS numbers: each is replaced by another of its own kind.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::RangeInclusive;

use super::key::Key;

/// Ranges of one kind (RFC 4893, 5398, 6996, 7300, 7607): public, for documentation, private; of two octets and of four.
/// What is in none of them is reserved and stays.
const CLASSES: &[RangeInclusive<u32>] = &[
    1..=23455,
    23457..=64495,
    64496..=64511,
    64512..=65534,
    65536..=65551,
    131_072..=4_199_999_999,
    4_200_000_000..=4_294_967_294,
];

/// Replaces AS numbers.
pub struct Asns(HashMap<u32, u32>);

impl Asns {
    /// For a file with these AS numbers; none of them is a replacement while its class has others.
    pub fn new(key: Key, all: &BTreeSet<u32>) -> Self {
        let mut taken = HashSet::new();
        let mut replacements = HashMap::new();
        for &asn in all {
            let class = CLASSES.iter().find(|class| class.contains(&asn)).cloned().unwrap_or(asn..=asn);
            let size = u64::from(class.end() - class.start()) + 1;
            let start = key.hash(asn) % size;
            // At most one more than are taken: some candidate of the class is free.
            let candidates =
                || (0..size).filter_map(|step| u32::try_from((start + step) % size).ok()?.checked_add(*class.start()));
            let fresh = candidates().find(|candidate| !taken.contains(candidate) && !all.contains(candidate));
            let replacement =
                fresh.or_else(|| candidates().find(|candidate| !taken.contains(candidate))).unwrap_or(asn);
            taken.insert(replacement);
            replacements.insert(asn, replacement);
        }
        Self(replacements)
    }

    /// The number that stands for an AS number of the file.
    pub fn map(&self, asn: u32) -> Option<u32> {
        self.0.get(&asn).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_keeps_its_kind_and_none_stays() {
        let all: BTreeSet<u32> =
            [0, 1, 174, 3356, 23456, 64496, 64512, 65001, 65010, 65535, 65536, 65546, 200_000, 4_200_000_000, u32::MAX]
                .into();
        for key in (0..50).map(Key::fixed) {
            let asns = Asns::new(key, &all);
            let mapped: BTreeSet<u32> = all.iter().filter_map(|asn| asns.map(*asn)).collect();
            assert_eq!(mapped.len(), all.len());
            for &asn in &all {
                let mapped = asns.map(asn).expect("a replacement");
                match CLASSES.iter().find(|class| class.contains(&asn)) {
                    Some(class) => assert!(class.contains(&mapped) && !all.contains(&mapped), "{asn} {mapped}"),
                    None => assert_eq!(asn, mapped),
                }
            }
        }
    }

    #[test]
    fn a_class_that_is_used_up_stays_one_to_one() {
        let all: BTreeSet<u32> = (64496..=64511).collect();
        let asns = Asns::new(Key::fixed(1), &all);
        assert_eq!(all.iter().filter_map(|asn| asns.map(*asn)).collect::<BTreeSet<_>>(), all);
    }
}
