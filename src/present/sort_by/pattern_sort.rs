//! Go's `sort.Sort` (sort/zsortinterface.go): a pattern-defeating quicksort.
//!
//! It is not stable, so that only the same steps leave equal items in kubectl's order. Nor does it mind that kubectl's
//! comparison contradicts itself where values are missing, where Rust's own sorts may panic.

/// Up to this many, items are inserted one by one.
const MAX_INSERTION: usize = 12;
/// From this many on, the pivot is chosen among nine, and almost sorted items are repaired.
const LONG: usize = 50;

pub struct PatternSort<'a, F> {
    order: &'a mut [usize],
    is_less: F,
}

/// What choosing the pivot tells of the order.
#[derive(PartialEq)]
enum Hint {
    Increasing,
    Decreasing,
    Unknown,
}

impl<'a, F: FnMut(usize, usize) -> bool> PatternSort<'a, F> {
    /// Sorts ids by a comparison of two of them.
    pub fn sort(order: &'a mut [usize], is_less: F) {
        let length = order.len();
        Self { order, is_less }.range(0, length, usize::BITS - length.leading_zeros());
    }

    fn less(&mut self, one: usize, other: usize) -> bool {
        (self.is_less)(self.order[one], self.order[other])
    }

    /// Sorts `start..end`, with a heap after too many bad pivots.
    fn range(&mut self, mut start: usize, mut end: usize, mut bad_pivots_left: u32) {
        let (mut was_balanced, mut was_partitioned) = (true, true);
        loop {
            let length = end - start;
            if length <= MAX_INSERTION {
                return self.insertion(start, end);
            }
            if bad_pivots_left == 0 {
                return self.heap(start, end);
            }
            if !was_balanced {
                self.scatter(start, length);
                bad_pivots_left -= 1;
            }
            let (mut pivot, mut hint) = self.pivot(start, length);
            if hint == Hint::Decreasing {
                self.order[start..end].reverse();
                pivot = end - 1 - (pivot - start);
                hint = Hint::Increasing;
            }
            if was_balanced && was_partitioned && hint == Hint::Increasing && self.repair(start, end) {
                return;
            }
            if start > 0 && !self.less(start - 1, pivot) {
                start = self.partition_equal(start, end, pivot);
                continue;
            }
            let middle;
            (middle, was_partitioned) = self.partition(start, end, pivot);
            let (left, right) = (middle - start, end - middle);
            was_balanced = left.min(right) >= length / 8;
            if left < right {
                self.range(start, middle, bad_pivots_left);
                start = middle + 1;
            } else {
                self.range(middle + 1, end, bad_pivots_left);
                end = middle;
            }
        }
    }

    fn insertion(&mut self, start: usize, end: usize) {
        for next in start + 1..end {
            let mut at = next;
            while at > start && self.less(at, at - 1) {
                self.order.swap(at, at - 1);
                at -= 1;
            }
        }
    }

    fn heap(&mut self, start: usize, end: usize) {
        let length = end - start;
        for root in (0..=(length - 1) / 2).rev() {
            self.sift_down(root, length, start);
        }
        for last in (0..length).rev() {
            self.order.swap(start, start + last);
            self.sift_down(0, last, start);
        }
    }

    fn sift_down(&mut self, mut root: usize, length: usize, start: usize) {
        while 2 * root + 1 < length {
            let mut child = 2 * root + 1;
            if child + 1 < length && self.less(start + child, start + child + 1) {
                child += 1;
            }
            if !self.less(start + root, start + child) {
                return;
            }
            self.order.swap(start + root, start + child);
            root = child;
        }
    }

    /// Moves what is less than the pivot before it; tells where the pivot is then, and whether nothing had to move.
    fn partition(&mut self, start: usize, end: usize, pivot: usize) -> (usize, bool) {
        self.order.swap(start, pivot);
        let (mut low, mut high) = (start + 1, end - 1);
        let mut moved = false;
        loop {
            while low <= high && self.less(low, start) {
                low += 1;
            }
            while low <= high && !self.less(high, start) {
                high -= 1;
            }
            if low > high {
                self.order.swap(high, start);
                return (high, !moved);
            }
            self.order.swap(low, high);
            moved = true;
            low += 1;
            high -= 1;
        }
    }

    /// Moves what equals the pivot to the front, where nothing is less than it; tells where the rest starts.
    fn partition_equal(&mut self, start: usize, end: usize, pivot: usize) -> usize {
        self.order.swap(start, pivot);
        let (mut low, mut high) = (start + 1, end - 1);
        loop {
            while low <= high && !self.less(start, low) {
                low += 1;
            }
            while low <= high && self.less(start, high) {
                high -= 1;
            }
            if low > high {
                return low;
            }
            self.order.swap(low, high);
            low += 1;
            high -= 1;
        }
    }

    /// Repairs a few items that are out of order; tells whether all are in order then.
    fn repair(&mut self, start: usize, end: usize) -> bool {
        let mut at = start + 1;
        for _ in 0..5 {
            while at < end && !self.less(at, at - 1) {
                at += 1;
            }
            if at == end {
                return true;
            }
            if end - start < LONG {
                return false;
            }
            self.order.swap(at, at - 1);
            if at - start >= 2 {
                self.shift((1..at).rev());
            }
            if end - at >= 2 {
                self.shift(at + 1..end);
            }
        }
        false
    }

    /// Swaps neighbors for as long as they are out of order.
    fn shift(&mut self, positions: impl Iterator<Item = usize>) {
        for at in positions {
            if !self.less(at, at - 1) {
                return;
            }
            self.order.swap(at, at - 1);
        }
    }

    /// Breaks a pattern that made bad pivots, by numbers that only the length decides: those of Go up to 1.23, as in
    /// kubectl up to 1.32. Later ones shift by 13, 7 and 17 (golang/go#70144).
    fn scatter(&mut self, start: usize, length: usize) {
        let mut random = length as u64;
        let mask = (1_u64 << (u64::BITS - random.leading_zeros())) - 1;
        let middle = start + length / 4 * 2;
        for at in middle - 1..=middle + 1 {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            let other = usize::try_from(random & mask).unwrap_or_default();
            self.order.swap(at, start + if other >= length { other - length } else { other });
        }
    }

    fn pivot(&mut self, start: usize, length: usize) -> (usize, Hint) {
        let mut swaps = 0;
        let mut quarters = [1, 2, 3].map(|quarter| start + length / 4 * quarter);
        if length >= LONG {
            quarters = quarters.map(|at| self.median([at - 1, at, at + 1], &mut swaps));
        }
        let pivot = self.median(quarters, &mut swaps);
        let hint = match swaps {
            0 => Hint::Increasing,
            12 => Hint::Decreasing,
            _ => Hint::Unknown,
        };
        (pivot, hint)
    }

    fn median(&mut self, mut at: [usize; 3], swaps: &mut usize) -> usize {
        for pair in [0, 1, 0] {
            if self.less(at[pair + 1], at[pair]) {
                at.swap(pair, pair + 1);
                *swaps += 1;
            }
        }
        at[1]
    }
}

#[cfg(test)]
mod tests {
    use super::PatternSort;

    #[test]
    fn all_kinds_of_order_end_sorted() {
        for length in [0, 1, 2, 12, 13, 49, 50, 51, 500, 5000] {
            for factor in [1, 7, 7919] {
                for modulus in [1, 3, 50, length + 1] {
                    let keys: Vec<usize> = (0..length).map(|at| at * factor % modulus).collect();
                    let mut order: Vec<usize> = (0..length).collect();
                    PatternSort::sort(&mut order, |one, other| keys[one] < keys[other]);
                    assert!(order.is_sorted_by_key(|&id| keys[id]));
                    order.sort_unstable();
                    assert!(order.into_iter().eq(0..length));
                }
            }
        }
    }

    #[test]
    fn a_comparison_that_contradicts_itself_does_no_harm() {
        for answer in [true, false] {
            let mut order: Vec<usize> = (0..1000).collect();
            PatternSort::sort(&mut order, |_, _| answer);
            order.sort_unstable();
            assert!(order.into_iter().eq(0..1000));
        }
    }
}
